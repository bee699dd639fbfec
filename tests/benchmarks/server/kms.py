"""KMS, and the little that is asked of other services that speak JSON."""

import json
from collections.abc import Mapping
from typing import Any

from benchmarks.server.world import ACCOUNT, Key, Refused, World

WRITES = {"PutKeyPolicy", "CreateGrant", "RevokeGrant"}


def answer(world: World, service: str, name: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Answer one request of a service that speaks JSON."""
    match service:
        case "kms":
            return _answer(world, name, params)
        case "personalize":
            return _nothing(name)
    raise Refused("AccessDeniedException", f"not authorized to perform: {service}:{name}", 403)


def _answer(  # noqa: PLR0911 - one line per operation: a table
    world: World, name: str, params: Mapping[str, Any]
) -> dict[str, Any]:
    """Grants and aliases fit on one page here."""
    if name == "ListAliases":
        return {"Aliases": [alias for key in world.keys.values() for alias in _aliases(key)], "Truncated": False}
    if name == "ListKeys":
        keys = [{"KeyId": key.key_id, "KeyArn": key.arn} for key in world.keys.values()]
        return {"Keys": keys, "Truncated": False}
    key = world.key(params["KeyId"])
    match name:
        case "DescribeKey":
            return {"KeyMetadata": _metadata(key)}
        case "GetKeyPolicy":
            return {"Policy": key.policy, "PolicyName": "default"}
        case "PutKeyPolicy":
            world.refuse_strangers(params["Policy"], "MalformedPolicyDocumentException")
            key.policy = params["Policy"]
            return {}
        case "ListGrants":
            return {"Grants": key.grants, "Truncated": False}
        case "CreateGrant":
            grant_id = f"{len(key.grants):064x}"
            key.grants.append({**params, "KeyId": key.arn, "GrantId": grant_id})
            return {"GrantId": grant_id, "GrantToken": "token"}
        case "RevokeGrant":
            key.grants = [grant for grant in key.grants if grant["GrantId"] != params["GrantId"]]
            return {}
    raise Refused("AccessDeniedException", f"not authorized to perform: kms:{name}")


def _metadata(key: Key) -> dict[str, Any]:
    return {
        "AWSAccountId": ACCOUNT,
        "KeyId": key.key_id,
        "Arn": key.arn,
        "CreationDate": 1768469400.0,
        "Enabled": True,
        "Description": "Data at rest",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": "Enabled",
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "MultiRegion": False,
    }


def _aliases(key: Key) -> list[dict[str, str]]:
    prefix = key.arn.rpartition(":")[0]
    return [{"AliasName": a, "AliasArn": f"{prefix}:{a}", "TargetKeyId": key.key_id} for a in key.aliases]


def _nothing(name: str) -> dict[str, Any]:
    """Answer Amazon Personalize's lists: there is nothing yet."""
    if not name.startswith("List"):
        raise Refused("ResourceNotFoundException", "there is no such resource")
    member = name.removeprefix("List")
    return {member[0].lower() + member[1:]: []}


def refusal(refused: Refused) -> bytes:
    return json.dumps({"__type": refused.code, "message": refused.message}).encode()
