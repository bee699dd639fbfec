"""What AWS says each workflow and each kind of person needs, as tables to hold the program against.

From the Service Authorization Reference (actions, and the resource types that they need) and the pages of the Amazon
Personalize guide on S3, KMS, CloudWatch and users. Nothing here is taken from `policies/` or from the steps.
"""

from personalize_perms.model.settings import UserAccess, Workflow


def words(*lines: str) -> tuple[str, ...]:
    return tuple(word for line in lines for word in line.split())


# --- People

# Resource types -> the actions that need all of them. No type: the action works on "*" only.
_ACTIONS = {
    "schema": "CreateSchema DeleteSchema DescribeSchema",
    "dataset": "DeleteDataset DescribeDataset PutItems PutUsers PutActions",
    "dataset schema": "UpdateDataset",
    "dataset dataset-group schema": "CreateDataset",
    "dataset dataset-import-job": "CreateDatasetImportJob",
    "dataset dataset-export-job": "CreateDatasetExportJob",
    "dataset-group": "CreateDatasetGroup DeleteDatasetGroup DescribeDatasetGroup",
    "dataset-group data-deletion-job": "CreateDataDeletionJob",
    "dataset-group event-tracker": "CreateEventTracker",
    "dataset-group filter": "CreateFilter",
    "dataset-group metric-attribution": "CreateMetricAttribution",
    "dataset-group recommender recipe": "CreateRecommender",
    "dataset-group solution recipe": "CreateSolution",
    "solution": "UpdateSolution DeleteSolution DescribeSolution CreateSolutionVersion DescribeSolutionVersion"
    " StopSolutionVersionCreation GetSolutionMetrics",
    "solution campaign": "CreateCampaign UpdateCampaign",
    "solution batch-inference-job filter": "CreateBatchInferenceJob",
    "solution batch-segment-job filter": "CreateBatchSegmentJob",
    "campaign": "DeleteCampaign DescribeCampaign",
    "campaign recommender filter": "GetRecommendations GetPersonalizedRanking GetActionRecommendations",
    "recommender": "UpdateRecommender DeleteRecommender DescribeRecommender StartRecommender StopRecommender",
    "filter": "DeleteFilter DescribeFilter",
    "event-tracker": "DeleteEventTracker DescribeEventTracker",
    "metric-attribution": "UpdateMetricAttribution DeleteMetricAttribution DescribeMetricAttribution",
    "batch-inference-job": "DescribeBatchInferenceJob",
    "batch-segment-job": "DescribeBatchSegmentJob",
    "dataset-import-job": "DescribeDatasetImportJob",
    "dataset-export-job": "DescribeDatasetExportJob",
    "data-deletion-job": "DescribeDataDeletionJob",
    "data-insights-job": "CreateDataInsightsJob DescribeDataInsightsJob GetDataInsights",
    "recipe": "DescribeRecipe",
    "algorithm": "DescribeAlgorithm",
    "feature-transformation": "DescribeFeatureTransformation",
    "": "PutEvents PutActionInteractions ListBatchInferenceJobs ListBatchSegmentJobs ListCampaigns"
    " ListDataDeletionJobs ListDataInsightsJobs ListDatasetExportJobs ListDatasetGroups ListDatasetImportJobs"
    " ListDatasets ListEventTrackers ListFilters ListMetricAttributionMetrics ListMetricAttributions ListRecipes"
    " ListRecommenders ListSchemas ListSolutionVersions ListSolutions",
}
NEEDS = {action: words(types) for types, actions in _ACTIONS.items() for action in words(actions)}
TAGGING = words("ListTagsForResource TagResource UntagResource")
TAGGABLE = words(
    "dataset dataset-group dataset-import-job dataset-export-job data-deletion-job solution campaign event-tracker",
    "filter recommender batch-inference-job batch-segment-job",
)
OWNED_BY_AWS = words("recipe algorithm feature-transformation")
TYPES = sorted({kind for kinds in NEEDS.values() for kind in kinds})
EVERY_ACTION = sorted({*NEEDS, *TAGGING})

