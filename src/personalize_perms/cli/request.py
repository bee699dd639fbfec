"""What the person asked for: the settings, where each answer came from, and how to run."""

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, Self

from personalize_perms.model.errors import SettingsError
from personalize_perms.model.names import AccountId
from personalize_perms.model.options import BY_FIELD
from personalize_perms.model.regions import partition_with_personalize
from personalize_perms.model.settings import Missing, Place, Settings
from personalize_perms.model.values import dataclass

if TYPE_CHECKING:
    from personalize_perms.wizard import Prompter

_ONLY_OFFLINE: Final = (
    "personalize-perms init --dry-run --offline, or leave --offline out",
    "without a call nothing can be compared or changed",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One run of one command."""

    RUN_FIELDS: ClassVar[tuple[str, ...]] = (
        "profile",
        "region",
        "account",
        "offline",
        "expect_account",
        "policies_dir",
        "sandbox",
        "dry_run",
        "diff",
        "yes",
        "no_input",
        "on_failure",
        "confirm",
        "output",
        "no_color",
        "accessible",
        "quiet",
        "verbose",
        "debug",
    )

    command: str
    settings: Settings
    given: Mapping[str, str]
    config: Path
    configured: bool = False
    """Whether the settings file is there: then what it leaves out is meant to be the default."""
    profile: str | None = None
    region: str | None = None
    account: AccountId | None = None
    offline: bool = False
    expect_account: AccountId | None = None
    policies_dir: Path | None = None
    sandbox: bool = False
    dry_run: bool = False
    diff: str = "statements"
    """What is shown of a change: `statements`, or `full`, which adds the texts."""
    yes: bool = False
    no_input: bool = False
    on_failure: str = "keep"
    """What becomes of the changes that were made when a later one fails: `keep` or `undo`."""
    confirm: str = ""
    """The service role's name, typed by whoever knows that Amazon Personalize still uses it."""
    output: str = "text"
    no_color: bool = False
    accessible: bool = False
    quiet: bool = False
    verbose: bool = False
    debug: bool = False

    @property
    def as_json(self) -> bool:
        """Whether stdout gets the envelope."""
        return self.output == "json"

    @property
    def may_ask(self) -> bool:
        """Whether questions are possible: a terminal on both sides, and no --no-input."""
        return not self.no_input and sys.stdin.isatty() and sys.stderr.isatty()

    def prompter(self) -> "Prompter":
        """Return what asks on this terminal; where no question is possible, it refuses each."""
        from personalize_perms import wizard  # noqa: PLC0415 - only where somebody is asked

        if not self.may_ask:
            return wizard.RefusingPrompter()
        return wizard.open_prompter(os.environ, accessible=self.accessible, colour=not self.no_color)

    def with_settings(self, settings: Settings) -> Self:
        """Return the same request with these settings."""
        return replace(self, settings=settings)

    def offline_place(self) -> Place:
        """Return the account and Region that --offline names; raise `SettingsError` for what is missing."""
        if not self.dry_run:
            raise SettingsError("--offline works with --dry-run only", reason=_ONLY_OFFLINE[1], hint=_ONLY_OFFLINE[0])
        region = self.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        if self.account is None or region is None:
            missing = [flag for flag, value in (("--account", self.account), ("--region", region)) if value is None]
            raise SettingsError(
                f"--offline needs {' and '.join(missing)}",
                reason="the documents name the account and the Region, and no call is made to find them out",
                hint="for example: --offline --account 111122223333 --region eu-west-1",
            )
        if self.expect_account not in (None, self.account):
            raise SettingsError(f"--account {self.account} is not --expect-account {self.expect_account}")
        partition = partition_with_personalize(region)
        if partition is None:
            raise SettingsError(
                f"Amazon Personalize is not in the Region {region}", hint="choose another with --region"
            )
        return Place(account=self.account, region=region, partition=partition)

    def arguments(self) -> list[str]:
        """Return the run flags of the equivalent command."""
        flags = (("--profile", self.profile), ("--region", self.region), ("--expect-account", self.expect_account))
        words = [word for flag, value in flags if value for word in (flag, value)]
        return [*words, *(["--policies-dir", str(self.policies_dir)] if self.policies_dir else [])]


def refuse_missing(missing: tuple[Missing, ...]) -> None:
    """Raise `SettingsError` naming all missing answers at once, each with flag, variable and key."""
    if not missing:
        return
    lines = []
    for item in missing:
        option = BY_FIELD[item.option]
        lines.append(f"{option.flag}  ({option.variable}, or {option.key} in the settings file): {item.why}")
    one = "one answer is" if len(lines) == 1 else f"{len(lines)} answers are"
    raise SettingsError("\n".join((f"{one} missing", *lines)), hint="give them, or run init on a terminal to be asked")


def refuse_conflicts(conflicts: tuple[str, ...]) -> None:
    """Raise `SettingsError` with all settings that contradict each other."""
    if conflicts:
        raise SettingsError(
            "\n".join(("these settings contradict each other", *conflicts)),
            hint="change one of each; personalize-perms init asks for them",
        )
