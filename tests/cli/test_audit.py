"""`audit` in an account over HTTP: what it finds, what it says it could not see, and in which format."""

import json
import re
from xml.etree import ElementTree as ET

import pytest
from account import DATA, SERVICE, Account, Program, document, policy_arn, role_arn, root_keeps, trusts
from fake_aws import ACCOUNT, FakeAws, refuses

READS = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": f"arn:aws:s3:::{DATA}/*"}
HERE = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
DEAD = "AROAEXAMPLEEXAMPLE123"
LOOSE = trusts({"Service": SERVICE}, Sid="Loose")


def lets(*actions: str, **rest: object) -> dict:
    principal = {"Service": SERVICE}
    return {"Effect": "Allow", "Principal": principal, "Action": [*actions], "Resource": "*", "Condition": HERE, **rest}


@pytest.fixture
def spoiled(account: Account) -> str:
    """An account with several things wrong; the ARN of its key."""
    role = account.role("legacy", document(LOOSE))
    account.iam.attach_role_policy(
        RoleName="legacy", PolicyArn=account.policy("wide", {**READS, "Action": "s3:*", "Resource": "*"})
    )
    account.role("glue", document(trusts({"Service": "glue.amazonaws.com"})))
    account.iam.create_user(UserName="ada")
    passes = document({"Effect": "Allow", "Action": ["iam:PassRole", "personalize:PutEvent"], "Resource": "*"})
    account.iam.put_user_policy(UserName="ada", PolicyName="own", PolicyDocument=json.dumps(passes))
    account.policy("idle", {"Effect": "Allow", "Action": "personalize:*", "Resource": "*"})
    objects = f"arn:aws:s3:::{DATA}/*"
    account.bucket(DATA, document(lets("s3:GetObject", "s3:ListBucket", Resource=objects)))
    account.bucket(
        "acme-us",
        document(lets("s3:*", Resource=["arn:aws:s3:::acme-us", "arn:aws:s3:::acme-us/*"])),
        region="us-east-1",
    )
    account.bucket("acme-none")
    assert role == role_arn("legacy")
    return account.key(document(root_keeps(), lets("kms:*", Sid="All")))


EXPECTED = {
    ("trust-without-source-conditions", role_arn("legacy")),
    ("role-reaches-every-bucket", role_arn("legacy")),
    ("pass-any-role", f"arn:aws:iam::{ACCOUNT}:user/ada"),
    ("misspelt-action", f"arn:aws:iam::{ACCOUNT}:user/ada"),
    ("unused-policy", policy_arn("idle")),
    ("statement-without-effect", f"arn:aws:s3:::{DATA}"),
    ("service-may-do-too-much", "arn:aws:s3:::acme-us"),
}


def found(run) -> set[tuple[str, str]]:
    return {(finding["check"], finding["resource"]) for finding in run.data["findings"]}


def test_everything_that_is_wrong_is_named_with_why_and_what_to_do(spoiled: str, program: Program) -> None:
    run = program.json("audit")
    assert run.code == run.envelope["exit_code"] == 3
    assert found(run) == {*EXPECTED, ("service-administers-key", spoiled)}
    assert run.writes == []
    for finding in run.data["findings"]:
        assert all(finding[part] for part in ("severity", "verdict", "message", "reason", "remedy", "docs")), finding
    assert run.data["account"] == ACCOUNT
    assert run.data["counts"]["buckets"] == 3
    severities = [finding["severity"] for finding in run.data["findings"]]
    assert severities == sorted(severities, key=["high", "medium", "low"].index)


def test_one_bulk_call_and_one_read_for_each_bucket_and_key(spoiled: str, program: Program) -> None:
    names = [call.name for call in program.json("audit").calls]
    assert sorted(names) == sorted(
        [
            *("GetCallerIdentity", "GetAccountAuthorizationDetails", "ListBuckets", "ListKeys"),
            *["GetBucketPolicy"] * 3,
            *["GetKeyPolicy"],
            *("GetPolicy", "GetPolicyVersion"),
        ]
    )


def test_a_clean_account_is_clean_and_says_what_was_looked_at(account: Account, program: Program) -> None:
    account.bucket(DATA)
    run = program.run("audit")
    assert run.code == 0
    assert run.out.startswith("Nothing found: looked at: ")
    assert "buckets 1" in run.out


def test_what_this_program_sets_up_has_no_finding_that_fails(account: Account, program: Program) -> None:
    account.bucket()
    key = account.key()
    account.iam.create_user(UserName="ada")
    words = ("--input", f"s3://{DATA}/in/", "--kms-key", key, "--attach-user", "ada")
    program.apply(*words, "--source-conditions", "all")
    run = program.json("audit", "--fail-on", "unknown")
    assert (run.code, run.data["findings"]) == (0, [])


@pytest.mark.parametrize(("threshold", "code"), [("high", 0), ("medium", 0), ("low", 3), ("unknown", 3)])
def test_it_fails_from_the_severity_that_was_asked_for(
    threshold: str, code: int, account: Account, program: Program
) -> None:
    account.policy("idle", {"Effect": "Allow", "Action": "personalize:*", "Resource": "*"})
    assert program.json("audit", "--fail-on", threshold).code == code


def test_it_needs_no_settings_and_those_of_a_file_change_nothing(spoiled: str, program: Program, tmp_path) -> None:
    before = found(program.json("audit"))
    (tmp_path / "work/personalize-perms.toml").write_text('name = "acme"\ninput = "s3://elsewhere/in/"\n')
    assert found(program.json("audit")) == before


def test_it_is_told_as_junit_and_as_annotations(spoiled: str, program: Program) -> None:
    suite = ET.fromstring(program.run("audit", "--format", "junit").out)  # noqa: S314 - our own output
    assert {case.get("classname") for case in suite.iter("testcase")} >= {check for check, _ in EXPECTED}
    lines = program.run("audit", "--format", "github").out.splitlines()
    assert any(line.startswith("::error title=pass-any-role::") for line in lines)


def test_it_is_told_in_words(spoiled: str, program: Program) -> None:
    run = program.run("audit")
    assert "trust-without-source-conditions: lets Amazon Personalize in for any account" in run.out
    assert "Why: statement 1 (Loose) of the trust policy" in run.out
    assert f"Next: personalize-perms audit --fix trust-without-source-conditions:{role_arn('legacy')}" in run.out


# What may not be read


def test_without_the_bulk_call_it_reads_the_roles_one_by_one(spoiled: str, aws: FakeAws, program: Program) -> None:
    aws.on("GetAccountAuthorizationDetails", refuses("AccessDenied", 403, "no"))
    run = program.json("audit", "--fail-on", "high")
    assert run.code == 3
    roles = {("trust-without-source-conditions", role_arn("legacy")), ("role-reaches-every-bucket", role_arn("legacy"))}
    assert roles <= found(run)
    assert "iam:GetAccountAuthorizationDetails" in run.findings["not-readable"]["reason"]
    assert run.findings["not-readable"]["verdict"] == "unknown"


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("GetBucketPolicy", "AccessDenied"),
        ("GetBucketPolicy", "MethodNotAllowed"),
        ("GetKeyPolicy", "AccessDeniedException"),
        ("ListBuckets", "AccessDenied"),
        ("ListKeys", "AccessDeniedException"),
        ("GetPolicy", "AccessDenied"),
        ("GetPolicyVersion", "AccessDenied"),
    ],
)
def test_a_refused_read_is_unknown_never_missing(
    operation: str, code: str, spoiled: str, aws: FakeAws, program: Program
) -> None:
    aws.on(operation, *[refuses(code, 403, "no")] * 9)
    run = program.json("audit")
    assert run.code == 3, run.err
    unknown = run.findings["not-readable"]
    assert (unknown["verdict"], run.errors) == ("unknown", [])
    assert code in unknown["reason"]
    assert ("pass-any-role", f"arn:aws:iam::{ACCOUNT}:user/ada") in found(run)


def test_what_is_only_unknown_does_not_fail_unless_asked_for(aws: FakeAws, account: Account, program: Program) -> None:
    account.bucket(DATA)
    for threshold, code in (("low", 0), ("unknown", 3)):
        aws.on("GetBucketPolicy", refuses("AccessDenied", 403, "no"))
        assert program.json("audit", "--fail-on", threshold).code == code


def test_nobody_who_may_do_nothing_meets_a_crash(aws: FakeAws, account: Account, program: Program) -> None:
    for operation in ("GetAccountAuthorizationDetails", "ListRoles", "ListBuckets", "ListKeys"):
        aws.on(operation, refuses("AccessDenied", 403, "no"))
    run = program.json("audit")
    assert run.code == 0
    assert {finding["check"] for finding in run.data["findings"]} == {"not-readable"}
    assert len(run.data["findings"]) == 4


def test_it_makes_calls_and_says_so_to_whoever_forbids_them(program: Program) -> None:
    run = program.json("audit", "--offline")
    assert (run.code, run.calls) == (2, ())


def test_how_far_it_is_is_said_in_numbers_and_not_too_often(
    spoiled: str, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "read " not in program.run("audit").err
    monkeypatch.setattr("personalize_perms.cli.talk._QUIET_FOR", 0.0)
    run = program.run("audit")
    assert re.search(r"^read 3 of 3 buckets, [0-9,]+ a second$", run.err, re.MULTILINE), run.err
    assert "read " not in program.run("audit", "--quiet").err
