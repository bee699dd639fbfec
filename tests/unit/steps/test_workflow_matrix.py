"""What each workflow grants, and that it grants nothing else: the matrix of AWS's guide, asked as questions."""

import itertools

import pytest
import step_samples as samples
from step_samples import INPUT, OUTPUT, SERVICE

from personalize_perms.model.names import S3Location
from personalize_perms.model.settings import Hardening, SourceConditions, Workflow

GET, PUT, LIST = "s3:GetObject", "s3:PutObject", "s3:ListBucket"
READ, WRITE = {GET, LIST}, {PUT, LIST}
INPUT_ACTIONS = {
    Workflow.IMPORT: READ,
    Workflow.DATA_DELETION: READ,
    Workflow.BATCH: READ,
}
OUTPUT_ACTIONS = {
    Workflow.EXPORT: WRITE,
    Workflow.BATCH: WRITE,
    Workflow.METRICS_S3: {PUT},
}
S3_ACTIONS = (GET, PUT, LIST, "s3:DeleteObject", "s3:PutBucketPolicy", "s3:GetObjectVersion", "s3:GetBucketPolicy")
PAIRS = [*((one,) for one in Workflow), *itertools.combinations(Workflow, 2), tuple(Workflow)]

pytestmark = [
    pytest.mark.parametrize("partition", samples.PLACES),
    pytest.mark.parametrize("hardening", Hardening),
    pytest.mark.parametrize("workflows", PAIRS, ids="+".join),
]


def target(partition: str, location: S3Location, action: str) -> str:
    bucket = f"arn:{partition}:s3:::{location.bucket}"
    return bucket if action == LIST else f"{bucket}/{location.prefix}users.csv"


@pytest.mark.parametrize("side", ["role", "service"])
def test_s3_is_granted_exactly_as_the_workflows_need_it(
    partition: str, hardening: Hardening, workflows: tuple[Workflow, ...], side: str
) -> None:
    desired = samples.desire(samples.settings_for(*workflows, hardening=hardening), samples.PLACES[partition])
    tables = ((INPUT, INPUT_ACTIONS), (OUTPUT, OUTPUT_ACTIONS))
    for (location, table), action in itertools.product(tables, S3_ACTIONS):
        own = samples.role_policy(desired) if side == "role" else samples.bucket_policy(desired, location.bucket)
        principal = None if side == "role" else ("Service", SERVICE)
        wanted = any(action in table.get(workflow, set()) for workflow in workflows)
        arn = target(partition, location, action)
        assert samples.allows(own, action, arn, principal=principal) is wanted, (action, arn)
        for other in (f"{arn}x" if action == LIST else arn.replace("/in/", "/inx/").replace("/out/", "/outx/"),):
            assert not samples.allows(own, action, other, principal=principal), (action, other)


def test_cloudwatch_is_granted_for_metrics_only_and_also_where_they_go_to_s3(
    partition: str, hardening: Hardening, workflows: tuple[Workflow, ...]
) -> None:
    desired = samples.desire(samples.settings_for(*workflows, hardening=hardening), samples.PLACES[partition])
    own = samples.role_policy(desired)
    metrics = {Workflow.METRICS_CLOUDWATCH, Workflow.METRICS_S3}
    assert samples.allows(own, "cloudwatch:PutMetricData", "*") is (not metrics.isdisjoint(workflows))
    assert not samples.allows(own, "cloudwatch:DeleteAlarms", "*")


def test_the_role_may_use_personalize_in_the_documented_form_only(
    partition: str, hardening: Hardening, workflows: tuple[Workflow, ...]
) -> None:
    desired = samples.desire(samples.settings_for(*workflows, hardening=hardening), samples.PLACES[partition])
    documented = hardening is Hardening.DOCUMENTED
    assert samples.allows(samples.role_policy(desired), "personalize:CreateDataset", "x") is documented
    assert not samples.allows(samples.role_policy(desired), "iam:PassRole", desired.service_role_arn)


@pytest.mark.parametrize("source_conditions", SourceConditions)
def test_a_key_is_granted_exactly_as_the_workflows_need_it(
    partition: str, hardening: Hardening, workflows: tuple[Workflow, ...], source_conditions: SourceConditions
) -> None:
    place = samples.PLACES[partition]
    settings = samples.settings_for(*workflows, hardening=hardening, source_conditions=source_conditions)
    key = samples.key_arn(place)
    desired = samples.desire(settings, place, keys=[key])
    context = {
        "aws:SourceAccount": place.account,
        "aws:SourceArn": f"arn:{partition}:personalize:{place.region}:{place.account}:dataset-group/x",
    }
    used = set(workflows) != {Workflow.METRICS_CLOUDWATCH}
    own_policy = bool(set(workflows) - {Workflow.METRICS_CLOUDWATCH, Workflow.IMPORT, Workflow.DATA_DELETION})
    exports = {Workflow.EXPORT, Workflow.ENCRYPTED_DATASET_GROUP} <= set(workflows)
    wanted = {
        "kms:Decrypt": (used, own_policy),
        "kms:GenerateDataKey": (used, own_policy),
        "kms:DescribeKey": (used, own_policy),
        "kms:ListGrants": (used, own_policy),
        "kms:CreateGrant": (used, False),
        "kms:GenerateDataKeyWithoutPlaintext": (exports, False),
        "kms:Encrypt": (False, False),
        "kms:PutKeyPolicy": (False, False),
        "kms:ScheduleKeyDeletion": (False, False),
    }
    for action, (by_key, by_role) in wanted.items():
        statements = samples.key_policy(desired, key)
        for principal in (("Service", SERVICE), ("AWS", desired.service_role_arn)):
            asked = context if principal[0] == "Service" else {}
            assert samples.allows(statements, action, str(key), principal=principal, context=asked) is by_key, action
        assert samples.allows(samples.role_policy(desired), action, str(key)) is by_role, action
        other = str(samples.key_arn(place, samples.OTHER_KEY_ID))
        assert not samples.allows(samples.role_policy(desired), action, other)
