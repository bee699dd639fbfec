"""Profile and Region are asked for only where nothing tells them."""

from pathlib import Path

import pytest

from personalize_perms.cli.request import Request
from personalize_perms.cli.whereabouts import located
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
