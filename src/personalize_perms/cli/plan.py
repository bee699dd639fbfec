"""`plan`: what would change, without changing it."""

import click

from personalize_perms.cli import setup
from personalize_perms.cli.options import SettingsCommand, request_of, shared
from personalize_perms.cli.result import Result
from personalize_perms.cli.talk import Talk

_FAIL_ON_CHANGES = click.Option(
    ["--fail-on-changes"],
    is_flag=True,
    envvar="PERSONALIZE_PERMS_FAIL_ON_CHANGES",
    help="Exit with 3 if there are changes.",
)


@shared(_FAIL_ON_CHANGES)
@click.command("plan", cls=SettingsCommand)
@click.pass_context
def plan(ctx: click.Context, /, **_: object) -> Result:
    """Compare the settings with the live account and show what would change."""
    request = setup.with_examples(request_of(ctx, "plan"))
    talk = Talk(request)
    if request.offline:
        request.offline_place()
    setup.check_answers(request.settings)
    with setup.opened(request) as session:
        account = setup.open_account(request, session, talk)
        found = setup.plan_live(request, account, talk)
    if not request.as_json:
        talk.out.lines(setup.describe(found, documents=False))
    if found.refusals:
        return setup.refused(found, talk)
    result = setup.ended(found)
    if result.exit_code == 0 and ctx.params["fail_on_changes"] and found.writes:
        result.exit_code = 3
    return result
