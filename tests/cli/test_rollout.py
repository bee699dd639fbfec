"""A rollout to hundreds of accounts: each operation once, whatever becomes of answers and processes."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from account import DATA, Account, Program, Run
from fake_aws import REGION, FakeAws, loses_the_answer, passes, refuses
from fake_stack_sets import FakeStackSets

HUNDREDS = [f"{number:012}" for number in range(100, 400)]
SET = "personalize-perms-personalize"
IN = ("--input", f"s3://{DATA}/in/")
OU, OTHER_OU = "ou-abcd-11111111", "ou-abcd-22222222"
ADMINISTRATION = (
    "Account 123456789012 should have 'AWSCloudFormationStackSetAdministrationRole' role with trust relationship to "
    "CloudFormation service."
)


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("personalize_perms.engine.pace._LONGEST_PAUSE", 0.02)


@pytest.fixture
def sets(aws: FakeAws, account: Account, monkeypatch: pytest.MonkeyPatch) -> FakeStackSets:
    account.bucket()
    fake = FakeStackSets(aws)
    fake.organisation = {OU: HUNDREDS[:5], OTHER_OU: HUNDREDS[5:8]}
    monkeypatch.setattr(aws.strict, "answer", fake.answer)
    return fake


def to(*accounts: str) -> tuple[str, ...]:
    return (*IN, "--accounts", ",".join(accounts))


def roll_out(program: Program, *words: str, code: int = 0) -> Run:
    done = program.json("rollout", "--yes", *words)
    assert done.code == code == done.envelope["exit_code"], done.err
    return done


def test_hundreds_of_accounts_get_one_stack_each_that_is_for_both_regions(
    sets: FakeStackSets, program: Program, tmp_path: Path
) -> None:
    file = tmp_path / "accounts.txt"
    file.write_text("# ours\n" + "\n".join(HUNDREDS))
    done = roll_out(program, *IN, "--accounts", f"@{file}", "--regions", "eu-west-1,us-east-1")
    assert done.envelope["status"] == "success"
    assert [call.name for call in done.writes] == ["CreateStackSet", "CreateStackInstances"]
    assert done.data["counts"] == {"eu-west-1": {"SUCCEEDED": 300}}
    assert done.data["accounts"] == HUNDREDS
    assert len(sets.accounts) == 300
    for number in HUNDREDS[::100]:
        role = sets.accounts[number]["personalize-service-role"]
        condition = role["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]
        assert condition["StringEquals"] == {"aws:SourceAccount": number}
        regions = [f"arn:aws:personalize:{region}:{number}:*" for region in ("eu-west-1", "us-east-1")]
        assert condition["StringLike"] == {"aws:SourceArn": regions}
    again = roll_out(program, *IN, "--accounts", str(file), "--regions", "eu-west-1", "--regions", "us-east-1")
    assert (again.written, again.data["changes"]) == ([], [])
    assert "Nothing to do" in again.err


def test_progress_names_region_counts_and_time(sets: FakeStackSets, program: Program) -> None:
    done = program.run("rollout", "--yes", *to(*HUNDREDS[:90]))
    assert "accounts through" in done.err
    assert "s of at most 60 min" in done.err
    assert f"({REGION} " in done.err
    assert done.out == f"{SET}\n"


def test_an_account_that_fails_is_named_with_the_reason_and_the_rest_is_done(
    sets: FakeStackSets, program: Program
) -> None:
    bad = HUNDREDS[7]
    sets.fails[bad] = "Resource handler returned message: User limit exceeded"
    done = roll_out(program, *to(*HUNDREDS), code=1)
    assert done.envelope["status"] == "partial"
    assert done.data["counts"] == {REGION: {"FAILED": 1, "SUCCEEDED": 299}}
    failed = [one for one in done.data["outcomes"] if one["kind"] == "stack"]
    assert [(one["status"], one["resource"], one["message"]) for one in failed] == [
        ("failed", f"{bad} {REGION}", sets.fails[bad])
    ]
    assert done.errors == [{"code": "account-failed", "message": f"{bad} {REGION}: {sets.fails[bad]}", "hint": ""}]
    assert done.err.count(f"failed   {bad} {REGION}: {sets.fails[bad]}") == 1
    assert "299 of 300 accounts are done, 1 failed" in done.err

    sets.fails.clear()
    again = roll_out(program, *to(*HUNDREDS))
    assert again.written == ["CreateStackInstances"]
    assert [work["id"] for work in again.data["operations"]] == [done.data["operations"][0]["id"][:-1] + "2"]
    assert again.data["counts"] == {REGION: {"SUCCEEDED": 1}}
    assert len(sets.accounts) == 300


def test_beyond_the_tolerance_the_rest_is_not_tried_and_counted(sets: FakeStackSets, program: Program) -> None:
    sets.fails |= dict.fromkeys(HUNDREDS[:3], "no")
    sets.per_look = 10
    done = roll_out(program, *to(*HUNDREDS[:50]), "--failure-tolerance", "2", "--max-concurrent", "5", code=1)
    assert done.data["counts"][REGION] == {"CANCELLED": 40, "FAILED": 3, "SUCCEEDED": 7}
    assert "40 not tried" in done.err
    sets.fails.clear()
    roll_out(program, *to(*HUNDREDS[:50]))
    assert len(sets.accounts) == 50


@pytest.mark.parametrize("operation", ["CreateStackSet", "CreateStackInstances"])
def test_a_lost_answer_starts_nothing_twice(
    operation: str, sets: FakeStackSets, aws: FakeAws, program: Program
) -> None:
    aws.on(operation, loses_the_answer)
    roll_out(program, *to(*HUNDREDS[:20]))
    assert (sets.made, len(sets.started())) == (1, 1)
    assert len(sets.accounts) == 20


@pytest.mark.parametrize(
    "code",
    ["Throttling", "OperationInProgressException", pytest.param("ServiceUnavailable", marks=pytest.mark.long)],
)
def test_what_fails_in_passing_is_sent_again_as_the_same_call(
    code: str, sets: FakeStackSets, aws: FakeAws, program: Program
) -> None:
    aws.on("CreateStackInstances", *[refuses(code)] * 3)
    done = roll_out(program, *to(*HUNDREDS[:20]))
    sent = [call.about for call in done.writes if call.name == "CreateStackInstances"]
    assert (len(sent), len(set(sent))) == (4, 1)
    assert len(sets.started()) == 1


@pytest.mark.long
@pytest.mark.parametrize("read", ["DescribeStackSetOperation", "ListStackSetOperationResults"])
def test_throttled_reads_are_asked_again_beyond_botocore_s_own_patience(
    read: str, sets: FakeStackSets, aws: FakeAws, program: Program
) -> None:
    aws.on(read, *[refuses("Throttling")] * 6)
    roll_out(program, *to(*HUNDREDS[:20]))
    assert len(sets.started()) == 1


def test_a_stack_set_that_ends_up_in_the_way_of_a_repeated_token_is_made_again(
    sets: FakeStackSets, program: Program
) -> None:
    roll_out(program, *to(*HUNDREDS[:2]))
    roll_out(program, "--undo")
    roll_out(program, *to(*HUNDREDS[:2]))
    assert (sets.made, len(sets.accounts)) == (2, 2)


def test_two_runs_at_once_are_one_operation(sets: FakeStackSets, aws: FakeAws, program: Program) -> None:
    """The other run's operation started a moment ago, and the list does not show it yet."""
    first = program.json("rollout", "--yes", *to(*HUNDREDS[:200]), "--wait", "0")
    assert (first.code, first.data["operations"][0]["status"]) == (0, "RUNNING")
    sets.late = 2
    second = roll_out(program, *to(*HUNDREDS[:200]))
    assert len(sets.started()) == 1
    assert second.data["counts"] == {REGION: {"SUCCEEDED": 200}}


