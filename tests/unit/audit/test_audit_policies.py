"""Identity-based policies: misspelt actions, policies in no use, and who may pass which roles."""

import pytest
from audit_samples import ACCOUNT, KNOWN, PLACE, ROLE, SERVICE, allow, checks, document, policy

from personalize_perms.audit.passing import judge_passings, passings
from personalize_perms.audit.policies import judge_actions, judge_policy
from personalize_perms.model.findings import Severity
from unit.aws_tables import EVERY_ACTION

TO_PERSONALIZE = {"StringEquals": {"iam:PassedToService": SERVICE}}
SECOND = f"{ROLE}-2"
ME = f"arn:aws:iam::{ACCOUNT}:user/ada"


def test_the_actions_are_all_that_exist() -> None:
    assert sorted(KNOWN) == sorted(f"personalize:{action}".lower() for action in EVERY_ACTION)


@pytest.mark.parametrize("action", [*EVERY_ACTION, "*", "Create*", "List????mas", "CREATESCHEMA"])
def test_an_action_that_exists_is_fine(action: str) -> None:
    assert [*judge_actions(ME, "p", document(allow(f"personalize:{action}", "*")), KNOWN)] == []


@pytest.mark.parametrize(
    "action", ["ListDataInsightsJob", "GetDataInsight", "CreateDatasetImportJobs", "Recommend*", "PutEvent"]
)
@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_an_action_that_does_not_exist_is_named(action: str, effect: str) -> None:
    text = document(
        allow("s3:GetObject", "*"), allow(["s3:*", f"Personalize:{action}"], "*", Effect=effect, Sid="Typo")
    )
    (found,) = judge_actions(ME, "p", text, KNOWN)
    assert (found.check, found.resource) == ("misspelt-action", ME)
    assert f"Personalize:{action}" in found.message
    assert found.reason == "statement 2 (Typo) of the policy p"


def test_the_action_that_was_meant_is_told() -> None:
    text = document(allow(["personalize:putEvent", "personalize:GetDataInsight"], "*"))
    (found,) = judge_actions(ME, "p", text, KNOWN)
    assert found.remedy == "its owner should write personalize:PutEvents and personalize:GetDataInsights"
    (far,) = judge_actions(ME, "p", document(allow("personalize:Zzz", "*")), KNOWN)
    assert "list" in far.remedy


def test_the_spelling_of_the_guide_beside_the_right_one_is_harmless() -> None:
    both = [f"personalize:{name}" for name in ("ListDataInsightsJob", "ListDataInsightsJobs")]
    assert [*judge_actions(ME, "p", document(allow(both, "*")), KNOWN)] == []


def test_a_policy_for_personalize_that_nobody_has_is_little() -> None:
    statement = allow(["personalize:GetRecommendations", "s3:GetObject"], "*")
    (found,) = judge_policy(policy("mine", statement, attached=0))
    assert (found.check, found.severity) == ("unused-policy", Severity.LOW)
    assert [*judge_policy(policy("mine", statement))] == []
    assert [*judge_policy(policy("mine", statement, attached=0, boundary=1))] == []
    assert [*judge_policy(policy("personalize-data", allow("s3:*", "*"), attached=0))] == []


def passes(*statements: dict, roles: tuple[str, ...] = (ROLE, SECOND)) -> list[str]:
    return checks(judge_passings(passings(ME, "p", document(*statements), PLACE), roles, PLACE))


@pytest.mark.parametrize("resource", ["*", f"arn:aws:iam::{ACCOUNT}:role/*", "arn:aws:iam::*:role/*"])
@pytest.mark.parametrize("condition", [{}, TO_PERSONALIZE, {"StringLike": {"iam:PassedToService": "*"}}])
@pytest.mark.parametrize("action", ["iam:PassRole", "iam:Pass*", "iam:passrole"])
def test_passing_every_role_is_named(action: str, condition: dict, resource: str) -> None:
    statement = allow(action, resource, **({"Condition": condition} if condition else {}))
    (found,) = judge_passings(passings(ME, "p", document(statement), PLACE), [ROLE], PLACE)
    assert (found.check, found.resource, found.severity) == ("pass-any-role", ME, Severity.HIGH)
    assert ROLE in found.remedy
    assert SERVICE in found.remedy


def test_passing_one_role_to_personalize_is_fine() -> None:
    assert passes(allow("iam:PassRole", ROLE, Condition=TO_PERSONALIZE)) == []
    assert passes(allow("iam:PassRole", [ROLE, SECOND], Condition=TO_PERSONALIZE)) == []


def test_passing_to_other_services_is_none_of_ours() -> None:
    elsewhere = {"StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}}
    assert passes(allow("iam:PassRole", "*", Condition=elsewhere)) == []
    assert passes(allow("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/glue")) == []
    assert passes({**allow("iam:PassRole", "*"), "Effect": "Deny"}) == []


def test_passing_a_role_of_personalize_to_any_service_is_named() -> None:
    assert passes(allow("iam:PassRole", ROLE)) == ["pass-role-to-any-service"]


def test_passing_to_personalize_among_others_is_passing_to_personalize() -> None:
    both = {"StringEquals": {"iam:PassedToService": ["glue.amazonaws.com", SERVICE]}}
    assert passes(allow("iam:PassRole", "*", Condition=both)) == ["pass-any-role"]


def test_passing_to_all_services_but_one_is_passing_to_personalize() -> None:
    but_glue = {"StringNotEquals": {"iam:PassedToService": "glue.amazonaws.com"}}
    assert passes(allow("iam:PassRole", ROLE, Condition=but_glue)) == ["pass-role-to-any-service"]
    but_us = {"StringNotEquals": {"iam:PassedToService": SERVICE}}
    assert passes(allow("iam:PassRole", "*", Condition=but_us)) == []


def test_no_more_than_a_few_roles_are_named() -> None:
    many = [f"{ROLE}-{number}" for number in range(9)]
    text = document(allow("iam:PassRole", [f"{ROLE}-*", SECOND], Condition=TO_PERSONALIZE))
    (found,) = judge_passings(passings(ME, "p", text, PLACE), many, PLACE)
    assert found.message == (f"may pass 9 roles to Amazon Personalize by a pattern: {', '.join(many[:5])} and 4 more")


def test_passing_many_roles_by_a_pattern_is_little() -> None:
    pattern = allow("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/personal*", Condition=TO_PERSONALIZE)
    assert passes(pattern) == ["pass-many-roles"]
    assert passes(pattern, roles=(ROLE,)) == []


def test_whoever_may_do_everything_to_iam_is_not_named_for_passing_roles() -> None:
    assert passes(allow("*", "*")) == []
    assert passes(allow("iam:*", "*")) == []
    assert passes({"Effect": "Allow", "NotAction": "iam:Put*", "Resource": "*"}) == ["pass-any-role"]
