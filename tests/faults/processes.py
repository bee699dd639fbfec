"""Runs of the program as processes of their own, forked from one that has imported it already."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE = 90.0
"""Seconds after which a run that does not end is killed, and its test fails."""


@dataclass(frozen=True)
class Ended:
    """A run that is over. `code` is negative if a signal ended it; `said` is both streams together."""

    code: int
    said: str


class Runs:
    """Starts runs. Each machine is a directory of its own: state, working directory, and what runs said."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._number = 0
        self._ask_number()

    def start(self, machine: Path, *words: str, delay: float = 0.0) -> "Run":
        """Start a run with the environment of this process, except for the machine's own directories."""
        work = machine / "work"
        work.mkdir(parents=True, exist_ok=True)
        self._number += 1
        said = machine / f"said-{self._number}"
        run = {
            "words": words,
            "environment": {**os.environ, "XDG_STATE_HOME": str(machine / "state")},
            "directory": str(work),
            "said": str(said),
            "delay": delay,
        }
        return Run(self, self._ask({"run": run}), said)

    def run(self, machine: Path, *words: str) -> Ended:
        return self.start(machine, *words).wait()

    def wait(self, pid: int) -> int:
        return self._ask({"wait": pid}, pid)

    def _ask(self, question: dict[str, Any], pid: int = 0) -> int:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(question).encode() + b"\n")
        self._process.stdin.flush()
        return self._ask_number(pid)

    def _ask_number(self, pid: int = 0) -> int:
        assert self._process.stdout
        if not select.select([self._process.stdout], [], [], PATIENCE)[0]:
            os.kill(pid or self._process.pid, signal.SIGKILL)
        return int(self._process.stdout.readline())


@dataclass(frozen=True)
class Run:
    """A run under way."""

    runs: Runs
    pid: int
    _said: Path

    def wait(self) -> Ended:
        code = self.runs.wait(self.pid)
        return Ended(code, self._said.read_text())


@contextmanager
def fork_server() -> Iterator[Runs]:
    script = Path(__file__).with_name("fork_server.py")
    with subprocess.Popen([sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield Runs(process)
        process.terminate()
