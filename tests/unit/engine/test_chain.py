"""Records that hold together, whatever the moment at which the process that writes them is killed."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_perms.engine.chain import ChainedFile, unseal, whole_length

PAGE = 4096
LENGTHS = st.lists(st.integers(0, 3 * PAGE) | st.integers(3850, 4200), max_size=12)
KILLS = 25


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "records"


def appended(path: Path, lengths: list[int]) -> bytes:
    path.unlink(missing_ok=True)
    file = ChainedFile(os.open(path, os.O_CREAT | os.O_RDWR | os.O_APPEND))
    for number, length in enumerate(lengths):
        file.append({"text": "\\" * (length // 2), "number": number})
    file.close()
    return path.read_bytes()


def lines(content: bytes) -> Iterator[tuple[int, int]]:
    """Where each line begins and ends."""
    start = 0
    for line in content.splitlines(keepends=True):
        yield start, start + len(line)
        start += len(line)


@given(lengths=LENGTHS)
def test_what_was_written_is_read_and_no_line_reaches_over_the_end_of_a_page(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int]
) -> None:
    content = appended(tmp_path_factory.getbasetemp() / "chained", lengths)
    records, _ = unseal(content)
    assert [len(record) for record in records] == [
        len(f'{{"text": "", "number": {number}}}') + length // 2 * 2 for number, length in enumerate(lengths)
    ]
    assert whole_length(content) == len(content)
    assert all(start // PAGE == (end - 1) // PAGE for start, end in lines(content))


def test_a_record_without_its_last_line_counts_as_not_there_and_another_takes_its_place(path: Path) -> None:
    whole = appended(path, [100, 3 * PAGE])
    ends = [end for _, end in lines(whole)]
    first = ends[0]
    assert len(ends) == 5
    for end in ends[1:-1]:
        records, digest = unseal(whole[:end])
        assert (len(records), whole_length(whole[:end])) == (1, first)
        path.write_bytes(whole[:first])
        again = ChainedFile(os.open(path, os.O_RDWR | os.O_APPEND), digest)
        again.append({"number": 1})
        again.close()
        assert len(unseal(path.read_bytes())[0]) == 2


def test_a_line_of_which_only_a_part_is_there_is_torn(path: Path) -> None:
    whole = appended(path, [3 * PAGE])
    for end in (1, PAGE - 2, PAGE - 1, PAGE + 1, len(whole) - 1):
        with pytest.raises(ValueError, match="torn"):
            unseal(whole[:end])


def test_a_killed_process_leaves_whole_lines(path: Path) -> None:
    script = (
        "import os, sys; from personalize_perms.engine.chain import ChainedFile\n"
        "file = ChainedFile(os.open(sys.argv[1], os.O_CREAT | os.O_RDWR | os.O_APPEND))\n"
        "os.fsync = lambda _: None\n"  # so that most of the time goes into writing
        "print(flush=True)\n"
        "while True: file.append({'text': 'x' * 400_000})\n"
    )
    for seed in range(KILLS):
        path.unlink(missing_ok=True)
        with subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE) as process:
            assert process.stdout
            process.stdout.readline()
            time.sleep(random.Random(seed).random() / 100)
            process.kill()
        unseal(path.read_bytes())
