"""Decides what policy documents allow: a second opinion that shares no code, and no author, with the program.

Small on purpose, and strict: an element, an operator or a principal that it does not know is an error, never a "no".
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias

Document: TypeAlias = Mapping[str, Any]

_ELEMENTS = frozenset({"Sid", "Effect", "Action", "Resource", "Principal", "Condition"})
_PARTS_OF_AN_ARN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question. `who` is asked of resource-based policies only; a trust policy has no `resource`."""

    action: str
    resource: str = ""
    who: tuple[str, str] | None = None
    context: Mapping[str, str] = field(default_factory=dict)


def allowed(documents: Iterable[Document], request: Request) -> bool:
    """Tell whether some statement allows the request and none denies it."""
    effects = {
        statement["Effect"] for document in documents for statement in _statements(document) if _hit(statement, request)
    }
    if not effects <= {"Allow", "Deny"}:
        raise ValueError(f"there is no such effect: {effects}")
    return effects == {"Allow"}


def _statements(document: Document) -> list[Document]:
    if document["Version"] != "2012-10-17":
        raise ValueError("policy variables mean something else in this version")
    return _listed(document["Statement"])


def _hit(statement: Document, request: Request) -> bool:
    unknown = statement.keys() - _ELEMENTS
    if unknown or ("Principal" in statement) != (request.who is not None):
        raise ValueError(f"this is no statement for such a request: {statement}")
    return (
        (request.who is None or _names(statement["Principal"], *request.who))
        and all(_holds(operator, keys, request.context) for operator, keys in statement.get("Condition", {}).items())
        and any(_glob(action.lower(), request.action.lower()) for action in _listed(statement["Action"]))
        and _is_about(statement, request.resource)
    )


def _is_about(statement: Document, resource: str) -> bool:
    if not resource:
        return "Resource" not in statement
    return any(_arn_like(pattern, resource) for pattern in _listed(statement["Resource"]))


def _names(principal: Any, kind: str, name: str) -> bool:
    """Tell whether `principal` names this one, or all of its account."""
    if principal == "*":
        return True
    if not principal.keys() <= {"AWS", "Service", "Federated"}:
        raise ValueError(f"there is no such principal: {principal}")
    names = _listed(principal.get(kind, []))
    if kind != "AWS":
        return name in names
    account = name.split(":")[4]
    return any(one in ("*", name, account) or one.endswith(f"::{account}:root") for one in names)


def _holds(operator: str, keys: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    test = _OPERATORS[operator]
    given = {key.lower(): value for key, value in context.items()}
    # A key that the request does not carry meets no condition.
    return all(
        key.lower() in given and any(test(str(value), given[key.lower()]) for value in _listed(values))
        for key, values in keys.items()
    )


@cache
def _pattern(text: str) -> re.Pattern[str]:
    parts = re.split(r"([*?])", text)
    return re.compile("".join({"*": ".*", "?": "."}.get(part) or re.escape(part) for part in parts), re.DOTALL)


@cache
def _glob(pattern: str, text: str) -> bool:
    return _pattern(pattern).fullmatch(text) is not None


@cache
def _arn_like(pattern: str, arn: str) -> bool:
    """Match part by part: only in the last part, the resource, may `*` go beyond a colon."""
    if pattern == "*":
        return True
    wanted, given = (text.split(":", _PARTS_OF_AN_ARN - 1) for text in (pattern, arn))
    return len(wanted) == len(given) == _PARTS_OF_AN_ARN and all(map(_glob, wanted, given))


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, given: wanted == given,
    "StringLike": _glob,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": lambda wanted, given: wanted.lower() == given.lower(),
}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
