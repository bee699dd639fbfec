"""`rollout --status` and `rollout --undo`: how it is, and how it goes away."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from personalize_perms.cli import rollout_run, setup
from personalize_perms.cli.request import Request
from personalize_perms.cli.result import Result
from personalize_perms.cli.rollout_options import Asked
from personalize_perms.cli.talk import Talk
from personalize_perms.engine import rollout_plan
from personalize_perms.engine.rollout import Ended, Rollout
from personalize_perms.engine.rollout_access import plainly, wherever
from personalize_perms.engine.rollout_words import words
from personalize_perms.model.rollouts import RolloutStep, Spot, StackSet, Verb, Wanted
from personalize_perms.model.settings import Place
from personalize_perms.report import envelope
from personalize_perms.report import rollouts as report
from personalize_perms.report.lines import Line

if TYPE_CHECKING:
    from personalize_perms.aws.session import AwsSession
    from personalize_perms.aws.stack_sets import StackSets

_UNSEEN = "Whether Amazon Personalize still uses the roles there cannot be seen from here."
_SHOWN = 5
"""How many of the latest operations are shown."""


def status_or_undo(request: Request, what: Asked, session: "AwsSession", talk: Talk) -> Result:
    """Find the stack set of the set-up; show how it is, or take it back."""
    caller = setup.open_account(request, session, talk).caller
    wanted = _wanted(request, what, caller.place)
    data = {**envelope.place_data(caller.place), "name": wanted.setup, "stack_set": wanted.stack_set}
    with plainly(), talk.doing("Reading the stack set"):
        run = Rollout(_sets(session, what, wanted), wanted, rollout_run.Heard(talk), what.limit)
        found = run.reading.stack_set()
    if found is None:
        talk.say([Line(f"There is no rollout of the set-up {wanted.setup} in {caller.place.region} of this account.")])
        return Result(data={**data, "changes": [], "outcomes": [], "counts": {}, "operations": []})
    if not found.is_of(wanted.setup):
        why = "a stack set of this name is there and was not made by a rollout of this set-up"
        return rollout_run.blocked(wanted.stack_set, why, "it is left as it is", talk, data)
    if what.undo and (wanted.accounts if found.service_managed else wanted.ous):
        made, named = ("--ou", "--accounts") if found.service_managed else ("--accounts", "--ou")
        why = f"the rollout was made with {made}, so {named} names no part of it; nothing was taken back"
        hint = f"name a part with {made}, or nothing for all of it"
        return rollout_run.blocked(wanted.stack_set, why, hint, talk, data)
    with rollout_run.stopping(run, talk):
        if what.status:
            return _status(request, run, found, talk, data)
        return _Undo(request, what, wanted, run, talk).go(found, data)


def _wanted(request: Request, what: Asked, place: Place) -> Wanted:
    return replace(Wanted.of(request.settings.name), home=place.region, accounts=what.accounts, ous=what.ous)


def _sets(session: "AwsSession", what: Asked, wanted: Wanted) -> "StackSets":
    from personalize_perms.aws.stack_sets import StackSets  # noqa: PLC0415 - as the engine is

    return StackSets(session, what.call_as) if what.call_as else wherever(session, wanted.stack_set)


def _status(request: Request, run: Rollout, found: StackSet, talk: Talk, data: dict[str, Any]) -> Result:
    works = sorted(run.reading.operations(), key=lambda work: work.created, reverse=True)[:_SHOWN]
    seen = rollout_plan.Seen(Wanted.of(request.settings.name))
    problems: list[Spot] = []
    for stack in run.reading.stacks():
        seen.add(stack)
        if stack.status != "CURRENT":
            problems.append(stack)
    under_way = any(work.runs for work in works)
    if not request.as_json:
        talk.out.lines(report.status_lines(found, works, seen.tally))
        talk.out.lines(report.spot_line(spot) for spot in problems)
        talk.out.lines(report.drift_lines(found, seen.drifted))
    meanings = (words(spot.reason) for spot in problems)
    talk.say(report.hint_lines(meaning.hint for meaning in meanings if meaning))
    if under_way:
        talk.say([Line("An operation is under way: AWS goes on by itself.")])
    data |= {
        "counts": seen.tally.by_region(),
        "operations": [report.work_data(work) for work in works],
        "problems": [report.spot_data(spot) for spot in problems],
        "drifted": [report.spot_data(spot) for spot in seen.drifted],
        "drift": found.drift.status if found.drift else "NOT_CHECKED",
    }
    return Result(exit_code=3 if problems and not under_way else 0, data=data)


class _Undo:
    """One taking back: the stacks first, then the stack set."""

    def __init__(self, request: Request, what: Asked, wanted: Wanted, run: Rollout, talk: Talk) -> None:
        self._request = request
        self._what = what
        self._wanted = wanted
        self._run = run
        self._talk = talk

    def go(self, found: StackSet, data: dict[str, Any]) -> Result:
        """Wait for what is under way, plan, show, confirm, delete."""
        outcome = rollout_run.Outcome(data)
        ended = [*(() if self._request.dry_run else self._run.settle(found, (Verb.DELETE_STACKS,)))]
        now = self._run.reading.stack_set() if ended else found
        steps = self._planned(now) if now else ()
        outcome.result.data["changes"] = report.change_data(steps)
        if self._request.dry_run:
            (self._talk.say if self._request.as_json else self._talk.out.lines)(report.step_lines(steps, ()))
            self._talk.say([Line("Dry run: nothing was changed.")])
            return outcome.result
        for one in ended:
            outcome.add(rollout_plan.resumed_step(one.verb, self._wanted), one, started_only=not self._what.limit)
        if all(one.over for one in ended) and not self._run.stopped:
            if any(not one.well for one in ended):  # what failed a moment ago is not tried again at once
                steps = ()
            show = self._talk.say if self._request.yes else self._talk.warn
            show(report.step_lines(steps, ()))
            show([Line(_UNSEEN, "warning")] if steps else [])
            rollout_run.confirm(self._request, steps)
            ended += rollout_run.carry_out(self._run, steps, found, self._what, outcome, self._talk)
        if ended:
            outcome.conclude(self._talk, ended[-1], stopped=self._run.stopped)
        if outcome.result.exit_code == 0 and all(one.well for one in ended):
            self._talk.say([Line(f"The rollout of the set-up {self._wanted.setup}: {_became(now, ended)}.", "done")])
        return outcome.result

    def _planned(self, found: StackSet) -> tuple[RolloutStep, ...]:
        seen = rollout_plan.Seen(self._wanted)
        accounts: dict[str, None] = {}
        for stack in self._run.reading.stacks():
            seen.add(stack)
            if not self._wanted.accounts or stack.account in self._wanted.accounts:
                accounts[stack.account] = None
        return rollout_plan.plan_undo(self._wanted, found, seen, accounts)


def _became(now: StackSet | None, ended: list[Ended]) -> str:
    """Say what became of a rollout that was to be taken back, or a part of it."""
    if now is None or any(one.verb is Verb.DELETE_SET for one in ended):
        return "it is taken back"
    return "what was named is taken back; the rest stays" if ended else "nothing of it is in what was named; it stays"
