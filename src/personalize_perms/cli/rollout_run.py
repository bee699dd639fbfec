"""What every way of running a rollout shares: progress on stderr, Ctrl-C, the confirmation, and the result."""

import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from personalize_perms.cli.execution import stoppable
from personalize_perms.cli.request import Request
from personalize_perms.cli.result import Result
from personalize_perms.cli.rollout_options import Asked
from personalize_perms.cli.talk import Talk
from personalize_perms.model.changes import Action, Change
from personalize_perms.model.errors import Cancelled, OutputFailed, PersonalizePermsError, SettingsError
from personalize_perms.model.inert import inert
from personalize_perms.model.rollouts import RolloutStep, Spot, StackSet, Tally, Verb, Work
from personalize_perms.report import envelope, lines
from personalize_perms.report import rollouts as report
from personalize_perms.report.lines import Line

if TYPE_CHECKING:
    from personalize_perms.engine.rollout import Ended, Rollout

_QUIET_FOR: Final = 2.0
STATUS: Final = "personalize-perms rollout --status"


class Heard:
    """Tells how far operations are: every failure at once, everything else at most every other second."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._named: set[tuple[str, str, str]] = set()
        self._said_at = -_QUIET_FOR

    def started(self, work: Work) -> None:
        """Name an operation that is waited for."""
        self._mention([Line(f"Operation {work}: it goes on in AWS whatever becomes of this process", "dim")])

    def heard(self, work: Work, tally: Tally, elapsed: float, limit: float) -> None:
        """Name new failures, and say how far it is."""
        for spot in tally.failures:
            if (work.id, spot.account, spot.region) not in self._named:
                self._named.add((work.id, spot.account, spot.region))
                with suppress(BrokenPipeError, OutputFailed):
                    self._talk.warn([report.failure_line(spot)])
        if not work.runs or monotonic() - self._said_at >= _QUIET_FOR:
            self._said_at = monotonic()
            self._mention([report.progress_line(work, tally, elapsed, limit)])

    def waiting(self, why: str, elapsed: float, limit: float) -> None:
        """Say what is waited for."""
        if monotonic() - self._said_at >= _QUIET_FOR:
            self._said_at = monotonic()
            self._mention([report.waiting_line(why, elapsed, limit)])

    def _mention(self, said: Iterable[Line]) -> None:
        with suppress(BrokenPipeError, OutputFailed):
            self._talk.say(said)


@contextmanager
def stopping(run: "Rollout", talk: Talk) -> Iterator[None]:
    """Let Ctrl-C end the waiting, and say that AWS goes on."""
    from personalize_perms.engine.rollout_access import plainly  # noqa: PLC0415 - nothing of this for --help

    with stoppable(run, talk), plainly():
        yield


def confirm(request: Request, steps: tuple[RolloutStep, ...]) -> None:
    """Return if the steps may be made; raise `Cancelled` or `SettingsError` if not."""
    if request.yes or not steps:
        return
    if not request.may_ask:
        raise SettingsError(
            "nothing was changed: a rollout needs a confirmation, and there is no terminal to ask on",
            hint="look at it (personalize-perms rollout ... --dry-run), then add --yes",
        )
    number = len(steps)
    question = "Make this change in all of these accounts?" if number == 1 else f"Make these {number} changes?"
    if not _agreed(request, question):
        raise Cancelled("nothing was changed")


def _agreed(request: Request, question: str) -> bool:
    """Ask; Ctrl-C is a no here, where nothing was sent yet."""
    main = threading.current_thread() is threading.main_thread()
    former = signal.signal(signal.SIGINT, signal.default_int_handler) if main else None
    try:
        return request.prompter().confirm(question, default=False)
    except KeyboardInterrupt:
        return False
    finally:
        if main:
            signal.signal(signal.SIGINT, former or signal.SIG_DFL)


class Outcome:
    """The result of a run while it comes together."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.result = Result(data={**data, "outcomes": [], "operations": [], "counts": {}})
        self._hints: dict[str, None] = {}

    def add(self, step: RolloutStep, ended: "Ended", *, started_only: bool) -> None:
        """Add what became of one step; with `started_only` nobody wanted to wait for it."""
        from personalize_perms.engine.rollout_words import words  # noqa: PLC0415 - nothing of this for --help

        data, change = self.result.data, step.change
        message = ""
        if ended.work and ended.tally:
            data["operations"].append(report.work_data(ended.work))
            data["counts"] = ended.tally.by_region()
            message = "" if ended.over else f"still under way in AWS: {ended.work}"
            message = message or (ended.work.reason if not ended.well else "")
            for spot in ended.tally.failures:
                meaning = words(spot.reason)
                self._failed(spot, change.action, meaning.hint if meaning else "")
            self.result.partial = self.result.partial or ended.tally.good > 0
        else:
            self.result.partial = True
        status = "done" if ended.well else "failed" if ended.over else "skipped"
        data["outcomes"].append(report.outcome_data(status, change.action, change.kind, change.resource, message))
        if ended.well or (started_only and not ended.over):
            return
        self.result.exit_code = 1
        if not ended.over:
            entry = {"code": "not-settled", "message": message, "hint": f"{STATUS} shows how it goes on"}
            self.result.errors.append(entry)
        elif ended.tally and not ended.tally.failures:
            self.result.errors.append({"code": "operation-failed", "message": f"{ended.work}: {message}", "hint": ""})

    def left(self, steps: tuple[RolloutStep, ...], talk: Talk) -> None:
        """Name the steps that were not started."""
        why = "not started: what comes before it has not ended well yet; run the same command again"
        for step in steps:
            change = step.change
            self.result.data["outcomes"].append(
                report.outcome_data("skipped", change.action, change.kind, change.resource, why)
            )
            talk.warn([Line(f"{change.kind} {inert(change.resource)}: {why}", "warning")])
        if any(step.verb is Verb.CREATE_STACKS for step in steps):
            self.result.exit_code = self.result.exit_code or 1  # an account without its stack is not done

    def broke(self, step: RolloutStep, error: PersonalizePermsError, talk: Talk, *, stopped: bool) -> None:
        """Add a step that was not started, or of which nobody knows any more how it goes on."""
        change = step.change
        talk.warn(lines.error_lines(error))
        if step.verb not in (Verb.CREATE_SET, Verb.DELETE_SET):
            talk.warn([Line(f"If AWS started it, it goes on there: {STATUS}", "warning")])
        self.result.exit_code = Cancelled.exit_code if stopped else error.exit_code
        self.result.errors.append(envelope.error_entry(error))
        entry = report.outcome_data("failed", change.action, change.kind, change.resource, error.message)
        self.result.data["outcomes"].append(entry)

    def _failed(self, spot: Spot, action: Action, hint: str) -> None:
        reason = spot.reason or "AWS gives no reason"
        self.result.data["outcomes"].append(report.outcome_data("failed", action, "stack", str(spot), reason))
        self.result.errors.append({"code": "account-failed", "message": f"{spot}: {reason}", "hint": hint})
        if hint:
            self._hints[hint] = None

    def conclude(self, talk: Talk, ended: "Ended", *, stopped: bool) -> None:
        """Say what became of the last step, and what is next."""
        tally = ended.tally
        if stopped:
            self.result.exit_code = Cancelled.exit_code
            said = f"You stopped the waiting. AWS goes on with what is under way: {STATUS}"
            talk.warn([Line(said, "warning")])
        elif not ended.over:
            talk.warn([Line(f"AWS goes on with it: {STATUS} shows how. The same command waits on.", "warning")])
        elif not ended.well and tally:
            talk.warn(report.ending_lines(tally))
        talk.warn(report.hint_lines(self._hints))


