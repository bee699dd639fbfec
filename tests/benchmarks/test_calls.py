"""How often the main job asks AWS, and how many of these requests wait for each other: counted at the wire."""

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.job import program, write_settings
from benchmarks.running import Server, depth

LATENCIES = (0.3, 1.0)
"""Long beside all that a machine has to do in between, so that the depth is the program's; the second one for a machine
that is so busy with other things that the first one was not long enough."""
APPLY = ("apply", "--yes", "--format", "json")
PLAN = ("plan", "--format", "json")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


class Runs:
    """Runs the program against the server, and counts."""

    def __init__(self, server: Server, folder: Path, buckets: int, latency: float = 0.0) -> None:
        self._server, self._folder = server, folder
        write_settings(folder, buckets)
        server.reset(buckets=buckets, latency=latency)

    def run(self, *words: str) -> tuple[Counter[str], int]:
        """Return how often each operation was called, and the depth."""
        self._server.forget()
        environment = self._server.environment(self._folder)
        done = subprocess.run([*program(), *words], cwd=self._folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr + done.stdout
        calls, _ = self._server.asked()
        return Counter(name for name, *_ in calls), depth([(begun, ended) for _, begun, ended, _ in calls])


@pytest.mark.parametrize(
    ("buckets", "fresh", "again", "deep"), [(1, 30, 13, (6, 3)), (2, 37, 16, (6, 3)), (10, 85, 40, (8, 5))]
)
def test_the_main_job_asks_little_and_waits_for_less(
    server: Server, tmp_path: Path, buckets: int, fresh: int, again: int, deep: tuple[int, int]
) -> None:
    depths: list[tuple[int, int]] = []
    for latency in LATENCIES:
        runs = Runs(server, tmp_path, buckets, latency)
        (first, first_depth), *later = [runs.run(*words) for words in (APPLY, APPLY, PLAN)]
        assert first.total() <= fresh
        for calls, _ in later:
            assert calls.total() <= again
            assert sum(count for name, count in calls.items() if name.startswith("s3:")) <= 3 * buckets
        depths.append((first_depth, min(depth for _, depth in later)))
        if depths[-1][0] <= deep[0] and depths[-1][1] <= deep[1]:
            return
    raise AssertionError(f"{depths} are deeper than {deep}")


def test_a_check_asks_no_more_than_a_plan(server: Server, tmp_path: Path) -> None:
    runs = Runs(server, tmp_path, 2)
    runs.run(*APPLY)
    planned, _ = runs.run(*PLAN)
    checked, _ = runs.run("check", "--format", "json")
    opinions = sum(count for name, count in checked.items() if "Simulate" in name or "access-analyzer" in name)
    assert checked.total() - opinions <= planned.total()


def test_nobody_elses_statement_is_lost_on_any_bucket(server: Server, tmp_path: Path) -> None:
    runs = Runs(server, tmp_path, 10)
    before = server.bucket_policies()
    runs.run(*APPLY)
    between = server.bucket_policies()
    assert all(
        len(json.loads(between[name])["Statement"]) > len(json.loads(before[name])["Statement"]) for name in before
    )
    runs.run("undo", "--yes")
    assert {name: json.loads(text) for name, text in server.bucket_policies().items()} == {
        name: json.loads(text) for name, text in before.items()
    }
