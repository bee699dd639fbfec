"""The command `export`: no call without the account, nothing but the result on stdout, no file of others touched."""

import json
import os
import stat
from pathlib import Path

import pytest
from account import DATA, RESULTS, Account, Program, document, policy_arn
from fake_aws import FakeAws, refuses
from test_export_script import lived_in, same_meaning
from test_main_job import INPUT, WHOLE

from personalize_perms.model import ownership

FORMS = ("cloudformation", "terraform", "aws-cli", "json")
OFFLINE = ("--offline", "--account", "111122223333", "--region", "eu-west-1")


@pytest.mark.parametrize("form", FORMS)
def test_without_the_account_no_call_is_made_and_no_credentials_are_needed(
    form: str, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name)
    made = program.run("export", form, *OFFLINE, *INPUT)
    assert (made.code, made.calls) == (0, ())
    assert made.out.strip()
    named = f"Not in the export: bucket-policy {DATA}" in made.err
    assert named == (form in ("cloudformation", "terraform"))


@pytest.mark.parametrize("form", FORMS)
def test_with_the_account_nothing_is_written_and_nothing_secret_is_in_it(
    form: str, account: Account, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived_in(account)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "do-not-tell")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "never-ever")
    made = program.run("export", form, *WHOLE)
    assert (made.code, made.writes) == (0, [])
    assert not any(word in made.out + made.err for word in ("do-not-tell", "never-ever", "testing", "127.0.0.1:1"))
    quiet = program.run("export", form, "--quiet", *WHOLE)
    assert quiet.out == made.out


def test_what_is_missing_is_said_at_once(program: Program) -> None:
    made = program.run("export", "terraform", "--offline", *INPUT)
    assert (made.code, made.out) == (2, "")
    assert "--account" in made.err
    made = program.run("export", "cloudformation", *OFFLINE)
    assert (made.code, made.out) == (2, "")
    assert "--input" in made.err
    assert program.run("export", "pulumi", *OFFLINE).code == 2
    assert program.run("export", "json", "--undo", *OFFLINE, *INPUT).code == 2


def test_a_conflict_in_the_account_is_no_export(account: Account, program: Program) -> None:
    account.bucket(DATA)
    account.policy("personalize-user-access")
    made = program.run("export", "terraform", *INPUT)
    assert (made.code, made.out) == (1, "")
    assert policy_arn("personalize-user-access") in made.err


@pytest.mark.parametrize("form", ["cloudformation", "terraform"])
def test_a_policy_that_may_not_be_read_is_left_out_and_never_taken_for_none(
    form: str, account: Account, aws: FakeAws, program: Program
) -> None:
    account.bucket(DATA)
    aws.on("GetBucketPolicy", refuses("AccessDenied", 403))
    made = program.run("export", form, *INPUT)
    assert made.code == 1
    assert f"NOT IN HERE: bucket-policy {DATA}" in made.out
    assert "not allowed s3:GetBucketPolicy" in made.err


def test_the_envelope_holds_the_files_and_what_is_left_out(program: Program) -> None:
    made = program.json("export", "aws-cli", *OFFLINE, *INPUT)
    assert [file["name"] for file in made.data["files"]] == ["personalize-setup.sh", "personalize-undo.sh"]
    made = program.json("export", "terraform", *OFFLINE, *INPUT)
    assert [one["resource"] for one in made.data["left_out"]] == [f"bucket-policy {DATA}"]


def test_files_are_written_whole_and_scripts_may_be_run(program: Program) -> None:
    for form, names in (("aws-cli", ("personalize-setup.sh", "personalize-undo.sh")), ("json", ("personalize.json",))):
        made = program.run("export", form, "--out", ".", *OFFLINE, *INPUT)
        assert (made.code, made.out) == (0, "")
        for name in names:
            assert os.access(name, os.X_OK) == name.endswith(".sh")
            assert stat.S_IMODE(Path(name).stat().st_mode) & 0o022 == 0
        assert program.run("export", form, "--out", ".", *OFFLINE, *INPUT).code == 0
    assert sorted(path.name for path in Path().iterdir()) == [
        "personalize-setup.sh",
        "personalize-undo.sh",
        "personalize.json",
    ]
    made = program.run("export", "aws-cli", "--out", "go.sh", *OFFLINE, *INPUT)
    assert sorted(path.name for path in Path().glob("go*")) == ["go-undo.sh", "go.sh"]
    assert Path("go.sh").read_text() == program.run("export", "aws-cli", *OFFLINE, *INPUT).out
    assert Path("go-undo.sh").read_text() == program.run("export", "aws-cli", "--undo", *OFFLINE, *INPUT).out