def test_whoever_waits_no_longer_is_told_and_the_same_command_waits_on(sets: FakeStackSets, program: Program) -> None:
    sets.per_look = 1
    done = roll_out(program, *to(*HUNDREDS[:200]), "--wait", "0.002", code=1)
    assert done.errors[0]["code"] == "not-settled"
    assert "AWS goes on with it: personalize-perms rollout --status shows how" in done.err
    sets.per_look = 50
    again = roll_out(program, *to(*HUNDREDS[:200]))
    assert again.written == []
    assert again.data["counts"] == {REGION: {"SUCCEEDED": 200}}
    assert len(sets.started()) == 1


def test_somebody_else_s_operation_is_waited_for(sets: FakeStackSets, program: Program) -> None:
    roll_out(program, *to(*HUNDREDS[:2]))
    sets.foreign(SET, *HUNDREDS[:90])
    done = roll_out(program, *to(*HUNDREDS[:3]))
    assert done.written == ["CreateStackInstances"]
    assert len(sets.accounts) == 3


def test_somebody_else_s_operation_that_does_not_end_ends_the_run(sets: FakeStackSets, program: Program) -> None:
    roll_out(program, *to(*HUNDREDS[:2]))
    sets.foreign(SET, *HUNDREDS[:90])
    sets.per_look = 0
    done = roll_out(program, *to(*HUNDREDS[:3]), "--wait", "0.002", code=1)
    assert done.written == []
    assert "another operation on the stack set" in done.errors[0]["message"]


