"""The texts of a policy taken apart: plain characters, wildcards and policy variables.

Variables exist under Version 2012-10-17 only; in an older document `${aws:username}` is text like any other.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from personalize_perms.evaluate.context import Facts

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_NAMED = re.compile(r"\s*([^,'\s]+)\s*(?:,\s*'([^']*)'\s*)?", re.ASCII)
_ESCAPES = frozenset("*?$")


class Wild(Enum):
    """A wildcard: any characters, or exactly one."""

    ANY = "*"
    ONE = "?"


@dataclass(frozen=True, slots=True)
class Variable:
    """A policy variable: the condition key that it stands for, in lower case, and the value if that is absent."""

    key: str
    default: str | None


Plain: TypeAlias = tuple[str | Wild, ...]
"""A pattern without variables."""
Template: TypeAlias = tuple[str | Wild | Variable, ...]


def template(text: str, *, wild: bool, variables: bool) -> Template:
    """Return the parts of a policy's text; without `wild` or `variables` their signs are plain characters."""
    found: list[str | Wild | Variable] = []
    for part in _parts(text, wild=wild, variables=variables):
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        elif not (part is Wild.ANY and found and found[-1] is Wild.ANY):
            found.append(part)
    return tuple(found)


def _parts(text: str, *, wild: bool, variables: bool) -> Iterator[str | Wild | Variable]:
    at = 0
    for sign in _VARIABLE.finditer(text) if variables and "${" in text else ():
        yield from _wildcards(text[at : sign.start()], wild=wild)
        yield _meant(sign)
        at = sign.end()
    yield from _wildcards(text[at:], wild=wild)


def _meant(sign: re.Match[str]) -> str | Variable:
    inner = sign[1]
    if inner in _ESCAPES:
        return inner
    named = _NAMED.fullmatch(inner)
    return Variable(named[1].lower(), named[2]) if named else sign[0]


def _wildcards(text: str, *, wild: bool) -> Iterator[str | Wild]:
    if not wild:
        if text:
            yield text
        return
    for part in re.split(r"([*?])", text):
        if part:
            yield Wild(part) if part in "*?" else part


@dataclass(frozen=True, slots=True)
class Filled:
    """A template with its variables filled in; where a value is not known, anything, and the key is noted."""

    parts: Plain
    unknown: frozenset[str]


def filled(parts: Template, facts: Facts) -> Filled | None:
    """Fill in the variables, or return None if one has no value: then the text matches nothing."""
    found: list[str | Wild] = []
    unknown: set[str] = set()
    for part in parts:
        if not isinstance(part, Variable):
            found.append(part)
            continue
        values = facts.look(part.key)
        if values is None or len(values) > 1:
            # AWS lets only keys with one value stand in a variable, and does not say what several values do.
            unknown.add(part.key)
            found.append(Wild.ANY)
        elif values:
            found.append(values[0])
        elif part.default is not None:
            found.append(part.default)
        else:
            return None
    return Filled(tuple(found), frozenset(unknown))
