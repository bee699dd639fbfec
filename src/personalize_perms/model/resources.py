"""What must exist: the closed set of resource kinds, and `Desired`.

The three "Statements" kinds say which statements are ours inside somebody else's document; nothing in this program
owns a whole bucket policy, key policy, or the trust policy of an adopted role.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias

from personalize_perms.model.findings import Finding
from personalize_perms.model.settings import Place, Settings
from personalize_perms.model.values import dataclass

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
Statement: TypeAlias = Mapping[str, Json]


class PrincipalKind(StrEnum):
    """Who a managed policy can be attached to."""

    USER = "user"
    GROUP = "group"
    ROLE = "role"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedPolicy:
    """A customer managed policy that is ours as a whole."""

    name: str
    arn: str
    description: str
    statements: tuple[Statement, ...]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role that we make; its trust policy may still hold statements of others, which stay."""

    name: str
    arn: str
    path: str
    description: str
    boundary_arn: str
    statements: tuple[Statement, ...]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustPolicyStatements:
    """Our statements in the trust policy of an adopted role.

    `tighten` asks to put `condition` on foreign statements that let `service` in without source conditions.
    """

    role_name: str
    role_arn: str
    statements: tuple[Statement, ...]
    tighten: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyAttachment:
    """A managed policy attached to a user, group or role."""

    policy_arn: str
    principal_kind: PrincipalKind
    principal_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketPolicyStatements:
    """Our statements in a bucket policy."""

    bucket: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPolicyStatements:
    """Our statements in a key policy."""

    key_arn: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyGrant:
    """A KMS grant for a role; its fixed name makes a repeated call the same grant."""

    key_arn: str
    name: str
    grantee_arn: str
    operations: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionSet:
    """A permission set of IAM Identity Center that refers to a customer managed policy by name and path.

    `region` is where Identity Center is, which may be another one than the set-up's.
    """

    region: str
    name: str
    description: str
    policy_name: str
    policy_path: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionSetAssignment:
    """A permission set given to a user or group of the Identity Center directory in one account."""

    region: str
    permission_set: str
    principal_kind: PrincipalKind
    principal_name: str
    account: str


Resource: TypeAlias = (
    ManagedPolicy
    | Role
    | TrustPolicyStatements
    | PolicyAttachment
    | BucketPolicyStatements
    | KeyPolicyStatements
    | KeyGrant
    | PermissionSet
    | PermissionSetAssignment
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnersHalf:
    """What only another account can do: let this set-up to its buckets and keys. Nothing here is ever done by us."""

    owner: str
    """The account, or nothing: AWS says that a bucket is not ours, but not whose it is."""
    settings: Settings
    """The settings with which the owner runs this program."""
    resources: tuple[BucketPolicyStatements | KeyPolicyStatements | KeyGrant, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """Everything that one set-up wants in one account, and what the person should know about it."""

    name: str
    place: Place
    service_role_name: str
    service_role_arn: str
    resources: tuple[Resource, ...]
    findings: tuple[Finding, ...] = ()
    remembered: frozenset[str] = frozenset()
    """Ledger entries known from elsewhere than the account: from the settings and the journal, where all is undone."""
    halves: tuple[OwnersHalf, ...] = ()
    """What other accounts have to do beside it."""
    serves: bool = False
    """Whether it lets other accounts to what is this account's, and makes nothing else."""
