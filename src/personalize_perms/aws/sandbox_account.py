"""What the sandbox's account holds: written as other teams and the console write it, not as this program does."""

import json
from typing import TYPE_CHECKING, Final, cast

from personalize_perms.aws.session import AwsSession

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.literals import BucketLocationConstraintType

    from personalize_perms.model.settings import Place

DATA_BUCKET: Final = "acme-personalize-data"
RESULTS_BUCKET: Final = "acme-personalize-results"
OTHER_BUCKET: Final = "acme-website-logs"
KEY_ALIAS: Final = "alias/acme-data"
LEGACY_ROLE: Final = "legacy-personalize"
ANALYTICS_ROLE: Final = "acme-analytics"
ANALYTICS_POLICY: Final = "acme-analytics-read"
USERS: Final = ("ada", "grace")
GROUP: Final = "data-science"
INPUT: Final = f"s3://{DATA_BUCKET}/input/"
OUTPUT: Final = f"s3://{RESULTS_BUCKET}/output/"

# Region in which S3 takes no location constraint.
_FIRST_REGION: Final = "us-east-1"


def fill(session: AwsSession) -> None:
    """Make the example account's people, roles, key and buckets."""
    place = session.caller(None).place
    _fill_iam(cast("IAMClient", session.writer("iam")), place)
    key_arn = _make_key(cast("KMSClient", session.writer("kms")), place)
    _fill_s3(cast("S3Client", session.writer("s3")), place, key_arn)


def _fill_iam(iam: "IAMClient", place: "Place") -> None:
    iam.create_group(GroupName=GROUP)
    for user in USERS:
        iam.create_user(UserName=user)
        iam.add_user_to_group(GroupName=GROUP, UserName=user)
    iam.create_role(RoleName=LEGACY_ROLE, AssumeRolePolicyDocument=_trust("personalize.amazonaws.com"))
    iam.create_role(RoleName=ANALYTICS_ROLE, AssumeRolePolicyDocument=_trust("glue.amazonaws.com"))
    iam.create_policy(PolicyName=ANALYTICS_POLICY, PolicyDocument=_analytics_policy(place))
    arn = place.arn("iam", f"policy/{ANALYTICS_POLICY}")
    iam.attach_role_policy(RoleName=ANALYTICS_ROLE, PolicyArn=arn)
    iam.attach_role_policy(RoleName=LEGACY_ROLE, PolicyArn=arn)


def _make_key(kms: "KMSClient", place: "Place") -> str:
    key_arn = kms.create_key(Description="Encrypts Acme's data")["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName=KEY_ALIAS, TargetKeyId=key_arn)
    kms.put_key_policy(KeyId=key_arn, PolicyName="default", Policy=_key_policy(place))
    return key_arn


def _fill_s3(s3: "S3Client", place: "Place", key_arn: str) -> None:
    for bucket in (DATA_BUCKET, RESULTS_BUCKET, OTHER_BUCKET):
        if place.region == _FIRST_REGION:
            s3.create_bucket(Bucket=bucket)
        else:
            constraint = cast("BucketLocationConstraintType", place.region)
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": constraint})
    s3.put_bucket_encryption(
        Bucket=DATA_BUCKET,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_arn}}]
        },
    )
    for key in ("input/interactions.csv", "input/items.csv", "archive/2025/interactions.csv"):
        s3.put_object(Bucket=DATA_BUCKET, Key=key, Body=b"")
    s3.put_object(Bucket=RESULTS_BUCKET, Key="output/", Body=b"")
    s3.put_bucket_policy(Bucket=DATA_BUCKET, Policy=_data_policy(place))
    s3.put_bucket_policy(Bucket=RESULTS_BUCKET, Policy=_results_policy(place))


def _trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _analytics_policy(place: "Place") -> str:
    statement = {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": [_bucket(place, DATA_BUCKET), _bucket(place, f"{DATA_BUCKET}/*")],
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _key_policy(place: "Place") -> str:
    root = {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": place.arn("iam", "root")},
        "Action": "kms:*",
        "Resource": "*",
    }
    analytics = {
        "Sid": "Allow use of the key by analytics",
        "Effect": "Allow",
        "Principal": {"AWS": [place.arn("iam", f"role/{ANALYTICS_ROLE}")]},
        "Action": ["kms:Decrypt", "kms:DescribeKey"],
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Id": "acme-key-policy", "Statement": [root, analytics]}, indent=2)


def _data_policy(place: "Place") -> str:
    analytics = {
        "Sid": "AnalyticsRead",
        "Effect": "Allow",
        "Principal": {"AWS": place.arn("iam", f"role/{ANALYTICS_ROLE}")},
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": [_bucket(place, DATA_BUCKET), _bucket(place, f"{DATA_BUCKET}/*")],
    }
    statements = [_tls_only(place, DATA_BUCKET), analytics]
    return json.dumps({"Version": "2012-10-17", "Id": "acme-data-policy", "Statement": statements}, indent=2)


def _results_policy(place: "Place") -> str:
    # A single statement that is not in a list, without a Sid, of the older version: all of this is valid.
    statement = _tls_only(place, RESULTS_BUCKET)
    del statement["Sid"]
    return json.dumps({"Version": "2008-10-17", "Statement": statement})


def _tls_only(place: "Place", bucket: str) -> dict[str, object]:
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [_bucket(place, bucket), _bucket(place, f"{bucket}/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _bucket(place: "Place", resource: str) -> str:
    """Return the ARN of a bucket or of objects; these have no account."""
    return f"arn:{place.partition}:s3:::{resource}"
