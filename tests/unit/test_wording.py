"""What a statement says, in words: everything that it names, and nothing that it does not."""

from typing import Any

import pytest
from set_ups import TEMPLATES

from personalize_perms.documents.wording import phrases

ROLE = "arn:aws:iam::111122223333:role/svc"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd"
SERVICE = {"Service": "personalize.amazonaws.com"}
ODD = "a statement is not put in words here: read it itself"


def said(own: str = "", **statement: Any) -> list[str]:
    return [phrase.sentence for phrase in phrases({"Effect": "Allow", **statement}, own=own)]


def test_reading_a_bucket_is_listing_it_and_reading_its_objects_each_where_it_has_an_effect() -> None:
    resources = ["arn:aws:s3:::acme", "arn:aws:s3:::acme/in/*"]
    assert said(Principal=SERVICE, Action=["s3:GetObject", "s3:ListBucket"], Resource=resources) == [
        "Amazon Personalize may list the objects of s3://acme",
        "Amazon Personalize may read objects under s3://acme/in/",
    ]


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        ("arn:aws:s3:::acme/*", "objects under s3://acme/"),
        ("arn:aws:s3:::acme/users.csv", "the object s3://acme/users.csv"),
        ("arn:aws:s3:::acme/in*", "objects whose names begin with s3://acme/in"),
        ("arn:aws:s3:::acme*", "objects that match s3://acme*"),
        ("arn:aws:s3:::acme/*/in/*", "objects that match s3://acme/*/in/*"),
        ("*", "objects in any bucket"),
    ],
)
def test_a_resource_of_s3_is_said_as_wide_as_it_is(resource: str, words: str) -> None:
    assert said(Action=["s3:GetObject", "s3:PutObject"], Resource=resource) == [
        f"whoever has this policy may read and write {words}"
    ]


def test_a_trust_policy_says_who_may_take_on_the_role_and_for_whom() -> None:
    condition = {
        "StringEquals": {"aws:SourceAccount": "111122223333"},
        "StringLike": {"aws:SourceArn": "arn:aws:personalize:eu-west-1:111122223333:*"},
    }
    trust = {"Principal": SERVICE, "Action": "sts:AssumeRole"}
    assert said(own=ROLE, **trust, Condition=condition) == [
        "Amazon Personalize may take on this role, only for work of the account 111122223333 in eu-west-1"
    ]
    assert said(own=ROLE, **trust) == ["Amazon Personalize may take on this role"]
    wider = {"StringLike": {"aws:SourceArn": "arn:aws:personalize:*:111122223333:*"}}
    assert said(own=ROLE, **trust, Condition=wider) == [
        "Amazon Personalize may take on this role, only if aws:SourceArn is like arn:aws:personalize:*:111122223333:*"
    ]


def test_in_a_key_policy_everything_means_this_key() -> None:
    use = {"Principal": {"AWS": ROLE, **SERVICE}, "Action": ["kms:Decrypt", "kms:CreateGrant"]}
    assert said(own=KEY, **use, Resource="*") == [
        f"the role {ROLE} may use this key (Decrypt, CreateGrant)",
        "Amazon Personalize may use this key (Decrypt, CreateGrant)",
    ]
    assert said(Action="kms:Decrypt", Resource="*") == ["whoever has this policy may use keys: * (Decrypt)"]


def test_passing_a_role_says_to_whom() -> None:
    passed = {"Action": "iam:PassRole", "Resource": ROLE}
    condition = {"StringEquals": {"iam:PassedToService": "personalize.amazonaws.com"}}
    assert said(**passed, Condition=condition) == [
        f"whoever has this policy may pass the role {ROLE}, only to Amazon Personalize"
    ]
    assert said(**passed) == [f"whoever has this policy may pass the role {ROLE}"]
    assert said(Action="iam:PassRole", Resource="*") == ["whoever has this policy may pass any role"]
    others = {"StringEquals": {"iam:PassedToService": ["personalize.amazonaws.com", "ec2.amazonaws.com"]}}
    assert "ec2.amazonaws.com" in said(**passed, Condition=others)[0]


def test_a_deny_is_said_so_that_it_cannot_be_read_as_an_allow() -> None:
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::acme/*"}
    assert said(**deny, Condition=insecure) == [
        "nobody may do anything in Amazon S3 on arn:aws:s3:::acme/*, if aws:SecureTransport is false"
    ]
    assert said(**{**deny, "Principal": {"AWS": ROLE}})[0].startswith(f"the role {ROLE} may not do anything")


@pytest.mark.parametrize(
    ("principal", "who"),
    [
        ("*", "anybody"),
        ({"AWS": "*"}, "anybody"),
        ({"AWS": "111122223333"}, "whoever the account 111122223333 itself allows"),
        ({"AWS": "arn:aws:iam::111122223333:user/ada"}, "the user arn:aws:iam::111122223333:user/ada"),
        ({"AWS": "AIDAEXAMPLEEXAMPLE12"}, "the principal AIDAEXAMPLEEXAMPLE12"),
        ({"Service": "ec2.amazonaws.com"}, "the service ec2.amazonaws.com"),
        ({"CanonicalUser": "79a5"}, "CanonicalUser 79a5"),
        ({"Federated": "arn:aws:iam::1:saml-provider/x"}, "whoever signs in through arn:aws:iam::1:saml-provider/x"),
    ],
)
def test_every_kind_of_principal_is_named(principal: Any, who: str) -> None:
    assert said(own=ROLE, Principal=principal, Action="sts:AssumeRole") == [f"{who} may take on this role"]


def test_exceptions_are_said_as_exceptions() -> None:
    assert said(NotAction="iam:*", Resource="*") == ["whoever has this policy may do everything but iam:* on *"]
    assert said(Action="s3:GetObject", NotResource="arn:aws:s3:::x/*") == [
        "whoever has this policy may do s3:GetObject on everything but arn:aws:s3:::x/*"
    ]
    named = said(own=ROLE, NotPrincipal={"AWS": ROLE}, Action="sts:AssumeRole")
    assert named == [f"everybody but the role {ROLE} may take on this role"]


@pytest.mark.parametrize(
    "statement",
    [
        {"Action": 7, "Resource": "*"},
        {"Action": "s3:GetObject", "Resource": {"x": 1}},
        {"Effect": "Maybe", "Action": "s3:GetObject", "Resource": "*"},
        {"Action": "s3:GetObject", "Resource": "*", "Condition": ["x"]},
        {"Action": "s3:GetObject", "Resource": "*", "Condition": {"Bool": "x"}},
        {"Principal": 7, "Action": "s3:GetObject", "Resource": "*"},
        {"Resource": "*"},
    ],
)
def test_a_statement_that_is_not_understood_is_not_put_in_words(statement: dict[str, Any]) -> None:
    assert said(**statement) == [ODD]


def test_every_template_can_be_put_in_words() -> None:
    for name in TEMPLATES.names():
        for statement in TEMPLATES.statements(name):
            found = [phrase.sentence for phrase in phrases(statement, own=ROLE)]
            assert found
            assert ODD not in found
