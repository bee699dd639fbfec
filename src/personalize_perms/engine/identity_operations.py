"""How each operation on Identity Center is sent, looked at and read back.

Assigning, taking back and provisioning go on after AWS took the call. What AWS says of the request is asked for until
it has ended, and then the assignment itself.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

from personalize_perms.aws.account import Account
from personalize_perms.aws.identity_center import IdentityCenter
from personalize_perms.engine.guards import readable
from personalize_perms.model import ownership
from personalize_perms.model.errors import PersonalizePermsError
from personalize_perms.model.identity import SetPlace
from personalize_perms.model.live import Present
from personalize_perms.model.operations import (
    AddReference,
    Assign,
    CreatePermissionSet,
    DeletePermissionSet,
    DropReference,
    Operation,
    Provision,
    TagPermissionSet,
    Unassign,
)

IdentityOperation: TypeAlias = (
    CreatePermissionSet
    | TagPermissionSet
    | DeletePermissionSet
    | AddReference
    | DropReference
    | Assign
    | Unassign
    | Provision
)
IDENTITY_OPERATIONS: Final = (
    CreatePermissionSet,
    TagPermissionSet,
    DeletePermissionSet,
    AddReference,
    DropReference,
    Assign,
    Unassign,
    Provision,
)


class RequestFailed(PersonalizePermsError):  # noqa: N818 - named by what it is, like all failures of this program
    """AWS took a request and did not complete it. `lacks_policy`: because it found no policy of that name."""

    code = "aws"

    def __init__(self, message: str, *, reason: str, hint: str, lacks_policy: bool) -> None:
        super().__init__(message, reason=reason, hint=hint)
        self.lacks_policy = lacks_policy


class IdentityOperations:
    """The operations on Identity Center, in one run."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._requests: dict[Assign | Unassign | Provision, str] = {}

    @property
    def _center(self) -> IdentityCenter:
        return self._account.identity_center

    def send(self, operation: IdentityOperation) -> None:
        """Make the one call that writes; raise `AwsError` if it failed or may have failed."""
        center = self._center
        match operation:
            case CreatePermissionSet():
                center.write_create_permission_set(operation)
            case TagPermissionSet():
                center.write_tag_permission_set(operation)
            case DeletePermissionSet():
                center.write_delete_permission_set(operation)
            case AddReference() | DropReference():
                center.write_reference(operation)
            case Assign():
                self._requests[operation] = center.write_assign(operation)
            case Unassign():
                self._requests[operation] = center.write_unassign(operation)
            case Provision():
                self._requests[operation] = center.write_provision(operation)

    def landed(self, operation: IdentityOperation) -> bool:
        """Ask AWS whether the change is there; raise `RequestFailed` if AWS could not make it."""
        if isinstance(operation, Assign | Unassign | Provision) and self._is_running(operation):
            return False
        arn = self._arn(operation.place)
        if arn is None:
            return isinstance(operation, DeletePermissionSet | DropReference | Unassign)
        match operation:
            case CreatePermissionSet():
                return self._is_made(operation, arn)
            case DeletePermissionSet():
                return readable(self._center.read_description(operation.place, arn)) is None
            case TagPermissionSet(add=add, remove=remove):
                tags = readable(self._center.read_tags(operation.place, arn)) or {}
                return add.items() <= tags.items() and not any(key in tags for key in remove)
            case _:
                return self._has_landed(operation, arn)

    def _is_made(self, operation: CreatePermissionSet, arn: str) -> bool:
        """Tell whether it is the one that this run makes: by its mark, or where that may not be read by its words."""
        found = self._center.read_tags(operation.place, arn)
        if isinstance(found, Present):
            return found.value.get(ownership.TAG_RUN) == operation.tags.get(ownership.TAG_RUN)
        return readable(self._center.read_description(operation.place, arn)) == operation.description

    def _has_landed(self, operation: AddReference | DropReference | Assign | Unassign | Provision, arn: str) -> bool:
        place = operation.place
        match operation:
            case AddReference(policy=policy):
                return policy in self._center.read_references(place, arn)
            case DropReference(policy=policy):
                return policy not in self._center.read_references(place, arn)
            case Assign(assignment=one):
                return one in self._center.read_assignments(place, arn, one.account)
            case Unassign(assignment=one):
                return one not in self._center.read_assignments(place, arn, one.account)
            case Provision(account=account):
                return account not in self._center.read_accounts(place, arn, outdated=True)

    def maker(self, operation: CreatePermissionSet) -> str | None:
        """Read which run made the permission set that is there; None: there is none."""
        tags = self._tags(operation.place)
        return None if tags is None else tags.get(ownership.TAG_RUN, "")

    def tags(self, place: SetPlace) -> Mapping[str, str] | None:
        """Read the tags of a permission set; None: there is none."""
        return self._tags(place)

    def obstacle(self, operation: IdentityOperation) -> str:
        """Read again whether others use a permission set by now that is to go; return how, or nothing."""
        if not isinstance(operation, DeletePermissionSet):
            return ""
        found = readable(self._center.read_permission_set(operation.place, whole=True))
        if found is None:
            return ""
        shown = f"the permission set {operation.place}"
        if operation.run_id and (found.tags or {}).get(ownership.TAG_RUN) != operation.run_id:
            return f"{shown} was not made by this run; it stays"
        if found.assignments:
            accounts = sorted({one.account for one in found.assignments})
            return f"{shown} is assigned in {', '.join(accounts)}; it stays"
        hangs = [*(f"the policy {one.path}{one.name}" for one in sorted(found.references)), *found.others]
        return f"{shown} has {' and '.join(hangs)}; it stays" if hangs else ""

    def _is_running(self, operation: Assign | Unassign | Provision) -> bool:
        """Ask about the request of this run, if there is one."""
        request = self._requests.get(operation)
        if request is None:
            return False
        state = self._center.read_request(operation, request)
        if state.failure:
            del self._requests[operation]
            raise _failed(operation, state.failure)
        return state.running

    def _arn(self, place: SetPlace) -> str | None:
        return readable(self._center.read_set_arn(place))

    def _tags(self, place: SetPlace) -> Mapping[str, str] | None:
        arn = self._arn(place)
        return None if arn is None else readable(self._center.read_tags(place, arn))


def is_identity_operation(operation: Operation) -> bool:
    """Tell whether it is about Identity Center."""
    return isinstance(operation, IDENTITY_OPERATIONS)


def account_of(operation: Operation) -> str | None:
    """Return the account in which AWS goes on with it after the call, one thing at a time; None: it does not."""
    match operation:
        case Assign(assignment=one) | Unassign(assignment=one):
            return one.account
        case Provision(account=account):
            return account
        case _:
            return None


def _failed(operation: Assign | Unassign | Provision, reason: str) -> RequestFailed:
    account = account_of(operation)
    lacks = "policy" in reason.lower() and not isinstance(operation, Unassign)
    hint = "run the same command again when that is mended"
    if lacks and not isinstance(operation, Unassign):
        policy = operation.policy_arn.rpartition("/")[2]
        hint = (
            f"the policy {policy} must be in account {account} first, with that very name and path: make it there with "
            f"personalize-perms rollout --accounts {account}, or with what personalize-perms export writes; "
            "then run the same command again"
        )
    return RequestFailed(
        f"AWS could not do it in account {account}: {reason}", reason=reason, hint=hint, lacks_policy=lacks
    )
