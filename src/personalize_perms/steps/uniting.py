"""One statement for several Regions: where the statements of the Regions differ, their values become one list.

IAM knows no Regions: a role is there once for all of them, so its documents must name each Region that they are for.
"""

from collections.abc import Iterable, Sequence

from personalize_perms.model.resources import Json, Statement


def united(regions: Sequence[tuple[Statement, ...]]) -> tuple[Statement, ...]:
    """Return the statements that allow what those of every Region allow; each is the same template rendered."""
    return tuple(
        {name: _united([statement[name] for statement in same]) for name in same[0]}
        for same in zip(*regions, strict=True)
    )


def _united(values: Sequence[Json]) -> Json:
    first = values[0]
    if all(value == first for value in values):
        return first
    if isinstance(first, dict):
        return {key: _united([value[key] for value in values if isinstance(value, dict)]) for key in first}
    listed: list[Json] = []
    for one in (item for value in values for item in _items(value)):
        listed += [] if one in listed else [one]
    return listed


def _items(value: Json) -> Iterable[Json]:
    return value if isinstance(value, list) else [value]
