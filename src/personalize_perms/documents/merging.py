"""Our edit, made again in a document that others changed meanwhile, so that both edits are in it. Pure.

No service of AWS offers a compare-and-swap for these documents. Where a write met another one, what we wanted to take
out and to put in is done anew in what is there now; everything else stays as it is found, in its place.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from personalize_perms.documents.comparing import dead_principals, normalised
from personalize_perms.documents.measuring import LIMITS, DocumentKind, new_document, size, to_text
from personalize_perms.documents.reading import parse, statements
from personalize_perms.model.errors import DocumentError, ResourceConflict
from personalize_perms.model.resources import Json, Statement
from personalize_perms.model.values import dataclass

_AGAIN: Final = "look at the document, then run the same command again: it plans from what is there now"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentEdit:
    """What one write does to one document: its text before and after; None: no document."""

    kind: DocumentKind
    name: str
    before: str | None
    after: str | None


def merge(
    edit: DocumentEdit, now: str | None, is_own: Callable[[object], bool], partition: str, *, quota: int = 0
) -> str | None:
    """Return what is to be stored so that `now` has our edit too; `now` itself where it has it already.

    `quota` is a limit that was raised for this account. Raises `DocumentError` where the text cannot be edited safely
    or AWS would refuse it, and `ResourceConflict` where others changed the very statements that we change.
    """
    old, new, found = (_statements(text) for text in (edit.before, edit.after, now))
    key = _Key(partition)
    then, wanted, there = (Counter(map(key, listed)) for listed in (old, new, found))
    lacking = Counter({one: wanted[one] - there[one] for one in wanted - then})
    surplus = Counter({one: there[one] - wanted[one] for one in then - wanted})
    lacking, surplus = +lacking, +surplus
    _refuse_conflict(edit, (old, new, found), key, is_own, lacks=bool(lacking), ends=not lacking and not surplus)
    if not lacking and not surplus:
        return now
    merged = _edited(old, new, found, key, lacking, surplus)
    if not merged and edit.kind is DocumentKind.BUCKET_POLICY:
        return None
    shell = parse(now) if now is not None else new_document(())
    return _storable(edit, {**shell, "Statement": [*merged]}, now, quota)


@dataclass(frozen=True, slots=True)
class _Key:
    partition: str

    def __call__(self, statement: Statement) -> str:
        return normalised(statement, self.partition)


def _statements(text: str | None) -> list[dict[str, Json]]:
    return statements(parse(text)) if text is not None else []


def _refuse_conflict(
    edit: DocumentEdit,
    listed: tuple[list[dict[str, Json]], list[dict[str, Json]], list[dict[str, Json]]],
    key: _Key,
    is_own: Callable[[object], bool],
    *,
    lacks: bool,
    ends: bool,
) -> None:
    """Raise `ResourceConflict` where others changed, or removed, a statement that is ours or that we change.

    Where our edit `ends`, because it is there, only what was to go for good could still be there in another form.
    """
    old, new, found = ({key(statement): statement.get("Sid") for statement in some} for some in listed)
    changing = {sid for one, sid in (old | new).items() if sid and (one not in old or one not in new or is_own(sid))}
    changing -= set(new.values()) if ends else set()
    foreign = [sid for one, sid in found.items() if sid in changing and one not in old and one not in new]
    if foreign:
        raise ResourceConflict(
            f"{edit.name}: someone else changed the statement {foreign[0]} at the same time; it is left as it is",
            hint=_AGAIN,
        )
    missing = [sid for one, sid in old.items() if one not in found and (is_own(sid) or one not in new)]
    replaced = {sid for one, sid in new.items() if one not in old and one not in found}
    kept = {sid for one, sid in old.items() if one in new}
    gone = [sid or "without a Sid" for sid in missing if lacks and (sid in replaced | kept or not sid)]
    if gone:
        raise ResourceConflict(
            f"{edit.name}: someone else removed the statement {gone[0]} at the same time; the rest is left as it is",
            hint=_AGAIN,
        )


def _edited(
    old: list[dict[str, Json]],
    new: list[dict[str, Json]],
    found: list[dict[str, Json]],
    key: _Key,
    lacking: Counter[str],
    surplus: Counter[str],
) -> list[dict[str, Json]]:
    """Take out and put in: in place of what is replaced, after what it followed, or at the end."""
    instead, after, last = _places(old, new, key, lacking)
    left = Counter(surplus)
    result: list[dict[str, Json]] = []
    put: set[int] = set()

    def place(numbers: Iterable[int]) -> None:
        fresh = [number for number in numbers if number not in put]
        put.update(fresh)
        result.extend(new[number] for number in fresh)

    place(after.get("", ()))
    for statement in found:
        one = key(statement)
        if left[one] > 0:
            left[one] -= 1
            place(instead.get(one, ()))
        else:
            result.append(statement)
            place(after.get(one, ()))
    place([*(n for numbers in (*instead.values(), *after.values()) for n in numbers), *last])
    return result


def _places(
    old: list[dict[str, Json]], new: list[dict[str, Json]], key: _Key, lacking: Counter[str]
) -> tuple[dict[str, list[int]], dict[str, list[int]], list[int]]:
    """Return where each missing statement of `new` goes: instead of one, after one, or at the end."""
    keys, former = [key(statement) for statement in new], [key(statement) for statement in old]
    leaving = {statement.get("Sid"): one for one, statement in zip(former, old, strict=True) if one not in keys}
    tail = max((number for number, one in enumerate(keys) if one in former), default=-1)
    instead: dict[str, list[int]] = {}
    after: dict[str, list[int]] = {}
    last: list[int] = []
    left = Counter(lacking)
    for number, one in enumerate(keys):
        if left[one] <= 0:
            continue
        left[one] -= 1
        sid = new[number].get("Sid")
        if sid and sid in leaving:
            instead.setdefault(leaving[sid], []).append(number)
        elif number > tail:
            last.append(number)
        else:
            before = next((keys[n] for n in range(number - 1, -1, -1) if keys[n] in former), "")
            after.setdefault(before, []).append(number)
    return instead, after, last


def _storable(edit: DocumentEdit, document: Mapping[str, Json], now: str | None, quota: int) -> str:
    found = statements(document)
    if not found:
        raise DocumentError(f"{edit.name}: nothing would be left in it, and AWS does not store an empty document")
    dead = dead_principals(found)
    if dead:
        raise DocumentError(
            f"{edit.name}: AWS refuses to store it again, because it names {', '.join(dict.fromkeys(dead))}, a user or "
            "role that was deleted",
            hint="ask its owner to remove or replace that principal, then run the same command again",
        )
    # What is stored already shows that a quota was raised.
    known = [size(edit.kind, parse(text)) for text in (edit.before, edit.after, now) if text is not None]
    limit, needed = max(LIMITS[edit.kind], quota, *known), size(edit.kind, document)
    if needed > limit:
        raise DocumentError(
            f"{edit.name}: with what others added meanwhile it would have a size of {needed:,}; AWS allows {limit:,}",
            hint="shorten it, then run the same command again",
        )
    return to_text(edit.kind, document)
