"""Documents from outside, read strictly: what could be misunderstood is refused rather than guessed."""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NoReturn

from personalize_perms.model.errors import DocumentError
from personalize_perms.model.resources import Json

_MAX_TEXT = 1_000_000
_MAX_DEPTH = 40
_MAX_DIGITS = 400


def parse(text: str) -> dict[str, Json]:
    """Return the policy document in `text`, or raise `DocumentError` with why it must not be edited.

    Refused: duplicate keys (the last one would silently win), anything that is not a JSON object with statements,
    documents that are too large or too deep, and numbers that would not survive being written again.
    """
    document = strict_json(text)
    if not isinstance(document, dict):
        raise DocumentError("the document is not a JSON object")
    for statement in statements(document):
        if not isinstance(statement.get("Sid", ""), str):
            raise DocumentError("a statement's Sid is not a string")
    return document


def strict_json(text: str, *, longest: int = _MAX_TEXT, deepest: int = _MAX_DEPTH) -> Json:
    """Return what stands in `text`, or raise `DocumentError` where that could be misunderstood."""
    if len(text) > longest:
        raise DocumentError(f"the document has {len(text)} characters")
    try:
        found: Json = json.loads(
            text,
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse_constant,
            parse_int=_whole_number,
            parse_float=_exact_number,
        )
    except RecursionError:
        raise DocumentError("the document is nested too deeply") from None
    except ValueError as error:
        raise DocumentError("the document is not JSON", reason=str(error)) from None
    if _depth(found) > deepest:
        raise DocumentError("the document is nested too deeply")
    return found


def _without_duplicates(pairs: Sequence[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise DocumentError(f"the key {twice!r} stands twice in one object: which one counts cannot be known")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise DocumentError(f"{name} is not JSON")


def _whole_number(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise DocumentError(f"a number has {len(digits)} digits")
    return int(digits)


def _exact_number(digits: str) -> float:
    from decimal import Decimal  # noqa: PLC0415 - hardly any policy holds a fraction

    value = float(digits)
    if len(digits) > _MAX_DIGITS or not math.isfinite(value) or Decimal(repr(value)) != Decimal(digits):
        raise DocumentError(f"the number {digits[:40]} would not survive being written again")
    return value


def _depth(value: Json) -> int:
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return depth


def statements(document: Mapping[str, Json]) -> list[dict[str, Json]]:
    """Return the statements of a document, also of one whose `Statement` is a single object."""
    found = document.get("Statement")
    several = found if isinstance(found, list) else [found]
    whole = [statement for statement in several if isinstance(statement, dict)]
    if len(whole) != len(several):
        raise DocumentError("the document has no Statement that is an object or a list of objects")
    return whole
