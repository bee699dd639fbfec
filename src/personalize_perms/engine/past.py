"""What earlier runs on this machine wrote, as far as undoing needs it. Pure.

The account alone tells what is ours; this makes it exact: whether a statement with our Sid is still as we wrote it,
what a statement of others was before, and what was made even if the account's own memory of it is lost.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from personalize_perms import documents
from personalize_perms.documents import DocumentKind
from personalize_perms.model import ownership
from personalize_perms.model.errors import DocumentError
from personalize_perms.model.names import Arn
from personalize_perms.model.operations import (
    Attach,
    CreateGrant,
    CreatePolicy,
    CreateRole,
    Detach,
    Operation,
    PutBucketPolicy,
    PutKeyPolicy,
    UpdateTrust,
)
from personalize_perms.model.resources import PrincipalKind, Statement

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


def past(operations: Iterable[Operation], name: str, partition: str) -> Past:
    """Return what `operations`, oldest first and all of them sent, tell about the set-up `name`."""
    entries: set[str] = set()
    written: dict[Place, frozenset[str]] = {}
    replaced: dict[str, tuple[Statement, ...]] = {}
    for operation in operations:
        _note_entries(entries, operation, name)
        for place, before, after in _texts(operation):
            old, new = _statements(before), _statements(after)
            forms = {documents.normalised(s, partition) for s in new if ownership.is_own_sid(s.get("Sid"), name)}
            written[place] = written.get(place, frozenset()) | forms
            stay = {documents.normalised(statement, partition) for statement in new}
            gone = [
                statement
                for statement in old
                if not ownership.is_own_sid(statement.get("Sid"), name)
                and documents.normalised(statement, partition) not in stay
            ]
            if gone and place[0] is DocumentKind.TRUST_POLICY:
                replaced[place[1]] = (*replaced.get(place[1], ()), *gone)
    return Past(entries=frozenset(entries), written=written, replaced=replaced)


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


def _note_entries(entries: set[str], operation: Operation, name: str) -> None:
    match operation:
        case CreatePolicy():
            service = operation.name.startswith(f"{name}-service-access")
            entries.add(f"{'s' if service else 'p'}/{operation.name}")
        case CreateRole():
            entries.add(f"r/{operation.name}")
        case UpdateTrust():
            if f"r/{operation.role_name}" not in entries:
                entries.add(f"t/{operation.role_name}")
        case Attach() | Detach():
            _note_attachment(entries, operation, name)
        case PutBucketPolicy():
            entries.add(f"b/{operation.bucket}")
        case PutKeyPolicy(key_arn=arn):
            entries.add(f"k/{Arn.parse(arn).region}/{Arn.parse(arn).name}")
        case CreateGrant(key_arn=arn):
            entries.add(f"G/{Arn.parse(arn).region}/{Arn.parse(arn).name}")


def _note_attachment(entries: set[str], operation: Attach | Detach, name: str) -> None:
    service = Arn.parse(operation.policy_arn).name.startswith(f"{name}-service-access")
    entry = f"{'t' if service else _KINDS[operation.principal_kind]}/{operation.principal_name}"
    if service or f"r/{operation.principal_name}" in entries:
        return  # roles that are made or adopted are noted as such
    if isinstance(operation, Attach):
        entries.add(entry)
    else:
        entries.discard(entry)
