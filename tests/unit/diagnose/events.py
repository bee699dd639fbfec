"""CloudTrail events as AWS writes them."""

from typing import Any, Final

ACCOUNT: Final = "123456789012"
KEY: Final = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ROLE: Final = f"arn:aws:iam::{ACCOUNT}:role/ml/PersonalizeRole"
Event = dict[str, Any]


def event(name: str, *, source: str = "personalize", error: str = "", message: str = "", **more: Any) -> Event:
    identity = {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/ada", "accountId": ACCOUNT, "userName": "ada"}
    failed = {"errorCode": error, "errorMessage": message} if error else {}
    return {
        "eventVersion": "1.09",
        "userIdentity": identity,
        "eventTime": "2026-11-26T10:00:00Z",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "203.0.113.7",
        "requestParameters": {},
        "recipientAccountId": ACCOUNT,
        **failed,
        **more,
    }


IMPORT: Final = event(
    "CreateDatasetImportJob",
    error="InvalidInputException",
    message="Insufficient privileges for accessing data in S3. Please look at https://docs.aws.amazon.com/personalize/"
    "latest/dg/granting-personalize-s3-access.html#attach-bucket-policy and fix bucket policy on acme-data",
    requestParameters={"roleArn": ROLE, "dataSource": {"dataLocation": "s3://acme-data/in/x.csv"}, "jobName": "x"},
)
BATCH: Final = event(
    "CreateBatchInferenceJob",
    error="AccessDenied",
    requestParameters={
        "roleArn": ROLE,
        "jobInput": {"s3DataSource": {"path": "s3://acme-data/in/x.json"}},
        "jobOutput": {"s3DataDestination": {"path": "s3://acme-results/out/", "kmsKeyArn": KEY}},
    },
)
READ: Final = event(
    "GetObject",
    source="s3",
    error="AccessDenied",
    message="Access Denied",
    userIdentity={
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/PersonalizeRole/session",
        "invokedBy": "personalize.amazonaws.com",
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": ROLE, "userName": "PersonalizeRole"}},
    },
    requestParameters={"bucketName": "acme-data", "key": "in/x.csv"},
    resources=[{"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::acme-data/in/x.csv"}],
)
DECRYPT: Final = event(
    "Decrypt",
    source="kms",
    error="AccessDenied",
    message="User: personalize.amazonaws.com is not authorized to perform: kms:Decrypt on the resource associated with "
    "this ciphertext because the resource does not exist in this Region, no resource-based policies allow access, or a "
    "resource-based policy explicitly denies access",
    userIdentity={"type": "AWSService", "invokedBy": "personalize.amazonaws.com"},
    resources=[{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": KEY}],
)
TAGGED: Final = event(
    "CreateDatasetGroup", error="AccessDeniedException", requestParameters={"tags": [{"tagKey": "a"}]}
)
FINE: Final = event("CreateSolution", responseElements={"solutionArn": "x"})
OTHER: Final = event("RunInstances", source="ec2", error="Client.UnauthorizedOperation", message="no")
