"""`audit` of a large account, where the program has it."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.job import program
from benchmarks.results import Row
from benchmarks.running import Server, medians

BUCKETS, ROLES, LATENCY = 1000, 5000, 0.05
CASE = f"{BUCKETS:,} buckets, {ROLES:,} roles, {LATENCY * 1000:.0f} ms"
_FINDINGS = 3


def measure(server: Server, rounds: int) -> Iterator[Row]:
    """Yield the medians of `audit`."""
    server.reset(buckets=BUCKETS, roles=ROLES, latency=LATENCY)
    with TemporaryDirectory() as home:
        folder = Path(home)
        words = [*program(), "audit", "--format", "json"]
        environment = server.environment(folder)
        several = [server.measured(words, environment, folder, code=_FINDINGS) for _ in range(rounds)]
    yield Row(case=CASE, what="audit", who="program", runs=rounds, figures=medians(several))
