"""Root, roles and keys: where AWS puts policies together in a way of its own.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
"""

from dataclasses import replace
from typing import Any

import pytest
from asking import (
    ACCOUNT,
    ALLOWED,
    BUCKET,
    DENIED,
    FULL,
    KEY,
    NOTHING,
    OTHER,
    TARGET,
    UNKNOWN,
    Policies,
    ask,
    context,
    deny,
    doc,
    role,
    root,
    service,
    statement,
    user,
    verdict,
)

from personalize_perms.evaluate import Unread
from personalize_perms.model.access import Layer, Principal

UNREAD = Unread(name="the bucket policy", why="s3:GetBucketPolicy is not allowed")
NO = doc(deny(Sid="No"), name="a policy that denies")


def bucket(element: Any) -> Any:
    return doc(statement(Principal=element), name="bucket policy")


class TestTheAccountsRoot:
    def test_needs_no_policy_in_its_own_account(self) -> None:
        found = ask(Policies(), root())
        assert (found.verdict, found.statement) == (ALLOWED, None)
        assert verdict(Policies(), root(), owner=OTHER) is DENIED

    def test_is_held_by_denies_and_by_service_control_policies(self) -> None:
        assert verdict(Policies(resource=doc(deny(Principal="*"))), root()) is DENIED
        assert verdict(Policies(service_control=((NOTHING,),)), root()) is DENIED
        assert verdict(Policies(boundary=NOTHING, identity=(NO,)), root()) is ALLOWED

    def test_needs_only_the_bucket_policy_of_another_account(self) -> None:
        for element in ({"AWS": ACCOUNT}, {"AWS": root().arn}, "*"):
            assert verdict(Policies(resource=bucket(element)), root(), owner=OTHER) is ALLOWED

    @pytest.mark.parametrize("action", ["s3:GetBucketPolicy", "s3:PutBucketPolicy", "S3:deletebucketpolicy"])
    def test_can_always_mend_the_policy_of_its_own_bucket(self, action: str) -> None:
        policies = Policies(resource=doc(deny(Principal="*")))
        assert verdict(policies, root(), action, BUCKET) is ALLOWED
        assert verdict(Policies(resource=UNREAD), root(), action, BUCKET) is ALLOWED
        assert verdict(policies, root(), "s3:GetBucketAcl", BUCKET) is DENIED
        assert verdict(policies, root(OTHER), action, BUCKET) is DENIED
        assert verdict(replace(policies, identity=(FULL,)), user(), action, BUCKET) is DENIED
        assert verdict(replace(policies, service_control=((NO,),)), root(), action, BUCKET) is DENIED

    def test_cannot_assume_a_role(self) -> None:
        found = ask(Policies(resource=doc(statement(Principal="*", Resource=None))), root(), "sts:AssumeRole", TARGET)
        assert (found.verdict, found.statement) == (DENIED, None)

    def test_needs_the_key_policy_for_a_key(self) -> None:
        assert ask(Policies(resource=doc()), root(), "kms:Decrypt", KEY).lacking is Layer.RESOURCE
        delegated = doc(statement(Principal={"AWS": root().arn}))
        assert verdict(Policies(resource=delegated), root(), "kms:Decrypt", KEY) is ALLOWED


