"""What is handed over: every wanted resource with the document that its new owner would hold. Pure.

CloudFormation and Terraform own a bucket's or key's policy as a whole, and a trust policy too. So the statements of
others must be in what they are given; where those are not known, the part is left out and named.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeVar, assert_never

from personalize_perms import documents
from personalize_perms.documents import DocumentKind
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
    PolicyAttachment,
    PrincipalKind,
    Resource,
    Role,
    TrustPolicyStatements,
)

R = TypeVar("R")
_UNKNOWN: Final = "it holds statements of others, and the account was not read"
_UNWANTED: Final = "--without-resource-policies"

Shared = TrustPolicyStatements | BucketPolicyStatements | KeyPolicyStatements
"""Kinds whose document belongs to others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One resource, and the whole document that it has afterwards, statements of others included."""

    resource: Resource
    document: Mapping[str, Json] | None = None
    """None where the resource has no document, or where what others have in it is not known."""
    foreign: int = 0
    """How many of the document's statements are of others."""
    exists: bool = False
    grant_id: str = ""
    """The id of a grant that exists."""
    unknown: str = ""
    """Why it is not known what others have in the document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A resource that an export does not hold, why, and what to do about it."""

    resource: Resource
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One set-up as it is handed over."""

    desired: Desired
    parts: tuple[Part, ...]
    left_out: tuple[LeftOut, ...] = ()
    seen: bool = False
    """Whether the account was read."""

    def of_kind(self, kind: type[R]) -> Iterator[R]:
        """Yield the resources of this kind."""
        return (part.resource for part in self.parts if isinstance(part.resource, kind))

    @property
    def portable(self) -> bool:
        """Whether it fits other accounts too, because no document of others is in it."""
        return not any(part.foreign or isinstance(part.resource, Shared) for part in self.parts)

    def without(self, left_out: Iterable[LeftOut]) -> "Parcel":
        """Return the parcel less what a format cannot hold."""
        more = tuple(left_out)
        gone = [one.resource for one in more]
        parts = tuple(part for part in self.parts if part.resource not in gone)
        return replace(self, parts=parts, left_out=(*self.left_out, *more))


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """The files of an export, the main one first, and what they do not hold."""

    files: Mapping[str, str]
    left_out: tuple[LeftOut, ...] = ()


def title(resource: Resource) -> str:  # noqa: PLR0911 - one line a kind: a table
    """Return the kind and name of a resource, as plans show them."""
    match resource:
        case ManagedPolicy(arn=arn):
            return f"managed-policy {arn}"
        case Role(arn=arn):
            return f"role {arn}"
        case TrustPolicyStatements(role_arn=arn):
            return f"trust-policy {arn}"
        case PolicyAttachment(policy_arn=arn, principal_kind=kind, principal_name=name):
            return f"attachment {arn} -> {kind}/{name}"
        case BucketPolicyStatements(bucket=bucket):
            return f"bucket-policy {bucket}"
        case KeyPolicyStatements(key_arn=arn):
            return f"key-policy {arn}"
        case KeyGrant(key_arn=arn, name=name):
            return f"grant {arn} {name}"
        case _:
            assert_never(resource)


def unseen(desired: Desired, *, resource_policies: bool = True) -> Parcel:
    """Return what can be handed over without knowing the account: documents that are ours as a whole."""
    parts = tuple(_unseen(resource) for resource in desired.resources)
    return _leaving(Parcel(desired=desired, parts=parts), resource_policies=resource_policies)


def _unseen(resource: Resource) -> Part:
    match resource:
        case ManagedPolicy() | Role():
            return Part(resource=resource, document=documents.new_document(resource.statements))
        case (
            TrustPolicyStatements() | BucketPolicyStatements() | KeyPolicyStatements() | PolicyAttachment() | KeyGrant()
        ):
            return Part(resource=resource)
        case _:
            assert_never(resource)


def seen(desired: Desired, plan: Plan, live: Live, *, resource_policies: bool = True) -> Parcel:
    """Return what can be handed over of an account that was read: every document as the plan would store it."""
    account = _Seen(desired, plan, live)
    parts = tuple(account.part(resource) for resource in desired.resources)
    return _leaving(Parcel(desired=desired, parts=parts, seen=True), resource_policies=resource_policies)


def _leaving(parcel: Parcel, *, resource_policies: bool) -> Parcel:
    if resource_policies:
        return parcel
    kinds = (TrustPolicyStatements, BucketPolicyStatements, KeyPolicyStatements, KeyGrant)
    return parcel.without(leave(parcel, dict.fromkeys(kinds, _UNWANTED)))


def leave(parcel: Parcel, why: Mapping[type, str]) -> Iterator[LeftOut]:
    """Yield as left out every resource of the kinds in `why`."""
    for part in parcel.parts:
        if type(part.resource) in why:
            yield LeftOut(resource=part.resource, why=why[type(part.resource)])


def without_unknown(parcel: Parcel) -> Parcel:
    """Return the parcel for an engine that owns whole documents: less those of which only our part is known."""
    unknown = [part for part in parcel.parts if isinstance(part.resource, Shared) and part.document is None]
    return parcel.without(LeftOut(resource=part.resource, why=part.unknown or _UNKNOWN) for part in unknown)


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
        tags = dict(there.tags) if there else dict(wanted.tags)
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
            wanted = replace(wanted, boundary_arn=boundary, tags={**there.tags, **wanted.tags})
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
