"""Accounts that other engines made from an export, beside one that the tool's own `apply` made."""

import pytest
from account import DATA, Account, Program, policy_arn, user_arn
from code_engine import apply_code
from fake_aws import ACCOUNT, REGION, FakeAws
from stack_engine import deploy
from stand_in_aws import StandInAws
from test_export_script import comparable, is_clean, lived_in, scripts
from test_main_job import WHOLE

FORMS = [WHOLE, (*WHOLE, "--hardening", "strict", "--source-conditions", "all")]


def untagged(found: dict[str, object]) -> dict[str, object]:
    """What the account means but for the tags of policies, which CloudFormation cannot set."""
    policies = found["policies"]
    assert isinstance(policies, dict)
    return {**found, "policies": {name: rest for name, (*rest, _) in policies.items()}}


@pytest.mark.parametrize("settings", FORMS)
def test_a_stack_leaves_an_account_as_apply_does(
    settings: tuple[str, ...], aws: FakeAws, account: Account, program: Program
) -> None:
    lived_in(account, encrypted=False)
    made = program.run("export", "cloudformation", *settings)
    assert (made.code, made.writes) == (0, [])
    deploy(aws, made.out)
    by_stack = comparable(account)
    checked = program.json("check", *settings)
    worse = [one for one in checked.data["findings"] if (one["severity"], one["verdict"]) == ("medium", "denied")]
    assert (checked.code, worse) == (0, [])
    planned = program.json("plan", *settings)
    assert {kind for kind, _ in planned.changes("create", "update", "delete", "blocked")} == {"policy-tags"}

    program.apply(*settings)
    assert untagged(comparable(account)) == untagged(by_stack)


def test_what_a_stack_cannot_hold_is_left_to_the_script_and_then_all_is_well(
    aws: FakeAws, account: Account, program: Program, shell: StandInAws
) -> None:
    settings = (*WHOLE, "--kms-access", "grant")
    key = lived_in(account)
    made = program.run("export", "cloudformation", *settings)
    for kind in ("key-policy", "grant"):
        assert f"Not in the export: {kind} {key}" in made.err
        assert f"# NOT IN HERE: {kind} {key}" in made.out
    deploy(aws, made.out)
    ran = shell.run(scripts(program, *settings)[0])
    assert ran.returncode == 0, ran.stderr
    is_clean(program, *settings)


def test_a_policy_of_others_is_in_the_template_to_the_letter_and_outlives_the_stack(
    account: Account, program: Program
) -> None:
    lived_in(account)
    made = program.run("export", "cloudformation", *WHOLE)
    assert f"# bucket-policy {DATA}: the WHOLE document, with 3 statements of others" in made.out
    assert made.out.count("DeletionPolicy: Retain") == 2
    assert "${aws:username}/%{x}$*" in made.out
    bare = program.run("export", "cloudformation", "--without-resource-policies", *WHOLE)
    assert "AWS::S3::BucketPolicy" not in bare.out
    assert f"# NOT IN HERE: bucket-policy {DATA}" in bare.out


@pytest.mark.parametrize("settings", [WHOLE, (*WHOLE, "--kms-access", "grant", "--hardening", "strict")])
def test_terraform_code_leaves_an_account_as_apply_does(
    settings: tuple[str, ...], account: Account, program: Program
) -> None:
    lived_in(account)
    made = program.run("export", "terraform", *settings)
    assert (made.code, made.writes) == (0, [])
    assert "Not in the export" not in made.err
    apply_code(account, made.out)
    by_code = comparable(account)
    is_clean(program, *settings)
    program.run("undo", "--yes", *settings)
    program.apply(*settings)
    assert comparable(account) == by_code


def test_in_an_account_of_a_rollout_apply_would_change_tags_and_the_bucket_only(
    account: Account, program: Program
) -> None:
    """Moto's stack sets, which somebody else wrote, deploy the template into this very account."""
    account.bucket()
    account.policy("edge")
    account.iam.create_user(UserName="grace")
    settings = ("--input", f"s3://{DATA}/in/", "--assumable-by", user_arn("grace"), "--tag", "team=a")
    settings = (*settings, "--permissions-boundary", policy_arn("edge"))
    rollout = ("rollout", "--yes", *settings, "--accounts", ACCOUNT)
    done = program.json(*rollout)
    assert (done.code, done.data["counts"]) == (0, {REGION: {"SUCCEEDED": 1}})
    planned = program.json("plan", *settings)
    changed = {kind for kind, _ in planned.changes("create", "update", "delete", "blocked")}
    assert changed == {"policy-tags", "bucket-policy"}
    assert program.json(*rollout).written == []
