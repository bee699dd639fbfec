"""When the garbage collector looks, and at what.

What is imported or read from botocore's service descriptions stays to the end of the process. Walking over it, while it
is imported, later, and once more when the process ends, took a sixth of an offline run.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_keeps = False


def begin() -> None:
    """Turn the collector off until `settled`, in a process that does one run and ends."""
    global _keeps  # noqa: PLW0603 - the collector is the process's as well
    _keeps = True
    gc.disable()


def settled() -> None:
    """Turn it on again, never to look at what is there by now; without `begin`, do nothing."""
    if _keeps:
        gc.freeze()
        gc.enable()


@contextmanager
def paused() -> Iterator[None]:
    """Keep the collector from walking over what is read meanwhile."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on and _keeps:
            gc.freeze()
        if was_on:
            gc.enable()
