"""What the wizard needs of whoever asks: the same protocol on a drawn screen, on plain lines, in tests, and nowhere."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol, TypeAlias

from personalize_perms.model.errors import Cancelled
from personalize_perms.model.values import dataclass


class Back(Cancelled):
    """The person wants to go back to the previous question; where there is none, it ends the run like "no"."""

    def __init__(self) -> None:
        super().__init__("nothing was changed")


class Withdrawn(Exception):  # noqa: N818 - nothing has failed
    """A question was taken off the screen before it was answered, because something else must be said first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One entry of a list: the value that it stands for and the line that is shown."""

    value: str
    label: str


TYPE_IT: Final = Choice(value=":type", label="Something else: type it")
"""The entry of a list that leads to typing; no name or ARN of AWS begins with a colon."""
OPEN: Final = ":open"
"""What comes before the value of an entry that is to be looked into."""
UP: Final = ":up"
"""What stands for looking around one level higher."""


class Offer(Protocol):
    """Entries to choose from, some of which, or more about which, may still be on the way."""

    def entries(self) -> Sequence[Choice]:
        """Return the entries known by now: the same object as long as nothing has changed."""

    @property
    def note(self) -> str:
        """What is still awaited, or why there is nothing to choose from; empty where all is there."""

    def detail(self, value: str) -> str:
        """Return more about an entry, as far as it is known; asking lets it be looked up by the way."""

    def settled(self, values: Sequence[str], patience: float) -> bool:
        """Wait at most so many seconds for the entries and for more about `values`; tell whether all is there."""

    def watch(self, changed: Callable[[], None]) -> None:
        """Let `changed` be called, from any thread, whenever there is more to show."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Entries that are all there from the start."""

    choices: Sequence[Choice]
    note: str = ""

    def entries(self) -> Sequence[Choice]:
        """Return the entries."""
        return self.choices

    def detail(self, _: str) -> str:
        """Return nothing: the labels say it all."""
        return ""

    def settled(self, values: Sequence[str], patience: float) -> bool:  # noqa: ARG002 - the protocol's
        """Tell that nothing is awaited."""
        return True

    def watch(self, changed: Callable[[], None]) -> None:
        """Never call: nothing changes."""


Entries: TypeAlias = Sequence[Choice] | Offer


def offered(choices: Entries) -> Offer:
    """Return `choices` as an offer."""
    return Fixed(choices) if isinstance(choices, Sequence) else choices


def typed_into(value: str) -> str | None:
    """Return what was typed before "type it" was taken, perhaps nothing; None for any other entry."""
    return value.removeprefix(TYPE_IT.value) if value.startswith(TYPE_IT.value) else None


class Standing(Protocol):
    """A question that stays on the screen while something else becomes known."""

    def nudge(self) -> None:
        """Let `Prompter.shown` be called again soon; from any thread, and also where no question stands."""

    def interject(self, show: Callable[[], None]) -> None:
        """Let `show` write above the question that stands; called from within `Prompter.shown`."""

    def withdraw(self) -> None:
        """Take the question away: it raises `Withdrawn`. Called from within `Prompter.shown`."""


class Prompter(Protocol):
    """Asks on standard error. Every question may raise `Back`; Ctrl-C is `KeyboardInterrupt`."""

    explain: Callable[[], str] | None
    """What a key shows while a question waits, if anything."""
    shown: Callable[[], None] | None
    """Called whenever a question was put on the screen, or drawn anew: what is begun then delays nobody."""

    @property
    def standing(self) -> Standing | None:
        """The means to speak while a list stands on the screen; None where what is written stays as it is."""

    @property
    def keys(self) -> str:
        """How to answer and go back, in one sentence."""

    def say(self, text: str, *, title: bool = False) -> None:
        """Show a line, or an empty one."""

    def choose(self, text: str, choices: Entries, *, default: str = "", opens: bool = False) -> str:
        """Return the value of the chosen entry; `default` is the value that Enter takes.

        If it `opens`, entries can be looked into: then the value may follow `OPEN`, or be `UP`.
        """

    def choose_many(
        self, text: str, choices: Entries, *, default: Sequence[str] = (), required: bool = True
    ) -> tuple[str, ...]:
        """Return the values of the chosen entries, at least one if `required`."""

    def text(self, text: str, *, default: str = "", check: Callable[[str], object]) -> str:
        """Return what was typed; a `ValueError` of `check` is shown, and the person corrects the text."""

    def confirm(self, text: str, *, default: bool) -> bool:
        """Return yes or no."""


def open_prompter(environment: Mapping[str, str], *, accessible: bool = False, colour: bool = True) -> Prompter:
    """Return what suits the terminal: drawn lists, or plain lines where drawing does not work or is not wanted.

    Plain if `accessible`, for `ACCESSIBLE=1` (screen readers), for `TERM=dumb`, and where nothing can be drawn.
    """
    if not accessible and environment.get("TERM") != "dumb" and environment.get("ACCESSIBLE", "") in {"", "0"}:
        from personalize_perms.wizard.interactive import CannotDraw, DrawnPrompter  # noqa: PLC0415

        try:
            return DrawnPrompter(colour=colour)
        except CannotDraw as problem:
            sys.stderr.write(f"{problem}\n")
    from personalize_perms.wizard.plain import PlainPrompter  # noqa: PLC0415

    return PlainPrompter(sys.stdin, sys.stderr)
