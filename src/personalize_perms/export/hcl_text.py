"""Writes HCL as `terraform fmt` leaves it: attributes and blocks, aligned equals signs, escaped templates. Pure.

https://developer.hashicorp.com/terraform/language/expressions/strings
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from personalize_perms.model.values import dataclass

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_INDENT: Final = "  "
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


@dataclass(frozen=True, slots=True)
class Raw:
    """An expression that is written as it is, such as `local.region`."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function's name and its one argument."""

    name: str
    argument: "Hcl"


Hcl: TypeAlias = "str | int | float | bool | Raw | Call | list[Hcl] | Mapping[str, Hcl] | None"


@dataclass(frozen=True, slots=True)
class Block:
    """A block: its type and labels, and its attributes and inner blocks, in this order."""

    head: tuple[str, ...]
    attributes: Mapping[str, Hcl]
    blocks: tuple["Block", ...] = ()


def block(one: Block, depth: int = 0) -> Iterator[str]:
    """Yield the lines of a block."""
    lead = _INDENT * depth
    kind, *labels = one.head
    opening = " ".join((kind, *(quoted(label) for label in labels)))
    if not one.attributes and not one.blocks:
        yield f"{lead}{opening} {{}}"
        return
    yield f"{lead}{opening} {{"
    yield from body(one.attributes, depth + 1)
    for number, inner in enumerate(one.blocks):
        if number or one.attributes:
            yield ""
        yield from block(inner, depth + 1)
    yield f"{lead}}}"


def body(attributes: Mapping[str, Hcl], depth: int) -> Iterator[str]:
    """Yield attributes; those on one line each, next to each other, have their equals signs in one column."""
    together: list[tuple[str, str]] = []
    for name, value in attributes.items():
        key = name if _NAME.fullmatch(name) else quoted(name)
        first, *rest = expression(value, depth)
        if not rest:
            together.append((key, first))
            continue
        yield from _aligned(together, depth)
        together = []
        yield f"{_INDENT * depth}{key} = {first}"
        yield from rest
    yield from _aligned(together, depth)


def _aligned(pairs: Iterable[tuple[str, str]], depth: int) -> Iterator[str]:
    several = list(pairs)
    width = max((len(key) for key, _ in several), default=0)
    return (f"{_INDENT * depth}{key:<{width}} = {value}" for key, value in several)


def expression(value: Hcl, depth: int) -> list[str]:  # noqa: PLR0911 - one line a kind: a table
    """Return the lines of a value whose first line stands at `depth`."""
    lead = _INDENT * depth
    match value:
        case Raw(text):
            return [text]
        case Call(name, argument):
            first, *rest = expression(argument, depth)
            return [f"{name}({first}", *rest[:-1], f"{rest[-1]})"] if rest else [f"{name}({first})"]
        case str():
            return [quoted(value)]
        case list() if value:
            items = [line for one in value for line in _item(one, depth + 1)]
            return ["[", *items, f"{lead}]"]
        case Mapping() if value:
            return ["{", *body(value, depth + 1), f"{lead}}}"]
        case None:
            return ["null"]
        case bool():
            return ["true" if value else "false"]
        case int() | float():
            return [repr(value)]
        case _:
            return ["[]" if isinstance(value, list) else "{}"]


def _item(value: Hcl, depth: int) -> list[str]:
    first, *rest = expression(value, depth)
    lines = [f"{_INDENT * depth}{first}", *rest]
    return [*lines[:-1], f"{lines[-1]},"]


def quoted(text: str) -> str:
    """Return a text in double quotes that means just itself."""
    return f'"{literal(text)}"'


def literal(text: str) -> str:
    """Return a text as it stands inside double quotes, nothing in it being a template."""
    escaped = "".join(_escaped(character) for character in text)
    return escaped.replace("${", "$${").replace("%{", "%%{")


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if " " <= character <= "~":
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - what four digits hold
