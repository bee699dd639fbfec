"""The main job over HTTP: from nothing to a role that Amazon Personalize can use, and nothing more the second time."""

import json
import os
import re
import subprocess
import sys

import pytest
from account import DATA, RESULTS, Account, Program, Run, document, policy_arn, role_arn, user_arn
from fake_aws import ACCOUNT, REGION, Call, FakeAws

from strict import same_meaning

INPUT = ("--input", f"s3://{DATA}/in/")
WHOLE = (
    *INPUT,
    *("--output", f"s3://{RESULTS}/out/"),
    *(word for workflow in ("import", "export", "batch", "metrics-cloudwatch") for word in ("--workflow", workflow)),
    *("--attach-user", "ada", "--attach-group", "analysts", "--attach-role", "notebook"),
    *("--assumable-by", user_arn("grace"), "--tag", "team=recommendations"),
)


def whole_account(account: Account) -> str:
    """Fill the account with all that `WHOLE` refers to; return the key of the bucket with data."""
    key = account.key()
    deny = {"Sid": "Théïrs", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{DATA}/*"}
    account.bucket(DATA, document(deny), key=key)
    account.bucket(RESULTS)
    account.iam.create_user(UserName="ada")
    account.iam.create_user(UserName="grace")
    account.iam.create_group(GroupName="analysts")
    account.role("notebook", document())
    return key


def resource_of(call: Call) -> tuple[str, str]:
    """What a write is about, in the words of the plan."""
    if call.service == "s3":
        return "bucket-policy", call.about.split(" ")[0].strip("/")
    about = json.loads(call.about)
    if kind := re.fullmatch("Attach(User|Group|Role)Policy", call.name):
        return "attachment", f"{about['PolicyArn']} -> {kind[1].lower()}/{about[kind[1] + 'Name']}"
    return {
        "CreatePolicy": lambda: ("managed-policy", policy_arn(about["PolicyName"])),
        "CreateRole": lambda: ("role", role_arn(about["RoleName"])),
        "PutKeyPolicy": lambda: ("key-policy", about["KeyId"]),
        "CreateGrant": lambda: ("grant", f"{about['KeyId']} {about['Name']}"),
    }[call.name]()


@pytest.mark.parametrize("settings", [INPUT, WHOLE, (*WHOLE, "--kms-access", "grant", "--hardening", "strict")])
def test_every_write_was_in_the_plan_and_a_second_run_makes_none(
    settings: tuple[str, ...], account: Account, program: Program
) -> None:
    whole_account(account)
    planned = program.json("plan", *settings)
    assert planned.code == 0
    applied = program.converges(*settings)
    assert sorted(map(resource_of, applied.writes)) == sorted(planned.changes("create", "update", "delete"))
    assert {outcome["status"] for outcome in applied.data["outcomes"]} == {"done"}
    assert applied.changes() == planned.changes()


@pytest.mark.parametrize("settings", [INPUT, WHOLE, (*WHOLE, "--kms-access", "grant", "--hardening", "strict")])
def test_what_the_dry_run_prints_is_what_is_stored(
    settings: tuple[str, ...], account: Account, program: Program
) -> None:
    whole_account(account)
    text = program.run("apply", "--dry-run", *settings)
    data = program.json("apply", "--dry-run", *settings).documents()
    program.apply(*settings)
    printed = printed_documents(text)
    assert printed.keys() == data.keys()
    assert {kind for kind, _ in printed} == {"managed-policy", "trust-policy", "bucket-policy", "key-policy"}
    for kind, name in printed:
        stored = account.stored(kind, name)
        assert printed[kind, name] == stored
        assert data[kind, name] == json.loads(stored or "")


def printed_documents(run: Run) -> dict[tuple[str, str], str]:
    found = re.findall(r"^# (\S+) (\S+)\n((?:.+\n)+)\n", run.out, re.MULTILINE)
    return {(kind, name): text.removesuffix("\n") for kind, name, text in found}


def test_the_dry_run_of_a_set_up_that_is_there_prints_what_is_stored(account: Account, program: Program) -> None:
    whole_account(account)
    program.apply(*WHOLE)
    text = program.run("apply", "--dry-run", *WHOLE)
    assert text.code == 0
    assert "Nothing to do" in text.out
    for (kind, name), printed in printed_documents(text).items():
        assert same_meaning(printed, account.stored(kind, name))


def test_the_role_lets_in_personalize_for_this_account_and_region_only(account: Account, program: Program) -> None:
    account.bucket()
    program.apply(*INPUT)
    (statement,) = account.trust("personalize-service-role")["Statement"]
    assert statement["Principal"] == {"Service": "personalize.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "StringLike": {"aws:SourceArn": f"arn:aws:personalize:{REGION}:{ACCOUNT}:*"},
    }
    assert account.holders("personalize-service-access") == {"role/personalize-service-role"}


def test_what_people_get_is_attached_as_asked(account: Account, program: Program) -> None:
    whole_account(account)
    program.apply(*WHOLE)
    assert account.holders("personalize-user-access") == {
        "user/ada",
        "group/analysts",
        "role/notebook",
        "role/personalize-users",
    }
    assert account.holders("personalize-service-access") == {"role/personalize-service-role"}


def test_the_key_of_a_bucket_is_found_without_asking(account: Account, program: Program) -> None:
    key = whole_account(account)
    assert ("key-policy", key) in program.apply(*INPUT).changes("update")


@pytest.mark.parametrize("way", ["id", "alias", "alias-arn", "arn"])
def test_a_key_may_be_named_in_any_way(way: str, account: Account, program: Program) -> None:
    key = account.key()
    account.bucket()
    account.kms.create_alias(AliasName="alias/data", TargetKeyId=key)
    alias_arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/data"
    named = {"id": key.rpartition("/")[2], "alias": "alias/data", "alias-arn": alias_arn, "arn": key}[way]
    done = program.converges(*INPUT, "--kms-key", named)
    assert ("key-policy", key) in done.changes("update")


def test_it_works_in_another_partition(account: Account, program: Program) -> None:
    account.bucket("cn-data", region="cn-north-1")
    done = program.converges("--input", "s3://cn-data", "--region", "cn-north-1")
    assert done.data["partition"] == "aws-cn"
    assert done.data["role_arn"] == f"arn:aws-cn:iam::{ACCOUNT}:role/personalize-service-role"
    assert "arn:aws:" not in json.dumps([call.about for call in done.writes])


def test_init_does_the_same_saves_the_answers_and_apply_needs_no_other(account: Account, program: Program) -> None:
    whole_account(account)
    first = program.json("init", "--yes", *WHOLE)
    assert first.code == 0
    assert first.written
    again = program.apply()
    assert again.written == []
    assert again.changes() == program.json("plan", *WHOLE).changes()


def test_the_program_works_as_a_process_of_its_own(aws: FakeAws, account: Account) -> None:
    account.bucket()
    words = [sys.executable, "-m", "personalize_perms", "apply", *INPUT, "--yes"]
    first = subprocess.run(words, capture_output=True, text=True, env=os.environ, stdin=subprocess.DEVNULL)
    assert (first.returncode, first.stdout) == (0, f"{role_arn('personalize-service-role')}\n"), first.stderr
    aws.calls.clear()
    again = subprocess.run(words, capture_output=True, text=True, env=os.environ, stdin=subprocess.DEVNULL)
    assert (again.returncode, again.stdout) == (0, first.stdout)
    assert "Nothing to do" in again.stderr
    assert aws.writes == []
