"""`plan --out FILE` and `apply FILE`: a plan that is made now, reviewed, and applied as it is, once."""

import shlex
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from personalize_perms.cli import plan_file, setup
from personalize_perms.cli.apply import completed, show_only
from personalize_perms.cli.request import Request
from personalize_perms.cli.result import Result
from personalize_perms.cli.talk import Talk
from personalize_perms.engine import journal, journals, plan_checks, selection
from personalize_perms.engine.saved_plan import BadPlanFile, PlanFile, SavedPlan, restored_settings
from personalize_perms.model.changes import Plan
from personalize_perms.model.errors import PersonalizePermsError, SettingsError
from personalize_perms.model.inert import inert
from personalize_perms.model.live import Live
from personalize_perms.model.options import BY_FIELD
from personalize_perms.report import lines
from personalize_perms.report.lines import Line

if TYPE_CHECKING:
    from personalize_perms.aws.account import Account

_TYPED = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)


def check_out(ctx: click.Context, request: Request, out: Path) -> None:
    """Raise unless a plan may be saved to `out`."""
    if str(out) == "-":
        raise click.UsageError("--out needs a file: stdout is the result, and --format json shows the plan there", ctx)
    if request.sandbox:
        raise click.UsageError("--out does not work with --sandbox: the sandbox is gone when this process ends", ctx)
    plan_file.check_target(out)


def file_of(request: Request, plan: Plan, live: Live, only: tuple[str, ...] = ()) -> PlanFile:
    """Return the file of a plan, or of the part of it that the lines `only` name, made at this moment."""
    return PlanFile.of(_saved(request, plan, live, only))


def save(file: PlanFile, out: Path, talk: Talk) -> None:
    """Write a plan to `out` and say how to go on."""
    plan_file.write(out, file)
    review, apply = (shlex.join(["personalize-perms", "apply", str(out), *more]) for more in (["--dry-run"], []))
    talk.say(
        [
            Line(f"Saved the plan to {inert(str(out))}."),
            Line(f"Look at it again: {inert(review)}"),
            Line(f"Apply exactly it: {inert(apply)}"),
        ]
    )


def _saved(request: Request, plan: Plan, live: Live, only: tuple[str, ...]) -> SavedPlan:
    directory = str(request.policies_dir.resolve()) if request.policies_dir else ""
    part = selection.selected(plan, only)
    return SavedPlan.of(part, live, request.settings, directory, datetime.now(UTC), only=only)


def apply_file(ctx: click.Context, request: Request, path: Path) -> Result:
    """Apply the plan in a file, if planning anew from what is there comes to the same."""
    _refuse_flags(ctx, request)
    file = plan_file.read(path)
    plan_checks.refuse_marked(file)
    request = _as_planned(ctx, request, file.plan)
    talk = Talk(request)
    with setup.opened(request) as session:
        account = setup.open_account(request, session, talk)
        plan_checks.refuse_foreign(file.plan, account.caller)
        # Before an interrupted run is settled, because what that shows is said once; and again once nobody else runs.
        plan_checks.refuse_spent(file, _runs(file, account))
        with setup.exclusive(request, account, talk) as found:
            plan_checks.refuse_spent(file, _runs(file, account))
            plan, seen = setup.plan_seen(request, account, talk)
            now = _saved(request, plan, seen.live, file.plan.only)
            plan = selection.selected(plan, file.plan.only)
            plan_checks.refuse_stale(file.plan, now)
            if not plan.refusals:
                plan_checks.refuse_other(file.plan, now)
            plan = replace(plan, findings=(*found, *plan.findings))
            if request.dry_run:
                return show_only(request, plan, talk)
            return _carry_out(request, plan, account, talk, file, path)


def _refuse_flags(ctx: click.Context, request: Request) -> None:
    """Raise a usage error for what cannot be beside a file: whatever it would change is decided in the plan."""
    flags = [BY_FIELD[field].flag for field, source in request.given.items() if source == "flag"]
    if flags:
        raise click.UsageError(
            f"{', '.join(flags)} cannot be given with a saved plan: it is applied exactly as it was made. "
            "Leave FILE out, or make a new plan.",
            ctx,
        )
    if request.sandbox or request.offline:
        what = "--sandbox" if request.sandbox else "--offline"
        raise click.UsageError(f"{what} does not work with a saved plan: it is for the account it was made for", ctx)


def _as_planned(ctx: click.Context, request: Request, saved: SavedPlan) -> Request:
    """Return the request with the settings of the plan; raise if they cannot be, or if flags say something else."""
    given = {name for name in ctx.params if ctx.get_parameter_source(name) in _TYPED}
    if "region" in given and request.region:
        plan_checks.differences(("Region", saved.region, request.region))
    if "policies_dir" in given and request.policies_dir:
        directory = str(Path(saved.policies_dir).resolve()) if saved.policies_dir else "the packaged ones"
        plan_checks.differences(("templates", directory, str(request.policies_dir.resolve())))
    settings = restored_settings(saved)
    try:
        setup.check_answers(settings)
    except SettingsError as error:
        raise BadPlanFile("the settings in the plan cannot be used", reason=error.message, hint=error.hint) from None
    directory_path = Path(saved.policies_dir) if saved.policies_dir else None
    return replace(request, settings=settings, given={}, region=saved.region, policies_dir=directory_path)


def _runs(file: PlanFile, account: "Account") -> tuple[journals.PastRun, ...]:
    return journals.read_runs(journal.journal_folder(account.caller, file.plan.name))


def _carry_out(request: Request, plan: Plan, account: "Account", talk: Talk, file: PlanFile, path: Path) -> Result:
    show = talk.say if request.yes or not plan.writes else talk.warn
    show([Line(f"Digest of the plan: {file.digest}", "dim")])
    show(setup.describe(request, plan, documents=False))
    if plan.refusals:
        return setup.refused(plan, talk)
    setup.confirm(request, plan)
    try:
        result = setup.execute(request, plan, account, talk, spends=file.digest)
    finally:
        _mark(file, path, account, talk)
    if file.plan.only:
        return _part_completed(result, talk)
    return completed(request, plan, result, talk)


def _part_completed(result: Result, talk: Talk) -> Result:
    """Say no more than that this part is done: the rest of the set-up may want changes, too."""
    if result.exit_code == 0:
        talk.say([Line("This part of the set-up is as it should be. The whole: personalize-perms plan", "done")])
    return result


def _mark(file: PlanFile, path: Path, account: "Account", talk: Talk) -> None:
    """Mark the file as applied if a run has begun to apply it, however that ended: the journals know."""
    try:
        for run in plan_checks.spenders(file, _runs(file, account)):
            plan_file.mark(path, file.spent_by(run.run_id, run.started))
    except PersonalizePermsError as error:
        # The run is over, and what became of it is true all the same.
        talk.warn([Line(f"The plan {inert(str(path))} could not be marked as applied. Delete it.", "warning")])
        talk.warn(lines.error_lines(error))
