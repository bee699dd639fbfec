"""What takes back what one run has just done: its changes turned around, in reverse order. Pure.

Documents are turned around as edits, not as texts: the executor takes our statements out of whatever others have made
of the document meanwhile. What a run deleted and nobody keeps the text of cannot be brought back; it is named.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from personalize_perms.engine.shared_documents import DOCUMENT_OPERATIONS, on_document
from personalize_perms.model import ownership
from personalize_perms.model.changes import Action, Change, Outcome, Plan, Status, Wave
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
    RevokeGrant,
    SetBoundary,
    TagPermissionSet,
    TagPolicy,
    TagRole,
    Unassign,
)

_OPPOSITE: Final = {Action.CREATE: Action.DELETE, Action.DELETE: Action.CREATE, Action.UPDATE: Action.UPDATE}
_REVERSED: Final = dict(zip(Wave, reversed(Wave), strict=True))
_SIGNS: Final = {"+": "-", "-": "+"}


def reverse(plan: Plan, outcomes: Sequence[Outcome]) -> Plan:
    """Return the plan that takes back what was done, and what may have been done without being seen."""
    made = [outcome.change for outcome in outcomes if outcome.status is Status.DONE or outcome.sent]
    changes = [*_after_provisioning([_reversed(change) for change in reversed(made)])]
    return Plan(
        name=plan.name,
        caller=plan.caller,
        role_arn=plan.role_arn,
        changes=tuple(sorted(changes, key=lambda change: change.wave)),
        documents=(),
    )


def _reversed(change: Change) -> Change:
    operation = change.operation and _inverse(change.operation)
    turned = replace(change, wave=_REVERSED[change.wave], hint="", details=tuple(_turned(change.details)))
    if operation is None:
        return replace(turned, action=Action.BLOCKED, operation=None, reason=_why_not(change), details=())
    return replace(
        turned, action=_OPPOSITE[change.action], operation=operation, reason="takes back what this run has done"
    )


def _after_provisioning(changes: Sequence[Change]) -> Iterator[Change]:
    """Yield the changes so that what was in a permission set is provisioned before a policy that was put in goes."""
    provisions = any(isinstance(change.operation, Provision) for change in changes)
    for change in changes:
        match change.operation:
            case Provision():
                yield replace(change, wave=Wave.DELETE)
            case DeletePolicy() if provisions:
                yield replace(change, wave=Wave.FORGET)
            case _:
                yield change


def _turned(details: Sequence[str]) -> Iterator[str]:
    for line in details:
        yield _SIGNS.get(line[:1], line[:1]) + line[1:]


def _inverse(operation: Operation) -> Operation | None:  # noqa: C901, PLR0911, PLR0912 - one line per operation: a table
    if isinstance(operation, DOCUMENT_OPERATIONS):
        return on_document(operation, operation.document_json, operation.before_json)
    match operation:
        case CreatePolicy(arn=arn, tags=tags):
            return DeletePolicy(arn=arn, run_id=tags.get(ownership.TAG_RUN, ""))
        case CreateRole(name=name, tags=tags):
            return DeleteRole(role_name=name, run_id=tags.get(ownership.TAG_RUN, ""))
        case CreatePermissionSet(place=place, tags=tags):
            return DeletePermissionSet(place=place, run_id=tags.get(ownership.TAG_RUN, ""))
        case AddReference(place=place, policy=policy):
            return DropReference(place=place, policy=policy)
        case DropReference(place=place, policy=policy):
            return AddReference(place=place, policy=policy)
        case Assign(place=place, assignment=one, policy_arn=arn):
            return Unassign(place=place, assignment=one, policy_arn=arn)
        case Unassign(place=place, assignment=one, policy_arn=arn):
            return Assign(place=place, assignment=one, policy_arn=arn)
        case Provision():
            return operation
        case TagPolicy() | TagRole() | TagPermissionSet():
            return _former_tags(operation)
        case DescribeRole(description=after, before=before):
            return replace(operation, description=before, before=after)
        case SetBoundary(boundary_arn=after, before_arn=before) if before:
            return replace(operation, boundary_arn=before, before_arn=after)
        case Attach():
            return _with_attachment(Detach, operation)
        case Detach():
            return _with_attachment(Attach, operation)
        case CreateGrant(key_arn=key_arn):
            return RevokeGrant(key_arn=key_arn, grant_id="", created=operation)
        case SetBoundary() | DeletePolicy() | DeletePolicyVersion() | DeleteRole() | RevokeGrant():
            return None
        case DeletePermissionSet():
            return None


def _with_attachment(kind: type[Attach] | type[Detach], operation: Attach | Detach) -> Attach | Detach:
    return kind(
        policy_arn=operation.policy_arn,
        principal_kind=operation.principal_kind,
        principal_name=operation.principal_name,
    )


_Tagging: TypeAlias = TagPolicy | TagRole | TagPermissionSet


def _former_tags(operation: _Tagging) -> _Tagging:
    touched, before = (*operation.add, *operation.remove), operation.before
    return replace(
        operation,
        add={key: before[key] for key in touched if key in before},
        remove=tuple(key for key in touched if key not in before),
        before={**before, **operation.add},
    )


def _why_not(change: Change) -> str:
    match change.operation:
        case SetBoundary():
            return "stays: this program never takes a permissions boundary away"
        case DeletePolicyVersion():
            return "is gone: it was the oldest of our versions, and its text is not kept"
        case RevokeGrant():
            return "is gone: the next run that wants the grant creates it again"
        case _:
            return "is gone: the next run that wants it creates it again"
