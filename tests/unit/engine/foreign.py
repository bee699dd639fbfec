"""Documents as others see them: which statements are theirs, what became of each, and what they change meanwhile."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from strict import is_ours, statements
from strict.canonical import listed

Statement = Mapping[str, Any]
SERVICE = "personalize.amazonaws.com"


@dataclass(frozen=True)
class Piece:
    """A statement as it stands in a document, and what it is: ours, or (a part of) what others had there before."""

    statement: Statement
    ours: bool = False
    original: Statement | None = None
    """What it was made from, where source conditions were put on it."""
    second: bool = False
    """Whether it was split off from the piece before it."""


def meaning(statement: Statement) -> str:
    """Return what two statements share that mean the same; an empty condition is none."""
    condition = statement.get("Condition")
    if isinstance(condition, dict):
        said = {operator: tests for operator, tests in condition.items() if tests}
        rest = {name: value for name, value in statement.items() if name != "Condition"}
        statement = {**rest, "Condition": said} if said else rest
    return statements({"Statement": [statement]})[0]


def meanings(several: Iterable[Statement]) -> list[str]:
    return [meaning(one) for one in several]


def parsed(text: str | None) -> dict[str, Any]:
    return {"Statement": []} if text is None else json.loads(text)


def in_order(text: str | None) -> list[Statement]:
    return listed(parsed(text)["Statement"])


def shell(text: str) -> dict[str, Any]:
    """Version, Id, and whatever else is no statement."""
    return {name: value for name, value in json.loads(text).items() if name != "Statement"}


def is_same(one: str | None, other: str | None) -> bool:
    """Tell whether two documents mean the same, statement by statement in the same order."""
    if one is None or other is None:
        return one == other
    return shell(one) == shell(other) and meanings(in_order(one)) == meanings(in_order(other))


def pieces(before: str | None, after: str | None, name: str) -> list[Piece]:
    """Return what stands in `after`; fail if a statement of others is lost, moved, or changed but by conditions."""
    left = [*in_order(before)]
    found: list[Piece] = []
    for statement in in_order(after):
        last = found[-1] if found else None
        if is_ours(statement.get("Sid"), name):
            found.append(Piece(statement, ours=True))
        elif left and meaning(left[0]) == meaning(statement):
            found.append(Piece(left.pop(0)))
        elif last and last.original and not last.second and _is_split_off(statement, last):
            found.append(Piece(statement, original=last.original, second=True))
        else:
            assert left, f"nobody wrote {statement}"
            original = left.pop(0)
            assert _is_tightened(statement, original) or _is_rest(statement, original), f"{original} is {statement}"
            found.append(Piece(statement, original=original))
    assert not left, f"{left} is lost"
    rests = [
        piece for piece in found if piece.original and not piece.second and _is_rest(piece.statement, piece.original)
    ]
    assert len(rests) == sum(piece.second for piece in found), "Amazon Personalize is not let in any more"
    return found


def _services(statement: Statement) -> list[Any]:
    principal = statement.get("Principal")
    return listed(principal.get("Service", [])) if isinstance(principal, dict) else []


def _without(statement: Statement, *elements: str) -> str:
    return meaning({name: value for name, value in statement.items() if name not in elements})


def _is_tightened(statement: Statement, original: Statement) -> bool:
    """Tell whether it is the same but for conditions, which name the source now."""
    return (
        original["Effect"] == "Allow"
        and SERVICE in _services(statement)
        and _without(statement, "Condition") == _without(original, "Condition")
        and _is_conditioned(statement)
    )


def _is_rest(statement: Statement, original: Statement) -> bool:
    """Tell whether it is the same but without Amazon Personalize, and with every other principal."""
    if SERVICE in _services(statement) or not isinstance(original.get("Principal"), dict):
        return False
    services = [one for one in _services(original) if one != SERVICE]
    others = {kind: who for kind, who in original["Principal"].items() if kind != "Service"}
    whole = {**original, "Principal": {**others, **({"Service": services} if services else {})}}
    return SERVICE in _services(original) and meaning(statement) == meaning(whole)


def _is_split_off(statement: Statement, rest: Piece) -> bool:
    assert rest.original is not None
    alone = {**rest.original, "Principal": {"Service": SERVICE}}
    different = ("Sid", "Condition")
    same = _without(statement, *different) == _without(alone, *different)
    return same and _is_conditioned(statement) and _is_rest(rest.statement, rest.original)


def _is_conditioned(statement: Statement) -> bool:
    keys = {key.lower() for tests in statement.get("Condition", {}).values() for key in tests}
    return {"aws:sourceaccount", "aws:sourcearn"} <= keys


def restored(found: Sequence[Piece]) -> list[Statement]:
    """Return what must stand there when our part is taken back."""
    return [piece.original or piece.statement for piece in found if not piece.ours and not piece.second]


def written(shell_of: str | None, found: Sequence[Piece]) -> str | None:
    """Return the text of a document with these pieces, None if there are none."""
    if not found:
        return None
    top = shell(shell_of) if shell_of is not None else {"Version": "2012-10-17"}
    return json.dumps({**top, "Statement": [piece.statement for piece in found]})


def new_denies(before: str | None, after: str | None) -> list[str]:
    """Return the statements of `after` that deny something and were not in `before`."""
    old = meanings(in_order(before))
    return [one for one in in_order(after) if one.get("Effect") != "Allow" and meaning(one) not in old]
