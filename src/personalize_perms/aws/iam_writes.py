"""The writes of IAM: each sends one operation of the plan exactly as it was shown, and once."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from personalize_perms.aws.errors import translated
from personalize_perms.aws.session import AwsSession
from personalize_perms.model.operations import (
    Attach,
    CreatePolicy,
    CreateRole,
    DeletePolicy,
    DeletePolicyVersion,
    DeleteRole,
    DescribeRole,
    Detach,
    SetBoundary,
    TagPolicy,
    TagRole,
    UpdatePolicy,
    UpdateTrust,
)
from personalize_perms.model.resources import PrincipalKind

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_iam.type_defs import TagTypeDef


class IamWrites:
    """Writes of IAM. Every method raises `AwsError`; one of unknown outcome must be settled by reading."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    @property
    def _writes(self) -> "IAMClient":
        return cast("IAMClient", self._session.writer("iam"))

    def write_create_policy(self, op: CreatePolicy) -> str:
        """Create a managed policy; return the id of its first version."""
        with translated("iam:CreatePolicy", op.arn):
            answer = self._writes.create_policy(
                PolicyName=op.name,
                Path=op.path,
                Description=op.description,
                PolicyDocument=op.document_json,
                Tags=_tag_list(op.tags),
            )
            return answer["Policy"]["DefaultVersionId"]

    def write_update_policy(self, op: UpdatePolicy) -> str:
        """Add a version and make it the default; return its id."""
        with translated("iam:CreatePolicyVersion", op.arn):
            answer = self._writes.create_policy_version(
                PolicyArn=op.arn, PolicyDocument=op.document_json, SetAsDefault=True
            )
            return answer["PolicyVersion"]["VersionId"]

    def write_delete_policy_version(self, op: DeletePolicyVersion) -> None:
        """Delete a version that is not the default."""
        with translated("iam:DeletePolicyVersion", op.arn):
            self._writes.delete_policy_version(PolicyArn=op.arn, VersionId=op.version_id)

    def write_delete_policy(self, op: DeletePolicy) -> None:
        """Delete a managed policy that nothing uses and that has one version."""
        with translated("iam:DeletePolicy", op.arn):
            self._writes.delete_policy(PolicyArn=op.arn)

    def write_tag_policy(self, op: TagPolicy) -> None:
        """Set tags of a managed policy, then remove others: what is new is there before what is old goes."""
        if op.add:
            with translated("iam:TagPolicy", op.arn):
                self._writes.tag_policy(PolicyArn=op.arn, Tags=_tag_list(op.add))
        if op.remove:
            with translated("iam:UntagPolicy", op.arn):
                self._writes.untag_policy(PolicyArn=op.arn, TagKeys=list(op.remove))

    def write_create_role(self, op: CreateRole) -> None:
        """Create a role with its trust policy, its boundary and its tags in one call."""
        with translated("iam:CreateRole", op.arn):
            if op.boundary_arn:
                self._writes.create_role(
                    RoleName=op.name,
                    Path=op.path,
                    Description=op.description,
                    AssumeRolePolicyDocument=op.document_json,
                    Tags=_tag_list(op.tags),
                    PermissionsBoundary=op.boundary_arn,
                )
            else:
                self._writes.create_role(
                    RoleName=op.name,
                    Path=op.path,
                    Description=op.description,
                    AssumeRolePolicyDocument=op.document_json,
                    Tags=_tag_list(op.tags),
                )

    def write_update_trust(self, op: UpdateTrust) -> None:
        """Replace the trust policy of a role."""
        with translated("iam:UpdateAssumeRolePolicy", f"role/{op.role_name}"):
            self._writes.update_assume_role_policy(RoleName=op.role_name, PolicyDocument=op.document_json)

    def write_describe_role(self, op: DescribeRole) -> None:
        """Replace the description of a role and nothing else (UpdateRole would also set the session duration)."""
        with translated("iam:UpdateRoleDescription", f"role/{op.role_name}"):
            self._writes.update_role_description(RoleName=op.role_name, Description=op.description)

    def write_set_boundary(self, op: SetBoundary) -> None:
        """Set the permissions boundary of a role."""
        with translated("iam:PutRolePermissionsBoundary", f"role/{op.role_name}"):
            self._writes.put_role_permissions_boundary(RoleName=op.role_name, PermissionsBoundary=op.boundary_arn)

    def write_tag_role(self, op: TagRole) -> None:
        """Set tags of a role, then remove others."""
        if op.add:
            with translated("iam:TagRole", f"role/{op.role_name}"):
                self._writes.tag_role(RoleName=op.role_name, Tags=_tag_list(op.add))
        if op.remove:
            with translated("iam:UntagRole", f"role/{op.role_name}"):
                self._writes.untag_role(RoleName=op.role_name, TagKeys=list(op.remove))

    def write_delete_role(self, op: DeleteRole) -> None:
        """Delete a role that nothing hangs on."""
        with translated("iam:DeleteRole", f"role/{op.role_name}"):
            self._writes.delete_role(RoleName=op.role_name)

    def write_attach(self, op: Attach) -> None:
        """Attach a managed policy to a user, group or role."""
        iam, arn, name = self._writes, op.policy_arn, op.principal_name
        with translated(f"iam:Attach{op.principal_kind.title()}Policy", f"{op.principal_kind}/{name}"):
            match op.principal_kind:
                case PrincipalKind.USER:
                    iam.attach_user_policy(UserName=name, PolicyArn=arn)
                case PrincipalKind.GROUP:
                    iam.attach_group_policy(GroupName=name, PolicyArn=arn)
                case PrincipalKind.ROLE:
                    iam.attach_role_policy(RoleName=name, PolicyArn=arn)

    def write_detach(self, op: Detach) -> None:
        """Detach a managed policy from a user, group or role."""
        iam, arn, name = self._writes, op.policy_arn, op.principal_name
        with translated(f"iam:Detach{op.principal_kind.title()}Policy", f"{op.principal_kind}/{name}"):
            match op.principal_kind:
                case PrincipalKind.USER:
                    iam.detach_user_policy(UserName=name, PolicyArn=arn)
                case PrincipalKind.GROUP:
                    iam.detach_group_policy(GroupName=name, PolicyArn=arn)
                case PrincipalKind.ROLE:
                    iam.detach_role_policy(RoleName=name, PolicyArn=arn)


def _tag_list(tags: Mapping[str, str]) -> "list[TagTypeDef]":
    return [{"Key": key, "Value": value} for key, value in tags.items()]
