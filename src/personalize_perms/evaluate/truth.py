"""Three-valued logic (Kleene's): yes, no, or the names of what would have to be known.

A false condition beside an unknown one is false, and a true one beside it leaves it unknown. So a value that becomes
known later can only settle an answer, never turn it round.
"""

from collections.abc import Iterable
from typing import TypeAlias

Truth: TypeAlias = bool | frozenset[str]
"""True, False, or the condition keys and documents on which it depends (never an empty set)."""


def depends_on(*names: str) -> Truth:
    """Return the truth of something that cannot be known without `names`."""
    return frozenset(names)


def both(one: Truth, other: Truth) -> Truth:
    """Tell whether both hold."""
    if one is False or other is False:
        return False
    if one is True:
        return other
    if other is True:
        return one
    return one | other


def either(one: Truth, other: Truth) -> Truth:
    """Tell whether at least one holds."""
    if one is True or other is True:
        return True
    if one is False:
        return other
    if other is False:
        return one
    return one | other


def negated(one: Truth) -> Truth:
    """Tell whether it does not hold."""
    return not one if isinstance(one, bool) else one


def agreed(several: Iterable[Truth], otherwise: Truth) -> Truth:
    """Return what all of them say, or `otherwise` where they differ."""
    found = set(several)
    return found.pop() if len(found) == 1 else otherwise


def any_of(several: Iterable[Truth]) -> Truth:
    """Tell whether at least one holds; of none, false."""
    found: Truth = False
    for one in several:
        if one is True:
            return True
        found = either(found, one)
    return found


def all_of(several: Iterable[Truth]) -> Truth:
    """Tell whether all hold; of none, true."""
    found: Truth = True
    for one in several:
        if one is False:
            return False
        found = both(found, one)
    return found
