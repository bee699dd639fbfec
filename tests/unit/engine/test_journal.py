"""The journal as it is written: on disk before anything is sent, private, whole lines only, nothing in between."""

import hashlib
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from personalize_perms import documents
from personalize_perms.engine import journal as journal_module
from personalize_perms.engine.chain import unseal
from personalize_perms.engine.journal import Journal, JournalError, journal_folder
from personalize_perms.model.caller import Caller
from personalize_perms.model.changes import Action, Change, Outcome, Plan, Status
from personalize_perms.model.names import AccountId
from personalize_perms.model.operations import DeletePolicy, PutBucketPolicy
from personalize_perms.model.settings import Place

CALLER = Caller(place=Place(account=AccountId("111122223333"), region="eu-west-1", partition="aws"), arn="")
THEIRS, OLD, OURS = ({"Sid": sid, "Effect": "Allow"} for sid in ("Theirs", "Old", "Ours"))
EDIT = PutBucketPolicy(
    bucket="b",
    before_json=json.dumps({"Statement": [THEIRS, OLD]}),
    document_json=json.dumps({"Statement": [THEIRS, OURS]}),
)


def change(operation: Any = EDIT) -> Change:
    return Change(action=Action.UPDATE, kind="bucket-policy", resource="b", reason="", operation=operation)


def plan(*changes: Change) -> Plan:
    return Plan(name="team", caller=CALLER, role_arn="", changes=changes, documents=())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return journal_folder(CALLER, "team", tmp_path / "state")


def start(folder: Path, *changes: Change) -> Journal:
    return Journal.open(plan(*changes), folder, command="apply", spends="cafe")


def lines(journal: Journal) -> list[dict[str, Any]]:
    return [json.loads(record) for record in unseal(journal.path.read_bytes())[0]]


def test_the_header_says_where_and_why_the_run_is_made(folder: Path) -> None:
    journal = start(folder, change())
    (header,) = lines(journal)
    expected = {"journal": 2, "run": journal.run_id, "command": "apply", "spends": "cafe", "name": "team"}
    assert expected.items() <= header.items()
    assert (header["account"], header["region"], header["partition"]) == ("111122223333", "eu-west-1", "aws")
    assert header["plan"] == lines(start(folder, change()))[0]["plan"]
    assert header["plan"] != lines(start(folder, change(DeletePolicy(arn="a"))))[0]["plan"]


def test_an_intent_names_the_statements_that_come_and_go(folder: Path) -> None:
    journal = start(folder)
    journal.intend(change())
    intent = lines(journal)[1]
    expected = [hashlib.sha256(documents.normalised(s, "aws").encode()).hexdigest() for s in (OURS, OLD)]
    assert [*intent["added"], *intent["removed"]] == expected
    assert intent["operation"]["before_json"] == EDIT.before_json
    assert (intent["number"], intent["run"]) == (0, journal.run_id)


def test_an_outcome_belongs_to_its_own_intent(folder: Path) -> None:
    journal = start(folder)
    first, second = change(), change(DeletePolicy(arn="a"))
    journal.intend(first)
    journal.intend(second)
    journal.record(Outcome(change=second, status=Status.DONE))
    journal.record(Outcome(change=first, status=Status.FAILED, message="denied", sent=True))
    ends = [(line["number"], line["outcome"], line["sent"]) for line in lines(journal)[3:]]
    assert ends == [(1, "done", False), (0, "failed", True)]


def test_an_intent_is_on_disk_when_it_returns(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    journal = start(folder)
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(os.fstat(fd).st_size) or sync(fd))
    journal.intend(change())
    assert synced == [journal.path.stat().st_size]


def test_the_name_of_a_new_journal_is_on_disk_before_anything_is_sent(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[int] = set()
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: synced.add(os.fstat(fd).st_ino) or sync(fd))
    start(folder)
    assert {folder.stat().st_ino, folder.parent.stat().st_ino, folder.parent.parent.stat().st_ino} <= synced


@pytest.fixture(params=[0o000, 0o022, 0o777])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    former = os.umask(request.param)
    yield
    os.umask(former)