class TestARolesTrustPolicy:
    def trust(self, element: Any, **other: Any) -> Any:
        return doc(statement(Principal=element, Action="sts:AssumeRole", Resource=None, **other), name="trust policy")

    def ask(self, element: Any, principal: Principal, *documents: Any, **other: Any) -> Any:
        return ask(
            Policies(resource=self.trust(element), identity=documents, **other), principal, "sts:AssumeRole", TARGET
        )

    def test_must_allow_whatever_else_does(self) -> None:
        found = ask(
            Policies(identity=(FULL,), resource=self.trust({"AWS": user(name="bob").arn})),
            user(),
            "sts:AssumeRole",
            TARGET,
        )
        assert (found.verdict, found.lacking) == (DENIED, Layer.RESOURCE)
        assert ask(Policies(identity=(FULL,)), user(), "sts:AssumeRole", TARGET).lacking is Layer.RESOURCE

    def test_names_the_principal_or_leaves_it_to_the_account(self) -> None:
        assert self.ask({"AWS": user().arn}, user()).verdict is ALLOWED
        assert self.ask({"AWS": ACCOUNT}, user()).lacking is Layer.IDENTITY
        assert self.ask({"AWS": ACCOUNT}, user(), FULL).verdict is ALLOWED

    def test_is_not_enough_across_accounts(self) -> None:
        assert self.ask({"AWS": user(OTHER).arn}, user(OTHER)).lacking is Layer.IDENTITY
        assert self.ask({"AWS": OTHER}, user(OTHER), FULL).verdict is ALLOWED

    def test_lets_a_service_in_under_its_conditions(self) -> None:
        source = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
        policies = Policies(resource=self.trust({"Service": "personalize.amazonaws.com"}, Condition=source))
        for given, expected in [
            (context({"aws:SourceAccount": ACCOUNT}), ALLOWED),
            (context(), DENIED),
            (context(complete=False), UNKNOWN),
            (context({"aws:SourceAccount": OTHER}), DENIED),
        ]:
            assert verdict(policies, service(), "sts:AssumeRole", TARGET, given=given) is expected

    def test_holds_the_actions_it_names(self) -> None:
        policies = Policies(resource=self.trust({"Service": "personalize.amazonaws.com"}))
        assert verdict(policies, service(), "sts:TagSession", TARGET) is DENIED
        mine = Policies(identity=(FULL,), resource=self.trust({"AWS": user().arn}))
        assert ask(mine, user(), "sts:TagSession", TARGET).lacking is Layer.RESOURCE


class TestAKeyPolicy:
    def ask(self, key_policy: Any, principal: Principal, action: str = "kms:Decrypt", **other: Any) -> Any:
        return ask(Policies(resource=key_policy, **other), principal, action, KEY)

    def test_must_let_the_accounts_policies_count(self) -> None:
        silent, delegating = doc(), doc(statement(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Action="kms:*"))
        assert self.ask(silent, role(), identity=(FULL,)).lacking is Layer.RESOURCE
        assert self.ask(delegating, role(), identity=(FULL,)).verdict is ALLOWED
        assert self.ask(delegating, role()).lacking is Layer.IDENTITY

    def test_is_enough_for_whom_it_names(self) -> None:
        assert self.ask(doc(statement(Principal={"AWS": role().arn})), role()).verdict is ALLOWED
        named = doc(statement(Principal={"Service": "personalize.amazonaws.com"}))
        assert self.ask(named, service()).verdict is ALLOWED

    def test_delegates_under_its_conditions_only(self) -> None:
        key_policy = doc(statement(Principal={"AWS": ACCOUNT}, Condition={"StringEquals": {"kms:ViaService": "s3"}}))
        assert self.ask(key_policy, role(), identity=(FULL,)).verdict is DENIED

    @pytest.mark.parametrize("element", ["Action", "Resource"])
    def test_has_no_effect_where_an_action_or_a_resource_is_missing(self, element: str) -> None:
        named = {"Principal": {"AWS": role().arn}}
        assert self.ask(doc(statement(**named, **{element: None})), role()).verdict is DENIED
        denying = doc(statement(**named), deny(Principal="*", **{element: None}))
        assert self.ask(denying, role()).verdict is ALLOWED

    def test_is_not_asked_where_no_key_is_meant(self) -> None:
        policies = Policies(identity=(FULL,))
        assert verdict(policies, user(), "kms:ListKeys", "*") is ALLOWED
        assert verdict(policies, user(), "kms:CreateAlias", f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/x") is ALLOWED
