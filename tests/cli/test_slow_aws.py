"""The main scenarios against an AWS that takes its time: new roles are strangers, and reads show what was before."""

from collections.abc import Callable

import pytest
from account import DATA, RESULTS, Account, Program, document, role_arn, root_keeps, trusts, user_arn
from fake_aws import FakeAws

KEY = "alias/data"
IN = ("--input", f"s3://{DATA}/in/")
FRESH = (*IN, "--kms-key", KEY, "--attach-user", "ada", "--hardening", "strict")
WHOLE = (
    *(*IN, "--workflow", "import", "--workflow", "export", "--output", f"s3://{RESULTS}/out/", "--kms-key", KEY),
    *("--attach-user", "ada", "--attach-role", "notebook", "--assumable-by", user_arn("grace"), "--tag", "team=a"),
)
SETTINGS: dict[str, tuple[tuple[str, ...], ...]] = {
    "fresh": (FRESH,),
    "fresh, with a grant": ((*FRESH, "--kms-access", "grant"),),
    "whole": (WHOLE,),
    "whole, then less": (WHOLE, IN),
    "less, then whole": (IN, WHOLE),
    "a grant instead of the key policy": (FRESH, (*FRESH, "--kms-access", "grant")),
    "the key policy instead of a grant": ((*FRESH, "--kms-access", "grant"), FRESH),
    "another role": (FRESH, (*FRESH, "--role-name", "another")),
    "an adopted role": (FRESH, (*FRESH, "--role-arn", role_arn("legacy"))),
    "other words": (WHOLE, (*WHOLE, "--tag", "more=b", "--role-description", "Ours", "--user-policy-name", "people")),
}
SLOW: dict[str, Callable[[FakeAws], object]] = {
    "strangers": lambda aws: aws.strict.delay(3),
    "stale": lambda aws: aws.strict.stale(2),
    "nameless": lambda aws: aws.strict.nameless(2),
    "all": lambda aws: [aws.strict.delay(2), aws.strict.nameless(1), aws.strict.stale(1)],
}


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("personalize_perms.engine.pace._LONGEST_PAUSE", 0.05)


@pytest.fixture
def filled(account: Account) -> Account:
    """What the settings refer to, and statements of others in all documents."""
    deny = {"Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject"}
    for bucket in (DATA, RESULTS):
        account.bucket(bucket, document({**deny, "Resource": f"arn:aws:s3:::{bucket}/*"}))
    found = account.key(document(root_keeps(), {**root_keeps(), "Sid": "Second", "Action": "kms:Decrypt"}))
    account.kms.create_alias(AliasName=KEY, TargetKeyId=found)
    for user in ("ada", "grace"):
        account.iam.create_user(UserName=user)
    account.role("legacy", document(trusts({"Service": "glue.amazonaws.com"}, Sid="Glue")))
    account.role("notebook", document(trusts({"Service": "sagemaker.amazonaws.com"})))
    return account


@pytest.mark.parametrize(
    "slow", [name if name == "all" else pytest.param(name, marks=pytest.mark.long) for name in SLOW]
)
@pytest.mark.parametrize("name", SETTINGS)
def test_the_run_waits_for_aws_and_ends_where_it_should(
    name: str, slow: str, aws: FakeAws, filled: Account, program: Program
) -> None:
    SLOW[slow](aws)
    for settings in SETTINGS[name]:
        planned = program.json("plan", *settings)
        done = program.apply(*settings)
        assert {outcome["status"] for outcome in done.data["outcomes"]} == {"done"}
        assert len(done.data["outcomes"]) == len(planned.changes("create", "update", "delete"))
        # What was refused or not seen yet may be sent again, but never after it took effect.
        assert len(aws.strict.effects) == len(set(aws.strict.effects))
        # Somebody who comes later sees what is there.
        aws.strict.settle()
        program.is_silent(*settings)
        SLOW[slow](aws)
