"""Flag before variable before settings file before default, for every setting alike."""

import json
from collections.abc import Mapping
from pathlib import Path

import click
import pytest

from personalize_perms.cli.apply import apply
from personalize_perms.cli.options import request_of
from personalize_perms.cli.request import Request
from personalize_perms.model.option import Option
from personalize_perms.model.options import BY_FIELD, OPTIONS
from personalize_perms.model.settings import Settings

IAM = "arn:aws:iam::123456789012"
TEXTS: Mapping[str, tuple[str, str, str]] = {
    "name": ("by-flag", "by-variable", "by-file"),
    "inputs": ("s3://flag/x/", "s3://variable", "s3://file/y/"),
    "outputs": ("s3://flag/x/", "s3://variable", "s3://file/y/"),
    "kms_keys": ("alias/flag", "alias/variable", "alias/file"),
    "kms_access": ("grant", "key-policy", "grant"),
    "role_name": ("flag", "variable", "file"),
    "role_path": ("/flag/", "/variable/", "/file/"),
    "role_arn": (f"{IAM}:role/flag", f"{IAM}:role/variable", f"{IAM}:role/file"),
    "role_description": ("By flag", "By variable", "By file"),
    "permissions_boundary": (f"{IAM}:policy/flag", f"{IAM}:policy/variable", f"{IAM}:policy/file"),
    "tags": ("by=flag", "by=variable", "by=file"),
    "user_policy_name": ("flag", "variable", "file"),
    "attach_users": ("flag", "variable", "file"),
    "attach_groups": ("flag", "variable", "file"),
    "attach_roles": ("flag", "variable", "file"),
    "assumable_by": (f"{IAM}:user/flag", f"{IAM}:user/variable", f"{IAM}:user/file"),
    "saml_provider": (f"{IAM}:saml-provider/flag", f"{IAM}:saml-provider/variable", f"{IAM}:saml-provider/file"),
    "oidc_provider": (f"{IAM}:oidc-provider/flag", f"{IAM}:oidc-provider/variable", f"{IAM}:oidc-provider/file"),
    "oidc_audience": ("flag", "variable", "file"),
    "oidc_subject": ("flag", "variable", "file"),
    "permission_set": ("flag", "variable", "file"),
    "assign_groups": ("flag", "variable", "file"),
    "assign_users": ("flag", "variable", "file"),
    "assign_accounts": ("111111111111", "222222222222", "333333333333"),
    "identity_center_region": ("us-east-1", "us-west-2", "eu-west-1"),
    "hardening": ("strict", "documented", "strict"),
    "source_conditions": ("all", "trust", "all"),
    "bucket_owners": ("flag=111122223333", "variable=111122223333", "file=111122223333"),
    "serve_accounts": ("111111111111", "222222222222", "333333333333"),
    "serve_org": ("o-aaaaaaaaaa", "o-bbbbbbbbbb", "o-cccccccccc"),
}


def texts(option: Option) -> tuple[str, str, str]:
    """The texts that flag, variable and file give."""
    if option.parse is None:
        return "true", "false", "true"
    return TEXTS[option.field] if option.field in TEXTS else (option.choices[1], option.choices[2], option.choices[3])


def value(option: Option, text: str) -> object:
    if option.parse is None:
        return text == "true"
    parsed = option.parse(text)
    return (parsed,) if option.repeatable else parsed


def asked(*words: str) -> Request:
    return request_of(apply.make_context("apply", list(words)), "apply")


@pytest.fixture(autouse=True)
def empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.key)
def test_flag_wins_over_variable_over_file_over_default(option: Option, monkeypatch: pytest.MonkeyPatch) -> None:
    by_flag, by_variable, by_file = texts(option)
    assert asked().settings == Settings()

    written = by_file if option.parse is None else json.dumps([by_file] if option.repeatable else by_file)
    Path("personalize-perms.toml").write_text(f"{option.key} = {written}\n")
    found = asked()
    assert getattr(found.settings, option.field) == value(option, by_file)
    assert found.given == {option.field: "file"}

    monkeypatch.setenv(option.variable, by_variable)
    found = asked()
    assert getattr(found.settings, option.field) == value(option, by_variable)
    assert found.given == {option.field: "variable"}

    found = asked(option.flag) if option.parse is None else asked(option.flag, by_flag)
    assert getattr(found.settings, option.field) == value(option, by_flag)
    assert found.given == {option.field: "flag"}


@pytest.mark.parametrize("option", [o for o in OPTIONS if o.repeatable], ids=lambda option: option.key)
def test_a_repeatable_setting_takes_several_values_in_every_spelling(
    option: Option, monkeypatch: pytest.MonkeyPatch
) -> None:
    several = texts(option)[:2]
    wanted = tuple(option.parse(text) for text in several) if option.parse else ()
    words = [word for text in several for word in (option.flag, text)]
    assert getattr(asked(*words).settings, option.field) == wanted
    monkeypatch.setenv(option.variable, " ".join(several))
    assert getattr(asked().settings, option.field) == wanted
    monkeypatch.delenv(option.variable)
    Path("mine.toml").write_text(f"{option.key} = {json.dumps(several)}\n")
    assert getattr(asked("--config", "mine.toml").settings, option.field) == wanted


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.key)
def test_an_empty_variable_is_no_answer(option: Option, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(option.variable, "")
    found = asked()
    assert found.settings == Settings()
    assert found.given == {}


def test_a_bad_value_is_refused_wherever_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("personalize-perms.toml").write_text('role-name = "a/b"\n')
    with pytest.raises(click.BadParameter) as by_file:
        asked()
    assert "'--role-name': 'a/b' is not a role name" in by_file.value.format_message()
    monkeypatch.setenv("PERSONALIZE_PERMS_ROLE_NAME", "c/d")
    with pytest.raises(click.BadParameter) as by_variable:
        asked()
    assert "'c/d' is not a role name" in by_variable.value.format_message()


def test_a_tag_with_a_space_can_be_given_by_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BY_FIELD["tags"].variable, "'team=data science' stage=prod")
    assert asked().settings.tags == (("team", "data science"), ("stage", "prod"))


def test_the_settings_file_beats_the_region_of_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("personalize-perms.toml").write_text('region = "eu-west-1"\n')
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    assert asked().region == "eu-west-1"


@pytest.mark.parametrize(
    ("field", "flag", "variables", "key"),
    [
        ("region", "--region", ("PERSONALIZE_PERMS_REGION",), "region"),
        ("profile", "--profile", ("PERSONALIZE_PERMS_PROFILE",), "profile"),
        ("expect_account", "--expect-account", ("PERSONALIZE_PERMS_EXPECT_ACCOUNT",), "expect-account"),
        ("account", "--account", ("PERSONALIZE_PERMS_ACCOUNT",), "account"),
    ],
)
def test_how_to_run_follows_the_same_order(
    field: str, flag: str, variables: tuple[str, ...], key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["eu-west-1", "us-east-1", "us-west-2", "us-east-2", "eu-central-1"]
    if "account" in field:
        texts = [str(number) * 12 for number in range(1, 6)]
    assert getattr(asked(), field) is None
    Path("personalize-perms.toml").write_text(f'{key} = "{texts[0]}"\n')
    assert getattr(asked(), field) == texts[0]
    for number, variable in enumerate(reversed(variables), 1):
        monkeypatch.setenv(variable, texts[number])
        assert getattr(asked(), field) == texts[number]
    assert getattr(asked(flag, texts[4]), field) == texts[4]
