"""A person at a terminal: types keys, and reads the screen as it looks."""

import os
import re
import sys
import time
from pathlib import Path

import pexpect
import pyte

DOWN, UP, RIGHT, LEFT, F2 = "\x1b[B", "\x1b[A", "\x1b[C", "\x1b[D", "\x1bOQ"
ESC, CTRL_C, CTRL_D, ENTER, SPACE = "\x1b", "\x03", "\x04", "\r", " "
PATIENCE = 60.0


class Terminal:
    """`personalize-perms` in a pseudo-terminal of a given width; its result goes to a file, as with `> result`."""

    def __init__(
        self, directory: Path, *arguments: str, columns: int = 80, answers: bool = False, **environment: str
    ) -> None:
        """Start the program; a terminal that `answers` tells where the cursor is when it is asked, as real ones do."""
        self._result = directory / "stdout"
        self._screen = pyte.HistoryScreen(columns, 40, history=10_000, ratio=1.0)
        self._stream = pyte.Stream(self._screen)
        self.received = ""
        command = 'exec "$0" -m personalize_perms "$@" > "$RESULT"'
        self._child = pexpect.spawn(
            "/bin/sh",
            ["-c", command, sys.executable, *arguments],
            cwd=str(directory),
            env={
                **os.environ,
                "TERM": "xterm-256color",
                "PROMPT_TOOLKIT_NO_CPR": "" if answers else "1",
                "RESULT": str(self._result),
                "COLUMNS": str(columns),
                **environment,
            },
            dimensions=(40, columns),
            encoding="utf-8",
            timeout=PATIENCE,
        )
        if answers:
            self._screen.write_process_input = self._child.send

    def type(self, *keys: str) -> None:
        """Press the keys, each on its own as a person does."""
        for key in keys:
            time.sleep(0.1)
            self._child.send(key)

    def read_until(self, words: str) -> str:
        """Return all that is on the screen and above it once `words` appear on the screen."""
        deadline = time.monotonic() + PATIENCE
        while words not in _joined(self._screen.display):
            self._feed(deadline, words)
        return self.transcript

    def resize(self, columns: int) -> None:
        """Make the window that wide."""
        self._child.setwinsize(40, columns)
        self._screen.resize(40, columns)

    @property
    def screen(self) -> str:
        """What is in the window now, one blank between words."""
        return _joined(self._screen.display)

    def end(self) -> int:
        """Return the exit code, once the program has ended."""
        deadline = time.monotonic() + PATIENCE
        try:
            while True:
                self._feed(deadline, "the end of the program")
        except pexpect.EOF:
            self._child.close()
        return int(self._child.exitstatus)

    @property
    def transcript(self) -> str:
        """Everything that was shown, one blank between words whatever the width."""
        above = [
            "".join(line[column].data for column in range(self._screen.columns)) for line in self._screen.history.top
        ]
        return _joined([*above, *self._screen.display])

    @property
    def folded(self) -> str:
        """Everything that was shown without its blanks: what the edge of the screen folded is in one piece again."""
        return "".join(self.transcript.split())

    @property
    def result(self) -> str:
        """What the program wrote to standard output."""
        return self._result.read_text(encoding="utf-8")

    def _feed(self, deadline: float, awaited: str) -> None:
        assert time.monotonic() < deadline, f"{awaited!r} did not appear; the screen:\n" + "\n".join(
            self._screen.display
        )
        try:
            text = self._child.read_nonblocking(65_536, timeout=0.2)
        except pexpect.TIMEOUT:
            return
        self.received += text
        self._stream.feed(text)


def _joined(lines: list[str]) -> str:
    return re.sub(r"\s+", " ", " ".join(line.rstrip() for line in lines))
