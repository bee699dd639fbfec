"""A killed run, a second run at the same time, and journals that may not be believed: what the next run does."""

import json
import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from account import DATA, Account, Document, Program, Run, document, sids, trusts
from fake_aws import Answer, Call, FakeAws, after, refuses

from personalize_perms.engine.chain import unseal

IN = ("--input", f"s3://{DATA}/in/")
KEYED = (*IN, "--kms-key", "alias/data", "--kms-access", "grant", "--attach-user", "ada")
DENY: Document = {"Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject"}
DENY = {**DENY, "Resource": f"arn:aws:s3:::{DATA}/*"}


@pytest.fixture
def key(account: Account) -> str:
    account.bucket(DATA, document(DENY))
    account.iam.create_user(UserName="ada")
    found = account.key()
    account.kms.create_alias(AliasName="alias/data", TargetKeyId=found)
    return found


@pytest.fixture
def journals(tmp_path: Path) -> Callable[[], list[Path]]:
    return lambda: sorted((tmp_path / "state").rglob("*.jsonl"))


def child(*words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "personalize_perms", *words, "--format", "json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)


def killed(aws: FakeAws, operation: str, settings: tuple[str, ...], *, forwarded: bool) -> None:
    """Let a run be killed at a write: before AWS has it, or when AWS has made it."""
    ready = threading.Event()

    def handler(_: Call, forward: Callable[[], Answer]) -> Answer:
        if forwarded:
            forward()
        ready.wait(10)
        return aws.kill()

    aws.on(operation, handler)
    with child("apply", "--yes", *settings) as process:
        aws.pid = process.pid
        ready.set()
        said = process.communicate(timeout=60)
    assert process.returncode == -9, said
    aws.forget()


WRITES = ["CreatePolicy", "CreateRole", "AttachRolePolicy", "AttachUserPolicy", "PutBucketPolicy", "CreateGrant"]


@pytest.mark.parametrize("forwarded", [False, True], ids=["not-made", "made"])
@pytest.mark.parametrize("operation", WRITES[:2])  # every call of every operation: tests/faults
def test_the_run_after_a_killed_one_says_what_it_found_and_completes_it(
    operation: str, *, forwarded: bool, key: str, aws: FakeAws, account: Account, program: Program
) -> None:
    killed(aws, operation, KEYED, forwarded=forwarded)
    done = program.apply(*KEYED)
    found = [finding for finding in done.data["findings"] if finding["check"] == "interrupted-run"]
    expected = "that is done" if forwarded else "that is not done"
    assert any(expected in finding["message"] for finding in found)
    assert "interrupted" in done.err
    assert sids(account.bucket_policy())[0] == "Theirs"
    assert len(sids(account.bucket_policy())) == len(set(sids(account.bucket_policy())))
    assert (len(account.grants(key)), account.versions("personalize-service-access")) == (1, 1)
    again = program.apply(*KEYED)
    assert again.written == []
    assert "interrupted-run" not in again.findings


def test_what_others_changed_after_a_killed_run_is_left_to_them(
    key: str, aws: FakeAws, account: Account, program: Program
) -> None:
    program.apply(*IN)
    killed(aws, "PutBucketPolicy", (*IN, "--hardening", "strict"), forwarded=False)
    ours = [statement for statement in account.bucket_policy()["Statement"] if statement["Sid"] != "Theirs"]
    edited = [{**statement, "Action": ["s3:GetObject"]} for statement in ours]
    account.put_bucket_policy(DATA, document(DENY, *edited))
    done = program.apply(*IN)
    (finding,) = [f for f in done.data["findings"] if f["check"] == "interrupted-run" and f["resource"] == DATA]
    assert "left to whoever changed it" in finding["remedy"]
    assert "Theirs" in sids(account.bucket_policy())


def about_the_grant(done: Run) -> str:
    messages = [f["message"] for f in done.data["findings"] if f["check"] == "interrupted-run"]
    (message,) = [message for message in messages if "create a grant" in message]
    return message


def test_a_killed_run_is_told_until_it_can_be_looked_into(
    key: str, aws: FakeAws, account: Account, program: Program
) -> None:
    killed(aws, "CreateGrant", KEYED, forwarded=True)
    aws.on("ListGrants", *[refuses("AccessDeniedException", 400)] * 9)
    assert "kms:ListGrants" in about_the_grant(program.json("apply", "--yes", *KEYED))
    aws.forget()
    assert "that is done" in about_the_grant(program.apply(*KEYED))
    assert len(account.grants(key)) == 1


def test_a_dry_run_settles_nothing(
    key: str, aws: FakeAws, program: Program, journals: Callable[[], list[Path]]
) -> None:
    killed(aws, "CreateRole", IN, forwarded=True)
    before = [path.read_bytes() for path in journals()]
    program.json("plan", *IN)
    program.json("apply", "--dry-run", *IN)
    assert [path.read_bytes() for path in journals()] == before


def test_a_killed_run_can_be_taken_back(key: str, aws: FakeAws, account: Account, program: Program) -> None:
    killed(aws, "PutBucketPolicy", KEYED, forwarded=True)
    done = program.json("undo", "--yes", *KEYED)
    assert done.code == 0, done.err
    assert "interrupted-run" in done.findings
    assert (account.roles(), account.policies(), account.grants(key)) == (set(), set(), [])
    assert sids(account.bucket_policy()) == ["Theirs"]


def test_what_a_killed_run_had_sent_is_taken_back_even_if_aws_makes_it_after_it_was_looked_for(
    key: str, aws: FakeAws, account: Account, program: Program, journals: Callable[[], list[Path]]
) -> None:
    program.apply(*IN)
    killed(aws, "PutBucketPolicy", (*IN, "--hardening", "strict"), forwarded=False)
    records = map(json.loads, unseal(journals()[-1].read_bytes())[0])
    (late,) = [record["operation"] for record in records if record.get("intent") == "PutBucketPolicy"]
    aws.calls.clear()
    aws.at(("GetBucketPolicy", 2), "before", lambda: account.put_bucket_policy(DATA, late["document_json"]))
    done = program.json("undo", "--yes")
    assert done.code == 0, done.err
    assert (account.roles(), account.policies(), sids(account.bucket_policy())) == (set(), set(), ["Theirs"])
    assert "changed-by-others" not in done.findings


def test_a_second_undo_takes_back_what_aws_made_after_the_first(
    key: str, aws: FakeAws, account: Account, program: Program, journals: Callable[[], list[Path]]
) -> None:
    loose = document(trusts({"Service": "personalize.amazonaws.com"}, Sid="Loose"))
    adopted = ("--role-arn", account.role("legacy", loose), "--tighten-trust", "--user-access", "none")
    killed(aws, "UpdateAssumeRolePolicy", (*IN, *adopted), forwarded=False)
    records = map(json.loads, unseal(journals()[-1].read_bytes())[0])
    (late,) = [record["operation"] for record in records if record.get("intent") == "UpdateTrust"]
    assert program.json("undo", "--yes").code == 0
    account.iam.update_assume_role_policy(RoleName="legacy", PolicyDocument=late["document_json"])
    done = program.json("undo", "--yes")
    assert (done.code, account.trust("legacy"), account.policies()) == (0, loose, set())


@pytest.mark.parametrize("command", ["apply", "undo"])
@pytest.mark.parametrize("spoil", ["torn", "changed", "public"])
def test_a_journal_that_cannot_be_believed_stops_the_run_until_it_is_moved_away(
    spoil: str, command: str, key: str, program: Program, journals: Callable[[], list[Path]]
) -> None:
    program.apply(*IN)
    (path,) = journals()
    content = path.read_bytes()
    path.write_bytes({"torn": content[:-9], "changed": content.replace(b"Theirs", b"Mine")}.get(spoil, content))
    path.chmod(0o644 if spoil == "public" else 0o600)
    done = program.json(command, "--yes", *IN)
    assert (done.code, done.writes) == (1, [])
    (error,) = done.errors
    assert error["code"] == "journal"
    assert str(path) in error["message"]
    subprocess.run(shlex.split(error["hint"].rpartition("; ")[0]), check=True)
    assert program.json(command, "--yes", *IN).code == 0


def test_a_second_run_on_this_machine_waits_and_plans_on_what_the_first_left(
    key: str, aws: FakeAws, account: Account
) -> None:
    processes: list[subprocess.Popen[str]] = []

    def second() -> None:
        processes.append(child("apply", "--yes", *IN))
        assert processes[0].stderr
        while "waiting for another run" not in processes[0].stderr.readline():
            assert processes[0].poll() is None

    aws.on("CreateRole", after(second))
    with child("apply", "--yes", *IN) as first:
        first.communicate(timeout=60)
    out, _ = processes[0].communicate(timeout=60)
    assert (first.returncode, processes[0].returncode) == (0, 0)
    assert not [c for c in json.loads(out)["data"]["changes"] if c["action"] in ("create", "update", "delete")]
    assert [call.name for call in aws.writes].count("CreateRole") == 1
    assert account.holders("personalize-service-access") == {"role/personalize-service-role"}
