"""The writes of IAM Identity Center: each sends one operation of the plan, and once."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, cast

from personalize_perms.aws.errors import AwsError, Fault, translated
from personalize_perms.aws.session import AwsSession
from personalize_perms.model.identity import SetPlace
from personalize_perms.model.operations import (
    AddReference,
    Assign,
    CreatePermissionSet,
    DeletePermissionSet,
    DropReference,
    Provision,
    TagPermissionSet,
    Unassign,
)

if TYPE_CHECKING:
    from mypy_boto3_sso_admin import SSOAdminClient
    from mypy_boto3_sso_admin.literals import PrincipalTypeType
    from mypy_boto3_sso_admin.type_defs import CreateAccountAssignmentRequestTypeDef, TagTypeDef

_CONFLICT: Final = "ConflictException"


class IdentityCenterWrites(ABC):
    """Writes. Every method raises `AwsError`; what AWS completes on its own time returns the id of the request."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session
        self._arns: dict[SetPlace, str] = {}

    def _reads(self, region: str) -> "SSOAdminClient":
        return cast("SSOAdminClient", self._session.reader("sso-admin", region))

    def _writes(self, place: SetPlace) -> "SSOAdminClient":
        return cast("SSOAdminClient", self._session.writer("sso-admin", place.region))

    @abstractmethod
    def _found(self, place: SetPlace) -> str | None:
        """Return the ARN of a permission set, None if there is none: reading is the other half's."""

    def _arn(self, place: SetPlace, action: str) -> str:
        found = self._found(place)
        if found is None:
            message = f"there is no permission set {place.name}"
            raise AwsError(Fault.ABSENT, code="NotFound", message=message, action=action, resource=str(place))
        return found

    def write_create_permission_set(self, op: CreatePermissionSet) -> None:
        """Create a permission set; a name that is taken is `Fault.EXISTS`."""
        place = op.place
        try:
            with translated("sso:CreatePermissionSet", str(place)):
                answer = self._writes(place).create_permission_set(
                    InstanceArn=place.instance_arn, Name=place.name, Description=op.description, Tags=_tags(op.tags)
                )
                self._arns[place] = answer["PermissionSet"]["PermissionSetArn"]
        except AwsError as error:
            if error.code == _CONFLICT:
                error.fault = Fault.EXISTS
            raise

    def write_tag_permission_set(self, op: TagPermissionSet) -> None:
        """Set tags of a permission set, then remove others."""
        place, arn = op.place, self._arn(op.place, "sso:TagResource")
        if op.add:
            with translated("sso:TagResource", str(place)):
                self._writes(place).tag_resource(InstanceArn=place.instance_arn, ResourceArn=arn, Tags=_tags(op.add))
        if op.remove:
            with translated("sso:UntagResource", str(place)):
                self._writes(place).untag_resource(
                    InstanceArn=place.instance_arn, ResourceArn=arn, TagKeys=list(op.remove)
                )

    def write_delete_permission_set(self, op: DeletePermissionSet) -> None:
        """Delete a permission set that is assigned to nobody."""
        place, arn = op.place, self._arn(op.place, "sso:DeletePermissionSet")
        with translated("sso:DeletePermissionSet", str(place)):
            self._writes(place).delete_permission_set(InstanceArn=place.instance_arn, PermissionSetArn=arn)
        self._arns.pop(place, None)

    def write_reference(self, op: AddReference | DropReference) -> None:
        """Let a permission set refer to a customer managed policy, or no longer."""
        attaches = isinstance(op, AddReference)
        verb, preposition = ("Attach", "To") if attaches else ("Detach", "From")
        action = f"sso:{verb}CustomerManagedPolicyReference{preposition}PermissionSet"
        place, arn = op.place, self._arn(op.place, action)
        client = self._writes(place)
        send = (
            client.attach_customer_managed_policy_reference_to_permission_set
            if attaches
            else client.detach_customer_managed_policy_reference_from_permission_set
        )
        with translated(action, str(place)):
            send(
                InstanceArn=place.instance_arn,
                PermissionSetArn=arn,
                CustomerManagedPolicyReference={"Name": op.policy.name, "Path": op.policy.path},
            )

    def write_assign(self, op: Assign) -> str:
        """Begin to give a permission set to a user or group in an account."""
        action = "sso:CreateAccountAssignment"
        request = self._assignment(op, action)
        with translated(action, _about(op)):
            answer = self._writes(op.place).create_account_assignment(**request)
            return answer["AccountAssignmentCreationStatus"]["RequestId"]

    def write_unassign(self, op: Unassign) -> str:
        """Begin to take a permission set from a user or group in an account."""
        action = "sso:DeleteAccountAssignment"
        request = self._assignment(op, action)
        with translated(action, _about(op)):
            answer = self._writes(op.place).delete_account_assignment(**request)
            return answer["AccountAssignmentDeletionStatus"]["RequestId"]

    def write_provision(self, op: Provision) -> str:
        """Begin to bring a permission set up to date in an account."""
        action = "sso:ProvisionPermissionSet"
        place, arn = op.place, self._arn(op.place, action)
        with translated(action, f"{place} in account {op.account}"):
            answer = self._writes(place).provision_permission_set(
                InstanceArn=place.instance_arn,
                PermissionSetArn=arn,
                TargetType="AWS_ACCOUNT",
                TargetId=op.account,
            )
            return answer["PermissionSetProvisioningStatus"]["RequestId"]

    def _assignment(self, op: Assign | Unassign, action: str) -> "CreateAccountAssignmentRequestTypeDef":
        return {
            "InstanceArn": op.place.instance_arn,
            "PermissionSetArn": self._arn(op.place, action),
            "TargetType": "AWS_ACCOUNT",
            "TargetId": op.assignment.account,
            "PrincipalType": cast("PrincipalTypeType", op.assignment.principal_kind.upper()),
            "PrincipalId": op.assignment.principal_id,
        }


def _about(op: Assign | Unassign) -> str:
    return f"{op.place} in account {op.assignment.account}"


def _tags(tags: Mapping[str, str]) -> "list[TagTypeDef]":
    return [{"Key": key, "Value": value} for key, value in tags.items()]
