"""The Terraform code before HashiCorp's own terraform and its AWS provider: form and schema."""

from itertools import islice
from pathlib import Path

import pytest
import step_samples as samples
from exported import every_set_up, golden, merged
from golden_samples import desire
from real_terraform import as_modules, ready

from personalize_perms.export import terraform
from personalize_perms.export.parcel import Parcel, unseen


def made(parcel: Parcel) -> str:
    return terraform.export(parcel).files[f"{parcel.desired.name}.tf"]


def texts(step: int) -> dict[str, str]:
    """Documents of others, adopted roles, grants, imports; and every `step`-th of all set-ups."""
    found = {}
    for partition, place in samples.PLACES.items():
        for name, desired in golden(place).items():
            if step == 1 or (partition == "aws" and not name.startswith("user-")):
                found[f"{partition}_{name}"] = made(unseen(desired))
                found[f"{partition}_{name}_merged"] = made(merged(desired))
    for name, settings, place in islice(every_set_up(), 0, None, step):
        found[name] = made(merged(desire(settings, place)))
    return found


@pytest.mark.parametrize("step", [29, pytest.param(1, marks=pytest.mark.long)])
def test_terraform_finds_nothing_to_correct_or_to_format(step: int, tmp_path: Path) -> None:
    found = texts(step)
    assert any("\nimport {" in text for text in found.values())
    modules = as_modules(tmp_path, found)
    judge = ready(tmp_path)
    assert judge.run("fmt", "-check", "-recursive", "-diff", codes=(0, 3)).stdout == ""
    judge.run("validate", "-no-color")

    broken = tmp_path / modules["aws_first-steps"] / "main.tf"
    broken.write_text(broken.read_text().replace("assume_role_policy", "trust_policy"))
    assert "trust_policy" in judge.run("validate", "-no-color", codes=(1,)).stderr
