"""What one change does to a document, statement by statement: said in words, and whether it lets in more or less. Pure.

Taken from the texts before and after that the change itself holds, so that it can say nothing else than what is sent.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import assert_never

from personalize_perms import documents
from personalize_perms.documents import reach, wording
from personalize_perms.documents.reach import Reach
from personalize_perms.model import ownership
from personalize_perms.model.changes import Change
from personalize_perms.model.errors import DocumentError
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
from personalize_perms.model.resources import Statement
from personalize_perms.model.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementChange:
    """One statement that comes, goes, changes or stays, and what it means."""

    sign: str
    """`+`, `-`, `~` or `=`."""
    name: str
    """Its Sid, or its number."""
    own: bool
    reach: Reach
    means: tuple[tuple[str, str], ...]
    """Sentences, each with its sign: of a changed statement those that come and go, else all with the same sign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a change does. `statements` is empty where no document is changed or one cannot be read."""

    change: Change
    reach: Reach | None
    """None where the change is not about access: tags and descriptions, and what is kept or blocked."""
    statements: tuple[StatementChange, ...] = ()
    untouched: int = 0
    """How many statements of others stay as they are."""
    means: tuple[str, ...] = ()
    """What it means where no document tells."""
    texts: tuple[str | None, str | None] = (None, None)
    """The document before and after."""


def difference(change: Change, name: str, partition: str) -> Difference:
    """Return what a change of the set-up `name` means."""
    operation = change.operation
    if operation is None:
        return Difference(change=change, reach=None)
    own = _role_or_key(change, operation)
    before, after = _texts(change, operation)
    if before is None and after is None:
        without, means = _without_document(operation)
        return Difference(change=change, reach=without, means=means)
    try:
        old, new = (documents.statements(documents.parse(text)) if text else [] for text in (before, after))
    except DocumentError:
        return Difference(change=change, reach=Reach.UNCLEAR, texts=(before, after))
    pairs = [*_pairs(old, new, partition)]
    stays = [pair.new or {} for pair in pairs if pair.same]
    # Those of others that stay are counted, not shown.
    shown = [pair for pair in pairs if not pair.same or _is_own(pair.new, name)]
    changed = [pair for pair in pairs if not pair.same]
    return Difference(
        change=change,
        reach=reach.compare(_side(changed, "old"), _side(changed, "new"), stays),
        statements=tuple(_statement_change(pair, changed, stays, name, own) for pair in shown),
        untouched=len(pairs) - len(shown),
        texts=(before, after),
    )


def _texts(change: Change, operation: Operation) -> tuple[str | None, str | None]:
    match operation:
        case UpdatePolicy() | UpdateTrust() | PutBucketPolicy() | PutKeyPolicy():
            return operation.before_json, operation.document_json
        case CreatePolicy(document_json=text) | CreateRole(document_json=text):
            return None, text
        case _:
            return change.gone or None, None


def _role_or_key(change: Change, operation: Operation) -> str:
    """Return the ARN that a document of this kind does not name, or names as `*`."""
    match operation:
        case CreateRole() | UpdateTrust() | DeleteRole() | PutKeyPolicy():
            return change.resource
        case _:
            return ""


def _without_document(operation: Operation) -> tuple[Reach | None, tuple[str, ...]]:  # noqa: C901, PLR0911, PLR0912 - a table
    match operation:
        case Attach(principal_kind=kind, principal_name=name, policy_arn=arn):
            return Reach.BROADER, (f"the {kind} {name} may do what the policy {arn} allows",)
        case Detach(principal_kind=kind, principal_name=name, policy_arn=arn):
            return Reach.NARROWER, (f"the {kind} {name} no longer has what the policy {arn} allows",)
        case CreateGrant(grantee_arn=grantee, key_arn=key, operations=operations):
            return Reach.BROADER, (f"the role {grantee} may use the key {key} ({', '.join(operations)})",)
        case RevokeGrant(key_arn=key):
            return Reach.NARROWER, (f"this grant no longer lets anybody use the key {key}",)
        case SetBoundary(boundary_arn=arn, before_arn=before):
            limits = (f"the role may do nothing beyond the policy {arn}",)
            return (Reach.UNCLEAR if before else Reach.NARROWER), limits
        case DeletePolicy() | DeleteRole():
            return Reach.NARROWER, ()
        case AddReference(policy=policy):
            return Reach.BROADER, (f"who is assigned it may do what the policy {policy.name} allows",)
        case DropReference(policy=policy):
            return Reach.NARROWER, (f"who is assigned it no longer has what the policy {policy.name} allows",)
        case Assign():
            return Reach.BROADER, ()  # the operation knows people by their ids, and the plan's own words by name
        case Unassign():
            return Reach.NARROWER, ()
        case CreatePermissionSet() | DeletePermissionSet() | TagPermissionSet() | Provision():
            return None, ()
        case DeletePolicyVersion() | TagPolicy() | TagRole() | DescribeRole():
            return None, ()
        case UpdatePolicy() | UpdateTrust() | PutBucketPolicy() | PutKeyPolicy() | CreatePolicy() | CreateRole():
            return Reach.UNCLEAR, ()
        case _:
            assert_never(operation)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """A statement before and after; None: it is not there."""

    number: int
    old: Statement | None
    new: Statement | None
    same: bool = False


def _pairs(old: Sequence[Statement], new: Sequence[Statement], partition: str) -> Iterator[_Pair]:
    """Match statements, first those that are the same, then those of one Sid; in the order of `new`, then what goes."""
    # Most stay as and where they are: no need to look at what they mean.
    same = {number for number, (one, other) in enumerate(zip(old, new, strict=False), 1) if one == other}
    meant = partial(documents.normalised, partition=partition)
    left = [(number, one, meant(one)) for number, one in enumerate(old, 1) if number not in same]
    for number, statement in enumerate(new, 1):
        twin = None if number in same or not left else next((one for one in left if one[2] == meant(statement)), None)
        if twin:
            left.remove(twin)
            same.add(number)
    for number, statement in enumerate(new, 1):
        sid = statement.get("Sid")
        # One without a Sid is known by its place.
        alike = (one for one in left if one[1].get("Sid") == sid and (sid or one[0] == number))
        former = None if number in same else next(alike, None)
        if former:
            left.remove(former)
        yield _Pair(number=number, old=former and former[1], new=statement, same=number in same)
    yield from (_Pair(number=number, old=statement, new=None) for number, statement, _ in left)


def _side(pairs: Sequence[_Pair], side: str) -> list[Statement]:
    return [statement for pair in pairs if (statement := pair.old if side == "old" else pair.new)]


def _is_own(statement: Statement | None, name: str) -> bool:
    return ownership.is_own_sid(statement and statement.get("Sid"), name)


def _statement_change(
    pair: _Pair, changed: Sequence[_Pair], stays: Sequence[Statement], name: str, own: str
) -> StatementChange:
    old, new = pair.old, pair.new
    statement = new or old or {}
    said, was = _said(new, own), _said(old, own)
    if pair.same:
        sign, found, means = "=", Reach.SAME, [("=", sentence) for sentence in said]
    elif new is None:
        rest = _side(changed, "new")
        sign, found, means = "-", reach.compare([*rest, statement], rest, stays), [("-", one) for one in was]
    elif old is None:
        rest = _side(changed, "old")
        sign, found, means = "+", reach.compare(rest, [*rest, statement], stays), [("+", one) for one in said]
    else:
        sign, found = "~", reach.compare([old], [new])
        means = [("+", one) for one in said if one not in was] + [("-", one) for one in was if one not in said]
    return StatementChange(
        sign=sign,
        name=str(statement.get("Sid") or f"statement {pair.number}"),
        own=_is_own(statement, name),
        reach=found,
        means=tuple(means),
    )


def _said(statement: Statement | None, own: str) -> list[str]:
    return [phrase.sentence for phrase in wording.phrases(statement, own=own)] if statement else []
