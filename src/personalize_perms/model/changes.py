"""What will be changed: every write is one `Change` in the plan that is shown."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from personalize_perms.model.findings import Finding, Verdict
from personalize_perms.model.resources import Json, OwnersHalf
from personalize_perms.model.values import dataclass

if TYPE_CHECKING:
    # Only a live plan holds operations; a dry run without calls starts faster without them.
    from personalize_perms.model.caller import Caller
    from personalize_perms.model.operations import Operation


class Action(StrEnum):
    """What happens to a resource."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    KEEP = "keep"
    BLOCKED = "blocked"


class Status(StrEnum):
    """What became of a change."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


class Wave(StrEnum):
    """When a change is made; the changes of one wave run side by side, the waves one after the other.

    Buckets that are dropped go first, while our role policies still say where they are. Consumers come after
    providers; people are assigned a permission set when it is whole. What is taken back elsewhere goes last, so that
    nobody is without access in between, and only then does the ledger forget it.
    """

    WITHDRAW = "1-withdraw"
    PROVIDE = "2-provide"
    GRANT = "3-grant"
    ASSIGN = "4-assign"
    UNASSIGN = "5-unassign"
    CLEAR = "6-clear"
    DELETE = "7-delete"
    FORGET = "8-forget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of the plan. `operation` is None for `keep` and `blocked`."""

    action: Action
    kind: str
    resource: str
    reason: str
    operation: "Operation | None" = None
    wave: Wave = Wave.GRANT
    hint: str = ""
    """What would make a blocked change possible."""
    details: tuple[str, ...] = ()
    """Statement-level differences, one line each, beginning with '+', '~', '-' or '='."""
    unread: bool = False
    """Whether it is blocked because what is there may not be read."""
    gone: str = ""
    """The text of the document that goes with what is deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """A whole document as it will be stored: its text is what is sent and what the dry run prints."""

    kind: str
    name: str
    text: str
    document: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why nothing at all may be written."""

    code: str
    message: str
    reason: str = ""
    hint: str = ""
    resource: str = ""
    """The bucket or key that it is about, where it is about one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shut:
    """Somebody who must not reach a bucket or key that serves others, and what its policy says to that."""

    who: str
    resource: str
    verdict: Verdict
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All changes for one set-up in one account, made from one reading of it."""

    name: str
    caller: "Caller"
    role_arn: str
    changes: tuple[Change, ...]
    documents: tuple[StoredDocument, ...]
    findings: tuple[Finding, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    halves: tuple[OwnersHalf, ...] = ()
    """What other accounts have to do beside it; whether they did is not known."""
    shut: tuple[Shut, ...] = ()
    """Where it serves other accounts: who still cannot reach what."""

    @property
    def writes(self) -> tuple[Change, ...]:
        """The changes that write."""
        return tuple(change for change in self.changes if change.operation is not None)

    @property
    def blocked(self) -> tuple[Change, ...]:
        """The changes that must not be made."""
        return tuple(change for change in self.changes if change.action is Action.BLOCKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one change, known by reading back."""

    change: Change
    status: Status
    message: str = ""
    hint: str = ""
    sent: bool = False
    """Whether AWS may have made it, although that was not seen."""
