"""How much memory a bucket takes: bounded, whatever the libraries take before the first one."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("the peak of a process is read from /proc", allow_module_level=True)

from benchmarks.job import write_settings
from benchmarks.running import Server

FEW, MANY = 20, 220
KIBIBYTES = 30
"""For each bucket: its policy as it is and as it would be, and what is shown of both. Measured: 15."""
RUN = """
import sys
from personalize_perms.cli.main import main
try:
    main(sys.argv[1:])
finally:
    lines = open('/proc/self/status').read().splitlines()
    sys.stderr.write('PEAK ' + next(line for line in lines if line.startswith('VmHWM')).split()[1])
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def peak(server: Server, folder: Path, buckets: int) -> int:
    """Return the peak of a plan for so many buckets, in KiB."""
    folder.mkdir()
    write_settings(folder, buckets)
    server.reset(buckets=buckets)
    words = [sys.executable, "-c", RUN, "plan", "--format", "json"]
    done = subprocess.run(words, cwd=folder, env=server.environment(folder), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return int(done.stderr.rpartition("PEAK ")[2])


def test_a_bucket_takes_little_memory(server: Server, tmp_path: Path) -> None:
    few, many = peak(server, tmp_path / "few", FEW), peak(server, tmp_path / "many", MANY)
    assert 0 < (many - few) / (MANY - FEW) <= KIBIBYTES