PRESETS = {
    UserAccess.DATA_ENGINEER: words(
        "CreateDatasetGroup DeleteDatasetGroup CreateSchema DeleteSchema CreateDataset UpdateDataset DeleteDataset",
        "CreateDatasetImportJob CreateDatasetExportJob CreateDataDeletionJob CreateDataInsightsJob GetDataInsights",
        "DescribeDatasetGroup DescribeSchema DescribeDataset DescribeDatasetImportJob DescribeDatasetExportJob",
        "DescribeDataDeletionJob DescribeDataInsightsJob ListDatasetGroups ListSchemas ListDatasets",
        "ListDatasetImportJobs ListDatasetExportJobs ListDataDeletionJobs ListDataInsightsJobs ListTagsForResource",
        "TagResource UntagResource",
    ),
    UserAccess.ML_ENGINEER: words(
        "CreateSolution UpdateSolution DeleteSolution CreateSolutionVersion StopSolutionVersionCreation",
        "GetSolutionMetrics CreateCampaign UpdateCampaign DeleteCampaign CreateRecommender UpdateRecommender",
        "DeleteRecommender StartRecommender StopRecommender CreateFilter DeleteFilter CreateEventTracker",
        "DeleteEventTracker DescribeSolution DescribeSolutionVersion DescribeCampaign DescribeRecommender",
        "DescribeFilter DescribeEventTracker DescribeRecipe DescribeAlgorithm DescribeFeatureTransformation",
        "DescribeDatasetGroup DescribeDataset DescribeSchema ListSolutions ListSolutionVersions ListCampaigns",
        "ListRecommenders ListFilters ListEventTrackers ListRecipes ListDatasetGroups ListDatasets ListSchemas",
        "ListTagsForResource TagResource UntagResource",
    ),
    UserAccess.RUNTIME: words("GetRecommendations GetPersonalizedRanking GetActionRecommendations"),
    UserAccess.EVENT_PRODUCER: words("PutEvents PutActionInteractions PutItems PutUsers PutActions"),
    UserAccess.BATCH_OPERATOR: words(
        "CreateBatchInferenceJob CreateBatchSegmentJob DescribeBatchInferenceJob DescribeBatchSegmentJob",
        "ListBatchInferenceJobs ListBatchSegmentJobs DescribeSolution DescribeSolutionVersion ListSolutions",
        "ListSolutionVersions DescribeFilter ListFilters DescribeDatasetGroup ListDatasetGroups ListTagsForResource",
        "TagResource",
    ),
    UserAccess.METRICS_OPERATOR: words(
        "CreateMetricAttribution UpdateMetricAttribution DeleteMetricAttribution DescribeMetricAttribution",
        "ListMetricAttributions ListMetricAttributionMetrics DescribeDatasetGroup ListDatasetGroups",
    ),
    UserAccess.ANALYST: (
        *(action for action in EVERY_ACTION if action.startswith(("Describe", "List"))),
        *words("GetSolutionMetrics GetDataInsights"),
    ),
    UserAccess.ADMIN: tuple(EVERY_ACTION),
    UserAccess.NONE: (),
}
REACHES = {
    UserAccess.DATA_ENGINEER: words(
        "dataset-group dataset schema dataset-import-job dataset-export-job data-deletion-job data-insights-job"
    ),
    UserAccess.ML_ENGINEER: words(
        "solution campaign recommender filter event-tracker dataset-group dataset schema",
        "recipe algorithm feature-transformation",
    ),
    UserAccess.RUNTIME: words("campaign recommender filter"),
    UserAccess.EVENT_PRODUCER: words("dataset"),
    UserAccess.BATCH_OPERATOR: words("batch-inference-job batch-segment-job solution filter dataset-group"),
    UserAccess.METRICS_OPERATOR: words("metric-attribution dataset-group"),
    UserAccess.ANALYST: tuple(TYPES),
    UserAccess.ADMIN: tuple(TYPES),
    UserAccess.NONE: (),
}
PASS_ROLE = (UserAccess.ADMIN, UserAccess.DATA_ENGINEER, UserAccess.BATCH_OPERATOR, UserAccess.METRICS_OPERATOR)

# --- The service and its role

