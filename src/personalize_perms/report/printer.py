"""Puts lines on a stream: with colour by rich on a terminal, plain everywhere else.

rich is imported only when colour is wanted: pipes, `--help` and the offline dry run do without it.
"""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, TextIO

from personalize_perms.model.errors import OutputFailed
from personalize_perms.report.lines import Line

if TYPE_CHECKING:
    from rich.console import Console

_NARROWEST: Final = 20
_STYLES: Final = {
    "create": "green",
    "update": "yellow",
    "delete": "red",
    "keep": "dim",
    "blocked": "bold red",
    "title": "bold",
    "dim": "dim",
    "warning": "yellow",
    "error": "bold red",
    "done": "green",
}


class Printer:
    """Writes lines to one stream. Identifiers are never cut: long lines wrap at the terminal's edge."""

    def __init__(self, stream: TextIO, *, colour: bool) -> None:
        self._stream = stream
        self._colour = colour
        self._console: Console | None = None

    def make_ready(self) -> None:
        """Import what gives colour now, where nobody waits for a line."""
        if self._colour and self._console is None:
            self._console = _console(self._stream)

    def lines(self, lines: Iterable[Line]) -> None:
        """Write the lines."""
        for line in lines:
            self.line(self._broken(line.text) if line.prose else line.text, line.style)

    def line(self, text: str = "", style: str = "") -> None:
        """Write one line; `text` is inert already. Raises `OutputFailed`, or `BrokenPipeError` if nobody reads."""
        try:
            self._write(text, style)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise unwritten(error) from error

    def _broken(self, text: str) -> str:
        """Return prose broken at the terminal's edge, further lines indented deeper; names in it are never cut."""
        width = _width(self._stream)
        if not width or len(text) <= width:
            return text
        import textwrap  # noqa: PLC0415 - only where something is broken

        indent = text[: len(text) - len(text.lstrip())] + "  "
        return textwrap.fill(
            text, max(width, _NARROWEST), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        )

    def _write(self, text: str, style: str) -> None:
        self.make_ready()
        if self._console is None:
            self._stream.write(text + "\n")
            self._stream.flush()
        else:
            self._console.print(text, style=_STYLES.get(style), soft_wrap=True)


def unwritten(error: OSError) -> OutputFailed:
    """Return the failure of a stream that cannot be written to."""
    return OutputFailed(
        "the output could not be written",
        reason=error.strerror or str(error),
        hint="make room, or send it elsewhere, then run the same command again",
    )


def wants_colour(stream: TextIO) -> bool:
    """Tell whether colour suits this stream: a terminal that is not dumb, and no NO_COLOR."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _width(stream: TextIO) -> int:
    """Return the columns of a terminal; 0 for anything else."""
    try:
        return int(os.environ.get("COLUMNS", "")) if stream.isatty() else 0
    except ValueError:
        pass
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        return 0


def _console(stream: TextIO) -> "Console":
    from rich.console import Console  # noqa: PLC0415 - only where colour is shown

    return Console(file=stream, markup=False, emoji=False, highlight=False, soft_wrap=True)
