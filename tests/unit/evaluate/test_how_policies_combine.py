"""Which policies must allow, and which may deny, for each kind of principal and resource.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from dataclasses import replace
from typing import Any

import pytest
from asking import (
    ACCOUNT,
    ALLOWED,
    DENIED,
    FULL,
    NOTHING,
    OTHER,
    UNKNOWN,
    Policies,
    ask,
    context,
    deny,
    doc,
    role,
    service,
    statement,
    user,
    verdict,
)  # fmt: skip

from personalize_perms.evaluate import Unread, compiled_text
from personalize_perms.model.access import Layer, Principal
from personalize_perms.model.findings import Verdict

UNREAD = Unread(name="the boundary", why="iam:GetPolicyVersion is not allowed")
NO = doc(deny(Sid="No"), name="a policy that denies")
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/svc/run"


def bucket(element: Any) -> Any:
    return doc(statement(Principal=element), name="bucket policy")


def test_nothing_allows_by_itself() -> None:
    found = ask(Policies(), user())
    assert (found.verdict, found.lacking) == (DENIED, Layer.IDENTITY)
    assert found.because == (
        "No identity-based policy allows s3:GetObject on arn:aws:s3:::acme-data/in/users.csv to "
        "arn:aws:iam::111122223333:user/ana."
    )


def test_in_one_account_either_side_is_enough() -> None:
    assert verdict(Policies(identity=(NOTHING, FULL)), user()) is ALLOWED
    assert verdict(Policies(resource=bucket({"AWS": user().arn})), user()) is ALLOWED


def test_across_accounts_both_sides_must_allow() -> None:
    mine, theirs = Policies(identity=(FULL,)), Policies(resource=bucket({"AWS": user().arn}))
    assert ask(mine, user(), owner=OTHER).lacking is Layer.RESOURCE
    assert ask(theirs, user(), owner=OTHER).lacking is Layer.IDENTITY
    assert verdict(Policies(identity=(FULL,), resource=bucket({"AWS": user().arn})), user(), owner=OTHER) is ALLOWED


def test_where_the_owner_is_not_known_only_what_holds_either_way_is_certain() -> None:
    policies = Policies(identity=(FULL,))
    assert ask(policies, user(), owner="").unknown == ("aws:ResourceAccount",)
    assert verdict(replace(policies, resource=bucket("*")), user(), owner="") is ALLOWED
    assert verdict(Policies(), user(), owner="") is DENIED


LAYERS: list[tuple[Layer, dict[str, Any]]] = [
    (Layer.IDENTITY, {"identity": (FULL, NO)}),
    (Layer.BOUNDARY, {"boundary": NO}),
    (Layer.SESSION, {"session": NO}),
    (Layer.SERVICE_CONTROL, {"service_control": ((FULL,), (FULL, NO))}),
    (Layer.RESOURCE_CONTROL, {"resource_control": ((FULL, doc(deny(Sid="No", Principal="*"))),)}),
    (Layer.RESOURCE, {"resource": doc(deny(Sid="No", Principal="*"))}),
]


@pytest.mark.parametrize(("layer", "others"), LAYERS)
def test_a_deny_anywhere_wins_over_every_allow(layer: Layer, others: dict[str, Any]) -> None:
    found = ask(Policies(**{"identity": (FULL,), "resource": bucket("*"), **others}), role())
    assert found.verdict is DENIED
    assert found.statement is not None
    assert (found.statement.layer, found.statement.sid) == (layer, "No")
    assert "denies s3:GetObject" in found.because


@pytest.mark.parametrize(
    ("layer", "others"),
    [
        (Layer.BOUNDARY, {"boundary": NOTHING}),
        (Layer.SESSION, {"session": NOTHING}),
        (Layer.SERVICE_CONTROL, {"service_control": ((FULL,), (NOTHING,))}),
        (Layer.SERVICE_CONTROL, {"service_control": ((), (FULL,))}),
        (Layer.RESOURCE_CONTROL, {"resource_control": ((NOTHING,),)}),
    ],
)
def test_every_limit_must_allow_what_an_identity_based_policy_grants(layer: Layer, others: dict[str, Any]) -> None:
    found = ask(Policies(identity=(FULL,), **others), role())
    assert (found.verdict, found.lacking) == (DENIED, layer)


BYPASSES: list[tuple[Any, Principal, str, Verdict]] = [
    ({"AWS": user().arn}, user(), "boundary", ALLOWED),
    ("*", user(), "boundary", ALLOWED),
    ({"AWS": user().arn}, user(), "session", DENIED),
    ({"AWS": role().arn}, role(), "boundary", DENIED),
    ({"AWS": role().arn}, role(), "session", DENIED),
    ({"AWS": SESSION}, role(), "boundary", ALLOWED),
    ({"AWS": SESSION}, role(), "session", ALLOWED),
    ({"AWS": [role().arn, SESSION]}, role(), "session", ALLOWED),
    ("*", role(), "boundary", ALLOWED),
    ("*", role(), "session", ALLOWED),
    ({"AWS": ACCOUNT}, role(), "boundary", DENIED),
]


@pytest.mark.parametrize(("element", "principal", "limit", "expected"), BYPASSES)
def test_whom_a_bucket_policy_names_decides_whether_silent_limits_matter(
    element: Any, principal: Principal, limit: str, expected: Verdict
) -> None:
    assert verdict(Policies(identity=(FULL,), resource=bucket(element), **{limit: NOTHING}), principal) is expected


def test_limits_that_allow_leave_a_roles_bucket_policy_enough() -> None:
    policies = Policies(resource=bucket({"AWS": role().arn}), boundary=FULL, session=FULL)
    assert verdict(policies, role()) is ALLOWED


def test_across_accounts_no_name_bypasses_a_boundary() -> None:
    policies = Policies(identity=(FULL,), boundary=NOTHING, resource=bucket({"AWS": user().arn}))
    assert ask(policies, user(), owner=OTHER).lacking is Layer.BOUNDARY


def test_a_service_needs_the_resource_based_policy_and_no_other() -> None:
    allow = {"Service": "personalize.amazonaws.com"}
    limits = {"identity": (NO,), "boundary": NO, "service_control": ((NO,),)}
    assert verdict(Policies(resource=bucket(allow), **limits), service()) is ALLOWED
    assert ask(Policies(identity=(FULL,)), service()).lacking is Layer.RESOURCE
    rcp = ((FULL, doc(deny(Principal="*", Condition={"Bool": {"aws:PrincipalIsAWSService": "true"}}))),)
    assert verdict(Policies(resource=bucket(allow), resource_control=rcp), service()) is DENIED


@pytest.mark.parametrize(
    ("operator", "key", "value", "expected"),
    [
        ("ArnNotLike", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/svc", DENIED),
        ("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/*", ALLOWED),
        ("ArnLikeIfExists", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/*", UNKNOWN),
        ("Null", "aws:PrincipalArn", "true", UNKNOWN),
        ("StringNotEquals", "aws:PrincipalAccount", ACCOUNT, DENIED),
        ("StringNotLike", "aws:userid", ["AROAEXAMPLE:*", ACCOUNT], DENIED),
        ("StringNotEquals", "aws:PrincipalOrgID", "o-abc", DENIED),
        ("StringNotEqualsIfExists", "aws:PrincipalOrgID", "o-abc", DENIED),
        ("StringNotEquals", "aws:SourceVpce", "vpce-1", UNKNOWN),
        ("BoolIfExists", "aws:PrincipalIsAWSService", "false", ALLOWED),
    ],
)
def test_a_deny_of_all_but_the_accounts_own_meets_a_service_whose_name_nobody_knows(
    operator: str, key: str, value: Any, expected: Verdict
) -> None:
    others = deny(Principal="*", Condition={operator: {key: value}})
    policies = Policies(resource=doc(statement(Principal={"Service": "personalize.amazonaws.com"}), others))
    assert verdict(policies, service(), given=context(complete=False)) is expected


def test_service_control_policies_leave_service_linked_roles_alone() -> None:
    linked = replace(role(), arn=f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX")
    policies = Policies(identity=(FULL,), service_control=((NO,),), resource_control=((NO,),))
    assert verdict(policies, linked) is ALLOWED
    assert verdict(policies, role()) is DENIED


class TestADocumentThatMayNotBeRead:
    @pytest.mark.parametrize(
        "others",
        [
            {"boundary": UNREAD},
            {"session": UNREAD},
            {"resource": UNREAD},
            {"identity": (FULL, UNREAD)},
            {"service_control": ((FULL,), (FULL, UNREAD))},
            {"resource_control": ((UNREAD,),)},
        ],
    )
    def test_leaves_open_what_it_could_deny(self, others: dict[str, Any]) -> None:
        found = ask(Policies(**{"identity": (FULL,), **others}), role())
        assert (found.verdict, found.unknown) == (UNKNOWN, ("the boundary",))
        assert "the boundary" in found.because

    def test_does_not_matter_where_nothing_allows(self) -> None:
        assert verdict(Policies(boundary=UNREAD), role()) is DENIED
        assert verdict(Policies(identity=(UNREAD,)), role(), owner=OTHER) is DENIED

    def test_does_not_matter_where_another_denies(self) -> None:
        for policies in (Policies(identity=(UNREAD, NO)), Policies(identity=(UNREAD,), session=NO, boundary=UNREAD)):
            assert verdict(policies, role()) is DENIED

    def test_does_not_matter_to_whom_it_does_not_bind(self) -> None:
        policies = Policies(identity=(UNREAD,), service_control=((UNREAD,),), resource=bucket("*"))
        assert verdict(policies, service()) is ALLOWED

    @pytest.mark.parametrize("text", ["", "{}", "[]", '{"Statement": [5]}', '{"Statement": [], "Statement": []}', "{"])
    def test_is_what_cannot_be_parsed(self, text: str) -> None:
        found = compiled_text(text, "bucket policy acme")
        assert isinstance(found, Unread)
        assert found.why
        assert verdict(Policies(identity=(FULL,), resource=found), role()) is UNKNOWN


@pytest.mark.parametrize(
    "spoiled",
    [
        {"Effect": "allow"},
        {"Effect": None},
        {"Action": 5, "Principal": None},
        {"Resource": {"a": "b"}},
        {"Actions": "*"},
        {"NotAction": "s3:*", "Action": "s3:*"},
        {"Condition": None},
        {"Action": [None]},
    ],
)
def test_a_statement_that_is_not_in_the_grammar_leaves_the_answer_open(spoiled: dict[str, Any]) -> None:
    whole = {"Effect": "Allow", "Action": "*", "Resource": "*", **spoiled}
    found = ask(Policies(identity=(FULL, doc(whole, name="odd"))), user())
    assert found.verdict is UNKNOWN
    assert found.unknown[0].startswith("statement 1 of odd (")
    assert verdict(Policies(identity=(FULL, doc(whole), NO)), user()) is DENIED


def test_the_statement_that_allows_is_named() -> None:
    document = doc(statement(Action="s3:PutObject"), statement(Sid="Read", Action="s3:Get*"), name="role policy reader")
    found = ask(Policies(identity=(NOTHING, document)), user())
    assert found.statement is not None
    assert (found.statement.document, found.statement.number, found.statement.sid) == ("role policy reader", 2, "Read")
    assert found.because.startswith("Statement 2 (Read) of role policy reader allows s3:GetObject on")


def test_an_unknown_allow_does_not_matter_beside_a_certain_one() -> None:
    perhaps = statement(Condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}})
    assert verdict(Policies(identity=(doc(perhaps, statement()),)), user(), given=context(complete=False)) is ALLOWED
    found = ask(Policies(identity=(doc(perhaps),)), user(), given=context(complete=False))
    assert (found.verdict, found.unknown) == (UNKNOWN, ("aws:sourcevpc",))


def test_an_unknown_deny_leaves_every_allow_open() -> None:
    perhaps = deny(Condition={"StringNotEquals": {"aws:SourceVpc": "vpc-1"}})
    found = ask(Policies(identity=(FULL, doc(perhaps))), user(), given=context(complete=False))
    assert (found.verdict, found.unknown) == (UNKNOWN, ("aws:sourcevpc",))
    assert verdict(Policies(identity=(doc(perhaps),)), user(), given=context(complete=False)) is DENIED
