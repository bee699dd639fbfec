"""What a plan was made from, each fact by the name that people know it by, with a digest. Pure.

A plan that is applied later is right only for the account that it was made for. So everything that was read is
remembered with it; documents by what they mean, so that AWS's own reordering is no change, and of grants those of the
set-up: services come and go with theirs all day.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Final, TypeAlias, TypeVar

from personalize_perms import documents
from personalize_perms.model import ownership
from personalize_perms.model.identity import LivePermissionSet
from personalize_perms.model.live import (
    Absent,
    Live,
    LiveBucket,
    LiveGrant,
    LiveIdentityCenter,
    LiveKey,
    LivePolicy,
    LiveRole,
    Present,
    Read,
    RoleContents,
    Unreadable,
)

T = TypeVar("T")
ABSENT: Final = "absent"
DENIED: Final = "not allowed"
_Facts: TypeAlias = Iterator[tuple[str, str]]


def facts(live: Live, name: str) -> dict[str, str]:
    """Return what the set-up `name` was planned from: a digest of each fact, or that it is absent or unreadable."""
    found = dict(_facts(live, name))
    return {fact: found[fact] for fact in sorted(found)}


def _facts(live: Live, name: str) -> _Facts:  # noqa: C901 - one line per kind of thing: a table
    partition = live.caller.place.partition
    for arn, policy in live.policies.items():
        yield from _policy(arn, policy, partition)
    for role_name, role in live.roles.items():
        yield from _role(role_name, role, partition)
    for role_name, contents in live.contents.items():
        yield f"what hangs on the role {role_name}", _state(contents, _contents)
    for bucket in live.buckets.values():
        yield from _bucket(bucket, partition)
    for reference, key in live.keys.items():
        yield from _key(reference, key, partition, ownership.sid_prefix(name))
    for principal, count in live.attached_counts.items():
        yield f"the number of policies of {principal}", _state(count, _digest)
    for arn, other in live.others.items():
        yield arn, _state(other, _digest)
    for wanted, clash in live.name_clashes.items():
        yield f"the name of {wanted}", _digest(clash)
    for kind, unlisted in live.unlisted.items():
        yield f"the list of every {kind}", _state(unlisted, _digest)
    for region, center in live.identity_centers.items():
        yield from _identity_center(region, center)
    quotas = _digest([live.trust_quota, live.attachment_quotas])
    yield "the quotas of the account", _state(live.unread_quotas or Present(quotas), str)


def _policy(arn: str, read: Read[LivePolicy], partition: str) -> _Facts:
    yield f"managed-policy {arn}", _state(read, lambda found: documents.digest(found.document_json, partition))
    if isinstance(read, Present):
        found = read.value
        holders = [found.users, found.groups, found.roles]
        spare = [found.spare_jsons.get(version, "") for version in found.spare_versions]
        yield f"tags of {arn}", _digest(found.tags)
        yield f"attachments of {arn}", _digest([found.boundary_of, *map(sorted, holders)])
        versions = _digest(
            [found.version_id, found.spare_versions, [documents.digest(text, partition) for text in spare]]
        )
        yield f"versions of {arn}", _state(found.unread_versions or Present(versions), str)


def _role(name: str, read: Read[LiveRole], partition: str) -> _Facts:
    yield f"trust-policy {name}", _state(read, lambda found: documents.digest(found.trust_json, partition))
    if isinstance(read, Present):
        found = read.value
        yield f"tags of the role {name}", _digest(found.tags)
        yield f"role {name}", _digest([found.arn, found.role_id, found.description, found.boundary_arn])


def _contents(found: RoleContents) -> str:
    return _digest([sorted(names) for names in asdict(found).values()])


def _bucket(bucket: LiveBucket, partition: str) -> _Facts:
    yield f"bucket-policy {bucket.name}", _state(bucket.policy_json, lambda text: documents.digest(text, partition))
    yield f"Region of the bucket {bucket.name}", _state(bucket.region, _digest)
    yield f"encryption of the bucket {bucket.name}", _state(bucket.encryption_key, _digest)


def _key(reference: str, key: LiveKey, partition: str, prefix: str) -> _Facts:
    def own_grants(grants: tuple[LiveGrant, ...]) -> str:
        return _digest(sorted(_grant(grant) for grant in grants if grant.name.startswith(prefix)))

    yield f"key {reference}", _state(key.facts, lambda found: _digest(asdict(found)))
    if not (isinstance(key.facts, Present) and key.facts.value.arn != reference):  # an alias has no policy of its own
        yield f"key-policy {reference}", _state(key.policy_json, lambda text: documents.digest(text, partition))
        yield f"grants on {reference}", _state(key.grants, own_grants)


def _identity_center(region: str, center: LiveIdentityCenter) -> _Facts:
    yield f"Identity Center in {region}", _state(center.instance, lambda found: _digest(asdict(found)))
    for principal, found in center.principals.items():
        yield f"{principal} of Identity Center", _state(found, _digest)
    for name, one in center.sets.items():
        yield f"permission-set {region}/{name}", _state(one, _permission_set)


def _permission_set(found: LivePermissionSet) -> str:
    parts = [found.arn, found.description, found.others, found.tags]
    sets = (found.references, found.assignments, found.accounts, found.outdated)
    return _digest([*parts, *(sorted(map(repr, one)) for one in sets)])


def _grant(grant: LiveGrant) -> list[str]:
    constraints = map(repr, (*sorted(grant.context_equals.items()), *sorted(grant.context_subset.items())))
    return [grant.grant_id, grant.name, grant.grantee, *sorted(grant.operations), *constraints]


def _state(read: Read[T], digest: Callable[[T], str]) -> str:
    match read:
        case Present(value):
            return digest(value)
        case Absent():
            return ABSENT
        case Unreadable(action=action):
            # Not AWS's words: they name the session, which is another one in the next run.
            return f"{DENIED}: {action}"


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=dict).encode()).hexdigest()
