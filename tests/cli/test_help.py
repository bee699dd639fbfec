"""What `--help` and completion say, without a call and without a network."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from personalize_perms.cli.examples import EXAMPLES
from personalize_perms.cli.main import COMMANDS, cli
from personalize_perms.cli.options import SECTIONS
from personalize_perms.cli.profiles import profiles
from personalize_perms.model.options import OPTIONS


def shown(*words: str) -> str:
    done = CliRunner().invoke(cli, [*words, "--help"], prog_name="personalize-perms", terminal_width=100)
    assert done.exit_code == 0
    return done.output


@pytest.mark.parametrize("command", sorted(EXAMPLES))
def test_help_begins_with_examples_and_ends_with_environment_and_exit_codes(command: str) -> None:
    text = shown(command)
    sections = [line for line in text.splitlines() if line and not line.startswith(" ")]
    assert sections[1] == "Examples:"
    assert sections[-2:] == ["Environment:", "Exit codes:"]
    assert all(f"personalize-perms {words} " in text for _, words in EXAMPLES[command])


def test_every_command_with_settings_has_examples_that_parse() -> None:
    assert set(EXAMPLES) == set(COMMANDS) - {"completion"}
    for command, examples in EXAMPLES.items():
        known = cli.get_command(None, command)  # type: ignore[arg-type]
        assert known
        flags = {flag for param in known.params for flag in param.opts}
        for _, words in examples:
            assert words.split()[0] == command
            assert {word for word in words.split() if word.startswith("--")} <= flags, words


def test_every_setting_stands_in_a_section_of_its_subject() -> None:
    placed = [field for members in SECTIONS.values() for field in members]
    assert {option.field for option in OPTIONS} <= set(placed)
    assert len(placed) == len(set(placed))


def test_the_program_itself_says_what_exit_codes_mean() -> None:
    assert "130  Stopped by Ctrl-C" in shown()


def test_profiles_are_those_of_both_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(
        '[default]\nregion = a\n[profile team one]\n[profile "quoted"]\n[sso-session x]\n[services y]\n'
    )
    (tmp_path / "credentials").write_text("[legacy]\naws_access_key_id = 1\n[default]\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    assert profiles() == ["default", "legacy", "quoted", "team one"]


def test_files_that_are_not_there_or_not_readable_have_no_profiles(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").write_bytes(b"\xff\xfe nonsense [")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    assert profiles() == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [("init --profile te", ["plain,team"]), ("init --region eu-w", ["plain,eu-west-1"]), ("pla", ["plain,plan"])],
)
def test_completion_offers_live_profiles_regions_and_commands(words: str, expected: list[str], tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[profile team]\n[profile other]\n")
    line = f"personalize-perms {words}"
    done = subprocess.run(
        [sys.executable, "-c", "from personalize_perms.cli.main import cli; cli(prog_name='personalize-perms')"],
        env={
            **os.environ,
            "AWS_CONFIG_FILE": str(tmp_path / "config"),
            "_PERSONALIZE_PERMS_COMPLETE": "bash_complete",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(line.split()) - 1),
        },
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == expected
