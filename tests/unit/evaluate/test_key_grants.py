"""Grants of a KMS key, beside its key policy.

https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
"""

from dataclasses import replace
from typing import Any

import pytest
from asking import (
    ACCOUNT,
    ALLOWED,
    DENIED,
    FULL,
    KEY,
    NOTHING,
    OTHER,
    UNKNOWN,
    Policies,
    ask,
    context,
    deny,
    doc,
    role,
    root,
    service,
    user,
)

from personalize_perms.evaluate import Grant, Unread
from personalize_perms.model.access import Decision, Layer, Principal

GRANT = Grant(id="abc123", grantee=role().arn, operations=("Decrypt", "GenerateDataKey", "DescribeKey", "CreateGrant"))
ARN = "arn:aws:s3:::acme/in/x"


def decrypt(
    grants: Any, principal: Principal | None = None, action: str = "kms:Decrypt", given: Any = None, **others: Any
) -> Decision:
    several = grants if isinstance(grants, Unread) else tuple(grants)
    policies = Policies(resource=doc(), grants=several, **others)
    return ask(policies, principal or role(), action, KEY, given=given)


def encryption_context(complete: bool = True, **pairs: str) -> Any:  # noqa: FBT001, FBT002 - as context has it
    given: dict[str, Any] = {f"kms:EncryptionContext:{key}": value for key, value in pairs.items()}
    return context({**given, "kms:EncryptionContextKeys": list(pairs)} if pairs else {}, complete=complete)


def test_a_grant_lets_its_grantee_do_its_operations() -> None:
    found = decrypt([GRANT])
    assert found.verdict is ALLOWED
    assert found.statement is not None
    assert (found.statement.layer, found.statement.document, found.statement.number) == (Layer.GRANT, "abc123", 0)
    assert found.because.startswith("The grant abc123 allows kms:Decrypt")
    assert decrypt([GRANT], action="kms:decrypt").verdict is ALLOWED
    assert decrypt([GRANT], action="kms:Encrypt").verdict is DENIED
    assert decrypt([GRANT], action="kms:GenerateDataKeyWithoutPlaintext").verdict is DENIED


@pytest.mark.parametrize(
    ("grantee", "principal", "expected"),
    [
        (role().arn, role(name="other"), DENIED),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/svc/run", role(), ALLOWED),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/svc/run", role(session="x"), DENIED),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/svc/run", role(session=""), UNKNOWN),
        (user().arn, user(), ALLOWED),
        ("personalize.amazonaws.com", service(), ALLOWED),
        ("s3.amazonaws.com", service(), DENIED),
        (root().arn, role(), DENIED),
        (root().arn, root(), ALLOWED),
        ("*", role(), DENIED),
    ],
)
def test_a_grant_is_for_one_grantee(grantee: str, principal: Principal, expected: Any) -> None:
    assert decrypt([replace(GRANT, grantee=grantee)], principal).verdict is expected


def test_a_grant_to_an_account_leaves_the_decision_to_its_policies() -> None:
    assert decrypt([replace(GRANT, grantee=root().arn)], identity=(FULL,)).verdict is ALLOWED


def test_a_deny_wins_over_a_grant() -> None:
    assert decrypt([GRANT], identity=(doc(deny()),)).verdict is DENIED


def test_whether_a_silent_boundary_holds_a_grant_back_is_not_known() -> None:
    assert decrypt([GRANT], boundary=NOTHING).verdict is UNKNOWN
    assert decrypt([GRANT], boundary=FULL).verdict is ALLOWED
    assert decrypt([replace(GRANT, grantee=user().arn)], user(), boundary=NOTHING).verdict is ALLOWED


def test_a_grant_across_accounts_is_certain_with_an_identity_based_policy() -> None:
    abroad = replace(GRANT, grantee=role(OTHER).arn)
    assert decrypt([abroad], role(OTHER), identity=(FULL,)).verdict is ALLOWED
    assert decrypt([abroad], role(OTHER)).verdict is UNKNOWN
    assert decrypt([GRANT], role(OTHER), identity=(FULL,)).verdict is DENIED


@pytest.mark.parametrize(
    ("constraint", "given", "expected"),
    [
        ({"context_subset": {"arn": ARN}}, encryption_context(arn=ARN, more="x"), ALLOWED),
        ({"context_subset": {"arn": ARN}}, encryption_context(arn=ARN.upper()), DENIED),
        ({"context_subset": {"arn": ARN}}, encryption_context(), DENIED),
        ({"context_subset": {"arn": ARN}}, context(complete=False), UNKNOWN),
        ({"context_equals": {"arn": ARN}}, encryption_context(arn=ARN), ALLOWED),
        ({"context_equals": {"arn": ARN}}, encryption_context(arn=ARN, more="x"), DENIED),
        ({"context_equals": {"arn": ARN}}, context({"kms:EncryptionContext:arn": ARN}, complete=False), UNKNOWN),
        ({"context_equals": {"arn": ARN}}, context({"kms:EncryptionContext:arn": "no"}, complete=False), DENIED),
    ],
)
def test_a_constraint_compares_the_encryption_context(constraint: Any, given: Any, expected: Any) -> None:
    assert decrypt([replace(GRANT, **constraint)], given=given).verdict is expected


def test_a_constraint_holds_for_cryptography_only() -> None:
    narrow = replace(GRANT, context_subset={"arn": ARN})
    assert decrypt([narrow], action="kms:DescribeKey").verdict is ALLOWED
    assert decrypt([narrow], action="kms:CreateGrant").verdict is UNKNOWN


def test_the_retiring_principal_may_retire() -> None:
    grant = replace(GRANT, retiree=user().arn)
    assert decrypt([grant], user(), "kms:RetireGrant").verdict is ALLOWED
    assert decrypt([grant], role(), "kms:RetireGrant").verdict is DENIED
    retiring = replace(grant, operations=("RetireGrant",))
    assert decrypt([retiring], role(), "kms:RetireGrant").verdict is ALLOWED
    assert decrypt([retiring], user(), "kms:RetireGrant").verdict is ALLOWED


def test_grants_that_may_not_be_listed_could_allow_but_never_deny() -> None:
    unread = Unread(name="grants of the key", why="kms:ListGrants is not allowed")
    found = decrypt(unread)
    assert (found.verdict, found.unknown) == (UNKNOWN, ("grants of the key",))
    allowing = Policies(
        identity=(FULL,), resource=doc({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"})
    )
    assert ask(replace(allowing, grants=unread), role(), "kms:Decrypt", KEY).verdict is ALLOWED


def test_a_grant_says_nothing_about_other_services() -> None:
    assert ask(Policies(grants=(GRANT,)), role(), "s3:Decrypt", KEY).verdict is DENIED
