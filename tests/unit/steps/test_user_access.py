import pytest
import step_samples as samples
from step_samples import AWS, iam_arn, of_kind, settings_for

from personalize_perms.model.resources import ManagedPolicy, PolicyAttachment, PrincipalKind, Role
from personalize_perms.model.settings import UserAccess

ADA, GRACE = iam_arn("user/ada"), iam_arn("user/team/grace")
SAML = iam_arn("saml-provider/Corp")
OIDC = iam_arn("oidc-provider/idp.example.com/pool")


def roles_for_people(desired: samples.Desired) -> list[Role]:
    return [role for role in of_kind(desired, Role) if role.name != desired.service_role_name]


def holders(desired: samples.Desired) -> list[tuple[PrincipalKind, str]]:
    arn = AWS.arn("iam", "policy/personalize-user-access")
    found = [one for one in of_kind(desired, PolicyAttachment) if one.policy_arn == arn]
    return [(one.principal_kind, one.principal_name) for one in found]


def test_no_user_access_makes_no_policy_no_role_and_no_attachment() -> None:
    desired = samples.desire(settings_for(user_access=UserAccess.NONE))
    assert [policy.name for policy in of_kind(desired, ManagedPolicy)] == ["personalize-service-access"]
    assert roles_for_people(desired) == []
    assert holders(desired) == []


def test_the_user_policy_can_have_a_name_of_ones_own() -> None:
    desired = samples.desire(settings_for(user_policy_name="Shoppers"))
    assert AWS.arn("iam", "policy/Shoppers") in [policy.arn for policy in of_kind(desired, ManagedPolicy)]


def test_named_users_and_nobody_else_assume_the_role_for_users() -> None:
    desired = samples.desire(settings_for(assumable_by=(ADA, GRACE)))
    trust = samples.trust_policy(desired, "personalize-users")
    for user in (ADA, GRACE):
        assert samples.allows(trust, "sts:AssumeRole", principal=("AWS", str(user)))
    assert not samples.allows(trust, "sts:AssumeRole", principal=("AWS", AWS.arn("iam", "user/grace")))
    assert not samples.allows(trust, "sts:AssumeRole", principal=("AWS", AWS.arn("iam", "root")))
    assert holders(desired) == [(PrincipalKind.ROLE, "personalize-users")]


def test_with_mfa_the_role_for_users_opens_only_after_it() -> None:
    desired = samples.desire(settings_for(assumable_by=(ADA,), require_mfa=True))
    trust = samples.trust_policy(desired, "personalize-users")
    ada = ("AWS", str(ADA))
    assert samples.allows(trust, "sts:AssumeRole", principal=ada, context={"aws:MultiFactorAuthPresent": "true"})
    assert not samples.allows(trust, "sts:AssumeRole", principal=ada, context={"aws:MultiFactorAuthPresent": "false"})
    assert not samples.allows(trust, "sts:AssumeRole", principal=ada)


@pytest.mark.parametrize(
    ("partition", "audience"),
    [("aws", "https://signin.aws.amazon.com/saml"), ("aws-cn", "https://signin.amazonaws.cn/saml")],
)
def test_the_saml_role_asks_for_the_audience_of_its_partition(partition: str, audience: str) -> None:
    place = samples.PLACES[partition]
    provider = iam_arn("saml-provider/Corp", place)
    desired = samples.desire(settings_for(saml_provider=provider), place)
    trust = samples.trust_policy(desired, "personalize-saml")
    who = ("Federated", str(provider))
    assert samples.allows(trust, "sts:AssumeRoleWithSAML", principal=who, context={"SAML:aud": audience})
    assert not samples.allows(trust, "sts:AssumeRoleWithSAML", principal=who, context={"SAML:aud": "https://x/"})
    assert not samples.allows(trust, "sts:AssumeRoleWithSAML", principal=who)
    assert not samples.allows(trust, "sts:AssumeRole", principal=who, context={"SAML:aud": audience})


def test_the_oidc_role_asks_for_audience_and_subject() -> None:
    settings = settings_for(oidc_provider=OIDC, oidc_audience="shop", oidc_subject="user:ada")
    trust = samples.trust_policy(samples.desire(settings), "personalize-oidc")
    who = ("Federated", str(OIDC))
    token = {"idp.example.com/pool:aud": "shop", "idp.example.com/pool:sub": "user:ada"}
    assert samples.allows(trust, "sts:AssumeRoleWithWebIdentity", principal=who, context=token)
    for key in token:
        wrong = {**token, key: "other"}
        absent = {name: value for name, value in token.items() if name != key}
        assert not samples.allows(trust, "sts:AssumeRoleWithWebIdentity", principal=who, context=wrong)
        assert not samples.allows(trust, "sts:AssumeRoleWithWebIdentity", principal=who, context=absent)


def test_everybody_who_is_named_gets_the_user_policy_once() -> None:
    settings = settings_for(
        assumable_by=(ADA,),
        saml_provider=SAML,
        attach_users=("ada", "ada"),
        attach_groups=("science",),
        attach_roles=("Analysts",),
    )
    assert holders(samples.desire(settings)) == [
        (PrincipalKind.ROLE, "personalize-users"),
        (PrincipalKind.ROLE, "personalize-saml"),
        (PrincipalKind.ROLE, "Analysts"),
        (PrincipalKind.GROUP, "science"),
        (PrincipalKind.USER, "ada"),
    ]


def test_every_role_that_is_made_has_boundary_and_tags() -> None:
    boundary = iam_arn("policy/limits")
    settings = settings_for(
        assumable_by=(ADA,),
        saml_provider=SAML,
        oidc_provider=OIDC,
        oidc_audience="a",
        oidc_subject="s",
        permissions_boundary=boundary,
        tags=(("team", "shop"),),
    )
    roles = of_kind(samples.desire(settings), Role)
    assert len(roles) == 4
    for role in roles:
        assert role.boundary_arn == str(boundary)
        assert role.tags == {"team": "shop", "personalize-perms": "personalize"}


def test_attaching_to_users_and_groups_is_noted_as_not_recommended() -> None:
    settings = settings_for(attach_users=("ada",), attach_groups=("science",), attach_roles=("Analysts",))
    found = [one.resource for one in samples.desire(settings).findings if one.check == "direct-attachment"]
    assert found == ["user/ada", "group/science"]


def test_a_user_of_another_account_is_noted() -> None:
    stranger = samples.Arn.parse("arn:aws:iam::444455556666:user/eve")
    desired = samples.desire(settings_for(assumable_by=(ADA, stranger)))
    found = [one.resource for one in desired.findings if one.check == "user-of-another-account"]
    assert found == [str(stranger)]
