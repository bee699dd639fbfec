"""How the wizard asks: one protocol, so that the flow neither knows nor cares what draws the questions.

Nothing here imports a terminal library: those are loaded when the first question is really asked.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from personalize_perms.model.errors import Cancelled


class Back(Cancelled):
    """The person wants to go back to the previous question; where there is none, it ends the run like "no"."""

    def __init__(self) -> None:
        super().__init__("nothing was changed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One entry of a list: the value that it stands for and the line that is shown."""

    value: str
    label: str


TYPE_IT: Final = Choice(value=":type", label="Something else: type it")
"""The entry of a list that leads to typing; no name or ARN of AWS begins with a colon."""


class Prompter(Protocol):
    """Asks on standard error. Every question may raise `Back`; Ctrl-C is `KeyboardInterrupt`."""

    @property
    def keys(self) -> str:
        """How to answer and go back, in one sentence."""

    def say(self, text: str) -> None:
        """Show a line, or an empty one."""

    def choose(self, text: str, choices: Sequence[Choice], *, default: str = "") -> str:
        """Return the value of the chosen entry; `default` is the value that Enter takes."""

    def choose_many(
        self, text: str, choices: Sequence[Choice], *, default: Sequence[str] = (), required: bool = True
    ) -> tuple[str, ...]:
        """Return the values of the chosen entries, at least one if `required`."""

    def text(self, text: str, *, default: str = "", check: Callable[[str], object]) -> str:
        """Return what was typed; a `ValueError` of `check` is shown, and the person corrects the text."""

    def confirm(self, text: str, *, default: bool) -> bool:
        """Return yes or no."""


def open_prompter(environment: Mapping[str, str]) -> Prompter:
    """Return what suits the terminal: drawn lists, or plain lines where drawing does not work or is not wanted.

    Plain for `TERM=dumb`, for `ACCESSIBLE=1` (screen readers) and where the terminal refuses to be drawn on.
    """
    if environment.get("TERM") != "dumb" and environment.get("ACCESSIBLE", "") in {"", "0"}:
        from personalize_perms.wizard.interactive import CannotDraw, QuestionaryPrompter  # noqa: PLC0415

        try:
            return QuestionaryPrompter()
        except CannotDraw as problem:
            sys.stderr.write(f"{problem}\n")
    from personalize_perms.wizard.plain import PlainPrompter  # noqa: PLC0415

    return PlainPrompter(sys.stdin, sys.stderr)
