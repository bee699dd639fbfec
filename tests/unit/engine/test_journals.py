"""Journals as they are read: believed if nobody else can have written them, refused as a whole if not."""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

from personalize_perms.engine import journals
from personalize_perms.engine.chain import seal, unseal
from personalize_perms.engine.journal import Journal, JournalError, journal_folder
from personalize_perms.engine.journals import NOT_SENT, Entry, close_entries, open_runs, read_runs
from personalize_perms.model.caller import Caller
from personalize_perms.model.changes import Action, Change, Outcome, Plan, Status
from personalize_perms.model.identity import Assignment, PolicyReference, SetPlace
from personalize_perms.model.names import AccountId
from personalize_perms.model.operations import (
    AddReference,
    Assign,
    Attach,
    CreateGrant,
    CreatePermissionSet,
    CreatePolicy,
    CreateRole,
    DeletePermissionSet,
    DeletePolicy,
    DeletePolicyVersion,
    DeleteRole,
    DescribeRole,
    Detach,
    DropReference,
    Operation,
    Provision,
    PutBucketPolicy,
    PutKeyPolicy,
    RevokeGrant,
    SetBoundary,
    TagPermissionSet,
    TagPolicy,
    TagRole,
    Unassign,
    UpdatePolicy,
    UpdateTrust,
)
from personalize_perms.model.resources import PrincipalKind
from personalize_perms.model.settings import Place

CALLER = Caller(place=Place(account=AccountId("111122223333"), region="eu-west-1", partition="aws"), arn="")
TEXT = json.dumps({"Statement": [{"Sid": "Theirs\u2028\n", "Effect": "Deny"}]})
GRANT = CreateGrant(key_arn="k", name="g", grantee_arn="r", operations=("Decrypt", "Encrypt"))
ATTACH = {"policy_arn": "a", "principal_kind": "user", "principal_name": "p"}
PEOPLE = SetPlace(region="eu-west-1", instance_arn="i", name="people")
ADA = Assignment(account="1", principal_kind=PrincipalKind.USER, principal_id="ada")
OPERATIONS: tuple[Operation, ...] = (
    CreatePolicy(arn="a", name="n", path="/", description="d", document_json=TEXT, tags={"a": "b"}),
    UpdatePolicy(arn="a", before_json=TEXT, document_json=TEXT),
    DeletePolicyVersion(arn="a", version_id="v1"),
    DeletePolicy(arn="a", run_id="r"),
    TagPolicy(arn="a", add={"a": "b"}, remove=("c",), before={"c": "d"}),
    CreateRole(name="n", arn="a", path="/", description="d", boundary_arn="", document_json=TEXT, tags={}),
    UpdateTrust(role_name="n", before_json=TEXT, document_json=TEXT),
    DescribeRole(role_name="n", description="d", before="e"),
    SetBoundary(role_name="n", boundary_arn="b", before_arn="c"),
    TagRole(role_name="n", add={"a": "b"}, before={}, remove=()),
    DeleteRole(role_name="n"),
    Attach(policy_arn="a", principal_kind=PrincipalKind.GROUP, principal_name="p"),
    Detach(policy_arn="a", principal_kind=PrincipalKind.USER, principal_name="p"),
    PutBucketPolicy(bucket="b", before_json=None, document_json=TEXT),
    PutKeyPolicy(key_arn="k", before_json=TEXT, document_json=TEXT),
    GRANT,
    RevokeGrant(key_arn="k", grant_id="", created=GRANT),
    CreatePermissionSet(place=PEOPLE, description="d", tags={"a": "b"}),
    TagPermissionSet(place=PEOPLE, add={"a": "b"}, remove=("c",), before={"c": "d"}),
    DeletePermissionSet(place=PEOPLE, run_id="r"),
    AddReference(place=PEOPLE, policy=PolicyReference(name="p")),
    DropReference(place=PEOPLE, policy=PolicyReference(name="p")),
    Assign(place=PEOPLE, assignment=ADA, policy_arn="p"),
    Unassign(place=PEOPLE, assignment=ADA, policy_arn="p"),
    Provision(place=PEOPLE, account="1", policy_arn="p"),
)


def change(operation: Operation) -> Change:
    return Change(action=Action.UPDATE, kind="kind", resource="resource", reason="", operation=operation)


def run(folder: Path, *operations: Operation, done: int = 0, name: str = "team") -> Path:
    """Journal a run that was killed after `done` of its changes."""
    plan = Plan(name=name, caller=CALLER, role_arn="", changes=(), documents=())
    journal = Journal.open(plan, folder, command="apply", spends="cafe")
    for number, operation in enumerate(operations):
        journal.intend(change(operation))
        if number < done:
            journal.record(Outcome(change=change(operation), status=Status.DONE))
    journal.close()
    return journal.path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return journal_folder(CALLER, "team", tmp_path / "state")


def refusal(folder: Path) -> JournalError:
    with pytest.raises(JournalError) as found:
        read_runs(folder)
    assert found.value.code == "journal"
    return found.value


