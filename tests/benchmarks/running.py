"""Runs whole processes: how long, how much processor, how much memory, and what they asked of the server."""

import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Any, Self

REGION = "eu-west-1"
MOST_SECONDS = 900.0
_TESTS = Path(__file__).parent.parent


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Figures of one run, or the medians of several. Seconds and MiB."""

    wall: float
    cpu: float
    peak: float
    calls: int = 0
    depth: int = 0
    connections: int = 0


class Failed(Exception):  # noqa: N818 - named by what it is, as the program's own are
    """A process did not do what was to be measured."""


def run(words: Sequence[str], environment: Mapping[str, str], folder: Path, *, code: int = 0) -> Figures:
    """Run a process to its end and return its figures; raise `Failed` if it ends otherwise than with `code`."""
    out, err = folder / "stdout", folder / "stderr"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        begun = time.monotonic()
        process = subprocess.Popen(
            words, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr
        )
        _wait(process.pid, begun)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != code:
        said = err.read_text("utf-8", "replace")[-2000:] + out.read_text("utf-8", "replace")[-500:]
        raise Failed(f"{' '.join(words)[:200]} ended with {process.returncode}: {said}")
    return Figures(wall=wall, cpu=used.ru_utime + used.ru_stime, peak=mebibytes(used.ru_maxrss))


def mebibytes(most: int) -> float:
    """Return a peak in MiB; 0 where it is not known: Linux lets a process begin with the peak of the one before."""
    import resource  # noqa: PLC0415 - not on every system

    # Linux gives kibibytes, macOS bytes.
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return 0.0 if most <= resource.getrusage(resource.RUSAGE_SELF).ru_maxrss else most / unit


def _wait(pid: int, begun: float) -> None:
    """Wait without reaping; kill what takes too long."""
    if not hasattr(os, "pidfd_open"):
        return
    descriptor = os.pidfd_open(pid)
    try:
        left = MOST_SECONDS - (time.monotonic() - begun)
        if not select.select([descriptor], [], [], left)[0]:
            os.kill(pid, 9)
    finally:
        os.close(descriptor)


def medians(several: Sequence[Figures]) -> Figures:
    """Return the median of each figure."""
    columns = {name: median(getattr(one, name) for one in several) for name in asdict(several[0])}
    whole = ("calls", "depth", "connections")
    return Figures(**{name: round(value) if name in whole else value for name, value in columns.items()})


def depth(spans: Sequence[tuple[float, float]]) -> int:
    """Return the length of the longest chain of requests of which each began after the one before had ended."""
    longest, last = 0, float("-inf")
    for begun, ended in sorted(spans, key=lambda span: span[1]):
        if begun >= last:
            longest, last = longest + 1, ended
    return longest


class Server:
    """The lean AWS, in its own process, for as long as the `with` block lasts."""

    def __init__(self, python: str = sys.executable) -> None:
        environment = {**os.environ, "PYTHONPATH": str(_TESTS)}
        self._process = subprocess.Popen(
            [python, "-m", "benchmarks.server"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdout
        where = json.loads(self._process.stdout.readline())
        self._port: int = where["plain"]
        self.plain = f"http://127.0.0.1:{where['plain']}"
        self.secure = f"https://127.0.0.1:{where['secure']}"
        self.trusted: str = where["trusted"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def reset(self, **scenario: float) -> None:
        """Begin with a new account: `buckets`, `roles`; seconds of `latency` and for `connecting`."""
        self._ask("/-/reset", scenario)

    def forget(self) -> None:
        """Forget what was asked so far; the account stays."""
        self._ask("/-/forget", {})

    def asked(self) -> tuple[list[tuple[str, float, float, int]], int]:
        """Return operation, beginning, end and status of each request, and the number of connections."""
        found = self._ask("/-/calls", {})
        return [(name, begun, ended, status) for name, begun, ended, status in found["calls"]], found["connections"]

    def bucket_policies(self) -> dict[str, str]:
        """Return the text of every bucket policy as it is stored now."""
        return dict(self._ask("/-/texts", {}))

    def measured(self, words: Sequence[str], environment: Mapping[str, str], folder: Path, *, code: int = 0) -> Figures:
        """Run a process as `run` does, and count what it asks."""
        self.forget()
        found = run(words, environment, folder, code=code)
        calls, connections = self.asked()
        spans = [(begun, ended) for _, begun, ended, _ in calls]
        return replace(found, calls=len(calls), depth=depth(spans), connections=connections)

    def _ask(self, path: str, body: Mapping[str, float]) -> dict[str, Any]:
        # Not http.client: it brings TLS, and a child begins with what its parent needed as its peak.
        text = json.dumps(body)
        request = f"POST {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {len(text)}\r\n\r\n{text}"
        with socket.create_connection(("127.0.0.1", self._port), timeout=60) as connection:
            connection.sendall(request.encode())
            parts = []
            while part := connection.recv(1 << 20):
                parts.append(part)
        found: dict[str, Any] = json.loads(b"".join(parts).partition(b"\r\n\r\n")[2])
        return found

    def environment(self, home: Path, *, how: str = "plain") -> dict[str, str]:
        """Return the variables of a child: how it reaches the server, and a home of its own.

        `tls`: HTTPS with our certificate; `names`: AWS's own names, so a host for every bucket, through the proxy.
        """
        found = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(home),
            "XDG_STATE_HOME": str(home / "state"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE00",
            "AWS_SECRET_ACCESS_KEY": "benchmark",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": str(home / "no-config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(home / "no-credentials"),
            "NO_COLOR": "1",
            "COLUMNS": "100",
            "TERM": "xterm",
            "LANG": "C.UTF-8",
        }
        if how == "plain":
            return {**found, "AWS_ENDPOINT_URL": self.plain}
        found["AWS_CA_BUNDLE"] = self.trusted
        if how == "tls":
            return {**found, "AWS_ENDPOINT_URL": self.secure}
        return {**found, "HTTPS_PROXY": self.plain, "NO_PROXY": "169.254.169.254"}
