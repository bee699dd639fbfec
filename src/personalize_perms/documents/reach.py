"""Whether a document allows more or less than another one: broader, narrower, or not to be told. Pure.

Statements are taken apart into the single accesses that they allow or deny, so that splitting, joining and sorting
statements is no difference. What cannot be compared (`NotAction` and the like) is never called the same.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cache
from typing import Final, TypeAlias

from personalize_perms.model.resources import Json, Statement
from personalize_perms.model.values import dataclass

Keys: TypeAlias = frozenset[tuple[str, str, frozenset[str]]]
"""Condition operator, condition key in lower case, and its values."""

_COLONS: Final = 5
"""Colons of an ARN up to its last part."""
_KNOWN: Final = {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
_BUCKET_ACTIONS: Final = {"s3:listbucket"}
_OBJECT_ACTIONS: Final = {"s3:getobject", "s3:putobject", "s3:deleteobject"}
_ANY_OF: Final = {"StringEquals", "StringLike", "ArnLike", "ArnEquals"}
"""Operators of which more values are met by more requests."""


class Reach(StrEnum):
    """How what is allowed compares with what was."""

    SAME = "same"
    BROADER = "broader"
    NARROWER = "narrower"
    MIXED = "broader-and-narrower"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Access:
    """One action of one principal on one resource; a principal or resource that a document does not name is empty."""

    principal: str
    action: str
    resource: str
    conditions: Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class _Accesses:
    """What a document allows and denies, and the statements that cannot be taken apart."""

    allowed: frozenset[Access]
    denied: frozenset[Access]
    odd: frozenset[str]

    def beside(self, other: "_Accesses") -> "_Accesses":
        return _Accesses(allowed=self.allowed | other.allowed, denied=self.denied | other.denied, odd=self.odd)


def compare(old: Iterable[Statement], new: Iterable[Statement], both: Sequence[Statement] = ()) -> Reach:
    """Tell whether the statements in `new` allow more than those in `old`, or less, conditions and Denies included.

    Those in `both` stand beside the old and beside the new ones.
    """
    before, after = _accesses(old), _accesses(new)
    if before.odd != after.odd:
        return Reach.UNCLEAR
    found = _compared(before, after)
    if found is Reach.SAME or not both:
        return found
    # A document of others may be large: only what has the same effect on the same principals can cover what changes.
    principals = {
        "Allow": {access.principal for access in before.allowed | after.allowed},
        "Deny": {access.principal for access in before.denied | after.denied},
    }
    beside = _accesses(statement for statement in both if _is_about(statement, principals))
    return _compared(before.beside(beside), after.beside(beside)) if beside.allowed or beside.denied else found


def _is_about(statement: Statement, principals: Mapping[str, set[str]]) -> bool:
    named = principals.get(str(statement.get("Effect")), set())
    try:
        return bool(named) and not {"*", *named}.isdisjoint(_principals(statement.get("Principal", "")))
    except TypeError:
        return False  # then it covers nothing


def _compared(before: "_Accesses", after: "_Accesses") -> Reach:
    gained = _beyond(after.allowed, before.allowed) or _beyond(before.denied, after.denied)
    lost = _beyond(before.allowed, after.allowed) or _beyond(after.denied, before.denied)
    if gained and lost:
        return Reach.MIXED
    return Reach.BROADER if gained else Reach.NARROWER if lost else Reach.SAME


def combined(several: Iterable[Reach]) -> Reach:
    """Return what several changes come to together."""
    found = set(several) - {Reach.SAME}
    if Reach.UNCLEAR in found:
        return Reach.UNCLEAR
    return found.pop() if len(found) == 1 else Reach.MIXED if found else Reach.SAME


def _accesses(statements: Iterable[Statement]) -> _Accesses:
    allowed: set[Access] = set()
    denied: set[Access] = set()
    odd: set[str] = set()
    for statement in statements:
        try:
            into = {"Allow": allowed, "Deny": denied}[str(statement.get("Effect"))]
            into.update(_taken_apart(statement))
        except (KeyError, TypeError, ValueError):
            odd.add(repr(sorted(statement.items(), key=repr)))
    return _Accesses(allowed=frozenset(allowed), denied=frozenset(denied), odd=frozenset(odd))


def _taken_apart(statement: Statement) -> Iterator[Access]:
    """Yield every access of a statement; raise for one that has more elements than are understood here."""
    if not _KNOWN.issuperset(statement):
        raise ValueError("an element that cannot be compared")
    conditions = frozenset(_conditions(statement.get("Condition", {})))
    for principal in _principals(statement.get("Principal", "")):
        for action in texts(statement.get("Action")):
            for resource in texts(statement.get("Resource", "")):
                if has_effect(action, resource):
                    yield Access(principal, action.lower(), resource, conditions)


def texts(value: Json) -> list[str]:
    """Return one string or several as a list; raise `TypeError` for anything else."""
    several = value if isinstance(value, list) else [value]
    found = [one for one in several if isinstance(one, str)]
    if len(found) != len(several):
        raise TypeError("not a list of strings")
    return found


def has_effect(action: str, resource: str) -> bool:
    """Tell whether a well-known action of S3 can be meant for this resource: a bucket's never for objects."""
    bucket, slash, _ = resource.partition(":::")[2].partition("/")
    if not bucket or set("*?$") & set(bucket):
        return True
    return action.lower() not in (_BUCKET_ACTIONS if slash else _OBJECT_ACTIONS)


