"""Makes the changes of a plan, each of them: read again, journal, write once, read back.

The changes of a wave run side by side, and while one wave is being written the documents of the next are read again,
so that the whole takes few round trips. No call is sent blindly again: what became of a lost answer is settled by
reading. Faults that pass by themselves are waited for, bounded and visibly.
"""

import random
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final, Protocol

from personalize_perms.aws.account import Account
from personalize_perms.aws.errors import AwsError, Fault
from personalize_perms.engine.journal import Journal, JournalError
from personalize_perms.engine.operations import Operations
from personalize_perms.model.changes import Change, Outcome, Plan, Status, Wave
from personalize_perms.model.errors import NotSettled, PersonalizePermsError
from personalize_perms.model.operations import (
    Attach,
    CreateGrant,
    CreatePolicy,
    CreateRole,
    DeletePolicy,
    DeletePolicyVersion,
    DeleteRole,
    Detach,
    Operation,
    PutBucketPolicy,
    PutKeyPolicy,
    RevokeGrant,
    UpdateTrust,
)
from personalize_perms.model.resources import PrincipalKind

WORKERS: Final = 16
DEADLINE: Final = 120.0
"""Seconds that one change may take, all waiting included: about what IAM needs at its slowest."""
MAX_SENDS: Final = 8
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 8.0
_FRESH = 0.05
"""Seconds, at the least, for which a document that was read again counts as just read."""


class Progress(Protocol):
    """Hears what happens, from several threads."""

    def finished(self, outcome: Outcome) -> None:
        """Hear what became of a change."""

    def waiting(self, change: Change, why: str, elapsed: float, limit: float) -> None:
        """Hear that a change waits for AWS, seconds so far and at the most."""


