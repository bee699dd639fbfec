"""How what is there now stands to a change that an interrupted run was about to make. It only reads."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias

from personalize_perms import documents
from personalize_perms.aws.account import Account
from personalize_perms.engine.guards import readable
from personalize_perms.engine.operations import Operations
from personalize_perms.engine.shared_documents import DocumentOperation, edit_of
from personalize_perms.model.operations import (
    AddReference,
    Assign,
    Attach,
    CreateGrant,
    CreatePermissionSet,
    CreatePolicy,
    CreateRole,
    DeletePermissionSet,
    DeletePolicy,
    DeletePolicyVersion,
    DeleteRole,
    DescribeRole,
    Detach,
    DropReference,
    Operation,
    Provision,
    PutBucketPolicy,
    PutKeyPolicy,
    RevokeGrant,
    SetBoundary,
    TagPermissionSet,
    TagPolicy,
    TagRole,
    Unassign,
    UpdatePolicy,
    UpdateTrust,
)

_Creation: TypeAlias = CreatePolicy | CreateRole | CreatePermissionSet


class Standing(StrEnum):
    """What became of a change whose outcome nobody wrote down."""

    APPLIED = "applied"
    NOT_APPLIED = "not-applied"
    CHANGED = "changed"
    """Neither what was there before nor what was to be: somebody else changed it since."""
    UNKNOWN = "unknown"
    """It may not be read."""


def standing(account: Account, operation: Operation, run_id: str) -> Standing:  # noqa: PLR0911 - a table
    """Read how a change of the run `run_id` stands; raise `AccessDenied` where that may not be read."""
    operations = Operations(account, run_id)
    match operation:
        case UpdatePolicy() | UpdateTrust() | PutBucketPolicy() | PutKeyPolicy():
            return _of_document(operation, operations.text(operation), account.caller.place.partition)
        case CreatePolicy() | CreateRole() | CreatePermissionSet():
            return _of_creation(operations, operation, run_id)
    if operations.landed(operation):
        return Standing.APPLIED
    match operation:
        case Attach() | CreateGrant():
            return Standing.NOT_APPLIED
        case AddReference() | DropReference() | Assign() | Unassign() | Provision() | DeletePermissionSet():
            return Standing.NOT_APPLIED
        case TagPermissionSet(place=place):
            return _if(_is_between(operations.permission_set_tags(place) or {}, operation))
        case Detach() | RevokeGrant() | DeletePolicyVersion() | DeletePolicy() | DeleteRole():
            return Standing.NOT_APPLIED
        case TagPolicy() | TagRole() | DescribeRole() | SetBoundary():
            return _of_properties(account, operation)


def _of_document(operation: DocumentOperation, text: str | None, partition: str) -> Standing:
    edit = edit_of(operation)
    if text is None and not isinstance(operation, PutBucketPolicy):
        return Standing.CHANGED  # it went with the policy, role or key that it belonged to
    if documents.carries(text, edit.before, edit.after, partition):
        return Standing.APPLIED
    if documents.carries(text, edit.after, edit.before, partition):
        return Standing.NOT_APPLIED
    return Standing.CHANGED


def _of_creation(operations: Operations, operation: _Creation, run_id: str) -> Standing:
    maker = operations.maker(operation)
    if maker is None:
        return Standing.NOT_APPLIED
    return Standing.APPLIED if maker == run_id and operations.landed(operation) else Standing.CHANGED


def _of_properties(account: Account, operation: TagPolicy | TagRole | DescribeRole | SetBoundary) -> Standing:
    """Tell an old value from one that is neither old nor ours."""
    if isinstance(operation, TagPolicy):
        head = readable(account.iam.read_policy_head(operation.arn))
        return _if(head is not None and _is_between(head.tags, operation))
    role = readable(account.iam.read_role(operation.role_name))
    match operation:
        case TagRole():
            return _if(role is not None and _is_between(role.tags, operation))
        case DescribeRole(before=before):
            return _if(role is not None and role.description == before)
        case SetBoundary(before_arn=before):
            return _if(role is not None and role.boundary_arn == before)


def _if(as_before: bool) -> Standing:  # noqa: FBT001 - a value made into another, nothing is switched
    return Standing.NOT_APPLIED if as_before else Standing.CHANGED


def _is_between(tags: Mapping[str, str], operation: TagPolicy | TagRole | TagPermissionSet) -> bool:
    """Tell whether every tag is old or ours: setting and removing are two calls, so there may be some of both."""
    after = {key: value for key, value in operation.before.items() if key not in operation.remove} | {**operation.add}
    touched = {*operation.add, *operation.remove}
    return all(tags.get(key) in (operation.before.get(key), after.get(key)) for key in touched)
