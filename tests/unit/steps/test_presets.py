"""What each preset of the user policy lets people do: AWS's own lists, written down a second time."""

import pytest
import step_samples as samples

from personalize_perms.model.settings import UserAccess

COUNTS = {
    UserAccess.DATA_ENGINEER: 29,
    UserAccess.ML_ENGINEER: 43,
    UserAccess.RUNTIME: 3,
    UserAccess.EVENT_PRODUCER: 5,
    UserAccess.BATCH_OPERATOR: 16,
    UserAccess.METRICS_OPERATOR: 8,
    UserAccess.ANALYST: 40,
}
PASSES_ROLE = {
    UserAccess.ADMIN,
    UserAccess.DATA_ENGINEER,
    UserAccess.BATCH_OPERATOR,
    UserAccess.METRICS_OPERATOR,
}
# Action -> the resource types that AWS checks for it, all of them, from the Service Authorization Reference,
# and beside them those that AWS's own solutions needed on top. No types: the action works on "*" only.
RESOURCES = {
    "CreateSchema DeleteSchema DescribeSchema": "schema",
    "UpdateDataset CreateDataset": "dataset dataset-group schema",
    "DeleteDataset DescribeDataset PutItems PutUsers PutActions": "dataset",
    "CreateDatasetImportJob": "dataset dataset-import-job",
    "CreateDatasetExportJob": "dataset dataset-export-job",
    "CreateDatasetGroup DeleteDatasetGroup DescribeDatasetGroup": "dataset-group",
    "CreateDataDeletionJob": "dataset-group data-deletion-job",
    "CreateEventTracker": "dataset-group event-tracker",
    "CreateFilter": "dataset-group filter",
    "CreateMetricAttribution": "dataset-group metric-attribution",
    "CreateRecommender": "dataset-group recommender :::recipe",
    "CreateSolution": "dataset-group solution :::recipe",
    "UpdateSolution DeleteSolution DescribeSolution CreateSolutionVersion DescribeSolutionVersion": "solution",
    "StopSolutionVersionCreation GetSolutionMetrics": "solution",
    "CreateCampaign UpdateCampaign": "solution campaign",
    "CreateBatchInferenceJob": "solution batch-inference-job filter",
    "CreateBatchSegmentJob": "solution batch-segment-job filter",
    "DeleteCampaign DescribeCampaign": "campaign",
    "GetRecommendations GetPersonalizedRanking GetActionRecommendations": "campaign recommender filter",
    "UpdateRecommender DeleteRecommender DescribeRecommender StartRecommender StopRecommender": "recommender",
    "DeleteFilter DescribeFilter": "filter",
    "DeleteEventTracker DescribeEventTracker": "event-tracker",
    "UpdateMetricAttribution DeleteMetricAttribution DescribeMetricAttribution": "metric-attribution",
    "DescribeBatchSegmentJob": "batch-segment-job",
    "DescribeBatchInferenceJob": "batch-inference-job",
    "DescribeDatasetImportJob": "dataset-import-job",
    "DescribeDatasetExportJob": "dataset-export-job",
    "DescribeDataDeletionJob": "data-deletion-job",
    "CreateDataInsightsJob DescribeDataInsightsJob GetDataInsights": "data-insights-job",
    "DescribeRecipe": ":::recipe",
    "DescribeAlgorithm": ":::algorithm",
    "DescribeFeatureTransformation": ":::feature-transformation",
    "ListTagsForResource TagResource UntagResource": "dataset-group",
    "PutEvents PutActionInteractions": "",
    "ListBatchInferenceJobs ListBatchSegmentJobs ListCampaigns ListDataDeletionJobs ListDataInsightsJobs": "",
    "ListDatasetExportJobs ListDatasetGroups ListDatasetImportJobs ListDatasets ListEventTrackers ListFilters": "",
    "ListMetricAttributionMetrics ListMetricAttributions ListRecipes ListRecommenders ListSchemas": "",
    "ListSolutionVersions ListSolutions": "",
}
TYPES = {action: types.split() for actions, types in RESOURCES.items() for action in actions.split()}
PRESETS = [preset for preset in UserAccess if preset is not UserAccess.NONE]


def arn(partition: str, kind: str) -> str:
    place = samples.PLACES[partition]
    if kind.startswith(":::"):
        return f"arn:{partition}:personalize{kind}/aws-user-personalization"
    return place.arn("personalize", f"{kind}/something/more", regional=True)


