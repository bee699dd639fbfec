"""What will be changed: every write is one `Change` in the plan that is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from personalize_perms.model.findings import Finding
from personalize_perms.model.live import Caller
from personalize_perms.model.resources import Json, PrincipalKind


class Action(StrEnum):
    """What happens to a resource."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    KEEP = "keep"
    BLOCKED = "blocked"


class Status(StrEnum):
    """What became of a change."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePolicy:
    """iam:CreatePolicy."""

    arn: str
    name: str
    path: str
    description: str
    document_json: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatePolicy:
    """iam:CreatePolicyVersion, set as default."""

    arn: str
    before_json: str
    document_json: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletePolicyVersion:
    """iam:DeletePolicyVersion of a version that is not the default."""

    arn: str
    version_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletePolicy:
    """iam:DeletePolicy."""

    arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TagPolicy:
    """iam:TagPolicy, then iam:UntagPolicy for `remove`."""

    arn: str
    add: Mapping[str, str]
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRole:
    """iam:CreateRole with its trust policy and boundary."""

    name: str
    arn: str
    path: str
    description: str
    boundary_arn: str
    document_json: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateTrust:
    """iam:UpdateAssumeRolePolicy."""

    role_name: str
    before_json: str
    document_json: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeRole:
    """iam:UpdateRoleDescription."""

    role_name: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBoundary:
    """iam:PutRolePermissionsBoundary; a boundary is never removed."""

    role_name: str
    boundary_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TagRole:
    """iam:TagRole."""

    role_name: str
    add: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteRole:
    """iam:DeleteRole."""

    role_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attach:
    """iam:AttachUserPolicy, AttachGroupPolicy or AttachRolePolicy."""

    policy_arn: str
    principal_kind: PrincipalKind
    principal_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Detach:
    """iam:DetachUserPolicy, DetachGroupPolicy or DetachRolePolicy."""

    policy_arn: str
    principal_kind: PrincipalKind
    principal_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBucketPolicy:
    """s3:PutBucketPolicy, or s3:DeleteBucketPolicy where `document_json` is None. `before_json` None: no policy."""

    bucket: str
    before_json: str | None
    document_json: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PutKeyPolicy:
    """kms:PutKeyPolicy."""

    key_arn: str
    before_json: str
    document_json: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateGrant:
    """kms:CreateGrant with a fixed name."""

    key_arn: str
    name: str
    grantee_arn: str
    operations: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeGrant:
    """kms:RevokeGrant."""

    key_arn: str
    grant_id: str


Operation: TypeAlias = (
    CreatePolicy
    | UpdatePolicy
    | DeletePolicyVersion
    | DeletePolicy
    | TagPolicy
    | CreateRole
    | UpdateTrust
    | DescribeRole
    | SetBoundary
    | TagRole
    | DeleteRole
    | Attach
    | Detach
    | PutBucketPolicy
    | PutKeyPolicy
    | CreateGrant
    | RevokeGrant
)


class Wave(StrEnum):
    """When a change is made; the changes of one wave run side by side, the waves one after the other.

    Buckets that are dropped go first, while our role policies still say where they are. Consumers come after
    providers. What is taken back elsewhere goes last, so that nobody is without access in between, and only then
    does the ledger forget it.
    """

    WITHDRAW = "1-withdraw"
    PROVIDE = "2-provide"
    GRANT = "3-grant"
    CLEAR = "4-clear"
    DELETE = "5-delete"
    FORGET = "6-forget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of the plan. `operation` is None for `keep` and `blocked`."""

    action: Action
    kind: str
    resource: str
    reason: str
    operation: Operation | None = None
    wave: Wave = Wave.GRANT
    details: tuple[str, ...] = ()
    """Statement-level differences, one line each, beginning with '+', '~', '-' or '='."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """A whole document as it will be stored: its text is what is sent and what the dry run prints."""

    kind: str
    name: str
    text: str
    document: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why nothing at all may be written."""

    code: str
    message: str
    reason: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All changes for one set-up in one account, made from one reading of it."""

    name: str
    caller: Caller
    role_arn: str
    changes: tuple[Change, ...]
    documents: tuple[StoredDocument, ...]
    findings: tuple[Finding, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    @property
    def writes(self) -> tuple[Change, ...]:
        """The changes that write."""
        return tuple(change for change in self.changes if change.operation is not None)

    @property
    def blocked(self) -> tuple[Change, ...]:
        """The changes that must not be made."""
        return tuple(change for change in self.changes if change.action is Action.BLOCKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one change, known by reading back."""

    change: Change
    status: Status
    message: str = ""
    hint: str = ""