def test_a_file_of_others_is_never_overwritten(program: Program, tmp_path: Path) -> None:
    Path("go-undo.sh").write_text("#!/bin/sh\nexit 1\n")
    made = program.run("export", "aws-cli", "--out", "go.sh", *OFFLINE, *INPUT)
    assert made.code == 2
    assert Path("go-undo.sh").read_text() == "#!/bin/sh\nexit 1\n"
    assert not Path("go.sh").exists()
    made = program.run("export", "json", "--out", "no/such/folder/x.json", *OFFLINE, *INPUT)
    assert made.code == 2
    assert "cannot write" in made.err


def test_json_holds_the_document_as_it_would_be_stored(account: Account, program: Program) -> None:
    lived_in(account)
    made = program.run("export", "json", *WHOLE)
    found = json.loads(made.out)
    planned = program.json("plan", *WHOLE).documents()
    for entry in found["resources"]:
        if entry["kind"] == "bucket-policy":
            assert same_meaning(entry["document"], planned["bucket-policy", entry["bucket"]])
            assert entry["statements_of_others"] == (3 if entry["bucket"] == DATA else 0)
    assert {entry["bucket"] for entry in found["resources"] if entry["kind"] == "bucket-policy"} == {DATA, RESULTS}


def test_what_exists_keeps_its_tags_boundary_and_ledger(account: Account, program: Program) -> None:
    first, second = account.key(), account.key()
    account.bucket(DATA)
    limits = account.policy("limits")
    program.apply(*INPUT, "--kms-key", first)
    account.iam.tag_role(RoleName="personalize-service-role", Tags=[{"Key": "cost", "Value": "7"}])
    account.iam.put_role_permissions_boundary(RoleName="personalize-service-role", PermissionsBoundary=limits)
    account.iam.tag_policy(PolicyArn=policy_arn("personalize-service-access"), Tags=[{"Key": "cost", "Value": "8"}])
    made = program.run("export", "json", *INPUT, "--kms-key", second)
    found = {entry["name"]: entry for entry in json.loads(made.out)["resources"] if "name" in entry}
    role, policy = found["personalize-service-role"], found["personalize-service-access"]
    assert (role["boundary_arn"], role["tags"]["cost"], policy["tags"]["cost"]) == (limits, "7", "8")
    remembered = ownership.read_ledger(policy["tags"])
    assert {f"k/eu-west-1/{key.rpartition('/')[2]}" for key in (first, second)} <= remembered


def test_terraform_imports_what_exists_and_nothing_else(account: Account, program: Program) -> None:
    key = lived_in(account)
    made = program.run("export", "terraform", *WHOLE)
    assert made.out.count("\nimport {") == 2  # the policies of a bucket and of the key
    assert f'id = "{DATA}"' in made.out
    assert f'id = "{key.rpartition("/")[2]}"' in made.out
    program.apply(*WHOLE)
    made = program.run("export", "terraform", *WHOLE)
    assert made.out.count("\nimport {") == made.out.count("\nresource ")


def test_an_adopted_role_is_left_out_or_imported_with_the_trust_of_others(account: Account, program: Program) -> None:
    account.bucket(DATA)
    glue = {
        "Sid": "Glue",
        "Effect": "Allow",
        "Principal": {"Service": "glue.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    arn = account.role("theirs", document(glue))
    made = program.run("export", "cloudformation", *INPUT, "--role-arn", arn)
    assert f"NOT IN HERE: trust-policy {arn}" in made.out
    made = program.run("export", "terraform", *INPUT, "--role-arn", arn)
    assert 'Sid    = "Glue"' in made.out
    made = program.run("export", "terraform", *OFFLINE[:2], "123456789012", *OFFLINE[3:], *INPUT, "--role-arn", arn)
    assert f"NOT IN HERE: trust-policy {arn}" in made.out
