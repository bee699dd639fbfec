"""Reads of a stack set that outlast throttling and lost answers, and hold one page at a time."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, TypeVar

from personalize_perms.aws.errors import AwsError, Fault
from personalize_perms.aws.stack_sets import Page, StackSets
from personalize_perms.engine.pace import Pace
from personalize_perms.engine.rollout_plan import Seen
from personalize_perms.model.errors import AccessDenied
from personalize_perms.model.live import Absent, Present, Read
from personalize_perms.model.rollouts import Spot, StackSet, Tally, Wanted, Work

T = TypeVar("T")
PASSING: Final = frozenset({Fault.THROTTLED, Fault.UNKNOWN, Fault.UNREACHABLE})


class Reading:
    """Reads one stack set; `paced` makes the time that one call may take."""

    def __init__(self, sets: StackSets, name: str, paced: Callable[[], Pace]) -> None:
        self._sets = sets
        self._name = name
        self._paced = paced

    def stack_set(self) -> StackSet | None:
        """Return the stack set; None if there is none. Raises `AccessDenied` if that may not be known."""
        return _there(self.patiently(lambda: self._sets.read_set(self._name)))

    def operation(self, operation: str) -> Work | None:
        """Return an operation; None if there is none of that id."""
        return _there(self.patiently(lambda: self._sets.read_operation(self._name, operation)))

    def operations(self) -> Iterator[Work]:
        """Yield all operations."""
        return self._pages(lambda token: self._sets.read_operations(self._name, token))

    def tally(self, operation: str) -> Tally:
        """Count what an operation did so far, account by account."""
        found = Tally()
        spot: Spot
        for spot in self._pages(lambda token: self._sets.read_results(self._name, operation, token)):
            found.add(spot)
        return found

    def stacks(self) -> Iterator[Spot]:
        """Yield the state of every stack."""
        return self._pages(lambda token: self._sets.read_stacks(self._name, token))

    def seen(self, wanted: Wanted) -> Seen:
        """Let all stacks pass by, and return what is to be known about them."""
        found = Seen(wanted)
        for stack in self.stacks():
            found.add(stack)
        return found

    def patiently(self, ask: Callable[[], T]) -> T:
        """Ask AWS, again where an answer fails in passing."""
        pace, number = self._paced(), 0
        while True:
            try:
                return ask()
            except AwsError as error:
                if error.fault not in PASSING or not pace.pause(pace.backoff(number), error.message):
                    raise
                number += 1

    def _pages(self, read: Callable[[str], Page]) -> Iterator[Any]:
        token = ""
        while True:
            page, token = self.patiently(partial(read, token))
            yield from page
            if not token:
                return


def _there(read: Read[T]) -> T | None:
    match read:
        case Present(value):
            return value
        case Absent():
            return None
        case denied:
            raise AccessDenied(
                f"{denied.action} on {denied.resource} was denied",
                action=denied.action,
                resource=denied.resource,
                reason=denied.reason,
                hint="personalize-perms explain --tool-permissions --for rollout prints what is needed",
            )
