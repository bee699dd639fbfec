"""A part of a plan: the changes that mend one link, and what they cannot be without. Pure.

A plan for a whole set-up may want much more than the one statement whose absence broke a job. Its lines are chosen by
what they are about, `KIND RESOURCE`; whoever applies such a part plans the whole anew and takes the same lines from it.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Final

from personalize_perms import documents
from personalize_perms.documents import DocumentKind
from personalize_perms.model.changes import Action, Change, Plan
from personalize_perms.model.examination import Link
from personalize_perms.model.names import Arn
from personalize_perms.model.operations import (
    Attach,
    CreateGrant,
    CreatePolicy,
    CreateRole,
    DeletePolicyVersion,
    PutBucketPolicy,
    PutKeyPolicy,
    TagPolicy,
)
from personalize_perms.model.resources import PrincipalKind

_MAKES_ROOM: Final = "managed-policy-version"
_ROLES: Final = frozenset({"role", "trust-policy"})
_POLICIES: Final = frozenset({"managed-policy", "attachment"})
_KINDS: Final[Mapping[Link, frozenset[str]]] = {
    Link.TRUST: _ROLES,
    Link.ASSUME_ROLE: _ROLES,
    Link.ROLE_POLICY: _POLICIES | {"role"},
    Link.USER_POLICY: _POLICIES,
    Link.PASS_ROLE: _POLICIES,
    Link.BOUNDARY: frozenset({"permissions-boundary"}),
    Link.BUCKET_POLICY: frozenset({"bucket-policy"}),
    Link.KEY_POLICY: frozenset({"key-policy"}),
    Link.KEY_GRANT: frozenset({"grant"}),
}
"""Which kinds of changes mend which link; the others are mended by nothing that this program does."""


def line(change: Change) -> str:
    """Return what a change is called in a selection."""
    return f"{change.kind} {change.resource}"


def mending(plan: Plan, links: Collection[Link], user_policy_arn: str) -> tuple[str, ...]:
    """Return the lines of the changes that mend these links; empty where the plan changes nothing about them."""
    wanted = [
        change
        for change in plan.changes
        if change.action in (Action.CREATE, Action.UPDATE, Action.BLOCKED)
        and any(mends(change.kind, change.resource, link, plan, user_policy_arn) for link in links)
    ]
    return tuple(dict.fromkeys(line(change) for change in wanted))


def mends(kind: str, resource: str, link: Link, plan: Plan, user_policy_arn: str) -> bool:
    """Tell whether a change of this kind, about this resource, mends the link."""
    if kind not in _KINDS.get(link, frozenset()):
        return False
    about = resource.partition(" -> ")[0]
    of_people = link in (Link.USER_POLICY, Link.PASS_ROLE, Link.ASSUME_ROLE)
    if kind in _ROLES:
        return (about != plan.role_arn) == of_people
    return kind not in _POLICIES or (about == user_policy_arn) == of_people


def selected(plan: Plan, lines: Collection[str]) -> Plan:
    """Return the part of `plan` that these lines name, with what it depends on; the whole plan if they name nothing.

    Nothing is ever deleted by a part of a plan, except to make room: what replaces it may not be in that part.
    """
    if not lines:
        return plan
    wanted = set(lines)
    chosen = [change for change in plan.changes if line(change) in wanted]
    while more := [line(change) for change in _needed(plan, chosen) if line(change) not in wanted]:
        wanted.update(more)
        chosen = [change for change in plan.changes if line(change) in wanted]
    changes = tuple(c for c in chosen if c.action is not Action.DELETE or c.kind == _MAKES_ROOM)
    about = {change.resource for change in changes}
    names = {_name(change) for change in changes}
    return replace(
        plan,
        changes=changes,
        documents=tuple(stored for stored in plan.documents if (stored.kind, stored.name) in names),
        findings=tuple(finding for finding in plan.findings if finding.resource in about),
    )


def _needed(plan: Plan, chosen: Collection[Change]) -> Iterator[Change]:
    """Yield what the chosen changes cannot be without: who they name, the room they take, and the ledger.

    A role that is made is nothing without what names it: its policies, and the keys that are to let it in.
    """
    made = [change.operation for change in chosen if isinstance(change.operation, CreateRole)]
    for change in plan.writes:
        match change.operation:
            case CreatePolicy(arn=arn):
                needed = any(line(one).startswith(f"attachment {arn} -> ") for one in chosen)
            case CreateRole():
                needed = any(_names(one, change.operation) for one in chosen)
            case DeletePolicyVersion(arn=arn):
                needed = any(line(one) == f"managed-policy {arn}" for one in chosen)
            case TagPolicy():
                # What is granted must be remembered where undo looks for it.
                needed = bool(chosen)
            case _:
                needed = any(_names(change, role) for role in made)
        if needed:
            yield change


def _names(change: Change, role: CreateRole) -> bool:
    """Tell whether what a change sends names the role."""
    match change.operation:
        case Attach(principal_kind=PrincipalKind.ROLE, principal_name=name):
            return name == role.name
        case CreateGrant(grantee_arn=arn):
            return arn == role.arn
        case PutBucketPolicy(document_json=str(text)) | PutKeyPolicy(document_json=str(text)):
            return f'"{role.arn}"' in documents.compact(documents.parse(text))
        case _:
            return False


def _name(change: Change) -> tuple[str, str]:
    """Return kind and name of the document that a change stores."""
    by_name = change.kind in ("managed-policy", *_ROLES)
    kind = DocumentKind.TRUST_POLICY if change.kind in _ROLES else change.kind
    return str(kind), Arn.parse(change.resource).name if by_name else change.resource
