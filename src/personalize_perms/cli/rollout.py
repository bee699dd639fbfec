"""`rollout`: the IAM part of a set-up in many accounts, through CloudFormation StackSets."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from personalize_perms.cli import rollout_run, setup
from personalize_perms.cli.options import DRY_RUN, NO_INPUT, YES, SettingsCommand, request_of, shared
from personalize_perms.cli.request import Request
from personalize_perms.cli.result import Result
from personalize_perms.cli.rollout_options import OPTIONS, Asked, asked, regions_of
from personalize_perms.cli.talk import Talk
from personalize_perms.model.findings import Finding
from personalize_perms.model.rollouts import RolloutStep, StackSet, Verb, Wanted
from personalize_perms.model.settings import KeyUse, Place
from personalize_perms.model.values import dataclass
from personalize_perms.report import envelope, lines
from personalize_perms.report import rollouts as report
from personalize_perms.report.lines import Line
from personalize_perms.templates import Templates

if TYPE_CHECKING:
    from personalize_perms.aws.session import AwsSession
    from personalize_perms.aws.stack_sets import StackSets
    from personalize_perms.engine.rollout import Ended, Rollout
    from personalize_perms.engine.rollout_plan import Seen


@shared(*OPTIONS, DRY_RUN, YES, NO_INPUT)
@click.command("rollout", cls=SettingsCommand)
@click.pass_context
def rollout(ctx: click.Context, /, **_: object) -> Result:
    """Bring the IAM part of the set-up to many accounts: a CloudFormation stack set that this program keeps.

    Policies and roles go to every account of --ou or --accounts; buckets and keys are one for all accounts, and
    `apply` sees to them where they are. Repeated, it goes on with what is missing, and starts nothing twice.
    """
    request = request_of(ctx, "rollout")
    what = asked(ctx, request)
    talk = Talk(request)
    if request.offline:
        return _offline(request, what, talk)
    with setup.opened(request) as session:
        session.builds_ahead = False  # what is asked next elsewhere is not asked here
        if what.status or what.undo:
            from personalize_perms.cli import rollout_later  # noqa: PLC0415 - not for rolling out

            return rollout_later.status_or_undo(request, what, session, talk)
        return _roll_out(request, what, session, talk)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Intent:
    """What is wanted, and what of the settings is no part of it."""

    wanted: Wanted
    left_out: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]

    def said(self, place: Place) -> dict[str, Any]:
        """Return the part of the JSON output that is known before anything is read."""
        return {
            **envelope.place_data(place),
            **report.wanted_data(self.wanted, self.wanted.home),
            "left_out": [{"resource": what, "reason": why} for what, why in self.left_out],
            "findings": [envelope.finding_entry(finding) for finding in self.findings],
        }


def _intent(
    request: Request, what: Asked, place: Place, keys: tuple[KeyUse, ...], findings: tuple[Finding, ...]
) -> _Intent:
    from personalize_perms.engine import rollout_template  # noqa: PLC0415 - nothing of this for --help

    regions = regions_of(what, place)
    templates = Templates.load(request.policies_dir)
    rendered = rollout_template.render(request.settings, regions, place.partition, keys, templates)
    wanted = replace(
        Wanted.of(request.settings.name),
        template=rendered.text,
        home=place.region if place.region in regions else regions[0],
        regions=regions,
        accounts=what.accounts,
        ous=what.ous,
        auto_deploy=what.auto_deploy,
        administration_role=what.administration_role,
        execution_role=what.execution_role,
    )
    return _Intent(wanted=wanted, left_out=rendered.left_out, findings=(*findings, *rendered.findings))


def _offline(request: Request, what: Asked, talk: Talk) -> Result:
    from personalize_perms.engine import rollout_keys  # noqa: PLC0415 - nothing of this for --help

    place = request.offline_place()
    setup.check_answers(request.settings)
    intent = _intent(request, what, place, rollout_keys.named(request.settings, place), ())
    if not request.as_json:
        talk.out.lines(report.template_lines(intent.wanted))
    talk.warn(report.left_out_lines(intent.left_out))
    talk.say(lines.finding_lines(intent.findings))
    talk.say([Line("Without a call nothing is known of the accounts, nor of the keys of the buckets.")])
    return Result(data=intent.said(place))


def _roll_out(request: Request, what: Asked, session: "AwsSession", talk: Talk) -> Result:
    from personalize_perms.engine import rollout_keys  # noqa: PLC0415 - nothing of this for --help
    from personalize_perms.engine.rollout import Rollout  # noqa: PLC0415
    from personalize_perms.engine.rollout_access import plainly  # noqa: PLC0415

    setup.check_answers(request.settings)
    account = setup.open_account(request, session, talk)
    place = account.caller.place
    with plainly(), talk.doing("Reading the stack set"):
        sets, heard = _sets(session, what), rollout_run.Heard(talk)
        found = Rollout(sets, Wanted.of(request.settings.name), heard, what.limit).reading.stack_set()
        before = found.template if found and found.is_of(request.settings.name) else ""
        intent = _intent(request, what, place, *rollout_keys.read(account, request.settings, before))
        run = Rollout(sets, intent.wanted, heard, what.limit)
    refused = _refused(intent, found, talk, place)
    if refused:
        return refused
    with rollout_run.stopping(run, talk):
        return _Run(request, what, intent, run, talk).go(place, found)


def _sets(session: "AwsSession", what: Asked) -> "StackSets":
    from personalize_perms.aws.stack_sets import StackSets  # noqa: PLC0415 - nothing of this for --help
    from personalize_perms.engine.rollout_access import for_organisation  # noqa: PLC0415

    if what.call_as:
        return StackSets(session, what.call_as)
    return for_organisation(session) if what.ous else StackSets(session)


def _refused(intent: _Intent, found: StackSet | None, talk: Talk, place: Place) -> Result | None:
    """Say why nothing can be done with the stack set that is there, if so."""
    wanted = intent.wanted
    if found is None:
        return None
    if not found.is_of(wanted.setup):
        why = "a stack set of this name is there and was not made by a rollout of this set-up"
        return rollout_run.blocked(wanted.stack_set, why, "use another --name", talk, intent.said(place))
    if found.service_managed != wanted.service_managed:
        theirs = "service-managed (--ou)" if found.service_managed else "self-managed (--accounts)"
        why = f"the stack set has {theirs} permissions, and CloudFormation cannot change that while it has stacks"
        hint = "take it back first (personalize-perms rollout --undo), or use another --name"
        return rollout_run.blocked(wanted.stack_set, why, hint, talk, intent.said(place))
    return None


class _Run:
    """One rollout, from what is there to what is wanted."""

    def __init__(self, request: Request, what: Asked, intent: _Intent, run: "Rollout", talk: Talk) -> None:
        self._request = request
        self._what = what
        self._intent = intent
        self._wanted = intent.wanted
        self._run = run
        self._talk = talk

    def go(self, place: Place, found: StackSet | None) -> Result:
        """Wait for what is under way, plan, show, confirm, carry out."""
        from personalize_perms.engine import rollout_plan  # noqa: PLC0415 - nothing of this for --help

        outcome = rollout_run.Outcome(self._intent.said(place))
        verbs = (Verb.CREATE_STACKS, Verb.UPDATE_SET)
        resumed = self._run.settle(found, verbs) if found and not self._request.dry_run else ()
        seen = self._run.reading.seen(self._wanted) if found else rollout_plan.Seen(self._wanted)
        seen.leave(spot.account for one in resumed if one.tally for spot in one.tally.failures)
        steps = rollout_plan.plan(self._wanted, found, seen)
        outcome.result.data.update(changes=report.change_data(steps), stack_region=seen.home)
        if self._request.dry_run:
            return self._shown(outcome, found, seen, steps)
        steps = tuple(step for step in steps if step.verb not in {ended.verb for ended in resumed})
        self._describe(seen, steps, found, resumed=bool(resumed))
        ended = [*resumed]
        for one in resumed:
            outcome.add(rollout_plan.resumed_step(one.verb, self._wanted), one, started_only=not self._what.limit)
        if all(one.over for one in resumed) and not self._run.stopped:
            rollout_run.confirm(self._request, steps)
            ended += rollout_run.carry_out(self._run, steps, found, self._what, outcome, self._talk)
        return self._concluded(outcome, ended)

    def _concluded(self, outcome: rollout_run.Outcome, ended: "list[Ended]") -> Result:
        if ended:
            outcome.conclude(self._talk, ended[-1], stopped=self._run.stopped)
        if outcome.result.exit_code == 0 and all(one.well for one in ended):
            known = not self._wanted.service_managed or self._wanted.auto_deploy
            but = "" if known else ", but for accounts that joined since, which are not looked for"
            self._talk.say([Line(f"The set-up {self._wanted.setup} is where it shall be{but}.", "done")])
            if not self._request.as_json:
                self._talk.out.line(self._wanted.stack_set)
        return outcome.result

    def _describe(self, seen: "Seen", steps: tuple[RolloutStep, ...], found: StackSet | None, *, resumed: bool) -> None:
        show = self._talk.say if self._request.yes or not steps else self._talk.warn
        if not resumed or steps:
            show(report.target_lines(self._wanted, seen.home))
            show(report.step_lines(steps, _stays(seen, found)))
        self._talk.warn(report.left_out_lines(self._intent.left_out))
        self._talk.say(lines.finding_lines(self._intent.findings))

    def _shown(
        self, outcome: rollout_run.Outcome, found: StackSet | None, seen: "Seen", steps: tuple[RolloutStep, ...]
    ) -> Result:
        """End the dry run: template, targets, drift, and what would be done."""
        under_way = [work for work in self._run.reading.operations() if work.runs] if found else []
        outcome.result.data["operations"] = [report.work_data(work) for work in under_way]
        outcome.result.data["counts"] = seen.tally.by_region()
        outcome.result.data["drifted"] = [report.spot_data(spot) for spot in seen.drifted]
        if not self._request.as_json:
            self._talk.out.lines(report.template_lines(self._wanted))
            self._talk.out.lines(report.target_lines(self._wanted, seen.home))
            self._talk.out.lines(report.step_lines(steps, _stays(seen, found)))
            self._talk.out.lines(report.spot_line(spot) for spot in seen.behind.values())
            self._talk.out.lines(report.under_way_line(work) for work in under_way)
            self._talk.out.lines(report.drift_lines(found, seen.drifted) if found else ())
        self._talk.warn(report.left_out_lines(self._intent.left_out))
        self._talk.say(lines.finding_lines(self._intent.findings))
        self._talk.say([Line("Dry run: nothing was changed.")])
        return outcome.result


def _stays(seen: "Seen", found: StackSet | None) -> Iterator[str]:
    from personalize_perms.engine.rollout_plan import differences  # noqa: PLC0415 - nothing of this for --help

    if seen.tally.good and not (found and differences(seen.wanted, found)):
        yield f"{seen.tally.good:,} stacks are as they should be"
    if found and seen.wanted.service_managed and not seen.wanted.auto_deploy:
        yield "accounts that joined since are not looked for: with --no-auto-deploy they get no stack"
    if seen.beyond:
        yield (
            f"{seen.beyond:,} stacks are in accounts that --accounts does not name: they stay; "
            "rollout --undo --accounts takes them back"
        )
    dropped = [ou for ou in (found.ous if found else ()) if ou not in seen.wanted.ous]
    if dropped:
        yield f"the stacks of {', '.join(dropped)} stay; rollout --undo --ou takes them back"
    if len(seen.regions) > 1:
        yield f"there are stacks in {', '.join(sorted(seen.regions))}, and IAM takes only one for each account"
