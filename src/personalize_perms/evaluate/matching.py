"""Whether a text of a policy matches a value: whole texts with wildcards, and ARNs part by part.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias, TypeGuard

from personalize_perms.evaluate.context import Facts
from personalize_perms.evaluate.truth import Truth, depends_on
from personalize_perms.evaluate.variables import Filled, Plain, Template, Variable, Wild, filled, template

Test: TypeAlias = Callable[[str, Facts], Truth]
"""Tells of one value of a request whether one value of a policy matches it."""

_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_PARTS = 6


def is_plain(parts: Template) -> TypeGuard[Plain]:
    """Tell whether there are no variables in a template."""
    return not any(isinstance(part, Variable) for part in parts)


def fold(text: str) -> str:
    """Return `text` with the ASCII letters in lower case, and no others: a long s is no `s` to AWS."""
    return text.translate(_LOWER)


def pattern_of(parts: Plain, *, within: str = ".") -> str:
    """Return the regular expression of a pattern, in which a wildcard stands for characters of the class `within`.

    Each `*` takes as little as it can and never reconsiders: the earliest match is as good as any, and a hostile
    pattern costs no more than a plain one.
    """
    runs: list[list[str]] = [[]]
    for part in parts:
        if part is Wild.ANY:
            runs.append([])
        else:
            runs[-1].append(within if part is Wild.ONE else re.escape(str(part)))
    first, *rest = ("".join(run) for run in runs)
    if not rest:
        return first
    *middle, last = rest
    return first + "".join(f"(?>{within}*?{run})" for run in middle) + f"{within}*" + last


@lru_cache(maxsize=4096)
def _expression(parts: Plain) -> re.Pattern[str]:
    return re.compile(pattern_of(parts), re.DOTALL)


def glob(parts: Plain) -> Callable[[str], bool]:
    """Return the test of whether a whole text matches a pattern."""
    if not any(isinstance(part, Wild) for part in parts):
        return "".join(str(part) for part in parts).__eq__
    if parts == (Wild.ANY,):
        return lambda _: True
    if len(parts) == 2 and isinstance(parts[0], str) and parts[1] is Wild.ANY:  # noqa: PLR2004 - text, then `*`
        prefix = parts[0]
        return lambda text: text.startswith(prefix)
    expression = _expression(parts)
    return lambda text: expression.fullmatch(text) is not None


@lru_cache(maxsize=4096)
def text_test(text: str, *, wild: bool, variables: bool, folded: bool = False) -> Test:
    """Return the test of a string operator's value."""
    parts = template(text, wild=wild, variables=variables)
    if is_plain(parts):
        matches = glob(tuple(fold(part) if folded and isinstance(part, str) else part for part in parts))
        if folded:
            return lambda value, _: matches(fold(value))
        return lambda value, _: matches(value)

    def test(value: str, facts: Facts) -> Truth:
        found = filled(parts, facts)
        if found is None:
            return False
        plain = tuple(fold(part) if folded and isinstance(part, str) else part for part in found.parts)
        return _unless_unknown(_expression(plain).fullmatch(fold(value) if folded else value) is not None, found)

    return test


def _unless_unknown(matches: bool, found: Filled) -> Truth:  # noqa: FBT001 - an intermediate truth
    return found.unknown if matches and found.unknown else matches


@lru_cache(maxsize=4096)
def arn_test(text: str, *, variables: bool, expands: bool) -> Test:
    """Return the test of an ARN pattern.

    The first five parts match one by one, the resource part as a whole. A `*` that ends the whole pattern covers what
    follows. In `Resource` (`expands`) AWS says of a `*` that ends any part both that it can go beyond the colon and
    that it cannot: where that decides, the answer is unknown.
    """
    parts = template(text, wild=True, variables=variables)
    if parts == (Wild.ANY,) and expands:
        return lambda _value, _facts: True
    if not is_plain(parts):
        return _arn_with_variables(text, parts, expands=expands)
    head, _ = _split(parts)
    if len(head) == _PARTS - 1 and not any(isinstance(part, Wild) for one in head for part in one):
        matches = glob(parts)
        return lambda value, _: matches(value)
    return _arn_plain(text, parts, expands=expands)


def _split(parts: Plain) -> tuple[list[Plain], Plain]:
    """Return what stands before each of the first five colons, and the rest."""
    head: list[Plain] = []
    now: list[str | Wild] = []
    for part in parts:
        text = part
        while isinstance(text, str) and len(head) < _PARTS - 1 and ":" in text:
            before, text = text.split(":", 1)
            head.append((*now, before))
            now = []
        now.append(text)
    return head, tuple(now)


def _arn_plain(text: str, parts: Plain, *, expands: bool) -> Test:
    strict, loose = _arn_expressions(parts)
    if not expands and len(_split(parts)[0]) < _PARTS - 1:
        # AWS compares the six parts one by one, and does not say what fewer do.
        return lambda value, _: depends_on(text) if _expression(parts).fullmatch(value) else False
    if not expands or loose is None:
        return lambda value, _: strict.fullmatch(value) is not None

    def test(value: str, _: Facts) -> Truth:
        if strict.fullmatch(value):
            return True
        return depends_on(text) if loose.fullmatch(value) else False

    return test


@lru_cache(maxsize=4096)
def _arn_expressions(parts: Plain) -> tuple[re.Pattern[str], re.Pattern[str] | None]:
    """Return the parts one by one, and all of it at once if some `*` ends a part before the last."""
    head, rest = _split(parts)
    tail = pattern_of(rest) if len(head) == _PARTS - 1 else _short_tail(rest)
    strict = ":".join([*(pattern_of(one, within="[^:]") for one in head), tail])
    crosses = any(_ends_wild(one) for one in head)
    return re.compile(strict, re.DOTALL), _expression(parts) if crosses else None


def _short_tail(rest: Plain) -> str:
    """Of a pattern with fewer than six parts: only a `*` at its end covers the parts that are missing."""
    if rest and rest[-1] is Wild.ANY:
        return pattern_of(rest[:-1], within="[^:]") + ".*"
    return pattern_of(rest, within="[^:]")


def _ends_wild(part: Template) -> bool:
    texts = [one for one in part if one != ""]
    return bool(texts) and texts[-1] is Wild.ANY


def _arn_with_variables(text: str, parts: Template, *, expands: bool) -> Test:
    outline: Plain = tuple(Wild.ANY if isinstance(part, Variable) else part for part in parts)
    rest = _split(outline)[1] if len(_split(outline)[0]) == _PARTS - 1 else ()
    # AWS lets no variable stand before the fifth colon of a resource, and does not say what one there would do.
    early = expands and len([part for part in rest if part is Wild.ANY]) < len([p for p in outline if p is Wild.ANY])

    def test(value: str, facts: Facts) -> Truth:
        found = filled(parts, facts)
        if found is None:
            return False
        strict, loose = _arn_expressions(found.parts)
        if strict.fullmatch(value):
            return found.unknown or (depends_on(text) if early else True)
        return depends_on(text) if expands and loose is not None and loose.fullmatch(value) else False

    return test
