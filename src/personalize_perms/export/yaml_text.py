"""Writes the YAML that templates need, always the same: mappings, lists, strings and short-form tags. Pure.

Whatever could be read as something else than a string is quoted, so that every YAML reader agrees.
https://yaml.org/spec/1.2.2/#double-quoted-style
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from personalize_perms.model.values import dataclass

_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(::?[A-Za-z0-9_-]+|[./][A-Za-z0-9_-]+)*")
_WORDS: Final = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null"])
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_INDENT: Final = "  "


@dataclass(frozen=True, slots=True)
class Tagged:
    """A string with a tag, such as `!Ref Name`."""

    tag: str
    text: str


Yaml: TypeAlias = "str | int | float | bool | Tagged | list[Yaml] | Mapping[str, Yaml] | None"


def block(value: Mapping[str, Yaml], depth: int = 0) -> Iterator[str]:
    """Yield the lines of a mapping, indented by `depth` steps."""
    for key, inner in value.items():
        yield from _entry(f"{_INDENT * depth}{scalar(key)}:", inner, depth)


def _entry(lead: str, value: Yaml, depth: int) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        yield lead
        yield from block(value, depth + 1)
    elif isinstance(value, list) and value:
        yield lead
        yield from _items(value, depth + 1)
    else:
        yield f"{lead} {scalar(value)}"


def _items(values: list[Yaml], depth: int) -> Iterator[str]:
    lead = _INDENT * depth
    for value in values:
        if isinstance(value, Mapping) and value:
            first, *rest = block(value, depth + 1)
            yield f"{lead}- {first.lstrip()}"
            yield from rest
        elif isinstance(value, list) and value:
            yield f"{lead}-"
            yield from _items(value, depth + 1)
        else:
            yield f"{lead}- {scalar(value)}"


def scalar(value: Yaml) -> str:
    """Return a value that is no collection, or an empty one."""
    match value:
        case Tagged(tag, text):
            return f"{tag} {scalar(text)}"
        case str():
            plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS
            return value if plain else quoted(value)
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case _:
            return "{}" if isinstance(value, Mapping) else "[]"


def quoted(text: str) -> str:
    """Return a text in double quotes, with everything escaped that is not printable ASCII."""
    return f'"{"".join(_escaped(character) for character in text)}"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if " " <= character <= "~":
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - what four digits hold
