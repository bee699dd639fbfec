"""`export`: the set-up as code, for somebody else to review and run."""

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Final

import click

from personalize_perms.cli import export_files, setup
from personalize_perms.cli.options import SettingsCommand, request_of, shared
from personalize_perms.cli.request import Request
from personalize_perms.cli.result import Result
from personalize_perms.cli.talk import Talk
from personalize_perms.export.parcel import Export, LeftOut, Parcel, title, unseen
from personalize_perms.model.inert import inert
from personalize_perms.report import halves, lines
from personalize_perms.report.lines import Line
from personalize_perms.templates import Templates

FORMATS: Final[Mapping[str, str]] = {
    "cloudformation": "cloudformation",
    "terraform": "terraform",
    "aws-cli": "aws_cli",
    "json": "as_json",
}
"""Format -> its module in the export room. Modules are imported when their format is wanted."""

_OUT: Final = click.Option(
    ["--out"],
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write there instead of to stdout; a directory gets the files under their own names.",
)
_BARE: Final = click.Option(
    ["--without-resource-policies"],
    is_flag=True,
    envvar="PERSONALIZE_PERMS_WITHOUT_RESOURCE_POLICIES",
    help="Leave out what belongs to others: bucket and key policies, grants, an adopted role's trust policy.",
)
_UNDO: Final = click.Option(["--undo"], is_flag=True, help="With aws-cli: print the script that takes it back.")


@shared(_OUT, _BARE, _UNDO)
@click.command("export", cls=SettingsCommand)
@click.argument("form", metavar="FORMAT", type=click.Choice([*FORMATS]))
@click.pass_context
def export(ctx: click.Context, /, **_: object) -> Result:
    """Write the set-up as code: cloudformation, terraform, aws-cli (a shell script) or json.

    Reads the account, so that bucket and key policies keep the statements of others. With --offline --account ID
    --region R it makes no call; what belongs to others is then left out, and named. Changes nothing.
    """
    form: str = ctx.params["form"]
    request = setup.with_examples(request_of(ctx, "export"))
    if ctx.params["undo"] and form != "aws-cli":
        raise click.UsageError("--undo works with aws-cli only: the other engines take back what they made", ctx)
    talk = Talk(request)
    parcel, result = _parcel(request, talk, resource_policies=not ctx.params["without_resource_policies"])
    if parcel is None:
        return result
    made: Export = import_module(f"personalize_perms.export.{FORMATS[form]}").export(parcel)
    files = dict(reversed([*made.files.items()])) if ctx.params["undo"] else made.files
    written = export_files.deliver(files, ctx.params["out"], talk, shown=not request.as_json)
    talk.warn([_left_out(one) for one in made.left_out])
    result.data["export"] = form
    result.data["files"] = [{"name": name, "text": text} for name, text in files.items()]
    result.data["written"] = [str(path) for path in written]
    result.data["left_out"] = [{"resource": title(one.resource), "reason": one.why} for one in made.left_out]
    return result


def _left_out(one: LeftOut) -> Line:
    return Line(f"Not in the export: {inert(title(one.resource))}: {inert(one.why)}", "warning")


def _parcel(request: Request, talk: Talk, *, resource_policies: bool) -> tuple[Parcel | None, Result]:
    """Return what is handed over, None if nothing can be; and the result so far."""
    if request.offline:
        return _offline(request, talk, resource_policies=resource_policies)
    from personalize_perms.engine import observe, planner  # noqa: PLC0415 - nothing of this for --help
    from personalize_perms.export.account import seen  # noqa: PLC0415 - nothing of this without a call

    setup.check_answers(request.settings)
    with setup.opened(request) as session:
        account = setup.open_account(request, session, talk)
        with talk.doing("Reading the account"):
            read = observe.observe(account, request.settings, Templates.load(request.policies_dir))
    plan = planner.plan(read.desired, read.live, read.refusals)
    if plan.refusals:
        return None, setup.refused(plan, talk)
    talk.say((*lines.finding_lines(plan.findings), *halves.half_lines(plan)))
    result = setup.ended(plan)
    return seen(read.desired, plan, read.live, resource_policies=resource_policies), result


def _offline(request: Request, talk: Talk, *, resource_policies: bool) -> tuple[Parcel, Result]:
    request = replace(request, dry_run=True)  # nothing is written, so no call is needed
    desired = setup.desire_offline(request)
    plan = setup.plan_offline(request, desired)  # it refuses documents that are larger than AWS allows
    talk.say((*lines.finding_lines(plan.findings), *halves.half_lines(plan)))
    return unseen(desired, resource_policies=resource_policies), setup.ended(plan)
