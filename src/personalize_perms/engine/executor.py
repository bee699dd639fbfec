"""Makes the changes of a plan in waves, and says of each what became of it.

The changes of a wave run side by side, and while one wave is being written the documents of the next are read again,
so that the whole takes few round trips. After a failure the wave under way is finished and the rest is not tried;
what a failed run has done is taken back as far as that goes.
"""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from functools import partial
from itertools import groupby
from threading import Event
from typing import Final, Protocol

from personalize_perms.aws.account import Account
from personalize_perms.aws.errors import AwsError, Fault
from personalize_perms.engine.delivery import Delivery
from personalize_perms.engine.identity_operations import account_of
from personalize_perms.engine.journal import Journal, JournalError
from personalize_perms.engine.operations import Operations
from personalize_perms.engine.pace import DEADLINE, LONG_DEADLINE, Clock, Pace
from personalize_perms.engine.shared_documents import names_principals
from personalize_perms.engine.step import Step
from personalize_perms.engine.turns import Turns
from personalize_perms.model.changes import Change, Outcome, Plan, Status, Wave
from personalize_perms.model.errors import PersonalizePermsError
from personalize_perms.model.operations import (
    Assign,
    Attach,
    CreateGrant,
    CreatePolicy,
    CreateRole,
    Operation,
    Provision,
)
from personalize_perms.model.resources import PrincipalKind

WORKERS: Final = 32
_POLL: Final = 0.2
"""Seconds between two chances for Ctrl-C to be heard where the operating system does not interrupt a wait."""


class Progress(Protocol):
    """Hears what happens, from several threads."""

    def finished(self, outcome: Outcome) -> None:
        """Hear what became of a change."""

    def waiting(self, change: Change, why: str, elapsed: float, limit: float) -> None:
        """Hear that a change waits for AWS, seconds so far and at the most."""


