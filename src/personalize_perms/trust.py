"""Statements in a trust policy that let Amazon Personalize in without saying for whom. Pure.

Such a statement defeats the conditions of ours: access is allowed if any statement allows it.
https://docs.aws.amazon.com/personalize/latest/dg/cross-service-confused-deputy-prevention.html
"""

import re
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Final

from personalize_perms import documents
from personalize_perms.model.resources import Json, Statement

SERVICE: Final = "personalize.amazonaws.com"
_SOURCE_KEYS = ("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths")
_RESTRICTING = re.compile(
    r"(ForAnyValue:)?(StringEquals|StringEqualsIgnoreCase|StringLike|ArnEquals|ArnLike)(IfExists)?"
)
_ANY_ORGANISATION = re.compile(r"[*?]*|o-[*?]*(/[*?/]*)?")
_WILD = re.compile(r"[*?]")
_TO_ACCOUNT: Final = 5
"""Fields of an ARN up to the account's; a wildcard may stand for several."""


def loose_statements(
    document: Mapping[str, Json], is_own: Callable[[object], bool]
) -> Iterator[tuple[int, dict[str, Json]]]:
    """Yield number (from 1) and statement of those of others that let Personalize in without source conditions."""
    for number, statement in enumerate(documents.statements(document), 1):
        if not is_own(statement.get("Sid")) and lets_in(statement) and not has_source_condition(statement):
            yield number, statement


def lets_in(statement: Statement) -> bool:
    """Tell whether a statement allows the service principal to assume the role, conditions aside."""
    if statement.get("Effect") != "Allow":
        return False
    actions, excepted = statement.get("Action"), statement.get("NotAction")
    matches = any(_covers(action) for action in _listed(actions)) if actions else False
    if excepted:
        matches = not any(_covers(action) for action in _listed(excepted))
    return matches and _names_service(statement)


def names_personalize(statement: Statement) -> bool:
    """Tell whether a statement lets the service in by its name, not because it lets everybody in."""
    principal = statement.get("Principal")
    named = isinstance(principal, dict) and SERVICE in _listed(principal.get("Service"))
    return named and lets_in(statement)


def _covers(action: Json) -> bool:
    return isinstance(action, str) and fnmatchcase("sts:assumerole", action.lower().replace("[", "[[]"))


def _names_service(statement: Statement) -> bool:
    if "NotPrincipal" in statement:
        excepted = statement["NotPrincipal"]
        named = _listed(excepted.get("Service")) if isinstance(excepted, dict) else []
        return excepted != "*" and SERVICE not in named
    principal = statement.get("Principal")
    if isinstance(principal, dict):
        return SERVICE in _listed(principal.get("Service")) or "*" in _listed(principal.get("AWS"))
    return principal == "*"


def has_source_condition(statement: Statement) -> bool:
    """Tell whether a condition pins the account or organisation that Personalize acts for."""
    conditions = statement.get("Condition")
    for operator, keys in conditions.items() if isinstance(conditions, dict) else ():
        if isinstance(keys, dict) and _RESTRICTING.fullmatch(operator):
            for key, values in keys.items():
                texts = [value for value in _listed(values) if isinstance(value, str)]
                if key.lower() in _SOURCE_KEYS and texts and not any(_means_anybody(key.lower(), t) for t in texts):
                    return True
    return False


def regions(statement: Statement) -> Iterator[str]:
    """Yield the Regions of the source ARNs in the statement's conditions, where they name one."""
    conditions = statement.get("Condition")
    for keys in conditions.values() if isinstance(conditions, dict) else ():
        for key, values in keys.items() if isinstance(keys, dict) else ():
            for text in _listed(values) if key.lower() == "aws:sourcearn" else ():
                region = text.split(":")[3:4] if isinstance(text, str) else []
                yield from (found for found in region if found and not _WILD.search(found))


def _means_anybody(key: str, text: str) -> bool:
    """Tell whether the value of a source condition is met by accounts or organisations of others too."""
    if key == "aws:sourceaccount":
        return bool(_WILD.search(text))
    if key == "aws:sourcearn":
        fields = text.split(":")
        open_ended = len(fields) < _TO_ACCOUNT or any(map(_WILD.search, fields[:_TO_ACCOUNT]))
        return open_ended and not any(re.fullmatch("[0-9]{12}", field) for field in fields)
    return bool(_ANY_ORGANISATION.fullmatch(text))


def tighten(statement: dict[str, Json], condition: Mapping[str, Json]) -> list[dict[str, Json]] | None:
    """Return what stands in the statement's place once Personalize is let in under `condition` only.

    Principals that share the statement keep theirs as it was, and Personalize gets one of its own beside it.
    None: it lets everybody in, so it cannot be split without changing it for others.
    """
    principal = statement.get("Principal")
    services = _listed(principal.get("Service")) if isinstance(principal, dict) else []
    if not isinstance(principal, dict) or SERVICE not in services or "*" in _listed(principal.get("AWS")):
        return None
    tightened = {**statement, "Condition": _merged(statement.get("Condition"), condition)}
    rest: list[Json] = [service for service in services if service != SERVICE]
    others: dict[str, Json] = {kind: names for kind, names in principal.items() if kind != "Service"}
    if rest:
        others["Service"] = rest
    if not others:
        return [tightened]
    tightened["Principal"] = {"Service": SERVICE}
    if statement.get("Sid"):
        tightened["Sid"] = f"{statement['Sid']}Personalize"
    order = {kind: others[kind] for kind in principal if kind in others}
    return [{**statement, "Principal": order}, tightened]


def _merged(existing: Json, added: Mapping[str, Json]) -> dict[str, Json]:
    merged: dict[str, Json] = dict(existing) if isinstance(existing, dict) else {}
    for operator, keys in added.items():
        ours = keys if isinstance(keys, dict) else {}
        theirs = merged.get(operator)
        folded = {key.lower() for key in ours}
        kept = (
            {key: value for key, value in theirs.items() if key.lower() not in folded}
            if isinstance(theirs, dict)
            else {}
        )
        merged[operator] = {**kept, **ours}
    return merged


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [] if value is None else [value]
