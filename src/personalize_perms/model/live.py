"""What is there. A read that was refused is a value of its own, never "absent"."""

from collections.abc import Mapping
from dataclasses import field
from typing import Generic, TypeAlias, TypeVar

from personalize_perms.model.caller import Caller
from personalize_perms.model.identity import Instance, LivePermissionSet
from personalize_perms.model.resources import PrincipalKind
from personalize_perms.model.values import dataclass

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Present(Generic[T]):
    """It is there."""

    value: T


@dataclass(frozen=True, slots=True)
class Absent:
    """AWS says that it is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """AWS does not let us look: whether it is there cannot be known."""

    action: str
    resource: str
    reason: str


Read: TypeAlias = Present[T] | Absent | Unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyHead:
    """What GetPolicy says about a managed policy."""

    arn: str
    tags: Mapping[str, str]
    version_id: str
    boundary_of: int
    """How many users and roles have it as their permissions boundary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyEntities:
    """Who a managed policy is attached to, by name."""

    users: tuple[str, ...]
    groups: tuple[str, ...]
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePolicy:
    """A customer managed policy with its default version's text and who it is attached to."""

    arn: str
    tags: Mapping[str, str]
    version_id: str
    document_json: str
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    boundary_of: int = 0
    spare_versions: tuple[str, ...] = ()
    """Ids of the other versions, oldest first; read only where the document must change or go."""
    spare_jsons: Mapping[str, str] = field(default_factory=dict)
    """The texts of those that would have to go, by id: all where the policy does, else the oldest if there are most."""
    unread_versions: "Unreadable | None" = None
    """Why the other versions, or their texts, which were asked for, are not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRole:
    """A role with its trust policy's text as AWS stores it."""

    name: str
    arn: str
    role_id: str
    path: str
    description: str
    boundary_arn: str
    tags: Mapping[str, str]
    trust_json: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleContents:
    """What hangs on a role: read before attaching to it or deleting it."""

    attached_policy_arns: tuple[str, ...]
    inline_policy_names: tuple[str, ...] = ()
    instance_profiles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveBucket:
    """A bucket's Region, policy text, and the key of its default encryption as S3 names it.

    `encryption_key` is Absent without SSE-KMS; the value "" means the AWS managed key.
    """

    name: str
    region: Read[str]
    policy_json: Read[str]
    encryption_key: Read[str]
    is_foreign: bool = False
    """Whether it is none of this account's buckets: only its owner can read or change its policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFacts:
    """What DescribeKey says about a key."""

    arn: str
    state: str
    manager: str
    usage: str = "ENCRYPT_DECRYPT"
    spec: str = "SYMMETRIC_DEFAULT"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveGrant:
    """A KMS grant."""

    grant_id: str
    name: str
    grantee: str
    operations: tuple[str, ...]
    context_equals: Mapping[str, str] = field(default_factory=dict)
    """The encryption context that a request must have; empty: any."""
    context_subset: Mapping[str, str] = field(default_factory=dict)
    """What the encryption context of a request must hold at least."""

    @property
    def is_constrained(self) -> bool:
        """Whether it is good for some encryption contexts only; this program makes no such grants."""
        return bool(self.context_equals or self.context_subset)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveKey:
    """A key's facts, policy text and grants (grants only where they matter)."""

    facts: Read[KeyFacts]
    policy_json: Read[str]
    grants: Read[tuple[LiveGrant, ...]] = Present(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """Something in Amazon Personalize, and the roles and keys that it names."""

    words: str
    arn: str
    status: str
    names: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveIdentityCenter:
    """What was read of Identity Center in one Region."""

    instance: Read[Instance]
    sets: Mapping[str, Read[LivePermissionSet]]
    """By name."""
    principals: Mapping[str, Read[str]]
    """The id of each user and group that was asked for, by `kind/name`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """All that was read for one plan. Keys: policy ARN, role name, bucket name, key ARN, `kind/name` of principals."""

    caller: Caller
    policies: Mapping[str, Read[LivePolicy]]
    roles: Mapping[str, Read[LiveRole]]
    contents: Mapping[str, Read[RoleContents]]
    buckets: Mapping[str, LiveBucket]
    keys: Mapping[str, LiveKey]
    attached_counts: Mapping[str, Read[int]]
    """How many managed policies a principal that we would attach to has already, by `kind/name`; Absent: no such."""
    others: Mapping[str, Read[str]]
    """Existence of what is only referred to: boundary policies, identity providers, trusted users, by ARN.
    The value is the ARN as AWS spells it."""
    name_clashes: Mapping[str, str]
    """`role/name` or `policy/name` that we would create -> the existing ARN whose name differs only in case."""
    unlisted: Mapping[str, Unreadable]
    """`role` or `policy` -> why existing names could not be listed, so that a clash in letter case stays unseen."""
    attachment_quotas: Mapping[PrincipalKind, int]
    """How many managed policies a user, group or role of this account can have."""
    trust_quota: int = 2048
    unread_quotas: Unreadable | None = None
    """Why the account's own quotas, which were asked for, are not known."""
    identity_centers: Mapping[str, LiveIdentityCenter] = field(default_factory=dict)
    """By Region."""
