"""How botocore's descriptions of services are read: as plain dicts, and without what no call ever looks at.

They are most of what a run keeps in memory. botocore keeps every one that it has read, with its documentation and with
the endpoints of all services of AWS, as dicts that remember their order twice.
"""

import gzip
import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from botocore.loaders import JSONFileLoader, Loader

_PLAIN, _PACKED = ".json", ".json.gz"
_DOCUMENTATION: Final = "documentation"
_PARTS: Final = ("member", "key", "value", "input", "output")


def loader(data_path: str | None, services: tuple[str, ...], endpoint_names: tuple[str, ...]) -> "Loader":
    """Return what loads descriptions of `services` from where botocore would, `data_path` (AWS_DATA_PATH) first.

    It is told which services there are: botocore looks through the folders of all four hundred.
    """
    from botocore.loaders import create_loader  # noqa: PLC0415 - dear, and not needed offline

    made = create_loader(data_path)
    made.file_loader = cast("JSONFileLoader", ServiceModels(endpoint_names))
    known = made.list_available_services

    def listed(type_name: str) -> list[str]:
        return [*services] if type_name == "service-2" else known(type_name)

    made.list_available_services = listed  # type: ignore[method-assign]
    return made


def moment(text: object) -> datetime:
    """Return a time that AWS sent; botocore guesses its form, which took a seventh of an audit of many roles."""
    if isinstance(text, str) and text[4:5] == "-" and text.endswith("Z"):
        with suppress(ValueError):
            return datetime.fromisoformat(text)
    from botocore.utils import parse_timestamp  # noqa: PLC0415 - dear, and not needed offline

    return parse_timestamp(cast("str", text))


class ServiceModels:
    """A file loader of botocore's. `services`: the names by which its endpoint data knows those that are called."""

    def __init__(self, services: tuple[str, ...]) -> None:
        self._services = services

    def exists(self, file_path: str) -> bool:
        """Tell whether there is such a file; its path comes without its ending."""
        return Path(file_path + _PLAIN).is_file() or Path(file_path + _PACKED).is_file()

    def load_file(self, file_path: str) -> Any:  # noqa: ANN401 - what JSON may hold
        """Return what is in a file; None if there is none."""
        plain, packed = Path(file_path + _PLAIN), Path(file_path + _PACKED)
        if plain.is_file():
            content = plain.read_bytes()
        elif packed.is_file():
            content = gzip.decompress(packed.read_bytes())
        else:
            return None
        found = json.loads(content)
        return self._without_ballast(found) if isinstance(found, dict) else found

    def _without_ballast(self, found: dict[str, Any]) -> dict[str, Any]:
        for kind in ("operations", "shapes"):
            for described in _described(found.get(kind)):
                described.pop(_DOCUMENTATION, None)
        for partition in found.get("partitions", ()):
            known = partition.get("services")
            if isinstance(known, dict):
                partition["services"] = {name: known[name] for name in self._services if name in known}
        return found


def _described(several: object) -> Iterator[dict[str, Any]]:
    """Yield shapes or operations, and what they are made of."""
    if not isinstance(several, dict):
        return
    for one in several.values():
        if not isinstance(one, dict):
            continue
        yield one
        yield from (part for part in one.get("members", {}).values() if isinstance(part, dict))
        yield from (part for name, part in one.items() if name in _PARTS and isinstance(part, dict))
