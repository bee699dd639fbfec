"""All settings as texts and back, defaults included: a saved plan must not depend on what a default is. Pure."""

from collections.abc import Mapping
from typing import Any

from personalize_perms.model.names import InvalidName
from personalize_perms.model.option import Option
from personalize_perms.model.options import OPTIONS
from personalize_perms.model.settings import Settings


def written(settings: Settings) -> dict[str, tuple[str, ...]]:
    """Return every setting by its key, as the texts that a person would type."""
    return {option.key: _texts(getattr(settings, option.field), option) for option in OPTIONS}


def restored(texts: Mapping[str, tuple[str, ...]]) -> Settings:
    """Return the settings that were written; raise `ValueError` unless they are exactly those of this version."""
    keys = {option.key for option in OPTIONS}
    if texts.keys() != keys:
        raise InvalidName(f"these settings are unknown or missing: {', '.join(sorted(texts.keys() ^ keys))}")
    given: dict[str, Any] = {option.field: _value(texts[option.key], option) for option in OPTIONS}
    return Settings(**{field: value for field, value in given.items() if value is not None})


def _texts(value: Any, option: Option) -> tuple[str, ...]:  # noqa: ANN401 - of any setting
    if option.parse is None:
        return ("true",) if value else ()
    values = value if option.repeatable else (value,) if value else ()
    return tuple("=".join(item) if isinstance(item, tuple) else str(item) for item in values)


def _value(texts: tuple[str, ...], option: Option) -> object:
    """Return the value in `texts`; None: it is not set."""
    if not option.repeatable and len(texts) > 1:
        raise InvalidName(f"{option.key} has {len(texts)} values")
    if option.parse is None:
        return texts == ("true",)
    values = tuple(option.parse(text) for text in texts)
    return values if option.repeatable else next(iter(values), None)
