"""Trust policies: whom they let in for Amazon Personalize, for which account and Region."""

import pytest
from audit_samples import ACCOUNT, OTHER, PLACE, REGION, ROLE, SERVICE, checks, role, trusts

from personalize_perms.audit.trusts import judge_trust, may_be_assumed
from personalize_perms.model.findings import Severity, Verdict


def judged(*statements: dict) -> list[str]:
    return checks(judge_trust(role(*statements), PLACE))


def source(account: str | list[str] = ACCOUNT, arn: str | list[str] = f"arn:aws:personalize:{REGION}:{ACCOUNT}:*"):
    return {"StringEquals": {"aws:SourceAccount": account}, "StringLike": {"aws:SourceArn": arn}}


@pytest.mark.parametrize(
    "statement",
    [
        trusts(),
        trusts(condition={"StringEquals": {"AWS:sourceaccount": [ACCOUNT]}}),
        trusts(condition={"ArnLike": {"aws:SourceArn": f"arn:aws:personalize:*:{ACCOUNT}:*"}}),
        trusts(condition=source(arn=[f"arn:aws:personalize:{r}:{ACCOUNT}:*" for r in ("us-east-1", REGION)])),
        trusts(condition={"StringEquals": {"aws:SourceOrgID": "o-example"}}),
        trusts({"Service": "glue.amazonaws.com"}, condition={}),
        trusts({"AWS": f"arn:aws:iam::{OTHER}:root"}, condition={}),
        trusts(condition={}, Effect="Deny"),
        trusts({"AWS": "*"}, condition={"StringEquals": {"aws:PrincipalOrgID": "o-example"}}),
    ],
)
def test_a_statement_that_says_for_whom_is_fine(statement: dict) -> None:
    assert judged(statement) == []


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"StringEquals": {"sts:ExternalId": "x"}},
        {"StringLike": {"aws:SourceAccount": "*"}},
        {"StringNotEquals": {"aws:SourceAccount": ACCOUNT}},
        {"Null": {"aws:SourceArn": "false"}},
    ],
)
def test_a_statement_without_conditions_on_the_source_is_named(condition: dict) -> None:
    other = trusts({"Service": "glue.amazonaws.com"}, condition={})
    (found,) = judge_trust(role(other, trusts({"Service": [SERVICE]}, condition=condition, Sid="Loose")), PLACE)
    assert (found.check, found.severity, found.verdict) == (
        "trust-without-source-conditions",
        Severity.HIGH,
        Verdict.ALLOWED,
    )
    assert "statement 2 (Loose)" in found.reason
    assert found.remedy.endswith(f"--fix trust-without-source-conditions:{ROLE}")
    assert found.docs.startswith("https://docs.aws.amazon.com/personalize/")


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"AWS": ["*", f"arn:aws:iam::{ACCOUNT}:root"]}])
@pytest.mark.parametrize("condition", [{}, {"Bool": {"aws:SecureTransport": "true"}}])
def test_a_role_that_everybody_may_assume_is_named(principal: object, condition: dict) -> None:
    assert judged(trusts(principal, condition)) == ["trust-open-to-everybody"]
    assert may_be_assumed(role(trusts(principal, condition)))


def test_everybody_but_one_is_everybody() -> None:
    but_one = {"Effect": "Allow", "NotPrincipal": {"AWS": f"arn:aws:iam::{OTHER}:root"}, "Action": "sts:*"}
    assert judged(but_one) == ["trust-open-to-everybody"]


def test_everybody_beside_personalize_is_named_as_well() -> None:
    found = judged(trusts({"Service": SERVICE, "AWS": "*"}, {}))
    assert sorted(found) == ["trust-open-to-everybody", "trust-without-source-conditions"]


@pytest.mark.parametrize(
    ("condition", "account"),
    [
        (source([ACCOUNT, OTHER], f"arn:aws:personalize:{REGION}:*:*"), OTHER),
        (source(OTHER, f"arn:aws:personalize:{REGION}:{OTHER}:*"), OTHER),
        ({"ArnLike": {"aws:SourceArn": f"arn:aws:personalize:*:{OTHER}:*"}}, OTHER),
    ],
)
def test_another_account_is_named(condition: dict, account: str) -> None:
    (found,) = judge_trust(role(trusts(condition=condition)), PLACE)
    assert found.check == "trust-for-another-account"
    assert account in found.message


def test_another_account_that_a_second_condition_keeps_out_is_none() -> None:
    assert judged(trusts(condition=source([ACCOUNT, OTHER]))) == []


@pytest.mark.parametrize(
    "condition",
    [
        source(OTHER),
        {"StringEquals": {"aws:SourceAccount": "11112222333"}},
        source(arn=f"arn:aws:personalize:mars-north-1:{ACCOUNT}:*"),
        source(arn=f"arn:aws:personalize::{ACCOUNT}:*"),
        source(arn=f"arn:aws:s3:{REGION}:{ACCOUNT}:*"),
        source(arn=f"arn:aws-cn:personalize:{REGION}:{ACCOUNT}:*"),
    ],
)
def test_conditions_that_never_hold_are_named(condition: dict) -> None:
    (found,) = judge_trust(role(trusts(condition=condition)), PLACE)
    assert (found.check, found.verdict) == ("trust-never-matches", Verdict.DENIED)


def test_another_region_is_little() -> None:
    condition = source(arn=f"arn:aws:personalize:us-east-1:{ACCOUNT}:*")
    (found,) = judge_trust(role(trusts(condition=condition)), PLACE)
    assert (found.check, found.severity) == ("trust-for-another-region", Severity.LOW)
    assert "us-east-1" in found.message


def test_roles_of_others_are_none_of_ours() -> None:
    assert not may_be_assumed(role(trusts({"Service": "glue.amazonaws.com"}, {})))
    assert not may_be_assumed(role(trusts({"AWS": "*"}, {"StringEquals": {"aws:PrincipalOrgID": "o-x"}})))
    assert may_be_assumed(role())
