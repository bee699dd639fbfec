"""Profile and Region are asked for only where nothing tells them."""

from dataclasses import replace
from pathlib import Path

import pytest

from personalize_perms.cli.request import Request
from personalize_perms.cli.whereabouts import located, seems_located
from personalize_perms.model.settings import Settings
from unit.wizard.scripted_prompter import ScriptedPrompter

REQUEST = Request(command="init", settings=Settings(), given={}, config=Path("personalize-perms.toml"))
PROFILE, REGION = "Which profile?", "In which Region do you use Amazon Personalize?"


@pytest.fixture
def profiles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "aws-config"
    config.write_text("[profile prod]\nregion = eu-central-1\n[profile test]\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))


@pytest.mark.usefixtures("profiles")
def test_nothing_is_asked_where_the_shell_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    prompter = ScriptedPrompter()
    assert located(REQUEST, prompter) is REQUEST
    assert prompter.asked == []


@pytest.mark.usefixtures("profiles")
def test_a_profile_is_chosen_where_there_are_no_credentials_and_it_tells_the_region(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    prompter = ScriptedPrompter("prod")
    assert located(REQUEST, prompter).profile == "prod"
    assert prompter.asked == [PROFILE]


def test_the_region_is_chosen_from_those_that_have_personalize() -> None:
    prompter = ScriptedPrompter("us-west-2")
    assert located(REQUEST, prompter).region == "us-west-2"
    assert prompter.asked == [REGION]
    assert "cn-north-1" in prompter.offered[REGION]
    assert "eu-north-1" not in prompter.offered[REGION]


@pytest.mark.parametrize(
    ("config", "environment", "profile", "seems"),
    [
        ("", {"AWS_REGION": "eu-west-1"}, None, True),
        ("", {"AWS_DEFAULT_REGION": "eu-west-1"}, None, True),
        ("", {}, None, False),
        ("", {"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": ""}, None, False),
        ("[default]\nregion = eu-west-1\n", {"AWS_ACCESS_KEY_ID": ""}, None, True),
        ("[default]\noutput = json\n", {"AWS_ACCESS_KEY_ID": ""}, None, False),
        ("[profile prod]\nregion = eu-west-1\n", {"AWS_ACCESS_KEY_ID": ""}, None, False),
        ("[profile prod]\nregion = eu-west-1\n", {"AWS_ACCESS_KEY_ID": ""}, "prod", True),
        ("[profile prod]\nregion = eu-west-1\n", {"AWS_PROFILE": "prod"}, None, True),
        ("[profile prod]\nregion = eu-west-1\nmfa_serial = arn:x\n", {}, "prod", False),
        ("[profile prod]\nregion = eu-west-1\n[profile x]\ncredential_process = y\n", {}, "prod", False),
        ("region = eu-west-1\n", {}, None, False),
        ("[default]\nregion = \xff\n", {}, None, False),
    ],
)
def test_whether_nothing_will_be_asked_is_guessed_without_importing_what_talks_to_aws(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    config: str,
    environment: dict[str, str],
    profile: str | None,
    seems: object,
) -> None:
    written = tmp_path / "aws-config"
    written.write_text(config, encoding="latin-1")
    for name, value in {"AWS_CONFIG_FILE": str(written), **environment}.items():
        monkeypatch.setenv(name, value)
    assert seems_located(replace(REQUEST, profile=profile)) is seems
