"""Roles that Amazon Personalize may assume: what they are allowed beyond its work, and what in it does nothing."""

import pytest
from audit_samples import ACCOUNT, BUCKET, KEY, PLACE, READS, allow, checks, inline, managed, role

from personalize_perms.audit.excess import judge_role, judge_use
from personalize_perms.audit.policies import NamedPolicy
from personalize_perms.model.findings import Severity, Verdict

WORKS = (
    allow("s3:ListBucket", BUCKET),
    allow(["s3:GetObject", "s3:PutObject"], f"{BUCKET}/in/*"),
    allow(["kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey", "kms:ListGrants"], "*"),
    allow("cloudwatch:PutMetricData", "*"),
    allow("personalize:*", "*"),
)


def judged(*policies: NamedPolicy, boundary: NamedPolicy | None = None) -> list[str]:
    return checks(judge_role(role(), policies, boundary, PLACE))


def test_what_the_workflows_need_is_not_too_much() -> None:
    assert judged(inline(*WORKS), managed("more", READS)) == []


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        (allow("*", "*"), "role-is-administrator"),
        (allow("iam:*", "*"), "role-is-administrator"),
        ({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}, "role-is-administrator"),
        (allow("s3:*", "*"), "role-reaches-every-bucket"),
        (allow("S3:Get*", "arn:aws:s3:::*"), "role-reaches-every-bucket"),
        (allow(["s3:PutObject"], "*"), "role-reaches-every-bucket"),
        (allow("s3:ListBucket", "arn:aws:s3:::*"), "role-reaches-every-bucket"),
        (allow("s3:GetObject", [f"{BUCKET}/*", "arn:aws:s3:::*/*"]), "role-reaches-every-bucket"),
        (
            {"Effect": "Allow", "Action": "s3:*", "NotResource": ["arn:aws:s3:::secret/*", KEY]},
            "role-reaches-every-bucket",
        ),
        (allow("kms:*", "*"), "role-administers-keys"),
        (allow("kms:*", KEY), "role-administers-keys"),
        (allow("iam:PassRole", "*"), "role-passes-roles"),
        (allow("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/one"), "role-passes-roles"),
        (allow("s3:*", [BUCKET, f"{BUCKET}/*"]), "role-deletes-data"),
        (allow("s3:Delete*", f"{BUCKET}/*"), "role-deletes-data"),
    ],
)
def test_each_excess_is_named_by_its_meaning(statement: dict, check: str) -> None:
    for policy in (inline(READS, statement), managed("wide", READS, statement)):
        (found,) = judge_role(role(), [policy], None, PLACE)
        assert (found.check, found.verdict) == (check, Verdict.ALLOWED)
        assert f"statement 2 of the policy {policy.name}" in found.reason
        assert (
            "delete-role-policy"
            if not policy.arn
            else f"detach-role-policy --role-name personalize --policy-arn {policy.arn}"
        ) in found.remedy


def test_a_deny_takes_an_excess_away() -> None:
    deny = {"Effect": "Deny", "Action": ["s3:DeleteObject", "s3:DeleteBucket", "s3:PutBucketPolicy"], "Resource": "*"}
    wide = inline(allow("s3:Delete*", f"{BUCKET}/*"))
    assert judged(wide) == ["role-deletes-data"]
    assert judged(wide, managed("guard", deny)) == []


def test_a_deny_of_one_action_or_resource_leaves_the_others() -> None:
    wide = inline(allow("s3:*", [f"{BUCKET}/a/*", f"{BUCKET}/b/*"]))
    some = {"Effect": "Deny", "Action": ["s3:DeleteObject"], "Resource": "*"}
    (found,) = judge_role(role(), [wide, managed("guard", some)], None, PLACE)
    assert (found.check, found.verdict) == ("role-deletes-data", Verdict.ALLOWED)
    assert "s3:DeleteObject" not in found.message
    one = {"Effect": "Deny", "Action": "s3:*", "Resource": f"{BUCKET}/a/*"}
    assert judged(wide, managed("guard", one)) == ["role-deletes-data"]


def test_a_boundary_takes_an_excess_away() -> None:
    assert judged(inline(allow("*", "*")), boundary=managed("edge", *WORKS)) == []
    assert judged(inline(allow("*", "*")), boundary=managed("edge", allow("*", "*"))) == ["role-is-administrator"]


def test_what_a_condition_or_an_unread_policy_may_take_away_is_unknown() -> None:
    condition = {"StringEquals": {"aws:SourceVpc": "vpc-1"}}
    for policies in (
        [inline(allow("s3:*", "*", Condition=condition))],
        [inline(allow("s3:*", "*")), managed("unread")],
    ):
        (found,) = judge_role(role(), policies, None, PLACE)
        assert (found.check, found.verdict) == ("role-reaches-every-bucket", Verdict.UNKNOWN)


def test_the_full_access_policy_of_personalize_is_named_with_its_traps() -> None:
    (found,) = judge_role(role(), [managed("service-role/AmazonPersonalizeFullAccess", account="aws")], None, PLACE)
    assert (found.check, found.severity) == ("role-has-full-access-policy", Severity.MEDIUM)
    assert all(trap in found.message for trap in ("pass any role", "delete", '"personalize"', "KMS"))


def test_a_command_is_one_word_for_each_argument_whatever_a_policy_is_called() -> None:
    (found,) = judge_role(role(), [inline(allow("*", "*"), name="$(rm,-rf)")], None, PLACE)
    assert "--policy-name '$(rm,-rf)'" in found.remedy


@pytest.mark.parametrize(
    ("statement", "action"),
    [
        (allow("s3:ListBucket", f"{BUCKET}/*"), "s3:ListBucket"),
        (allow(["s3:GetObject", "s3:ListBucket"], f"{BUCKET}/*"), "s3:ListBucket"),
        (allow(["s3:GetObject", "s3:ListBucket"], BUCKET), "s3:GetObject"),
    ],
)
def test_a_statement_without_effect_is_named(statement: dict, action: str) -> None:
    (found,) = judge_role(role(), [inline(statement)], None, PLACE)
    assert found.check == "statement-without-effect"
    assert found.message.startswith(action)


def test_what_another_statement_grants_rightly_is_only_said_twice() -> None:
    twice = allow(["s3:GetObject", "s3:ListBucket"], f"{BUCKET}/*")
    assert judged(inline(twice), managed("list", allow("s3:List*", BUCKET))) == []
    assert judged(inline(allow("s3:GetObject", f"{BUCKET}*"), allow("s3:ListBucket", "arn:aws:s3:::d*"))) == []


def test_a_role_that_nobody_uses_is_little() -> None:
    def used(**facts: str) -> list[str]:
        return checks(judge_use(role(**facts), "2026-11-26", "2026-10-27"))

    assert used() == []
    assert used(last_used="") == ["unused-role"]
    assert used(last_used="", created="2026-11-20") == []
    assert used(last_used="", created="") == []
    assert checks(judge_use(role(inline={}), "2026-11-26", "2026-10-27")) == ["role-without-permissions"]
