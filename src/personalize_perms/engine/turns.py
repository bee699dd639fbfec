"""Who may go on in an account, where AWS does one thing at a time.

Identity Center refuses a second request for a permission set and an account while one is under way, and keeps no more
than ten of an organisation.
https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock
from typing import Final

_AT_ONCE: Final = 8


class Turns:
    """The turns of one run."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._accounts: dict[str, Lock] = defaultdict(Lock)
        self._everywhere = BoundedSemaphore(_AT_ONCE)

    @contextmanager
    def turn(self, account: str) -> Iterator[None]:
        """Wait for the turn in an account, and keep it."""
        with self._guard:
            own = self._accounts[account]
        with own, self._everywhere:
            yield
