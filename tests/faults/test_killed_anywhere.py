"""Killed at any call: the same command goes on from there, and undo takes back what was done."""

from pathlib import Path

import pytest
from account import DATA, RESULTS, Account, document, role_arn, root_keeps, trusts, user_arn
from fake_aws import ACCOUNT, REGION, FakeAws, refuses

from faults.crashes import UNDO, Scenario, Walk
from faults.processes import Runs
from strict.identity_center import CENTER

IN = ("--input", f"s3://{DATA}/in/", "--kms-key", "alias/data")
WIDE = (
    *(*IN, "--workflow", "import", "--workflow", "export", "--output", f"s3://{RESULTS}/out/"),
    *("--attach-user", "ada", "--assumable-by", user_arn("grace")),
)
NARROW = (*IN, "--attach-user", "ada", "--hardening", "strict", "--user-access", "runtime")
GRANT = ("--kms-access", "grant")
ADOPTED = ("--role-arn", role_arn("legacy"), "--tighten-trust")
FIX = ("audit", "--fix", "all", "--yes")
UNDO_FIX = (*UNDO, "--name", "audit")
REFUSED = refuses("AccessDenied", 403)
OTHER = "222222222222"


def apply(*words: str) -> tuple[str, ...]:
    return ("apply", "--yes", *words)


PEOPLE = (*IN, "--permission-set", "people", "--assign-group", "analysts")
MORE_PEOPLE = (*PEOPLE, "--assign-user", "ada", "--assign-account", ACCOUNT, "--assign-account", OTHER)
RENAMED = (*PEOPLE, "--user-policy-name", "newer")

IN_CI = {
    "fresh": Scenario(killed=apply(*IN, "--attach-user", "ada")),
    "changed settings": Scenario(earlier=(apply(*WIDE),), killed=apply(*NARROW)),
    "a permission set, at what is Identity Center's": Scenario(
        killed=apply(*PEOPLE),
        only=("CreatePermissionSet", "CreateAccountAssignment"),
    ),
}
LONG = {
    "much at once": Scenario(killed=apply(*WIDE, "--attach-group", "analysts", "--attach-role", "notebook")),
    "a grant": Scenario(killed=apply(*WIDE, *GRANT)),
    "a grant in place of the key policy": Scenario(earlier=(apply(*WIDE),), killed=apply(*WIDE, *GRANT)),
    "the key policy in place of a grant": Scenario(earlier=(apply(*WIDE, *GRANT),), killed=apply(*WIDE)),
    "an adopted role": Scenario(killed=apply(*WIDE, *ADOPTED)),
    "an adopted role in place of ours": Scenario(earlier=(apply(*WIDE),), killed=apply(*WIDE, *ADOPTED)),
    "undo": Scenario(earlier=(apply(*WIDE),), killed=UNDO, otherwise=apply(*WIDE), leads_to="the earlier runs"),
    "undo of a grant": Scenario(
        earlier=(apply(*WIDE, *GRANT),), killed=UNDO, otherwise=apply(*WIDE, *GRANT), leads_to="the earlier runs"
    ),
    "undo of an adopted role": Scenario(
        earlier=(apply(*IN, *ADOPTED),), killed=UNDO, otherwise=apply(*IN, *ADOPTED), leads_to="the earlier runs"
    ),
    "taken back after a bucket policy was refused": Scenario(
        killed=apply(*WIDE, "--on-failure", "undo"), fault=("PutBucketPolicy", REFUSED)
    ),
    "taken back after a grant was refused": Scenario(
        killed=apply(*IN, *GRANT, "--on-failure", "undo"), fault=("CreateGrant", refuses("AccessDeniedException"))
    ),
    "a permission set": Scenario(killed=apply(*MORE_PEOPLE)),
    "another policy in a permission set, fewer people": Scenario(
        earlier=(apply(*MORE_PEOPLE),), killed=apply(*RENAMED)
    ),
    "undo of a permission set": Scenario(
        earlier=(apply(*MORE_PEOPLE),), killed=UNDO, otherwise=apply(*MORE_PEOPLE), leads_to="the earlier runs"
    ),
    "fixes of an audit": Scenario(killed=FIX, otherwise=UNDO_FIX),
    "undo of fixes": Scenario(earlier=(FIX,), killed=UNDO_FIX, otherwise=FIX, leads_to="the earlier runs"),
    "another role, other people": Scenario(
        earlier=(apply(*WIDE),), killed=apply(*IN, "--role-name", "second", "--attach-user", "grace")
    ),
}
LEAST_POINTS = 900
"""What all walks together must come to."""


@pytest.fixture
def filled(account: Account) -> Account:
    """The account as others left it."""
    theirs = {"Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject"}
    for bucket in (DATA, RESULTS):
        account.bucket(bucket, document({**theirs, "Resource": f"arn:aws:s3:::{bucket}/*"}, Id=bucket))
    key = account.key(document(root_keeps(), {**root_keeps(), "Sid": "Second", "Action": "kms:Decrypt"}))
    account.kms.create_alias(AliasName="alias/data", TargetKeyId=key)
    for user in ("ada", "grace"):
        account.iam.create_user(UserName=user)
    account.iam.create_group(GroupName="analysts")
    CENTER.enable(REGION, groups=("analysts",), users=("ada",))
    CENTER.elsewhere[OTHER] = ["personalize-user-access", "newer"]
    loose = trusts({"Service": "personalize.amazonaws.com"}, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}})
    account.role("notebook", document(trusts({"Service": "sagemaker.amazonaws.com"})))
    account.role("legacy", document(trusts({"Service": "glue.amazonaws.com"}, Sid="Glue"), loose))
    return account


@pytest.fixture(scope="module")
def walked() -> dict[str, int]:
    """At how many points each scenario was killed."""
    return {}


SCENARIOS = [*IN_CI, *(pytest.param(name, marks=pytest.mark.long) for name in LONG)]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_run_killed_at_any_call_is_completed_or_taken_back_by_the_next(
    name: str, aws: FakeAws, filled: Account, runs: Runs, tmp_path: Path, walked: dict[str, int]
) -> None:
    walk = Walk(aws, filled, runs, tmp_path, {**IN_CI, **LONG}[name])
    walk.walk()
    walked[name] = len(walk.killed)
    assert not walk.failures, "\n".join(walk.failures[:20])
    # What is read again depends on what is slow, so some run may come without a read that another made.
    assert len(walk.unreached) < len(walk.killed) / 10


@pytest.mark.long
def test_these_are_many_points(walked: dict[str, int]) -> None:
    assert walked.keys() >= LONG.keys(), "it counts what the tests above did: run the whole module"
    assert sum(walked.values()) >= LEAST_POINTS
