"""The alias of the account, which nobody waits for long."""

import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest

from personalize_perms.aws.account import Account
from personalize_perms.aws.errors import AwsError, Fault
from personalize_perms.cli.naming import Naming
from personalize_perms.model.caller import Caller
from personalize_perms.model.live import Absent, Present
from personalize_perms.model.names import account_id
from personalize_perms.model.settings import Place
from personalize_perms.report.lines import caller_lines

CALLER = Caller(place=Place(account=account_id("123456789012"), region="eu-west-1", partition="aws"), arn="arn:aws:x")


class Iam:
    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.may = threading.Event()

    def read_account_alias(self) -> object:
        self.may.wait(10)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def account(iam: Iam) -> Account:
    parts = dict.fromkeys(("s3", "kms", "personalize", "opinions", "identity_center"), SimpleNamespace())
    fields = {name: parts.get(name) for name in Account.__slots__}
    return Account(**{**fields, "caller": CALLER, "iam": iam, "workers": 1})  # type: ignore[arg-type]


def test_an_alias_that_comes_soon_stands_beside_the_number() -> None:
    iam = Iam(Present("acme\x1b-prod"))
    iam.may.set()
    naming = Naming(account(iam))
    found = naming.named()
    assert next(iter(caller_lines(found.caller))).text.startswith(r"Account 123456789012 (acme\u001b-prod)   Region")
    assert naming.news() == ""


def test_one_that_comes_late_is_said_once() -> None:
    iam = Iam(Present("acme-prod"))
    naming = Naming(account(iam))
    assert naming.named().caller == replace(CALLER, alias="")
    assert naming.news() == ""
    iam.may.set()
    naming._asking.join(10)
    assert naming.news() == "The account is called acme-prod."
    assert naming.news() == ""
    assert naming.named().caller.alias == "acme-prod"


@pytest.mark.parametrize(
    "answer",
    [
        Absent(),
        AwsError(Fault.THROTTLED, code="Throttling", message="later", action="iam:ListAccountAliases", resource="*"),
    ],
)
def test_an_account_without_one_has_only_its_number(answer: object) -> None:
    iam = Iam(answer)
    iam.may.set()
    naming = Naming(account(iam))
    assert next(iter(caller_lines(naming.named().caller))).text.startswith("Account 123456789012   Region")
    assert naming.news() == ""
