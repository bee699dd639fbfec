"""What earlier runs on this machine wrote down, believed only if nobody else can have written it.

What stands there decides what is taken back and what is said about an interrupted run. So a journal that is torn,
changed, of another account, or not the person's own is refused as a whole, and nothing is changed until it is moved.
"""

import json
import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, get_args

from personalize_perms.engine import private_files
from personalize_perms.engine.chain import ChainedFile, unseal, whole_length
from personalize_perms.engine.journal import FORMAT, SUFFIX, JournalError, own_folders, target
from personalize_perms.model.inert import inert
from personalize_perms.model.operations import Operation
from personalize_perms.model.resources import PrincipalKind
from personalize_perms.model.values import dataclass

if TYPE_CHECKING:
    from cattrs import Converter

MOST: Final = 64 * 1024 * 1024
"""Bytes of one journal, at the most: a run of a few hundred changes takes less than one of them."""

NOT_SENT: Final = "not-sent"
"""What a failed change is called that certainly left nothing behind."""
NOT_SEEN: Final = "not-applied"
"""What a change of a killed run is called that was looked for and not found: AWS may have been at it still."""

_OPERATIONS: Final[Mapping[str, type[Operation]]] = {kind.__name__: kind for kind in get_args(Operation)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One change that a run was about to make, and what became of it.

    `status` is None where the intent is open: the run was killed before it knew.
    """

    operation: Operation
    kind: str
    resource: str
    status: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """What one journal says; its entries are in the order in which they were intended."""

    path: Path
    run_id: str
    started: datetime
    name: str
    command: str
    region: str
    spends: str
    entries: tuple[Entry, ...]


def read_runs(folder: Path) -> tuple[PastRun, ...]:
    """Return the runs of a folder, oldest first; raise `JournalError` for what may not be believed.

    No folder: no runs. An empty file is one of a run that was killed before it could send anything.
    """
    return tuple(written.run() for written in _written(folder))


def open_runs(folder: Path) -> tuple[PastRun, ...]:
    """Return the runs that were killed before they knew what became of a change; what is closed is not looked into."""
    return tuple(written.run() for written in _written(folder) if written.is_open)


def _written(folder: Path) -> Iterator["_Written"]:
    if not os.path.lexists(folder):
        return
    try:
        for own in own_folders(folder):
            private_files.check_folder(own)
        paths = sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIX))
    except OSError as error:
        _refuse(folder, str(error))
    for path in paths:
        records, _ = _content(path)
        if records:
            yield _Written.of(path, records)


def close_entries(run: PastRun, statuses: Mapping[int, str]) -> None:
    """Write down what was found out about open entries, by their place in `run.entries`."""
    try:
        descriptor = private_files.open_own(run.path, os.O_RDWR | os.O_APPEND)
    except OSError as error:
        _refuse(run.path, str(error))
    try:
        content = _read(run.path, descriptor)
        _, digest = _unsealed(run.path, content)
        os.ftruncate(descriptor, whole_length(content))
        file = ChainedFile(descriptor, digest)
        for number, status in statuses.items():
            file.append({"settled": status, "number": number})
    except OSError as error:
        raise JournalError(
            f"the journal {inert(str(run.path))} cannot be written, so nothing was changed",
            reason=str(error),
            hint="make room on the disk, then run the same command again",
        ) from None
    finally:
        os.close(descriptor)


def _content(path: Path) -> tuple[list[bytes], str]:
    try:
        descriptor = private_files.open_own(path)
        try:
            return _unsealed(path, _read(path, descriptor))
        finally:
            os.close(descriptor)
    except OSError as error:
        _refuse(path, str(error))


def _read(path: Path, descriptor: int) -> bytes:
    if os.fstat(descriptor).st_size > MOST:
        _refuse(path, f"it is larger than {MOST // 1024**2} MiB")
    with open(descriptor, "rb", closefd=False) as file:
        return file.read(MOST)


def _unsealed(path: Path, content: bytes) -> tuple[list[bytes], str]:
    try:
        return unseal(content)
    except ValueError as error:
        _refuse(path, str(error))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """What stands in one journal: its header, the intents, and what became of those that are closed."""

    path: Path
    header: "_Header"
    intents: tuple[dict[str, Any], ...]
    statuses: Mapping[int, str]

    @classmethod
    def of(cls, path: Path, records: list[bytes]) -> "_Written":
        """Read the records of a journal, but for its operations."""
        try:
            first, *rest = map(json.loads, records)
            header = _Header.of(first)
            where = target(header.account, header.partition, header.endpoint, header.name)
            if where != path.parent.name or not path.stem.endswith(f"-{header.run}"):
                raise ValueError("it is the journal of another run, account or set-up")
            intents, statuses = _intents(header.run, rest)
        except _UNKNOWN as error:
            _refuse(path, f"it is not of this version's format: {error}")
        return cls(path=path, header=header, intents=intents, statuses=statuses)

    @property
    def is_open(self) -> bool:
        return len(self.statuses) < len(self.intents)

    def run(self) -> PastRun:
        """Return the run, with its operations."""
        from cattrs.errors import ForbiddenExtraKeysError  # noqa: PLC0415 - dear, and not needed where all is closed

        header = self.header
        try:
            entries = tuple(_entry(intent, self.statuses.get(number)) for number, intent in enumerate(self.intents))
            started = datetime.fromisoformat(header.started)
        except (*_UNKNOWN, ForbiddenExtraKeysError) as error:
            _refuse(self.path, f"it is not of this version's format: {error}")
        return PastRun(
            path=self.path,
            run_id=header.run,
            started=started,
            name=header.name,
            command=header.command,
            region=header.region,
            spends=header.spends,
            entries=entries,
        )


_UNKNOWN: Final = (ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What reading JSON that is not as expected ends in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    run: str
    started: str
    command: str
    spends: str
    name: str
    account: str
    region: str
    partition: str
    endpoint: str
    version: str
    plan: str

    @classmethod
    def of(cls, record: dict[str, Any]) -> "_Header":
        if record.pop("journal", None) != FORMAT:
            raise ValueError("it does not begin as this version's journals do")
        return cls(**{name: _text(value) for name, value in record.items()})


def _intents(run_id: str, records: Sequence[dict[str, Any]]) -> tuple[tuple[dict[str, Any], ...], dict[int, str]]:
    """Return the intents, and what became of those that are closed, by their number."""
    intents: list[dict[str, Any]] = []
    statuses: dict[int, str] = {}
    for record in records:
        number = record["number"]
        if "intent" in record:
            if record.keys() - _INTENT or number != len(intents) or record["run"] != run_id:
                raise ValueError(f"intent {number} is not one of this run")
            intents.append(record)
            continue
        status = record["outcome"] if record.keys() == _OUTCOME else record["settled"]
        if status == "failed" and not record["sent"]:
            status = NOT_SENT
        if number in statuses or not 0 <= number < len(intents) or not isinstance(status, str):
            raise ValueError(f"there is no open intent {number}")
        statuses[number] = status
    return tuple(intents), statuses


_INTENT: Final = {"intent", "number", "run", "kind", "resource", "operation", "added", "removed"}
_OUTCOME: Final = {"outcome", "number", "message", "sent"}


def _entry(intent: Mapping[str, Any], status: str | None) -> Entry:
    kind = _OPERATIONS.get(intent["intent"])
    if kind is None:
        raise ValueError(f"{intent['intent']} is not an operation")
    operation = _converter().structure(intent["operation"], kind)
    return Entry(operation=operation, kind=_text(intent["kind"]), resource=_text(intent["resource"]), status=status)


def _text(value: object, _: object = None) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value


@cache
def _converter() -> "Converter":
    from cattrs import Converter  # noqa: PLC0415 - dear, and not needed where no run was before

    converter = Converter(forbid_extra_keys=True, detailed_validation=False)
    converter.register_structure_hook(str, _text)
    # The hook above is for every kind of text, so each closed set of texts needs its own.
    converter.register_structure_hook(PrincipalKind, lambda value, _: PrincipalKind(value))
    return converter


def _refuse(path: Path, why: str) -> NoReturn:
    away = shlex.join(["mv", "--", str(path), f"{path}.set-aside"])
    raise JournalError(
        f"the journal {inert(str(path))} cannot be believed, so nothing was changed",
        reason=why,
        hint=f"{away}; nothing is lost that undo needs: what is ours is recognised by its Sids and tags",
    ) from None