@pytest.mark.parametrize(("sent", "status"), [(True, "failed"), (False, "not-sent")])
def test_a_failed_change_that_was_sent_may_have_left_something_behind(
    sent: bool,  # noqa: FBT001 - a value of the outcome, nothing is switched
    status: str,
    folder: Path,
) -> None:
    journal = Journal.open(Plan(name="team", caller=CALLER, role_arn="", changes=(), documents=()), folder, command="a")
    journal.intend(change(GRANT))
    journal.record(Outcome(change=change(GRANT), status=Status.FAILED, message="so it goes", sent=sent))
    journal.close()
    (found,) = read_runs(folder)
    assert [entry.status for entry in found.entries] == [status]
    assert (status == NOT_SENT) is not sent


def test_what_was_written_is_read(folder: Path) -> None:
    assert {type(operation) for operation in OPERATIONS} == set(get_args(Operation))
    path = run(folder, *OPERATIONS, done=2)
    (found,) = read_runs(folder)
    assert tuple(entry.operation for entry in found.entries) == OPERATIONS
    assert [type(e.operation.principal_kind) for e in found.entries if isinstance(e.operation, Attach)] == [
        PrincipalKind
    ]
    assert [entry.status for entry in found.entries] == ["done"] * 2 + [None] * (len(OPERATIONS) - 2)
    assert (found.path, found.name, found.command, found.region) == (path, "team", "apply", "eu-west-1")
    assert (found.spends, path.stem.endswith(found.run_id)) == ("cafe", True)
    assert found.entries[0] == Entry(operation=OPERATIONS[0], kind="kind", resource="resource", status="done")


def test_no_folder_is_no_runs(folder: Path) -> None:
    assert read_runs(folder) == ()


def test_runs_come_oldest_first_and_the_interrupted_ones_alone_where_only_they_matter(folder: Path) -> None:
    paths = [run(folder, GRANT, done=done) for done in (1, 0, 1, 0)]
    assert [found.path for found in read_runs(folder)] == paths
    assert [found.path for found in open_runs(folder)] == [paths[1], paths[3]]


def test_the_file_of_a_run_that_was_killed_before_its_first_line_does_no_harm(folder: Path) -> None:
    path = run(folder, GRANT)
    (folder / "00000009-20300101T000000Z-0123456789abcdef.jsonl").touch(0o600)
    assert [found.path for found in read_runs(folder)] == [path]


def test_what_was_settled_is_closed_for_good(folder: Path) -> None:
    path = run(folder, *OPERATIONS[:3])
    (found,) = open_runs(folder)
    before = path.read_bytes()
    close_entries(found, {0: "applied", 2: "changed"})
    assert path.read_bytes().startswith(before)
    (again,) = read_runs(folder)
    assert [entry.status for entry in again.entries] == ["applied", None, "changed"]
    close_entries(again, {1: "not-applied"})
    assert open_runs(folder) == ()


def edited(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Path], None]:
    def tamper(path: Path) -> None:
        path.write_bytes(b"\n".join([*change(path.read_bytes().splitlines()), b""]))

    return tamper


