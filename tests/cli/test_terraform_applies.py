"""HashiCorp's own terraform puts an export into effect, beside an account that the tool's own `apply` made."""

import json
import sys
from pathlib import Path

import pytest
from account import Account, Program
from fake_aws import REGION, FakeAws
from test_export_script import comparable, lived_in
from test_main_job import WHOLE

sys.path.append(str(Path(__file__).parents[1] / "unit" / "export"))

from real_terraform import Terraform, ready

pytestmark = pytest.mark.long
FORMS = [
    WHOLE,
    (*WHOLE, "--kms-access", "grant", "--hardening", "strict"),
    (*WHOLE, "--hardening", "strict", "--source-conditions", "all"),
]
_PROVIDER = """
provider "aws" {{
  region                      = "{region}"
  access_key                  = "testing"
  secret_key                  = "testing"
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  endpoints {{
    iam = "{url}"
    kms = "{url}"
    s3  = "{url}"
    sts = "{url}"
  }}
}}
"""


def code_for(aws: FakeAws, folder: Path, text: str) -> Terraform:
    folder.mkdir(exist_ok=True)
    (folder / "main.tf").write_text(text)
    (folder / "provider.tf").write_text(_PROVIDER.format(url=aws.url, region=REGION))
    return ready(folder)


def changes(terraform: Terraform) -> list[str]:
    """What terraform plans, by address; nothing if the account is as its code says."""
    terraform.run("plan", "-input=false", "-no-color", "-out=plan.bin")
    shown = json.loads(terraform.run("show", "-json", "plan.bin").stdout)
    return [one["address"] for one in shown.get("resource_changes", []) if one["change"]["actions"] != ["no-op"]]


def is_clean(program: Program, *settings: str) -> None:
    """Nothing is missing, and `apply` has nothing to do; unproven source conditions stay unknown."""
    checked = program.json("check", *settings)
    denied = [one for one in checked.data["findings"] if one["verdict"] == "denied"]
    assert (checked.code, denied) == (0, [])
    program.is_silent(*settings)


@pytest.mark.parametrize("settings", FORMS)
def test_terraform_leaves_an_account_as_apply_does(
    settings: tuple[str, ...], aws: FakeAws, account: Account, program: Program, tmp_path: Path
) -> None:
    lived_in(account)
    made = program.run("export", "terraform", *settings)
    assert (made.code, made.writes) == (0, [])
    terraform = code_for(aws, tmp_path / "code", made.out)
    terraform.run("apply", "-input=false", "-no-color", "-auto-approve")
    by_code = comparable(account)
    assert changes(terraform) == []
    is_clean(program, *settings)

    program.run("undo", "--yes", *settings)
    program.apply(*settings)
    assert comparable(account) == by_code


def test_what_apply_made_is_imported_without_a_change(
    aws: FakeAws, account: Account, program: Program, tmp_path: Path
) -> None:
    lived_in(account)
    program.apply(*WHOLE)
    before = comparable(account)
    terraform = code_for(aws, tmp_path / "code", program.run("export", "terraform", *WHOLE).out)
    terraform.run("apply", "-input=false", "-no-color", "-auto-approve")
    assert comparable(account) == before
    assert changes(terraform) == []
    is_clean(program, *WHOLE)
