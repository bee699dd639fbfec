"""Spells a policy document as AWS may show it: the same meaning, hardly a byte the same.

Seen in the wild: lists of one become strings and the other way round, lists come in another order
(terraform-provider-aws#2432), an empty Sid appears (terraform-provider-aws#6952), an account id becomes the ARN of its
root. What is no known element of a policy is never touched, and a document that cannot be read strictly stays as it is.
"""

import json
import re
from random import Random
from typing import Any

_LISTS = ("Action", "NotAction", "Resource", "NotResource")
_PRINCIPALS = ("Principal", "NotPrincipal")
_ACCOUNT_ID = re.compile(r"[0-9]{12}")


def respelled(text: str, *, seed: int = 0, partition: str = "aws") -> str:
    """Return the document in another spelling, always the same one for the same text and seed."""
    try:
        document = strictly(text)
    except ValueError:
        return text
    if not _well_formed(document):
        return text
    dice = Random(f"{seed}:{text}")
    statements = document["Statement"]
    spelled = [_statement(statement, dice, partition) for statement in listed(statements)]
    whole = {**document, "Statement": spelled if isinstance(statements, list) else spelled[0]}
    indent, separators = dice.choice([(None, (",", ":")), (None, (", ", ": ")), (2, (",", ": "))])
    return json.dumps(_shuffled(whole, dice), indent=indent, separators=separators, ensure_ascii=dice.random() < 0.5)


def strictly(text: str) -> Any:
    """Return what `text` says; raise `ValueError` where that is not certain: keys that stand twice, fractions."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a key stands twice")
        return dict(pairs)

    def never(number: str) -> Any:
        raise ValueError(f"{number} would not be written as it is read")

    try:
        return json.loads(text, object_pairs_hook=once, parse_float=never, parse_constant=never)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _well_formed(document: Any) -> bool:
    if not isinstance(document, dict) or not document.get("Statement"):
        return False
    return all(isinstance(statement, dict) for statement in listed(document["Statement"]))


def _statement(statement: dict[str, Any], dice: Random, partition: str) -> dict[str, Any]:
    spelled = dict(statement)
    if "Sid" not in spelled and dice.random() < 0.5:
        spelled["Sid"] = ""
    for name in _LISTS:
        if name in spelled:
            spelled[name] = _values(spelled[name], dice)
    for name in _PRINCIPALS:
        if isinstance(spelled.get(name), dict):
            spelled[name] = _principals(spelled[name], dice, partition)
    if isinstance(spelled.get("Condition"), dict):
        spelled["Condition"] = _shuffled(
            {
                operator: _shuffled({key: _values(tests[key], dice) for key in tests}, dice)
                if isinstance(tests, dict)
                else tests
                for operator, tests in spelled["Condition"].items()
            },
            dice,
        )
    return _shuffled(spelled, dice)


def _principals(principals: dict[str, Any], dice: Random, partition: str) -> dict[str, Any]:
    def root(who: Any) -> Any:
        is_account = isinstance(who, str) and _ACCOUNT_ID.fullmatch(who)
        return f"arn:{partition}:iam::{who}:root" if is_account else who

    spelled = {}
    for kind, who in principals.items():
        named = [root(one) for one in who] if isinstance(who, list) else root(who)
        spelled[kind] = _values(named if kind == "AWS" else who, dice)
    return _shuffled(spelled, dice)


def _values(value: Any, dice: Random) -> Any:
    """Shuffle a list; a list of one and a bare value may become each other."""
    if isinstance(value, list) and len(value) == 1 and not isinstance(value[0], list | dict):
        return value[0] if dice.random() < 0.7 else value
    if isinstance(value, list):
        return dice.sample(value, len(value))
    return [value] if not isinstance(value, dict) and dice.random() < 0.3 else value


def _shuffled(mapping: dict[str, Any], dice: Random) -> dict[str, Any]:
    return {key: mapping[key] for key in dice.sample(list(mapping), len(mapping))}
