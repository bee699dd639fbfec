"""One run at a time in one account on one machine; a killed run leaves no lock behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from personalize_perms.engine import lock
from personalize_perms.engine.journal import JournalError
from personalize_perms.engine.lock import Busy, locked
from personalize_perms.model.caller import Caller
from personalize_perms.model.names import AccountId
from personalize_perms.model.settings import Place

HOLD = """
import sys, time
from pathlib import Path
from personalize_perms.engine.lock import locked
from personalize_perms.model.caller import Caller
from personalize_perms.model.names import AccountId
from personalize_perms.model.settings import Place
place = Place(account=AccountId("111122223333"), region="us-east-1", partition="aws")
with locked(Caller(place=place, arn="somebody"), Path(sys.argv[1]), waiting=print):
    print("held", flush=True)
    sys.stdin.read()
"""


def caller(account: str = "111122223333", partition: str = "aws", endpoint: str = "") -> Caller:
    place = Place(account=AccountId(account), region="eu-west-1", partition=partition)
    return Caller(place=place, arn="", endpoint=endpoint)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def holder(base: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until its input ends."""
    words = [sys.executable, "-c", HOLD, str(base)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def quiet(_: float) -> None:
    raise AssertionError("it waited")


def test_a_run_waits_for_another_one_and_says_so(base: Path, holder: subprocess.Popen[str]) -> None:
    heard: list[float] = []

    def waiting(elapsed: float) -> None:
        heard.append(elapsed)
        if len(heard) == 3:
            holder.communicate()

    with locked(caller(), base, waiting=waiting):
        assert len(heard) == 3
    assert heard[0] < 0.5
    assert all(0.9 < after - before < 1.5 for before, after in pairwise(heard))


@pytest.mark.parametrize(
    "other", [caller("444455556666"), caller(partition="aws-cn"), caller(endpoint="http://127.0.0.1:1")]
)
def test_runs_in_different_accounts_do_not_wait(base: Path, holder: subprocess.Popen[str], other: Caller) -> None:
    with locked(other, base, waiting=quiet):
        pass


def test_a_killed_run_leaves_no_lock_behind(base: Path, holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.wait()
    with locked(caller(), base, waiting=quiet):
        pass


def test_the_lock_is_free_after_a_run_that_failed(base: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(caller(), base, waiting=quiet):
        raise ZeroDivisionError
    with locked(caller(), base, waiting=quiet):
        pass


def test_a_run_that_waits_too_long_says_so_and_changes_nothing(
    base: Path, holder: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "LONGEST", 0.3)
    with pytest.raises(Busy, match="another run on this machine") as found, locked(caller(), base, waiting=id):
        raise AssertionError("the lock was not held by the other run")
    assert found.value.code == "busy"
    assert "run the same command again" in found.value.hint


def test_ctrl_c_ends_the_wait_at_once(base: Path, holder: subprocess.Popen[str]) -> None:
    def press(_: float) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt), locked(caller(), base, waiting=press):
        raise AssertionError("the lock was not held by the other run")


def test_the_lock_file_is_private_and_stays(base: Path) -> None:
    with locked(caller(), base, waiting=quiet):
        (path,) = (base / "journal").iterdir()
        assert path.stat().st_mode & 0o777 == 0o600
        assert base.stat().st_mode & 0o777 == 0o700
    assert path.exists()


def link(path: Path) -> None:
    path.rename(path.parent.parent / "precious")
    path.symlink_to(path.parent.parent / "precious")


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no modes")
@pytest.mark.parametrize(
    "spoil",
    [
        link,
        lambda path: os.link(path, path.parent.parent / "precious"),
        lambda path: path.chmod(0o666),
        lambda path: path.parent.chmod(0o777),
        lambda path: path.unlink() or path.mkdir(),
    ],
)
def test_a_lock_file_that_others_could_have_made_is_refused(base: Path, spoil: Callable[[Path], object]) -> None:
    with locked(caller(), base, waiting=quiet):
        (path,) = (base / "journal").iterdir()
    spoil(path)
    with pytest.raises(JournalError, match="nothing was changed"), locked(caller(), base, waiting=quiet):
        raise AssertionError("it was locked")
