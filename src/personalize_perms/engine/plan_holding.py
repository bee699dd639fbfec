"""What is taken away only once what replaces it is given waits where that is blocked. Pure.

A change that fails stops the rest of a run, so nothing is taken away too early; a blocked change does not. So a role
would lose its grant although its key policy may not be edited, or its policies although the next role is not let in.
"""

from dataclasses import replace
from typing import Final

from personalize_perms import documents
from personalize_perms.documents import DocumentKind
from personalize_perms.engine import memory
from personalize_perms.engine.draft import Draft
from personalize_perms.model.changes import Action, Change, StoredDocument, Wave
from personalize_perms.model.operations import (
    DeletePolicy,
    DeletePolicyVersion,
    Detach,
    PutKeyPolicy,
    RevokeGrant,
    UpdatePolicy,
    UpdateTrust,
)
from personalize_perms.model.resources import KeyGrant, KeyPolicyStatements, ManagedPolicy, PrincipalKind

_TAKES: Final = (Wave.CLEAR, Wave.DELETE)


def hold_back(draft: Draft) -> None:
    """Turn changes that take away what a blocked change was to replace into blocked ones, and forget nothing then."""
    blocked = {(c.kind, c.resource): c for c in draft.changes if c.action is Action.BLOCKED}
    giving = {key: change for key, change in blocked.items() if key in _wanted(draft)}
    if not giving:
        return
    held = [(change, why) for change in draft.changes if (why := _needs(draft, giving, change))]
    for change, why in held:
        draft.changes[draft.changes.index(change)] = _waiting(change, why)
        _show_as_it_is(draft, change)
    if held:
        draft.changes = [change for change in draft.changes if change.wave is not Wave.FORGET]


def _wanted(draft: Draft) -> set[tuple[str, str]]:
    """Return kind and resource of what gives the service role what it needs."""
    found: set[tuple[str, str]] = {(DocumentKind.TRUST_POLICY, draft.desired.service_role_arn)}
    for resource in draft.desired.resources:
        match resource:
            case KeyPolicyStatements(key_arn=arn):
                found.add((DocumentKind.KEY_POLICY, arn))
            case KeyGrant(key_arn=arn):
                found.add(("grant", arn))
            case ManagedPolicy(arn=arn) if memory.is_service_policy(draft.desired, arn):
                found.add((DocumentKind.MANAGED_POLICY, arn))
            case _:
                pass
    return found


def _needs(draft: Draft, giving: dict[tuple[str, str], Change], change: Change) -> Change | None:
    """Return the blocked change that `change` has to wait for."""
    if change.operation is None or change.wave not in _TAKES:
        return None
    if _leaves_a_role(draft):
        return next(iter(giving.values()))
    match change.operation:
        case RevokeGrant(key_arn=arn) if ("grant", arn) not in _wanted(draft):
            return giving.get((DocumentKind.KEY_POLICY, arn))
        case PutKeyPolicy(key_arn=arn):
            return giving.get(("grant", arn))
        case UpdatePolicy(arn=arn) | DeletePolicy(arn=arn) | DeletePolicyVersion(arn=arn) | Detach(policy_arn=arn):
            service = memory.is_service_policy(draft.desired, arn)
            blocked = (one for (kind, _), one in giving.items() if kind == DocumentKind.MANAGED_POLICY)
            return next(blocked, None) if service else None
        case _:
            return None


def _leaves_a_role(draft: Draft) -> bool:
    """Tell whether another role has been the service role so far."""
    detached = (c.operation for c in draft.changes if isinstance(c.operation, Detach))
    return any(
        one.principal_kind is PrincipalKind.ROLE
        and one.principal_name != draft.desired.service_role_name
        and memory.is_service_policy(draft.desired, one.policy_arn)
        for one in detached
    )


def _waiting(change: Change, why: Change) -> Change:
    return replace(
        change,
        action=Action.BLOCKED,
        operation=None,
        wave=Wave.GRANT,
        reason=f"waits: it takes away what is in use until {why.kind} {why.resource} can be changed, which is blocked",
        hint=why.hint,
    )


def _show_as_it_is(draft: Draft, change: Change) -> None:
    """Show the document that stays in place of the one that is not stored now."""
    match change.operation:
        case UpdatePolicy(arn=arn, before_json=before, document_json=after):
            name = arn.rpartition("/")[2]
        case PutKeyPolicy(key_arn=name, before_json=before, document_json=after):
            pass
        case UpdateTrust(role_name=name, before_json=before, document_json=after):
            pass
        case _:
            return
    for number, stored in enumerate(draft.stored):
        if (stored.name, stored.text) == (name, after):
            draft.stored[number] = StoredDocument(
                kind=stored.kind, name=name, text=before, document=documents.parse(before)
            )