@dataclass(slots=True)
class Clock:
    """Time, replaceable in tests."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[float, float], float] = random.uniform


@dataclass(slots=True)
class _Step:
    change: Change
    operation: Operation
    started: float = 0.0
    checked_at: float = -1.0
    check_took: float = 0.0
    sends: int = 0
    created_here: bool = False
    """Whether it refers to something that this run creates, so that "not there" may mean "not yet"."""
    sent: bool = False
    """Whether AWS took it, so that it is to be read back."""
    outcome: Outcome | None = field(default=None)


class Executor:
    """Applies one plan to one account."""

    def __init__(self, account: Account, journal: Journal, progress: Progress, clock: Clock | None = None) -> None:
        self._operations = Operations(account, journal.run_id)
        self._journal = journal
        self._progress = progress
        self._clock = clock or Clock()
        self.stopped = False
        """Whether the person pressed Ctrl-C while it was at work: what is under way is finished, no more is sent."""

    def apply(self, plan: Plan) -> tuple[Outcome, ...]:
        """Make all changes; after a failure the wave under way is finished and the rest is skipped."""
        operations = [change.operation for change in plan.writes if change.operation]
        created = {operation.arn for operation in operations if isinstance(operation, CreateRole | CreatePolicy)}
        steps = [
            _Step(change, operation, created_here=_refers_to(operation, created))
            for change, operation in zip(plan.writes, operations, strict=True)
        ]
        waves = [list(wave) for _, wave in groupby(steps, key=lambda step: step.change.wave)]
        with ThreadPoolExecutor(WORKERS) as pool:
            confirming: list[Future[None]] = []
            for wave, following in zip(waves, [*waves[1:], []], strict=True):
                # What takes away, or forgets, comes after what was seen to be given, or to be taken back.
                takes = wave[0].change.wave in (Wave.CLEAR, Wave.DELETE, Wave.FORGET)
                if takes and not self._all_done(confirming, steps):
                    break
                self._together(pool, [*((self._send, step) for step in wave), *((self._look, s) for s in following)])
                sent = [step for step in wave if step.sent]
                confirming += [pool.submit(self._confirm, step) for step in sent]
                if self.stopped or self._journal.broken or sent != wave:
                    break
            self._wait(confirming)
        return tuple(self._result(step) for step in steps)

    def _all_done(self, confirming: Sequence[Future[None]], steps: Sequence[_Step]) -> bool:
        """Tell whether all that was sent was read back: only what is seen to be taken back may be forgotten."""
        self._wait(confirming)
        return not self.stopped and not any(step.outcome and step.outcome.status is Status.FAILED for step in steps)

    def _together(self, pool: ThreadPoolExecutor, calls: Sequence[tuple[Callable[[_Step], None], _Step]]) -> None:
        self._wait([pool.submit(call, step) for call, step in calls])

    def _wait(self, futures: Sequence[Future[None]]) -> None:
        """Wait for calls under way; Ctrl-C lets them finish and starts no more."""
        try:
            wait(futures)
        except KeyboardInterrupt:
            self.stopped = True
            wait(futures)
        for future in futures:
            future.result()

    def _result(self, step: _Step) -> Outcome:
        if step.outcome:
            return step.outcome
        why = "you stopped the run" if self.stopped else "an earlier change failed"
        return Outcome(change=step.change, status=Status.SKIPPED, message=f"not tried: {why}")

    def _finish(self, step: _Step, status: Status, message: str = "", hint: str = "") -> None:
        step.outcome = Outcome(change=step.change, status=status, message=message, hint=hint)
        # What became of a change is true whether or not it could be written down; a broken journal stops the rest.
        with suppress(JournalError):
            self._journal.record(step.outcome)
        self._progress.finished(step.outcome)

    # Before the write

    def _look(self, step: _Step) -> None:
        """Read the document again ahead of time; a failure shows when it is looked at again."""
        try:
            self._check(step)
        except (AwsError, PersonalizePermsError):
            step.checked_at = -1.0

    def _check(self, step: _Step) -> None:
        before = self._clock.now()
        self._operations.check(step.operation)
        step.checked_at = self._clock.now()
        step.check_took = step.checked_at - before

    def _is_fresh(self, step: _Step) -> bool:
        return step.checked_at >= 0 and self._clock.now() - step.checked_at <= max(_FRESH, step.check_took)

    # The write

    def _send(self, step: _Step) -> None:
        if self.stopped:
            return
        step.started = self._clock.now()
        try:
            if not self._is_fresh(step):
                self._check(step)
            self._journal.intend(step.change)
            self._send_until_settled(step)
            step.sent = True
        except AwsError as error:
            self._finish(step, Status.FAILED, f"{error.code}: {error.message}", _hint(error))
        except PersonalizePermsError as error:
            self._finish(step, Status.FAILED, error.message, error.hint)

    def _send_until_settled(self, step: _Step) -> None:
        lost = False
        while True:
            step.sends += 1
            try:
                self._operations.send(step.operation)
            except AwsError as error:
                if error.fault in (Fault.EXISTS, Fault.ABSENT) and self._already(step, error.fault, lost=lost):
                    return
                lost = lost or error.fault is Fault.UNKNOWN
                if error.fault is Fault.UNKNOWN and self._landed_after_all(step):
                    return
                if not self._passes(step, error):
                    raise
                self._pause(step, error)
                self._check(step)
            else:
                return

    def _landed_after_all(self, step: _Step) -> bool:
        """Tell whether a call whose answer was lost took effect; AWS may show it a little late."""
        for pause in (0, _FIRST_PAUSE, _FIRST_PAUSE * 4):
            if pause:
                self._clock.sleep(pause)
            if self._operations.landed(step.operation):
                return True
        return False

    def _already(self, step: _Step, fault: Fault, *, lost: bool) -> bool:
        """Tell whether "exists" or "not there" means that it is already as wanted."""
        operation = step.operation
        if fault is Fault.ABSENT:
            removes = isinstance(operation, DeletePolicy | DeletePolicyVersion | DeleteRole | Detach | RevokeGrant)
            return removes or (isinstance(operation, PutBucketPolicy) and operation.document_json is None)
        return lost and self._operations.made_by_this_run(operation)

    def _passes(self, step: _Step, error: AwsError) -> bool:
        """Tell whether a failure passes by itself, so that sending again makes sense."""
        if self.stopped or self._clock.now() - step.started > DEADLINE:
            return False
        if error.fault in (Fault.THROTTLED, Fault.CONFLICT, Fault.UNKNOWN, Fault.UNREACHABLE):
            return step.sends < MAX_SENDS
        return _is_not_visible_yet(step, error.fault)

    def _pause(self, step: _Step, error: AwsError) -> None:
        """Wait with jitter, longer each time; for something new to be seen everywhere, at an even pace."""
        elapsed = self._clock.now() - step.started
        longest = min(_FIRST_PAUSE * 2**step.sends, _LONGEST_PAUSE * 4)
        why = error.message
        if _is_not_visible_yet(step, error.fault):
            longest, why = min(longest, _LONGEST_PAUSE / 2), "what this run created is not visible everywhere yet"
        self._progress.waiting(step.change, why, elapsed, DEADLINE)
        self._clock.sleep(self._clock.jitter(longest / 2, longest))

    # After the write

    def _confirm(self, step: _Step) -> None:
        try:
            self._read_back(step)
        except AwsError as error:
            self._finish(
                step,
                Status.FAILED,
                f"was sent, but could not be read back: {error.code}: {error.message}",
                _hint(error),
            )
        except PersonalizePermsError as error:
            self._finish(step, Status.FAILED, error.message, error.hint)
        else:
            self._finish(step, Status.DONE)

    def _read_back(self, step: _Step) -> None:
        pause = _FIRST_PAUSE
        while not self._operations.landed(step.operation):
            elapsed = self._clock.now() - step.started
            if elapsed > DEADLINE:
                raise NotSettled(
                    f"AWS accepted the change of {step.change.resource} but does not show it after {elapsed:.0f} s",
                    hint="someone may have changed it at the same time: run the same command again",
                )
            self._progress.waiting(step.change, "AWS does not show it yet", elapsed, DEADLINE)
            self._clock.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)


def _refers_to(operation: Operation, created: Collection[str]) -> bool:
    match operation:
        case Attach(policy_arn=policy, principal_kind=PrincipalKind.ROLE, principal_name=name):
            return policy in created or any(arn.endswith(f"/{name}") for arn in created)
        case Attach(policy_arn=arn) | CreateGrant(grantee_arn=arn):
            return arn in created
        case CreateRole() | UpdateTrust() | PutKeyPolicy() | PutBucketPolicy():
            # Which principal AWS does not know it does not say; a new role is the likeliest.
            return any(":role/" in arn for arn in created)
    return False


def _is_not_visible_yet(step: _Step, fault: Fault) -> bool:
    """Tell whether AWS only does not know yet what this run created: that passes, in about half a minute."""
    refers = isinstance(step.operation, Attach | CreateGrant)
    return step.created_here and (fault is Fault.NOT_YET or (fault is Fault.ABSENT and refers))


def _hint(error: AwsError) -> str:
    hints = {
        Fault.DENIED: f"ask an administrator for {error.action} on {error.resource}, then run the same command again",
        Fault.EXISTS: "someone made it meanwhile, or its name differs from an existing one only in letter case: "
        "run the same command again, or choose another name",
        Fault.LIMIT: "remove what is no longer needed, or ask AWS to raise the quota",
        Fault.CREDENTIALS: "sign in again, then run the same command again",
    }
    return hints.get(error.fault, "run the same command again: it goes on from what is there")
