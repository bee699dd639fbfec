"""The settings file: `personalize-perms.toml`, whose keys are the flags of the command line.

It is read with the standard library and written with tomlkit, so that what a person wrote into it (comments, order,
keys that are none of ours) is still there after the wizard saved its answers.
"""

import difflib
import os
import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from personalize_perms.model.errors import PersonalizePermsError, SettingsError
from personalize_perms.model.inert import inert
from personalize_perms.model.option import Option
from personalize_perms.model.options import OPTIONS, texts
from personalize_perms.model.settings import Settings

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

RUN_KEYS: Final = ("region", "profile", "account", "expect-account", "policies-dir")
"""Keys that say how to run rather than what to set up; all of them are strings."""

RUN_SWITCHES: Final = ("offline", "sandbox")
"""Keys that say how to run, true or false."""

_OPTIONS: Final[Mapping[str, Option]] = {option.key: option for option in OPTIONS}
_KEYS: Final = (*_OPTIONS, *RUN_KEYS, *RUN_SWITCHES)
_KINDS: Final[Mapping[type, str]] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "a table",
}
_LONGEST: Final = 1_000_000
"""Bytes of a file: far more than anybody writes, and little enough to be read in a moment."""
_BOM: Final = b"\xef\xbb\xbf"
"""What some editors of Windows put before the text. TOML knows none, so it is taken off, and put back."""
_HEADER: Final = "Settings of personalize-perms. The keys are the flags of its command line."


def read(path: Path) -> dict[str, object]:
    """Return what `path` sets, by field name: raw texts, tuples of them for repeatable options, or switches.

    Run settings come by their key with `_` for `-`. Raises `SettingsError` for anything that is not a setting.
    """
    table = _parsed(path, _content(path))
    found: dict[str, object] = {}
    for written, value in table.items():
        key = _known_key(path, written)
        field = _OPTIONS[key].field if key in _OPTIONS else key.replace("-", "_")
        if field in found:
            raise SettingsError(
                f"{_shown(path)}: {key} is set twice, once with '-' and once with '_'", hint="keep one of them"
            )
        found[field] = _checked(path, key, value)
    return found


def save(path: Path, settings: Settings, extra: Mapping[str, str]) -> bool:
    """Write every setting that is not the default, and `extra` run settings; tell whether the file changed.

    Comments, order and foreign content of an existing file stay; keys that are the default now are removed.
    """
    import tomlkit  # noqa: PLC0415 - only the end of a wizard needs it

    before = _content(path) if path.exists() else b""
    _parsed(path, before)
    mark = _BOM if before.startswith(_BOM) else b""
    document = tomlkit.parse(before.removeprefix(mark)) if before else tomlkit.document()
    if not before:
        document.add(tomlkit.comment(_HEADER))
    for option in OPTIONS:
        _put(document, option.key, _wanted(settings, option))
    for key, text in extra.items():
        _put(document, key.replace("_", "-"), text)
    after = mark + tomlkit.dumps(document).encode()
    if after == before:
        return False
    _replace(path.resolve(), after)
    return True


def _shown(path: Path) -> str:
    """Return a path on one line: a file name must not be able to look like a line of ours."""
    return inert(str(path))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_LONGEST + 1)
    except OSError as error:
        raise SettingsError(
            f"the settings file {_shown(path)} cannot be read",
            reason=error.strerror or str(error),
            hint="--config FILE",
        ) from error
    if len(content) > _LONGEST:
        raise SettingsError(f"the settings file {_shown(path)} is larger than {_LONGEST:,} bytes", hint="--config FILE")
    return content


def _parsed(path: Path, content: bytes) -> dict[str, object]:
    try:
        return tomllib.loads(content.removeprefix(_BOM).decode())
    except (ValueError, RecursionError) as error:  # also a number with more digits than Python takes
        raise SettingsError(
            f"the settings file {_shown(path)} is not TOML",
            reason=str(error),
            hint='write KEY = "VALUE", one to a line',
        ) from error


def _known_key(path: Path, written: str) -> str:
    key = written.replace("_", "-")
    if key in _KEYS:
        return key
    near = difflib.get_close_matches(key, _KEYS, n=1)
    hint = f"did you mean {near[0]}?" if near else f"the keys are {', '.join(_KEYS)}"
    raise SettingsError(f"{_shown(path)}: {written!r} is not a setting", hint=hint)


def _checked(path: Path, key: str, value: object) -> object:
    option = _OPTIONS.get(key)
    is_ = "is"
    if option and option.repeatable:
        items = value if isinstance(value, list) else [value]
        strange = next((item for item in items if not isinstance(item, str)), None)
        if strange is None:
            return tuple(items)
        is_, value = ("holds", strange) if isinstance(value, list) else (is_, value)
        right = f'a list of strings: {key} = ["…", "…"]'
    elif key in RUN_SWITCHES or (option and option.parse is None):
        if isinstance(value, bool):
            return value
        right = f"true or false, without quotes: {key} = true"
    else:
        if isinstance(value, str):
            return value
        right = f'a string in quotes: {key} = "…"'
    raise SettingsError(
        f"{_shown(path)}: {key} {is_} {_KINDS.get(type(value), 'a date or time')}", hint=f"{key} takes {right}"
    )


def _wanted(settings: Settings, option: Option) -> object:
    words = texts(settings, option)
    if option.parse is None:
        return True if words else None
    if option.repeatable:
        return list(words) or None
    return words[0] if words else None


def _put(document: "TOMLDocument", key: str, value: object) -> None:
    """Set `key` where it stands already, however it is spelled there; an equal value is left as it is written."""
    import tomlkit  # noqa: PLC0415
    from tomlkit.items import Array  # noqa: PLC0415

    written = next((name for name in document if name.replace("_", "-") == key), key)
    if value is None:
        if written in document:
            document.remove(written)
        return
    old = document.get(written)
    current = [old] if isinstance(value, list) and isinstance(old, str) else old
    if current == value:
        return
    if isinstance(value, list):
        if isinstance(old, Array) and _amended(old, value):
            return
        array = tomlkit.array()
        array.extend(value)
        document[written] = array.multiline(multiline=len(value) > 1)
    else:
        document[written] = value


def _amended(array: "list[str]", value: list[str]) -> bool:
    """Turn `array` into `value` by dropping and appending only, which keeps the comments inside it; else leave it."""
    kept = [item for item in array if item in value]
    if len(set(array)) != len(array) or kept != value[: len(kept)]:
        return False
    for item in [item for item in array if item not in value]:
        array.remove(item)
    array.extend(value[len(kept) :])
    return True


def _replace(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step: a reader sees the old file or the new one, never half of it."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        # Not tempfile: its files are private, and a new settings file has the mode that the person's umask gives.
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            beside.chmod(path.stat().st_mode & 0o7777)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise PersonalizePermsError(
            f"the settings file {_shown(path)} cannot be written",
            reason=error.strerror or str(error),
            hint="--config FILE",
        ) from error
