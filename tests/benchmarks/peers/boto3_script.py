"""The script that people write: boto3, one call after the other."""

import json
from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import ClientError
from shared import merged, policy_arn, read_job, role_policies


def or_none(call: Callable[..., Any], **parameters: Any) -> Any:
    try:
        return call(**parameters)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchEntity", "NoSuchBucketPolicy"):
            return None
        raise


def main() -> None:  # noqa: C901 - a script, as people write them
    job = read_job()
    sts, iam, kms, s3 = (boto3.client(service) for service in ("sts", "iam", "kms", "s3"))
    assert sts.get_caller_identity()["Account"] == job["account"]
    for name, document in job["policies"].items():
        arn = policy_arn(job, name)
        there = or_none(iam.get_policy, PolicyArn=arn)
        if there is None:
            iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(document))
            continue
        version = iam.get_policy_version(PolicyArn=arn, VersionId=there["Policy"]["DefaultVersionId"])
        if version["PolicyVersion"]["Document"] != document:
            iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True)
    if or_none(iam.get_role, RoleName=job["role"]) is None:
        iam.create_role(RoleName=job["role"], AssumeRolePolicyDocument=json.dumps(job["trust"]))
    held = {one["PolicyArn"] for one in iam.list_attached_role_policies(RoleName=job["role"])["AttachedPolicies"]}
    for name in role_policies(job):
        if policy_arn(job, name) not in held:
            iam.attach_role_policy(RoleName=job["role"], PolicyArn=policy_arn(job, name))
    held = {one["PolicyArn"] for one in iam.list_attached_group_policies(GroupName=job["group"])["AttachedPolicies"]}
    for name in job["user_policies"]:
        if policy_arn(job, name) not in held:
            iam.attach_group_policy(GroupName=job["group"], PolicyArn=policy_arn(job, name))
    text = merged(kms.get_key_policy(KeyId=job["key"], PolicyName="default")["Policy"], job["key_statements"])
    if text:
        kms.put_key_policy(KeyId=job["key"], PolicyName="default", Policy=text)
    for name, statements in job["buckets"].items():
        found = or_none(s3.get_bucket_policy, Bucket=name)
        text = merged(found and found["Policy"], statements)
        if text:
            s3.put_bucket_policy(Bucket=name, Policy=text)


if __name__ == "__main__":
    main()
