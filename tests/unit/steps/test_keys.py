import dataclasses

import pytest
import step_samples as samples
from step_samples import AWS, SERVICE, of_kind, settings_for

from personalize_perms import steps
from personalize_perms.model import ownership
from personalize_perms.model.names import S3Location
from personalize_perms.model.resources import KeyGrant, KeyPolicyStatements
from personalize_perms.model.settings import Hardening, KeyUse, KmsAccess, Workflow

KEY, OTHER = samples.key_arn(AWS), samples.key_arn(AWS, samples.OTHER_KEY_ID)
BATCH, EXPORT, IMPORT = Workflow.BATCH, Workflow.EXPORT, Workflow.IMPORT
ENCRYPTED = Workflow.ENCRYPTED_DATASET_GROUP


def use(arn: samples.Arn, *workflows: Workflow, holds_datasets: bool = False) -> KeyUse:
    return KeyUse(arn=arn, workflows=frozenset(workflows), holds_datasets=holds_datasets)


def test_a_named_key_is_used_by_all_workflows_but_cloudwatch() -> None:
    settings = settings_for(IMPORT, EXPORT, Workflow.METRICS_CLOUDWATCH)
    assert steps.key_uses(settings, [KEY], {}) == (use(KEY, IMPORT, EXPORT),)
    assert steps.key_uses(settings_for(Workflow.METRICS_CLOUDWATCH), [KEY], {}) == ()


def test_a_buckets_key_is_used_by_what_touches_the_bucket_in_that_direction() -> None:
    settings = settings_for(IMPORT, EXPORT, BATCH)
    found = steps.key_uses(settings, [], {"acme-data": KEY, "acme-results": OTHER})
    assert found == (use(KEY, IMPORT, BATCH), use(OTHER, EXPORT, BATCH))


def test_a_key_of_both_buckets_and_of_a_flag_is_one_key() -> None:
    settings = settings_for(IMPORT, EXPORT)
    assert steps.key_uses(settings, [], {"acme-data": KEY, "acme-results": KEY}) == (use(KEY, IMPORT, EXPORT),)
    assert steps.key_uses(settings, [KEY], {"acme-data": KEY}) == (use(KEY, IMPORT, EXPORT),)


def test_the_named_key_holds_the_datasets_and_the_buckets_key_only_without_one() -> None:
    settings = settings_for(IMPORT, ENCRYPTED)
    assert steps.key_uses(settings, [OTHER], {"acme-data": KEY}) == (
        use(OTHER, IMPORT, ENCRYPTED, holds_datasets=True),
        use(KEY, IMPORT),
    )
    assert steps.key_uses(settings, [], {"acme-data": KEY}) == (use(KEY, IMPORT, ENCRYPTED, holds_datasets=True),)


def test_a_bucket_that_no_workflow_touches_brings_no_key() -> None:
    assert steps.key_uses(settings_for(IMPORT), [], {"acme-results": KEY}) == ()


def test_only_the_key_of_the_datasets_gets_the_action_for_exports() -> None:
    desired = samples.desire(settings_for(EXPORT, ENCRYPTED), keys=[OTHER], bucket_keys={"acme-results": KEY})
    action = "kms:GenerateDataKeyWithoutPlaintext"
    for key, wanted in ((OTHER, True), (KEY, False)):
        own = samples.key_policy(desired, key)
        assert samples.allows(own, action, str(key), principal=("Service", SERVICE)) is wanted
        assert samples.allows(own, action, str(key), principal=("AWS", desired.service_role_arn)) is wanted


def test_the_datasets_key_gets_it_too_where_it_was_found_on_the_bucket_that_is_read() -> None:
    desired = samples.desire(settings_for(IMPORT, EXPORT, ENCRYPTED), bucket_keys={"acme-data": KEY})
    own = samples.key_policy(desired, KEY)
    assert samples.allows(own, "kms:GenerateDataKeyWithoutPlaintext", principal=("Service", SERVICE))


def test_the_documented_form_is_one_statement_and_the_strict_one_splits_the_principals() -> None:
    documented = samples.key_policy(samples.desire(settings_for(IMPORT), keys=[KEY]), KEY)
    assert [[*one["Principal"]] for one in documented] == [["AWS", "Service"]]  # type: ignore[misc]
    strict = samples.key_policy(samples.desire(settings_for(IMPORT, hardening=Hardening.STRICT), keys=[KEY]), KEY)
    assert [[*one["Principal"]] for one in strict] == [["AWS"], ["Service"]]  # type: ignore[misc]


@pytest.mark.parametrize("hardening", Hardening)
@pytest.mark.parametrize(("workflow", "extra"), [(IMPORT, set()), (EXPORT, {"GenerateDataKeyWithoutPlaintext"})])
def test_with_a_grant_the_key_policy_names_the_service_alone(
    hardening: Hardening, workflow: Workflow, extra: set[str]
) -> None:
    settings = settings_for(workflow, ENCRYPTED, hardening=hardening, kms_access=KmsAccess.GRANT)
    desired = samples.desire(settings, keys=[KEY])
    assert {str(one["Principal"]) for one in samples.key_policy(desired, KEY)} == {str({"Service": SERVICE})}
    (grant,) = of_kind(desired, KeyGrant)
    assert grant.grantee_arn == desired.service_role_arn
    assert grant.key_arn == str(KEY)
    assert set(grant.operations) == {"Decrypt", "GenerateDataKey", "DescribeKey", "CreateGrant"} | extra


def grant_of(settings: samples.Settings) -> KeyGrant:
    return of_kind(samples.desire(settings, keys=[KEY]), KeyGrant)[0]


def test_a_grants_name_is_the_set_ups_and_changes_with_what_is_granted_to_whom() -> None:
    settings = settings_for(EXPORT, kms_access=KmsAccess.GRANT)
    name = grant_of(settings).name
    assert name.startswith(f"{ownership.sid_prefix('personalize')}-")
    assert grant_of(settings).name == name
    assert grant_of(dataclasses.replace(settings, role_name="Other")).name != name
    assert grant_of(settings_for(EXPORT, ENCRYPTED, kms_access=KmsAccess.GRANT)).name != name


def test_by_default_there_is_no_grant() -> None:
    assert of_kind(samples.desire(settings_for(IMPORT), keys=[KEY]), KeyGrant) == []


def test_the_roles_own_policy_names_exactly_the_keys_that_need_it() -> None:
    desired = samples.desire(settings_for(IMPORT, EXPORT), bucket_keys={"acme-data": KEY, "acme-results": OTHER})
    own = samples.role_policy(desired)
    assert samples.allows(own, "kms:Decrypt", str(OTHER))
    assert not samples.allows(own, "kms:Decrypt", str(KEY))


def test_a_named_key_that_nothing_uses_is_noted_and_left_alone() -> None:
    settings = settings_for(Workflow.METRICS_CLOUDWATCH, inputs=(), outputs=(), kms_keys=("alias/a", "alias/a"))
    desired = samples.desire(settings, keys=[KEY])
    assert [(one.check, one.resource) for one in desired.findings] == [("unused-kms-key", "alias/a")]
    assert of_kind(desired, KeyPolicyStatements) == []


def test_a_named_key_that_is_used_is_not_noted() -> None:
    places = (S3Location(bucket="acme-data"),)
    assert samples.desire(settings_for(IMPORT, inputs=places, outputs=(), kms_keys=("alias/a",))).findings == ()
