"""What was about to be written, kept on disk before it is written.

One file per run in the user's state directory, one JSON object per line: a header, then for each change its intent
(operation, text before and after) synced to disk before the call is sent, and its outcome after the read-back.
It holds documents and names, never credentials. Losing it loses nothing that undoing needs: what is ours can be told
from Sids and tags; the journal keeps the former texts of what others own.
"""

import json
import os
import secrets
import threading
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import platformdirs

from personalize_perms.model.changes import Change, Outcome, Plan
from personalize_perms.model.errors import PersonalizePermsError


class JournalError(PersonalizePermsError):
    """The journal cannot be written, so nothing may be changed."""

    code = "journal"


class Journal:
    """The journal of one run."""

    def __init__(self, run_id: str, path: Path, descriptor: int) -> None:
        self.run_id = run_id
        self.path = path
        self.broken = False
        """Whether it could not be written, so that nothing more may be changed."""
        self._descriptor = descriptor
        self._lock = threading.Lock()

    @classmethod
    def open(cls, plan: Plan, directory: Path | None = None) -> Self:
        """Create the file of a new run, readable by its owner only; raise `JournalError` if that cannot be done."""
        run_id = secrets.token_hex(8)
        folder = directory or platformdirs.user_state_path("personalize-perms", appauthor=False) / "journal"
        started = datetime.now(UTC)
        path = folder / f"{started:%Y%m%dT%H%M%S}-{run_id}.jsonl"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
            descriptor = os.open(path, flags, 0o600)
        except OSError as error:
            raise JournalError(
                f"the journal cannot be written to {folder}, so nothing was changed",
                reason=str(error),
                hint="make that directory writable, or set XDG_STATE_HOME to one that is",
            ) from None
        journal = cls(run_id, path, descriptor)
        place = plan.caller.place
        journal._write(
            {
                "journal": 1,
                "run": run_id,
                "started": started.isoformat(),
                "name": plan.name,
                "account": place.account,
                "region": place.region,
                "partition": place.partition,
                "endpoint": plan.caller.endpoint,
            }
        )
        return journal

    def intend(self, change: Change) -> None:
        """Record a change before it is sent."""
        operation = change.operation
        details = asdict(operation) if operation is not None else {}
        self._write(
            {"intent": type(operation).__name__, "kind": change.kind, "resource": change.resource, "operation": details}
        )

    def record(self, outcome: Outcome) -> None:
        """Record what a change's read-back showed."""
        change = outcome.change
        self._write(
            {
                "outcome": outcome.status,
                "intent": type(change.operation).__name__,
                "resource": change.resource,
                "message": outcome.message,
            }
        )

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _write(self, record: dict[str, object]) -> None:
        line = json.dumps(record).encode() + b"\n"
        with self._lock:
            try:
                if os.write(self._descriptor, line) != len(line):
                    raise OSError("only a part was written")  # noqa: TRY301 - the same failure as the others
                os.fsync(self._descriptor)
            except OSError as error:
                self.broken = True
                raise JournalError(
                    f"the journal {self.path} cannot be written, so nothing more was changed",
                    reason=str(error),
                    hint="make room on the disk, then run the same command again",
                ) from None
