"""How much memory the C library keeps back, where it is glibc: as much as one thread's, however many there are.

By itself it gives every thread of ours a pool of its own, and what such a pool holds is not given back. Only one
thread at a time runs Python, so nobody waits for the one pool; and large pieces, such as parsed answers, are returned
at once. https://man7.org/linux/man-pages/man3/mallopt.3.html
"""

from contextlib import suppress
from sys import platform
from typing import Final

_ARENA_MAX: Final = -8
_MMAP_THRESHOLD: Final = -3
_TRIM_THRESHOLD: Final = -1
_LARGE: Final = 64 * 1024


def keep_little() -> None:
    """Ask the C library to keep little back, before threads start; nothing is asked where it knows no such request."""
    if platform != "linux":
        return
    with suppress(ImportError, OSError, AttributeError):
        import ctypes  # noqa: PLC0415 - not on every Python, and not needed without an account

        ask = ctypes.CDLL(None).mallopt  # musl and others have none
        for what, value in ((_ARENA_MAX, 1), (_MMAP_THRESHOLD, _LARGE), (_TRIM_THRESHOLD, _LARGE)):
            ask(what, value)
