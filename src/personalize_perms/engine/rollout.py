"""Carries out a rollout: starts each operation once, whatever becomes of answers and processes, and waits for it.

There is no journal here, because AWS keeps one. An operation's id is made of what is wanted, so a call that is sent
again, by this run or the next, is the same call; what is under way is found by its id and waited for. The stack set's
tag says that it is ours, and undo needs to know no more: CloudFormation knows what it made.
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackInstances.html
"""

from collections.abc import Callable
from functools import partial
from itertools import count
from threading import Event
from typing import Final, Protocol, assert_never

from personalize_perms.aws.errors import AwsError, Fault
from personalize_perms.aws.stack_sets import StackSets
from personalize_perms.engine import pace, rollout_plan
from personalize_perms.engine.pace import Clock, Pace
from personalize_perms.engine.rollout_reading import PASSING, Reading
from personalize_perms.model.errors import Cancelled, NotSettled, PersonalizePermsError, ResourceConflict
from personalize_perms.model.rollouts import Preferences, RolloutStep, StackSet, Tally, Verb, Wanted, Work
from personalize_perms.model.values import dataclass

_CREATIONS: Final = 3
"""How often creating a stack set is tried: a token may be that of one that was deleted since."""
_LISTING: Final = 10
"""Results are listed for a tenth of the time at the most."""
_STATUS: Final = "personalize-perms rollout --status shows how it goes on"


class Progress(Protocol):
    """Hears how far a rollout is."""

    def started(self, work: Work) -> None:
        """Hear of an operation that is waited for from now on."""

    def heard(self, work: Work, tally: Tally, elapsed: float, limit: float) -> None:
        """Hear how far an operation is; those of its failures that are new are for the first time in it."""

    def waiting(self, why: str, elapsed: float, limit: float) -> None:
        """Hear that a call waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What became of one step; without an operation, it was done at once."""

    verb: Verb
    work: Work | None = None
    tally: Tally | None = None

    @property
    def over(self) -> bool:
        """Whether nothing of it goes on any more."""
        return self.work is None or not self.work.runs

    @property
    def well(self) -> bool:
        """Whether it came through everywhere."""
        whole = self.tally is None or not (self.tally.failures or self.tally.untried)
        return self.over and whole and (self.work is None or self.work.status == "SUCCEEDED")


