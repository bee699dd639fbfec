"""The elements of a statement as JSON has them, read strictly: what AWS would not have stored is malformed."""

from collections.abc import Mapping

from personalize_perms.model.resources import Json


class MalformedError(ValueError):
    """A statement that AWS's grammar does not allow: what it would do cannot be known."""


def listed(value: Json, name: str) -> tuple[str, ...]:
    """Return the texts of an element that is one value or a list of them; booleans and numbers as AWS spells them."""
    return tuple(_text(one, name) for one in (value if isinstance(value, list) else [value]))


def _text(value: Json, name: str) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case _:
            raise MalformedError(f"{name} holds neither a text nor a list of texts")


def mapping(value: Json, name: str) -> Mapping[str, Json]:
    """Return an element that is an object."""
    if not isinstance(value, dict):
        raise MalformedError(f"{name} is not an object")
    return value
