"""What is said at the end of a run: the shortest command that is true."""

from pathlib import Path

import pytest
from account import DATA, Account, Program

IN = f"s3://{DATA}/in/"


@pytest.fixture
def here(account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    account.bucket()
    return tmp_path


def said(text: str) -> list[str]:
    return [line.partition(": ")[2] for line in text.splitlines() if ": personalize-perms " in line]


def test_once_the_answers_are_saved_no_setting_needs_to_be_named(here: Path, program: Program) -> None:
    run = program.run("init", "--yes", "--input", IN, "--region", "eu-west-1")

    assert run.code == 0
    assert said(run.err)[-3:] == ["personalize-perms apply --yes", "personalize-perms check", "personalize-perms undo"]
    again = program.run("apply", "--yes")
    assert (again.code, again.writes) == (0, [])


def test_a_settings_file_of_another_name_is_named(here: Path, program: Program) -> None:
    (here / "my set-up.toml").touch()
    run = program.run("init", "--yes", "--input", IN, "-c", "my set-up.toml")

    assert "personalize-perms apply -c 'my set-up.toml' --yes" in said(run.err)
    again = program.run("apply", "-c", "my set-up.toml", "--yes")
    assert (again.code, again.writes) == (0, [])
    assert "personalize-perms apply -c 'my set-up.toml' --yes" in said(again.err)


def test_what_stands_in_no_file_is_named(here: Path, program: Program) -> None:
    run = program.run("apply", "--yes", "--input", IN)

    assert said(run.err)[-1:] == [f"personalize-perms apply --input {IN} --yes"]


def test_a_flag_beside_the_file_is_named_with_all_that_counted(here: Path, program: Program) -> None:
    (here / "personalize-perms.toml").write_text(f'input = ["{IN}"]\n')
    run = program.run("apply", "--yes", "--user-access", "analyst")

    assert said(run.err)[-1:] == [f"personalize-perms apply --input {IN} --user-access analyst --yes"]
