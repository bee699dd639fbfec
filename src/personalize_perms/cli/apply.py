"""`init` and `apply`: make it so. `init` also asks, explains, and saves the answers."""

import os
import shlex
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from personalize_perms import steps
from personalize_perms.cli import setup
from personalize_perms.cli.options import DIFF, DRY_RUN, NO_INPUT, ON_FAILURE, YES, SettingsCommand, request_of, shared
from personalize_perms.cli.request import Request
from personalize_perms.cli.result import Result
from personalize_perms.cli.talk import Talk
from personalize_perms.model.changes import Plan
from personalize_perms.model.errors import PersonalizePermsError
from personalize_perms.model.inert import inert
from personalize_perms.model.options import arguments
from personalize_perms.report import halves
from personalize_perms.report.lines import Line

if TYPE_CHECKING:
    from personalize_perms.aws.account import Account

_USE_IT = "https://docs.aws.amazon.com/personalize/latest/dg/getting-started.html"


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
    if asks and not request.sandbox:
        request = _located(request)
    with setup.opened(request) as session, ExitStack() as alone:
        session.builds_ahead = not asks
        account = setup.open_account(request, session, talk)
        if request.command == "init":
            talk.say(_introduction(request))
        if asks:
            request = _asked(request, account)
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


def _located(request: Request) -> Request:
    from personalize_perms import wizard  # noqa: PLC0415 - only where somebody is asked
    from personalize_perms.cli.whereabouts import located  # noqa: PLC0415 - only where somebody is asked

    return located(request, wizard.open_prompter(os.environ))


def _asked(request: Request, account: "Account") -> Request:
    from personalize_perms import wizard  # noqa: PLC0415 - only where somebody is asked
    from personalize_perms.aws.discovery import Discovery  # noqa: PLC0415 - botocore only when it is needed

    settings = wizard.run(request.settings, request.given, wizard.open_prompter(os.environ), Discovery(account))
    setup.check_answers(settings)
    return request.with_settings(settings)


def completed(request: Request, plan: Plan, result: Result, talk: Talk) -> Result:
    """Say what was left out and what is next, and save the answers of `init`."""
    if result.exit_code == 0 and not request.as_json:
        talk.out.line(plan.role_arn)
    if plan.blocked:
        rest = "; everything else was done" if _all_done(result) else ""
        talk.warn([Line(f"Blocked changes were left out{rest}. See '!' above.", "warning")])
    if request.command == "init" and not request.sandbox:
        _save(request, talk)
    if result.exit_code == 0:
        talk.say(_what_next(request, plan))
    return result


def _all_done(result: Result) -> bool:
    """Tell whether everything that was to be written was, and stays."""
    outcomes = result.data["outcomes"]
    return "taken_back" not in result.data and all(outcome["status"] == "done" for outcome in outcomes)


def _save(request: Request, talk: Talk) -> None:
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
        return
    if changed:
        talk.say([Line(f"Saved the answers to {inert(str(request.config))}.")])


def _what_next(request: Request, plan: Plan) -> Iterator[Line]:
    yield Line()
    if request.sandbox:
        yield Line("That was the sandbox: it is gone with this process, and nothing left this machine.", "done")
        yield Line("For your own account: personalize-perms init")
        return
    words = ["personalize-perms", "apply", *arguments(request.settings), *request.arguments()]
    if plan.halves:
        owes = halves.owes(plan.halves)
        yield Line(
            f"This account's half is done. It works once the owner's half is, too, which {owes} has to do", "done"
        )
    elif request.settings.serves:
        yield Line(f"The buckets and keys let in Amazon Personalize and {inert(plan.role_arn)}", "done")
    else:
        yield Line(f"Amazon Personalize is granted what it needs, through the role {plan.role_arn}", "done")
    yield Line(f"The same again, without questions: {inert(shlex.join(words))} --yes")
    if request.settings.serves:
        return
    yield Line(f"Next: pass that role when you create import jobs, exports and the like: {_USE_IT}")