TAMPERED: dict[str, tuple[Callable[[Path], None], str]] = {
    "changed": (edited(lambda lines: [lines[0], lines[1].replace(b"Decrypt", b"decrypt"), *lines[2:]]), "line 2"),
    "dropped": (edited(lambda lines: [lines[0], *lines[2:]]), "line 2"),
    "reordered": (edited(lambda lines: [lines[0], lines[2], lines[1], *lines[3:]]), "line 2"),
    "repeated": (edited(lambda lines: [*lines, lines[-1]]), "line 6"),
    "inserted": (edited(lambda lines: [*lines[:2], b'{"outcome": "done", "number": 0}', *lines[2:]]), "line 3"),
    "without its header": (edited(lambda lines: lines[1:]), "line 1"),
    "with an empty line": (edited(lambda lines: [*lines, b""]), "line 6"),
    "torn": (lambda path: path.write_bytes(path.read_bytes()[:-1]) and None, "line, 5, is torn"),
    "half a header": (lambda path: path.write_bytes(path.read_bytes()[:100]) and None, "line, 1, is torn"),
    "other bytes": (lambda path: path.write_bytes(b"\xff\xfe\x00\n") and None, "line 1"),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_a_journal_that_is_not_as_it_was_written_is_refused(how: str, folder: Path) -> None:
    path = run(folder, GRANT, OPERATIONS[0], done=2)
    tamper, reason = TAMPERED[how]
    tamper(path)
    found = refusal(folder)
    assert str(path) in found.message
    assert reason in found.reason


def resealed(alter: Callable[[list[dict[str, Any]]], object]) -> Callable[[Path], None]:
    """Alter a journal and close its chain again, as another version of this program might have written it."""

    def tamper(path: Path) -> None:
        records = [json.loads(record) for record in unseal(path.read_bytes())[0]]
        alter(records)
        digest, content = "", b""
        for record in records:
            line, digest = seal(record, digest)
            content += line
        path.write_bytes(content)

    return tamper


@pytest.mark.parametrize(
    "alter",
    [
        lambda records: records[0].update(journal=3),
        lambda records: records[0].pop("journal"),
        lambda records: records[0].update(extra=1),
        lambda records: records[0].pop("region"),
        lambda records: records[0].update(region=5),
        lambda records: records[0].update(started="yesterday"),
        lambda records: records[0].update(account="444455556666"),
        lambda records: records[0].update(endpoint="https://elsewhere.example"),
        lambda records: records[0].update(run="0123456789abcdef"),
        lambda records: records[1].update(run="0123456789abcdef"),
        lambda records: records[1].update(intent="DropTable"),
        lambda records: records[1].update(intent="CreateRole"),
        lambda records: records[1].update(intent=["CreateGrant"]),
        lambda records: records[1].update(extra=1),
        lambda records: records[1].update(number=7),
        lambda records: records[1].update(resource=None),
        lambda records: records[1]["operation"].update(extra="x"),
        lambda records: records[1]["operation"].pop("name"),
        lambda records: records[1]["operation"].update(name=5),
        lambda records: records[1]["operation"].update(operations=5),
        lambda records: records[1].update(operation="x"),
        lambda records: records[3].update(operation={**records[3]["operation"], "tags": "x"}),
        lambda records: records[1].update(intent="Attach", operation={**ATTACH, "principal_kind": "nobody"}),
        lambda records: records[2].update(number=1),
        lambda records: records[2].update(number="0"),
        lambda records: records[2].update(outcome=None),
        lambda records: records[2].pop("outcome"),
        lambda records: records.append(records[2]),
        lambda records: records.append({"settled": "applied", "number": 9}),
    ],
)
def test_a_journal_that_says_what_is_not_understood_is_refused(
    alter: Callable[[list[dict[str, Any]]], object], folder: Path
) -> None:
    path = run(folder, GRANT, OPERATIONS[0], done=2)
    resealed(lambda _: None)(path)
    assert len(read_runs(folder)) == 1
    resealed(alter)(path)
    assert str(path) in refusal(folder).message


def test_a_journal_of_another_set_up_is_refused(folder: Path) -> None:
    run(folder, GRANT, name="other")
    assert "another run, account or set-up" in refusal(folder).reason


def link(path: Path) -> None:
    path.rename(path.parent.parent / "moved")
    path.symlink_to(path.parent.parent / "moved")


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (link, "symbolic link"),
        (lambda path: os.link(path, path.parent.parent / "second"), "2 names"),
        (pipe, "not a regular file"),
        (lambda path: path.unlink() or path.mkdir(0o700), "not a regular file"),
        (lambda path: path.chmod(0o640), "read or written by others"),
        (lambda path: path.chmod(0o602), "read or written by others"),
        (lambda path: path.parent.chmod(0o770), "written by others"),
        (lambda path: path.parent.parent.parent.chmod(0o777), "written by others"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="Windows knows no modes")
def test_a_journal_that_others_could_have_made_is_refused(
    spoil: Callable[[Path], object], reason: str, folder: Path
) -> None:
    spoil(run(folder, GRANT))
    assert reason in refusal(folder).reason


@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="only root can give files away")
def test_a_journal_of_another_user_is_refused(folder: Path) -> None:
    os.chown(run(folder, GRANT), 65534, 65534)
    assert "another user" in refusal(folder).reason


def test_a_journal_that_is_far_too_large_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = run(folder, GRANT)
    monkeypatch.setattr(journals, "MOST", path.stat().st_size - 1)
    assert "larger than" in refusal(folder).reason


def test_nothing_is_added_to_a_journal_that_was_changed_meanwhile(folder: Path) -> None:
    path = run(folder, GRANT)
    (found,) = read_runs(folder)
    path.write_bytes(path.read_bytes()[:-5])
    before = path.read_bytes()
    with pytest.raises(JournalError):
        close_entries(found, {0: "applied"})
    assert path.read_bytes() == before


def test_the_hint_is_the_command_that_moves_a_refused_journal_away(tmp_path: Path) -> None:
    folder = journal_folder(CALLER, "team", tmp_path / "it's a state; folder")
    path = run(folder, GRANT)
    path.write_bytes(path.read_bytes()[:-1])
    command, _, promise = refusal(folder).hint.rpartition("; ")
    assert re.search("nothing is lost that undo needs", promise)
    subprocess.run(shlex.split(command), check=True)
    assert read_runs(folder) == ()
    assert len([*folder.iterdir()]) == 1
    assert run(folder, GRANT).name > path.name


def test_a_journal_under_the_name_of_another_run_is_refused(folder: Path) -> None:
    path = run(folder)
    path.rename(path.with_name("00000001-20300101T000000Z-0123456789abcdef.jsonl"))
    assert "another run, account or set-up" in refusal(folder).reason
