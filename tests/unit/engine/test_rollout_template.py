"""The template of a rollout: in each account it makes what `apply` would want there, but for what is one for all."""

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest
import step_samples as samples
from exported import parameters, pseudo, resolved, template
from golden_samples import cases

from personalize_perms import documents, steps
from personalize_perms.engine.rollout_template import EACH, LONGEST, render
from personalize_perms.export.parcel import title
from personalize_perms.model.errors import LimitExceeded, SettingsError
from personalize_perms.model.names import AccountId, Arn, S3Location
from personalize_perms.model.resources import ManagedPolicy, PolicyAttachment, PrincipalKind, Role
from personalize_perms.model.settings import KeyUse, KmsAccess, Place, Settings, UserAccess, Workflow
from personalize_perms.templates import Templates

TEMPLATES = Templates.load(None)
THERE = AccountId("444455556666")
KEY = Arn.parse("arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab")
USE = KeyUse(arn=KEY, workflows=frozenset({Workflow.IMPORT}))
GRACE = Arn.parse("arn:aws:iam::111122223333:user/grace")


def moved(settings: Settings, account: AccountId) -> Settings:
    """The settings as they would be for `apply` in that account."""

    def there(arn: Arn | None) -> Arn | None:
        return replace(arn, account=account) if arn and arn.account != "aws" else arn

    return replace(
        settings,
        role_arn=there(settings.role_arn),
        permissions_boundary=there(settings.permissions_boundary),
        saml_provider=there(settings.saml_provider),
        oidc_provider=there(settings.oidc_provider),
        attach_users=(),
    )


def deployed(text: str, place: Place) -> dict[str, Mapping[str, Any]]:
    parsed = template(text)
    assert parameters(parsed) == {}
    values = pseudo(place)
    found = (resolved(one["Properties"], values) for one in parsed["Resources"].values())
    return {one.get("RoleName") or one["ManagedPolicyName"]: one for one in found}


ROLLED_OUT = [name for name, settings in cases(samples.AWS).items() if not settings.serves]


@pytest.mark.parametrize("name", ROLLED_OUT)
@pytest.mark.parametrize("regions", [("eu-west-1",), ("us-east-1", "eu-west-1")])
def test_an_account_gets_what_apply_would_want_there(name: str, regions: tuple[str, ...]) -> None:
    settings = cases(samples.AWS)[name]
    rendered = render(settings, regions, "aws", (USE,), TEMPLATES)
    # The stack's own Region says nothing: the documents name the Regions that they are for.
    found = deployed(rendered.text, Place(account=THERE, region="ap-south-1", partition="aws"))
    place = Place(account=THERE, region=regions[0], partition="aws")
    own = moved(settings, THERE)
    context = steps.Context(settings=own, place=place, keys=(USE,), templates=TEMPLATES, regions=regions)
    wanted = [one for one in steps.desire(context).resources if isinstance(one, Role | ManagedPolicy)]
    assert sorted(found) == sorted(one.name for one in wanted)
    for one in wanted:
        document = found[one.name]["AssumeRolePolicyDocument" if isinstance(one, Role) else "PolicyDocument"]
        assert document == documents.new_document(one.statements)
        if isinstance(one, Role):
            assert found[one.name].get("PermissionsBoundary", "") == one.boundary_arn
    assert EACH not in rendered.text


