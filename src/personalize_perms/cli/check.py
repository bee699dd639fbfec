"""`check`: whether everything is still in place, and whether the whole chain really allows each chosen workflow."""

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from personalize_perms.cli import setup, verdict
from personalize_perms.cli.options import CONFIG, SettingsCommand, request_of, shared
from personalize_perms.cli.request import Request
from personalize_perms.cli.result import Result
from personalize_perms.cli.talk import Talk
from personalize_perms.model.errors import SettingsError
from personalize_perms.model.inert import inert
from personalize_perms.model.options import arguments
from personalize_perms.report import envelope, halves
from personalize_perms.report.lines import Line
from personalize_perms.templates import Templates

if TYPE_CHECKING:
    from personalize_perms.aws.session import AwsSession
    from personalize_perms.model.changes import Plan
    from personalize_perms.model.examination import Examination


@shared(verdict.FAIL_ON, formats=verdict.FORMATS)
@click.command("check", cls=SettingsCommand)
@click.pass_context
def check(ctx: click.Context, /, **_: object) -> Result:
    """Tell whether everything is still in place, and whether every chosen workflow can really run.

    Looks at what differs from the settings, then at each link between people, the service role, Amazon Personalize,
    the buckets and the keys, with all the policies that decide. Changes nothing.
    """
    request = setup.with_examples(request_of(ctx, "check"))
    if request.offline:
        raise SettingsError(
            "check does not work with --offline",
            reason="whether everything is in place is known only from the account",
            hint="leave --offline out; init --dry-run --offline shows what would be wanted",
        )
    setup.check_answers(request.settings)
    talk = Talk(request)
    with setup.opened(request) as session:
        plan, examination = examined(request, session, talk)
    known = plan.findings
    plan = setup.with_proofs(request, plan)
    talk.say([Line(inert(note), "dim") for note in examination.notes])
    talk.say(halves.half_lines(plan))
    talk.say(halves.shut_lines(plan.shut) if plan.shut else ())
    data = {**envelope.plan_data(plan), "notes": list(examination.notes)}
    return verdict.concluded(
        request,
        (*examination.findings, *plan.findings[len(known) :]),
        talk,
        data,
        fail_on=ctx.params["fail_on"],
        examined=examination.examined,
    )


def examined(request: Request, session: "AwsSession", talk: Talk) -> "tuple[Plan, Examination]":
    """Examine the set-up of the request; return the plan that would bring it to its settings, too."""
    from personalize_perms import doctor  # noqa: PLC0415 - nothing of this for --help
    from personalize_perms.aws.iam_in_bulk import IamInBulk  # noqa: PLC0415 - botocore only when it is needed

    account = setup.open_account(request, session, talk)
    account = replace(account, iam=IamInBulk(session))
    with talk.doing("Reading the account") as heard:
        templates = Templates.load(request.policies_dir)
        return doctor.examine(account, request.settings, templates, repairing(request), heard)


def repairing(request: Request) -> str:
    """Return the command that brings the set-up to these settings."""
    words = ["personalize-perms", "apply"]
    if request.configured and request.config != Path(CONFIG):
        words += ["-c", str(request.config)]
    if set(request.given.values()) - {"file"}:
        words += arguments(request.settings)
    return shlex.join([*words, *(request.arguments() if not request.configured else [])])
