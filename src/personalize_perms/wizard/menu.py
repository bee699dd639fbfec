"""A list that a person searches, moves in and ticks: what is found and what is in sight. Pure, and quick when long.

Only what is in sight is ever looked at, so 5,000 entries cost no more to draw than ten.
"""

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Final

from personalize_perms.model.values import dataclass
from personalize_perms.wizard.prompter import TYPE_IT, Choice

_INDENT: Final = 2
_NARROWEST: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One entry in sight: its lines on the screen, and whether the pointer is on it."""

    lines: tuple[str, ...]
    pointed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What is in sight, and how many found entries are above and below it."""

    rows: tuple[Row, ...]
    above: int
    below: int


@dataclass(slots=True, kw_only=True)
class Menu:
    """The state of one list. `ticked` counts only where `several` may be chosen."""

    several: bool
    ticked: set[str] = field(default_factory=set)
    typed: str = ""
    pointer: int = 0
    """Which of the found entries the pointer is on."""
    moved: bool = False
    """Whether the person has moved or ticked: then entries that arrive must not move the pointer."""
    _entries: Sequence[Choice] = ()
    _folded: list[str] = field(default_factory=list)
    _found: list[int] = field(default_factory=list)
    _top: int = 0

    def feed(self, entries: Sequence[Choice], default: str = "") -> None:
        """Take over the entries known by now; the pointer stays on its entry, at first on `default`."""
        if entries is self._entries:
            return
        wanted = self.pointed.value if (self.moved or self.typed) and self._found else default
        self._entries = entries
        self._folded = [choice.label.casefold() for choice in entries]
        self._search(range(len(entries)))
        self.pointer = next((at for at, one in enumerate(self._found) if entries[one].value == wanted), 0)

    @property
    def count(self) -> int:
        """How many entries there are, found or not; "type it" is none."""
        return sum(1 for choice in self._entries if choice.value != TYPE_IT.value)

    @property
    def found(self) -> Sequence[Choice]:
        """The entries that fit what was typed."""
        return [self._entries[one] for one in self._found]

    @property
    def pointed(self) -> Choice:
        """The entry under the pointer."""
        return self._entries[self._found[self.pointer]]

    @property
    def chosen(self) -> tuple[str, ...]:
        """The values of the ticked entries, in the order of the list."""
        return tuple(choice.value for choice in self._entries if choice.value in self.ticked)

    def type(self, text: str) -> None:
        """Search for what was typed so far and `text`: every word of it somewhere in the label."""
        self.typed += text
        # What did not fit fewer letters does not fit more.
        self._search(self._found)

    def erase(self, *, everything: bool = False) -> None:
        """Take back the last letter, or all."""
        self.typed = "" if everything else self.typed[:-1]
        self._search(range(len(self._entries)))

    def move(self, by: int, *, around: bool = True) -> None:
        """Move the pointer; at the end it goes on at the other, or stops there."""
        self.moved = True
        if self._found:
            last = len(self._found) - 1
            to = self.pointer + by
            self.pointer = to % (last + 1) if around else min(max(to, 0), last)

    def toggle(self) -> None:
        """Tick the entry under the pointer, or take the tick away."""
        self.moved = True
        if self._found:
            self.ticked ^= {self.pointed.value}

    def sight(self, width: int, height: int, detail: Callable[[str], str]) -> Sight:
        """Return what fits into so many lines around the pointer; of these entries `detail` says more."""
        lines = {self.pointer: self._lines(self.pointer, width, detail)} if self._found else {}
        first = last = self.pointer
        room = height - sum(_height(drawn, width) for drawn in lines.values())
        self._top = min(self._top, self.pointer)
        while room > 0 and (first > 0 or last < len(self._found) - 1):
            # First what was in sight above already, so that the list does not jump; then below; then whatever is left.
            up = first > self._top or last >= len(self._found) - 1
            at = first - 1 if up else last + 1
            drawn = self._lines(at, width, detail)
            room -= _height(drawn, width)
            if room < 0:
                break
            lines[at] = drawn
            first, last = min(first, at), max(last, at)
        self._top = first
        rows = tuple(Row(lines=lines[at], pointed=at == self.pointer) for at in sorted(lines))
        return Sight(rows=rows, above=first, below=max(len(self._found) - 1 - last, 0))

    def _lines(self, at: int, width: int, detail: Callable[[str], str]) -> tuple[str, ...]:
        choice = self._entries[self._found[at]]
        mark = ("[x] " if choice.value in self.ticked else "[ ] ") if self.several else ""
        more = detail(choice.value)
        label = f"{choice.label}   {more}" if more else choice.label
        start = f"{'>' if at == self.pointer else ' '} {mark}"
        wrapped = textwrap.wrap(
            label,
            max(width, len(start) + _NARROWEST),
            initial_indent=start,
            subsequent_indent=" " * (len(start) + _INDENT),
            break_long_words=False,  # the terminal breaks an ARN at its edge, where it can still be copied whole
            break_on_hyphens=False,
        )
        return tuple(wrapped or [start])

    def _search(self, among: Sequence[int]) -> None:
        """Find what fits among these entries; "type it" always does, and comes last."""
        before = self._found
        words = self.typed.casefold().split()
        typing = [one for one in among if self._entries[one].value == TYPE_IT.value]
        self._found = [
            one
            for one in among
            if self._entries[one].value != TYPE_IT.value and all(word in self._folded[one] for word in words)
        ] + typing
        if self._found != before or self.pointer >= len(self._found):
            self.pointer = self._top = 0


def _height(lines: tuple[str, ...], width: int) -> int:
    """Return how many lines of the terminal these take."""
    return sum(-(-max(len(line), 1) // width) for line in lines)
