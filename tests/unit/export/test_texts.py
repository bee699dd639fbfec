"""What is written is what is read back, by readers that others wrote, whatever stands in it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import hcl2
import pytest
import step_samples as samples
import yaml
from exported import evaluated, golden
from hypothesis import given, settings
from hypothesis import strategies as st

from personalize_perms.export import as_json, aws_cli, cloudformation, hcl_text, terraform, yaml_text
from personalize_perms.export.parcel import unseen
from personalize_perms.model.resources import ManagedPolicy, Role

# python-hcl2 reads an escaped template only if it ends; that it does is up to whoever wrote the text.
FREE = st.text(st.characters(exclude_categories=["Cs"]), max_size=12).filter(
    lambda text: "${" not in text and "%{" not in text
)
# Where pip puts it, whether or not the virtual environment is active.
SHELLCHECK = str(
    shutil.which("shellcheck", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
)
TEXTS = FREE | st.sampled_from(
    [
        "no",
        "~",
        "1",
        "1.0",
        "2012-10-17",
        "a: b",
        "- a",
        "#",
        "!Ref x",
        "${a}",
        "$${a}",
        "%{a}",
        "%%{a}",
        "a:b",
        ":",
        "x:",
    ]
)
LEAVES = st.none() | st.booleans() | st.integers(-9, 9) | TEXTS
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))


@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=3))
def test_yaml_reads_back(value: dict[str, Any]) -> None:
    assert yaml.safe_load("\n".join(yaml_text.block(value))) == value


@given(TEXTS)
def test_hcl_strings_read_back(text: str) -> None:
    written = "\n".join(hcl_text.body({"x": text}, 0))
    assert written.isascii()
    assert evaluated(hcl2.loads(f"{written}\n")["x"], {}) == text


@settings(max_examples=30)
@given(st.dictionaries(TEXTS.filter(bool), VALUES, min_size=1, max_size=3))
def test_hcl_documents_read_back(value: dict[str, Any]) -> None:
    written = "\n".join(hcl_text.body({"x": hcl_text.Call("jsonencode", value)}, 0))
    found = evaluated(hcl2.loads(f"{written}\n")["x"], {})
    assert found == json.loads(json.dumps(value))


@pytest.mark.parametrize("name", ["everything-documented", "adopted-role-strict"])
@pytest.mark.parametrize("place", samples.PLACES.values(), ids=samples.PLACES)
def test_the_scripts_are_posix_and_shellcheck_finds_nothing(name: str, place: Any, tmp_path: Any) -> None:
    export = aws_cli.export(unseen(golden(place)[name]))
    assert len(export.files) == 2
    for file, text in export.files.items():
        path = tmp_path / file
        path.write_text(text)
        assert subprocess.run(["sh", "-n", path]).returncode == 0
        found = subprocess.run([SHELLCHECK, "--shell=sh", path], capture_output=True, text=True)
        assert (found.returncode, found.stdout) == (0, "")


def test_shellcheck_would_find_a_mistake(tmp_path: Any) -> None:
    path = tmp_path / "x.sh"
    path.write_text(next(iter(aws_cli.export(unseen(golden(samples.AWS)["first-steps"])).files.values())) + "echo $1\n")
    assert subprocess.run([SHELLCHECK, "--shell=sh", path], capture_output=True).returncode == 1


@pytest.mark.parametrize("form", [cloudformation, terraform, aws_cli, as_json])
def test_the_same_set_up_is_always_the_same_text_and_can_be_shown_anywhere(form: Any) -> None:
    for desired in golden(samples.AWS).values():
        if form is cloudformation and not any(isinstance(one, Role | ManagedPolicy) for one in desired.resources):
            continue  # a template that holds nothing is refused
        once, again = (form.export(unseen(desired)) for _ in range(2))
        assert once == again
        for text in once.files.values():
            assert text.replace("\n", "").isascii()
            assert text.replace("\n", "").isprintable()
            assert text.endswith("\n")


def test_json_holds_every_resource_and_every_statement() -> None:
    for desired in golden(samples.AWS).values():
        found = json.loads(next(iter(as_json.export(unseen(desired)).files.values())))
        assert len(found["resources"]) == len(desired.resources)
        for entry, resource in zip(found["resources"], desired.resources, strict=True):
            assert entry.get("statements", []) == json.loads(json.dumps(getattr(resource, "statements", [])))
