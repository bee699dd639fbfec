"""The conditions of a statement in words; those that have none here are quoted. Pure."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from personalize_perms.model.resources import Json

SERVICE: Final = "personalize.amazonaws.com"
_WORK_OF = re.compile(r"arn:[^:*?]*:personalize:([^:*?]+):([0-9]{12}):\*")
_OPERATORS: Final = {
    "StringEquals": "is",
    "StringLike": "is like",
    "StringNotEquals": "is not",
    "StringNotLike": "is not like",
    "ArnEquals": "is like",
    "ArnLike": "is like",
    "ArnNotEquals": "is not like",
    "ArnNotLike": "is not like",
    "Bool": "is",
    "NumericEquals": "is",
    "IpAddress": "is in",
    "NotIpAddress": "is not in",
}


def in_words(conditions: Json) -> list[str]:
    """Return each condition in words; raise `TypeError` for an odd one."""
    if not isinstance(conditions, dict):
        raise TypeError("not a condition")
    clauses = list(_clauses(conditions))
    # What says the account and the Region says the account, too.
    return [one for one in clauses if not any(_says_more(other, one) for other in clauses)]


def _says_more(other: str, one: str) -> bool:
    """Tell whether a clause names the places of the very account that `one` names."""
    return other.startswith(f"{one} in ") and set(re.findall("[0-9]{12}", other)) == {one[-12:]}


def _clauses(conditions: Mapping[str, Json]) -> Iterator[str]:
    for operator, keys in conditions.items():
        if not isinstance(keys, dict):
            raise TypeError("not a condition")
        for key, value in keys.items():
            values = [str(one).lower() if isinstance(one, bool) else str(one) for one in _several(value)]
            known = _KNOWN.get(key.lower(), _quoted)(operator, values)
            yield known or _quoted_as(key, operator, values)


def _several(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _account(operator: str, values: list[str]) -> str:
    return f"for work of the account {' or '.join(values)}" if operator in ("StringEquals", "StringLike") else ""


def _source(operator: str, values: list[str]) -> str:
    found = [_WORK_OF.fullmatch(value) for value in values]
    if operator not in ("StringLike", "ArnLike", "ArnEquals") or not all(found):
        return ""
    places = [f"the account {match[2]} in {match[1]}" for match in found if match]
    return f"for work of {' or '.join(places)}"


def _passed_to(operator: str, values: list[str]) -> str:
    return "to Amazon Personalize" if operator == "StringEquals" and values == [SERVICE] else ""


def _with_mfa(operator: str, values: list[str]) -> str:
    return "after multi-factor authentication" if operator == "Bool" and values == ["true"] else ""


def _quoted(_operator: str, _values: list[str]) -> str:
    return ""


def _quoted_as(key: str, operator: str, values: list[str]) -> str:
    words = _OPERATORS.get(operator, operator)
    return f"if {key} {words} {' or '.join(values) or 'nothing'}"


_KNOWN: Final[Mapping[str, Callable[[str, list[str]], str]]] = {
    "aws:sourceaccount": _account,
    "aws:sourcearn": _source,
    "iam:passedtoservice": _passed_to,
    "aws:multifactorauthpresent": _with_mfa,
}
