"""Questions as plain lines: for screen readers, dumb terminals, and terminals that cannot be drawn on.

Nothing is redrawn and no key but Enter acts, so what was written stays written and can be read aloud.
"""

import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from typing import Final, TextIO

from personalize_perms.model.errors import Cancelled
from personalize_perms.wizard.prompter import OPEN, TYPE_IT, UP, Back, Choice, Entries, Offer, offered

_BACK: Final = frozenset({"<", "back", "\x1b"})
_EXPLAIN: Final = "?"
_NOTHING: Final = "-"
_INSIDE: Final = "/"
_LONG: Final = 30
"""More entries than this are not read out; a part of the name narrows them first."""
_LISTING: Final = 5.0
"""Seconds after which it is said once more that a list is awaited."""
_DETAILS: Final = 1.5
"""Seconds that more about the entries is waited for: it helps, but it is not needed."""


def wrapped(text: str) -> str:
    """Return `text` in lines of the terminal's width; an ARN or URL is never broken."""
    width = max(_columns() - 2, 20)
    return "\n".join(
        textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False) if len(line) > width else line
        for line in text.split("\n")
    )


def _columns() -> int:
    """Return how wide the terminal is now; standard output may well be a file."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or shutil.get_terminal_size().columns
    except (AttributeError, OSError, ValueError):
        return shutil.get_terminal_size().columns


class PlainPrompter:
    """Asks by lines on `writer` and reads lines from `reader`."""

    keys = (
        "Every answer ends with Enter. A line with only < (or the word back) goes back, ? shows the documents that "
        "your answers make, Ctrl-C leaves."
    )

    def __init__(self, reader: TextIO, writer: TextIO) -> None:
        self._reader = reader
        self._writer = writer
        self.explain: Callable[[], str] | None = None
        self.shown: Callable[[], None] | None = None

    @property
    def standing(self) -> None:
        """Nothing is said while a line is being typed."""

    def say(self, text: str, *, title: bool = False) -> None:  # noqa: ARG002 - lines are all alike here
        """Show a line."""
        self._writer.write(f"{wrapped(text)}\n")
        self._writer.flush()

    def choose(self, text: str, choices: Entries, *, default: str = "", opens: bool = False) -> str:
        """Return the value of the entry whose number, or a part of whose name, was typed."""
        entries = self._list(text, offered(choices))
        values = [choice.value for choice in entries]
        preset = str(values.index(default) + 1) if default in values else "1"
        how = f"Number, or part of a name [{preset}]"
        if opens:
            how = f"Number, or a prefix; a number and {_INSIDE} looks inside, .. goes up [{preset}]"
        while True:
            word = self._line(how) or preset
            if opens and word == "..":
                return UP
            inside = opens and word.endswith(_INSIDE) and word[:-1].isdecimal()
            found = self._found(word.removesuffix(_INSIDE) if inside else word, entries)
            if len(found) == 1:
                value = found[0].value
                return OPEN + value if inside and not value.startswith(":") else value
            if opens and not found and not word.isdecimal() and TYPE_IT.value in values:
                return TYPE_IT.value + word
            self._narrowed(found, entries)

    def choose_many(
        self, text: str, choices: Entries, *, default: Sequence[str] = (), required: bool = True
    ) -> tuple[str, ...]:
        """Return the values of the entries whose numbers were typed, in the order of the list."""
        entries = self._list(text, offered(choices))
        preset = " ".join(str(number) for number, choice in enumerate(entries, 1) if choice.value in default)
        while True:
            words = (self._line(f"Numbers, separated by spaces [{preset or 'none'}]") or preset).replace(",", " ")
            found = [self._found(word, entries) for word in words.split()] if words != "none" else []
            unclear = next((some for some in found if len(some) != 1), None)
            if unclear is not None:
                self._narrowed(unclear, entries)
            elif found or not required:
                chosen = {some[0].value for some in found}
                return tuple(choice.value for choice in entries if choice.value in chosen)
            else:
                self.say("Choose at least one.")

    def text(self, text: str, *, default: str = "", check: Callable[[str], object]) -> str:
        """Return the line that was typed, once `check` accepts it."""
        while True:
            line = self._line(f"{text} [{default}] ({_NOTHING} for nothing)" if default else text) or default
            line = "" if default and line == _NOTHING else line
            try:
                check(line)
            except ValueError as problem:
                self.say(f"Not accepted: {problem}")
            else:
                return line

    def confirm(self, text: str, *, default: bool) -> bool:
        """Return yes or no."""
        answers = {"": default, "y": True, "yes": True, "n": False, "no": False}
        while True:
            line = self._line(f"{text} (y or n) [{'y' if default else 'n'}]").lower()
            if line in answers:
                return answers[line]
            self.say("Answer y or n.")

    def _line(self, prompt: str) -> str:
        while True:
            self._writer.write(f"{wrapped(prompt.removesuffix(':'))}: ")
            self._writer.flush()
            if self.shown:
                self.shown()
            try:
                line = self._reader.readline()
            except KeyboardInterrupt:
                self._writer.write("\n")  # what is said next stands on a line of its own
                raise
            if not line:
                raise Cancelled("the input ended before all questions were answered", hint="nothing was changed")
            line = line.strip()
            if line in _BACK:
                raise Back
            if line != _EXPLAIN or self.explain is None:
                return line
            self.say(self.explain())

    def _list(self, text: str, offer: Offer) -> Sequence[Choice]:
        """Read out the entries once they are all there, and return them."""
        while not offer.settled((), 0.0):
            self.say(offer.note)
            offer.settled((), _LISTING)
        entries = offer.entries()
        offer.settled([choice.value for choice in entries[:_LONG]], _DETAILS)
        if offer.note:
            self.say(offer.note)
        self.say(text)
        for number, choice in list(enumerate(entries, 1))[:_LONG]:
            more = offer.detail(choice.value)
            self.say(f"  {number}. {choice.label}{f', {more}' if more else ''}")
        if len(entries) > _LONG:
            self.say(f"  … and {len(entries) - _LONG} more: type a part of the name.")
        return entries

    def _narrowed(self, found: Sequence[Choice], choices: Sequence[Choice]) -> None:
        if not found:
            self.say("No entry has that number or name.")
            return
        self.say("Several fit:")
        for choice in found[:_LONG]:
            self.say(f"  {choices.index(choice) + 1}. {choice.label}")
        if len(found) > _LONG:
            self.say(f"  … and {len(found) - _LONG} more: type more of the name.")

    @staticmethod
    def _found(word: str, choices: Sequence[Choice]) -> list[Choice]:
        if word.isdecimal() and word.isascii() and 1 <= int(word) <= len(choices):
            return [choices[int(word) - 1]]
        exact = [choice for choice in choices if choice.value == word]
        return exact or [choice for choice in choices if word.casefold() in choice.label.casefold()]
