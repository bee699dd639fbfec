"""The script that people write with `aws`: a process for every call."""

import json
import subprocess
from typing import Any

from shared import merged, policy_arn, read_job, role_policies


def aws(*words: str, absent: str = "") -> Any:
    """Return the answer; None if it is the error `absent`."""
    done = subprocess.run(["aws", *words, "--output", "json"], capture_output=True, text=True)
    if done.returncode and absent and absent in done.stderr:
        return None
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout) if done.stdout.strip() else {}


def main() -> None:  # noqa: C901 - a script, as people write them
    job = read_job()
    assert aws("sts", "get-caller-identity")["Account"] == job["account"]
    for name, document in job["policies"].items():
        arn, text = policy_arn(job, name), json.dumps(document)
        there = aws("iam", "get-policy", "--policy-arn", arn, absent="NoSuchEntity")
        if there is None:
            aws("iam", "create-policy", "--policy-name", name, "--policy-document", text)
            continue
        version = there["Policy"]["DefaultVersionId"]
        found = aws("iam", "get-policy-version", "--policy-arn", arn, "--version-id", version)
        if found["PolicyVersion"]["Document"] != document:
            words = ("--policy-arn", arn, "--policy-document", text, "--set-as-default")
            aws("iam", "create-policy-version", *words)
    role = ("--role-name", job["role"])
    if aws("iam", "get-role", *role, absent="NoSuchEntity") is None:
        aws("iam", "create-role", *role, "--assume-role-policy-document", json.dumps(job["trust"]))
    held = {one["PolicyArn"] for one in aws("iam", "list-attached-role-policies", *role)["AttachedPolicies"]}
    for name in role_policies(job):
        if policy_arn(job, name) not in held:
            aws("iam", "attach-role-policy", *role, "--policy-arn", policy_arn(job, name))
    group = ("--group-name", job["group"])
    held = {one["PolicyArn"] for one in aws("iam", "list-attached-group-policies", *group)["AttachedPolicies"]}
    for name in job["user_policies"]:
        if policy_arn(job, name) not in held:
            aws("iam", "attach-group-policy", *group, "--policy-arn", policy_arn(job, name))
    key = ("--key-id", job["key"], "--policy-name", "default")
    text = merged(aws("kms", "get-key-policy", *key)["Policy"], job["key_statements"])
    if text:
        aws("kms", "put-key-policy", *key, "--policy", text)
    for bucket, statements in job["buckets"].items():
        found = aws("s3api", "get-bucket-policy", "--bucket", bucket, absent="NoSuchBucketPolicy")
        text = merged(found and found["Policy"], statements)
        if text:
            aws("s3api", "put-bucket-policy", "--bucket", bucket, "--policy", text)


if __name__ == "__main__":
    main()
