"""Makes the changes of a confirmed plan: one run at a time, journalled, stopped by Ctrl-C, taken back if asked to."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final, Protocol

from personalize_perms.cli.request import Request
from personalize_perms.cli.result import Result
from personalize_perms.cli.talk import Talk
from personalize_perms.model.changes import Outcome, Plan, Status
from personalize_perms.model.errors import Cancelled, PersonalizePermsError
from personalize_perms.model.findings import Finding
from personalize_perms.model.settings import Settings
from personalize_perms.report import envelope, lines
from personalize_perms.report.lines import Line

if TYPE_CHECKING:
    from personalize_perms.aws.account import Account


@contextmanager
def exclusive(request: Request, account: "Account", talk: Talk) -> Iterator[tuple[Finding, ...]]:
    """Wait until no other run is at work, settle what an interrupted one left open, and yield what that showed.

    A dry run and the sandbox change nothing that others could meet, so they neither wait nor settle.
    """
    if request.dry_run or request.sandbox:
        yield ()
        return
    from personalize_perms.engine import journal, journals, lock, recovery  # noqa: PLC0415 - only runs that write

    def waiting(elapsed: float) -> None:
        talk.warn([Line(f"waiting for another run on this machine: {elapsed:.0f} s", "dim")])

    with lock.locked(account.caller, waiting=waiting):
        folder = journal.journal_folder(account.caller, request.settings.name)
        yield recovery.findings(recovery.settle(account, journals.open_runs(folder)))


def execute(request: Request, plan: Plan, account: "Account", talk: Talk, *, spends: str = "") -> Result:
    """Make the changes of a plan, and return what became of them; `spends` is the digest of a saved plan."""
    if not plan.writes:
        return ended(plan)
    outcomes, stopped = _carry_out(request, plan, account, talk, command=request.command, spends=spends)
    talk.say(lines.outcome_lines(outcomes))
    result = ended(plan, outcomes)
    failed = any(outcome.status is Status.FAILED for outcome in outcomes)
    if stopped:
        talk.warn([Line("You stopped the run: what was done stays. The same command goes on from there.", "warning")])
        result.exit_code = Cancelled.exit_code
    elif failed and request.on_failure == "undo":
        _take_back(request, plan, outcomes, account, talk, result)
    elif failed:
        talk.warn([Line("What was done stays. Run the same command again: it goes on from there.", "warning")])
        talk.warn([Line(f"To take everything back instead: {_undo(request)}")])
    return result


def _undo(request: Request) -> str:
    """Return the command that takes back what was done under the name of this run."""
    name = request.settings.name
    return "personalize-perms undo" + ("" if name == Settings().name else f" --name {name}")


def ended(plan: Plan, outcomes: tuple[Outcome, ...] = ()) -> Result:
    """Return the result of a plan that was shown or applied."""
    failed = [outcome for outcome in outcomes if outcome.status is not Status.DONE]
    done = any(outcome.status is Status.DONE for outcome in outcomes)
    errors = envelope.outcome_errors(outcomes) + envelope.blocked_errors(plan)
    return Result(
        exit_code=1 if failed or plan.blocked else 0,
        data=envelope.plan_data(plan, outcomes),
        errors=errors,
        partial=done,
    )


def _carry_out(
    request: Request, plan: Plan, account: "Account", talk: Talk, *, command: str, spends: str = ""
) -> tuple[tuple[Outcome, ...], bool]:
    """Make the changes; return what became of them, and whether the person stopped the run."""
    from tempfile import TemporaryDirectory  # noqa: PLC0415 - nothing of this for a dry run

    from personalize_perms.engine.executor import Executor  # noqa: PLC0415 - nothing of this for --help
    from personalize_perms.engine.journal import Journal, journal_folder  # noqa: PLC0415 - nothing of this for --help

    # What happens in the sandbox is gone with the process, and so is its journal.
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) if request.sandbox else journal_folder(account.caller, plan.name)
        journal = Journal.open(plan, folder, command=command, spends=spends)
        executor = Executor(account, journal, talk, taking_back=command == _TAKE_BACK)
        with stoppable(executor, talk):
            outcomes = executor.apply(plan)
        # Not after a second Ctrl-C: calls that are still under way would write to whatever is opened next.
        journal.close()
    return outcomes, executor.stopped


_TAKE_BACK: Final = "take-back"


class Stoppable(Protocol):
    """What can be asked to end in order."""

    @property
    def stopped(self) -> bool:
        """Whether it was asked to."""

    def stop(self) -> None:
        """Ask it to."""


@contextmanager
def stoppable(executor: Stoppable, talk: Talk) -> Iterator[None]:
    """Let the first Ctrl-C, or SIGTERM, end the run in order, and the next Ctrl-C at once."""

    def heard(number: int, _: FrameType | None) -> None:
        if executor.stopped and number == signal.SIGINT:
            raise KeyboardInterrupt
        if not executor.stopped:
            executor.stop()
            talk.stopping()

    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread hears signals
        return
    former = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except KeyboardInterrupt:
        raise Cancelled(
            "stopped at once: the calls that were under way may or may not have taken effect",
            hint="run the same command again: it looks what became of them first",
        ) from None
    finally:
        for number, handler in former.items():
            signal.signal(number, handler or signal.SIG_DFL)


def _take_back(
    request: Request, plan: Plan, outcomes: tuple[Outcome, ...], account: "Account", talk: Talk, result: Result
) -> None:
    """Take back what this run has done, say so, and add it to the result."""
    from personalize_perms.engine.reversal import reverse  # noqa: PLC0415 - only after a failure
    from personalize_perms.report import plan_lines  # noqa: PLC0415 - only after a failure

    back = reverse(plan, outcomes)
    taken: tuple[Outcome, ...] = ()
    if back.changes:
        talk.warn([Line("A change failed: what this run has done is taken back.", "warning")])
        talk.say(plan_lines.plan_lines(back))
    try:
        if back.writes:
            taken, stopped = _carry_out(request, back, account, talk, command=_TAKE_BACK)
            if stopped:
                talk.warn([Line(f"You stopped the taking back. To finish it: {_undo(request)}", "warning")])
                result.exit_code = Cancelled.exit_code
    except Cancelled:
        raise
    except PersonalizePermsError as error:
        taken = tuple(Outcome(change=c, status=Status.SKIPPED, message=error.message) for c in back.writes)
        result.errors.append(envelope.error_entry(error))
        talk.warn(lines.error_lines(error))
    stays = (Outcome(change=c, status=Status.SKIPPED, message=c.reason) for c in back.blocked)
    taken = (*taken, *stays)
    talk.warn(lines.taken_back_lines(taken))
    result.data["taken_back"] = [envelope.outcome_entry(outcome) for outcome in taken]
    result.errors += envelope.outcome_errors(taken)
