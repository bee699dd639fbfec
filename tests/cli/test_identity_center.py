"""People who sign in through IAM Identity Center: the permission set, its assignments, and what others have there."""

from collections.abc import Iterator

import pytest
from account import DATA, Account, Program, policy_arn
from fake_aws import ACCOUNT, REGION, FakeAws, after, loses_the_answer, refuses

from personalize_perms.model import ownership
from strict.identity_center import CENTER, IdentityCenter

OTHER = "222222222222"
IN = ("--input", f"s3://{DATA}/in/")
SET = (*IN, "--permission-set", "people", "--assign-group", "analysts")
MORE = (*SET, "--assign-user", "ada", "--assign-account", ACCOUNT, "--assign-account", OTHER)
POLICY = "personalize-user-access"


@pytest.fixture
def center(aws: FakeAws, account: Account) -> Iterator[IdentityCenter]:
    """An organisation whose management account this is, and a bucket."""
    account.bucket()
    CENTER.enable(REGION, groups=("analysts", "operators"), users=("ada",))
    CENTER.elsewhere[OTHER] = [POLICY]
    yield CENTER


def test_a_permission_set_is_made_referred_assigned_and_the_second_run_is_silent(
    center: IdentityCenter, program: Program
) -> None:
    done = program.converges(*MORE)
    assert done.written.count("CreateAccountAssignment") == 4
    assert center.assigned("people") == {(a, who) for a in (ACCOUNT, OTHER) for who in ("analysts", "ada")}
    assert center.named("people").policies == [("/", POLICY)]
