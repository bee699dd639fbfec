"""`audit`: everything in the account that lets Amazon Personalize in, and what is too wide, missing or dead there."""

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import click

from personalize_perms.cli import execution, fixing, setup, verdict
from personalize_perms.cli.options import DRY_RUN, NO_INPUT, YES, SettingsCommand, request_of, shared
from personalize_perms.cli.request import Request
from personalize_perms.cli.result import Result
from personalize_perms.cli.talk import Talk
from personalize_perms.model.errors import SettingsError
from personalize_perms.model.findings import Finding, Severity
from personalize_perms.report import envelope

if TYPE_CHECKING:
    from personalize_perms.aws.account import Account
    from personalize_perms.aws.session import AwsSession
    from personalize_perms.engine.account_walk import Audited

_NEW_FOR_DAYS: Final = 30
"""Days in which a role may well not have been used yet."""
_PAGE: Final = 250
"""Users, groups, roles and policies of one answer: a page of a thousand takes 30 MiB while it is parsed."""
_FIX: Final = click.Option(
    ["--fix", "picks"],
    multiple=True,
    is_flag=False,
    flag_value=fixing.ASK,
    metavar="[CHECK[:RESOURCE]|all]",
    envvar="PERSONALIZE_PERMS_FIX",
    help="Tighten what can be: pick from a list, or name a check, one finding of it, or all. Undo takes it back.",
)
_AGGREGATOR: Final = click.Option(
    ["--aggregator"],
    metavar="NAME",
    envvar="PERSONALIZE_PERMS_AGGREGATOR",
    help="Audit every account that this aggregator of AWS Config collects from, by its records.",
)


@shared(verdict.FAIL_ON, _FIX, _AGGREGATOR, DRY_RUN, YES, NO_INPUT, formats=verdict.FORMATS)
@click.command("audit", cls=SettingsCommand)
@click.pass_context
def audit(ctx: click.Context, /, **_: object) -> Result:
    """Look at every role, bucket and key of the account that lets Amazon Personalize in; needs no settings.

    Tells what is too wide, missing, dead or without effect there, who may pass which roles, and what nobody uses.
    Changes nothing, unless --fix is given: then it plans what is picked, asks, and applies it like any other plan.
    """
    request = _named(request_of(ctx, "audit"))
    if request.offline:
        raise SettingsError(
            "audit does not work with --offline",
            reason="what there is is known only from the account",
            hint="leave --offline out; audit changes nothing unless --fix is given",
        )
    picks = tuple(ctx.params["picks"])
    fixing.check(picks, request)
    if picks and ctx.params["aggregator"]:
        raise SettingsError(
            "--fix does not work with --aggregator",
            reason="an aggregator only has records of other accounts; nothing can be changed through it",
            hint="run audit --fix with the credentials of the account, without --aggregator",
        )
    talk = Talk(request)
    with setup.opened(request) as session:
        account = setup.open_account(request, session, talk)
        if picks:
            with execution.exclusive(request, account, talk) as left:
                audited = _walk(account, session, talk)
                return fixing.fix(request, account, talk, _worst_first(audited.findings), picks, left)
        name = ctx.params["aggregator"]
        audited = _walk_recorded(account, session, talk, name) if name else _walk(account, session, talk)
    data = {**envelope.place_data(account.caller.place), "counts": dict(audited.counts)}
    looked = ", ".join(f"{what} {count:,}" for what, count in audited.counts.items()) or "nothing"
    return verdict.concluded(
        request,
        _worst_first(audited.findings),
        talk,
        data,
        fail_on=ctx.params["fail_on"],
        looked=f"looked at: {looked}",
    )


def _named(request: Request) -> Request:
    """Return the request under the name that its fixes are journalled by: one that no set-up of a file shares."""
    from personalize_perms.engine.plan_fixes import SET_UP  # noqa: PLC0415 - nothing of this for --help

    if request.given.get("name") in ("flag", "variable"):
        return request
    return request.with_settings(replace(request.settings, name=SET_UP))


def _walk(account: "Account", session: "AwsSession", talk: Talk) -> "Audited":
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415 - nothing of this for --help
    from functools import partial  # noqa: PLC0415

    from personalize_perms.audit.actions import personalize_actions  # noqa: PLC0415 - nothing of this for --help
    from personalize_perms.aws.iam_inventory import read_inventory, read_roles  # noqa: PLC0415
    from personalize_perms.engine import account_walk  # noqa: PLC0415
    from personalize_perms.templates import Templates  # noqa: PLC0415

    today = datetime.now(UTC).date()
    dates = account_walk.Dates(today=today.isoformat(), recently=(today - timedelta(days=_NEW_FOR_DAYS)).isoformat())
    sources = account_walk.Sources(
        inventory=partial(read_inventory, session, _PAGE), roles=partial(read_roles, session)
    )
    known = personalize_actions(Templates.load(None))
    with talk.doing("Reading the account"):
        return account_walk.walk(account, sources, known, dates, talk)


def _walk_recorded(account: "Account", session: "AwsSession", talk: Talk, name: str) -> "Audited":
    from personalize_perms.audit.actions import personalize_actions  # noqa: PLC0415 - nothing of this for --help
    from personalize_perms.aws.aggregator import Aggregator  # noqa: PLC0415
    from personalize_perms.engine import aggregate_walk  # noqa: PLC0415
    from personalize_perms.templates import Templates  # noqa: PLC0415

    known = personalize_actions(Templates.load(None))
    with talk.doing("Reading the records"):
        return aggregate_walk.walk(account, Aggregator(session, name), known, talk)


def _worst_first(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    order = list(Severity)
    return tuple(sorted(findings, key=lambda one: (-order.index(one.severity), one.check, one.resource)))
