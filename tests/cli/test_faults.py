"""Faults on the wire and colleagues at work: the run converges or stops, and no write takes effect twice."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from account import DATA, RESULTS, Account, Document, Program, Run, document, policy_arn, role_arn, trusts, user_arn
from fake_aws import Answer, Call, FakeAws, after, loses_the_answer, passes, refuses

from personalize_perms.engine import executor

IN = ("--input", f"s3://{DATA}/in/")
OBJECTS = f"arn:aws:s3:::{DATA}/*"
DENY: Document = {"Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": OBJECTS}
WRITES = (
    *("CreatePolicy", "CreatePolicyVersion", "DeletePolicyVersion", "DeletePolicy", "TagPolicy", "CreateRole"),
    *("UpdateAssumeRolePolicy", "UpdateRoleDescription", "PutRolePermissionsBoundary", "TagRole", "DeleteRole"),
    *("AttachUserPolicy", "AttachGroupPolicy", "AttachRolePolicy", "DetachUserPolicy", "DetachGroupPolicy"),
    *("DetachRolePolicy", "PutBucketPolicy", "DeleteBucketPolicy", "PutKeyPolicy", "CreateGrant", "RevokeGrant"),
)


@pytest.fixture
def key(account: Account) -> str:
    """Two buckets, two users and a key with a policy of others."""
    account.bucket(DATA, document(DENY))
    account.bucket(RESULTS)
    for user in ("ada", "grace"):
        account.iam.create_user(UserName=user)
    account.policy("boundary")
    found = account.key()
    account.kms.create_alias(AliasName="alias/data", TargetKeyId=found)
    return found


FRESH = (*IN, "--kms-key", "alias/data", "--kms-access", "grant", "--attach-user", "ada", "--role-name", "first")
CHANGED = (
    *("--input", f"s3://{RESULTS}/in/", "--user-policy-name", "people", "--assumable-by", user_arn("grace")),
    *("--hardening", "strict"),
)
TOUCHED = (*FRESH, "--permissions-boundary", policy_arn("boundary"), "--role-description", "Ours", "--tag", "a=b")


def on_every_write(aws: FakeAws, *handlers: Callable[[Call, Callable[[], Answer]], Answer]) -> None:
    for name in WRITES:
        aws.on(name, *handlers)


def once_each(aws: FakeAws, fault: Callable[[Call, Callable[[], Answer]], Answer]) -> None:
    """Let the first sending of every single write meet a fault."""
    met: set[str] = set()

    def handler(call: Call, forward: Callable[[], Answer]) -> Answer:
        if str(call) in met:
            return forward()
        met.add(str(call))
        return fault(call, forward)

    on_every_write(aws, *[handler] * 40)


@pytest.mark.parametrize(
    "settings", [(FRESH,), (FRESH, TOUCHED), (FRESH, CHANGED)], ids=["fresh", "touched", "changed"]
)
def test_when_every_answer_is_lost_each_write_still_takes_effect_once(
    settings: tuple[tuple[str, ...], ...], key: str, aws: FakeAws, account: Account, program: Program
) -> None:
    for before in settings[:-1]:
        program.apply(*before)
    planned = program.json("plan", *settings[-1]).changes("create", "update", "delete")
    on_every_write(aws, *[loses_the_answer] * 40)
    done = program.apply(*settings[-1])
    assert len(done.writes) == len(planned)
    assert {outcome["status"] for outcome in done.data["outcomes"]} == {"done"}
    aws.forget()
    program.is_silent(*settings[-1])


@pytest.mark.parametrize("settings", [(FRESH,), (FRESH, CHANGED)], ids=["fresh", "changed"])
@pytest.mark.parametrize(
    "fault",
    [
        refuses("Throttling", 400, "Rate exceeded"),
        refuses("ServiceUnavailable", 503, "Please reduce your request rate"),
        refuses("OperationAborted", 409, "A conflicting conditional operation is currently in progress"),
    ],
    ids=["throttled", "unavailable", "conflict"],
)
def test_a_fault_that_passes_at_every_write_is_waited_for(
    fault: Callable[[Call, Callable[[], Answer]], Answer],
    settings: tuple[tuple[str, ...], ...],
    key: str,
    aws: FakeAws,
    program: Program,
) -> None:
    for before in settings[:-1]:
        program.apply(*before)
    planned = program.json("plan", *settings[-1]).changes("create", "update", "delete")
    once_each(aws, fault)
    done = program.apply(*settings[-1])
    assert len(done.writes) == 2 * len(planned)
    aws.forget()
    program.is_silent(*settings[-1])


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("PutBucketPolicy", "MalformedPolicy"),
        ("PutKeyPolicy", "MalformedPolicyDocumentException"),
        ("CreateGrant", "InvalidArnException"),
    ],
)
def test_a_new_role_that_is_not_known_everywhere_yet_is_waited_for(
    operation: str, code: str, key: str, aws: FakeAws, program: Program
) -> None:
    aws.on(operation, *[refuses(code, 400, "Invalid principal in policy")] * 2)
    done = program.apply(*FRESH)
    assert done.written.count(operation) == 3
    program.is_silent(*FRESH)


def test_an_invalid_principal_that_is_not_new_is_not_waited_for(key: str, aws: FakeAws, program: Program) -> None:
    program.apply(*IN)
    aws.on("PutBucketPolicy", refuses("MalformedPolicy", 400, "Invalid principal in policy"))
    done = program.apply(*IN, "--hardening", "strict", code=1)
    assert done.written.count("PutBucketPolicy") == 1


def test_a_new_role_that_does_not_show_yet_is_waited_for(key: str, aws: FakeAws, program: Program) -> None:
    aws.on("GetRole", passes, *[refuses("NoSuchEntity", 404)] * 3)
    aws.on("AttachRolePolicy", refuses("NoSuchEntity", 404, "The role cannot be found"))
    done = program.apply(*IN)
    assert done.written.count("CreateRole") == 1
    assert done.written.count("AttachRolePolicy") == 2


# A run that fails


@pytest.mark.parametrize("number", range(8))
def test_a_run_that_is_refused_at_any_write_stops_and_the_next_one_completes_it(
    number: int, key: str, aws: FakeAws, account: Account, program: Program
) -> None:
    denied: list[Call] = []
    writes = count()

    def handler(call: Call, forward: Callable[[], Answer]) -> Answer:
        if next(writes) == number:
            denied.append(call)
            return refuses("AccessDenied", 403, "not you")(call, forward)
        return forward()

    on_every_write(aws, *[handler] * 20)
    done = program.apply(*FRESH, code=1)
    (call,) = denied
    assert done.writes.count(call) == 1
    failed = [outcome for outcome in done.data["outcomes"] if outcome["status"] == "failed"]
    assert len(failed) == 1
    assert "AccessDenied" in failed[0]["message"]
    (error,) = [error for error in done.errors if error["code"] == "change-failed"]
    assert call.name in error["hint"]
    assert done.envelope["status"] == "partial"
    aws.forget()
    program.converges(*FRESH)
    assert account.holders("personalize-service-access") == {"role/first"}
    assert len(account.grants(key)) == 1


def test_what_is_not_tried_after_a_failure_is_said(key: str, aws: FakeAws, program: Program) -> None:
    aws.on("CreateRole", refuses("AccessDenied", 403, "not you"))
    done = program.apply(*FRESH, code=1)
    skipped = {outcome["kind"] for outcome in done.data["outcomes"] if outcome["status"] == "skipped"}
    assert skipped == {"attachment", "bucket-policy", "key-policy", "grant"}
    assert not {"PutBucketPolicy", "PutKeyPolicy", "AttachRolePolicy"} & set(done.written)
    assert "1 failed" in done.err


def test_ctrl_c_lets_what_is_under_way_finish_and_ends_with_130(key: str, aws: FakeAws, account: Account) -> None:
    words = [sys.executable, "-m", "personalize_perms", "apply", "--yes", *IN, "--format", "json"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)

    def pressed() -> None:
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)

    aws.on("CreateRole", after(pressed))
    out, err = process.communicate(timeout=60)
    found = json.loads(out)
    assert process.returncode == found["exit_code"] == 130
    outcomes = {outcome["kind"]: outcome["status"] for outcome in found["data"]["outcomes"]}
    assert outcomes["role"] == "done"
    assert outcomes["bucket-policy"] == "skipped"
    assert found["status"] == "partial"
    assert "You stopped the run" in err
    assert "personalize-service-role" in account.roles()
    assert account.bucket_policy() == document(DENY)


def test_a_journal_that_cannot_be_written_stops_the_run_before_the_first_write(
    key: str, program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    done = program.apply(*IN, code=1)
    assert done.written == []
    assert done.errors[0]["code"] == "journal"
    assert "XDG_STATE_HOME" in done.errors[0]["hint"]


def test_secrets_are_neither_said_nor_kept(
    key: str, aws: FakeAws, program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = ("AKIASECRETKEYID12345", "the-secret-key", "the-session-token")
    for name, secret in zip(("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"), secrets, strict=True):
        monkeypatch.setenv(f"AWS_{name}", secret)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    aws.on("PutBucketPolicy", refuses("AccessDenied", 403))
    done = program.apply(*IN, "--verbose", "--debug", code=1)
    kept = "".join(path.read_text() for path in (tmp_path / "state").rglob("*.jsonl"))
    assert "PutBucketPolicy" in done.err
    assert kept
    assert not [secret for secret in secrets if secret in done.out + done.err + kept]


def test_credentials_that_expire_on_the_way_are_told(key: str, aws: FakeAws, program: Program) -> None:
    aws.on("PutBucketPolicy", refuses("ExpiredToken", 400, "The provided token has expired"))
    done = program.apply(*IN, code=1)
    assert "sign in again" in done.errors[0]["hint"]
    program.converges(*IN)


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("ExpiredToken", 403, "credentials"),
        ("InvalidClientTokenId", 403, "credentials"),
        ("AccessDenied", 403, "access-denied"),
    ],
)
def test_a_caller_whom_sts_does_not_know_is_told(
    code: str, status: int, kind: str, aws: FakeAws, program: Program
) -> None:
    aws.on("GetCallerIdentity", refuses(code, status))
    done = program.apply(*IN, code=1)
    assert (done.errors[0]["code"], done.writes) == (kind, [])
    assert done.errors[0]["hint"]


# Colleagues at work


def add_statement(account: Account, where: str, key: str) -> Callable[[], object]:
    """Return what a colleague does: add a statement of their own to one of the documents."""
    theirs = {**DENY, "Sid": "Colleague", "Action": "s3:DeleteObject"}

    def bucket() -> None:
        found = account.bucket_policy()
        account.put_bucket_policy(DATA, {**found, "Statement": [*found["Statement"], theirs]})

    def of_key() -> None:
        found = account.key_policy(key)
        account.put_key_policy(key, {**found, "Statement": [*found["Statement"], theirs]})

    def trust() -> None:
        found = account.trust("legacy")
        found["Statement"].append(trusts({"Service": "ec2.amazonaws.com"}, Sid="Colleague"))
        account.iam.update_assume_role_policy(RoleName="legacy", PolicyDocument=json.dumps(found))

    def policy() -> None:
        found = account.policy_document("personalize-service-access")
        allow = {"Sid": "Colleague", "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
        text = json.dumps({**found, "Statement": [*found["Statement"], allow]})
        arn = policy_arn("personalize-service-access")
        account.iam.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)

    return {"GetBucketPolicy": bucket, "GetKeyPolicy": of_key, "GetRole": trust, "GetPolicy": policy}[where]


def held(account: Account, where: str, key: str) -> str:
    look = {
        "GetBucketPolicy": lambda: account.bucket_text() or "",
        "GetKeyPolicy": lambda: account.key_text(key),
        "GetRole": lambda: account.trust_text("legacy"),
        "GetPolicy": lambda: account.policy_text("personalize-service-access"),
    }
    return look[where]()


@pytest.mark.parametrize("where", ["GetBucketPolicy", "GetKeyPolicy", "GetRole", "GetPolicy"])
def test_a_document_that_a_colleague_changed_since_the_plan_is_not_overwritten(
    where: str, key: str, aws: FakeAws, account: Account, program: Program
) -> None:
    account.role("legacy", document(trusts({"Service": "glue.amazonaws.com"})))
    settings = (*IN, "--kms-key", "alias/data", "--role-arn", role_arn("legacy"), "--user-access", "none")
    if where == "GetPolicy":
        program.apply(*settings, "--hardening", "strict")
    edit = add_statement(account, where, key)
    texts: list[str] = []

    def edited() -> None:
        edit()
        texts.append(held(account, where, key))

    aws.on(where, passes, after(edited))
    done = program.apply(*settings, code=1)
    assert texts == [held(account, where, key)]
    failed = [outcome for outcome in done.data["outcomes"] if outcome["status"] == "failed"]
    assert len(failed) == 1
    assert "was changed by someone else since the plan was made" in failed[0]["message"]
    assert any("run the same command again" in error["hint"] for error in done.errors)
    aws.forget()
    program.converges(*settings)
    assert "Colleague" in held(account, where, key)


def test_a_first_bucket_policy_that_a_colleague_made_meanwhile_is_not_overwritten(
    aws: FakeAws, account: Account, program: Program
) -> None:
    account.bucket()
    aws.on("GetBucketPolicy", passes, after(lambda: account.put_bucket_policy(DATA, document(DENY))))
    program.apply(*IN, code=1)
    assert account.bucket_policy() == document(DENY)
    program.converges(*IN)
    assert account.bucket_policy()["Statement"][0] == DENY


def test_a_colleague_who_adds_right_after_us_does_not_worry_the_run(
    key: str, aws: FakeAws, account: Account, program: Program
) -> None:
    add = add_statement(account, "GetBucketPolicy", key)

    def then_added(_: Call, forward: Callable[[], Answer]) -> Answer:
        answer = forward()
        add()
        return answer

    aws.on("PutBucketPolicy", then_added)
    program.converges(*IN)
    assert [s["Sid"] for s in account.bucket_policy()["Statement"]][::2] == ["Theirs", "Colleague"]


def test_done_is_never_said_of_a_write_that_a_colleague_undid(
    key: str, aws: FakeAws, account: Account, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "DEADLINE", 0.2)

    def then_saved_over(_: Call, forward: Callable[[], Answer]) -> Answer:
        answer = forward()
        account.put_bucket_policy(DATA, document(DENY))
        return answer

    aws.on("PutBucketPolicy", then_saved_over)
    done = program.apply(*IN, code=1)
    failed = [outcome for outcome in done.data["outcomes"] if outcome["status"] == "failed"]
    assert [outcome["kind"] for outcome in failed] == ["bucket-policy"]
    assert "does not show it" in failed[0]["message"]
    program.converges(*IN)


@pytest.mark.parametrize(
    ("asked", "made"), [("ListRoles", "personalize-service-role"), ("ListPolicies", "personalize-user-access")]
)
def test_what_appears_while_the_account_is_read_is_not_said_to_be_somebody_elses(
    asked: str, made: str, aws: FakeAws, account: Account, program: Program
) -> None:
    account.bucket()
    make = account.policy if asked == "ListPolicies" else account.role
    text = () if asked == "ListPolicies" else (document(trusts({"Service": "glue.amazonaws.com"})),)
    aws.on(asked, after(lambda: make(made, *text)))
    done = program.apply(*IN, code=1)
    assert done.written == []
    assert f"{made} was made while this run was reading" in done.errors[0]["message"]
    assert "run the same command again" in done.errors[0]["hint"]


def test_a_role_that_somebody_made_meanwhile_is_not_taken_over(
    aws: FakeAws, account: Account, program: Program
) -> None:
    account.bucket()
    theirs = document(trusts({"Service": "glue.amazonaws.com"}))
    aws.on("CreateRole", after(lambda: account.role("personalize-service-role", theirs)))
    done: Run = program.apply(*IN, code=1)
    assert account.trust("personalize-service-role") == theirs
    assert "AttachRolePolicy" not in done.written
    again = program.apply(*IN, code=1)
    assert (again.errors[0]["code"], again.written) == ("conflict", [])
