"""`init` and `apply`: make it so. `init` also asks, explains, and saves the answers."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from personalize_perms import steps
from personalize_perms.cli import setup
from personalize_perms.cli.options import (
    DIFF,
    DRY_RUN,
    NO_INPUT,
    ON_FAILURE,
    YES,
    SettingsCommand,
    request_of,
    shared,
)
from personalize_perms.cli.request import Request
from personalize_perms.cli.result import Result
from personalize_perms.cli.talk import Talk
from personalize_perms.cli.what_next import what_next
from personalize_perms.model.changes import Plan
from personalize_perms.model.errors import PersonalizePermsError
from personalize_perms.model.inert import inert
from personalize_perms.report.lines import Line

if TYPE_CHECKING:
    from personalize_perms.cli.interview import Interview


@shared(DRY_RUN, DIFF, YES, NO_INPUT, ON_FAILURE)
@click.command("init", cls=SettingsCommand)
@click.pass_context
def init(ctx: click.Context, /, **_: object) -> Result:
    """Set up every permission that Amazon Personalize needs, step by step.

    Asks only what flags, variables and the settings file left open, shows every change, applies after your
    confirmation, reads it back, and saves the answers for the next run.
    """
    return make_it_so(request_of(ctx, "init"))


@shared(DRY_RUN, DIFF, YES, NO_INPUT, ON_FAILURE)
@click.command("apply", cls=SettingsCommand)
@click.argument(
    "file",
    required=False,
    type=click.Path(exists=True, readable=False, path_type=Path),
    help="A plan that `plan --out FILE` saved. Without it, the settings count.",
)
@click.pass_context
def apply(ctx: click.Context, /, **_: object) -> Result:
    """Make the account as the settings say: shows the plan, applies after your confirmation, reads it back.

    With FILE, a plan that `plan --out FILE` saved: applies exactly it, once, and only if nothing that it was made
    from has changed. Settings, Region and templates come from the plan.
    """
    request = request_of(ctx, "apply")
    if ctx.params["file"] is None:
        return make_it_so(request)
    from personalize_perms.cli.saved import apply_file  # noqa: PLC0415 - only for saved plans

    return apply_file(ctx, request, ctx.params["file"])


def make_it_so(request: Request) -> Result:
    """Complete the settings, observe, plan, show, stop if dry run, confirm, apply, say what is next."""
    talk = Talk(request)
    if request.offline:
        return show_only(request, setup.plan_offline(request), talk)
    if request.yes or not request.may_ask:
        request = setup.with_examples(request)
    asks = request.command == "init" and request.may_ask and not _is_answered(request)
    if not asks:
        setup.check_answers(request.settings)
    interview = _begun(request, talk) if asks else None
    request = interview.request if interview else request
    with setup.opened(request, interview.session if interview else None) as session, ExitStack() as alone:
        untouched = alone.enter_context(setup.untouched())
        account = interview.meet(session) if interview else setup.open_account(request, session, talk)
        if request.command == "init":
            talk.say(_introduction(request))
        if interview:
            request, account = interview.finish()
            if not request.dry_run and not request.sandbox:
                _save(request, talk)  # ten answers are not lost by a plan that is refused
        found = alone.enter_context(setup.exclusive(request, account, talk))
        plan = setup.plan_live(request, account, talk)
        plan = replace(plan, findings=(*found, *plan.findings))
        if request.dry_run:
            return show_only(request, plan, talk)
        # Whoever is asked to confirm sees what it is about, also with --quiet.
        show = talk.say if request.yes or not plan.writes else talk.warn
        show(setup.describe(request, plan, documents=request.command == "init" and bool(plan.writes)))
        if plan.refusals:
            return setup.refused(plan, talk)
        setup.confirm(request, plan)
        untouched.clear()
        result = setup.execute(request, plan, account, talk)
    return completed(request, plan, result, talk)


def _is_answered(request: Request) -> bool:
    """Tell whether a settings file or --yes stands for the answers that have a default, and no other is needed."""
    open_ends = (*steps.missing(request.settings), *steps.conflicts(request.settings))
    return (request.configured or request.yes) and not open_ends


def show_only(request: Request, plan: Plan, talk: Talk) -> Result:
    """Show every document in full and the plan; nothing else."""
    if not request.as_json:
        talk.out.lines(setup.describe(request, plan, documents=True))
    if plan.refusals:
        return setup.refused(plan, talk)
    talk.say([Line("Dry run: nothing was changed.")])
    return setup.ended(plan)


def _introduction(request: Request) -> Iterator[Line]:
    if not request.yes:
        return
    for number, step in enumerate(steps.STEPS, 1):
        yield Line(f"{number}. {step.TITLE}", "title")
        yield Line(f"   {step.WHY}")
        yield Line(f"   {step.DOCS}", "dim")


def _begun(request: Request, talk: Talk) -> "Interview":
    from personalize_perms.cli.interview import Interview  # noqa: PLC0415 - only where somebody is asked

    interview = Interview(request, talk)
    with setup.untouched():
        interview.begin()
    return interview


def completed(request: Request, plan: Plan, result: Result, talk: Talk) -> Result:
    """Say what was left out and what is next, and save the answers of `init`."""
    if result.exit_code == 0 and not request.as_json:
        talk.out.line(plan.role_arn)
    if plan.blocked:
        rest = "; everything else was done" if _all_done(result) else ""
        talk.warn([Line(f"Blocked changes were left out{rest}. See '!' above.", "warning")])
    saved = request.command == "init" and not request.sandbox and _save(request, talk)
    if result.exit_code == 0:
        talk.say(what_next(request, plan, saved=saved))
    return result


def _all_done(result: Result) -> bool:
    """Tell whether everything that was to be written was, and stays."""
    outcomes = result.data["outcomes"]
    return "taken_back" not in result.data and all(outcome["status"] == "done" for outcome in outcomes)


def _save(request: Request, talk: Talk) -> bool:
    """Save the answers; tell whether the file holds them."""
    from personalize_perms.cli import settings_file  # noqa: PLC0415 - only the end of a run needs it

    run = {
        "region": request.region,
        "profile": request.profile,
        "expect-account": request.expect_account,
        "policies-dir": str(request.policies_dir) if request.policies_dir else None,
    }
    try:
        changed = settings_file.save(request.config, request.settings, {k: v for k, v in run.items() if v})
    except (OSError, PersonalizePermsError) as error:
        talk.warn(
            [Line(f"The answers could not be saved to {inert(str(request.config))}: {inert(str(error))}", "warning")]
        )
        return False
    if changed:
        talk.say([Line(f"Saved the answers to {inert(str(request.config))}.")])
    return True