def started(*words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "personalize_perms", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_killed_run_is_resumed_without_a_second_operation(
    sets: FakeStackSets, aws: FakeAws, program: Program
) -> None:
    bad = HUNDREDS[250]
    sets.fails[bad] = "no role limit left"
    words = (*to(*HUNDREDS), "--regions", "eu-west-1,us-east-1")
    with started("rollout", "--yes", *words) as process:
        aws.pid = process.pid
        aws.at(("ListStackSetOperationResults", 2), "answered", aws.kill)
        assert process.wait(60) == -signal.SIGKILL
    assert 0 < len(sets.accounts) < 300
    done = roll_out(program, *words, code=1)
    assert done.written == []
    assert (sets.made, len(sets.started())) == (1, 1)
    assert done.data["counts"] == {REGION: {"FAILED": 1, "SUCCEEDED": 299}}
    assert [error["message"] for error in done.errors] == [f"{bad} {REGION}: no role limit left"]


@pytest.mark.parametrize("moment", ["lost", pytest.param("before", marks=pytest.mark.long)])
@pytest.mark.parametrize("call", ["CreateStackInstances", pytest.param("CreateStackSet", marks=pytest.mark.long)])
def test_a_run_that_is_killed_at_a_write_is_completed_by_the_next(
    call: str, moment: str, sets: FakeStackSets, aws: FakeAws, program: Program
) -> None:
    with started("rollout", "--yes", *to(*HUNDREDS[:50])) as process:
        aws.pid = process.pid
        aws.at((call, 1), moment, aws.kill)  # type: ignore[arg-type]
        assert process.wait(60) == -signal.SIGKILL
    roll_out(program, *to(*HUNDREDS[:50]))
    assert (sets.made, len(sets.started()), len(sets.accounts)) == (1, 1, 50)


def test_ctrl_c_ends_the_waiting_and_says_that_aws_goes_on(sets: FakeStackSets, aws: FakeAws) -> None:
    sets.per_look = 0
    with started("rollout", "--yes", *to(*HUNDREDS[:50]), "--format", "json") as process:
        while sets.looks < 3:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == json.loads(out)["exit_code"] == 130
    assert "AWS goes on with what is under way: personalize-perms rollout --status" in err


def test_credentials_that_expire_while_it_waits_leave_the_operation_to_aws(
    sets: FakeStackSets, aws: FakeAws, program: Program
) -> None:
    aws.on("DescribeStackSetOperation", passes, passes, refuses("ExpiredToken", 403))
    sets.per_look = 10
    done = roll_out(program, *to(*HUNDREDS[:90]), code=1)
    assert done.errors[0]["code"] == "credentials"
    assert "If AWS started it, it goes on there: personalize-perms rollout --status" in done.err
    again = roll_out(program, *to(*HUNDREDS[:90]))
    assert (again.written, len(sets.started()), len(sets.accounts)) == ([], 1, 90)


# What is there already


def test_changed_settings_update_the_stack_set_and_every_stack_once(sets: FakeStackSets, program: Program) -> None:
    roll_out(program, *to(*HUNDREDS[:60]))
    done = roll_out(program, *to(*HUNDREDS[:61]), "--user-access", "analyst")
    assert done.written == ["CreateStackInstances", "UpdateStackSet"]
    assert [(change["action"], change["kind"]) for change in done.data["changes"]] == [
        ("update", "stack-set"),
        ("create", "stacks"),
    ]
    assert len(sets.accounts) == 61
    policy = sets.accounts[HUNDREDS[60]]["personalize-user-access"]
    assert policy == {
        **sets.accounts[HUNDREDS[0]]["personalize-user-access"],
        "PolicyDocument": policy["PolicyDocument"],
    }
    roll_out(program, *to(*HUNDREDS[:61]), "--user-access", "analyst")
    assert len(sets.started()) == 3


def test_tags_that_others_put_on_the_stack_set_stay(sets: FakeStackSets, program: Program) -> None:
    roll_out(program, *to(*HUNDREDS[:2]))
    sets.sets[SET].params |= {"Tags.member.2.Key": "cost", "Tags.member.2.Value": "ml"}
    done = roll_out(program, *to(*HUNDREDS[:2]), "--user-access", "analyst")
    assert done.written == ["UpdateStackSet"]
    assert "Tags.member" not in done.writes[0].about
    assert sets.sets[SET].params["Tags.member.2.Value"] == "ml"


def test_a_bucket_that_is_not_there_is_said(sets: FakeStackSets, program: Program) -> None:
    done = roll_out(program, "--input", "s3://acme-nowhere/", "--accounts", HUNDREDS[0])
    assert "bucket-missing" in done.findings


def test_whoever_runs_it_needs_what_explain_prints_and_no_more(
    sets: FakeStackSets, aws: FakeAws, program: Program
) -> None:
    printed = program.json("explain", "--tool-permissions", "--for", "rollout", *IN).data["policies"]["rollout"]
    allowed = {action for statement in printed["Statement"] for action in statement["Action"]}
    used: set[str] = set()
    for words in (to(*HUNDREDS[:2]), to(*HUNDREDS[:3]), (*to(HUNDREDS[0]), "--user-access", "analyst"), ("--undo",)):
        used |= {f"{call.service}:{call.name}" for call in roll_out(program, *words).calls}
    used |= {f"{call.service}:{call.name}" for call in roll_out(program, *IN, "--ou", OU).calls}
    assert {one for one in used if one.startswith("cloudformation:")} == {
        one for one in allowed if one.startswith("cloudformation:") and not one.endswith(":TagResource")
    }
    # What AWS asks for besides: the new stack set's tag, who is a delegated administrator, the role it takes on.
    assert {"cloudformation:TagResource", "organizations:ListDelegatedAdministrators", "iam:PassRole"} <= allowed
    assert "s3:GetEncryptionConfiguration" in allowed


def test_a_resumed_update_does_not_try_again_at_once_what_failed_in_it(sets: FakeStackSets, program: Program) -> None:
    words = (*to(*HUNDREDS[:60]), "--user-access", "analyst")
    roll_out(program, *to(*HUNDREDS[:60]))
    sets.fails[HUNDREDS[4]] = "no"
    program.json("rollout", "--yes", *words, "--wait", "0")
    done = roll_out(program, *words, code=1)
    assert (done.written, len(done.errors)) == ([], 1)
    sets.fails.clear()
    roll_out(program, *words)
    assert sets.sets[SET].stacks[HUNDREDS[4], REGION].status == "CURRENT"


def test_an_update_that_fails_in_an_account_is_tried_again_there(sets: FakeStackSets, program: Program) -> None:
    roll_out(program, *to(*HUNDREDS[:9]))
    sets.fails[HUNDREDS[4]] = "no"
    words = (*to(*HUNDREDS[:9]), "--user-access", "analyst")
    assert roll_out(program, *words, code=1).data["counts"] == {REGION: {"FAILED": 1, "SUCCEEDED": 8}}
    sets.fails.clear()
    again = roll_out(program, *words)
    assert again.data["counts"] == {REGION: {"SUCCEEDED": 1}}


def test_accounts_that_are_named_no_longer_keep_it_and_are_counted(sets: FakeStackSets, program: Program) -> None:
    roll_out(program, *to(*HUNDREDS[:9]))
    done = roll_out(program, *to(*HUNDREDS[:7]))
    assert done.written == []
    assert "2 stacks are in accounts that --accounts does not name: they stay" in done.err


def test_stacks_stay_in_the_region_that_they_are_in(sets: FakeStackSets, program: Program) -> None:
    """A second stack in another Region would meet the first one in IAM."""
    roll_out(program, *to(*HUNDREDS[:3]), "--regions", "us-east-1")
    done = roll_out(program, *to(*HUNDREDS[:4]), "--regions", f"{REGION},us-east-1")
    assert done.data["stack_region"] == "us-east-1"
    assert {region for _, region in sets.sets[SET].stacks} == {"us-east-1"}


@pytest.mark.parametrize("words", [to(*HUNDREDS[:2]), ("--undo",), ("--status",)])
def test_a_stack_set_of_others_with_the_same_name_is_left_alone(
    words: tuple[str, ...], sets: FakeStackSets, program: Program
) -> None:
    roll_out(program, *to(HUNDREDS[0]))
    sets.sets[SET].params["Tags.member.1.Value"] = "somebody"
    done = roll_out(program, *words, code=1)
    assert done.written == []
    assert done.errors[0]["code"] == "blocked"
    assert "! blocked" in done.err


def test_a_set_up_that_apply_made_there_is_in_the_way_and_the_hint_says_what_to_do(
    sets: FakeStackSets, program: Program
) -> None:
    sets.holders[HUNDREDS[1]] = ("apply", REGION)
    done = roll_out(program, *to(*HUNDREDS[:3]), code=1)
    assert "already exists" in done.errors[0]["message"]
    assert "personalize-perms undo" in done.errors[0]["hint"]


# An organisation


def test_an_organizational_unit_gets_it_and_whoever_joins_later(sets: FakeStackSets, program: Program) -> None:
    done = roll_out(program, *IN, "--ou", OU)
    params = sets.sets[SET].params
    assert (params["PermissionModel"], params["AutoDeployment.Enabled"]) == ("SERVICE_MANAGED", "true")
    assert set(sets.accounts) == set(HUNDREDS[:5])
    more = roll_out(program, *IN, "--ou", OU, "--ou", OTHER_OU)
    assert more.written == ["CreateStackInstances"]
    assert set(sets.accounts) == set(HUNDREDS[:8])
    off = roll_out(program, *IN, "--ou", OU, "--ou", OTHER_OU, "--no-auto-deploy")
    assert off.written == ["UpdateStackSet"]
    assert done.data["organizational_units"] == [OU]


def test_a_delegated_administrator_is_found_out(sets: FakeStackSets, program: Program) -> None:
    sets.administrator = "DELEGATED_ADMIN"
    done = roll_out(program, *IN, "--ou", OU)
    assert all("CallAs=DELEGATED_ADMIN" in call.about for call in done.writes)
    assert roll_out(program, "--status").data["counts"] == {REGION: {"CURRENT": 5}}
    roll_out(program, "--undo")
    assert sets.sets == {}


@pytest.mark.parametrize("call_as", [(), ("--call-as", "self")])
def test_an_account_that_manages_no_organisation_is_told_where_to_run_it(
    call_as: tuple[str, ...], sets: FakeStackSets, program: Program
) -> None:
    sets.administrator = "nobody"
    done = roll_out(program, *IN, "--ou", OU, *call_as, code=1)
    assert done.errors[0]["message"].startswith("this account does not manage the stack sets of its organisation")
    assert "management account" in done.errors[0]["hint"]


@pytest.mark.parametrize("call_as", [(), ("--call-as", "self")])
def test_trusted_access_that_is_off_is_said_with_how_to_turn_it_on(
    call_as: tuple[str, ...], sets: FakeStackSets, program: Program
) -> None:
    sets.trusted = False
    done = roll_out(program, *IN, "--ou", OU, *call_as, code=1)
    assert "activate-organizations-access" in done.errors[0]["hint"]
    assert (done.written, done.envelope["status"]) == (["CreateStackSet"] if call_as else [], "error")


def test_a_refusal_half_way_is_said_with_what_was_done(sets: FakeStackSets, aws: FakeAws, program: Program) -> None:
    aws.on("CreateStackInstances", refuses("LimitExceededException", message="too many stacks"))
    done = roll_out(program, *to(*HUNDREDS[:2]), code=1)
    assert done.envelope["status"] == "partial"
    assert [(one["status"], one["kind"]) for one in done.data["outcomes"]] == [
        ("done", "stack-set"),
        ("failed", "stacks"),
    ]
    assert "too many stacks" in done.errors[0]["message"]


def test_what_encrypts_a_bucket_is_unknown_where_s3_does_not_say(
    sets: FakeStackSets, aws: FakeAws, program: Program
) -> None:
    aws.on("GetBucketEncryption", refuses("SomethingElse"))
    done = roll_out(program, *to(*HUNDREDS[:2]))
    assert "--kms-key" in done.findings["bucket-encryption"]["remedy"]


def test_a_missing_administration_role_is_said_with_what_to_do(sets: FakeStackSets, program: Program) -> None:
    sets.fails |= dict.fromkeys(HUNDREDS[:3], ADMINISTRATION)
    done = roll_out(program, *to(*HUNDREDS[:3]), code=1)
    assert done.envelope["status"] == "partial"
    assert done.err.count("make the role AWSCloudFormationStackSetAdministrationRole") == 1
    assert ADMINISTRATION in done.err


# Status, undo, dry run


def test_status_says_how_it_is_and_changes_nothing(sets: FakeStackSets, program: Program) -> None:
    sets.fails[HUNDREDS[1]] = "no"
    roll_out(program, *to(*HUNDREDS[:30]), code=1)
    done = program.json("rollout", "--status")
    assert (done.code, done.written) == (3, [])
    assert done.data["counts"] == {REGION: {"CURRENT": 29, "OUTDATED": 1}}
    assert [(spot["account"], spot["reason"]) for spot in done.data["problems"]] == [(HUNDREDS[1], "no")]
    text = program.run("rollout", "--status")
    assert f"! {HUNDREDS[1]} {REGION} OUTDATED (FAILED): no" in text.out


def test_status_without_a_rollout_says_so(sets: FakeStackSets, program: Program) -> None:
    done = roll_out(program, "--status")
    assert "There is no rollout of the set-up personalize" in done.err


def test_undo_deletes_the_stacks_and_then_the_stack_set(sets: FakeStackSets, program: Program) -> None:
    roll_out(program, *to(*HUNDREDS))
    done = roll_out(program, "--undo")
    assert [call.name for call in done.writes] == ["DeleteStackInstances", "DeleteStackSet"]
    assert (sets.sets, sets.accounts) == ({}, {})
    assert roll_out(program, "--undo").written == []


@pytest.mark.parametrize("operation", ["DeleteStackInstances", "DeleteStackSet"])
def test_undo_survives_a_lost_answer(operation: str, sets: FakeStackSets, aws: FakeAws, program: Program) -> None:
    roll_out(program, *to(*HUNDREDS[:20]))
    aws.on(operation, loses_the_answer)
    done = roll_out(program, "--undo")
    assert [call.name for call in done.writes] == ["DeleteStackInstances", "DeleteStackSet"]
    assert sets.sets == {}


def test_undo_in_some_accounts_leaves_the_others(sets: FakeStackSets, program: Program) -> None:
    roll_out(program, *to(*HUNDREDS[:20]))
    done = roll_out(program, "--undo", "--accounts", ",".join(HUNDREDS[:5]))
    assert done.written == ["DeleteStackInstances"]
    assert set(sets.accounts) == set(HUNDREDS[5:20])


@pytest.mark.parametrize(
    ("made", "named"), [(to(*HUNDREDS[:5]), ("--ou", OU)), ((*IN, "--ou", OU), ("--accounts", HUNDREDS[0]))]
)
def test_undo_takes_nothing_back_where_what_is_named_is_no_part_of_the_rollout(
    made: tuple[str, ...], named: tuple[str, ...], sets: FakeStackSets, program: Program
) -> None:
    roll_out(program, *made)
    there = set(sets.accounts)
    done = program.json("rollout", "--undo", "--yes", *named)
    assert (done.code, done.writes, set(sets.accounts)) == (1, [], there)
    assert "nothing was taken back" in done.errors[0]["message"]


def test_undo_of_accounts_that_were_never_in_it_does_not_say_that_it_is_taken_back(
    sets: FakeStackSets, program: Program
) -> None:
    roll_out(program, *to(*HUNDREDS[:5]))
    done = program.json("rollout", "--undo", "--yes", "--accounts", HUNDREDS[9])
    assert (done.writes, set(sets.accounts)) == ([], set(HUNDREDS[:5]))
    assert "is taken back" not in done.err
    assert "nothing of it is in what was named" in done.err


def test_undo_keeps_a_stack_set_while_an_account_fails(sets: FakeStackSets, program: Program) -> None:
    roll_out(program, *to(*HUNDREDS[:20]))
    sets.fails[HUNDREDS[3]] = "Cannot delete entity, must detach all policies first."
    done = roll_out(program, "--undo", code=1)
    assert done.written == ["DeleteStackInstances"]
    assert "detach it in that account" in done.errors[0]["hint"]
    sets.fails.clear()
    roll_out(program, "--undo")
    assert sets.sets == {}


@pytest.mark.long
def test_a_stack_that_no_unit_reaches_any_more_keeps_the_stack_set(sets: FakeStackSets, program: Program) -> None:
    roll_out(program, *IN, "--ou", OU)
    sets.organisation[OU] = sets.organisation[OU][1:]
    done = roll_out(program, "--undo", code=1)
    assert done.errors[0]["message"].startswith("the stack set still has stacks")


@pytest.mark.long
def test_a_killed_undo_is_resumed_without_a_second_operation(
    sets: FakeStackSets, aws: FakeAws, program: Program
) -> None:
    roll_out(program, *to(*HUNDREDS[:200]))
    with started("rollout", "--undo", "--yes") as process:
        aws.pid = process.pid
        aws.calls.clear()
        aws.at(("ListStackSetOperationResults", 2), "answered", aws.kill)
        assert process.wait(60) == -signal.SIGKILL
    assert len(sets.started("DELETE")) == 1
    done = roll_out(program, "--undo")
    assert done.written == ["DeleteStackSet"]
    assert sets.sets == {}


def test_a_dry_run_shows_template_targets_and_drift_and_writes_nothing(sets: FakeStackSets, program: Program) -> None:
    fresh = program.run("rollout", "--dry-run", *to(*HUNDREDS[:20]))
    assert (fresh.code, fresh.written) == (0, [])
    assert "PersonalizeServiceRole:" in fresh.out
    assert "+ create   stacks 20 accounts" in fresh.out
    roll_out(program, *to(*HUNDREDS[:20]))
    sets.sets[SET].stacks[HUNDREDS[2], REGION].drift = "DRIFTED"
    sets.sets[SET].stacks[HUNDREDS[3], REGION].status = "OUTDATED"
    done = program.run("rollout", "--dry-run", *to(*HUNDREDS[:21]))
    assert "Drift: DRIFTED, 1 stacks" in done.out
    assert f"drifted: {HUNDREDS[2]} {REGION}" in done.out
    assert f"! {HUNDREDS[3]} {REGION} OUTDATED" in done.out
    assert "+ create   stacks 2 accounts" in done.out
    assert done.written == []
    assert {call.name for call in done.calls} >= {"DescribeStackSet", "ListStackInstances"}
    assert "DetectStackSetDrift" not in {call.name for call in done.calls}


def test_a_dry_run_says_what_is_under_way_and_waits_for_nothing(sets: FakeStackSets, program: Program) -> None:
    program.json("rollout", "--yes", *to(*HUNDREDS[:90]), "--wait", "0")
    done = program.run("rollout", "--dry-run", *to(*HUNDREDS[:90]))
    assert "under way: CREATE personalize-perms-create-" in done.out
    assert "ListStackSetOperationResults" not in {call.name for call in done.calls}


def test_without_credentials_the_template_is_all_there_is(aws: FakeAws, program: Program) -> None:
    words = ("--dry-run", "--offline", "--account", "111122223333", "--region", REGION)
    done = program.json("rollout", *words, *to(*HUNDREDS[:2]))
    assert (done.code, done.calls) == (0, ())
    assert "AWSTemplateFormatVersion" in done.data["template"]
    assert [one["resource"] for one in done.data["left_out"]] == [f"bucket-policy {DATA}"]


def test_without_a_terminal_nothing_is_confirmed(sets: FakeStackSets, program: Program) -> None:
    done = program.json("rollout", *to(*HUNDREDS[:2]))
    assert (done.code, done.written) == (2, [])
    assert "add --yes" in done.errors[0]["hint"]


@pytest.mark.parametrize(
    "words",
    [
        IN,
        (*to("1"),),
        (*IN, "--ou", "nonsense"),
        (*to(HUNDREDS[0]), "--ou", OU),
        (*to(HUNDREDS[0]), "--regions", "eu-north-1"),
        (*to(HUNDREDS[0]), "--failure-tolerance", "101%"),
        (*to(HUNDREDS[0]), "--max-concurrent", "0"),
        (*to(HUNDREDS[0]), "--sandbox"),
        (*IN, "--accounts", "@nowhere.txt"),
        ("--status", "--undo"),
        (*IN, "--ou", OU, "--execution-role", "x"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_written(
    words: tuple[str, ...], sets: FakeStackSets, program: Program
) -> None:
    done = program.json("rollout", "--yes", *words)
    assert (done.code, done.written) == (2, [])


def test_a_bucket_s_own_key_is_in_the_role_s_policy_of_every_account(
    sets: FakeStackSets, account: Account, program: Program
) -> None:
    """A key of another account opens only if both sides say so; for imports within one account the key's is enough."""
    key = account.key()
    account.bucket("acme-encrypted", key=key)
    done = roll_out(program, "--input", "s3://acme-encrypted/", "--accounts", HUNDREDS[0])
    statements = sets.accounts[HUNDREDS[0]]["personalize-service-access"]["PolicyDocument"]["Statement"]
    assert [one["Resource"] for one in statements if "kms:Decrypt" in one["Action"]] == [[key]]
    assert f"key-policy {key}" in [one["resource"] for one in done.data["left_out"]]


def test_a_key_stays_where_it_cannot_be_known_whether_the_bucket_still_has_it(
    sets: FakeStackSets, aws: FakeAws, account: Account, program: Program
) -> None:
    key = account.key()
    account.bucket("acme-encrypted", key=key)
    words = ("--input", "s3://acme-encrypted/", "--accounts", HUNDREDS[0])
    roll_out(program, *words)
    aws.on("GetBucketEncryption", refuses("AccessDenied", 403))
    denied = roll_out(program, *words)
    assert (denied.written, denied.findings["bucket-encryption"]["verdict"]) == ([], "unknown")
    account.s3.delete_bucket_encryption(Bucket="acme-encrypted")
    assert roll_out(program, *words).written == ["UpdateStackSet"]


def test_foreign_text_is_shown_inert(sets: FakeStackSets, program: Program) -> None:
    sets.fails[HUNDREDS[0]] = "\x9b31mred\u202e [bold]"  # no XML holds an escape itself
    done = program.run("rollout", "--yes", *to(HUNDREDS[0]))
    assert "\\x9b31mred\\u202e [bold]" in done.err.replace("\\u009b", "\\x9b")
    assert "\x9b" not in done.err
    assert "\u202e" not in done.err
