"""Terraform, as far as an export uses it: evaluates the code with another's parser and creates what it says."""

import json
from collections.abc import Callable
from typing import Any

from account import Account
from exported import blocks, code, terraform_values
from fake_aws import ACCOUNT, REGION

from personalize_perms.model.names import AccountId
from personalize_perms.model.settings import Place

_ORDER = ("aws_iam_role", "aws_iam_policy")
Body = dict[str, Any]


def apply_code(account: Account, text: str) -> None:
    """Create every resource of the code; what is imported is brought to what the code says."""
    parsed = code(text)
    place = Place(account=AccountId(ACCOUNT), region=REGION, partition="aws")
    found = blocks(parsed, terraform_values(place, parsed))
    known = {}
    for kind, label, body in found:
        arn = f"arn:aws:iam::{ACCOUNT}:{kind.rpartition('_')[2]}/{body.get('name')}"
        known |= {f"{kind}.{label}.arn": arn, f"{kind}.{label}.name": body.get("name", "")}
    found = blocks(parsed, terraform_values(place, parsed) | known)
    for kind, _, body in sorted(found, key=lambda one: _ORDER.index(one[0]) if one[0] in _ORDER else len(_ORDER)):
        _CREATE[kind](account, body)


def _tags(body: Body) -> list[Body]:
    return [{"Key": key, "Value": value} for key, value in body["tags"].items()]


def _policy(account: Account, body: Body) -> None:
    account.iam.create_policy(
        PolicyName=body["name"],
        Path=body["path"],
        Description=body["description"],
        PolicyDocument=json.dumps(body["policy"]),
        Tags=_tags(body),
    )


def _role(account: Account, body: Body) -> None:
    boundary = {"PermissionsBoundary": body["permissions_boundary"]} if "permissions_boundary" in body else {}
    account.iam.create_role(
        RoleName=body["name"],
        Path=body["path"],
        Description=body["description"],
        AssumeRolePolicyDocument=json.dumps(body["assume_role_policy"]),
        Tags=_tags(body),
        **boundary,
    )


def _grant(account: Account, body: Body) -> None:
    account.kms.create_grant(
        KeyId=body["key_id"],
        Name=body["name"],
        GranteePrincipal=body["grantee_principal"],
        Operations=body["operations"],
    )


_CREATE: dict[str, Callable[[Account, Body], object]] = {
    "aws_iam_policy": _policy,
    "aws_iam_role": _role,
    "aws_iam_role_policy_attachment": lambda account, body: account.iam.attach_role_policy(
        RoleName=body["role"], PolicyArn=body["policy_arn"]
    ),
    "aws_iam_group_policy_attachment": lambda account, body: account.iam.attach_group_policy(
        GroupName=body["group"], PolicyArn=body["policy_arn"]
    ),
    "aws_iam_user_policy_attachment": lambda account, body: account.iam.attach_user_policy(
        UserName=body["user"], PolicyArn=body["policy_arn"]
    ),
    "aws_s3_bucket_policy": lambda account, body: account.put_bucket_policy(body["bucket"], body["policy"]),
    "aws_kms_key_policy": lambda account, body: account.put_key_policy(body["key_id"], body["policy"]),
    "aws_kms_grant": _grant,
}
