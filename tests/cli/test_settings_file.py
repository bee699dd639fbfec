import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from personalize_perms.cli import settings_file
from personalize_perms.model.errors import PersonalizePermsError, SettingsError
from personalize_perms.model.names import Arn, S3Location
from personalize_perms.model.options import BY_FIELD
from personalize_perms.model.settings import Hardening, Settings, Workflow

ROLE = "arn:aws:iam::123456789012:role/team/adopted"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "personalize-perms.toml"


def written(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8", newline="")
    return file


def test_keys_become_fields_and_values_stay_raw_texts(file: Path) -> None:
    written(
        file,
        'workflow = ["import", "batch"]\ninput = "s3://bucket-a/in/"\ntighten-trust = true\nregion = "eu-west-1"\n',
    )

    assert settings_file.read(file) == {
        "workflows": ("import", "batch"),
        "inputs": ("s3://bucket-a/in/",),
        "tighten_trust": True,
        "region": "eu-west-1",
    }


def test_a_key_may_be_spelled_with_underscores(file: Path) -> None:
    written(file, 'role_path = "/team/"\nexpect_account = "123456789012"\n')

    assert settings_file.read(file) == {"role_path": "/team/", "expect_account": "123456789012"}


def test_a_key_in_both_spellings_is_refused(file: Path) -> None:
    with pytest.raises(SettingsError, match="role-path is set twice"):
        settings_file.read(written(file, 'role-path = "/a/"\nrole_path = "/b/"\n'))


def test_an_unknown_key_is_refused_with_the_nearest_one(file: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        settings_file.read(written(file, 'worklow = ["import"]\n'))

    assert "'worklow' is not a setting" in caught.value.message
    assert str(file) in caught.value.message
    assert caught.value.hint == "did you mean workflow?"
    assert caught.value.exit_code == 2


def test_an_unknown_key_that_resembles_nothing_gets_the_list(file: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        settings_file.read(written(file, "zzzz = 1\n"))

    assert "kms-key" in caught.value.hint
    assert "expect-account" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "key", "kind", "right"),
    [
        ("account = 123456789012", "account", "is a number", 'account = "…"'),
        ('tighten-trust = "yes"', "tighten-trust", "is a string", "tighten-trust = true"),
        ("require-mfa = 1", "require-mfa", "is a number", "require-mfa = true"),
        ("input = [1]", "input", "holds a number", 'input = ["…", "…"]'),
        ("input = true", "input", "is true or false", 'input = ["…", "…"]'),
        ('name = ["a"]', "name", "is a list", 'name = "…"'),
        ("[name]", "name", "is a table", 'name = "…"'),
        ("name = 2024-01-01", "name", "is a date or time", 'name = "…"'),
    ],
)
def test_a_wrong_type_names_file_key_and_what_is_right(file: Path, text: str, key: str, kind: str, right: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings_file.read(written(file, text))

    assert caught.value.message == f"{file}: {key} {kind}"
    assert right in caught.value.hint


def test_broken_toml_names_the_line(file: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        settings_file.read(written(file, 'name = "a"\nrole-name = \n'))

    assert "line 2" in caught.value.reason


@pytest.mark.parametrize("content", [b"\xff\xfe", b"name = " + b"[" * 100_000])
def test_bytes_that_are_no_settings_are_refused(file: Path, content: bytes) -> None:
    file.write_bytes(content)

    with pytest.raises(SettingsError, match="is not TOML"):
        settings_file.read(file)


def test_a_missing_file_is_a_settings_error(file: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        settings_file.read(file)


def test_saving_writes_what_is_not_the_default_and_reads_back(file: Path) -> None:
    settings = Settings(
        name="shop",
        workflows=(Workflow.IMPORT, Workflow.BATCH),
        inputs=(S3Location.parse("s3://bucket-a/in/"),),
        role_arn=Arn.parse(ROLE),
        tighten_trust=True,
        tags=(("team", "a=b"),),
        hardening=Hardening.STRICT,
    )

    assert settings_file.save(file, settings, {"region": "eu-west-1"})

    assert settings_file.read(file) == {
        "name": "shop",
        "workflows": ("import", "batch"),
        "inputs": ("s3://bucket-a/in/",),
        "role_arn": ROLE,
        "tighten_trust": True,
        "tags": ("team=a=b",),
        "hardening": "strict",
        "region": "eu-west-1",
    }


def test_saving_the_same_again_does_not_touch_the_file(file: Path) -> None:
    settings = Settings(inputs=(S3Location.parse("s3://bucket-a"), S3Location.parse("s3://bucket-b")))
    settings_file.save(file, settings, {})
    before = file.stat()

    assert not settings_file.save(file, settings, {})
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_comments_order_spelling_and_foreign_content_survive(file: Path) -> None:
    written(
        file,
        "# ours\n"
        'role_path = "/old/" # the path\n'
        "input = [\n"
        '  "s3://bucket-a/x", # first\n'
        "  # why b\n"
        '  "s3://bucket-b",\n'
        "]\n"
        'user-access = "runtime"\n'
        "\n"
        "[other]\n"
        "x = 1\n",
    )
    inputs = (S3Location.parse("s3://bucket-a/x"), S3Location.parse("s3://bucket-c"))

    assert settings_file.save(file, Settings(role_path="/new/", inputs=inputs, name="shop"), {"region": "eu-west-1"})

    text = file.read_text(encoding="utf-8")
    assert text.startswith('# ours\nrole_path = "/new/" # the path\ninput = [\n  "s3://bucket-a/x", # first\n')
    assert "# why b" in text
    assert '"s3://bucket-c"' in text
    assert "s3://bucket-b" not in text
    assert "user-access" not in text
    assert text.endswith("\n[other]\nx = 1\n")
    assert text.index('name = "shop"') < text.index("[other]")
    assert text.index('region = "eu-west-1"') < text.index("[other]")


def test_a_single_string_for_a_repeatable_key_is_left_when_it_is_right(file: Path) -> None:
    written(file, 'input = "s3://bucket-a"\n')

    assert not settings_file.save(file, Settings(inputs=(S3Location.parse("s3://bucket-a"),)), {})


def test_windows_line_ends_stay(file: Path) -> None:
    written(file, '# ours\r\nname = "a" # why\r\n')

    settings_file.save(file, Settings(name="b"), {})

    assert file.read_bytes() == b'# ours\r\nname = "b" # why\r\n'


def test_the_mark_that_editors_of_windows_put_before_the_text_is_read_over_and_stays(file: Path) -> None:
    file.write_bytes(b'\xef\xbb\xbfname = "team"\n')

    assert settings_file.read(file) == {"name": "team"}
    assert settings_file.save(file, Settings(name="other"), {})
    assert file.read_bytes() == b'\xef\xbb\xbfname = "other"\n'


def test_a_file_that_is_not_toml_is_not_overwritten(file: Path) -> None:
    written(file, "not toml\n")

    with pytest.raises(SettingsError):
        settings_file.save(file, Settings(name="b"), {})

    assert file.read_text(encoding="utf-8") == "not toml\n"


@pytest.mark.skipif(sys.platform == "win32", reason="modes and links of POSIX")
def test_mode_and_symbolic_link_stay(tmp_path: Path) -> None:
    real = written(tmp_path / "real.toml", 'name = "a"\n')
    real.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(real)

    settings_file.save(link, Settings(name="b"), {})

    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert 'name = "b"' in real.read_text(encoding="utf-8")


def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    written(file, 'name = "a"\n')
    monkeypatch.setattr(Path, "replace", full)

    with pytest.raises(PersonalizePermsError, match="cannot be written"):
        settings_file.save(file, Settings(name="b"), {})

    assert [entry.name for entry in file.parent.iterdir()] == [file.name]
    assert file.read_text(encoding="utf-8") == 'name = "a"\n'


_locations = st.lists(st.sampled_from(["s3://aaa", "s3://bbb/in/", "s3://ccc/x y", "s3://ddd"]), unique=True)


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(before=_locations, after=_locations)
def test_any_change_of_a_list_reads_back_as_asked(file: Path, before: list[str], after: list[str]) -> None:
    file.unlink(missing_ok=True)
    parse = BY_FIELD["inputs"].parse
    assert parse is not None
    for texts in (before, after):
        settings_file.save(file, Settings(inputs=tuple(S3Location.parse(text) for text in texts)), {})

        assert settings_file.read(file).get("inputs", ()) == tuple(texts)


@pytest.mark.parametrize("key", ["sandbox", "offline"])
def test_a_switch_that_says_how_to_run_is_true_or_false(tmp_path: Path, key: str) -> None:
    path = tmp_path / "personalize-perms.toml"
    path.write_text(f"{key} = true\n")
    assert settings_file.read(path) == {key: True}
    path.write_text(f'{key} = "yes"\n')
    with pytest.raises(SettingsError, match=key):
        settings_file.read(path)
