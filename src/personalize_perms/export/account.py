"""What is handed over of an account that was read: every document as the plan would store it. Pure.

What is there is kept: tags, a permissions boundary, statements of others, and the memory of what was granted before.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from personalize_perms import documents
from personalize_perms.documents import DocumentKind
from personalize_perms.export.parcel import Parcel, Part, leaving, title
from personalize_perms.model import ownership
from personalize_perms.model.changes import Plan, Wave
from personalize_perms.model.live import Live, LivePolicy, LiveRole, Present
from personalize_perms.model.operations import CreatePolicy, TagPolicy
from personalize_perms.model.resources import (
    BucketPolicyStatements,
    Desired,
    Json,
    KeyGrant,
    KeyPolicyStatements,
    ManagedPolicy,
    PermissionSet,
    PermissionSetAssignment,
    PolicyAttachment,
    PrincipalKind,
    Resource,
    Role,
    TrustPolicyStatements,
)


def seen(desired: Desired, plan: Plan, live: Live, *, resource_policies: bool = True) -> Parcel:
    """Return what can be handed over of an account that was read: every document as the plan would store it."""
    account = _Seen(desired, plan, live)
    parts = tuple(account.part(resource) for resource in desired.resources)
    return leaving(Parcel(desired=desired, parts=parts, seen=True), resource_policies=resource_policies)


def _settable(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags that others than AWS can set; a stack that has made a role puts AWS's own on it."""
    return {key: value for key, value in tags.items() if not key.startswith("aws:")}


class _Seen:
    """One account that was read, and what the plan makes of it."""

    def __init__(self, desired: Desired, plan: Plan, live: Live) -> None:
        self._desired = desired
        self._live = live
        self._stored = {(stored.kind, stored.name): stored.document for stored in plan.documents}
        self._blocked = {change.resource: change.reason for change in plan.blocked}
        # What was granted before is not taken back by other engines, so it must not be forgotten either.
        self._operations = [change.operation for change in plan.changes if change.wave is not Wave.FORGET]

    def part(self, resource: Resource) -> Part:  # noqa: PLR0911 - one line a kind: a table
        """Return a resource with what is there of it kept: tags, boundary and statements of others."""
        match resource:
            case ManagedPolicy():
                return self._policy(resource)
            case Role():
                return self._role(resource)
            case TrustPolicyStatements(role_name=name):
                return self._shared(resource, DocumentKind.TRUST_POLICY, name, exists=True)
            case BucketPolicyStatements(bucket=name):
                there = isinstance(self._live.buckets[name].policy_json, Present)
                return self._shared(resource, DocumentKind.BUCKET_POLICY, name, exists=there)
            case KeyPolicyStatements(key_arn=name):
                return self._shared(resource, DocumentKind.KEY_POLICY, name, exists=True)
            case PolicyAttachment():
                return Part(resource=resource, exists=self._is_attached(resource))
            case KeyGrant():
                found = self._grant_id(resource)
                return Part(resource=resource, exists=bool(found), grant_id=found)
            case PermissionSet() | PermissionSetAssignment():
                return Part(resource=resource)
            case _:
                assert_never(resource)

    def _shared(self, resource: Resource, kind: DocumentKind, name: str, *, exists: bool) -> Part:
        document = self._stored.get((kind, name))
        why = "" if document else self._blocked.get(title(resource).partition(" ")[2], "what it holds is not known")
        return Part(resource=resource, document=document, foreign=self._foreign(document), exists=exists, unknown=why)

    def _foreign(self, document: Mapping[str, Json] | None) -> int:
        found = documents.statements(document) if document else []
        return sum(not ownership.is_own_sid(one.get("Sid"), self._desired.name) for one in found)

    def _policy(self, wanted: ManagedPolicy) -> Part:
        found = self._live.policies.get(wanted.arn)
        there = found.value if isinstance(found, Present) else None
        tagged = replace(wanted, tags=self._tags(wanted, there))
        return self._shared(tagged, DocumentKind.MANAGED_POLICY, wanted.name, exists=there is not None)

    def _tags(self, wanted: ManagedPolicy, there: LivePolicy | None) -> dict[str, str]:
        """Return the tags as the plan leaves them: others keep theirs, and the ledger forgets nothing."""
        tags = _settable(there.tags) if there else dict(wanted.tags)
        for operation in self._operations:
            match operation:
                case CreatePolicy(arn=wanted.arn):
                    tags = dict(operation.tags)
                case TagPolicy(arn=wanted.arn):
                    tags |= operation.add
        return tags

    def _role(self, wanted: Role) -> Part:
        found = self._live.roles.get(wanted.name)
        there: LiveRole | None = found.value if isinstance(found, Present) else None
        if there:
            # A boundary that others have put on it is not taken off by leaving it out of the settings.
            boundary = wanted.boundary_arn or there.boundary_arn
            wanted = replace(wanted, boundary_arn=boundary, tags={**_settable(there.tags), **wanted.tags})
        return self._shared(wanted, DocumentKind.TRUST_POLICY, wanted.name, exists=there is not None)

    def _is_attached(self, wanted: PolicyAttachment) -> bool:
        found = self._live.policies.get(wanted.policy_arn)
        if not isinstance(found, Present):
            return False
        holders = {
            PrincipalKind.USER: found.value.users,
            PrincipalKind.GROUP: found.value.groups,
            PrincipalKind.ROLE: found.value.roles,
        }
        return wanted.principal_name in holders[wanted.principal_kind]

    def _grant_id(self, wanted: KeyGrant) -> str:
        grants = self._live.keys[wanted.key_arn].grants
        same = (
            grant.grant_id
            for grant in (grants.value if isinstance(grants, Present) else ())
            if (grant.name, grant.grantee, set(grant.operations))
            == (wanted.name, wanted.grantee_arn, set(wanted.operations))
        )
        return next(same, "")
