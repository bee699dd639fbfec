"""One change under way: what is known of it between its intent and its read-back."""

from typing import Final

from personalize_perms import documents
from personalize_perms.aws.errors import Fault
from personalize_perms.engine.pace import Pace
from personalize_perms.model.changes import Change, Outcome
from personalize_perms.model.errors import DocumentError, NotSettled, PersonalizePermsError, ResourceConflict
from personalize_perms.model.operations import (
    Attach,
    CreateGrant,
    DeletePermissionSet,
    DeletePolicy,
    DeletePolicyVersion,
    DeleteRole,
    Detach,
    DropReference,
    Operation,
    PutBucketPolicy,
    PutKeyPolicy,
    RevokeGrant,
    Unassign,
    UpdateTrust,
)
from personalize_perms.model.values import dataclass

AGAIN: Final = "run the same command again: it makes a new plan from what is there now"
_LEAST_SETTLING: Final = 0.05
_REMOVALS: Final = (
    *(DeletePolicy, DeletePolicyVersion, DeleteRole, Detach, RevokeGrant),
    *(DeletePermissionSet, DropReference, Unassign),
)


@dataclass(slots=True, kw_only=True)
class Step:
    """One change under way."""

    change: Change
    operation: Operation
    pace: Pace
    created_here: bool = False
    """Whether it refers to something that this run creates, so that "not there" may mean "not yet"."""
    merging: bool = False
    """Whether our edit is made again in a document that others changed; else that stops the change."""
    checked_at: float = -1.0
    check_took: float = 0.0
    intended: bool = False
    sends: int = 0
    refusals: int = 0
    """How often AWS refused it only because it did not know yet what this run created."""
    sent: bool = False
    """Whether AWS took it, so that it is to be read back."""
    maybe: bool = False
    """Whether a call left of which nobody knows what it did."""
    outcome: Outcome | None = None

    @property
    def settling(self) -> float:
        """Seconds after the write in which another run that read before it may still write over it."""
        shared = isinstance(self.operation, PutBucketPolicy | PutKeyPolicy | UpdateTrust)
        return max(_LEAST_SETTLING, 2 * self.check_took) if shared else 0.0


def removes(operation: Operation) -> bool:
    """Tell whether "not there" is as good as done."""
    return isinstance(operation, _REMOVALS) or (
        isinstance(operation, PutBucketPolicy) and operation.document_json is None
    )


def is_not_visible_yet(step: Step, fault: Fault) -> bool:
    """Tell whether AWS only does not know yet what this run created: that passes, in about half a minute."""
    refers = isinstance(step.operation, Attach | CreateGrant)
    return step.created_here and (fault is Fault.NOT_YET or (fault is Fault.ABSENT and refers))


def names_the_dead(text: str | None) -> bool:
    """Tell whether a document shows a unique id where a principal had a name."""
    try:
        return text is not None and bool(documents.dead_principals(documents.statements(documents.parse(text))))
    except DocumentError:
        return False


def unseen(step: Step, *, strange: bool) -> PersonalizePermsError:
    """Return what to say of a change that AWS took and does not show."""
    about = f"AWS accepted the change of {step.change.resource}"
    if step.pace.stopped:
        return NotSettled(
            f"{about}, and you stopped the run before it was seen", hint="run the same command again: it looks first"
        )
    if strange:
        return ResourceConflict(f"{about}, but someone else saved over it", hint=AGAIN)
    return NotSettled(
        f"{about} but does not show it after {step.pace.elapsed:.0f} s",
        hint="someone may have changed it at the same time: run the same command again",
    )
