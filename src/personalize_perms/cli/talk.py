"""What a command says while it runs: talk and progress on stderr, the result alone on stdout."""

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

from personalize_perms.cli.request import Request
from personalize_perms.model.changes import Change, Outcome
from personalize_perms.model.errors import OutputFailed
from personalize_perms.model.inert import inert
from personalize_perms.report import lines
from personalize_perms.report.lines import Line
from personalize_perms.report.printer import Printer, wants_colour

_STOPPING = "stopping after the calls under way; press Ctrl-C again to stop at once"
_QUIET_FOR = 2.0
"""Seconds between two lines about the same wait."""


class Talk:
    """The two streams of one run. It also hears the executor's progress, from several threads."""

    def __init__(self, request: Request) -> None:
        plain = request.no_color or request.offline
        self.out = Printer(sys.stdout, colour=not plain and not request.as_json and wants_colour(sys.stdout))
        self._err = Printer(sys.stderr, colour=not plain and wants_colour(sys.stderr))
        self._quiet = request.quiet
        # A signal's handler may speak while the thread that it interrupts does.
        self._lock = threading.RLock()
        self._said_at: dict[str, float] = {}

    def make_ready(self) -> None:
        """Do now what the first line would need time for."""
        self._err.make_ready()

    def say(self, said: Iterable[Line]) -> None:
        """Say something on stderr, unless quiet."""
        if not self._quiet:
            with self._lock:
                self._err.lines(said)

    def warn(self, said: Iterable[Line]) -> None:
        """Say something on stderr, also when quiet."""
        with self._lock:
            self._err.lines(said)

    @contextmanager
    def doing(self, what: str) -> Iterator[Callable[[int, int], None]]:
        """Say what takes a moment; what is yielded hears how far it is, and says so at most every other second."""
        self.say([Line(f"{what} ...", "dim")])
        begun = said = time.monotonic()

        def heard(done: int, known: int) -> None:
            nonlocal said
            now = time.monotonic()
            if now - said >= _QUIET_FOR and done < known:
                said = now
                self._mention([lines.progress_line(what, done, known, now - begun)])

        yield heard

    def finished(self, outcome: Outcome) -> None:
        """Hear what became of a change."""
        self._mention([lines.outcome_line(outcome)])

    def stopping(self) -> None:
        """Tell whoever pressed Ctrl-C that it was heard."""
        with suppress(BrokenPipeError, OutputFailed):
            self.warn([Line(_STOPPING, "warning")])

    def waiting(self, change: Change, why: str, elapsed: float, limit: float) -> None:
        """Hear that a change waits for AWS; said at most every other second."""
        now = time.monotonic()
        with self._lock:
            if now - self._said_at.get(change.resource, -_QUIET_FOR) < _QUIET_FOR:
                return
            self._said_at[change.resource] = now
        text = f"waiting {change.kind} {inert(change.resource)}: {elapsed:.0f} s of at most {limit:.0f} s"
        self._mention([Line(f"{text} ({inert(why)})", "dim")])

    def counted(self, what: str, done: int, total: int) -> None:
        """Hear how far a long reading is; said at most every other second, and how fast it goes."""
        now = time.monotonic()
        with self._lock:
            began = self._said_at.setdefault(f"began {what}", now)
            if now - self._said_at.setdefault("counted", now) < _QUIET_FOR:
                return
            self._said_at["counted"] = now
        of = f" of {total:,}" if total else ""
        rate = f", {done / (now - began):,.0f} a second" if now > began else ""
        self._mention([Line(f"read {done:,}{of} {what}{rate}", "dim")])

    def _mention(self, said: Iterable[Line]) -> None:
        """Say something that the work does not depend on: it goes on though nobody listens any more."""
        with suppress(BrokenPipeError, OutputFailed):
            self.say(said)
