"""What takes back what one run has just done: its changes turned around, in reverse order. Pure.

Documents are turned around as edits, not as texts: the executor takes our statements out of whatever others have made
of the document meanwhile. What a run deleted and nobody keeps the text of cannot be brought back; it is named.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from personalize_perms.engine.shared_documents import DOCUMENT_OPERATIONS, on_document
from personalize_perms.model import ownership
from personalize_perms.model.changes import Action, Change, Outcome, Plan, Status, Wave
from personalize_perms.model.operations import (
    Attach,
    CreateGrant,
    CreatePolicy,
    CreateRole,
    DeletePolicy,
    DeletePolicyVersion,
    DeleteRole,
    DescribeRole,
    Detach,
    Operation,
    RevokeGrant,
    SetBoundary,
    TagPolicy,
    TagRole,
)

_OPPOSITE: Final = {Action.CREATE: Action.DELETE, Action.DELETE: Action.CREATE, Action.UPDATE: Action.UPDATE}
_REVERSED: Final = dict(zip(Wave, reversed(Wave), strict=True))
_SIGNS: Final = {"+": "-", "-": "+"}


def reverse(plan: Plan, outcomes: Sequence[Outcome]) -> Plan:
    """Return the plan that takes back what was done, and what may have been done without being seen."""
    made = [outcome.change for outcome in outcomes if outcome.status is Status.DONE or outcome.sent]
    changes = [_reversed(change) for change in reversed(made)]
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


def _turned(details: Sequence[str]) -> Iterator[str]:
    for line in details:
        yield _SIGNS.get(line[:1], line[:1]) + line[1:]


def _inverse(operation: Operation) -> Operation | None:  # noqa: C901, PLR0911 - one line per operation: a table
    if isinstance(operation, DOCUMENT_OPERATIONS):
        return on_document(operation, operation.document_json, operation.before_json)
    match operation:
        case CreatePolicy(arn=arn, tags=tags):
            return DeletePolicy(arn=arn, run_id=tags.get(ownership.TAG_RUN, ""))
        case CreateRole(name=name, tags=tags):
            return DeleteRole(role_name=name, run_id=tags.get(ownership.TAG_RUN, ""))
        case TagPolicy() | TagRole():
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


def _with_attachment(kind: type[Attach] | type[Detach], operation: Attach | Detach) -> Attach | Detach:
    return kind(
        policy_arn=operation.policy_arn,
        principal_kind=operation.principal_kind,
        principal_name=operation.principal_name,
    )


def _former_tags(operation: TagPolicy | TagRole) -> TagPolicy | TagRole:
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