def granted(preset: UserAccess) -> list[str]:
    statements = samples.user_policy(samples.settings_for(user_access=preset))
    actions = [str(action) for one in statements for action in samples.several(one["Action"])]
    return [action.removeprefix("personalize:") for action in actions if action.startswith("personalize:")]


def test_the_table_of_this_test_knows_every_action_of_the_service() -> None:
    assert len(TYPES) == 83


@pytest.mark.parametrize("preset", COUNTS)
def test_a_preset_names_each_of_its_actions_once_and_all_of_them_exist(preset: UserAccess) -> None:
    actions = granted(preset)
    assert len(actions) == len(set(actions)) == COUNTS[preset]
    assert set(actions) <= set(TYPES)


def test_together_the_presets_leave_out_no_action() -> None:
    assert {action for preset in COUNTS for action in granted(preset)} == set(TYPES)


@pytest.mark.parametrize("partition", samples.PLACES)
@pytest.mark.parametrize("preset", PRESETS)
def test_an_action_is_granted_on_every_resource_that_aws_checks_for_it(preset: UserAccess, partition: str) -> None:
    statements = samples.user_policy(samples.settings_for(user_access=preset), samples.PLACES[partition])
    for action in TYPES if preset is UserAccess.ADMIN else granted(preset):
        for kind in TYPES[action] or [""]:
            resource = arn(partition, kind) if kind else "*"
            assert samples.allows(statements, f"personalize:{action}", resource), (action, resource)


@pytest.mark.parametrize("partition", samples.PLACES)
@pytest.mark.parametrize("preset", COUNTS)
def test_a_preset_reaches_no_other_account_or_region_and_nothing_it_does_not_name(
    preset: UserAccess, partition: str
) -> None:
    statements = samples.user_policy(samples.settings_for(user_access=preset), samples.PLACES[partition])
    names = set(granted(preset))
    for action, kinds in TYPES.items():
        for kind in kinds or [""]:
            here = arn(partition, kind) if kind else "*"
            if action not in names:
                assert not samples.allows(statements, f"personalize:{action}", here), action
            elif kind and not kind.startswith(":::"):
                place = samples.PLACES[partition]
                for elsewhere in (
                    here.replace(place.account, "444455556666"),
                    here.replace(place.region, "us-west-2"),
                    here.replace(f"arn:{partition}:", "arn:aws-other:"),
                ):
                    assert not samples.allows(statements, f"personalize:{action}", elsewhere), (action, elsewhere)
    for action in ("iam:CreateRole", "iam:GetRole", "s3:GetObject", "kms:Decrypt", "sts:AssumeRole"):
        assert not samples.allows(statements, action, "*"), action


@pytest.mark.parametrize("partition", samples.PLACES)
@pytest.mark.parametrize("preset", PRESETS)
def test_only_whoever_starts_jobs_passes_the_one_role_to_the_one_service(preset: UserAccess, partition: str) -> None:
    place = samples.PLACES[partition]
    settings = samples.settings_for(user_access=preset, role_path="/service/")
    statements = samples.user_policy(settings, place)
    role = place.arn("iam", "role/service/personalize-service-role")
    to = {"iam:PassedToService": samples.SERVICE}
    assert samples.allows(statements, "iam:PassRole", role, context=to) is (preset in PASSES_ROLE)
    assert not samples.allows(statements, "iam:PassRole", role)
    assert not samples.allows(statements, "iam:PassRole", role, context={"iam:PassedToService": "ec2.amazonaws.com"})
    for other in (f"{role}2", place.arn("iam", "role/personalize-service-role"), place.arn("iam", "role/admin"), "*"):
        assert not samples.allows(statements, "iam:PassRole", other, context=to)


def test_whoever_gets_an_adopted_role_may_pass_just_that_one() -> None:
    adopted = samples.iam_arn("role/team/forecasts")
    statements = samples.user_policy(samples.settings_for(role_arn=adopted))
    to = {"iam:PassedToService": samples.SERVICE}
    assert samples.allows(statements, "iam:PassRole", str(adopted), context=to)
    assert not samples.allows(
        statements, "iam:PassRole", samples.AWS.arn("iam", "role/personalize-service-role"), context=to
    )
