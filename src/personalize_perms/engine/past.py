"""What earlier runs on this machine wrote, as far as undoing needs it. Pure.

The account alone tells what is ours; this makes it exact: whether a statement with our Sid is still as we wrote it,
what a statement of others was before, and what was made even if the account's own memory of it is lost.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import field

from personalize_perms import documents
from personalize_perms.documents import DocumentKind
from personalize_perms.model import ownership
from personalize_perms.model.errors import DocumentError
from personalize_perms.model.names import Arn
from personalize_perms.model.operations import (
    Attach,
    CreateGrant,
    CreatePermissionSet,
    CreatePolicy,
    CreateRole,
    DeletePermissionSet,
    DeletePolicy,
    DeleteRole,
    Detach,
    Operation,
    PutBucketPolicy,
    PutKeyPolicy,
    UpdateTrust,
)
from personalize_perms.model.resources import PrincipalKind, Statement
from personalize_perms.model.values import dataclass

Place = tuple[DocumentKind, str]
"""A document: its kind, and the bucket's name, the key's ARN or the role's name."""

_KINDS = {PrincipalKind.USER: "u", PrincipalKind.GROUP: "g", PrincipalKind.ROLE: "a"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """`entries` are the ledger's; `written` are our statements, normalised; `replaced` those of others, by role."""

    entries: frozenset[str] = frozenset()
    written: Mapping[Place, frozenset[str]] = field(default_factory=dict)
    replaced: Mapping[str, tuple[Statement, ...]] = field(default_factory=dict)


def document_place(kind: DocumentKind, resource: str) -> Place:
    """Return how a document is looked up here, whatever names it in a plan."""
    return kind, resource.rpartition("/")[2] if kind is DocumentKind.TRUST_POLICY else resource


def past(operations: Iterable[Operation], name: str, partition: str, unseen: Collection[int] = ()) -> Past:
    """Return what `operations`, oldest first and all of them perhaps done, tell about the set-up `name`.

    What was taken back since counts no more: what others put in its place is theirs. `unseen` are the places of those
    of killed runs that were looked for and not found: AWS may have been at it still, so what they would have made is
    looked for and known as ours, and what they would have taken back is ours still.
    """
    known = _Known(name=name, partition=partition)
    for number, operation in enumerate(operations):
        if number in unseen:
            known.note_made(operation)
        else:
            known.note(operation)
    replaced = {role: tuple(statements) for role, statements in known.replaced.items()}
    return Past(entries=frozenset(known.entries), written=known.written, replaced=replaced)


@dataclass(slots=True, kw_only=True)
class _Known:
    """What is known after each operation."""

    name: str
    partition: str
    entries: set[str] = field(default_factory=set)
    written: dict[Place, frozenset[str]] = field(default_factory=dict)
    replaced: dict[str, list[Statement]] = field(default_factory=dict)

    def note(self, operation: Operation) -> None:
        """Take up one operation."""
        _note_entries(self.entries, operation, self.name)
        for place, before, after in _texts(operation):
            old, new = _statements(before), _statements(after)
            ours = {self._form(statement) for statement in new if self._is_own(statement)}
            self.written[place] = self.written.get(place, frozenset()) | ours
            if place[0] is DocumentKind.TRUST_POLICY:
                self._note_replaced(place[1], old, new)

    def note_made(self, operation: Operation) -> None:
        """Take up what one operation would make, and forget nothing that it would take back."""
        entries, replaced = {*self.entries}, {**self.replaced}
        self.note(operation)
        self.entries |= entries
        self.replaced = {**replaced, **self.replaced}

    def _note_replaced(self, role: str, old: list[Statement], new: list[Statement]) -> None:
        if not any(map(self._is_own, new)):
            # We left this role: whatever others put there since is theirs.
            self.replaced.pop(role, None)
            self.entries.discard(f"t/{role}")
            return
        stay = {self._form(statement) for statement in new}
        gone = [one for one in old if not self._is_own(one) and self._form(one) not in stay]
        if gone:
            self.replaced.setdefault(role, []).extend(gone)

    def _is_own(self, statement: Statement) -> bool:
        return ownership.is_own_sid(statement.get("Sid"), self.name)

    def _form(self, statement: Statement) -> str:
        return documents.normalised(statement, self.partition)


def _texts(operation: Operation) -> Iterable[tuple[Place, str | None, str | None]]:
    match operation:
        case PutBucketPolicy():
            yield (DocumentKind.BUCKET_POLICY, operation.bucket), operation.before_json, operation.document_json
        case PutKeyPolicy():
            yield (DocumentKind.KEY_POLICY, operation.key_arn), operation.before_json, operation.document_json
        case UpdateTrust():
            yield (DocumentKind.TRUST_POLICY, operation.role_name), operation.before_json, operation.document_json
        case CreateRole():
            yield (DocumentKind.TRUST_POLICY, operation.name), None, operation.document_json


def _statements(text: str | None) -> list[Statement]:
    try:
        return [*documents.statements(documents.parse(text))] if text else []
    except DocumentError:
        return []  # such a text was never ours to edit


def _note_entries(entries: set[str], operation: Operation, name: str) -> None:  # noqa: C901 - a table
    match operation:
        case CreatePolicy():
            entries.add(_policy_entry(operation.name, name))
        case DeletePolicy(arn=arn):
            entries.discard(_policy_entry(Arn.parse(arn).name, name))
        case CreateRole():
            entries.add(f"r/{operation.name}")
        case DeleteRole(role_name=role):
            entries.discard(f"r/{role}")
        case UpdateTrust():
            if f"r/{operation.role_name}" not in entries:
                entries.add(f"t/{operation.role_name}")
        case Attach() | Detach():
            _note_attachment(entries, operation, name)
        case PutBucketPolicy():
            entries.add(f"b/{operation.bucket}")
        case PutKeyPolicy(key_arn=arn):
            entries.add(f"k/{Arn.parse(arn).region}/{Arn.parse(arn).name}")
        case CreatePermissionSet(place=place):
            entries.add(f"I/{place}")
        case DeletePermissionSet(place=place):
            entries.discard(f"I/{place}")
        case CreateGrant(key_arn=arn):
            entries.add(f"G/{Arn.parse(arn).region}/{Arn.parse(arn).name}")


def _policy_entry(policy: str, name: str) -> str:
    return f"{'s' if _is_service_policy(policy, name) else 'p'}/{policy}"


def _is_service_policy(policy: str, name: str) -> bool:
    return re.fullmatch(re.escape(name) + "-service-access(-[0-9]+)?", policy) is not None


def _note_attachment(entries: set[str], operation: Attach | Detach, name: str) -> None:
    if _is_service_policy(Arn.parse(operation.policy_arn).name, name) or f"r/{operation.principal_name}" in entries:
        return  # roles that are made or adopted are noted as such
    entry = f"{_KINDS[operation.principal_kind]}/{operation.principal_name}"
    if isinstance(operation, Attach):
        entries.add(entry)
    else:
        entries.discard(entry)
