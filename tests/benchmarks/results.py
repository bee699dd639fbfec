"""What was measured, as rows: for people as tables, for two commits as JSON, and beside the targets."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.running import Figures

BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"


@dataclass(frozen=True, kw_only=True)
class Row:
    """Medians of `runs` runs: who did what, in which case."""

    case: str
    what: str
    who: str
    runs: int
    figures: Figures
    factor: float = 0.0
    """What a target looks at where it is none of the figures: a ratio, or a rate."""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.case, self.what, self.who


def save(path: Path, rows: Sequence[Row], about: Mapping[str, Any]) -> None:
    path.write_text(json.dumps({"about": about, "rows": [asdict(row) for row in rows]}, indent=1), encoding="utf-8")


def load(path: Path) -> tuple[list[Row], dict[str, Any]]:
    data = json.loads(path.read_text(encoding="utf-8"))
    return [Row(**{**row, "figures": Figures(**row["figures"])}) for row in data["rows"]], data["about"]


def table(rows: Sequence[Row]) -> str:
    """Return all rows; the last column is the time beside the floor's in the same case."""
    floors = {(row.case, row.what): row.figures.wall for row in rows if row.who == "botocore floor"}
    lines = [
        "| case | what | who | calls | depth | wall s | CPU s | peak MiB | x floor |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        one, floor = row.figures, floors.get((row.case, row.what))
        beside = f"{one.wall / floor:.1f}" if floor else f"{row.factor:,.1f}" if row.factor else ""
        asked = f"{one.calls} | {one.depth}" if one.calls else " | "
        peak = f"{one.peak:.0f}" if one.peak else ""
        cells = f"{asked} | {one.wall:.2f} | {one.cpu:.2f} | {peak} | {beside}"
        lines.append(f"| {row.case} | {row.what} | {row.who} | {cells} |")
    return "\n".join(lines) + "\n"


def compared(old: Sequence[Row], new: Sequence[Row]) -> str:
    """Return what two commits have in common, old beside new."""
    before = {row.key: row for row in old}
    lines = ["| case | what | who | calls | depth | wall s | CPU s | peak MiB |", "|---|---|---|---|---|---|---|---|"]
    for row in new:
        if row.key not in before:
            continue
        was, now = before[row.key].figures, row.figures
        cells = [_change(was.calls, now.calls, "d"), _change(was.depth, now.depth, "d")]
        cells += [
            _change(was.wall, now.wall, ".2f"),
            _change(was.cpu, now.cpu, ".2f"),
            _change(was.peak, now.peak, ".1f"),
        ]
        lines.append(f"| {row.case} | {row.what} | {row.who} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _change(was: float, now: float, form: str) -> str:
    return f"{was:{form}} -> {now:{form}}" + (f" ({(now - was) / was:+.0%})" if was else "")


def written(path: Path, text: str) -> None:
    """Put the text between the markers of a file."""
    whole = path.read_text(encoding="utf-8")
    before, found, rest = whole.partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not found or not closed:
        raise SystemExit(f"{path} has no {BEGIN} ... {END}")
    path.write_text(f"{before}{BEGIN}\n{text}{END}{after}", encoding="utf-8")


def listed(rows: Iterable[Row]) -> dict[tuple[str, str, str], Row]:
    return {row.key: row for row in rows}
