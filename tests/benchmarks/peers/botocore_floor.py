"""The floor with botocore: everything that can travel at once does; nothing is verified, and there is no journal."""

import gc
import json
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import botocore.session
from botocore.config import Config
from shared import merged, policy_arn, read_job, role_policies

WORKERS = int(sys.argv[2])


def main() -> None:  # noqa: C901 - a script: each line is one call
    job = read_job()
    gc.disable()
    session = botocore.session.get_session()
    config = Config(max_pool_connections=WORKERS, s3={"addressing_style": "path"})
    pool = ThreadPoolExecutor(WORKERS)
    sts = session.create_client("sts", config=config)
    first = [pool.submit(sts.get_caller_identity)]
    iam = session.create_client("iam", config=config)
    local = pool.submit(partial(iam.list_policies, Scope="Local", MaxItems=1000))
    role = pool.submit(_absent, partial(iam.get_role, RoleName=job["role"]), "NoSuchEntity")
    of_role = pool.submit(_absent, partial(iam.list_attached_role_policies, RoleName=job["role"]), "NoSuchEntity")
    of_group = pool.submit(partial(iam.list_attached_group_policies, GroupName=job["group"]))
    kms = session.create_client("kms", config=config)
    key = pool.submit(partial(kms.get_key_policy, KeyId=job["key"], PolicyName="default"))
    s3 = session.create_client("s3", config=config)
    read = {
        name: pool.submit(_absent, partial(s3.get_bucket_policy, Bucket=name), "NoSuchBucketPolicy")
        for name in job["buckets"]
    }
    gc.enable()

    there = {one["PolicyName"]: one for one in local.result()["Policies"]}
    second: list[Callable[[], Any]] = []
    for name, document in job["policies"].items():
        if name in there:
            arn, version = there[name]["Arn"], there[name]["DefaultVersionId"]
            second.append(partial(iam.get_policy_version, PolicyArn=arn, VersionId=version))
        else:
            second.append(partial(iam.create_policy, PolicyName=name, PolicyDocument=json.dumps(document)))
    if role.result() is None:
        trust = json.dumps(job["trust"])
        second.append(partial(iam.create_role, RoleName=job["role"], AssumeRolePolicyDocument=trust))
    _all(pool, second)

    third: list[Callable[[], Any]] = []
    held = {one["PolicyArn"] for one in (of_role.result() or {}).get("AttachedPolicies", ())}
    for name in role_policies(job):
        arn = policy_arn(job, name)
        if arn not in held:
            third.append(partial(iam.attach_role_policy, RoleName=job["role"], PolicyArn=arn))
    held = {one["PolicyArn"] for one in of_group.result()["AttachedPolicies"]}
    for name in job["user_policies"]:
        arn = policy_arn(job, name)
        if arn not in held:
            third.append(partial(iam.attach_group_policy, GroupName=job["group"], PolicyArn=arn))
    text = merged(key.result()["Policy"], job["key_statements"])
    if text:
        third.append(partial(kms.put_key_policy, KeyId=job["key"], PolicyName="default", Policy=text))
    for name, future in read.items():
        found = future.result()
        text = merged(found and found["Policy"], job["buckets"][name])
        if text:
            third.append(partial(s3.put_bucket_policy, Bucket=name, Policy=text))
    _all(pool, third)
    first[0].result()
    pool.shutdown()


def _absent(ask: Callable[[], Any], code: str) -> Any:
    from botocore.exceptions import ClientError  # noqa: PLC0415

    try:
        return ask()
    except ClientError as error:
        if error.response["Error"]["Code"] == code:
            return None
        raise


def _all(pool: ThreadPoolExecutor, calls: Iterable[Callable[[], Any]]) -> None:
    for future in [pool.submit(call) for call in calls]:
        future.result()


if __name__ == "__main__":
    main()
