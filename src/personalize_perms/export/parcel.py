"""What is handed over: every wanted resource with the document that its new owner would hold. Pure.

CloudFormation and Terraform own a bucket's or key's policy as a whole, and a trust policy too. So the statements of
others must be in what they are given; where those are not known, the part is left out and named.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final, TypeVar, assert_never

from personalize_perms import documents
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
    Resource,
    Role,
    TrustPolicyStatements,
)
from personalize_perms.model.values import dataclass

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
    everywhere: bool = False
    """Whether one text is for many accounts: nobody chooses parameters there, and buckets and keys are the same."""

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
        case PermissionSet(region=region, name=name):
            return f"permission-set {region}/{name}"
        case PermissionSetAssignment():
            principal = f"{resource.principal_kind}/{resource.principal_name}"
            return (
                f"assignment {resource.region}/{resource.permission_set} -> {principal} in account {resource.account}"
            )
        case _:
            assert_never(resource)


def unseen(desired: Desired, *, resource_policies: bool = True) -> Parcel:
    """Return what can be handed over without knowing the account: documents that are ours as a whole."""
    parts = tuple(_unseen(resource) for resource in desired.resources)
    return leaving(Parcel(desired=desired, parts=parts), resource_policies=resource_policies)


def _unseen(resource: Resource) -> Part:
    match resource:
        case ManagedPolicy() | Role():
            return Part(resource=resource, document=documents.new_document(resource.statements))
        case (
            TrustPolicyStatements() | BucketPolicyStatements() | KeyPolicyStatements() | PolicyAttachment() | KeyGrant()
        ):
            return Part(resource=resource)
        case PermissionSet() | PermissionSetAssignment():
            return Part(resource=resource)
        case _:
            assert_never(resource)


def leaving(parcel: Parcel, *, resource_policies: bool) -> Parcel:
    """Return the parcel without what belongs to others, unless that is wanted."""
    if resource_policies:
        return parcel
    kinds = (TrustPolicyStatements, BucketPolicyStatements, KeyPolicyStatements, KeyGrant)
    return parcel.without(leave(parcel, dict.fromkeys(kinds, _UNWANTED)))


_IDENTITY_CENTER: Final = (
    "Identity Center serves the whole organisation, from one account and one Region, and its users and groups have ids "
    "that only its directory tells"
)


def without_identity_center(parcel: Parcel) -> Parcel:
    """Return the parcel less what is no part of an account: permission sets and their assignments."""
    return parcel.without(leave(parcel, dict.fromkeys((PermissionSet, PermissionSetAssignment), _IDENTITY_CENTER)))


def leave(parcel: Parcel, why: Mapping[type, str]) -> Iterator[LeftOut]:
    """Yield as left out every resource of the kinds in `why`."""
    for part in parcel.parts:
        if type(part.resource) in why:
            yield LeftOut(resource=part.resource, why=why[type(part.resource)])


def without_unknown(parcel: Parcel) -> Parcel:
    """Return the parcel for an engine that owns whole documents: less those of which only our part is known."""
    unknown = [part for part in parcel.parts if isinstance(part.resource, Shared) and part.document is None]
    return parcel.without(LeftOut(resource=part.resource, why=part.unknown or _UNKNOWN) for part in unknown)
