"""`plan`: what would change, without changing it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from personalize_perms.cli import setup
from personalize_perms.cli.options import DIFF, SettingsCommand, request_of, shared
from personalize_perms.cli.request import Request
from personalize_perms.cli.result import Result
from personalize_perms.cli.talk import Talk
from personalize_perms.report.lines import Line

if TYPE_CHECKING:
    from personalize_perms.engine.observe import Observation
    from personalize_perms.model.changes import Plan

_FAIL_ON_CHANGES = click.Option(
    ["--fail-on-changes"],
    is_flag=True,
    envvar="PERSONALIZE_PERMS_FAIL_ON_CHANGES",
    help="Exit with 3 if there are changes.",
)
_OUT = click.Option(
    ["--out"],
    metavar="FILE",
    type=click.Path(path_type=Path, allow_dash=True),
    help="Save the plan, to review it and apply exactly it later: apply FILE.",
)

_HTML = click.Option(
    ["--html"],
    metavar="FILE",
    type=click.Path(path_type=Path, allow_dash=True),
    envvar="PERSONALIZE_PERMS_HTML",
    help="Write the plan as one page for a browser or printer, to attach to a change request.",
)


@shared(_OUT, _HTML, DIFF, _FAIL_ON_CHANGES)
@click.command("plan", cls=SettingsCommand)
@click.pass_context
def plan(ctx: click.Context, /, **_: object) -> Result:
    """Compare the settings with the live account and show what would change.

    A plan that was saved with --out names accounts and holds documents, but no secrets: treat it as internal.
    """
    request = setup.with_examples(request_of(ctx, "plan"))
    talk = Talk(request)
    if request.offline:
        request.offline_place()
    setup.check_answers(request.settings)
    _check_files(ctx, request)
    with setup.opened(request) as session:
        account = setup.open_account(request, session, talk)
        found, seen = setup.plan_seen(request, account, talk)
    if not request.as_json:
        talk.out.lines(setup.describe(request, found, documents=False))
    if found.refusals:
        missed = {"out": "No plan was saved", "html": "No page was written"}
        talk.say(Line(f"{text}: it could not be applied.") for name, text in missed.items() if ctx.params[name])
        return setup.refused(found, talk)
    result = setup.ended(found)
    result.data |= _written(ctx, request, found, seen, talk)
    if result.exit_code == 0 and ctx.params["fail_on_changes"] and found.writes:
        result.exit_code = 3
    return result


def _check_files(ctx: click.Context, request: Request) -> None:
    """Raise unless the files may be written: before the account is read, not after."""
    if ctx.params["out"]:
        from personalize_perms.cli import saved  # noqa: PLC0415 - only for saved plans

        saved.check_out(ctx, request, ctx.params["out"])
    if ctx.params["html"]:
        from personalize_perms.cli import plan_page  # noqa: PLC0415 - only for pages

        plan_page.check_target(ctx, ctx.params["html"])


def _written(ctx: click.Context, request: Request, plan: "Plan", seen: "Observation", talk: Talk) -> dict[str, str]:
    """Save the plan and write its page, both of one moment; return what the envelope says of them."""
    out: Path | None = ctx.params["out"]
    html: Path | None = ctx.params["html"]
    if not out and not html:
        return {}
    from personalize_perms.cli import saved  # noqa: PLC0415 - only for saved plans

    file = saved.file_of(request, plan, seen.live)
    written = {"digest": file.digest}
    if out:
        saved.save(file, out, talk)
        written["saved"] = str(out)
    if html:
        from personalize_perms.cli import plan_page  # noqa: PLC0415 - only for pages

        plan_page.write(request, plan, seen, file, plan_page.Target(page=html, saved=out), talk)
        written["html"] = str(html)
    return written
