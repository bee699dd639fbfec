"""Whoever waits sees how far it is: count, rate and an estimate, at most every other second, and not when quiet."""

from pathlib import Path

import pytest

from personalize_perms.cli import talk as talking
from personalize_perms.cli.request import Request
from personalize_perms.cli.talk import Talk
from personalize_perms.model.settings import Settings
from personalize_perms.report.lines import progress_line


class Watch:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    monkeypatch.setattr(talking, "time", watch)
    return watch


def said(capsys: pytest.CaptureFixture[str], watch: Watch, *, quiet: bool = False) -> list[str]:
    request = Request(command="plan", settings=Settings(), given={}, config=Path("x.toml"), quiet=quiet)
    with Talk(request).doing("Reading the account") as heard:
        for second in range(1, 8):
            watch.now = 100.0 + second
            heard(second * 100, 1000)
        watch.now += 5
        heard(1000, 1000)
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines()


def test_long_work_shows_count_rate_and_estimate_every_other_second(
    watch: Watch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(capsys, watch) == [
        "Reading the account ...",
        "Reading the account: 200 of 1,000 answers, 100 a second, about 8 s left",
        "Reading the account: 400 of 1,000 answers, 100 a second, about 6 s left",
        "Reading the account: 600 of 1,000 answers, 100 a second, about 4 s left",
    ]


def test_nothing_is_said_when_quiet(watch: Watch, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, watch, quiet=True) == []


def test_before_the_first_answer_there_is_no_estimate() -> None:
    assert progress_line("Reading", 0, 10, 2.5).text == "Reading: 0 of 10 answers, 0 a second"
