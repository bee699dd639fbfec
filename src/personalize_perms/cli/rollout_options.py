"""What `rollout` can be told beside the settings: where to, how, and as whom."""

import re
from pathlib import Path
from typing import Final

import click

from personalize_perms.cli.options import Parsed
from personalize_perms.cli.request import Request
from personalize_perms.model import names, rollouts
from personalize_perms.model.errors import SettingsError
from personalize_perms.model.inert import inert
from personalize_perms.model.names import InvalidName
from personalize_perms.model.regions import partition_with_personalize
from personalize_perms.model.rollouts import CallAs, Preferences, Share
from personalize_perms.model.settings import Place
from personalize_perms.model.values import dataclass

_LONGEST: Final = 10_000_000
_IDS: Final = r"[0-9\s,;]*"
_CALLERS: Final = {"self": CallAs.SELF, "delegated-admin": CallAs.DELEGATED_ADMIN}
_MOST_OUS: Final = 50
_VARIABLE: Final = "PERSONALIZE_PERMS_"

OPTIONS: Final[tuple[click.Option, ...]] = (
    click.Option(
        ["--ou", "ous"],
        multiple=True,
        type=Parsed(rollouts.organizational_unit, "ID"),
        envvar=f"{_VARIABLE}OU",
        help="All accounts of this organizational unit, or of the root (service-managed permissions).",
    ),
    click.Option(
        ["--accounts"],
        multiple=True,
        metavar="IDS|@FILE",
        envvar=f"{_VARIABLE}ACCOUNTS",
        help="These accounts, separated by commas, or those in a file (self-managed permissions).",
    ),
    click.Option(
        ["--regions"],
        multiple=True,
        type=Parsed(rollouts.listed_regions, "REGIONS"),
        envvar=f"{_VARIABLE}REGIONS",
        help="Regions of Amazon Personalize that the permissions are for. [default: that of --region]",
    ),
    click.Option(
        ["--auto-deploy/--no-auto-deploy"],
        default=True,
        envvar=f"{_VARIABLE}AUTO_DEPLOY",
        help="With --ou: accounts that join later get it too. [default: auto-deploy]",
    ),
    click.Option(
        ["--failure-tolerance"],
        type=Parsed(Share.parse, "NUMBER|PERCENT%"),
        default="100%",
        envvar=f"{_VARIABLE}FAILURE_TOLERANCE",
        help="In how many accounts it may fail before the rest is not tried any more. [default: 100%]",
    ),
    click.Option(
        ["--max-concurrent"],
        type=Parsed(Share.parse, "NUMBER|PERCENT%"),
        default="10%",
        envvar=f"{_VARIABLE}MAX_CONCURRENT",
        help="In how many accounts at a time. [default: 10%]",
    ),
    click.Option(
        ["--wait"],
        type=click.FloatRange(min=0),
        metavar="MINUTES",
        default=60.0,
        envvar=f"{_VARIABLE}WAIT",
        help="How long to wait for AWS; it goes on there anyhow. 0 only starts it. [default: 60]",
    ),
    click.Option(
        ["--call-as"],
        type=click.Choice([*_CALLERS]),
        envvar=f"{_VARIABLE}CALL_AS",
        help="As the management account, or as a delegated administrator. [default: AWS is asked]",
    ),
    click.Option(
        ["--administration-role"],
        type=Parsed(lambda text: names.iam_arn(text, "role"), "ARN"),
        envvar=f"{_VARIABLE}ADMINISTRATION_ROLE",
        help="With --accounts: instead of AWSCloudFormationStackSetAdministrationRole.",
    ),
    click.Option(
        ["--execution-role"],
        type=Parsed(names.role_name, "NAME"),
        envvar=f"{_VARIABLE}EXECUTION_ROLE",
        help="With --accounts: instead of AWSCloudFormationStackSetExecutionRole.",
    ),
    click.Option(["--status"], is_flag=True, help="Show how it is, account by account; change nothing."),
    click.Option(["--undo"], is_flag=True, help="Take it back everywhere, or only in the --accounts or --ou given."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the person asked for."""

    accounts: tuple[str, ...]
    ous: tuple[str, ...]
    regions: tuple[str, ...]
    auto_deploy: bool
    preferences: Preferences
    limit: float
    """Seconds to wait."""
    call_as: CallAs | None
    administration_role: str
    execution_role: str
    status: bool
    undo: bool


def asked(ctx: click.Context, request: Request) -> Asked:
    """Return what is asked for; raise `SettingsError` where it contradicts itself."""
    given = ctx.params
    found = Asked(
        accounts=tuple(dict.fromkeys(account for text in given["accounts"] for account in _accounts(text))),
        ous=tuple(dict.fromkeys(given["ous"])),
        regions=tuple(dict.fromkeys(region for regions in given["regions"] for region in regions)),
        auto_deploy=given["auto_deploy"] and bool(given["ous"]),
        preferences=Preferences(tolerance=given["failure_tolerance"], concurrent=given["max_concurrent"]),
        limit=given["wait"] * 60,
        call_as=_CALLERS.get(given["call_as"] or ""),
        administration_role=str(given["administration_role"] or ""),
        execution_role=given["execution_role"] or "",
        status=given["status"],
        undo=given["undo"],
    )
    _refuse_contradictions(found, request)
    return found


def _refuse_contradictions(found: Asked, request: Request) -> None:
    if request.sandbox:
        raise SettingsError(
            "rollout does not work with --sandbox",
            reason="there is one account in the sandbox",
            hint="--dry-run --offline --account 111122223333 --region REGION shows the template without a call",
        )
    if request.settings.serves:
        raise SettingsError(
            "--serve-account and --serve-org do not work with rollout",
            reason="they let others to the buckets and keys of one account; rollout brings roles and policies to many",
            hint="run apply with them in the account that owns the buckets and keys",
        )
    if found.status and found.undo:
        raise SettingsError("--status and --undo contradict each other", hint="give one of them")
    if found.accounts and found.ous:
        raise SettingsError(
            "--accounts and --ou contradict each other",
            reason="a stack set has self-managed or service-managed permissions",
            hint="give one of them; two set-ups (--name) can have one each",
        )
    if (found.status or found.undo) and request.offline:
        raise SettingsError("--offline shows the template only", hint="leave --offline out")
    if not (found.accounts or found.ous or found.status or found.undo):
        raise SettingsError(
            "one answer is missing: where to roll out",
            reason="--ou ID (all accounts of an organizational unit) or --accounts IDS|@FILE",
            hint="give --ou in the management account or a delegated administrator, --accounts anywhere",
        )
    if len(found.ous) > _MOST_OUS:
        raise SettingsError(
            f"{len(found.ous)} organizational units are named; AWS takes at most {_MOST_OUS} in one operation",
            hint="name a unit above them",
        )
    if found.ous and (found.administration_role or found.execution_role):
        raise SettingsError(
            "--administration-role and --execution-role are for --accounts: with --ou, AWS makes its own roles"
        )
    if not found.preferences.concurrent.number:
        raise SettingsError("--max-concurrent must be at least 1")


def _accounts(text: str) -> tuple[str, ...]:
    if re.fullmatch(_IDS, text):
        return _listed(text, "--accounts")
    path = Path(text.removeprefix("@"))
    try:
        with path.open(encoding="utf-8-sig") as file:
            content = file.read(_LONGEST + 1)
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"--accounts: {inert(str(path))} cannot be read",
            reason=str(error),
            hint="--accounts 111122223333,444455556666 or --accounts @FILE",
        ) from None
    if len(content) > _LONGEST:
        raise SettingsError(f"--accounts: {inert(str(path))} is larger than {_LONGEST:,} characters")
    return _listed(content, f"--accounts: {inert(str(path))}")


def _listed(text: str, where: str) -> tuple[str, ...]:
    try:
        found = rollouts.listed_accounts(text)
    except InvalidName as error:
        raise SettingsError(
            f"{where}: {inert(str(error))}", hint="12 digits each, separated by commas or lines"
        ) from None
    if not found:
        raise SettingsError(f"{where} names no account", hint="12 digits each, separated by commas or lines")
    return found


def regions_of(found: Asked, place: Place) -> tuple[str, ...]:
    """Return the Regions that the permissions are for; raise `SettingsError` for one without Amazon Personalize."""
    regions = found.regions or (place.region,)
    for region in regions:
        if region != place.region and partition_with_personalize(region) != place.partition:
            raise SettingsError(
                f"Amazon Personalize is not in the Region {region} of the partition {place.partition}",
                hint="choose others with --regions",
            )
    return regions
