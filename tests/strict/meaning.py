"""Compares policy documents by meaning, independently of the program: what must be equal after AWS respelled it."""

import base64
import json
import re
import zlib
from typing import Any

from strict.canonical import listed, strictly

_ACTIONS = ("Action", "NotAction")
_RESOURCES = ("Resource", "NotResource")
_PRINCIPALS = ("Principal", "NotPrincipal")


def same_meaning(one: Any, other: Any) -> bool:
    """Tell whether two documents, as texts or parsed, mean the same; two that cannot be read must be equal as texts."""
    return identity(one) == identity(other)


def identity(document: Any) -> str:
    """Return a text that two documents share if, and only if, they mean the same."""
    if document is None:
        return "none"
    if isinstance(document, str):
        try:
            document = strictly(document)
        except ValueError:
            return f"text:{document}"
    if not isinstance(document, dict) or "Statement" not in document:
        return _exact(document)
    statements = sorted(_exact(_statement(statement)) for statement in listed(document["Statement"]))
    return _exact({**document, "Statement": statements})


def statements(document: Any) -> list[str]:
    """Return what identifies each statement, sorted, so that documents compare as bags of statements."""
    parsed = strictly(document) if isinstance(document, str) else document
    return sorted(_exact(_statement(statement)) for statement in listed(parsed["Statement"]))


def foreign(document: Any, name: str) -> dict[str, Any] | None:
    """Return the document without the statements of the set-up `name`; None where nothing is left, or nothing was."""
    if document is None:
        return None
    parsed = strictly(document) if isinstance(document, str) else document
    theirs = [statement for statement in listed(parsed["Statement"]) if not is_ours(statement.get("Sid"), name)]
    return {**parsed, "Statement": theirs} if theirs else None


def is_ours(sid: Any, name: str) -> bool:
    """Tell whether a Sid is one of the set-up `name`: its letters and digits, 4 characters of CRC-32, a word."""
    checksum = base64.b32encode(zlib.crc32(name.encode()).to_bytes(4, "big")).decode()[:4]
    prefix = "".join(c for c in name if c.isascii() and c.isalnum()) + checksum
    return (
        isinstance(sid, str) and sid.startswith(prefix) and bool(re.fullmatch("[A-Z][A-Za-z0-9]*", sid[len(prefix) :]))
    )


def _statement(statement: Any) -> Any:
    if not isinstance(statement, dict):
        return statement
    meant = {name: value for name, value in statement.items() if (name, value) != ("Sid", "")}
    for name in _ACTIONS:
        if name in meant:
            meant[name] = _bag(meant[name], _lowered)
    for name in _RESOURCES:
        if name in meant:
            meant[name] = _bag(meant[name], lambda value: value)
    for name in _PRINCIPALS:
        if isinstance(meant.get(name), dict):
            meant[name] = {kind: _bag(who, _rooted if kind == "AWS" else str) for kind, who in meant[name].items()}
    if isinstance(meant.get("Condition"), dict):
        meant["Condition"] = {operator: _tests(tests) for operator, tests in meant["Condition"].items()}
    return meant


def _tests(tests: Any) -> Any:
    if not isinstance(tests, dict):
        return tests
    return {_lowered(key): _bag(value, _condition_value) for key, value in tests.items()}


def _bag(value: Any, spelled: Any) -> Any:
    """A list as a set: order and repetition mean nothing, and a bare value is a list of one."""
    return sorted({_exact(spelled(one)) for one in listed(value)})


def _lowered(value: Any) -> Any:
    # ASCII letters only: other letters that fold to ASCII ones are not the same to AWS.
    return re.sub("[A-Z]", lambda found: found[0].lower(), value) if isinstance(value, str) else value


def _rooted(value: Any) -> Any:
    root = re.fullmatch(r"arn:aws(?:-[a-z-]+)?:iam::([0-9]{12}):root", value) if isinstance(value, str) else None
    return root[1] if root else value


def _condition_value(value: Any) -> Any:
    # A boolean is a number to Python, so it goes first.
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else value


def _exact(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
