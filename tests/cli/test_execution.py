"""A run that is stopped, throttled, met by colleagues, or fails and takes back what it has done."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

import pytest
from account import DATA, RESULTS, Account, Document, Program, document, policy_arn, role_arn, trusts, user_arn
from fake_aws import Answer, Call, FakeAws, refuses

from strict import identity

IN = ("--input", f"s3://{DATA}/in/")
DENY: Document = {
    "Sid": "Theirs",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": f"arn:aws:s3:::{DATA}/*",
}
KMS = ("--kms-key", "alias/data", "--kms-access", "grant")
FRESH = (*IN, *KMS, "--attach-user", "ada", "--role-name", "first")
CHANGED = (
    *("--input", f"s3://{RESULTS}/in/", "--user-policy-name", "people", "--assumable-by", user_arn("grace")),
    *("--hardening", "strict"),
)
TOUCHED = (*FRESH, "--permissions-boundary", policy_arn("boundary"), "--role-description", "Ours", "--tag", "a=b")
Forward = Callable[[], Answer]


@pytest.fixture
def key(account: Account) -> str:
    """Two buckets, two users and a key, with documents of others."""
    account.bucket(DATA, document(DENY))
    account.bucket(RESULTS)
    for user in ("ada", "grace"):
        account.iam.create_user(UserName=user)
    account.policy("boundary")
    found = account.key()
    account.kms.create_alias(AliasName="alias/data", TargetKeyId=found)
    return found


# Ctrl-C


@pytest.fixture
def started() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    running: list[subprocess.Popen[str]] = []

    def start(*words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "personalize_perms", "apply", "--yes", *words]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.wait()


def test_a_second_ctrl_c_ends_at_once_though_a_call_hangs(
    key: str, aws: FakeAws, started: Callable[..., subprocess.Popen[str]]
) -> None:
    process = started(*IN, "--format", "json")
    pressed: list[float] = []

    def hangs(_: Call, forward: Forward) -> Answer:
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        pressed.append(time.monotonic())
        process.send_signal(signal.SIGINT)
        process.wait(20)
        return forward()

    aws.on("CreateRole", hangs)
    out, err = process.communicate(timeout=60)
    assert time.monotonic() - pressed[0] < 2
    found = json.loads(out)
    assert process.returncode == found["exit_code"] == 130
    assert found["errors"][0]["code"] == "cancelled"
    assert "press Ctrl-C again to stop at once" in err
    assert "Traceback" not in err


def test_a_run_that_was_stopped_at_once_is_completed_by_the_next(
    key: str, aws: FakeAws, account: Account, program: Program, started: Callable[..., subprocess.Popen[str]]
) -> None:
    process = started(*IN)

    def hangs(_: Call, forward: Forward) -> Answer:
        answer = forward()
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        process.wait(20)
        return answer

    aws.on("CreateRole", hangs)
    process.communicate(timeout=60)
    assert "personalize-service-role" in account.roles()
    aws.forget()
    program.converges(*IN)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_ends_the_waiting_for_aws(
    number: signal.Signals, key: str, aws: FakeAws, started: Callable[..., subprocess.Popen[str]]
) -> None:
    process = started(*IN, "--format", "json")
    sent: list[float] = []

    def throttled(call: Call, forward: Forward) -> Answer:
        if len(sent) == 4:
            process.send_signal(number)
        sent.append(time.monotonic())
        return refuses("Throttling")(call, forward)

    aws.on("CreateRole", *[throttled] * 20)
    out, err = process.communicate(timeout=100)
    assert time.monotonic() - sent[4] < 2
    found = json.loads(out)
    assert process.returncode == found["exit_code"] == 130
    outcomes = {outcome["kind"]: outcome["status"] for outcome in found["data"]["outcomes"]}
    assert (outcomes["role"], outcomes["bucket-policy"], outcomes["managed-policy"]) == ("failed", "skipped", "done")
    assert err.count("stopping after the calls under way") == 1


# Throttling


@pytest.mark.parametrize("seed", [0, 2])
def test_a_run_of_which_a_third_is_throttled_is_completed(seed: int, key: str, aws: FakeAws, program: Program) -> None:
    luck = random.Random(seed)

    def sometimes(call: Call, forward: Forward) -> Answer:
        return refuses("Throttling")(call, forward) if luck.random() < 0.3 else forward()

    names = [*("CreatePolicy", "CreateRole", "AttachUserPolicy", "AttachRolePolicy", "PutBucketPolicy", "CreateGrant")]
    names += ["GetBucketPolicy", "GetRole", "GetPolicyVersion", "ListGrants", "ListEntitiesForPolicy"]
    for name in names:
        aws.on(name, *[sometimes] * 100)
    done = program.apply(*FRESH)
    assert {outcome["status"] for outcome in done.data["outcomes"]} == {"done"}
    aws.forget()
    program.is_silent(*FRESH)


# Colleagues who write at the same time


def colleague(account: Account, kind: str, key: str) -> Callable[[bool], None]:
    """Return what a colleague does: save, over ours, the old document with a statement of their own."""
    theirs = {**DENY, "Sid": "Colleague", "Action": "s3:DeleteObject"}
    former = {
        "PutBucketPolicy": account.bucket_policy(),
        "PutKeyPolicy": account.key_policy(key),
        "UpdateAssumeRolePolicy": account.trust("legacy"),
    }[kind]

    def save() -> None:
        if kind == "PutBucketPolicy":
            account.put_bucket_policy(DATA, {**former, "Statement": [*former["Statement"], theirs]})
        elif kind == "PutKeyPolicy":
            of_key = {**theirs, "Action": "kms:ScheduleKeyDeletion", "Resource": "*"}
            account.put_key_policy(key, {**former, "Statement": [*former["Statement"], of_key]})
        else:
            ec2 = trusts({"Service": "ec2.amazonaws.com"}, Sid="Colleague")
            text = json.dumps({**former, "Statement": [*former["Statement"], ec2]})
            account.iam.update_assume_role_policy(RoleName="legacy", PolicyDocument=text)

    return save


def current(account: Account, kind: str, key: str) -> Document:
    look: dict[str, Callable[[], Any]] = {
        "PutBucketPolicy": account.bucket_policy,
        "PutKeyPolicy": lambda: account.key_policy(key),
        "UpdateAssumeRolePolicy": lambda: account.trust("legacy"),
    }
    return look[kind]()


@pytest.mark.parametrize("kind", ["PutBucketPolicy", "PutKeyPolicy", "UpdateAssumeRolePolicy"])
@pytest.mark.parametrize("when", ["refused", "over ours", "lost"])
def test_what_a_colleague_writes_at_the_same_moment_is_kept_beside_ours(
    when: str, kind: str, key: str, aws: FakeAws, account: Account, program: Program
) -> None:
    account.role("legacy", document(trusts({"Service": "glue.amazonaws.com"})))
    settings = (*IN, "--kms-key", "alias/data", "--role-arn", role_arn("legacy"), "--user-access", "none")
    save, before = colleague(account, kind, key), current(account, kind, key)

    def meets(call: Call, forward: Forward) -> Answer:
        if when == "refused":
            save()
            return refuses("ConcurrentModification", 409)(call, forward)
        answer = forward()
        save()
        return (0, "") if when == "lost" else answer

    aws.on(kind, meets)
    done = program.apply(*settings)
    assert done.written.count(kind) == 2
    found = current(account, kind, key)["Statement"]
    assert found[: len(before["Statement"])] == before["Statement"]
    assert found[len(before["Statement"])]["Sid"] == "Colleague"
    assert len(found) > len(before["Statement"]) + 1
    aws.forget()
    program.is_silent(*settings)


@pytest.mark.parametrize("when", ["refused", "over ours", "lost"])
def test_what_a_colleague_writes_into_a_policy_at_the_same_moment_is_kept_beside_ours(
    when: str, aws: FakeAws, account: Account, program: Program
) -> None:
    account.bucket(DATA)
    program.apply(*IN)
    former = account.policy_document("personalize-service-access")
    allow = {"Sid": "Colleague", "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    text = json.dumps({**former, "Statement": [*former["Statement"], allow]})

    def meets(call: Call, forward: Forward) -> Answer:
        answer = (0, "") if when == "refused" else forward()
        account.iam.create_policy_version(
            PolicyArn=policy_arn("personalize-service-access"), PolicyDocument=text, SetAsDefault=True
        )
        if when == "refused":
            return refuses("ConcurrentModification", 409)(call, forward)
        return (0, "") if when == "lost" else answer

    aws.on("CreatePolicyVersion", meets)
    more = (*IN, "--input", f"s3://{DATA}/more/")
    program.apply(*more)
    found = account.policy_text("personalize-service-access")
    assert "Colleague" in found
    assert "/more/" in found
    aws.forget()
    program.is_silent(*more)


def test_a_colleague_who_changes_our_own_statement_is_not_overwritten(
    key: str, aws: FakeAws, account: Account, program: Program
) -> None:
    saved: list[Document] = []

    def rewrites(_: Call, forward: Forward) -> Answer:
        answer = forward()
        found = account.bucket_policy()
        found["Statement"][-1]["Action"] = "s3:GetObjectVersion"
        account.put_bucket_policy(DATA, found)
        saved.append(found)
        return answer

    aws.on("PutBucketPolicy", rewrites)
    done = program.apply(*IN, code=1)
    assert done.written.count("PutBucketPolicy") == 1
    assert account.bucket_policy() == saved[0]
    (failed,) = [outcome for outcome in done.data["outcomes"] if outcome["status"] == "failed"]
    assert "someone else" in failed["message"]


# Taking back


def documents_of(account: Account) -> dict[str, Any]:
    found = account.snapshot()
    for kind in ("buckets", "keys"):
        found[kind] = {name: identity(text) if text else None for name, text in found[kind].items()}
    found["policies"] = {
        name: (identity(text), holders, tags) for name, (text, _, holders, tags) in found["policies"].items()
    }
    for role in found["roles"].values():
        role.pop("CreateDate")
        role["AssumeRolePolicyDocument"] = identity(unquote(role["AssumeRolePolicyDocument"]))
    return found


_REFUSED = """
CreatePolicy CreatePolicyVersion TagPolicy CreateRole UpdateAssumeRolePolicy UpdateRoleDescription TagRole
PutRolePermissionsBoundary AttachUserPolicy AttachRolePolicy PutBucketPolicy PutKeyPolicy CreateGrant
"""


class RefusesAt:
    """Refuses the `number`th write, and no other."""

    def __init__(self, aws: FakeAws, number: int) -> None:
        self.refused: list[Call] = []
        self._number = number
        self._seen = 0
        for name in _REFUSED.split():
            aws.on(name, *[self] * 40)

    def __call__(self, call: Call, forward: Forward) -> Answer:
        self._seen += 1
        if self._seen != self._number:
            return forward()
        self.refused.append(call)
        return refuses("AccessDenied", 403, "not you")(call, forward)


@pytest.mark.parametrize("number", range(1, 9, 2))
def test_a_fresh_run_that_fails_anywhere_takes_back_all_that_it_made(
    number: int, key: str, aws: FakeAws, account: Account, program: Program
) -> None:
    before = documents_of(account)
    refusing = RefusesAt(aws, number)
    done = program.apply(*FRESH, "--on-failure", "undo", code=1)
    assert len(refusing.refused) == 1
    assert documents_of(account) == before
    assert {outcome["status"] for outcome in done.data["taken_back"]} <= {"done"}
    made = [outcome for outcome in done.data["outcomes"] if outcome["status"] == "done"]
    assert len(done.data["taken_back"]) == len(made)
    assert any("AccessDenied" in error["message"] for error in done.errors)
    assert "Taken back" in done.err or not made


@pytest.mark.parametrize("number", range(1, 6, 2))
def test_changed_settings_that_fail_anywhere_leave_what_was_there(
    number: int, key: str, aws: FakeAws, account: Account, program: Program
) -> None:
    program.apply(*FRESH)
    before = documents_of(account)
    refusing = RefusesAt(aws, number)
    done = program.apply(*TOUCHED, "--on-failure", "undo", code=1)
    assert len(refusing.refused) == 1
    after = documents_of(account)
    stays = [outcome for outcome in done.data["taken_back"] if outcome["status"] != "done"]
    assert [outcome["kind"] for outcome in stays] in ([], ["permissions-boundary"])
    if stays:
        after["roles"]["first"].pop("PermissionsBoundary")
        assert "never takes a permissions boundary away" in done.err
    assert after == before


def test_what_others_hung_on_it_meanwhile_stays_and_is_named(
    key: str, aws: FakeAws, account: Account, program: Program
) -> None:
    def fails(call: Call, forward: Forward) -> Answer:
        account.iam.attach_user_policy(UserName="grace", PolicyArn=policy_arn("personalize-service-access"))
        account.iam.put_role_policy(
            RoleName="first", PolicyName="theirs", PolicyDocument=json.dumps(document({**DENY, "Principal": "*"}))
        )
        return refuses("AccessDenied", 403, "not you")(call, forward)

    aws.on("PutBucketPolicy", fails)
    done = program.apply(*FRESH, "--on-failure", "undo", code=1)
    assert account.roles() == {"first"}
    assert account.holders("personalize-service-access") == {"user/grace"}
    left = {outcome["kind"]: outcome["message"] for outcome in done.data["taken_back"] if outcome["status"] != "done"}
    assert "theirs" in left["role"]
    assert "grace" in left["managed-policy"]
    assert account.bucket_policy() == document(DENY)
    assert account.grants(key) == []


def test_a_failure_is_kept_and_told_with_the_next_command(key: str, aws: FakeAws, program: Program) -> None:
    aws.on("PutBucketPolicy", refuses("AccessDenied", 403, "not you"))
    done = program.apply(*FRESH, code=1)
    assert "taken_back" not in done.data
    assert "Run the same command again" in done.err
    assert "personalize-perms undo" in done.err


def test_a_policy_with_five_versions_is_taken_back_too(
    key: str, aws: FakeAws, account: Account, program: Program
) -> None:
    for number in range(6):
        program.apply("--input", f"s3://{DATA}/{number}/")
    assert account.versions("personalize-service-access") == 5
    before = documents_of(account)
    aws.on("PutBucketPolicy", refuses("AccessDenied", 403, "not you"))
    wider = ("--input", f"s3://{DATA}/5/", "--input", f"s3://{RESULTS}/in/")
    done = program.apply(*wider, "--on-failure", "undo", code=1)
    assert documents_of(account) == before
    assert account.versions("personalize-service-access") == 5
    assert done.written.count("CreatePolicyVersion") == 2 + 1  # one met the quota
    (left,) = [outcome for outcome in done.data["taken_back"] if outcome["status"] != "done"]
    assert left["kind"] == "managed-policy-version"
