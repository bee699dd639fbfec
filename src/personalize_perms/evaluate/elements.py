"""The elements of a statement as JSON has them, read strictly: what AWS would not have stored is malformed."""

from collections.abc import Mapping

from personalize_perms.model.resources import Json


class MalformedError(ValueError):
    """A statement that AWS's grammar does not allow: what it would do cannot be known."""


def texts(value: Json, name: str) -> tuple[str, ...]:
    """Return the texts of an element that is a text or a list of texts."""
    several = value if isinstance(value, list) else [value]
    found = tuple(one for one in several if isinstance(one, str))
    if len(found) != len(several):
        raise MalformedError(f"{name} is neither a text nor a list of texts")
    return found


def condition_values(value: Json, name: str) -> tuple[str, ...]:
    """Return the values of a condition key; AWS takes booleans and numbers for their texts."""
    several = value if isinstance(value, list) else [value]
    return texts([_as_text(one) for one in several], name)


def _as_text(value: Json) -> Json:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case _:
            return value


def mapping(value: Json, name: str) -> Mapping[str, Json]:
    """Return an element that is an object."""
    if not isinstance(value, dict):
        raise MalformedError(f"{name} is not an object")
    return value
