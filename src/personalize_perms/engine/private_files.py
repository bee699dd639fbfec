"""Files and folders that are the person's own: nobody else may read them, plant them, or lead a write elsewhere.

What the journal says decides what is taken back, so it is believed only where nobody else could have written it.
Everything here raises `OSError` with the reason in plain words. Windows knows neither owners nor modes in this sense;
there the person's profile folder is what keeps others out.
"""

import errno
import os
import stat
import sys
from pathlib import Path
from typing import Final

_FOLDER, _FILE = 0o700, 0o600
_WRITABLE_BY_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH
_OPEN_TO_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_PLAIN: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
# A named pipe in the place of a file would block for ever.
_EXISTING: Final = _PLAIN | getattr(os, "O_NONBLOCK", 0)


def make_folder(folder: Path) -> None:
    """Make a folder and what is missing above it, for the person alone; refuse one that others could have filled."""
    if not os.path.lexists(folder):
        missing = [folder, *(parent for parent in folder.parents if not parent.exists())]
        for path in reversed(missing):
            _make_one(path)
    check_folder(folder)


def _make_one(path: Path) -> None:
    try:
        path.mkdir(mode=_FOLDER)
    except FileExistsError:
        return  # another run made it just now; it is checked like any other
    path.chmod(_FOLDER)  # the umask may have taken more away
    sync_folder(path.parent)


def check_folder(folder: Path) -> None:
    """Refuse a folder that is a link, is not the person's, or that others may write; close it to readers."""
    if folder.is_symlink():
        raise PermissionError(f"{folder} is a symbolic link")
    if sys.platform == "win32":
        if not folder.is_dir():
            raise NotADirectoryError(f"{folder} is not a directory")
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | _PLAIN)
    try:
        found = os.fstat(descriptor)
        _refuse_others(folder, found, _WRITABLE_BY_OTHERS, "may be written by others")
        if stat.S_IMODE(found.st_mode) != _FOLDER:
            os.fchmod(descriptor, _FOLDER)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Return when the names in a folder are on disk."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some network file systems cannot do it for a folder
            raise
    finally:
        os.close(descriptor)


def create(path: Path) -> int:
    """Create a file that only the person may read, whatever the umask, and return its descriptor, to append."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | _PLAIN, _FILE)
    if sys.platform != "win32":
        os.fchmod(descriptor, _FILE)
    return descriptor


def open_own(path: Path, flags: int = os.O_RDONLY) -> int:
    """Open a file that exists; refuse one that others may read or write, or that is known by another name too."""
    if path.is_symlink():
        raise PermissionError(f"{path} is a symbolic link")
    descriptor = os.open(path, flags | _EXISTING)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise PermissionError(f"{path} is not a regular file")
        if found.st_nlink != 1:
            raise PermissionError(f"{path} has {found.st_nlink} names (hard links)")
        _refuse_others(path, found, _OPEN_TO_OTHERS, "may be read or written by others")
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _refuse_others(path: Path, found: os.stat_result, mask: int, what: str) -> None:
    if sys.platform == "win32":
        return
    if found.st_uid != os.getuid():
        raise PermissionError(f"{path} belongs to another user (uid {found.st_uid})")
    if found.st_mode & mask:
        raise PermissionError(f"{path} {what} (mode {stat.S_IMODE(found.st_mode):04o})")
