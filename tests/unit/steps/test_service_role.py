import pytest
import step_samples as samples
from step_samples import AWS, iam_arn, of_kind, settings_for

from personalize_perms import documents
from personalize_perms.model import ownership
from personalize_perms.model.errors import LimitExceeded
from personalize_perms.model.names import S3Location
from personalize_perms.model.resources import (
    ManagedPolicy,
    PolicyAttachment,
    PrincipalKind,
    Role,
    TrustPolicyStatements,
)
from personalize_perms.model.settings import Hardening, KmsAccess, UserAccess, Workflow


def service_policies(desired: samples.Desired) -> list[ManagedPolicy]:
    return [one for one in of_kind(desired, ManagedPolicy) if "-service-access" in one.name]


def many_buckets(count: int) -> tuple[S3Location, ...]:
    return tuple(S3Location(bucket=f"acme-data-of-shop-{number:04}", prefix="in/") for number in range(count))


def test_the_role_is_made_with_name_path_and_description() -> None:
    settings = settings_for(role_name="Shop", role_path="/service/", role_description="Für den Laden")
    role = of_kind(samples.desire(settings), Role)[0]
    assert role.arn == AWS.arn("iam", "role/service/Shop")
    assert (role.name, role.path, role.description) == ("Shop", "/service/", "Für den Laden")


def test_the_role_says_by_itself_what_it_is_for() -> None:
    role = of_kind(samples.desire(settings_for(name="shop")), Role)[0]
    assert role.name == "shop-service-role"
    assert role.description == "Lets Amazon Personalize reach the data of the set-up shop"


def test_an_adopted_role_is_not_made_and_gets_our_statements_and_policies() -> None:
    adopted = iam_arn("role/team/forecasts")
    desired = samples.desire(settings_for(role_arn=adopted, tighten_trust=True))
    assert of_kind(desired, Role) == []
    trust = of_kind(desired, TrustPolicyStatements)
    assert [(one.role_name, one.role_arn, one.tighten) for one in trust] == [("forecasts", str(adopted), True)]
    attached = [(one.principal_kind, one.principal_name) for one in of_kind(desired, PolicyAttachment)]
    assert attached == [(PrincipalKind.ROLE, "forecasts")]
    assert desired.service_role_arn == str(adopted)


@pytest.mark.parametrize("hardening", Hardening)
@pytest.mark.parametrize("count", [1, 120, 200])
def test_many_buckets_are_spread_over_policies_that_all_fit_and_are_all_attached(
    hardening: Hardening, count: int
) -> None:
    inputs = many_buckets(count)
    desired = samples.desire(settings_for(Workflow.IMPORT, inputs=inputs, hardening=hardening))
    policies = service_policies(desired)
    names = ["personalize-service-access"]
    names += [f"personalize-service-access-{number}" for number in range(2, len(policies) + 1)]
    assert [policy.name for policy in policies] == names
    assert (len(policies) > 1) is (count > 1)
    for policy in policies:
        assert documents.managed_policy_size(policy.statements) <= documents.MANAGED_POLICY_LIMIT
    attached = [one.policy_arn for one in of_kind(desired, PolicyAttachment) if one.principal_name.endswith("role")]
    assert attached == [policy.arn for policy in policies]
    own = samples.role_policy(desired)
    for place in inputs:
        assert samples.allows(own, "s3:ListBucket", f"arn:aws:s3:::{place.bucket}")
        assert samples.allows(own, "s3:GetObject", f"arn:aws:s3:::{place.bucket}/in/users.csv")


def test_the_order_in_which_buckets_are_named_changes_no_policy() -> None:
    inputs = many_buckets(120)
    one = samples.desire(settings_for(inputs=inputs))
    other = samples.desire(settings_for(inputs=tuple(reversed(inputs))))
    assert service_policies(one) == service_policies(other)


def ledger(desired: samples.Desired) -> frozenset[str]:
    return ownership.read_ledger(service_policies(desired)[0].tags)


def test_the_first_policy_remembers_what_the_policies_do_not_name() -> None:
    settings = settings_for(
        Workflow.EXPORT,
        kms_access=KmsAccess.GRANT,
        assumable_by=(iam_arn("user/ada"),),
        attach_users=("ada=1",),
        attach_groups=("science",),
        attach_roles=("Analysts",),
        inputs=(),
    )
    assert ledger(samples.desire(settings, keys=[samples.key_arn(AWS)])) == {
        f"k/eu-west-1/{samples.KEY_ID}",
        f"G/eu-west-1/{samples.KEY_ID}",
        "p/personalize-user-access",
        "r/personalize-service-role",
        "r/personalize-users",
        "u/ada=1",
        "g/science",
        "a/Analysts",
    }


def test_an_adopted_role_and_further_policies_are_remembered_as_such() -> None:
    settings = settings_for(inputs=many_buckets(120), role_arn=iam_arn("role/forecasts"), user_access=UserAccess.NONE)
    desired = samples.desire(settings)
    further = {f"s/{policy.name}" for policy in service_policies(desired)[1:]}
    assert further
    assert ledger(desired) == {"t/forecasts", *further}


def test_only_the_first_policy_carries_the_ledger_and_all_carry_the_tags() -> None:
    policies = of_kind(samples.desire(settings_for(inputs=many_buckets(120), tags=(("team", "shop"),))), ManagedPolicy)
    for policy in policies:
        own = {key: value for key, value in policy.tags.items() if not key.startswith(ownership.TAG_LEDGER)}
        assert own == {"team": "shop", ownership.TAG_NAME: "personalize"}
        assert (own != policy.tags) is (policy.name == "personalize-service-access")


def test_more_than_the_ledger_can_hold_is_refused_with_a_way_out() -> None:
    users = tuple(f"user-with-a-long-name-{number:036}" for number in range(120))
    with pytest.raises(LimitExceeded) as refused:
        samples.desire(settings_for(attach_users=users))
    assert "--attach-group" in refused.value.hint


def test_a_boundary_that_no_role_gets_is_noted() -> None:
    settings = settings_for(outputs=(), role_arn=iam_arn("role/x"), permissions_boundary=iam_arn("policy/limits"))
    assert [one.check for one in samples.desire(settings).findings] == ["unused-permissions-boundary"]
    assert samples.desire(samples.replace(settings, role_arn=None)).findings == ()
    people = samples.replace(settings, assumable_by=(iam_arn("user/ada"),))
    assert samples.desire(people).findings == ()
