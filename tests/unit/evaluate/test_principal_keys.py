"""The condition keys that follow from who asks.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from typing import Any

import pytest
from asking import ACCOUNT, context, federated, role, root, service, user

from personalize_perms.evaluate import absent_keys, principal_keys
from personalize_perms.evaluate.context import Facts
from personalize_perms.model.access import Principal, Question


@pytest.mark.parametrize(
    ("principal", "key", "values"),
    [
        (user(), "aws:username", ("ana",)),
        (user(), "aws:principaltype", ("User",)),
        (role(), "aws:username", ()),
        (role(), "aws:principalarn", (role().arn,)),
        (role(), "aws:principalaccount", (ACCOUNT,)),
        (role(), "aws:userid", None),
        (root(), "aws:userid", (ACCOUNT,)),
        (root(), "aws:principaltag/team", ()),
        (service(), "aws:principalisawsservice", ("true",)),
        (service(), "aws:principalservicename", (service().arn,)),
        (service(), "aws:principalorgid", ()),
        (service(), "aws:sourceaccount", None),
        (federated("arn:aws:iam::111122223333:saml-provider/Corp"), "aws:principalisawsservice", None),
        (role(), "aws:resourceaccount", ("owner",)),
    ],
)
def test_what_follows_from_the_principal_needs_no_telling(principal: Principal, key: str, values: Any) -> None:
    question = Question(
        principal=principal, action="a:b", resource="*", resource_account="owner", context=context(complete=False)
    )
    assert Facts(question).look(key) == values


def test_what_the_context_says_goes_before_what_follows() -> None:
    given = context({"aws:username": "bob"}, absent=("aws:principaltype",), complete=False)
    facts = Facts(Question(principal=user(), action="a:b", resource="*", resource_account="", context=given))
    assert (facts.look("aws:username"), facts.look("aws:principaltype")) == (("bob",), ())


def test_a_unique_id_can_be_given() -> None:
    assert principal_keys(user(), user_id="AIDAEXAMPLE")["aws:userid"] == ("AIDAEXAMPLE",)
    assert "aws:username" in absent_keys(role())
