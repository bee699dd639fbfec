"""The main job, fresh and again, by the program and by everybody else, one after the other in every round."""

import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.job import peer, program, write_job, write_settings
from benchmarks.results import Row
from benchmarks.running import Figures, Server, medians

PROGRAM, FLOOR, FLOOR_32, RAW = "program", "botocore floor", "botocore floor, 32 workers", "raw floor"
SCRIPT, CLI = "boto3 script", "aws CLI script"
APPLY = ("apply", "--yes", "--format", "json")


@dataclass(frozen=True, kw_only=True)
class Case:
    """How many buckets, over which network."""

    buckets: int
    latency: float = 0.0
    how: str = "plain"
    connecting: float = 0.0
    rounds: int = 5
    contestants: Sequence[str] = (PROGRAM, FLOOR, FLOOR_32, RAW, SCRIPT)

    @property
    def name(self) -> str:
        parts = [f"N = {self.buckets:,}", f"{self.latency * 1000:.0f} ms"]
        parts += {"plain": [], "tls": ["TLS"], "names": ["TLS, a host for each bucket"]}[self.how]
        return ", ".join(parts)


def measure(server: Server, case: Case) -> Iterator[Row]:
    """Yield the medians of each contestant: fresh and again; of the program also plan, check and undo."""
    found: dict[tuple[str, str], list[Figures]] = defaultdict(list)
    for number in range(case.rounds):
        order = case.contestants if number % 2 == 0 else case.contestants[::-1]
        for who in order:
            with TemporaryDirectory() as folder:
                for what, figures in _one(server, case, who, Path(folder)):
                    found[who, what].append(figures)
    for (who, what), several in found.items():
        yield Row(case=case.name, what=what, who=who, runs=len(several), figures=medians(several))


def _one(server: Server, case: Case, who: str, folder: Path) -> Iterator[tuple[str, Figures]]:
    write_settings(folder, case.buckets)
    environment = server.environment(folder, how=case.how)
    server.reset(buckets=case.buckets, latency=case.latency, connecting=case.connecting)
    if who == PROGRAM:
        for what, words in _PROGRAM_RUNS.items():
            yield what, server.measured([*program(), *words], environment, folder)
        return
    job = write_job(folder, environment)
    words = {
        FLOOR: peer("botocore_floor", job, "16"),
        FLOOR_32: peer("botocore_floor", job, "32"),
        RAW: peer("raw_floor", job, "16"),
        SCRIPT: peer("boto3_script", job),
        CLI: peer("aws_cli", job),
    }
    for what in ("fresh", "again"):
        yield what, server.measured(words[who], environment, folder)


_PROGRAM_RUNS = {
    "fresh": APPLY,
    "again": APPLY,
    "plan": ("plan", "--format", "json"),
    "check": ("check", "--format", "json"),
    "undo": ("undo", "--yes", "--format", "json"),
}


def cases(*, latency: float, sizes: Sequence[int], rounds: int) -> Iterator[Case]:
    """Yield a case for each size; the more buckets, the fewer rounds and the fewer contestants."""
    for buckets in sizes:
        few = buckets >= 100
        contestants = [PROGRAM, FLOOR, FLOOR_32, RAW]
        contestants += [SCRIPT] if buckets <= 100 else []
        contestants += [CLI] if shutil.which("aws") and buckets == 2 and latency else []  # ten seconds and more
        yield Case(
            buckets=buckets, latency=latency, rounds=max(1, rounds // (3 if few else 1)), contestants=contestants
        )
