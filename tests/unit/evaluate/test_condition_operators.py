"""Each condition operator as AWS documents it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from typing import Any

import pytest
from asking import ALLOWED, DENIED, UNKNOWN, Policies, context, doc, holds, statement, verdict

KEY = "aws:x"

COMPARED: list[tuple[str, Any, str, bool]] = [
    ("StringEquals", "Red", "Red", True),
    ("StringEquals", "Red", "red", False),
    ("StringEquals", "R*", "Red", False),
    ("StringEquals", ["Blue", "Red"], "Red", True),
    ("StringEquals", True, "true", True),
    ("StringEquals", 5, "5", True),
    ("StringNotEquals", "Red", "red", True),
    ("StringNotEquals", ["Blue", "Red"], "Red", False),
    ("StringNotEquals", ["Blue", "Red"], "Green", True),
    ("StringEqualsIgnoreCase", "Red", "rED", True),
    ("StringEqualsIgnoreCase", "Re", "rED", False),
    ("StringNotEqualsIgnoreCase", "Red", "rED", False),
    ("StringLike", "R*", "Red", True),
    ("StringLike", "r*", "Red", False),
    ("StringLike", "?e?", "Red", True),
    ("StringLike", "?", "", False),
    ("StringLike", "*", "", True),
    ("StringLike", "*a*b*", "xxaxxbxx", True),
    ("StringLike", "*a*b", "xbxa", False),
    ("StringLike", "a.c", "abc", False),
    ("StringLike", "[ab]", "a", False),
    ("StringLike", "in/*", "in/deep/er\nline", True),
    ("StringNotLike", ["R*", "B*"], "Green", True),
    ("StringNotLike", ["R*", "G*"], "Green", False),
    ("NumericEquals", "10", "10.0", True),
    ("NumericEquals", 10, "10", True),
    ("NumericEquals", "-1", "1", False),
    ("NumericNotEquals", ["1", "2"], "3", True),
    ("NumericNotEquals", ["1", "3.00"], "3", False),
    ("NumericLessThan", "10", "9", True),
    ("NumericLessThan", "10", "10", False),
    ("NumericLessThanEquals", "10", "10", True),
    ("NumericGreaterThan", "9", "10", True),
    ("NumericGreaterThan", "10", "10", False),
    ("NumericGreaterThanEquals", "10", "10", True),
    ("NumericGreaterThan", "9007199254740992", "9007199254740993", True),
    ("DateEquals", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", True),
    ("DateEquals", "2026-01-01T00:00:00Z", "1767225600", True),
    ("DateEquals", "2026-01-01", "2026-01-01T00:00:00Z", True),
    ("DateNotEquals", "2026-01-01", "2026-01-02", True),
    ("DateLessThan", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59.999Z", True),
    ("DateLessThanEquals", "2026-01-01T00:00Z", "2026-01-01T00:00:00Z", True),
    ("DateGreaterThan", "1767225600", "2026-01-01T00:00:01Z", True),
    ("DateGreaterThanEquals", "2026-02", "2026-01-31", False),
    ("Bool", "true", "true", True),
    ("Bool", True, "true", True),
    ("Bool", "false", "true", False),
    ("Bool", "True", "true", True),
    ("BinaryEquals", "QmluYXJ5VmFsdWU=", "QmluYXJ5VmFsdWU=", True),
    ("BinaryEquals", "QmluYXJ5", "QmluYXJ5VmFsdWU=", False),
    ("IpAddress", "203.0.113.0/24", "203.0.113.9", True),
    ("IpAddress", "203.0.113.9", "203.0.113.9", True),
    ("IpAddress", "203.0.113.9/24", "203.0.113.7", True),
    ("IpAddress", "203.0.113.0/24", "203.0.114.9", False),
    ("IpAddress", "0.0.0.0/0", "203.0.114.9", True),
    ("IpAddress", "2001:DB8::/32", "2001:db8:0:1::7", True),
    ("IpAddress", ["10.0.0.0/8", "2001:db8::/32"], "10.2.3.4", True),
    ("IpAddress", "0.0.0.0/0", "2001:db8::1", False),
    ("NotIpAddress", ["10.0.0.0/8", "203.0.113.0/24"], "203.0.113.9", False),
    ("NotIpAddress", "10.0.0.0/8", "2001:db8::1", True),
    ("ArnEquals", "arn:aws:s3:::acme-*", "arn:aws:s3:::acme-data", True),
    ("ArnLike", "arn:aws:personalize:*:111122223333:*", "arn:aws:personalize:eu-west-1:111122223333:dataset/a:b", True),
    ("ArnLike", "arn:aws:personalize:*:*:dataset/?", "arn:aws:personalize:eu-west-1:111122223333:dataset/ab", False),
    ("ArnLike", "arn:aws:s3:*:acme", "arn:aws:sqs:eu-west-1:111122223333:acme", False),
    ("ArnLike", "arn:aws:s3:*:*:acme", "arn:aws:s3:::acme", True),
    ("ArnLike", "arn:aws:s3:::ACME", "arn:aws:s3:::acme", False),
    ("ArnLike", "arn:aws:s3:::acme", "not an arn", False),
    ("ArnNotEquals", "arn:aws:s3:::acme", "arn:aws:s3:::acme-data", True),
    ("ArnNotLike", ["arn:aws:s3:::acme*", "arn:aws:iam::*:root"], "arn:aws:s3:::acme", False),
]


@pytest.mark.parametrize(("operator", "wanted", "given", "expected"), COMPARED)
def test_an_operator_compares_as_documented(operator: str, wanted: Any, given: str, *, expected: bool) -> None:
    assert holds(operator, KEY, wanted, context({KEY: given})) is expected


POSITIVE = [
    "StringEquals",
    "StringLike",
    "NumericLessThan",
    "DateGreaterThan",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "ArnLike",
]
NEGATED = ["StringNotEquals", "StringNotLike", "NumericNotEquals", "DateNotEquals", "NotIpAddress", "ArnNotLike"]


@pytest.mark.parametrize("operator", POSITIVE)
def test_without_the_key_a_positive_operator_fails_and_its_if_exists_form_holds(operator: str) -> None:
    assert holds(operator, KEY, "1", context()) is False
    assert holds(f"{operator}IfExists", KEY, "1", context()) is True


@pytest.mark.parametrize("operator", NEGATED)
def test_without_the_key_a_negated_operator_holds(operator: str) -> None:
    assert holds(operator, KEY, "1", context()) is True
    assert holds(f"{operator}IfExists", KEY, "1", context()) is True


@pytest.mark.parametrize("operator", [*POSITIVE, *NEGATED, "Null"])
def test_a_key_that_is_not_known_makes_the_answer_unknown(operator: str) -> None:
    assert holds(operator, KEY, "true", context(complete=False)) is None
    assert holds(operator, KEY, "true", context(complete=False, absent=(KEY,))) is not None


def test_null_that_takes_both_needs_no_key() -> None:
    assert holds("Null", KEY, ["true", "false"], context(complete=False)) is True


def test_if_exists_asks_the_value_that_is_there() -> None:
    assert holds("StringEqualsIfExists", KEY, "a", context({KEY: "b"})) is False
    assert holds("StringEqualsIfExists", KEY, "a", context({KEY: "a"})) is True


@pytest.mark.parametrize(
    ("wanted", "given", "expected"),
    [
        ("true", {}, True),
        ("false", {}, False),
        (True, {}, True),
        ("true", {KEY: "v"}, False),
        ("false", {KEY: "v"}, True),
        (["true", "false"], {}, True),
        ("TRUE", {}, True),
        ("true", {KEY: []}, True),
    ],
)
def test_null_asks_whether_the_key_is_missing(wanted: Any, given: dict[str, Any], *, expected: bool) -> None:
    assert holds("Null", KEY, wanted, context(given)) is expected


@pytest.mark.parametrize(
    ("operator", "wanted", "given", "expected"),
    [
        ("ForAllValues:StringEquals", ["a", "b"], ["a"], True),
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "c"], False),
        ("ForAllValues:StringEquals", ["a"], [], True),
        ("ForAllValues:StringEquals", ["a"], None, True),
        ("ForAllValues:StringEquals", ["a"], [""], True),
        ("ForAllValues:StringNotEquals", ["a"], ["b", "c"], True),
        ("ForAllValues:StringNotEquals", ["a"], ["a", "c"], False),
        ("ForAnyValue:StringEquals", ["a", "b"], ["c", "b"], True),
        ("ForAnyValue:StringEquals", ["a", "b"], ["c"], False),
        ("ForAnyValue:StringEquals", ["a"], [], False),
        ("ForAnyValue:StringEquals", ["a"], None, False),
        ("ForAnyValue:StringNotEquals", ["a"], ["a", "c"], True),
        ("ForAnyValue:StringNotEquals", ["a"], ["a"], False),
        ("ForAnyValue:StringNotEquals", ["a"], None, False),
        ("ForAnyValue:StringLike", "o-abc/*", ["o-xyz/r", "o-abc/r"], True),
        ("ForAllValues:StringLikeIfExists", ["a*"], None, True),
        ("ForAnyValue:StringLikeIfExists", ["a*"], ["b"], False),
        ("ForAnyValue:StringLikeIfExists", ["a*"], None, None),
        ("forallvalues:stringequals", ["a"], ["b"], False),
    ],
)
def test_a_set_operator_counts_the_values_of_the_request(
    operator: str, wanted: Any, given: list[str] | None, *, expected: bool | None
) -> None:
    assert holds(operator, KEY, wanted, context({} if given is None else {KEY: given})) is expected


def test_several_values_without_a_set_operator_decide_only_where_none_would() -> None:
    assert holds("StringEquals", KEY, "a", context({KEY: ["b", "c"]})) is False
    assert holds("StringNotEquals", KEY, ["b", "c"], context({KEY: ["b", "c"]})) is False
    assert holds("StringEquals", KEY, "a", context({KEY: ["a", "b"]})) is None
    assert holds("StringEquals", KEY, ["a", "b"], context({KEY: ["a", "b"]})) is None


@pytest.mark.parametrize(
    ("operator", "wanted", "given"),
    [
        ("NumericEquals", "ten", "10"),
        ("NumericLessThan", "10", "ten"),
        ("NumericEquals", "1_0", "10"),
        ("NumericEquals", "NaN", "10"),
        ("DateLessThan", "soon", "2026-01-01"),
        ("DateLessThan", "2026-01-01", "2026-13-01"),
        ("Bool", "yes", "true"),
        ("Bool", "true", "1"),
        ("IpAddress", "203.0.113.0/33", "203.0.113.9"),
        ("IpAddress", "203.0.113.0/24", "localhost"),
        ("BinaryEquals", "QQ==", "not base64"),
        ("NumericNotEquals", "ten", "10"),
    ],
)
def test_a_value_that_its_operator_cannot_read_decides_nothing(operator: str, wanted: str, given: str) -> None:
    assert holds(operator, KEY, wanted, context({KEY: given})) is None


def test_an_arn_pattern_of_fewer_than_six_parts_decides_only_where_it_cannot_match() -> None:
    queue = context({KEY: "arn:aws:sqs:eu-west-1:111122223333:queue"})
    assert holds("ArnLike", KEY, "arn:aws:sqs:*", queue) is None
    assert holds("ArnLike", KEY, "*", queue) is None
    assert holds("ArnLike", KEY, "arn:aws:sns:*", queue) is False


def test_a_value_that_matches_needs_no_other() -> None:
    assert holds("NumericEquals", KEY, ["ten", "10"], context({KEY: "10"})) is True


def test_key_names_and_operators_are_read_whatever_their_case() -> None:
    assert holds("stringequals", "AWS:X", "a", context({KEY: "a"})) is True
    assert holds("StringEquals", "aws:PrincipalTag/TEAM", "a", context({"aws:principaltag/team": "a"})) is True


def test_all_operators_and_all_keys_must_hold() -> None:
    both = {"StringEquals": {"aws:a": "1", "aws:b": "2"}, "Bool": {"aws:c": "true"}}
    policies = Policies(identity=(doc(statement(Condition=both)),))
    for given, expected in [
        ({"aws:a": "1", "aws:b": "2", "aws:c": "true"}, ALLOWED),
        ({"aws:a": "1", "aws:b": "x", "aws:c": "true"}, DENIED),
        ({"aws:a": "1", "aws:b": "2"}, DENIED),
    ]:
        assert verdict(policies, given=context(given)) is expected


def test_a_false_condition_beside_an_unknown_one_is_false() -> None:
    both = {"StringEquals": {"aws:a": "1", "aws:b": "2"}}
    policies = Policies(identity=(doc(statement(Condition=both)),))
    assert verdict(policies, given=context({"aws:b": "x"}, complete=False)) is DENIED
    assert verdict(policies, given=context({"aws:b": "2"}, complete=False)) is UNKNOWN


@pytest.mark.parametrize(
    "condition",
    [
        {"StringMatches": {"aws:x": "a"}},
        {"ForSomeValues:StringEquals": {"aws:x": "a"}},
        {"StringEquals": "a"},
        {"StringEquals": {"aws:x": {"y": "z"}}},
        {"StringEquals": {"aws:x": None}},
        {"Null": {"aws:x": "maybe"}},
        [],
    ],
)
def test_a_condition_that_is_not_in_the_grammar_makes_the_statement_unknown(condition: Any) -> None:
    given = context({"aws:x": "a"})
    assert verdict(Policies(identity=(doc(statement(Condition=condition)),)), given=given) is UNKNOWN
    beside = Policies(identity=(doc(statement(), statement("Deny", Condition=condition)),))
    assert verdict(beside, given=given) is UNKNOWN


def test_an_empty_condition_always_holds_and_an_empty_list_never_matches() -> None:
    assert verdict(Policies(identity=(doc(statement(Condition={})),))) is ALLOWED
    assert holds("StringEquals", KEY, [], context({KEY: "a"})) is False
    assert holds("StringNotEquals", KEY, [], context({KEY: "a"})) is True
