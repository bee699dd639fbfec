"""One run at a time in one account, as far as this machine goes.

Between machines nothing can be locked: there every write looks before and after. On one machine it costs nothing to
wait, and a run that waited plans on what the other left. It is a lock of the operating system: a killed process
leaves none behind.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Final

from filelock import FileLock, Timeout

from personalize_perms.engine import private_files
from personalize_perms.engine.journal import JournalError, own_folders, state_folder, target
from personalize_perms.model.caller import Caller
from personalize_perms.model.errors import PersonalizePermsError
from personalize_perms.model.inert import inert

LONGEST: Final = 120.0
"""Seconds to wait for another run: about what its slowest change may take."""
_POLL: Final = 0.1
_SAY: Final = 1.0


class Busy(PersonalizePermsError):  # noqa: N818 - named by what it is, like all failures of this program
    """Another run is at work, and did not end in time."""

    code: ClassVar[str] = "busy"


@contextmanager
def locked(caller: Caller, base: Path | None = None, *, waiting: Callable[[float], None]) -> Iterator[None]:
    """Hold the lock of an account; `waiting` hears about once a second how long another run has been waited for.

    Raises `Busy` if that takes too long, and `JournalError` if there can be no lock.
    """
    path = _lock_file(caller, base)
    lock = FileLock(path, timeout=0, mode=0o600)
    try:
        _acquire(lock, caller, waiting)
    except OSError as error:
        raise _no_lock(path, error) from None
    try:
        yield
    finally:
        lock.release()


def _lock_file(caller: Caller, base: Path | None) -> Path:
    folder = state_folder(base)
    path = folder / f"{target(caller.place.account, caller.place.partition, caller.endpoint)}.lock"
    try:
        for own in own_folders(folder):
            private_files.make_folder(own)
        try:
            os.close(private_files.create(path))
        except FileExistsError:
            os.close(private_files.open_own(path))
    except OSError as error:
        raise _no_lock(path, error) from None
    return path


def _no_lock(path: Path, error: OSError) -> JournalError:
    return JournalError(
        f"the journal cannot be written to {inert(str(path.parent))}, so nothing was changed",
        reason=str(error),
        hint="make that directory writable for you alone, or set XDG_STATE_HOME to one that is",
    )


def _acquire(lock: FileLock, caller: Caller, waiting: Callable[[float], None]) -> None:
    started, said = time.monotonic(), 0.0
    while True:
        try:
            lock.acquire()
        except Timeout:
            elapsed = time.monotonic() - started
        else:
            return
        if elapsed > LONGEST:
            raise Busy(
                f"another run on this machine has been changing account {caller.place.account} "
                f"for more than {LONGEST:.0f} s, so nothing was changed",
                reason=f"it holds {lock.lock_file}",
                hint="wait until it ends and run the same command again, or look for the other personalize-perms "
                "process",
            )
        if elapsed - said >= _SAY or not said:
            said = max(elapsed, _POLL)
            waiting(elapsed)
        time.sleep(_POLL)
