"""The writes that a plan can hold, each with everything that its one call needs."""

from collections.abc import Mapping
from dataclasses import field
from typing import TypeAlias

from personalize_perms.model.identity import Assignment, PolicyReference, SetPlace
from personalize_perms.model.resources import PrincipalKind
from personalize_perms.model.values import dataclass


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
    run_id: str = ""
    """The run that must have made it; empty: whoever did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagPolicy:
    """iam:TagPolicy, then iam:UntagPolicy for `remove`."""

    arn: str
    add: Mapping[str, str]
    remove: tuple[str, ...] = ()
    before: Mapping[str, str] = field(default_factory=dict)
    """All tags that were there, so that it can be taken back."""


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
    before: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBoundary:
    """iam:PutRolePermissionsBoundary; a boundary is never removed."""

    role_name: str
    boundary_arn: str
    before_arn: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagRole:
    """iam:TagRole, then iam:UntagRole for `remove`."""

    role_name: str
    add: Mapping[str, str]
    before: Mapping[str, str] = field(default_factory=dict)
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteRole:
    """iam:DeleteRole."""

    role_name: str
    run_id: str = ""
    """The run that must have made it; empty: whoever did."""


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
    """kms:RevokeGrant, of the grant with this id, or of every grant that is like the one that was created."""

    key_arn: str
    grant_id: str
    created: CreateGrant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePermissionSet:
    """sso:CreatePermissionSet."""

    place: SetPlace
    description: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TagPermissionSet:
    """sso:TagResource, then sso:UntagResource for `remove`."""

    place: SetPlace
    add: Mapping[str, str]
    remove: tuple[str, ...] = ()
    before: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletePermissionSet:
    """sso:DeletePermissionSet."""

    place: SetPlace
    run_id: str = ""
    """The run that must have made it; empty: whoever did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddReference:
    """sso:AttachCustomerManagedPolicyReferenceToPermissionSet."""

    place: SetPlace
    policy: PolicyReference


@dataclass(frozen=True, slots=True, kw_only=True)
class DropReference:
    """sso:DetachCustomerManagedPolicyReferenceFromPermissionSet."""

    place: SetPlace
    policy: PolicyReference


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """sso:CreateAccountAssignment, which AWS completes on its own time. `policy_arn`: what must exist there first."""

    place: SetPlace
    assignment: Assignment
    policy_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unassign:
    """sso:DeleteAccountAssignment, which AWS completes on its own time. `policy_arn`: what `Assign` would need."""

    place: SetPlace
    assignment: Assignment
    policy_arn: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """sso:ProvisionPermissionSet in one account, which AWS completes on its own time."""

    place: SetPlace
    account: str
    policy_arn: str


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
    | CreatePermissionSet
    | TagPermissionSet
    | DeletePermissionSet
    | AddReference
    | DropReference
    | Assign
    | Unassign
    | Provision
)