def _principals(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        for kind, names in value.items():
            yield from ("*" if name == "*" and kind == "AWS" else f"{kind} {name}" for name in texts(names))
    elif value in ("", "*"):
        yield str(value)
    else:
        raise TypeError("not a principal")


def _conditions(value: Json) -> Iterator[tuple[str, str, frozenset[str]]]:
    if not isinstance(value, dict):
        raise TypeError("not a condition")
    for operator, keys in value.items():
        if not isinstance(keys, dict):
            raise TypeError("not a condition")
        for key, values in keys.items():
            several = values if isinstance(values, list) else [values]
            yield operator, key.lower(), frozenset(str(one) for one in several)


def _beyond(some: frozenset[Access], others: frozenset[Access]) -> bool:
    """Tell whether anything in `some` is not within something in `others`."""
    rest = some - others
    if not rest:
        return False
    wide = [other for other in others if _is_wide(other)]
    alike: Mapping[tuple[str, str, str], list[Access]] = _by_place(others)
    return not all(
        any(_within(one, other) for other in (*alike.get((one.principal, one.action, one.resource), ()), *wide))
        for one in rest
    )


def _by_place(accesses: Iterable[Access]) -> dict[tuple[str, str, str], list[Access]]:
    found: dict[tuple[str, str, str], list[Access]] = {}
    for one in accesses:
        found.setdefault((one.principal, one.action, one.resource), []).append(one)
    return found


def _is_wide(access: Access) -> bool:
    return access.principal == "*" or any(sign in access.action + access.resource for sign in "*?")


def _within(one: Access, other: Access) -> bool:
    return (
        _is_among(one.principal, other.principal)
        and _matches(other.action, one.action)
        and _covers(other.resource, one.resource)
        and all(any(_implies(mine, theirs) for mine in one.conditions) for theirs in other.conditions)
    )


def _is_among(one: str, other: str) -> bool:
    """Tell whether a principal is meant by another one; that `*` means services, too, is not relied on."""
    return one == other or (other == "*" and not one.startswith("Service "))


def _covers(pattern: str, resource: str) -> bool:
    """Tell whether a resource is within another; a wildcard reaches over no colon of an ARN but those at its end."""
    one, other = pattern.split(":", _COLONS), resource.split(":", _COLONS)
    if pattern in ("*", resource):
        return True
    return len(one) == len(other) and all(map(_matches, one, other))


def _matches(pattern: str, text: str) -> bool:
    """Tell whether everything that `text` stands for, wildcards and all, is matched by `pattern`."""
    return pattern == text or _expression(pattern).fullmatch(text) is not None


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    signs = {"*": ".*", "?": "[^*]"}
    return re.compile("".join(signs.get(character, re.escape(character)) for character in pattern), re.DOTALL)


def _implies(one: tuple[str, str, frozenset[str]], other: tuple[str, str, frozenset[str]]) -> bool:
    """Tell whether a request that meets condition `one` meets `other`, too."""
    if one[:2] != other[:2]:
        return False
    return one[2] == other[2] or (one[0] in _ANY_OF and one[2] <= other[2])
