"""What was about to be written, kept on disk before it is written.

One file per run in the user's state directory, one JSON object per record: a header, then for each change its intent
(operation, text before and after) synced to disk before the call is sent, and its outcome after the read-back.
It holds documents and names, never credentials. Losing it loses nothing that undoing needs: what is ours can be told
from Sids and tags; the journal keeps the former texts of what others own.
"""

import hashlib
import json
import re
import secrets
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

import platformdirs

from personalize_perms import __version__, documents
from personalize_perms.engine import private_files
from personalize_perms.engine.chain import ChainedFile
from personalize_perms.model.caller import Caller
from personalize_perms.model.changes import Change, Outcome, Plan
from personalize_perms.model.errors import DocumentError, PersonalizePermsError
from personalize_perms.model.inert import inert
from personalize_perms.model.operations import Operation

FORMAT: Final = 2
SUFFIX: Final = ".jsonl"
_JOURNALS: Final = "journal"
_NUMBERED = re.compile(r"(\d{8})-", re.ASCII)


class JournalError(PersonalizePermsError):
    """The journal cannot be written or believed, so nothing may be changed."""

    code = "journal"


def state_folder(base: Path | None = None) -> Path:
    """Return the folder in which all journals and locks are."""
    return (base or platformdirs.user_state_path("personalize-perms", appauthor=False)) / _JOURNALS


def journal_folder(caller: Caller, name: str, base: Path | None = None) -> Path:
    """Return the folder for the runs of one set-up in one account. It need not exist."""
    place = caller.place
    return state_folder(base) / target(place.account, place.partition, caller.endpoint, name)


def target(*facts: str) -> str:
    """Return a file name that stands for `facts`: none of them is ever part of a path."""
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24]


def own_folders(folder: Path) -> tuple[Path, ...]:
    """Return a folder of `journal_folder`, or that of the locks, with the folders above it that are ours too."""
    if folder.name == _JOURNALS:
        return folder.parent, folder
    return (folder.parent.parent, folder.parent, folder) if folder.parent.name == _JOURNALS else (folder,)


class Journal:
    """The journal of one run."""

    def __init__(self, run_id: str, path: Path, file: ChainedFile, partition: str) -> None:
        self.run_id = run_id
        self.path = path
        self._file = file
        self._partition = partition
        self._lock = threading.Lock()
        self._intents: list[Change] = []
        self._open: set[int] = set()

    @property
    def broken(self) -> bool:
        """Whether it could not be written, so that nothing more may be changed."""
        return self._file.broken

    @classmethod
    def open(cls, plan: Plan, folder: Path, *, command: str, spends: str = "") -> Self:
        """Create the file of a new run, readable by its owner only; raise `JournalError` if that cannot be done.

        `spends` is the digest of the saved plan that this run applies.
        """
        run_id, started = secrets.token_hex(8), datetime.now(UTC)
        header = _header(plan, run=run_id, started=started.isoformat(), command=command, spends=spends)
        try:
            for own in own_folders(folder):
                private_files.make_folder(own)
            path = folder / f"{_next_number(folder):08}-{started:%Y%m%dT%H%M%SZ}-{run_id}{SUFFIX}"
            file = ChainedFile(private_files.create(path))
            try:
                private_files.sync_folder(folder)
                file.append(header)
            except OSError:
                file.close()
                path.unlink()
                raise
        except OSError as error:
            raise JournalError(
                f"the journal cannot be written to {inert(str(folder))}, so nothing was changed",
                reason=str(error),
                hint="make that directory writable for you alone, or set XDG_STATE_HOME to one that is",
            ) from None
        return cls(run_id, path, file, plan.caller.place.partition)

    def intend(self, change: Change) -> None:
        """Record a change before it is sent."""
        operation = change.operation
        if operation is None:
            raise ValueError(f"{change.action} {change.resource} writes nothing")
        with self._lock:
            self._write(
                {
                    "intent": type(operation).__name__,
                    "number": len(self._intents),
                    "run": self.run_id,
                    "kind": change.kind,
                    "resource": change.resource,
                    "operation": asdict(operation),
                    **_statement_digests(operation, self._partition),
                }
            )
            self._open.add(len(self._intents))
            self._intents.append(change)

    def record(self, outcome: Outcome) -> None:
        """Record what a change's read-back showed. Its intent must be open."""
        with self._lock:
            number = next(n for n in sorted(self._open) if self._intents[n] == outcome.change)
            self._write({"outcome": outcome.status, "number": number, "message": outcome.message, "sent": outcome.sent})
            self._open.remove(number)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, record: Mapping[str, object]) -> None:
        try:
            self._file.append(record)
        except OSError as error:
            raise JournalError(
                f"the journal {inert(str(self.path))} cannot be written, so nothing more was changed",
                reason=str(error),
                hint="make room on the disk, then run the same command again",
            ) from None


def _header(plan: Plan, **facts: str) -> dict[str, object]:
    place = plan.caller.place
    return {
        "journal": FORMAT,
        **facts,
        "name": plan.name,
        "account": place.account,
        "region": place.region,
        "partition": place.partition,
        "endpoint": plan.caller.endpoint,
        "version": __version__,
        "plan": _plan_digest(plan),
    }


def _plan_digest(plan: Plan) -> str:
    changes = [[type(change.operation).__name__, asdict(change)] for change in plan.changes]
    return hashlib.sha256(json.dumps(changes, sort_keys=True).encode()).hexdigest()


def _next_number(folder: Path) -> int:
    """Return a number that no file in the folder has: the order of runs must not depend on the clock."""
    found = (_NUMBERED.match(path.name) for path in folder.iterdir())
    return max((int(match[1]) for match in found if match), default=0) + 1


def _statement_digests(operation: Operation, partition: str) -> dict[str, list[str]]:
    """Return the digests of the statements that an operation adds to and removes from a document."""
    after = getattr(operation, "document_json", None)
    before = getattr(operation, "before_json", None)
    if after is None and before is None:
        return {}
    old, new = (Counter(_forms(text, partition)) for text in (before, after))
    return {"added": _digests(new - old), "removed": _digests(old - new)}


def _forms(text: str | None, partition: str) -> list[str]:
    try:
        found = documents.statements(documents.parse(text)) if text else []
    except DocumentError:
        return []  # the text itself stands beside it; one that nobody can read has no statements to name
    return [documents.normalised(statement, partition) for statement in found]


def _digests(forms: Counter[str]) -> list[str]:
    return [hashlib.sha256(form.encode()).hexdigest() for form in forms.elements()]