def carry_out(
    run: "Rollout", steps: tuple[RolloutStep, ...], found: StackSet | None, what: Asked, outcome: Outcome, talk: Talk
) -> "Iterator[Ended]":
    """Make the steps, and yield what became of each, until one cannot be made or is not waited for any more."""
    from personalize_perms.engine.rollout_access import plainly  # noqa: PLC0415 - nothing of this for --help

    for number, step in enumerate(steps, 1):
        try:
            with plainly():
                one = run.carry_out(step, found, what.preferences)
        except Cancelled:
            raise
        except PersonalizePermsError as error:
            outcome.broke(step, error, talk, stopped=run.stopped)
            return
        outcome.add(step, one, started_only=not what.limit)
        yield one
        # A stack set that has stacks cannot go.
        if not one.over or run.stopped or (what.undo and not one.well):
            outcome.left(steps[number:], talk)
            return


def blocked(found_name: str, reason: str, hint: str, talk: Talk, data: dict[str, Any]) -> Result:
    """Say that a stack set is not ours, and leave it alone."""
    change = Change(action=Action.BLOCKED, kind="stack-set", resource=found_name, reason=reason, hint=hint)
    talk.warn(report.blocked_lines(change))
    entry = {"code": "blocked", "message": f"stack-set {found_name}: {reason}", "hint": hint}
    step = {"action": change.action, "kind": change.kind, "resource": change.resource, "reason": reason, "details": []}
    return Result(exit_code=1, data={**data, "changes": [step], "outcomes": []}, errors=[entry])
