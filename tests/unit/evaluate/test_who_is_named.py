"""Principal and NotPrincipal: whom a statement of a resource-based policy is about.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
"""

from dataclasses import replace
from typing import Any

import pytest
from asking import (
    ACCOUNT,
    ALLOWED,
    DENIED,
    FULL,
    OTHER,
    TARGET,
    UNKNOWN,
    Policies,
    ask,
    deny,
    doc,
    federated,
    role,
    root,
    service,
    statement,
    user,
    verdict,
)  # fmt: skip

from personalize_perms.model.access import Principal
from personalize_perms.model.findings import Verdict

PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/Corp"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/svc/run"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def granted(element: Any, principal: Principal, **other: Any) -> Verdict:
    """Ask a bucket policy that is all there is."""
    return verdict(Policies(resource=doc(statement(Principal=element, **other))), principal)


@pytest.mark.parametrize(
    ("element", "principal", "expected"),
    [
        ("*", user(), ALLOWED),
        ({"AWS": "*"}, user(), ALLOWED),
        ({"AWS": ["*"]}, role(), ALLOWED),
        ("*", service(), ALLOWED),
        ({"AWS": user().arn}, user(), ALLOWED),
        ({"AWS": user().arn}, user(name="bob"), DENIED),
        ({"AWS": [user().arn, role().arn]}, role(), ALLOWED),
        ({"AWS": role().arn}, role(OTHER), DENIED),
        ({"AWS": SESSION}, role(), ALLOWED),
        ({"AWS": SESSION}, role(session="other"), DENIED),
        ({"AWS": SESSION}, role(session=""), UNKNOWN),
        ({"AWS": SESSION}, role(name="other", session=""), DENIED),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:user/*"}, user(), DENIED),
        ({"AWS": "AIDAEXAMPLEDEADUSER12"}, user(), DENIED),
        ({"AWS": "AROAEXAMPLEDEADROLE12"}, role(), DENIED),
        ({"Service": "personalize.amazonaws.com"}, service(), ALLOWED),
        ({"Service": "s3.amazonaws.com"}, service(), DENIED),
        ({"AWS": "personalize.amazonaws.com"}, service(), DENIED),
        ({"Service": ["a", "personalize.amazonaws.com"]}, service(), ALLOWED),
        ({"Service": "*"}, user(), DENIED),
        ({"Federated": PROVIDER}, federated(PROVIDER), ALLOWED),
        ({"Federated": "cognito-identity.amazonaws.com"}, federated(PROVIDER), DENIED),
        ({"CanonicalUser": "79a59df900b949e5"}, user(), DENIED),
        ({"CanonicalUser": "79a59df900b949e5"}, service(), DENIED),
        ({}, user(), DENIED),
    ],
)
def test_a_principal_is_matched_to_the_letter(element: Any, principal: Principal, expected: Verdict) -> None:
    assert granted(element, principal) is expected


@pytest.mark.parametrize("element", [{"AWS": ACCOUNT}, {"AWS": ROOT}, {"AWS": [ROOT, user().arn + "x"]}])
@pytest.mark.parametrize("principal", [user(), role()])
def test_naming_the_account_leaves_the_decision_to_its_own_policies(element: Any, principal: Principal) -> None:
    assert granted(element, principal) is DENIED
    bucket_policy = doc(statement(Principal=element))
    assert verdict(Policies(identity=(FULL,), resource=bucket_policy), principal, owner=OTHER) is ALLOWED


@pytest.mark.parametrize(
    "element",
    [
        "*",
        {"AWS": "*"},
        {"AWS": ACCOUNT},
        {"AWS": ROOT},
        {"AWS": role().arn},
        {"AWS": SESSION},
        {"Service": "x", "AWS": [ROOT]},
    ],
)
def test_a_deny_of_the_account_the_role_or_the_session_denies_the_role(element: Any) -> None:
    policies = Policies(identity=(FULL,), resource=doc(deny(Sid="No", Principal=element)))
    found = ask(policies, role())
    assert found.verdict is DENIED
    assert found.statement is not None
    assert found.statement.sid == "No"


@pytest.mark.parametrize("element", ["*", {"AWS": "*"}])
def test_a_deny_of_everyone_denies_services_too(element: Any) -> None:
    allow = statement(Principal={"Service": "personalize.amazonaws.com"})
    assert verdict(Policies(resource=doc(allow, deny(Principal=element))), service()) is DENIED
    assert verdict(Policies(resource=doc(allow, deny(Principal={"AWS": ROOT}))), service()) is ALLOWED


def spared(element: Any, principal: Principal, **other: Any) -> Verdict:
    """Ask a bucket policy that denies all but whom it names."""
    return verdict(Policies(identity=(FULL,), resource=doc(deny(NotPrincipal=element)), **other), principal)


@pytest.mark.parametrize(
    ("element", "principal", "expected"),
    [
        ({"AWS": [user().arn, ROOT]}, user(), ALLOWED),
        ({"AWS": [user().arn, ROOT]}, user(name="bob"), DENIED),
        ({"AWS": user().arn}, user(), UNKNOWN),
        ({"AWS": ROOT}, user(), DENIED),
        ({"AWS": [ACCOUNT, role().arn, SESSION]}, role(), ALLOWED),
        ({"AWS": [ACCOUNT, role().arn]}, role(), UNKNOWN),
        ({"AWS": [ACCOUNT, SESSION]}, role(), UNKNOWN),
        ({"AWS": [ACCOUNT, role().arn, SESSION]}, role(session=""), UNKNOWN),
        ({"AWS": [ACCOUNT]}, role(), DENIED),
        ({"AWS": ROOT}, root(), ALLOWED),
        ({"AWS": user().arn}, root(), DENIED),
        ({"Service": "personalize.amazonaws.com"}, user(), DENIED),
        ({"CanonicalUser": "79a59df900b949e5"}, user(), UNKNOWN),
        ("*", user(), ALLOWED),
    ],
)
def test_not_principal_spares_whom_it_names_whole(element: Any, principal: Principal, expected: Verdict) -> None:
    assert spared(element, principal) is expected


def test_not_principal_spares_a_service_that_it_names() -> None:
    allow = statement(Principal="*")
    for named, expected in [("personalize.amazonaws.com", ALLOWED), ("s3.amazonaws.com", DENIED)]:
        policies = Policies(resource=doc(allow, deny(NotPrincipal={"Service": named})))
        assert verdict(policies, service()) is expected


def test_not_principal_spares_nobody_who_has_a_permissions_boundary() -> None:
    assert spared({"AWS": [user().arn, ROOT]}, user(), boundary=FULL) is DENIED


def test_an_allow_to_all_but_some_is_not_supported_and_so_not_known() -> None:
    policies = Policies(resource=doc({**statement(), "NotPrincipal": {"AWS": user().arn}}))
    assert verdict(policies, user(name="bob")) is UNKNOWN
    assert verdict(replace(policies, identity=(FULL,)), user(name="bob")) is ALLOWED


@pytest.mark.parametrize("element", ["everyone", {"aws": "*"}, {"AWS": {"x": "y"}}, ["*"], None, 5])
def test_a_principal_that_is_not_in_the_grammar_is_not_known(element: Any) -> None:
    whole = {"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": element}
    assert verdict(Policies(resource=doc(whole)), user()) is UNKNOWN


def test_a_statement_of_a_bucket_policy_without_a_principal_is_about_nobody() -> None:
    assert verdict(Policies(resource=doc(statement())), user()) is DENIED


def test_an_identity_provider_needs_only_the_trust_policy() -> None:
    trust = doc(statement(Principal={"Federated": PROVIDER}, Action="sts:AssumeRoleWithSAML", Resource=None))
    found = ask(Policies(resource=trust), federated(PROVIDER), "sts:AssumeRoleWithSAML", TARGET)
    assert found.verdict is ALLOWED
    assert verdict(Policies(resource=trust), federated(PROVIDER + "x"), "sts:AssumeRoleWithSAML", TARGET) is DENIED
