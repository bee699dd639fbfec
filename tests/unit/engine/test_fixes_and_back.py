"""Fixes of documents that others own, and the way back: to the letter, or beside what others wrote since."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stored_documents import spelled_anew

from personalize_perms import documents
from personalize_perms.documents import DocumentKind
from personalize_perms.engine.dead_principals import without_dead
from personalize_perms.engine.journals import NOT_SENT, Entry, PastRun
from personalize_perms.engine.plan_fixes import FIXED, is_fixable, operation_on, plan_fixes, target_of
from personalize_perms.engine.undo_fixes import outstanding, with_fixes_taken_back
from personalize_perms.model.caller import Caller
from personalize_perms.model.changes import Action, Change, Plan
from personalize_perms.model.findings import Finding, Severity
from personalize_perms.model.live import Absent, Present, Read, Unreadable
from personalize_perms.model.names import AccountId
from personalize_perms.model.settings import Place

ACCOUNT = "111122223333"
PLACE = Place(account=AccountId(ACCOUNT), region="eu-west-1", partition="aws")
CALLER = Caller(place=PLACE, arn=PLACE.arn("iam", "user/ada"))
ROLE = PLACE.arn("iam", "role/team/legacy")
BUCKET, KEY = "arn:aws:s3:::data", f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
TRUST = (DocumentKind.TRUST_POLICY, "legacy")
SERVICE = "personalize.amazonaws.com"
DEAD, DEAD_TOO = "AROAEXAMPLEEXAMPLE123", "AIDAEXAMPLEEXAMPLE123"
Statement = dict[str, Any]


def text(*statements: Statement, **rest: Any) -> str:
    return json.dumps({"Version": "2012-10-17", **rest, "Statement": list(statements)}, indent=3)


def trusts(principal: Any, **rest: Any) -> Statement:
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **rest}


LOOSE, NAMED = trusts({"Service": SERVICE}), trusts({"Service": [SERVICE]}, Sid="Named")
SHARED = trusts({"Service": [SERVICE, "glue.amazonaws.com"], "AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Sid="Shared")
GLUE, LATER = (trusts({"Service": f"{name}.amazonaws.com"}, Sid=name) for name in ("glue", "later"))
GHOST = trusts({"AWS": DEAD}, Sid="Ghost")


def finding(check: str, resource: str = ROLE) -> Finding:
    return Finding(check=check, severity=Severity.HIGH, resource=resource, message="")


def planned(found: str | Read[str], *checks: str, resource: str = ROLE, quota: int = 2048) -> Change:
    target = target_of(resource)
    assert target
    read = Present(found) if isinstance(found, str) else found
    picked = [finding(check, resource) for check in checks or FIXED]
    (change,) = plan_fixes(CALLER, "audit", picked, {target.place: read}, quota).changes
    return change


def after(change: Change) -> str | None:
    assert change.operation
    return change.operation.document_json  # type: ignore[union-attr]


def run(command: str, change: Change, status: str | None = "done") -> PastRun:
    assert change.operation
    entry = Entry(operation=change.operation, kind=change.kind, resource=change.resource, status=status)
    return PastRun(
        path=Path(),
        run_id="1",
        started=datetime.now(UTC),
        name="audit",
        command=command,
        region="eu-west-1",
        spends="",
        entries=(entry,),
    )


EMPTY = Plan(name="audit", caller=CALLER, role_arn="", changes=(), documents=())


def back(now: str | Read[str], *runs: PastRun, plan: Plan = EMPTY) -> Plan:
    """The undo of the fixes in `runs`, from what is there now."""
    read = Present(now) if isinstance(now, str) else now
    fixes = outstanding(runs)
    return with_fixes_taken_back(plan, fixes, dict.fromkeys(fixes, read))


# Which findings, and what becomes of the documents


def test_only_few_findings_are_fixed_and_only_where_a_document_hangs() -> None:
    assert set(FIXED) == {"trust-without-source-conditions", "dead-principal"}
    assert is_fixable(finding("dead-principal", BUCKET))
    assert is_fixable(finding("dead-principal", KEY))
    assert not is_fixable(finding("role-is-administrator"))
    assert not is_fixable(finding("dead-principal", f"arn:aws:iam::{ACCOUNT}:user/ada"))
    assert not is_fixable(finding("dead-principal", PLACE.arn("iam", "role/aws-service-role/x.amazonaws.com/X")))
    assert not is_fixable(finding("dead-principal", "acme"))


def test_only_what_cannot_come_back_is_said_not_to() -> None:
    assert "undo cannot put" in planned(text(LOOSE, GHOST)).reason
    assert "undo cannot put" not in planned(text(LOOSE), "trust-without-source-conditions").reason


def test_a_loose_statement_is_tied_to_the_account_in_whichever_region() -> None:
    change = planned(text(GLUE, LOOSE))
    (glue, tightened) = documents.statements(documents.parse(str(after(change))))
    assert glue == GLUE
    assert tightened == {
        **LOOSE,
        "Condition": {
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
            "ArnLike": {"aws:SourceArn": f"arn:aws:personalize:*:{ACCOUNT}:*"},
        },
    }
    assert change.operation == operation_on(*TRUST, text(GLUE, LOOSE), after(change))


def test_what_is_fine_by_now_is_kept() -> None:
    assert planned(text(GLUE)).action is Action.KEEP
    assert planned(Absent()).action is Action.KEEP


@pytest.mark.parametrize(
    ("found", "checks", "quota", "says"),
    [
        (Unreadable(action="iam:GetRole", resource="x", reason="no"), FIXED, 2048, "not allowed iam:GetRole"),
        ('{"Statement": [], "Statement": []}', FIXED, 2048, "cannot be edited safely"),
        (text(LOOSE, GHOST), ("trust-without-source-conditions",), 2048, f"it names {DEAD}"),
        (text(GHOST), ("dead-principal",), 2048, "nothing would be left"),
        (text(LOOSE), FIXED, 100, "AWS allows 100"),
    ],
)
def test_what_aws_would_refuse_is_blocked(found: Any, checks: tuple[str, ...], quota: int, says: str) -> None:
    change = planned(found, *checks, quota=quota)
    assert (change.action, change.operation) == (Action.BLOCKED, None)
    assert says in change.reason
    assert change.hint


def test_one_document_is_written_once_for_all_that_is_picked() -> None:
    change = planned(text(GHOST, SHARED, GLUE))
    assert [line[:1] for line in change.details] == ["-", "~"]
    assert DEAD not in str(after(change))


def test_deleted_principals_go_and_the_living_stay() -> None:
    mixed = trusts({"AWS": [DEAD, ACCOUNT, DEAD_TOO], "Service": SERVICE}, Sid="Mixed")
    deny = {**GHOST, "Effect": "Deny"}
    but = {"Effect": "Allow", "NotPrincipal": {"AWS": [DEAD]}, "Action": "sts:AssumeRole"}
    found, details = without_dead(documents.parse(text(GLUE, GHOST, mixed, deny, but, Id="theirs")))
    left = {**mixed, "Principal": {"AWS": [ACCOUNT], "Service": SERVICE}}
    assert found == documents.parse(text(GLUE, left, deny, but, Id="theirs"))
    assert len(details) == 2


def test_a_bucket_policy_of_which_nothing_is_left_is_deleted() -> None:
    change = planned(text({**GHOST, "Action": "s3:*"}), "dead-principal", resource=BUCKET)
    assert (change.action, change.resource, after(change)) == (Action.DELETE, "data", None)


# The way back


def test_an_untouched_document_gets_its_former_text_to_the_letter() -> None:
    before = text(GLUE, LOOSE, SHARED, Id="theirs")
    change = planned(before)
    (undone,) = back(spelled_anew(str(after(change)), seed=3), run("audit", change)).changes
    assert after(undone) == before


def test_what_was_taken_back_needs_no_second_time() -> None:
    change = planned(text(LOOSE))
    (undone,) = back(str(after(change)), run("audit", change)).changes
    assert outstanding([run("audit", change), run("undo", undone)]) == {}
    assert outstanding([run("audit", change), run("undo", undone, "applied")]) == {}
    still = run("audit", change), run("undo", undone, "failed")
    assert back(str(after(undone)), *still).changes == ()
    assert back(str(after(change)), *still).changes != ()


def test_what_was_not_done_needs_no_way_back_and_what_may_have_been_does() -> None:
    change = planned(text(LOOSE))
    assert outstanding([run("audit", change, NOT_SENT)]) == {}
    assert outstanding([run("apply", change)]) == {}
    for status in (None, "failed", "applied", "not-applied"):
        assert back(text(LOOSE), run("audit", change, status)).changes == ()
        assert len(back(str(after(change)), run("audit", change, status)).changes) == 1


def test_a_fix_that_was_looked_for_and_not_found_is_not_said_to_stay() -> None:
    change = planned(text(LOOSE))
    others = text({**LOOSE, "Action": "sts:TagSession"})
    assert back(others, run("audit", change, "not-applied")).findings == ()
    assert back(others, run("audit", change, "applied")).findings != ()


def test_what_may_not_be_read_is_blocked_and_what_is_gone_is_left() -> None:
    change = planned(text(LOOSE))
    unread = Unreadable(action="iam:GetRole", resource="x", reason="no")
    (blocked,) = back(unread, run("audit", change)).changes
    assert (blocked.action, blocked.operation) == (Action.BLOCKED, None)
    assert back(Absent(), run("audit", change)).changes == ()


def test_a_deleted_bucket_policy_of_deleted_principals_stays_deleted() -> None:
    change = planned(text({**GHOST, "Action": "s3:*"}), "dead-principal", resource=BUCKET)
    assert back(Absent(), run("audit", change)).changes == ()
    assert back(text(GLUE), run("audit", change)).changes == ()


LETS = {**GLUE, "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}


def test_a_bucket_policy_comes_back_as_far_as_aws_stores_it() -> None:
    mixed = {**LETS, "Principal": {"AWS": [DEAD, ACCOUNT]}}
    change = planned(text(mixed, Id="theirs"), "dead-principal", resource=BUCKET)
    assert change.action is Action.UPDATE
    assert back(str(after(change)), run("audit", change)).changes == ()
    assert back(Absent(), run("audit", change)).changes == ()


def test_what_a_fix_took_from_a_bucket_policy_that_is_gone_by_now_is_named_by_what_happens() -> None:
    change = Change(
        action=Action.DELETE,
        kind=DocumentKind.BUCKET_POLICY,
        resource="data",
        reason="",
        operation=operation_on(DocumentKind.BUCKET_POLICY, "data", text(LETS), None),
    )
    (made,) = back(Absent(), run("audit", change)).changes
    assert (made.action, after(made), made.resource) == (Action.CREATE, text(LETS), "data")
    (added,) = back(text({**LETS, "Sid": "Other"}), run("audit", change)).changes
    assert added.action is Action.UPDATE
    grown = Change(
        action=Action.CREATE,
        kind=DocumentKind.BUCKET_POLICY,
        resource="data",
        reason="",
        operation=operation_on(DocumentKind.BUCKET_POLICY, "data", None, text(LETS)),
    )
    (gone,) = back(text(LETS), run("audit", grown)).changes
    assert (gone.action, after(gone)) == (Action.DELETE, None)


def test_the_undo_of_a_set_up_and_of_fixes_is_one_write() -> None:
    before = text(LOOSE, GLUE)
    change = planned(before)
    fixed = documents.parse(str(after(change)))
    ours = trusts({"Service": SERVICE}, Sid="Ours", Condition={"Bool": {"aws:SecureTransport": "true"}})
    with_ours = json.dumps({**fixed, "Statement": [*documents.statements(fixed), ours]})
    withdraws = Change(
        action=Action.UPDATE,
        kind=DocumentKind.TRUST_POLICY,
        resource=ROLE,
        reason="",
        operation=operation_on(*TRUST, with_ours, str(after(change))),
        details=("- Ours",),
    )
    plan = Plan(name="audit", caller=CALLER, role_arn="", changes=(withdraws,), documents=())
    (both,) = back(with_ours, run("audit", change), plan=plan).changes
    assert both.operation == operation_on(*TRUST, with_ours, before)
    assert both.details == ("- Ours", "~ statement 1: as it was before audit --fix")


def test_a_statement_that_others_changed_since_stays_and_is_named() -> None:
    change = planned(text(NAMED, GLUE))
    now = documents.parse(str(after(change)))
    now["Statement"][0]["Condition"]["StringEquals"]["aws:SourceAccount"] = "444455556666"  # type: ignore[index, call-overload]
    plan = back(json.dumps(now), run("audit", change))
    assert plan.changes == ()
    assert "Named" in plan.findings[0].message


FOREIGN = st.sampled_from(
    [LOOSE, NAMED, SHARED, GLUE, trusts({"AWS": ACCOUNT}), trusts({"Service": SERVICE}, Sid="Own")]
)


@given(
    st.lists(FOREIGN, min_size=1, max_size=4, unique_by=json.dumps),
    st.integers(0, 4),
    st.sets(st.sampled_from(["add", "remove"])),
    st.integers(0, 99),
)
def test_undo_gives_back_every_statement_and_keeps_every_one_of_others(
    before: list[Statement], at: int, others: set[str], seed: int
) -> None:
    change = planned(text(*before))
    if change.operation is None:
        return
    now = documents.parse(spelled_anew(str(after(change)), seed=seed))
    listed = documents.statements(now)
    expected = [*before]
    if "remove" in others and GLUE in before and len(before) > 1:
        listed = [one for one in listed if one.get("Sid") != "glue"]
        expected.remove(GLUE)
    if "add" in others:
        listed.insert(min(at, len(listed)), LATER)
        expected.append(LATER)
    (undone,) = back(json.dumps({**now, "Statement": listed}), run("audit", change)).changes
    found = documents.statements(documents.parse(str(after(undone))))

    def forms(several: list[Any]) -> list[str]:
        return [documents.normalised(one, "aws") for one in several]

    assert sorted(forms(found)) == sorted(forms(expected))
    if expected == before:
        assert after(undone) == text(*before)
