"""The shared options: built from the table of settings, so that flag, variable and key cannot drift apart."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from personalize_perms.cli.examples import write_examples, write_surroundings
from personalize_perms.cli.request import Request
from personalize_perms.model import names
from personalize_perms.model.names import InvalidName
from personalize_perms.model.option import Option
from personalize_perms.model.options import OPTIONS
from personalize_perms.model.regions import PERSONALIZE_REGIONS
from personalize_perms.model.settings import Settings

CONFIG: Final = "personalize-perms.toml"
SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "What for": ("name", "workflows", "inputs", "outputs"),
    "KMS key": ("kms_keys", "kms_access"),
    "Service role": (
        "role_name",
        "role_path",
        "role_arn",
        "role_description",
        "tighten_trust",
        "permissions_boundary",
        "tags",
    ),
    "People": (
        "user_access",
        "user_policy_name",
        "attach_users",
        "attach_groups",
        "attach_roles",
        "assumable_by",
        "require_mfa",
        "saml_provider",
        "oidc_provider",
        "oidc_audience",
        "oidc_subject",
    ),
    "IAM Identity Center": (
        "permission_set",
        "assign_groups",
        "assign_users",
        "assign_accounts",
        "identity_center_region",
    ),
    "Other accounts": ("bucket_owners", "serve_accounts", "serve_org"),
    "Form of the documents": ("hardening", "source_conditions", "policies_dir"),
    "Where": ("config", "profile", "region", "account", "offline", "expect_account", "sandbox"),
}
_SOURCES: Final = {
    ParameterSource.COMMANDLINE: "flag",
    ParameterSource.ENVIRONMENT: "variable",
    ParameterSource.DEFAULT_MAP: "file",
}
F = TypeVar("F", bound=Callable[..., Any])


class Parsed(click.ParamType[Any]):
    """A text that one of the parsers of the model accepts."""

    def __init__(self, parse: Callable[[str], object], metavar: str, choices: Sequence[str] = ()) -> None:
        self.name = metavar
        self._parse = parse
        self._choices = tuple(choices)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002 - Click's signature
        """Show the choices, or the form."""
        return f"[{'|'.join(self._choices)}]" if self._choices else self.name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> object:  # noqa: ANN401
        """Return the parsed value; a refusal becomes a usage error that names the option."""
        if not isinstance(value, str):
            return value
        if self._choices and value not in self._choices:
            self.fail(f"{value!r} is not one of {', '.join(self._choices)}.", param, ctx)
        try:
            return self._parse(value)
        except InvalidName as error:
            self.fail(f"{error}.", param, ctx)

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        """Split a variable of a repeatable option as a shell would: on white space, quotes respected."""
        try:
            return shlex.split(rv)
        except ValueError as error:
            raise click.BadParameter(f"{rv!r}: {error}") from None

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - Click's signature
        param: click.Parameter,  # noqa: ARG002 - Click's signature
        incomplete: str,
    ) -> list[CompletionItem]:
        """Complete the choices."""
        found = [choice for choice in self._choices if choice.startswith(incomplete)]
        return [CompletionItem(choice) for choice in found]


def _setting(option: Option) -> click.Option:
    default = f" [default: {option.default}]" if option.default else ""
    if option.parse is None:
        return click.Option(
            [option.flag, option.field], is_flag=True, default=False, envvar=option.variable, help=option.help
        )
    return click.Option(
        [option.flag, option.field],
        type=Parsed(option.parse, option.metavar, option.choices),
        multiple=option.repeatable,
        envvar=option.variable,
        help=option.help + default,
    )


def _read_config(ctx: click.Context, _: click.Parameter, value: str | None) -> Path:
    path = Path(value or CONFIG)
    if value or path.exists():
        from personalize_perms.cli import settings_file  # noqa: PLC0415 - nothing of this for --help

        ctx.default_map = settings_file.read(path)
    return path


def _profiles(incomplete: str) -> list[CompletionItem]:
    from personalize_perms.cli.profiles import profiles  # noqa: PLC0415 - only for completion

    return [CompletionItem(name) for name in profiles() if name.startswith(incomplete)]


_RUN: Final[tuple[click.Option, ...]] = (
    click.Option(
        ["-c", "--config"],
        metavar="FILE",
        envvar="PERSONALIZE_PERMS_CONFIG",
        is_eager=True,
        callback=_read_config,
        help=f"Settings file. [default: {CONFIG}, if it is there]",
    ),
    click.Option(
        ["--profile"],
        metavar="PROFILE",
        envvar="PERSONALIZE_PERMS_PROFILE",
        shell_complete=lambda _ctx, _param, incomplete: _profiles(incomplete),
        help="Profile, as in every AWS tool.",
    ),
    click.Option(
        ["--region"],
        type=Parsed(names.region_name, "REGION", ()),
        envvar="PERSONALIZE_PERMS_REGION",
        shell_complete=lambda _ctx, _param, incomplete: [
            region for regions in PERSONALIZE_REGIONS.values() for region in regions if region.startswith(incomplete)
        ],
        help="Region of Amazon Personalize and of the buckets.",
    ),
    click.Option(
        ["--account"],
        type=Parsed(names.account_id, "ID"),
        envvar="PERSONALIZE_PERMS_ACCOUNT",
        help="With --offline: the account that the documents are for; else as --expect-account.",
    ),
    click.Option(
        ["--offline"],
        is_flag=True,
        envvar="PERSONALIZE_PERMS_OFFLINE",
        help="With --dry-run and export: make no call, need no credentials.",
    ),
    click.Option(
        ["--expect-account"],
        type=Parsed(names.account_id, "ID"),
        envvar="PERSONALIZE_PERMS_EXPECT_ACCOUNT",
        help="Stop if the credentials belong to another account.",
    ),
    click.Option(
        ["--policies-dir"],
        metavar="DIR",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        envvar="PERSONALIZE_PERMS_POLICIES_DIR",
        help="Your own reviewed templates instead of the packaged ones.",
    ),
    click.Option(
        ["--sandbox"],
        is_flag=True,
        envvar="PERSONALIZE_PERMS_SANDBOX",
        help="An AWS account inside this process: try everything, nothing leaves the machine.",
    ),
)
_OUTPUT: Final[tuple[click.Option, ...]] = (
    click.Option(["--no-color"], is_flag=True, help="No colour (NO_COLOR does the same)."),
    click.Option(["-q", "--quiet"], is_flag=True, help="Only the result and errors."),
    click.Option(["-v", "--verbose"], is_flag=True, help="Each call to AWS: operation, target, answer, request id."),
    click.Option(
        ["--accessible"],
        is_flag=True,
        envvar="PERSONALIZE_PERMS_ACCESSIBLE",
        help="Ask by numbered lines, redraw nothing: for screen readers (ACCESSIBLE=1 does the same).",
    ),
    click.Option(["--debug"], is_flag=True, help="Show the traceback of an unexpected error."),
)
DRY_RUN: Final = click.Option(
    ["--dry-run"],
    is_flag=True,
    envvar="PERSONALIZE_PERMS_DRY_RUN",
    help="Print every document in full and the plan; change nothing.",
)
DIFF: Final = click.Option(
    ["--diff"],
    type=click.Choice(["statements", "full"]),
    default="statements",
    envvar="PERSONALIZE_PERMS_DIFF",
    help="What the plan shows: each statement in words, or also the difference of the texts. [default: statements]",
)
YES: Final = click.Option(["-y", "--yes"], is_flag=True, envvar="PERSONALIZE_PERMS_YES", help="Skip the confirmation.")
NO_INPUT: Final = click.Option(
    ["--no-input"], is_flag=True, envvar="PERSONALIZE_PERMS_NO_INPUT", help="Never ask; without a terminal this is so."
)

ON_FAILURE: Final = click.Option(
    ["--on-failure"],
    type=click.Choice(["keep", "undo"]),
    default="keep",
    envvar="PERSONALIZE_PERMS_ON_FAILURE",
    help="When a change fails: keep what was done, or take it back. [default: keep]",
)
CONFIRM: Final = click.Option(
    ["--confirm"],
    metavar="NAME",
    default="",
    envvar="PERSONALIZE_PERMS_CONFIRM",
    help="The service role's name: undo it although Amazon Personalize still uses it.",
)


class SettingsCommand(click.Command):
    """A command whose help begins with examples, and whose many options are shown by section."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options section by section, then the rest."""
        left = {str(param.name): param for param in self.get_params(ctx)}
        for title, members in SECTIONS.items():
            self._section(ctx, formatter, title, [left.pop(name) for name in members])
        self._section(ctx, formatter, "Run and output", list(left.values()))
        write_surroundings(formatter)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the command does, then how it is called: most people look for no more."""
        super().format_help_text(ctx, formatter)
        write_examples(str(self.name), ctx.find_root().info_name or "", formatter)

    @staticmethod
    def _section(
        ctx: click.Context, formatter: click.HelpFormatter, title: str, params: Sequence[click.Parameter]
    ) -> None:
        rows = [record for param in params if (record := param.get_help_record(ctx))]
        with formatter.section(title):
            formatter.write_dl(rows)


def shared(*own: click.Option, formats: Sequence[str] = ("text", "json")) -> Callable[[click.Command], click.Command]:
    """Give a command the shared options, and `own` after them; `formats` are those that its result can have."""
    output = click.Option(
        ["--format", "output"],
        type=click.Choice(formats),
        default="text",
        envvar="PERSONALIZE_PERMS_FORMAT",
        help="What stdout holds. [default: text]",
    )

    def decorate(command: click.Command) -> click.Command:
        settings = (_setting(option) for option in OPTIONS)
        command.params = [*settings, *_RUN, *own, output, *_OUTPUT, *command.params]
        return command

    return decorate


def request_of(ctx: click.Context, command: str) -> Request:
    """Return what the person asked for, and where each answer came from."""
    values = ctx.params
    sources = {name: ctx.get_parameter_source(name) for name in values}
    given = {name: _SOURCES[source] for name, source in sources.items() if source in _SOURCES}
    fields = {option.field: values[option.field] for option in OPTIONS if option.field in given}
    run = {name: values[name] for name in Request.RUN_FIELDS if values.get(name) is not None}
    return Request(
        command=command,
        settings=Settings(**fields),
        given={name: source for name, source in given.items() if name in fields},
        config=values["config"],
        configured=ctx.default_map is not None,
        **run,
    )
