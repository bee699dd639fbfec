"""What is in the account, to keep, to put back, and to compare by what it means."""

import copy
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from account import Document
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends

from personalize_perms.model import ownership
from strict import identity
from strict.identity_center import CENTER
from strict.world import ACCOUNT, keys

Kept = list[tuple[Any, dict[str, Any]]]


def keep() -> Kept:
    """Return all that is in the account."""
    return [(backend, _copy(backend, vars(backend))) for backend in _backends()]


def put_back(kept: Kept) -> None:
    """Let the account be as it was when it was kept."""
    for backend, content in kept:
        vars(backend).clear()
        vars(backend).update(_copy(backend, content))


def _copy(backend: Any, content: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in content.items() if name != "_lock"}
    return copy.deepcopy(kept, {id(backend): backend}) | {name: content[name] for name in content.keys() - kept.keys()}


def _backends() -> Iterator[Any]:
    for kind in (iam_backends, kms_backends, s3_backends):
        yield from kind[ACCOUNT].values()
    yield CENTER


def meaning() -> Document:
    """Return what is in the account, documents by what they mean, without what differs from run to run.

    It looks behind the wire, because a walk looks hundreds of times.
    """
    iam = iam_backends[ACCOUNT]["aws"]
    holders = {kind: getattr(iam, kind).values() for kind in ("users", "groups", "roles")}
    return {
        "policies": {
            policy.name: {
                "texts": [identity(v.document) for v in policy.versions if v.is_default],
                "versions": len(policy.versions),
                "holders": [f"{kind}/{h.name}" for kind, all_ in holders.items() for h in all_ if _has(h, policy.arn)],
                "tags": _tags(policy.tags),
            }
            for policy in iam.managed_policies.values()
            if ACCOUNT in policy.arn
        },
        "roles": {
            role.name: {
                "trust": identity(unquote(role.assume_role_policy_document)),
                "tags": _tags(role.tags),
                "rest": (role.path, role.description, role.permissions_boundary, sorted(role.policies)),
            }
            for role in iam.roles.values()
        },
        "buckets": {
            bucket.name: identity(bucket.policy and bucket.policy.decode())
            for bucket in s3_backends[ACCOUNT]["aws"].buckets.values()
        },
        "keys": {
            key.id: {
                "policy": identity(key.policy),
                "grants": sorted((g.name, g.grantee_principal, sorted(g.operations)) for g in key.grants.values()),
            }
            for key in keys()
        },
        "identity center": CENTER.meaning(),
    }


def _has(holder: Any, policy_arn: str) -> bool:
    return policy_arn in holder.managed_policies


def _tags(tags: Any) -> list[tuple[str, str]]:
    listed = tags.values() if isinstance(tags, dict) else tags
    return sorted((tag["Key"], tag["Value"]) for tag in listed if tag["Key"] != ownership.TAG_RUN)
