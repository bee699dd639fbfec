"""Start-up: processor time as a multiple of Python's own, and the time to the wizard's first question."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median

from benchmarks.job import ACCOUNT, program
from benchmarks.results import Row
from benchmarks.running import Failed, Figures, Server, mebibytes, medians, run

CASE = "start-up"
QUESTION = b"What will you do with Amazon Personalize?"
_OFFLINE = ["init", "--dry-run", "--offline", "--format", "json", "--account", ACCOUNT]
_BUCKETS = ["--input", "s3://acme-0000/in/", "--input", "s3://acme-0001/in/"]
_PATIENCE = 60.0


def measure(server: Server, folder: Path, rounds: int) -> Iterator[Row]:
    """Yield the figures of every way to start, one after the other in every round."""
    environment = server.environment(folder)
    words = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "--version": [*program(), "--version"],
        "--help": [*program(), "--help"],
        "init --dry-run --offline --format json": [*program(), *_OFFLINE, *_BUCKETS],
        "completion bash": [*program(), "completion", "bash"],
    }
    found: dict[str, list[Figures]] = {name: [] for name in words}
    for number in range(rounds + 1):
        for name, each in words.items():
            figures = run(each, environment, folder)
            if number:  # the first round compiles
                found[name].append(figures)
    bare = found["python -c pass"]
    for name, several in found.items():
        ratio = median(one.cpu / base.cpu for one, base in zip(several, bare, strict=True))
        yield Row(
            case=CASE,
            what=name,
            who="python" if several is bare else "program",
            runs=rounds,
            figures=medians(several),
            factor=ratio,
        )
    server.reset(buckets=10)
    questions = [first_question(environment, folder) for _ in range(rounds // 2 + 1)][1:]
    yield Row(case=CASE, what="first question", who="program", runs=len(questions), figures=medians(questions))


def first_question(environment: Mapping[str, str], folder: Path) -> Figures:
    """Return how long the wizard takes, in a terminal, until it asks."""
    ours, theirs = pty.openpty()
    begun = time.monotonic()
    try:
        process = subprocess.Popen(
            [*program(), "init"],
            env={**environment, "PROMPT_TOOLKIT_NO_CPR": "1"},
            cwd=folder,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
    finally:
        os.close(theirs)
    try:
        seen = b""
        while QUESTION not in seen:
            if time.monotonic() - begun > _PATIENCE or not select.select([ours], [], [], _PATIENCE)[0]:
                raise Failed(f"the wizard did not ask: {seen[-500:]!r}")
            seen += os.read(ours, 65536)
        wall = time.monotonic() - begun
    finally:
        process.send_signal(signal.SIGKILL)
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = -signal.SIGKILL
        os.close(ours)
    return Figures(wall=wall, cpu=used.ru_utime + used.ru_stime, peak=mebibytes(used.ru_maxrss))
