"""What is known of one setting: its flag, variable and key, and how its text becomes a value."""

from collections.abc import Callable

from personalize_perms.model.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One setting. `parse` turns a text into the value or raises `InvalidName`; without it the option is a switch."""

    field: str
    flag: str
    help: str
    parse: Callable[[str], object] | None = None
    metavar: str = ""
    choices: tuple[str, ...] = ()
    repeatable: bool = False
    default: str = ""
    """The default in words, for people."""

    @property
    def key(self) -> str:
        """The key in the settings file."""
        return self.flag.removeprefix("--")

    @property
    def variable(self) -> str:
        """The environment variable."""
        return "PERSONALIZE_PERMS_" + self.key.upper().replace("-", "_")
