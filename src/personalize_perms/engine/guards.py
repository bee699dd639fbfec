"""The last look before something goes that is no document: whether others use it, or changed it, by now."""

from typing import TypeVar

from personalize_perms.aws.iam import Iam
from personalize_perms.model import ownership
from personalize_perms.model.errors import AccessDenied
from personalize_perms.model.live import Present, Read, Unreadable
from personalize_perms.model.operations import DeletePolicy, DeleteRole, DescribeRole, SetBoundary

T = TypeVar("T")


def readable(found: Read[T]) -> T | None:
    """Return what was read, None if it is not there; raise `AccessDenied` where that cannot be known."""
    if isinstance(found, Unreadable):
        raise AccessDenied(
            f"what is there now cannot be known: not allowed {found.action} on {found.resource}",
            action=found.action,
            resource=found.resource,
            reason=found.reason,
            hint=f"ask an administrator for {found.action} on {found.resource}, then run the same command again",
        )
    return found.value if isinstance(found, Present) else None


def policy_in_use(iam: Iam, operation: DeletePolicy) -> str:
    """Return why a managed policy must not be deleted now, or nothing."""
    head = readable(iam.read_policy_head(operation.arn))
    if head is None:
        return ""
    if operation.run_id and head.tags.get(ownership.TAG_RUN) != operation.run_id:
        return f"{operation.arn} was not made by this run; it stays"
    entities = readable(iam.read_policy_entities(operation.arn))
    holders = [*entities.users, *entities.groups, *entities.roles] if entities else []
    if holders:
        return f"{operation.arn} is attached to {', '.join(holders)}; it stays"
    if head.boundary_of:
        return f"{operation.arn} is the permissions boundary of {head.boundary_of} users or roles; it stays"
    spare = readable(iam.read_policy_versions(operation.arn))
    return f"{operation.arn} has other versions ({', '.join(spare)}); it stays" if spare else ""


def role_in_use(iam: Iam, operation: DeleteRole) -> str:
    """Return why a role must not be deleted now, or nothing."""
    role = readable(iam.read_role(operation.role_name))
    if role is None:
        return ""
    if operation.run_id and role.tags.get(ownership.TAG_RUN) != operation.run_id:
        return f"{role.arn} was not made by this run; it stays"
    contents = readable(iam.read_role_contents(operation.role_name))
    if contents is None:
        return ""
    held = {
        "attached policies": contents.attached_policy_arns,
        "inline policies": contents.inline_policy_names,
        "instance profiles": contents.instance_profiles,
    }
    used = [f"{what} ({', '.join(names)})" for what, names in held.items() if names]
    return f"{role.arn} has {' and '.join(used)}; it stays" if used else ""


def role_differs(iam: Iam, operation: DescribeRole | SetBoundary) -> str:
    """Return what somebody else changed about a role since the plan was made, or nothing."""
    role = readable(iam.read_role(operation.role_name))
    if role is None:
        return f"the role {operation.role_name} is no longer there"
    match operation:
        case DescribeRole():
            found, expected, what = role.description, (operation.before, operation.description), "description"
        case SetBoundary():
            found, expected, what = role.boundary_arn, (operation.before_arn, operation.boundary_arn), "boundary"
    if found in expected:
        return ""
    return f"the {what} of {role.arn} was changed by someone else since the plan was made; it was left as it is"
