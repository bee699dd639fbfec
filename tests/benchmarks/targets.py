"""What the figures should be, and the section of the README that says what they are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks import audits
from benchmarks.main_job import CLI, FLOOR, PROGRAM
from benchmarks.results import Row, listed, table
from benchmarks.running import Figures

WORKERS = 32
"""Calls that the program lets travel at once."""
_TWO, _TEN, _MANY = "N = 2, 50 ms", "N = 10, 50 ms", "N = 1,000, 50 ms"


@dataclass(frozen=True, kw_only=True)
class Target:
    """One row: what was measured, and what it should be at most or, with `least`, at least."""

    what: str
    limit: float
    found: float
    unit: str = ""
    least: bool = False

    @property
    def met(self) -> bool:
        return self.found >= self.limit if self.least else self.found <= self.limit

    def __str__(self) -> str:
        sign = "≥" if self.least else "≤"
        cells = (f"{sign} {_number(self.limit)}{self.unit}", f"{_number(self.found)}{self.unit}")
        return f"| {self.what} | {' | '.join(cells)} | {'met' if self.met else '**missed**'} |"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) or value >= 1000 else f"{value:.2f}" if value < 10 else f"{value:.1f}"


class _Rows:
    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = listed(rows)

    def factor(self, what: str) -> float:
        return self._rows["start-up", what, PROGRAM].factor

    def __call__(self, case: str, what: str, who: str = PROGRAM) -> Figures:
        return self._rows[case, what, who].figures


def targets(rows: Sequence[Row]) -> Iterator[Target]:
    """Yield the targets of which everything that they look at was measured."""
    found = _Rows(rows)
    for ask in (_startup, _unchanged, _fresh, _than_the_cli, _buckets, _many, _audit):
        try:
            yield from list(ask(found))
        except KeyError:
            continue


def _startup(found: _Rows) -> Iterator[Target]:
    for words, limit in (("--version", 5), ("--help", 5), ("init --dry-run --offline --format json", 7)):
        yield Target(what=f"`{words}`: CPU beside `python -c pass`", limit=limit, found=found.factor(words), unit=" x")
    first = found("start-up", "first question").wall
    yield Target(what="first question of the wizard on the screen", limit=300, found=first * 1000, unit=" ms")


def _unchanged(found: _Rows) -> Iterator[Target]:
    floor = found(_TWO, "again", FLOOR)
    for words, what in (("apply", "again"), ("plan", "plan")):
        one = found(_TWO, what)
        yield Target(what=f"`{words}`, unchanged: calls", limit=16, found=one.calls)
        yield Target(what=f"`{words}`, unchanged: depth", limit=3, found=one.depth)
        yield Target(
            what=f"`{words}`, unchanged: time beside the botocore floor",
            limit=1.5,
            found=one.wall / floor.wall,
            unit=" x",
        )


def _fresh(found: _Rows) -> Iterator[Target]:
    one, floor = found(_TWO, "fresh"), found(_TWO, "fresh", FLOOR)
    yield Target(what="`apply`, fresh: calls", limit=45, found=one.calls)
    yield Target(what="`apply`, fresh: depth", limit=6, found=one.depth)
    yield Target(what="`apply`, fresh: time beside the botocore floor", limit=2, found=one.wall / floor.wall, unit=" x")
    peak = max(found(_TWO, what).peak for what in ("fresh", "again", "plan"))
    yield Target(what="`apply`, `plan`: peak memory", limit=60, found=peak, unit=" MiB")


def _than_the_cli(found: _Rows) -> Iterator[Target]:
    faster = found(_TWO, "fresh", CLI).wall / found(_TWO, "fresh").wall
    yield Target(what=f"`apply`, fresh: faster than {CLI}", limit=10, found=faster, unit=" x", least=True)


def _buckets(found: _Rows) -> Iterator[Target]:
    more = found(_TEN, "again").calls - found(_TWO, "again").calls
    yield Target(what="reads for each unchanged bucket", limit=3, found=more / 8)


def _ceiling(found: _Rows, one: Figures) -> float:
    """Return how long so many calls may take: what latency allows, or what botocore's processor time does."""
    floor = found(_MANY, "again", FLOOR)
    return max(1.3 * one.calls * 0.05 / WORKERS, one.calls * floor.cpu / floor.calls)


def _many(found: _Rows) -> Iterator[Target]:
    one = found(_MANY, "again")
    yield Target(what="`apply`, unchanged, 1,000 buckets: time", limit=_ceiling(found, one), found=one.wall, unit=" s")
    yield Target(what="`apply`, unchanged, 1,000 buckets: peak memory", limit=80, found=one.peak, unit=" MiB")


def _audit(found: _Rows) -> Iterator[Target]:
    one = found(audits.CASE, "audit")
    yield Target(
        what="`audit`, 1,000 buckets, 5,000 roles: time", limit=_ceiling(found, one), found=one.wall, unit=" s"
    )
    yield Target(what="`audit`, 1,000 buckets, 5,000 roles: peak memory", limit=80, found=one.peak, unit=" MiB")


def section(rows: Sequence[Row], about: Mapping[str, Any]) -> str:
    """Return what was measured as Markdown: the targets, then everything."""
    facts = ", ".join(f"{name} {value}" for name, value in about.items() if value)
    lines = [f"Measured: {facts}. N is the number of buckets, ms the latency of each request.", ""]
    lines += ["| target (N = 2, 50 ms, if nothing else is said) | should be | is | |", "|---|---:|---:|---|"]
    lines += [str(target) for target in targets(rows)]
    lines += ["", "<details><summary>All medians</summary>", "", table(rows), "</details>", ""]
    return "\n".join(lines)
