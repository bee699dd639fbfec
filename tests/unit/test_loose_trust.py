"""Which statements of others let Amazon Personalize in for anybody, and how they are tightened."""

import pytest

from personalize_perms import trust

CONDITION = {
    "StringEquals": {"aws:SourceAccount": "111122223333"},
    "StringLike": {"aws:SourceArn": "arn:aws:personalize:eu-west-1:111122223333:*"},
}
OPEN = {"Sid": "Theirs", "Effect": "Allow", "Principal": {"Service": trust.SERVICE}, "Action": "sts:AssumeRole"}


def is_loose(**changes: object) -> bool:
    statement = {name: value for name, value in {**OPEN, **changes}.items() if value is not None}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return bool(list(trust.loose_statements(document, lambda sid: sid == "ours")))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"Action": ["sts:TagSession", "STS:assumerole"]},
        {"Action": "sts:*"},
        {"Action": "*"},
        {"Action": None, "NotAction": "iam:PassRole"},
        {"Principal": {"Service": ["ec2.amazonaws.com", trust.SERVICE]}},
        {"Principal": "*"},
        {"Principal": {"AWS": "*"}},
        {"Principal": None, "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"}},
        {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        {"Condition": {"StringLike": {"aws:SourceAccount": "*"}}},
        {"Condition": {"StringLike": {"aws:SourceAccount": "11112222333?"}}},
        {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:personalize:*:*:*"}}},
        {"Condition": {"StringLike": {"aws:SourceArn": "arn:aws:personalize:*"}}},
        {"Condition": {"StringLike": {"aws:SourceArn": "arn:aws:personalize:eu-west-1:*"}}},
        {"Condition": {"StringLike": {"aws:SourceArn": "arn:*"}}},
        {"Condition": {"StringEquals": {"aws:SourceAccount": ["111122223333", "*"]}}},
        {"Condition": {"StringNotEquals": {"aws:SourceAccount": "999999999999"}}},
    ],
)
def test_a_statement_that_pins_no_account_is_loose(changes: dict[str, object]) -> None:
    assert is_loose(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"Effect": "Deny"},
        {"Sid": "ours"},
        {"Action": "sts:TagSession"},
        {"Principal": {"Service": "ec2.amazonaws.com"}},
        {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}},
        {"Principal": None, "NotPrincipal": {"Service": trust.SERVICE}},
        {"Condition": CONDITION},
        {"Condition": {"StringEquals": {"AWS:sourceaccount": ["111122223333"]}}},
        {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:personalize:*:111122223333:*"}}},
        {"Condition": {"StringLike": {"aws:SourceArn": "arn:*:111122223333:*"}}},
        {"Condition": {"StringEquals": {"aws:SourceOrgID": "o-abcdefghij"}}},
    ],
)
def test_a_statement_that_is_closed_or_about_others_is_not_loose(changes: dict[str, object]) -> None:
    assert not is_loose(**changes)


def test_a_statement_for_personalize_alone_gets_the_conditions_beside_its_own() -> None:
    own = {"StringEquals": {"aws:PrincipalTag/a": "b"}, "Bool": {"x": "true"}}
    (tightened,) = trust.tighten({**OPEN, "Condition": own}, CONDITION) or []
    assert tightened["Sid"] == "Theirs"
    assert tightened["Condition"] == {
        "StringEquals": {"aws:PrincipalTag/a": "b", "aws:SourceAccount": "111122223333"},
        "Bool": {"x": "true"},
        "StringLike": CONDITION["StringLike"],
    }


def test_principals_that_share_a_statement_keep_theirs_as_it_was() -> None:
    principal = {"AWS": "arn:aws:iam::111122223333:root", "Service": ["ec2.amazonaws.com", trust.SERVICE]}
    shared = {**OPEN, "Principal": principal, "Condition": {"Bool": {"x": "true"}}}
    rest, tightened = trust.tighten(shared, CONDITION) or []
    kept = {"AWS": "arn:aws:iam::111122223333:root", "Service": ["ec2.amazonaws.com"]}
    assert rest == {**shared, "Principal": kept}
    assert tightened["Principal"] == {"Service": trust.SERVICE}
    assert tightened["Sid"] == "TheirsPersonalize"
    assert tightened["Condition"] == {"Bool": {"x": "true"}, **CONDITION}


@pytest.mark.parametrize("principal", ["*", {"AWS": "*", "Service": trust.SERVICE}])
def test_a_statement_that_lets_everybody_in_is_left_to_its_owner(principal: object) -> None:
    assert trust.tighten({**OPEN, "Principal": principal}, CONDITION) is None  # type: ignore[dict-item]


def test_what_was_tightened_is_no_longer_loose() -> None:
    for principal in (trust.SERVICE, [trust.SERVICE], [trust.SERVICE, "ec2.amazonaws.com"]):
        statements = trust.tighten({**OPEN, "Principal": {"Service": principal}}, CONDITION)
        assert statements
        assert not list(trust.loose_statements({"Statement": statements}, lambda _: False))  # type: ignore[dict-item]