_READ, _WRITE = words("s3:GetObject s3:ListBucket"), words("s3:PutObject s3:ListBucket")
# Workflow -> what it does with the input, and with the output.
S3_NEEDS: dict[Workflow, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Workflow.IMPORT: (_READ, ()),
    Workflow.DATA_DELETION: (_READ, ()),
    Workflow.EXPORT: ((), _WRITE),
    Workflow.BATCH: (_READ, _WRITE),
    Workflow.METRICS_S3: ((), ("s3:PutObject",)),
    Workflow.METRICS_CLOUDWATCH: ((), ()),
    Workflow.ENCRYPTED_DATASET_GROUP: ((), ()),
}
# A metric attribution always reports to CloudWatch (creating one writes a test metric), and to S3 if it is told to.
METRICS = {Workflow.METRICS_S3, Workflow.METRICS_CLOUDWATCH}
KEY_POLICY = {"kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey", "kms:CreateGrant", "kms:ListGrants"}
ROLE_KMS = KEY_POLICY - {"kms:CreateGrant"}
FOR_EXPORTS = "kms:GenerateDataKeyWithoutPlaintext"
KEY_POLICY_IS_ENOUGH = {Workflow.IMPORT, Workflow.DATA_DELETION}
WITHOUT_KEY = {Workflow.METRICS_CLOUDWATCH}

# --- What might be asked for besides

ON_OBJECTS = words(
    "s3:GetObject s3:PutObject s3:DeleteObject s3:GetObjectVersion s3:DeleteObjectVersion s3:GetObjectAcl",
    "s3:PutObjectAcl s3:GetObjectTagging s3:PutObjectTagging s3:AbortMultipartUpload s3:RestoreObject",
    "s3:BypassGovernanceRetention s3:PutObjectRetention s3:ReplicateObject",
)
ON_BUCKETS = words(
    "s3:ListBucket s3:DeleteBucket s3:CreateBucket s3:PutBucketPolicy s3:GetBucketPolicy s3:DeleteBucketPolicy",
    "s3:PutBucketAcl s3:ListBucketVersions s3:PutEncryptionConfiguration s3:PutLifecycleConfiguration",
    "s3:PutBucketPublicAccessBlock s3:PutReplicationConfiguration s3:ListBucketMultipartUploads",
)
ON_KEYS = (
    *sorted(KEY_POLICY),
    FOR_EXPORTS,
    *words(
        "kms:Encrypt kms:ReEncryptFrom kms:ReEncryptTo kms:GenerateDataKeyPair kms:Sign kms:PutKeyPolicy",
        "kms:GetKeyPolicy kms:ScheduleKeyDeletion kms:DisableKey kms:EnableKey kms:RevokeGrant kms:RetireGrant",
        "kms:CreateAlias kms:UpdateAlias kms:TagResource kms:ReplicateKey kms:DeleteImportedKeyMaterial",
    ),
)
ELSEWHERE = words(
    "iam:CreateRole iam:DeleteRole iam:UpdateAssumeRolePolicy iam:AttachRolePolicy iam:DetachRolePolicy",
    "iam:PutRolePolicy iam:DeleteRolePermissionsBoundary iam:CreatePolicyVersion iam:SetDefaultPolicyVersion",
    "iam:CreateUser iam:CreateAccessKey iam:CreateLoginProfile iam:AddUserToGroup iam:AttachUserPolicy",
    "iam:CreateServiceLinkedRole iam:TagRole sts:AssumeRole sts:AssumeRoleWithWebIdentity kms:CreateKey",
    "kms:ListKeys s3:ListAllMyBuckets s3:PutAccountPublicAccessBlock cloudwatch:DeleteAlarms",
    "cloudwatch:PutMetricAlarm cloudwatch:GetMetricData logs:PutLogEvents lambda:InvokeFunction",
    "sagemaker:CreateTrainingJob ec2:RunInstances organizations:LeaveOrganization personalizer:CreateDataset",
    "forecast:CreateDataset",
)
OTHER_SERVICES = words(
    "s3.amazonaws.com sagemaker.amazonaws.com lambda.amazonaws.com ec2.amazonaws.com forecast.amazonaws.com",
    "personalize-runtime.amazonaws.com personalize.amazonaws.com.cn personalize.eu-west-1.amazonaws.com",
)
