"""Questions as plain lines: for screen readers, dumb terminals, and terminals that cannot be drawn on.

Nothing is redrawn and no key but Enter acts, so what was written stays written and can be read aloud.
"""

import shutil
import textwrap
from collections.abc import Callable, Sequence
from typing import Final, TextIO

from personalize_perms.model.errors import Cancelled
from personalize_perms.wizard.prompter import Back, Choice

_BACK: Final = "<"
_NOTHING: Final = "-"
_LONG: Final = 30
"""More entries than this are not read out; a part of the name narrows them first."""


def wrapped(text: str) -> str:
    """Return `text` in lines of the terminal's width; an ARN or URL is never broken."""
    width = max(shutil.get_terminal_size().columns - 2, 20)
    return "\n".join(
        textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False) for line in text.split("\n")
    )


class PlainPrompter:
    """Asks by lines on `writer` and reads lines from `reader`."""

    keys = f"Every answer ends with Enter. A line with only {_BACK} goes back, Ctrl-C leaves."

    def __init__(self, reader: TextIO, writer: TextIO) -> None:
        self._reader = reader
        self._writer = writer

    def say(self, text: str) -> None:
        """Show a line."""
        self._writer.write(f"{wrapped(text)}\n")
        self._writer.flush()

    def choose(self, text: str, choices: Sequence[Choice], *, default: str = "") -> str:
        """Return the value of the entry whose number, or a part of whose name, was typed."""
        values = [choice.value for choice in choices]
        preset = str(values.index(default) + 1) if default in values else "1"
        self._list(text, choices)
        while True:
            found = self._found(self._line(f"Number, or part of a name [{preset}]") or preset, choices)
            if len(found) == 1:
                return found[0].value
            self._narrowed(found, choices)

    def choose_many(
        self, text: str, choices: Sequence[Choice], *, default: Sequence[str] = (), required: bool = True
    ) -> tuple[str, ...]:
        """Return the values of the entries whose numbers were typed, in the order of the list."""
        preset = " ".join(str(number) for number, choice in enumerate(choices, 1) if choice.value in default)
        self._list(text, choices)
        while True:
            words = (self._line(f"Numbers, separated by spaces [{preset or 'none'}]") or preset).replace(",", " ")
            found = [self._found(word, choices) for word in words.split()] if words != "none" else []
            unclear = next((entries for entries in found if len(entries) != 1), None)
            if unclear is not None:
                self._narrowed(unclear, choices)
            elif found or not required:
                chosen = {entries[0].value for entries in found}
                return tuple(choice.value for choice in choices if choice.value in chosen)
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
        self._writer.write(f"{wrapped(prompt)}: ")
        self._writer.flush()
        line = self._reader.readline()
        if not line:
            raise Cancelled("the input ended before all questions were answered", hint="nothing was changed")
        line = line.strip()
        if line in {_BACK, "\x1b"}:
            raise Back
        return line

    def _list(self, text: str, choices: Sequence[Choice]) -> None:
        self.say(text)
        for number, choice in list(enumerate(choices, 1))[:_LONG]:
            self.say(f"  {number}. {choice.label}")
        if len(choices) > _LONG:
            self.say(f"  … and {len(choices) - _LONG} more: type a part of the name.")

    def _narrowed(self, found: Sequence[Choice], choices: Sequence[Choice]) -> None:
        if not found:
            self.say("No entry has that number or name.")
            return
        self.say("Several fit:")
        for choice in found[:_LONG]:
            self.say(f"  {choices.index(choice) + 1}. {choice.label}")

    @staticmethod
    def _found(word: str, choices: Sequence[Choice]) -> list[Choice]:
        if word.isdecimal() and word.isascii() and 1 <= int(word) <= len(choices):
            return [choices[int(word) - 1]]
        exact = [choice for choice in choices if choice.value == word]
        return exact or [choice for choice in choices if word.casefold() in choice.label.casefold()]
