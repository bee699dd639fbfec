"""Reads of which a refusal is noted and not raised, so that a walk goes on and still tells what it could not see."""

from collections.abc import Callable
from threading import Lock
from typing import Final, TypeVar

from personalize_perms.audit.unknowns import Unknowns
from personalize_perms.aws.errors import AwsError, Fault
from personalize_perms.model.findings import Finding
from personalize_perms.model.live import Absent, Present, Read, Unreadable

T = TypeVar("T")

_ENDS: Final = frozenset({Fault.CREDENTIALS, Fault.UNREACHABLE})
"""What ends a walk: nothing else could be read either."""


class Notes:
    """What could not be read, gathered from several threads."""

    def __init__(self, account: str) -> None:
        self._account = account
        self._unknowns = Unknowns()
        self._lock = Lock()

    def ask(self, read: Callable[[], Read[T]], resource: str, hides: str) -> T | None:
        """Return what is there; None where nothing is, or where it may not be read, which is noted."""
        try:
            found = read()
        except AwsError as error:
            self.failed(error, hides, resource)
            return None
        match found:
            case Present(value=value):
                return value
            case Unreadable(action=action, reason=reason):
                self._note(action, resource, reason, hides)
            case Absent():
                pass
        return None

    def failed(self, error: AwsError, hides: str, resource: str = "") -> None:
        """Note a read that failed, or raise `error` again where every other one would fail too."""
        if error.fault in _ENDS:
            raise error
        self._note(error.action, resource, f"{error.code}: {error.message}", hides)

    def findings(self) -> tuple[Finding, ...]:
        """Return one finding for each cause."""
        return self._unknowns.findings()

    def _note(self, action: str, resource: str, reason: str, hides: str) -> None:
        with self._lock:
            self._unknowns.note(action, resource or f"account {self._account}", reason, hides)