def test_users_and_keys_are_one_for_all_accounts_and_providers_each_account_s_own() -> None:
    settings = Settings(
        inputs=(samples.INPUT,),
        assumable_by=(GRACE,),
        saml_provider=Arn.parse("arn:aws:iam::111122223333:saml-provider/corp"),
        permissions_boundary=Arn.parse("arn:aws:iam::aws:policy/PowerUserAccess"),
    )
    rendered = render(settings, ("eu-west-1",), "aws", (USE,), TEMPLATES)
    found = deployed(rendered.text, Place(account=THERE, region="eu-west-1", partition="aws"))
    principals = {
        name: one["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
        for name, one in found.items()
        if "RoleName" in one
    }
    assert principals["personalize-users"] == {"AWS": [str(GRACE)]}
    assert principals["personalize-saml"] == {"Federated": f"arn:aws:iam::{THERE}:saml-provider/corp"}
    assert found["personalize-saml"]["PermissionsBoundary"] == "arn:aws:iam::aws:policy/PowerUserAccess"
    # A key of another account opens only if the role's own policy says so, too.
    statements = found["personalize-service-access"]["PolicyDocument"]["Statement"]
    assert [str(KEY)] in [one["Resource"] for one in statements]


def test_what_cannot_go_to_the_accounts_is_named() -> None:
    settings = replace(cases(samples.AWS)["adopted-role-strict"], user_access=UserAccess.ADMIN)
    settings = replace(settings, attach_users=("ada",), attach_groups=("analysts",))
    rendered = render(settings, ("eu-west-1",), "aws", (USE,), TEMPLATES)
    kinds = {what.split()[0] for what, _ in rendered.left_out}
    assert kinds >= {"bucket-policy", "key-policy", "trust-policy", "attachment"}
    attachments = [what for what, _ in rendered.left_out if what.startswith("attachment")]
    assert [one.rpartition(" ")[2] for one in attachments] == ["user/ada"]
    wanted = [one for one in rendered.desired.resources if isinstance(one, PolicyAttachment)]
    assert PrincipalKind.GROUP in {one.principal_kind for one in wanted}
    assert "analysts" in rendered.text
    assert "ada" not in rendered.text.split()


def test_every_kind_that_is_no_iam_of_the_account_s_own_is_left_out() -> None:
    """A kind that is new is either in the template of every account on purpose, or named."""
    settings = replace(
        cases(samples.AWS)["everything-strict"],
        kms_access=KmsAccess.GRANT,
        permission_set="Analysts",
        assign_groups=("analysts",),
        assign_accounts=(THERE,),
    )
    rendered = render(settings, ("eu-west-1",), "aws", (USE,), TEMPLATES)
    kinds = {one["Type"] for one in template(rendered.text)["Resources"].values()}
    assert kinds == {"AWS::IAM::Role", "AWS::IAM::ManagedPolicy"}
    kept = Role | ManagedPolicy | PolicyAttachment
    others = [title(one) for one in rendered.desired.resources if not isinstance(one, kept)]
    named = [what.replace("*", EACH) for what, _ in rendered.left_out]
    assert set(others) <= set(named)
    assert [one.check for one in rendered.findings if one.check == "policy-of-another-account"] == []


def test_a_bucket_of_another_account_is_central_like_any_other() -> None:
    settings = Settings(inputs=(samples.INPUT,), bucket_owners=((samples.INPUT.bucket, "222233334444"),))
    rendered = render(settings, ("eu-west-1",), "aws", (USE,), TEMPLATES)
    own = render(replace(settings, bucket_owners=()), ("eu-west-1",), "aws", (USE,), TEMPLATES)
    assert (rendered.text, rendered.left_out) == (own.text, own.left_out)
    assert {what for what, _ in rendered.left_out} == {f"bucket-policy {samples.INPUT.bucket}", f"key-policy {KEY}"}
    assert all("--serve-org" in why for _, why in rendered.left_out)


def test_what_is_for_the_owner_of_the_buckets_is_nothing_to_roll_out() -> None:
    with pytest.raises(SettingsError, match="owns the buckets"):
        render(Settings(inputs=(samples.INPUT,), serve_org="o-a1b2c3d4e5"), ("eu-west-1",), "aws", (), TEMPLATES)


def test_a_template_that_aws_would_not_take_is_refused_with_its_size() -> None:
    many = tuple(S3Location.parse(f"s3://acme-data/{'x' * 100}{number:03}/") for number in range(420))
    with pytest.raises(LimitExceeded, match=rf"at most {LONGEST:,}"):
        render(Settings(inputs=many), ("eu-west-1",), "aws", (), TEMPLATES)


@pytest.fixture(scope="module")
def cfnlint() -> Any:
    return import_module("cfnlint.api")


@pytest.mark.parametrize("name", ["everything-strict", pytest.param("adopted-role-strict", marks=pytest.mark.long)])
def test_cfn_lint_finds_nothing(name: str, cfnlint: Any) -> None:
    text = render(cases(samples.AWS)[name], ("eu-west-1", "us-east-1"), "aws", (USE,), TEMPLATES).text
    assert [str(one) for one in cfnlint.lint_all(text) if not one.rule.id.startswith("I")] == []