class Executor:
    """Applies one plan to one account.

    `taking_back`: the plan undoes what a run has just done, so documents are edited as they are found, and a change
    that cannot be made does not keep the others from being made; but what a document may still name is not deleted.
    """

    def __init__(
        self,
        account: Account,
        journal: Journal,
        progress: Progress,
        clock: Clock | None = None,
        *,
        taking_back: bool = False,
    ) -> None:
        self._operations = Operations(account, journal.run_id)
        self._partition = account.caller.place.partition
        self._journal = journal
        self._progress = progress
        self._clock = clock or Clock()
        self._taking_back = taking_back
        self._stopping = Event()
        self._turns = Turns()

    @property
    def stopped(self) -> bool:
        """Whether the person stopped the run while it was at work."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Send nothing more and end all waiting; what is under way is finished and read back once."""
        self._stopping.set()

    def apply(self, plan: Plan) -> tuple[Outcome, ...]:
        """Make all changes. A `KeyboardInterrupt` leaves at once, without waiting for calls that are under way."""
        delivery = Delivery(self._operations, self._journal, plan.name, self._partition)
        steps = self._steps(plan)
        pool = ThreadPoolExecutor(WORKERS)
        try:
            self._run(pool, delivery, steps)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        return tuple(self._result(step) for step in steps)

    def _run(self, pool: ThreadPoolExecutor, delivery: Delivery, steps: Sequence[Step]) -> None:
        waves = [list(wave) for _, wave in groupby(steps, key=lambda step: step.change.wave)]
        confirming: list[Future[None]] = []
        for wave, following in zip(waves, [*waves[1:], []], strict=True):
            # What takes away, or forgets, comes after what was seen to be given, or to be taken back.
            deletes = wave[0].change.wave in (Wave.DELETE, Wave.FORGET)
            takes = wave[0].change.wave in (Wave.UNASSIGN, Wave.CLEAR, Wave.DELETE, Wave.FORGET)
            if takes:
                _finish(confirming)
                if self._is_over(steps) or (deletes and _any_failed(steps)):
                    break
            sending = [pool.submit(self._send, delivery, step) for step in wave]
            _finish([*sending, *(pool.submit(delivery.look, step) for step in following)])
            sent = [step for step in wave if step.sent and not step.outcome]
            # One pause for all of a wave: what is read back together takes one round trip.
            settling = max((step.settling for step in sent), default=0.0)
            confirming += [pool.submit(self._confirm, delivery, step, settling) for step in sent]
            if self._is_over(steps):
                break
        _finish(confirming)

    def _steps(self, plan: Plan) -> list[Step]:
        operations = [self._operations.marked(change.operation) for change in plan.writes if change.operation]
        created = {operation.arn for operation in operations if isinstance(operation, CreateRole | CreatePolicy)}
        return [
            Step(
                change=replace(change, operation=operation),
                operation=operation,
                pace=self._pace(change),
                created_here=_refers_to(operation, created),
                merging=self._taking_back,
            )
            for change, operation in zip(plan.writes, operations, strict=True)
        ]

    def _pace(self, change: Change) -> Pace:
        goes_on = change.operation is not None and account_of(change.operation)
        deadline = LONG_DEADLINE if goes_on else DEADLINE
        return Pace(self._clock, self._stopping, partial(self._progress.waiting, change), deadline)

    def _is_over(self, steps: Sequence[Step]) -> bool:
        """Tell whether nothing more is to be tried."""
        return self.stopped or self._journal.broken or (_any_failed(steps) and not self._taking_back)

    def _send(self, delivery: Delivery, step: Step) -> None:
        goes_on_in = account_of(step.operation)
        turn: AbstractContextManager[object] = self._turns.turn(goes_on_in) if goes_on_in else nullcontext()
        with turn:
            if self.stopped:
                return
            step.pace = self._pace(step.change)  # its time begins now
            if self._guarded(step, lambda: delivery.deliver(step)) and goes_on_in:
                self._confirm(delivery, step, 0.0)  # only then is it the next one's turn

    def _confirm(self, delivery: Delivery, step: Step, settling: float) -> None:
        if self._guarded(step, lambda: delivery.read_back(step, settling)):
            self._note(step, Outcome(change=step.change, status=Status.DONE))

    def _guarded(self, step: Step, act: Callable[[], None]) -> bool:
        """Do a part of a change; note its failure, and tell whether it succeeded."""
        unsure = step.sent or step.maybe
        try:
            act()
        except AwsError as error:
            about = "was sent, but could not be read back: " if step.sent else ""
            message, hint = f"{about}{error.code}: {error.message}", _hint(error)
        except PersonalizePermsError as error:
            message, hint = error.message, error.hint
        else:
            return True
        unsure = unsure or step.sent or step.maybe
        if not step.sends and not unsure:
            message = f"not sent: {message}"
        self._note(step, Outcome(change=step.change, status=Status.FAILED, message=message, hint=hint, sent=unsure))
        return False

    def _note(self, step: Step, outcome: Outcome) -> None:
        step.outcome = outcome
        # What became of a change is true whether or not it could be written down; a broken journal stops the rest.
        with suppress(JournalError):
            if step.intended:
                self._journal.record(outcome)
        self._progress.finished(outcome)

    def _result(self, step: Step) -> Outcome:
        if step.outcome:
            return step.outcome
        why = "you stopped the run" if self.stopped else "an earlier change failed"
        return Outcome(change=step.change, status=Status.SKIPPED, message=f"not tried: {why}")


def _any_failed(steps: Sequence[Step]) -> bool:
    return any(step.outcome and step.outcome.status is Status.FAILED for step in steps)


def _finish(futures: Sequence[Future[None]]) -> None:
    while wait(futures, timeout=_POLL).not_done:
        pass
    for future in futures:
        future.result()


def _refers_to(operation: Operation, created: Collection[str]) -> bool:
    match operation:
        case Attach(policy_arn=policy, principal_kind=PrincipalKind.ROLE, principal_name=name):
            return policy in created or any(arn.endswith(f"/{name}") for arn in created)
        case Attach(policy_arn=arn) | CreateGrant(grantee_arn=arn):
            return arn in created
        case Assign(policy_arn=arn) | Provision(policy_arn=arn):
            return arn in created
        case _:
            # Which principal AWS does not know it does not say; a new role is the likeliest.
            return names_principals(operation) and any(":role/" in arn for arn in created)


IDENTITY_CENTER: Final = "run this from the organisation's management account or the delegated administrator; else "


def _hint(error: AwsError) -> str:
    elsewhere = IDENTITY_CENTER if error.action.startswith(("sso:", "identitystore:")) else ""
    hints = {
        Fault.DENIED: f"{elsewhere}ask an administrator for {error.action} on {error.resource}, "
        "then run the same command again",
        Fault.EXISTS: "someone made it meanwhile, or its name differs from an existing one only in letter case: "
        "run the same command again, or choose another name",
        Fault.LIMIT: "remove what is no longer needed, or ask AWS to raise the quota",
        Fault.CREDENTIALS: "sign in again, then run the same command again",
    }
    return hints.get(error.fault, "run the same command again: it goes on from what is there")
