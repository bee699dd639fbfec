"""Measure everything, and show it: `python -m benchmarks --help`."""

import argparse
import datetime as dt
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import audits, main_job, results, startup, targets
from benchmarks.results import Row
from benchmarks.running import Failed, Server

_SETS = ("startup", "job", "scale", "tls", "audit", "evaluator")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"any of {', '.join(_SETS)}; all if none is named")
    parser.add_argument("--runs", type=int, default=5, help="paired runs of each case (default: 5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="save the medians")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the tables between the markers of a file")
    parser.add_argument("--compare", type=Path, nargs=2, metavar=("OLD", "NEW"), help="compare saved medians")
    parser.add_argument(
        "--from", type=Path, dest="saved", nargs="+", metavar="FILE", help="show saved medians, measure nothing"
    )
    found = parser.parse_args()
    unknown = set(found.sets) - set(_SETS)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    return found


def _measured(sets: set[str], runs: int) -> Iterator[Row]:
    with Server() as server, TemporaryDirectory() as folder:
        if "startup" in sets:
            yield from startup.measure(server, Path(folder), 4 * runs + 1)
        cases: list[main_job.Case] = []
        if "job" in sets:
            cases += main_job.cases(latency=0.0, sizes=(1, 2, 10), rounds=runs)
            cases += main_job.cases(latency=0.05, sizes=(1, 2, 10), rounds=runs)
        if "scale" in sets:
            cases += main_job.cases(latency=0.0, sizes=(100, 1000), rounds=runs)
            cases += main_job.cases(latency=0.05, sizes=(100, 1000), rounds=runs)
        if "tls" in sets:
            some = (main_job.PROGRAM, main_job.FLOOR, main_job.RAW, main_job.SCRIPT)
            cases.append(main_job.Case(buckets=2, latency=0.05, connecting=0.05, how="tls", contestants=some))
            for buckets, rounds in ((100, 3), (1000, 1)):
                those = (main_job.PROGRAM,)
                cases.append(
                    main_job.Case(
                        buckets=buckets, latency=0.05, connecting=0.05, how="names", rounds=rounds, contestants=those
                    )
                )
        for case in cases:
            try:
                yield from main_job.measure(server, case)
            except Failed as failure:
                sys.stderr.write(f"{case.name} could not be measured: {failure}\n")
        if "audit" in sets:
            yield from audits.measure(server, max(1, runs // 2))
    if "evaluator" in sets:
        from benchmarks import evaluator  # noqa: PLC0415 - last: what is in memory here, a child begins with

        yield from evaluator.measure()


def _about() -> dict[str, str | int]:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    found: dict[str, str | int] = {
        "commit": commit.stdout.strip(),
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "python": platform.python_version(),
        "machine": f"{platform.system()}, {os.cpu_count()} cores",
    }
    for library in ("boto3", "botocore", "urllib3"):
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = ""
    return found


def main() -> None:
    """Measure or load, then show, save and write."""
    asked = _arguments()
    if asked.compare:
        old, new = (results.load(path)[0] for path in asked.compare)
        sys.stdout.write(results.compared(old, new))
        return
    if asked.saved:
        rows, about = results.load(asked.saved[-1])
        rows = [row for path in asked.saved for row in results.load(path)[0]]
    else:
        rows, about = [], _about()
        for row in _measured(set(asked.sets or _SETS), asked.runs):
            rows.append(row)
            sys.stderr.write(
                f"{row.case}: {row.what}, {row.who}: {row.figures.wall:.2f} s, {row.figures.calls} calls\n"
            )
        about["load"] = f"{os.getloadavg()[0]:.1f}"
    if asked.json:
        results.save(asked.json, rows, about)
    text = targets.section(rows, about)
    sys.stdout.write(text)
    if asked.write:
        results.written(asked.write, text)


if __name__ == "__main__":
    main()
