"""From what went wrong to the link that is broken: named first, mended by the change that is offered."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from account import DATA, RESULTS, Account, Document, Program, Run, document, role_arn, user_arn
from fake_aws import ACCOUNT, REGION, FakeAws, refuses
from single_faults import FAULTS, MARK, ROLE, SETTINGS, USER_POLICY, prepare

ADA = user_arn("ada")
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/x"
POLICY_MISSING = (
    "Insufficient privileges for accessing data in S3. Please look at https://docs.aws.amazon.com/personalize/latest/dg/"
    "granting-personalize-s3-access.html#attach-bucket-policy and fix bucket policy on {bucket}"
)
QUOTA = "More than 5 resources with PENDING or IN_PROGRESS status"


@pytest.fixture
def key(account: Account, program: Program) -> str:
    """A complete set-up, in a settings file; the ARN of its key."""
    found = prepare(account)
    program.apply(*SETTINGS)
    lines: dict[str, list[str]] = {}
    for flag, value in zip(SETTINGS[::2], SETTINGS[1::2], strict=True):
        lines.setdefault(flag.removeprefix("--"), []).append(value)
    Path("personalize-perms.toml").write_text("\n".join(f"{name} = {json.dumps(v)}" for name, v in lines.items()))
    return found


def diagnose(program: Program, *words: str, code: int = 3) -> Run:
    done = program.json("diagnose", *words)
    assert done.written == []
    assert done.code == code, (done.err, done.out)
    assert "unexpected" not in done.err
    return done


def symptoms(done: Run) -> list[str]:
    return [complaint["symptom"] for complaint in done.data["complaints"]]


def denied(action: str, who: str = SESSION, on: str = "*", why: str = "") -> str:
    return f"User: {who} is not authorized to perform: {action} on resource: {on} {why}"


# What breaks -> what AWS then says, and what must be named first
def said(name: str, key: str) -> str:
    reading = {
        "bucket": POLICY_MISSING.format(bucket=DATA),
        "results": POLICY_MISSING.format(bucket=RESULTS),
        "key": denied("kms:Decrypt", on=key),
        "role": "Insufficient privileges for accessing data in Amazon S3.",
        "trust": f"The role {role_arn(ROLE)} cannot be assumed",
        "people": denied("iam:PassRole", ADA, role_arn(ROLE)),
        "ada": denied("personalize:CreateDatasetImportJob", ADA),
        "users' role": denied("sts:AssumeRole", user_arn("grace"), role_arn("personalize-users")),
    }
    special = {
        "key: the export action removed": denied("kms:GenerateDataKeyWithoutPlaintext", on=key),
        "role: its metrics removed": denied("cloudwatch:PutMetricData"),
        "role: its S3 writes removed": denied("s3:PutObject", on=f"arn:aws:s3:::{RESULTS}/out/x"),
        "bucket: encrypted with AWS's own key": "Insufficient privileges for accessing data in Amazon S3.",
        "bucket: encrypted with a new key": "Insufficient privileges for accessing data in Amazon S3.",
        "people: Personalize removed": denied("personalize:CreateDatasetImportJob", ADA),
        "people: no import any more": denied("personalize:CreateDatasetImportJob", ADA),
        "key: disabled": f"KMSInvalidStateException: {key} is disabled: creating the filter failed",
        "ada: a group's Deny": denied("iam:PassRole", ADA, role_arn(ROLE)),
        "role: deleted": f"The role {role_arn(ROLE)} cannot be assumed",
    }
    return special.get(name) or reading[name.partition(":")[0]]


ELSEWHERE = ("notebook", "analysts", "grace")
"""Whose troubles no text of these tells."""
BROKEN = [
    fault
    for fault in FAULTS
    if not fault.name.startswith(ELSEWHERE)
    and fault.verdict == "denied"
    and fault.name != "users' role: the user policy detached"
]


@pytest.mark.parametrize("fault", BROKEN, ids=lambda fault: fault.name)
def test_the_cause_is_named_first_and_the_change_that_is_offered_mends_it(
    fault, key: str, account: Account, program: Program
) -> None:  # type: ignore[no-untyped-def]
    fault.spoil(account, key)
    done = diagnose(program, said(fault.name, key), "--out", "fix.json")
    first = done.data["findings"][0]
    assert (first["check"], first["verdict"]) == (fault.check, "denied"), done.out
    assert fault.says in str(first) or fault.check.startswith("drift"), first
    if not fault.by_apply:
        assert first["remedy"]
        return
    assert done.data["saved"] == "fix.json"
    mended = program.json("apply", "fix.json", "--yes")
    assert mended.code == 0, mended.err
    assert mended.changes() == done.changes()
    found = [f for f in program.json("check").data["findings"] if f["check"] != "direct-attachment"]
    assert found == []
    assert diagnose(program, said(fault.name, key), code=0).data["findings"] == []