def test_files_and_folders_are_private_whatever_the_umask(tmp_path: Path, umask: None) -> None:
    journal = start(journal_folder(CALLER, "team", tmp_path / "a" / "b" / "state"))
    modes = {path.relative_to(tmp_path): path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    assert modes.pop(journal.path.relative_to(tmp_path)) == 0o600
    assert set(modes.values()) == {0o700}
    assert len(modes) == 5


def test_a_folder_that_others_may_read_is_closed_to_them(folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    folder.parent.parent.chmod(0o755)
    start(folder)
    assert (folder.stat().st_mode & 0o777, folder.parent.parent.stat().st_mode & 0o777) == (0o700, 0o700)


@pytest.mark.parametrize("above", [0, 1, 2], ids=["folder", "journals", "base"])
@pytest.mark.parametrize("mode", [0o770, 0o702])
def test_a_folder_that_others_may_write_is_refused(above: int, mode: int, folder: Path) -> None:
    folder.mkdir(parents=True)
    place = (folder, *folder.parents)[above]
    place.chmod(mode)
    with pytest.raises(JournalError) as found:
        start(folder)
    assert str(place) in found.value.reason
    assert "may be written by others" in found.value.reason
    assert not [*folder.iterdir()]


@pytest.mark.parametrize("above", [0, 1, 2], ids=["folder", "journals", "base"])
def test_a_folder_that_is_a_link_is_refused(above: int, folder: Path, tmp_path: Path) -> None:
    place = (folder, *folder.parents)[above]
    place.parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    place.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(JournalError) as found:
        start(folder)
    assert "symbolic link" in found.value.reason
    assert not [*(tmp_path / "elsewhere").iterdir()]


@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="only root can give files away")
def test_a_folder_of_somebody_else_is_refused(folder: Path) -> None:
    folder.mkdir(parents=True, mode=0o700)
    os.chown(folder, 65534, 65534)
    with pytest.raises(JournalError) as found:
        start(folder)
    assert "another user" in found.value.reason


def test_a_path_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(JournalError, match="so nothing was changed") as found:
        start(journal_folder(CALLER, "team", tmp_path / "state"))
    assert "XDG_STATE_HOME" in found.value.hint


def test_a_disk_that_is_full_from_the_start_leaves_no_journal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda *_: 0)
        with pytest.raises(JournalError, match="nothing was changed"):
            start(folder)
    assert not [*folder.iterdir()]
    start(folder)


def test_a_line_of_which_a_part_was_written_is_cut_off_again_and_the_last(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = start(folder)
    before = journal.path.read_bytes()
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda fd, line: write(fd, line[:10]))
        with pytest.raises(JournalError, match="nothing more was changed"):
            journal.intend(change())
    assert journal.broken
    assert journal.path.read_bytes() == before
    with pytest.raises(JournalError):
        journal.intend(change())
    assert journal.path.read_bytes() == before


def test_a_line_that_could_not_be_synced_is_not_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = start(folder)
    before = journal.path.read_bytes()

    def fails(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(JournalError) as found:
        journal.intend(change())
    assert "Input/output" in found.value.reason
    assert (journal.broken, journal.path.read_bytes()) == (True, before)


def test_a_new_journal_comes_after_all_that_are_there_also_where_old_ones_were_deleted(folder: Path) -> None:
    first, second, third = (start(folder).path for _ in range(3))
    first.unlink()
    second.unlink()
    assert start(folder).path > third


def test_journals_stay_in_order_when_the_clock_jumps_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = []
    for year in (2030, 2020, 2025):

        class Then(datetime):
            @classmethod
            def now(cls, tz: Any = None, year: int = year) -> Any:
                return datetime(year, 1, 1, tzinfo=UTC)

        monkeypatch.setattr(journal_module, "datetime", Then)
        paths.append(start(folder).path)
    assert sorted(paths) == paths


def test_names_of_others_are_no_part_of_a_path(tmp_path: Path) -> None:
    folder = journal_folder(CALLER, "../../evil", tmp_path)
    assert folder.parent == tmp_path / "journal"
    assert folder.name.isalnum()
    assert folder != journal_folder(CALLER, "team", tmp_path)


def test_equal_changes_end_one_after_the_other(folder: Path) -> None:
    journal = start(folder)
    for _ in range(2):
        journal.intend(change())
    for _ in range(2):
        journal.record(Outcome(change=change(), status=Status.DONE))
    assert [line["number"] for line in lines(journal)[1:]] == [0, 1, 0, 1]
