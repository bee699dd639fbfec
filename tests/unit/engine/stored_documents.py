"""What AWS does to a document: which it refuses to store, and how it spells the others when they are read."""

import json
import re
from typing import Any

from strict.canonical import listed, respelled, strictly

_DEAD = re.compile("A(ROA|IDA)[A-Z0-9]{12,}")


class Refused(Exception):  # noqa: N818 - named by what it is, like the program's own
    """AWS would not do this."""


def storable(text: str) -> str:
    """Return a document that AWS would store; raise `Refused` for one without statements or with a dead principal."""
    statements = listed(json.loads(text)["Statement"])
    if not statements:
        raise Refused("Could not parse the policy: Statement is empty!")
    for element in (statement.get(name) for statement in statements for name in ("Principal", "NotPrincipal")):
        if isinstance(element, dict) and any(_DEAD.fullmatch(str(who)) for who in listed(element.get("AWS"))):
            raise Refused(f"Invalid principal in policy: {element}")
    return text


def spelled_anew(text: str, *, seed: int) -> str:
    """Return the text of a document as AWS may show it."""
    return respelled(_numbers_as_strings(text) if seed % 2 else text, seed=seed)


def _numbers_as_strings(text: str) -> str:
    """Spell numbers and booleans in conditions as strings, which is how AWS takes them."""
    try:
        document = strictly(text)
        statements = listed(document["Statement"])
    except (ValueError, KeyError, TypeError):
        return text
    conditions = [statement.get("Condition") for statement in statements if isinstance(statement, dict)]
    tests = [
        keys for found in conditions if isinstance(found, dict) for keys in found.values() if isinstance(keys, dict)
    ]
    for keys in tests:
        for key, value in keys.items():
            keys[key] = [_as_string(one) for one in value] if isinstance(value, list) else _as_string(value)
    return json.dumps(document)


def _as_string(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, int) else value
