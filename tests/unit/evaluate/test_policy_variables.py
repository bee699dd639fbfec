"""Policy variables, wildcards and ARNs in the texts of a policy.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

import time
from typing import Any

import pytest
from asking import ALLOWED, DENIED, UNKNOWN, Policies, ask, context, deny, doc, holds, role, statement, user, verdict
from hypothesis import given, settings
from hypothesis import strategies as st

from personalize_perms.evaluate.matching import glob
from personalize_perms.evaluate.variables import template
from personalize_perms.model.access import RequestContext
from personalize_perms.model.findings import Verdict

HOME = "arn:aws:s3:::acme/home/${aws:username}/*"
TAG = "aws:PrincipalTag/Team"


def to_resource(pattern: str, resource: str, given: RequestContext | None = None, **elements: Any) -> Verdict:
    policies = Policies(identity=(doc(statement(Resource=pattern, **elements)),))
    return verdict(policies, user(), resource=resource, given=given)


@pytest.mark.parametrize(
    ("pattern", "resource", "expected"),
    [
        ("*", "arn:aws:s3:::acme/a", ALLOWED),
        ("*", "*", ALLOWED),
        ("arn:aws:s3:::acme/a", "arn:aws:s3:::acme/a", ALLOWED),
        ("arn:aws:s3:::acme/a", "arn:aws:s3:::acme/A", DENIED),
        ("arn:aws:s3:::acme*", "arn:aws:s3:::acme-data/x", ALLOWED),
        ("arn:aws:s3:::acme/*", "arn:aws:s3:::acme", DENIED),
        ("arn:aws:s3:::acme/*/test/*", "arn:aws:s3:::acme/1///test///object.jpg", ALLOWED),
        ("arn:aws:s3:::acme/*/test/*", "arn:aws:s3:::acme/1-test/object.jpg", DENIED),
        ("arn:aws:s3:::acme/*:b", "arn:aws:s3:::acme/a:x:b", ALLOWED),
        ("arn:aws:s3:::a?me/?", "arn:aws:s3:::acme/x", ALLOWED),
        ("arn:*:s3:::acme", "arn:aws-cn:s3:::acme", ALLOWED),
        ("arn:aws:s3:*:*:acme", "arn:aws:s3:::acme", ALLOWED),
        ("arn:aws:iam::*:role/x", "arn:aws:iam::111122223333:role/x", ALLOWED),
        ("arn:aws:iam::1111?2223333:role/x", "arn:aws:iam::111122223333:role/x", ALLOWED),
        ("arn:aws:sqs:*", "arn:aws:sqs:eu-west-1:111122223333:queue", ALLOWED),
        ("arn:aws:sqs:*:111122223333:*", "arn:aws:sqs:eu-west-1:111122223333:queue", ALLOWED),
        ("arn:aws:sqs:*:queue", "arn:aws:sqs:eu-west-1:111122223333:queue", UNKNOWN),
        ("arn:aws:sqs:*:queue", "arn:aws:sqs:eu-west-1:111122223333:other", DENIED),
        ("arn:aws:sqs:*x:queue", "arn:aws:sqs:eu-west-1:111122223333:queue", DENIED),
        ("acme", "arn:aws:s3:::acme", DENIED),
        ("arn:aws:s3:::acme", "*", DENIED),
        ("arn:aws:s3:::acme/[a]", "arn:aws:s3:::acme/a", DENIED),
    ],
)
def test_a_resource_matches_part_by_part(pattern: str, resource: str, expected: Verdict) -> None:
    assert to_resource(pattern, resource) is expected


def test_a_variable_stands_for_the_value_of_its_key() -> None:
    assert to_resource(HOME, "arn:aws:s3:::acme/home/ana/x") is ALLOWED
    assert to_resource(HOME, "arn:aws:s3:::acme/home/bob/x") is DENIED
    assert to_resource("arn:aws:s3:::acme/${ AWS:UserName }", "arn:aws:s3:::acme/ana") is ALLOWED


def test_what_stands_in_the_value_is_no_wildcard() -> None:
    pattern = "arn:aws:s3:::acme/${aws:PrincipalTag/Team}"
    assert to_resource(pattern, "arn:aws:s3:::acme/red", context({TAG: "*"})) is DENIED
    assert to_resource(pattern, "arn:aws:s3:::acme/*", context({TAG: "*"})) is ALLOWED


def test_a_variable_without_a_value_matches_nothing() -> None:
    policies = Policies(identity=(doc(statement(Resource=[HOME, "arn:aws:s3:::acme/public"])),))
    assert verdict(policies, role(), resource="arn:aws:s3:::acme/home/ana/x") is DENIED
    assert verdict(policies, role(), resource="arn:aws:s3:::acme/public") is ALLOWED
    negated = Policies(identity=(doc(statement(NotResource=HOME)),))
    assert verdict(negated, role(), resource="arn:aws:s3:::acme/home/ana/x") is ALLOWED


def test_inverted_operators_hold_against_a_variable_without_a_value() -> None:
    assert holds("StringNotEquals", "aws:x", "${aws:PrincipalTag/Team}", context({"aws:x": "red"})) is True
    assert holds("StringEquals", "aws:x", "${aws:PrincipalTag/Team}", context({"aws:x": "red"})) is False
    assert holds("StringNotLike", "aws:x", "${aws:PrincipalTag/Team}*", context({"aws:x": "red", TAG: "re"})) is False


def test_a_default_counts_only_where_the_key_is_absent() -> None:
    pattern = "arn:aws:s3:::acme/${aws:PrincipalTag/Team, 'Company-Wide'}/*"
    assert to_resource(pattern, "arn:aws:s3:::acme/Company-Wide/x") is ALLOWED
    assert to_resource(pattern, "arn:aws:s3:::acme/Company-Wide/x", context({TAG: "red"})) is DENIED
    assert to_resource(pattern, "arn:aws:s3:::acme/red/x", context({TAG: "red"})) is ALLOWED


@pytest.mark.parametrize(
    ("pattern", "given", "expected"),
    [
        ("a${*}b", "a*b", True),
        ("a${*}b", "axb", False),
        ("a${?}", "a?", True),
        ("a${?}", "ax", False),
        ("${$}{x}", "${x}", True),
        ("a${*}*", "a*yz", True),
        ("${", "${", True),
        ("${}", "${}", True),
        ("x${aws:username", "x${aws:username", True),
    ],
)
def test_escaped_and_unfinished_signs_are_plain_text(pattern: str, given: str, *, expected: bool) -> None:
    assert holds("StringLike", "aws:x", pattern, context({"aws:x": given})) is expected


@pytest.mark.parametrize("version", [None, "2008-10-17"])
def test_before_2012_a_variable_is_text(version: str | None) -> None:
    literal = "arn:aws:s3:::acme/${aws:username}/*"
    policies = Policies(identity=(doc(statement(Resource=literal), version=version),))
    assert verdict(policies, user(), resource="arn:aws:s3:::acme/ana/x") is DENIED
    assert verdict(policies, user(), resource="arn:aws:s3:::acme/${aws:username}/x") is ALLOWED
    assert holds("StringEquals", "aws:x", "${*}", context({"aws:x": "${*}"}), version=version) is True


def test_a_variable_whose_value_is_not_known_decides_only_where_it_could_match() -> None:
    policies = Policies(identity=(doc(statement(Resource="arn:aws:s3:::acme/${aws:PrincipalTag/Team}/*")),))
    unknown = ask(policies, user(), resource="arn:aws:s3:::acme/red/x", given=context(complete=False))
    assert (unknown.verdict, unknown.unknown) == (UNKNOWN, ("aws:principaltag/team",))
    assert verdict(policies, user(), resource="arn:aws:s3:::other/red/x", given=context(complete=False)) is DENIED


def test_a_key_with_several_values_cannot_stand_in_a_variable() -> None:
    assert holds("StringEquals", "aws:x", "${aws:TagKeys}", context({"aws:x": "a", "aws:TagKeys": ["a", "b"]})) is None


def test_a_variable_before_the_fifth_colon_of_a_resource_is_not_known() -> None:
    pattern = "arn:aws:iam::${aws:PrincipalAccount}:role/x"
    assert to_resource(pattern, "arn:aws:iam::111122223333:role/x") is UNKNOWN
    assert to_resource(pattern, "arn:aws:iam::444455556666:role/x") is DENIED
    given = context({"aws:x": "arn:aws:iam::111122223333:role/x"})
    assert holds("ArnEquals", "aws:x", pattern, given) is True


def test_other_operators_know_no_variables() -> None:
    assert holds("NumericEquals", "aws:x", "${aws:PrincipalTag/Team}", context({"aws:x": "5", TAG: "5"})) is None


@pytest.mark.parametrize(
    ("action", "asked", "expected"),
    [
        ("s3:GetObject", "S3:getobject", ALLOWED),
        ("S3:GETOBJECT", "s3:GetObject", ALLOWED),
        ("s3:Get*", "s3:GetObject", ALLOWED),
        ("s3:?etObject", "s3:GetObject", ALLOWED),
        ("s3:*Object", "s3:GetObjectAcl", DENIED),
        ("*", "s3:GetObject", ALLOWED),
        ("s3:GetObject", "s3:GetObjectAcl", DENIED),
        ("\u017f3:GetObject", "s3:GetObject", DENIED),
        ("\u212ams:Decrypt", "kms:Decrypt", DENIED),
        ("s3:*", "s3express:X", DENIED),
        ("*:GetObject", "s3:GetObject", ALLOWED),
    ],
)
def test_actions_ignore_the_case_of_ascii_letters(action: str, asked: str, expected: Verdict) -> None:
    assert verdict(Policies(identity=(doc(statement(Action=action)),)), user(), asked) is expected
    inverse = {ALLOWED: DENIED, DENIED: ALLOWED}[expected]
    assert verdict(Policies(identity=(doc(statement(NotAction=action)),)), user(), asked) is inverse


def test_not_resource_spares_what_it_names() -> None:
    policies = Policies(identity=(doc(statement(), deny(NotResource=["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"])),))
    assert verdict(policies, user(), resource="arn:aws:s3:::b/x") is ALLOWED
    assert verdict(policies, user(), resource="arn:aws:s3:::c/x") is DENIED


def naive(pattern: str, text: str) -> bool:
    """Match by trying everything: slow, and obviously right."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(naive(pattern[1:], text[at:]) for at in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and naive(pattern[1:], text[1:])


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=10))
@settings(max_examples=500, deadline=None)
def test_wildcards_match_what_trying_everything_matches(pattern: str, text: str) -> None:
    parts = template(pattern, wild=True, variables=False)
    assert glob(parts)(text) is naive(pattern, text)  # type: ignore[arg-type]


def test_a_hostile_pattern_costs_no_more_than_a_plain_one() -> None:
    begun = time.process_time()
    assert to_resource("arn:aws:s3:::" + "*a" * 200 + "b", "arn:aws:s3:::" + "a" * 2000) is DENIED
    assert holds("StringLike", "aws:x", "*a?" * 200 + "b", context({"aws:x": "a" * 2000})) is False
    assert time.process_time() - begun < 2
