"""Saved plans on disk: read as files from strangers are, written whole or not at all, readable by their owner only."""

import os
import secrets
import shlex
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final, NoReturn

from personalize_perms.engine import private_files
from personalize_perms.engine.saved_plan import LONGEST, MAGIC, BadPlanFile, PlanFile, load
from personalize_perms.model.errors import PersonalizePermsError
from personalize_perms.model.inert import inert

_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    # A named pipe in the place of a file would block for ever.
    | getattr(os, "O_NONBLOCK", 0)
)


def read(path: Path) -> PlanFile:
    """Return the plan in a file; raise `BadPlanFile` or `PlanTampered` for anything but a whole, untouched one."""
    try:
        content = _content(path, LONGEST + 1)
    except OSError as error:
        raise BadPlanFile(
            f"the plan {_shown(path)} cannot be read", reason=_why(error), hint="name the file itself"
        ) from None
    try:
        return load(content.decode("ascii"))
    except UnicodeDecodeError:
        raise BadPlanFile(
            f"{_shown(path)} is not a saved plan",
            reason="it holds bytes that no plan has",
            hint="personalize-perms plan --out FILE makes one",
        ) from None
    except PersonalizePermsError as error:
        raise type(error)(f"{_shown(path)}: {error.message}", reason=error.reason, hint=error.hint) from None


def check_target(path: Path) -> None:
    """Raise `BadPlanFile` if no plan may be written to `path`: before the account is read, not after."""
    if not path.parent.is_dir():
        _refuse(path, f"there is no directory {path.parent}", shlex.join(["mkdir", "-p", "--", str(path.parent)]))
    if not os.path.lexists(path):
        return
    try:
        begins = _content(path, len(MAGIC))
    except OSError as error:
        _refuse(path, _why(error), "choose another name with --out")
    if begins and begins != MAGIC.encode():  # an empty file, as mktemp makes it, was meant for this
        _refuse(path, "that file is something else than a saved plan", "choose another name with --out")


def write(path: Path, file: PlanFile) -> None:
    """Put a plan at `path` in one step, for its owner only; raise `BadPlanFile` if that cannot be done."""
    check_target(path)
    try:
        _replace(path, file.text.encode("ascii"))
    except OSError as error:
        _refuse(path, _why(error), "choose another place with --out")


def mark(path: Path, spent: PlanFile) -> None:
    """Mark the plan at `path` as applied; raise `BadPlanFile` if it cannot be, or if another one is there now."""
    if read(path).digest != spent.digest:
        _refuse(path, "another plan is there now", "delete the copies of the plan that was applied")
    write(path, spent)


def _refuse(path: Path, why: str, hint: str) -> NoReturn:
    raise BadPlanFile(f"the plan cannot be written to {_shown(path)}", reason=why, hint=hint) from None


def _shown(path: Path) -> str:
    """Return a path on one line: a file name must not be able to look like a line of ours."""
    return inert(str(path))


def _why(error: OSError) -> str:
    return error.strerror or str(error)


def _content(path: Path, most: int) -> bytes:
    if path.is_symlink():
        raise PermissionError(f"{path} is a symbolic link")
    descriptor = os.open(path, _FLAGS)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise PermissionError(f"{path} is not a regular file")
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(most)
    finally:
        os.close(descriptor)


def _replace(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(private_files.create(beside), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        private_files.sync_folder(path.parent)
    except OSError:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