class Rollout:
    """One run on one stack set; `limit` is how many seconds operations are waited for."""

    def __init__(
        self, sets: StackSets, wanted: Wanted, progress: Progress, limit: float, clock: Clock | None = None
    ) -> None:
        self._sets = sets
        self._wanted = wanted
        self._name = wanted.stack_set
        self._progress = progress
        self._clock = clock or Clock()
        self._stopping = Event()
        self._limit = limit
        self._waiting = Pace(self._clock, self._stopping, progress.waiting, limit)
        self.reading = Reading(sets, self._name, self._paced)

    def _paced(self) -> Pace:
        return Pace(self._clock, self._stopping, self._progress.waiting)

    def stop(self) -> None:
        """Send nothing more and wait for nothing."""
        self._stopping.set()

    @property
    def stopped(self) -> bool:
        """Whether the person wants no more."""
        return self._stopping.is_set()

    # What is under way already

    def settle(self, found: StackSet, verbs: tuple[Verb, ...]) -> tuple[Ended, ...]:
        """Wait for what is under way; return what became of operations that are for the purpose of this run."""
        prefixes = {verb: self._prefix(verb, found) for verb in verbs}
        ours: list[Ended] = []
        waited: set[str] = set()  # the list shows the end of an operation a little late
        while under_way := next((one for one in self.reading.operations() if one.runs and one.id not in waited), None):
            waited.add(under_way.id)
            verb = next((verb for verb, prefix in prefixes.items() if under_way.id.startswith(prefix)), None)
            ended = self._wait(verb or Verb.UPDATE_SET, under_way.id)
            if verb:
                ours.append(ended)
            elif not ended.over:
                raise self._not_settled(under_way)
            if not ended.over:
                break
        return tuple(ours)

    def _prefix(self, verb: Verb, found: StackSet) -> str:
        return rollout_plan.operation_prefix(verb, found, self._wanted)

    def _not_settled(self, work: Work) -> PersonalizePermsError:
        about = f"another operation on the stack set {self._name} is still under way: {work}"
        if self.stopped:
            return Cancelled("stopped; nothing was changed", reason=about)
        return NotSettled(about, reason="AWS does one at a time", hint=f"{_STATUS}; then run the same command again")

    # One step

    def carry_out(self, step: RolloutStep, found: StackSet | None, preferences: Preferences) -> Ended:
        """Make one step and wait until it has ended, or until nobody waits any more."""
        if self.stopped:
            raise Cancelled("stopped: nothing more was sent", hint="what was done stays; the same command goes on")
        if step.verb is Verb.CREATE_SET:
            self._create_set()
            return Ended(verb=step.verb)
        if step.verb is Verb.DELETE_SET:
            self._delete_set()
            return Ended(verb=step.verb)
        found = found or self.reading.stack_set()
        if found is None:
            raise self._gone()
        return self._wait(step.verb, self._start(self._prefix(step.verb, found), self._sent(step, found, preferences)))

    def _sent(self, step: RolloutStep, found: StackSet, preferences: Preferences) -> Callable[[str], str]:
        """Return the call that starts the operation of a step, given its id."""
        match step.verb:
            case Verb.UPDATE_SET:
                return partial(self._sets.write_update_set, self._wanted, found, preferences)
            case Verb.CREATE_STACKS:
                return partial(self._sets.write_create_stacks, self._name, step, preferences)
            case Verb.DELETE_STACKS:
                return partial(self._sets.write_delete_stacks, self._name, step, preferences)
            case Verb.CREATE_SET | Verb.DELETE_SET:
                raise ValueError(f"{step.verb} is no operation")
            case _:
                assert_never(step.verb)

    def _create_set(self) -> None:
        for attempt in range(1, _CREATIONS + 1):
            token = rollout_plan.token(self._wanted, attempt)
            self._patiently_write(
                partial(self._sets.write_create_set, self._wanted, token),
                lambda: self.reading.stack_set() is not None,
            )
            found = self.reading.stack_set()
            if found and not found.is_of(self._wanted.setup):
                raise ResourceConflict(
                    f"somebody else made a stack set called {self._name} meanwhile; it was left as it is",
                    hint="use another --name",
                )
            if found:
                return
        raise NotSettled(f"AWS accepted the stack set {self._name} but does not show it", hint="run the same again")

    def _delete_set(self) -> None:
        self._patiently_write(lambda: self._sets.write_delete_set(self._name), lambda: self.reading.stack_set() is None)
        for seconds in (0.0, *pace.looks()):
            self._paced().quietly(seconds)
            if self.reading.stack_set() is None:
                return
        raise NotSettled(f"AWS accepted deleting the stack set {self._name} but still shows it", hint=_STATUS)

    def _patiently_write(self, send: Callable[[], None], is_done: Callable[[], bool]) -> None:
        """Send until AWS took it; a repetition is the same call, and a lost answer is settled by reading."""
        paced = self._paced()
        for number in count(1):
            try:
                send()
            except AwsError as error:
                if error.fault in (Fault.EXISTS, Fault.ABSENT):
                    return
                if error.fault in (Fault.UNKNOWN, Fault.CONFLICT) and is_done():
                    return
                passes = error.fault in PASSING or error.fault is Fault.CONFLICT
                again = passes and number < pace.MAX_SENDS
                if not again or not paced.pause(paced.backoff(number), error.message):
                    raise
            else:
                return

    # One operation

    def _start(self, prefix: str, send: Callable[[str], str]) -> str:
        """Start the operation of this purpose, unless it is under way; return its id."""
        number, under_way = rollout_plan.attempt(self.reading.operations(), prefix)
        if under_way:
            return under_way.id
        paced, sends = self._paced(), 0
        while True:
            operation = f"{prefix}{number}"
            there = self.reading.operation(operation)
            if there and (sends or there.runs):
                return operation
            if there:  # it has ended, and the list did not show it yet
                number += 1
                continue
            if self.stopped and not sends:
                raise Cancelled("stopped: nothing more was sent", hint="what was done stays; the same command goes on")
            try:
                sends += 1
                return send(operation)
            except AwsError as error:
                if error.fault is Fault.EXISTS:
                    return operation
                self._wait_to_send_again(error, paced, sends)

    def _wait_to_send_again(self, error: AwsError, paced: Pace, sends: int) -> None:
        """Return when it makes sense to send the same operation again; raise if it never does."""
        if error.fault is Fault.CONFLICT:
            other = next((work for work in self.reading.operations() if work.runs), None)
            why = f"AWS does one operation at a time, and another is under way{f': {other}' if other else ''}"
            if not other and sends >= pace.MAX_SENDS:
                raise error
            if not self._waiting.pause(pace.growing(sends), why):
                raise self._not_settled(other) if other else error
            return
        if error.fault not in PASSING or sends >= pace.MAX_SENDS:
            raise error
        if not paced.pause(paced.backoff(sends), error.message):
            raise error

    def _wait(self, verb: Verb, operation: str) -> Ended:
        """Wait until an operation has ended, or as long as anybody waits."""
        number, next_listing, tally, told = 0, 0.0, Tally(), False
        while True:
            work = self.reading.operation(operation)
            if work is None and number >= len(pace.LOOKS):
                if self._waiting.over:
                    raise NotSettled(f"AWS took the operation {operation} but does not show it yet", hint=_STATUS)
                raise self._gone()
            if work:
                if not told:
                    self._progress.started(work)
                    told = True
                before = self._clock.now()
                if not work.runs or before >= next_listing:
                    tally = self._tally(work)
                    next_listing = self._clock.now() + _LISTING * (self._clock.now() - before)
                self._progress.heard(work, tally, self._waiting.elapsed, self._limit)
                if not work.runs or self._waiting.over:
                    return Ended(verb=verb, work=work, tally=tally)
            self._waiting.quietly(pace.growing(number))
            number += 1

    def _tally(self, work: Work) -> Tally:
        """Count the results; after the end, AWS may show some of them a little late."""
        tally = self.reading.tally(work.id)
        for seconds in () if work.runs else pace.looks():
            if not tally.open:
                break
            self._paced().quietly(seconds)
            tally = self.reading.tally(work.id)
        return tally

    def _gone(self) -> ResourceConflict:
        return ResourceConflict(
            f"the stack set {self._name}, or an operation on it, is gone",
            hint="somebody may have deleted it: run again",
        )
