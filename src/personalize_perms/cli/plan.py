"""`plan`: what would change, without changing it."""

from pathlib import Path

import click

from personalize_perms.cli import setup
from personalize_perms.cli.options import DIFF, SettingsCommand, request_of, shared
from personalize_perms.cli.result import Result
from personalize_perms.cli.talk import Talk
from personalize_perms.report.lines import Line

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


@shared(_OUT, DIFF, _FAIL_ON_CHANGES)
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
    out: Path | None = ctx.params["out"]
    if out:
        from personalize_perms.cli import saved  # noqa: PLC0415 - only for saved plans

        saved.check_out(ctx, request, out)
    with setup.opened(request) as session:
        account = setup.open_account(request, session, talk)
        found, live = setup.plan_seen(request, account, talk)
    if not request.as_json:
        talk.out.lines(setup.describe(request, found, documents=False))
    if found.refusals:
        talk.say([Line("No plan was saved: it could not be applied.")] if out else [])
        return setup.refused(found, talk)
    result = setup.ended(found)
    if out:
        saved.save(request, found, live, out, talk)
        result.data["saved"] = str(out)
    if result.exit_code == 0 and ctx.params["fail_on_changes"] and found.writes:
        result.exit_code = 3
    return result
