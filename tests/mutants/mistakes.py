"""Mistakes that would lose what belongs to others, or call done what is not: each with the test that notices it.

A row is the mistake in words, the file in the package, the text that stands there, what the mistake makes of it, and
the test that must fail then; rows stand under that test's file. The text must stand in its file exactly once, so that
no row outlives what it is about.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    name: str
    file: str
    right: str
    wrong: str
    test: str


_ROWS: Final[Mapping[str, tuple[tuple[str, str, str, str, str], ...]]] = {
    "unit/engine/test_selection.py": (
        (
            "a part of a plan takes something away",
            "engine/selection.py",
            "if c.action is not Action.DELETE or c.kind == _MAKES_ROOM",
            "if c.kind",
            "test_nothing_is_taken_away_by_a_part",
        ),
        (
            "what a part of a plan grants is not remembered",
            "engine/selection.py",
            "needed = bool(chosen)",
            "needed = False",
            "test_a_bucket_that_names_nobody_new_needs_nothing_else_but_the_ledger",
        ),
        (
            "a role is made without what hangs on it",
            "engine/selection.py",
            "needed = any(_names(change, role) for role in made)",
            "needed = False",
            "test_what_names_a_role_that_is_yet_to_be_made_needs_it_and_all_that_hangs_on_it",
        ),
    ),
    "cli/test_diagnose.py": (
        (
            "of a saved part the whole is applied",
            "cli/saved.py",
            "            plan = selection.selected(plan, file.plan.only)\n",
            "",
            "test_a_part_is_applied_once_and_nothing_else",
        ),
        (
            "an error of another account is looked into here",
            "cli/diagnose.py",
            "(AccountId(account) if account else None)",
            "None",
            "test_a_text_about_another_account_is_not_looked_into_here",
        ),
        (
            "a bucket that nobody complained of is mended, too",
            "diagnose/pointing.py",
            '            if named and finding.resource.partition(" ")[0] not in named:\n                continue\n',
            "",
            "test_only_what_it_points_to_is_told",
        ),
    ),
    "unit/evaluate/test_how_policies_combine.py": (
        (
            "a role's boundary does not hold back what a bucket policy grants to the role",
            "evaluate/decide.py",
            "[resource.role, *limits],",
            "[resource.role],",
            "test_whom_a_bucket_policy_names_decides_whether_silent_limits_matter",
        ),
        (
            "access across accounts needs one side only",
            "evaluate/decide.py",
            "[self.identity, resource, *self.limits]",
            "[self.identity, *self.limits]",
            "test_across_accounts_both_sides_must_allow",
        ),
        (
            "a Deny that may apply is passed over",
            "evaluate/decide.py",
            "if allows is True and denies is False:",
            "if allows is True:",
            "test_an_unknown_deny_leaves_every_allow_open",
        ),
    ),
    "unit/evaluate/test_root_roles_and_keys.py": (
        (
            "a key's policy is not asked whether the account's own policies count",
            "evaluate/decide.py",
            "delegated = [resource.account] if self.gated else []",
            "delegated: list[Say] = []",
            "TestAKeyPolicy::test_must_let_the_accounts_policies_count",
        ),
    ),
    "unit/evaluate/test_condition_operators.py": (
        (
            "a negated operator fails where the request lacks the key",
            "evaluate/conditions.py",
            "(self.negated and self.over is Over.ONE)",
            "False",
            "test_without_the_key_a_negated_operator_holds",
        ),
        (
            "a number that cannot be read is compared all the same",
            "evaluate/operators.py",
            "return UNREADABLE if wanted is None or given is None else compare(given, wanted)",
            "return False if wanted is None or given is None else compare(given, wanted)",
            "test_a_value_that_its_operator_cannot_read_decides_nothing",
        ),
    ),
    "unit/engine/test_executor.py": (
        (
            "a document is written without reading it again",
            "engine/delivery.py",
            "if step.checked_at >= 0 and age <= step.check_took:",
            "if age >= 0:",
            "test_a_document_that_changed_since_the_plan_is_left_alone",
        ),
        (
            "an old look at a document is relied on",
            "engine/delivery.py",
            "age <= step.check_took:",
            "age <= step.check_took + 60:",
            "test_a_look_ahead_is_relied_on_for_no_longer_than_it_took",
        ),
        (
            "a first difference from the plan is merged silently",
            "engine/executor.py",
            "merging=self._taking_back,",
            "merging=True,",
            "test_a_document_that_changed_since_the_plan_is_left_alone",
        ),
        (
            "what AWS accepted is called done without reading it back",
            "engine/executor.py",
            "if self._guarded(step, lambda: delivery.read_back(step, settling)):",
            "if step.sent:",
            "test_a_write_that_never_shows_is_not_called_done",
        ),
        (
            "a call whose answer was lost is sent again blindly",
            "engine/delivery.py",
            "return self._look_for(step, lambda: self._operations.landed(step.operation) or None) is True",
            "return False",
            "test_a_lost_answer_that_shows_a_little_late_is_not_sent_again",
        ),
        (
            "what exists already is taken for ours whatever run made it",
            "engine/delivery.py",
            "return None if maker is None else maker == marked.get(ownership.TAG_RUN)",
            "return None if maker is None else bool(marked)",
            "test_a_role_that_somebody_made_meanwhile_is_not_taken_for_ours",
        ),
        (
            "what is created does not carry the run that made it",
            "engine/operations.py",
            "return replace(operation, tags={**operation.tags, **self._run})",
            "return replace(operation, tags={**operation.tags})",
            "test_a_create_carries_the_run_that_made_it",
        ),
        (
            "a change is sent before its intent is written down",
            "engine/delivery.py",
            (
                "        if not step.intended:\n"
                "            self._journal.intend(step.change)\n"
                "            step.intended = True\n"
                "        while self._is_ready(step):\n"
                "            step.sends += 1\n"
                "            step.merging = True\n"
                "            try:\n"
                "                self._operations.send(step.operation)\n"
            ),
            (
                "        while self._is_ready(step):\n"
                "            step.sends += 1\n"
                "            step.merging = True\n"
                "            try:\n"
                "                self._operations.send(step.operation)\n"
                "                if not step.intended:\n"
                "                    self._journal.intend(step.change)\n"
                "                    step.intended = True\n"
            ),
            "test_the_document_is_read_between_the_intent_and_the_write",
        ),
        (
            "a text that was read once is believed to be somebody's",
            "engine/delivery.py",
            "if strange >= pace.EQUAL_READS and",
            "if strange >= 1 and",
            "test_a_strange_text_is_believed_only_when_it_was_read_three_times_in_a_row",
        ),
        (
            "the former text is stored again whatever others made of it",
            "engine/delivery.py",
            "merged = merge(edit, text, self._is_own, self._partition)",
            "merged = edit.after",
            "test_taking_back_goes_on_after_a_failure_and_edits_what_is_there_now",
        ),
        (
            "something is deleted before what replaces it was seen",
            "engine/executor.py",
            "in (Wave.UNASSIGN, Wave.CLEAR, Wave.DELETE, Wave.FORGET)",
            "in (Wave.UNASSIGN, Wave.CLEAR, Wave.FORGET)",
            "test_nothing_is_taken_before_what_replaces_it_was_seen",
        ),
        (
            "the ledger is forgotten before all was read back",
            "engine/executor.py",
            "in (Wave.UNASSIGN, Wave.CLEAR, Wave.DELETE, Wave.FORGET)",
            "in (Wave.UNASSIGN, Wave.CLEAR, Wave.DELETE)",
            "test_nothing_is_forgotten_until_everything_before_was_read_back",
        ),
        (
            "a failed change of an undo is called done",
            "engine/executor.py",
            "status=Status.FAILED, message=message, hint=hint, sent=unsure)",
            "status=Status.DONE if self._taking_back else Status.FAILED, message=message, hint=hint)",
            "test_taking_back_goes_on_after_a_failure_and_edits_what_is_there_now",
        ),
        (
            "later waves go on after a failure",
            "engine/executor.py",
            "(_any_failed(steps) and not self._taking_back)",
            "(_any_failed(steps) and self._taking_back)",
            "test_after_a_failure_later_waves_are_skipped_and_named",
        ),
        (
            "an intent that failed is never closed",
            "engine/executor.py",
            "            if step.intended:\n",
            "            if step.intended and outcome.status is Status.DONE:\n",
            "test_an_intent_that_was_not_sent_is_closed_as_such",
        ),
        (
            "an answer that was refused counts as nothing there",
            "engine/guards.py",
            "if isinstance(found, Unreadable):",
            "if isinstance(found, Unreadable) and not found.action:",
            "test_what_may_not_be_read_back_is_said_at_once_and_not_called_undone",
        ),
        (
            "a fault that does not pass is repeated",
            "engine/delivery.py",
            "elif error.fault in _PASSING and step.sends",
            "elif step.sends",
            "test_a_fault_that_does_not_pass_is_not_repeated",
        ),
    ),
    "cli/test_execution.py": (
        (
            "a policy that others attached meanwhile is deleted",
            "engine/guards.py",
            "    if holders:",
            "    if len(holders) > 9:",
            "test_what_others_hung_on_it_meanwhile_stays_and_is_named",
        ),
        (
            "a role to which others attached something is deleted",
            "engine/guards.py",
            '; it stays" if used else ""',
            '; it stays" if len(used) > 2 else ""',
            "test_what_others_hung_on_it_meanwhile_stays_and_is_named",
        ),
    ),
    "unit/test_merging.py": (
        (
            "a stale copy is written over what is there now",
            "documents/merging.py",
            "merged = _edited(old, new, found, key, lacking, surplus)",
            "merged = new",
            "test_both_edits_are_in_the_document_and_the_order_is_kept",
        ),
        (
            "statements are told apart by their Sid alone",
            "documents/merging.py",
            "return normalised(statement, self.partition)",
            'return str(statement.get("Sid"))',
            "test_both_edits_are_in_the_document_and_the_order_is_kept",
        ),
        (
            "a merge drops what stands beside the statements",
            "documents/merging.py",
            "shell = parse(now) if now is not None else new_document(())",
            "shell = new_document(())",
            "test_everything_beside_the_statements_stays_as_it_is_found",
        ),
        (
            "an empty bucket policy is stored instead of deleted",
            "documents/merging.py",
            "if not merged and edit.kind is DocumentKind.BUCKET_POLICY:",
            "if not merged and edit.before is None:",
            "test_a_policy_goes_when_nothing_else_is_left_of_it",
        ),
        (
            "ours are put in front of those of others by a merge",
            "documents/merging.py",
            '    place(after.get("", ()))\n',
            '    place([*after.get("", ()), *last])\n',
            "test_both_edits_are_in_the_document_and_the_order_is_kept",
        ),
        (
            "a statement that others changed at the same time is overwritten",
            "documents/merging.py",
            "    if foreign:\n",
            "    if len(foreign) > 9:\n",
            "test_a_statement_of_ours_that_others_changed_or_removed_is_a_conflict",
        ),
        (
            "a statement that others removed at the same time comes back",
            "documents/merging.py",
            "    if gone:\n",
            "    if len(gone) > 9:\n",
            "test_a_statement_of_ours_that_others_changed_or_removed_is_a_conflict",
        ),
        (
            "a document that names the dead is sent to AWS by a merge",
            "documents/merging.py",
            "    if dead:\n",
            "    if len(dead) > 9:\n",
            "test_what_cannot_be_edited_or_stored_is_refused_in_words",
        ),
        (
            "a merged document may be larger than AWS allows",
            "documents/merging.py",
            "    if needed > limit:",
            "    if needed > limit + 1:",
            "test_a_document_may_be_as_large_as_aws_allows_and_not_a_byte_larger",
        ),
        (
            "a merged document may not be as large as AWS allows",
            "documents/merging.py",
            "    if needed > limit:",
            "    if needed >= limit:",
            "test_a_document_may_be_as_large_as_aws_allows_and_not_a_byte_larger",
        ),
    ),
    "unit/test_documents.py": (
        (
            "ours are put in front of those of others",
            "documents/editing.py",
            "kept += [dict(statement) for statement in missing.values()]",
            "kept = [*(dict(statement) for statement in missing.values()), *kept]",
            "test_ours_come_after_those_of_others_and_go_again_without_a_trace",
        ),
        (
            "a changed document gets another Version",
            "documents/editing.py",
            '{**document, "Statement": kept}',
            '{**document, "Version": "2012-10-17", "Statement": kept}',
            "test_ours_come_after_those_of_others_and_go_again_without_a_trace",
        ),
        (
            "a changed document loses its Id",
            "documents/editing.py",
            '{**document, "Statement": kept}',
            '{"Version": document.get("Version"), "Statement": kept}',
            "test_ours_come_after_those_of_others_and_go_again_without_a_trace",
        ),
        (
            "a statement of others goes with ours",
            "documents/editing.py",
            ("        if not is_own(sid):\n            kept.append(statement)\n"),
            ("        if not is_own(sid):\n            kept += [statement] if sid else []\n"),
            "test_ours_come_after_those_of_others_and_go_again_without_a_trace",
        ),
        (
            "letters beyond ASCII are folded too",
            "documents/comparing.py",
            "text.translate(_UPPER) if lower else text",
            "text.casefold() if lower else text",
            "test_an_opened_or_changed_statement_is_never_called_equal",
        ),
        (
            "letter case of resources is folded",
            "documents/comparing.py",
            "text.translate(_UPPER) if lower else text",
            "text.translate(_UPPER)",
            "test_an_opened_or_changed_statement_is_never_called_equal",
        ),
        (
            "numbers equal booleans",
            "documents/comparing.py",
            "json.dumps(item) if isinstance(item, bool",
            "json.dumps(item + 0) if isinstance(item, bool",
            "test_an_opened_or_changed_statement_is_never_called_equal",
        ),
        (
            "another Version is the same document",
            "documents/comparing.py",
            "        json.dumps(version),\n",
            '        "",\n',
            "test_a_changed_version_is_a_changed_document",
        ),
        (
            "a removal counts as done although the statement is there",
            "documents/comparing.py",
            " and all(found[one] <= new[one] for one in old - new)",
            "",
            "test_a_write_has_landed_if_ours_is_there_whatever_others_added",
        ),
        (
            "deleted principals are not seen",
            "documents/comparing.py",
            '_UNIQUE_ID = r"A(?:ROA|IDA|',
            '_UNIQUE_ID = r"A(?:',
            "test_dead_principals_are_found_in_both_elements",
        ),
        (
            "the last of two equal keys wins",
            "documents/reading.py",
            "if len(found) != len(pairs):",
            "if len(found) > len(pairs):",
            "test_what_cannot_be_parsed_strictly_is_refused",
        ),
    ),
    "unit/model/test_ownership.py": (
        (
            "ours are recognised by their prefix without its checksum",
            "model/ownership.py",
            "re.escape(sid_prefix(name)) +",
            "re.escape(sid_prefix(name)[:-4]) +",
            "test_a_persons_own_sid_that_begins_with_the_name_is_not_ours",
        ),
    ),
    "aws/test_aws_kms.py": (
        (
            "a grant is made without its name, so a repetition makes a second one",
            "aws/kms.py",
            "                Name=op.name,\n",
            "",
            "test_a_grant_is_made_with_its_name_read_and_revoked",
        ),
        (
            "a key policy may lock its owners out",
            "aws/kms.py",
            "Policy=op.document_json)",
            "Policy=op.document_json, BypassPolicyLockoutSafetyCheck=True)",
            "test_the_lockout_check_is_never_bypassed",
        ),
    ),
    "aws/test_aws_s3.py": (
        (
            "a bucket policy is written whoever owns the bucket",
            "aws/s3.py",
            "Bucket=op.bucket, Policy=op.document_json, ExpectedBucketOwner=self._account",
            "Bucket=op.bucket, Policy=op.document_json",
            "test_every_call_on_a_bucket_names_the_expected_owner",
        ),
        (
            "a bucket policy is deleted whoever owns the bucket",
            "aws/s3.py",
            "delete_bucket_policy(Bucket=op.bucket, ExpectedBucketOwner=self._account)",
            "delete_bucket_policy(Bucket=op.bucket)",
            "test_every_call_on_a_bucket_names_the_expected_owner",
        ),
        (
            "a bucket policy may lock its owner out",
            "aws/s3.py",
            "Bucket=op.bucket, Policy=op.document_json, ",
            "Bucket=op.bucket, Policy=op.document_json, ConfirmRemoveSelfBucketAccess=True, ",
            "test_the_right_to_lock_oneself_out_is_never_asked_for",
        ),
    ),
    "aws/test_aws_session.py": (
        (
            "botocore sends writes again by itself",
            "aws/session.py",
            "attempts = 1 if writes else",
            "attempts = 2 if writes else",
            "test_a_write_is_sent_once_whatever_the_environment_says",
        ),
        (
            "another account than the expected one is changed",
            "aws/session.py",
            "if expect_account and place.account != expect_account:",
            "if expect_account and not place.account:",
            "test_another_account_than_the_expected_is_refused_and_both_are_named",
        ),
    ),
    "aws/test_aws_iam.py": (
        (
            "a new policy version is stored and not made the default",
            "aws/iam_writes.py",
            "SetAsDefault=True",
            "SetAsDefault=False",
            "test_an_update_becomes_the_default_version_and_the_others_are_listed_oldest_first",
        ),
    ),
    "aws/test_aws_errors.py": (
        (
            "what may not be read is taken for absent",
            "aws/errors.py",
            'return Unreadable(action=error.action, resource=error.resource, reason=f"{error.code}: {error.message}")',
            "return Absent()",
            "test_looking_up_gives_what_is_there_or_that_it_is_not_or_that_it_may_not_be_read",
        ),
    ),
    "unit/engine/test_journal.py": (
        (
            "a line of the journal is not synced before the call",
            "engine/chain.py",
            "                os.fsync(self._descriptor)\n",
            "",
            "test_an_intent_is_on_disk_when_it_returns",
        ),
        (
            "others may read the journal",
            "engine/private_files.py",
            "_FOLDER, _FILE = 0o700, 0o600",
            "_FOLDER, _FILE = 0o750, 0o640",
            "test_files_and_folders_are_private_whatever_the_umask",
        ),
        (
            "a folder that others may write is believed",
            "engine/private_files.py",
            "_refuse_others(folder, found, _WRITABLE_BY_OTHERS,",
            "_refuse_others(folder, found, 0,",
            "test_a_folder_that_others_may_write_is_refused",
        ),
    ),
    "unit/engine/test_journals.py": (
        (
            "a journal with a broken chain is believed",
            "engine/chain.py",
            "if sealed != _SEAL + digest.encode() + _END:",
            "if not sealed.startswith(_SEAL):",
            "test_a_journal_that_is_not_as_it_was_written_is_refused",
        ),
        (
            "a torn journal is believed",
            "engine/chain.py",
            'if content and not content.endswith(b"\\n"):',
            'if content and content.endswith(b"}"):',
            "test_a_journal_that_is_not_as_it_was_written_is_refused",
        ),
        (
            "a journal of another set-up is believed",
            "engine/journals.py",
            "if where != path.parent.name or not",
            "if not",
            "test_a_journal_of_another_set_up_is_refused",
        ),
        (
            "a journal with a second name is believed",
            "engine/private_files.py",
            "if found.st_nlink != 1:",
            "if found.st_nlink < 1:",
            "test_a_journal_that_others_could_have_made_is_refused",
        ),
        (
            "a journal that is a symbolic link is followed",
            "engine/private_files.py",
            (
                "    if path.is_symlink():\n"
                '        raise PermissionError(f"{path} is a symbolic link")\n'
                "    descriptor = os.open(path, flags | _EXISTING)\n"
            ),
            "    descriptor = os.open(path, flags)\n",
            "test_a_journal_that_others_could_have_made_is_refused",
        ),
        (
            "a journal that others may read is believed",
            "engine/private_files.py",
            "_OPEN_TO_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO",
            "_OPEN_TO_OTHERS: Final = stat.S_IRWXO",
            "test_a_journal_that_others_could_have_made_is_refused",
        ),
    ),
    "unit/engine/test_recovery.py": (
        (
            "what was settled is never closed",
            "engine/recovery.py",
            "            if known:\n",
            "            if len(known) > 99:\n",
            "test_what_was_found_is_told_once",
        ),
        (
            "what is neither old nor ours counts as done",
            "engine/standing.py",
            ("        return Standing.NOT_APPLIED\n    return Standing.CHANGED\n\n\ndef _of_creation"),
            ("        return Standing.NOT_APPLIED\n    return Standing.APPLIED\n\n\ndef _of_creation"),
            "test_what_is_there_tells_what_became_of_a_change",
        ),
        (
            "what another run made counts as ours",
            "engine/standing.py",
            "if maker == run_id and operations",
            "if operations",
            "test_what_is_there_tells_what_became_of_a_change",
        ),
        (
            "what may not be read is closed as not done",
            "engine/recovery.py",
            "return Settled(entry=entry, run=run, standing=Standing.UNKNOWN, why=error.message)",
            "return Settled(entry=entry, run=run, standing=Standing.NOT_APPLIED, why=error.message)",
            "test_what_may_not_be_read_stays_open_and_is_told_again",
        ),
    ),
    "unit/engine/test_reversal.py": (
        (
            "what came first is taken back first",
            "engine/reversal.py",
            "for change in reversed(made)]",
            "for change in made]",
            "test_what_came_last_is_taken_back_first",
        ),
        (
            "waves are not turned around",
            "engine/reversal.py",
            "dict(zip(Wave, reversed(Wave), strict=True))",
            "dict(zip(Wave, Wave, strict=True))",
            "test_what_came_last_is_taken_back_first",
        ),
        (
            "what may have been done is not taken back",
            "engine/reversal.py",
            "outcome.status is Status.DONE or outcome.sent]",
            "outcome.status is Status.DONE]",
            "test_only_what_was_done_or_may_have_been_done_is_taken_back",
        ),
        (
            "tags that were not there before stay behind empty",
            "engine/reversal.py",
            "remove=tuple(key for key in touched if key not in before)",
            "remove=()",
            "test_the_tags_that_were_touched_are_as_before_and_no_others",
        ),
    ),
    "unit/engine/test_tightening.py": (
        (
            "conditions come off without the digest",
            "engine/tightening.py",
            "            if one in self._wanted:\n",
            "            if one:\n",
            "test_conditions_that_others_wrote_themselves_are_not_taken_off",
        ),
        (
            "conditions go on statements that have some",
            "engine/tightening.py",
            "if number in loose else None",
            "if statement else None",
            "test_only_what_lets_personalize_in_without_a_source_gets_conditions",
        ),
    ),
    "unit/engine/test_saved_plan.py": (
        (
            "a plan that was changed is believed",
            "engine/saved_plan.py",
            'if found.get("digest") != _digest(found.get("plan")):',
            'if "digest" not in found:',
            "test_a_plan_with_any_one_byte_changed_is_refused",
        ),
        (
            "a plan that this program would write otherwise is believed",
            "engine/saved_plan.py",
            "    if file.text != text:\n",
            "    if len(file.text) > 9 * len(text):\n",
            "test_a_plan_that_was_cut_off_or_added_to_is_refused",
        ),
        (
            "a stale plan is applied",
            "engine/plan_checks.py",
            ("    if not changed:\n        return\n"),
            ("    if not changed or saved.writes:\n        return\n"),
            "test_whatever_changed_in_the_account_is_named",
        ),
        (
            "a plan for elsewhere is applied",
            "engine/plan_checks.py",
            "    if differ:\n        raise PlanForeign",
            "    if len(differ) > 9:\n        raise PlanForeign",
            "test_a_plan_for_elsewhere_is_refused_with_both_sides",
        ),
        (
            "a spent plan is applied again",
            "engine/plan_checks.py",
            "if run.spends == file.digest and run.entries)",
            "if run.spends == file.digest and not run.entries)",
            "test_a_run_has_spent_a_plan_once_it_was_about_to_make_a_change",
        ),
        (
            "another plan than the one that was reviewed is applied",
            "engine/plan_checks.py",
            ("    if not differ:\n        return\n"),
            ("    if not differ or now.tool:\n        return\n"),
            "test_another_plan_from_the_same_account_is_refused_with_the_first_differences",
        ),
    ),
    "unit/engine/test_undo_plan.py": (
        (
            "undo takes statements of ours that others changed",
            "engine/undo.py",
            "if draft.is_own(sid) and not self._is_untouched(place, sid, statement):",
            "if draft.is_own(sid) and not (sid and statement):",
            "test_a_statement_of_ours_that_others_changed_stays_and_is_named",
        ),
        (
            "undo takes a statement of ours that lets others in",
            "engine/undo.py",
            "self._lets_in_others(statement):\n            return False",
            "self._lets_in_others(statement):\n            pass",
            "test_a_statement_of_ours_that_lets_others_in_stays_whatever_is_known",
        ),
        (
            "the memory goes although something is left",
            "engine/undo.py",
            "    if spared or stays or any(",
            "    if spared or not stays and any(",
            "test_a_role_that_a_statement_of_others_names_stays_in_every_undo",
        ),
        (
            "a role that a statement of others names is deleted",
            "engine/plan_leftovers.py",
            "    if named:\n",
            "    if len(named) > 9:\n",
            "test_a_role_that_a_statement_of_others_names_stays_in_every_undo",
        ),
        (
            "a policy is taken from whom others gave it",
            "engine/plan_leftovers.py",
            "given = holders & memory.given(draft.desired, draft.live.policies, arn)",
            "given = holders",
            "test_whom_others_gave_our_policy_keeps_it",
        ),
        (
            "a bucket policy goes with a statement of others in it",
            "engine/plan_resource_policies.py",
            "elif not documents.statements(edit.document):",
            "elif not statements:",
            "test_a_role_that_a_statement_of_others_names_stays_in_every_undo",
        ),
        (
            "a bucket policy without statements is stored",
            "engine/plan_resource_policies.py",
            "elif not documents.statements(edit.document):",
            "elif edit.foreign < 0:",
            "test_where_there_was_no_bucket_policy_there_is_none_again",
        ),
        (
            "a key policy loses its last statement",
            "engine/plan_resource_policies.py",
            "    if not documents.statements(document):\n",
            "    if edit.foreign < 0:\n",
            "test_a_key_never_loses_its_last_statement",
        ),
    ),
    "cli/test_undo.py": (
        (
            "a role to which others gave something is planned to go",
            "engine/plan_leftovers.py",
            "return bool(foreign or contents.inline_policy_names or contents.instance_profiles)",
            "return bool(contents.inline_policy_names and foreign)",
            "test_a_role_that_others_gave_something_stays_and_is_named",
        ),
        (
            "a policy that may not be read is overwritten",
            "engine/plan_resource_policies.py",
            (
                "    if isinstance(found, Unreadable):\n"
                '        draft.block_unknown(kind, name, "what its policy holds", found)\n'
                "        return False\n"
            ),
            ("    if isinstance(found, Unreadable):\n        found = Absent()\n"),
            "test_what_may_not_be_read_is_blocked_remembered_and_taken_back_later",
        ),
        (
            "what Amazon Personalize still uses is not counted",
            "engine/uses.py",
            "if _carries(c, wanted, roles)]",
            "if not c.names]",
            "test_what_still_uses_the_role_needs_its_name",
        ),
        (
            "any name confirms an undo of what is in use",
            "cli/undo.py",
            "    if request.confirm == name:",
            "    if request.confirm:",
            "test_what_still_uses_the_role_needs_its_name",
        ),
    ),
    "unit/engine/test_grants_of_others.py": (
        (
            "grants of others on the key are revoked",
            "engine/plan_resource_policies.py",
            'if grant.name.startswith(f"{ownership.sid_prefix(draft.desired.name)}-"):',
            "if grant.grant_id:",
            "test_of_the_grants_on_a_key_only_those_of_the_set_up_are_planned_to_go",
        ),
        (
            "grants of others for the same role are revoked",
            "engine/operations.py",
            "same = (grant.name, grant.grantee) == (created.name, created.grantee_arn)",
            "same = grant.grantee == created.grantee_arn",
            "test_only_the_grant_that_the_run_made_is_revoked_though_its_id_was_never_learnt",
        ),
    ),
    "unit/engine/test_fixes_and_back.py": (
        (
            "undo of a fix restores the whole document whoever changed it since",
            "engine/undo_fixes.py",
            "if documents.same_document(text, fix.edit.after, self.partition):",
            "if text:",
            "test_undo_gives_back_every_statement_and_keeps_every_one_of_others",
        ),
        (
            "a fix that was taken back is taken back again",
            "engine/undo_fixes.py",
            "elif run.command == _UNDOING and entry.status in _TAKEN_BACK:",
            "elif run.command == _UNDOING and entry.status is None:",
            "test_what_was_taken_back_needs_no_second_time",
        ),
        (
            "a fix takes a Deny away",
            "engine/dead_principals.py",
            'if not dead or statement.get("Effect") != "Allow" or "NotPrincipal" in statement:',
            'if not dead or "NotPrincipal" in statement:',
            "test_deleted_principals_go_and_the_living_stay",
        ),
        (
            "an undo of fixes stores deleted principals again",
            "engine/undo_fixes.py",
            "former = text_without_dead(fix.edit.before)",
            "former = fix.edit.before",
            "test_a_deleted_bucket_policy_of_deleted_principals_stays_deleted",
        ),
    ),
    "unit/audit/test_audit_walk.py": (
        (
            "a read that was refused counts as nothing there",
            "engine/noted.py",
            "                self._note(action, resource, reason, hides)\n            case Absent():",
            "                pass\n            case Absent():",
            "test_every_refused_read_is_unknown_and_everything_else_is_still_told",
        ),
    ),
    "cli/test_export_script.py": (
        (
            "an exported script takes an error for an answer that nothing is there",
            "export/common.sh",
            '  grep -q "($absent)" "$work/error" && return 1\n',
            "  return 1\n",
            "test_what_cannot_be_read_is_never_taken_for_absent",
        ),
        (
            "an exported script forgets what was granted before",
            "export/in_script.py",
            "packed(words | ledger(live))",
            "packed(words)",
            "test_what_was_granted_before_stays_remembered",
        ),
    ),
    "unit/export/test_cloudformation.py": (
        (
            "a bucket policy of others goes with the stack",
            "export/cloudformation.py",
            "kept = _RETAIN if part.exists or isinstance(part.resource, BucketPolicyStatements) else {}",
            "kept: dict[str, Yaml] = {}",
            "test_nothing_that_others_rely_on_goes_with_the_stack",
        ),
    ),
    "unit/engine/test_rollout_plan.py": (
        (
            "an operation that is under way is started again",
            "engine/rollout_plan.py",
            "            if work.runs:",
            "            if not work:",
            "test_an_operation_that_is_under_way_is_the_one_and_one_that_ended_makes_room",
        ),
        (
            "the id of an operation does not tell what it is for",
            "engine/rollout_plan.py",
            "        about += _of_set(wanted)",
            "        about += []",
            "test_the_id_of_an_operation_depends_on_what_is_wanted_and_on_nothing_else",
        ),
        (
            "accounts that did not come through are forgotten",
            "engine/rollout_plan.py",
            "(*seen.missing, *(account for account in behind if account not in seen.missing))",
            "tuple(seen.missing)",
            "test_only_what_is_missing_or_behind_is_done",
        ),
    ),
    "unit/steps/test_uniting.py": (
        (
            "a rollout is for one Region of several",
            "steps/context.py",
            "for region in self.regions or (self.place.region,)",
            "for region in (self.place.region,)",
            "test_every_region_is_in_and_nothing_besides",
        ),
    ),
    "cli/test_rollout.py": (
        (
            "a stack set of others is taken for ours",
            "model/rollouts.py",
            "self.tags.get(TAG_ROLLOUT) == setup or",
            "TAG_ROLLOUT in self.tags or",
            "test_a_stack_set_of_others_with_the_same_name_is_left_alone",
        ),
        (
            "tags of others go with an update of the stack set",
            "aws/stack_sets.py",
            '        del of_set["Tags"]\n',
            "",
            "test_tags_that_others_put_on_the_stack_set_stay",
        ),
        (
            "the operation of a killed run is not known again",
            "engine/rollout_plan.py",
            "[found.id, verb, sorted(wanted.accounts), sorted(wanted.ous)]",
            "[id(found), verb]",
            "test_a_killed_run_is_resumed_without_a_second_operation",
        ),
        (
            "a stack set goes though an account failed",
            "cli/rollout_run.py",
            "(what.undo and not one.well)",
            "(what.undo and one.well)",
            "test_undo_keeps_a_stack_set_while_an_account_fails",
        ),
    ),
    "unit/export/test_in_script.py": (
        (
            "an exported script loses statements of others without a Sid",
            "export/in_script.py",
            "            kept.append(one)\n            continue",
            '            kept += [one] if "Sid" in one else []\n            continue',
            "test_both_edit_a_document_alike",
        ),
    ),
    "cli/test_identity_center.py": (
        (
            "an assignment of others is taken back with ours",
            "engine/plan_identity_leftovers.py",
            "for one in sorted(live.assignments & ours):",
            "for one in sorted(live.assignments):",
            "test_an_assignment_of_others_stays_and_so_does_what_it_needs",
        ),
        (
            "a permission set of others is taken for ours by its name",
            "engine/plan_identity.py",
            "case Present(value=live) if is_own(draft, live):",
            "case Present(value=live) if live:",
            "test_a_set_of_others_with_that_name_is_left_alone",
        ),
        (
            "a permission set keeps serving the old policy",
            "engine/plan_identity.py",
            "behind = live.accounts if changed else live.outdated",
            "behind = live.outdated",
            "test_another_user_policy_is_referred_to_and_provisioned_before_the_old_one_goes",
        ),
    ),
    "unit/test_reach.py": (
        (
            "a condition that is taken off is not called broader",
            "documents/reach.py",
            "all(any(_implies(mine, theirs) for mine in one.conditions) for theirs in other.conditions)",
            "True",
            "test_documents_are_compared_by_what_they_allow",
        ),
        (
            "a Deny that goes is not called broader",
            "documents/reach.py",
            "gained = _beyond(after.allowed, before.allowed) or _beyond(before.denied, after.denied)",
            "gained = _beyond(after.allowed, before.allowed)",
            "test_narrower_never_lets_in_what_was_not_let_in_and_broader_takes_nothing_away",
        ),
    ),
    "unit/test_wording.py": (
        (
            "a Deny is said as an Allow",
            "documents/wording.py",
            '{"Allow": False, "Deny": True}[str(statement["Effect"])]',
            '{"Allow": False, "Deny": False}[str(statement["Effect"])]',
            "test_a_deny_is_said_so_that_it_cannot_be_read_as_an_allow",
        ),
        (
            "a source that may be anywhere is said to be one Region",
            "documents/conditions_in_words.py",
            "personalize:([^:*?]+):([0-9]{12})",
            "personalize:([^:]+):([0-9]{12})",
            "test_a_trust_policy_says_who_may_take_on_the_role_and_for_whom",
        ),
    ),
    "unit/report/test_plan_view.py": (
        (
            "a statement of others that changes is not shown",
            "report/differences.py",
            "if not pair.same or _is_own(pair.new, name)",
            "if _is_own(pair.new or pair.old, name)",
            "test_source_conditions_on_a_statement_of_others_are_narrower_and_theirs",
        ),
    ),
    "cli/test_plan_page.py": (
        (
            "what others wrote can steer a browser",
            "report/markup.py",
            "        text = inert(child)\n",
            "        text = child\n",
            "test_what_others_wrote_stands_there_escaped_and_inert",
        ),
        (
            "a page overwrites a file of others",
            "cli/export_files.py",
            "if not (path.is_file() and _says(path, made_by)):",
            "if not path.is_file():",
            "test_a_page_is_written_again_and_nothing_else_is_overwritten",
        ),
    ),
    "cli/test_foreign_documents.py": (
        (
            "a document that names the dead is planned to be written",
            "engine/draft.py",
            "        if dead:\n",
            "        if len(dead) > 9:\n",
            "test_a_bucket_policy_that_names_a_deleted_role_is_blocked_with_its_unique_id",
        ),
    ),
}

MISTAKES: Final = tuple(
    Mistake(name=name, file=file, right=right, wrong=wrong, test=f"tests/{tests}::{test}")
    for tests, rows in _ROWS.items()
    for name, file, right, wrong, test in rows
)
