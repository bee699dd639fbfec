"""One change from its intent to its read-back: journal, read again, write at once, settle, and see that it is there.

No call is sent blindly again: what became of a lost answer is settled by reading. A document that others changed
before our first write stops the change; one that they changed while we wrote gets our edit once more, beside theirs.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

from personalize_perms import documents
from personalize_perms.aws.errors import AwsError, Fault
from personalize_perms.documents.merging import merge
from personalize_perms.engine import pace
from personalize_perms.engine.identity_operations import RequestFailed, account_of, is_identity_operation
from personalize_perms.engine.journal import Journal
from personalize_perms.engine.operations import Operations
from personalize_perms.engine.shared_documents import DOCUMENT_OPERATIONS, edit_of, on_document, round_trips
from personalize_perms.engine.step import AGAIN, Step, is_not_visible_yet, names_the_dead, removes, unseen
from personalize_perms.model import ownership
from personalize_perms.model.changes import Action, Change, Outcome, Status
from personalize_perms.model.errors import DocumentError, PersonalizePermsError, ResourceConflict
from personalize_perms.model.operations import (
    CreatePermissionSet,
    CreatePolicy,
    CreateRole,
    DeletePolicyVersion,
    PutBucketPolicy,
    UpdatePolicy,
)
from personalize_perms.model.values import dataclass

T = TypeVar("T")

_PASSING: Final = frozenset({Fault.THROTTLED, Fault.CONFLICT, Fault.UNKNOWN, Fault.UNREACHABLE})
_PASSING_READS: Final = frozenset({Fault.THROTTLED, Fault.UNKNOWN, Fault.UNREACHABLE})


class Delivery:
    """Delivers the changes of one set-up to one account, in one run."""

    def __init__(self, operations: Operations, journal: Journal, name: str, partition: str) -> None:
        self._operations = operations
        self._journal = journal
        self._is_own = partial(ownership.is_own_sid, name=name)
        self._partition = partition

    def look(self, step: Step) -> None:
        """Read the document again ahead of time; a failure shows when it is looked at again."""
        if not isinstance(step.operation, DOCUMENT_OPERATIONS):
            return
        try:
            text = self._read(step)
        except (AwsError, PersonalizePermsError):
            return
        if not self._is_as_planned(step, text):
            step.checked_at = -1.0

    def deliver(self, step: Step) -> None:
        """Send the change until AWS took it or it is there; raise `AwsError` or our own error if neither comes."""
        if not step.intended:
            self._journal.intend(step.change)
            step.intended = True
        while self._is_ready(step):
            step.sends += 1
            step.merging = True
            try:
                self._operations.send(step.operation)
            except AwsError as error:
                step.maybe = step.maybe or error.fault is Fault.UNKNOWN
                if self._is_settled(step, error):
                    break
                self._wait_to_send_again(step, error)
            else:
                break
        step.sent = True

    def read_back(self, step: Step, settling: float) -> None:
        """Return when the change is seen; raise if it is not seen in time, or cannot be.

        An old text is waited for. One that is neither the old nor ours is believed when it was read several times in
        a row: then somebody saved over our edit, and it is made again beside theirs.
        """
        step.pace.quietly(settling)
        number = strange = 0
        seen: str | None = None
        while not (found := self._looked_again(step)).landed:
            again = strange and documents.same_document(found.text, seen, self._partition)
            strange, seen = (strange + 1 if again else 1) if found.strange else 0, found.text
            if strange >= pace.EQUAL_READS and not step.pace.over:
                step.checked_at = -1.0
                self.deliver(step)
                step.pace.quietly(step.settling)
                number = strange = 0
                continue
            why = "it shows another text" if found.strange else "AWS does not show it yet"
            if not step.pace.pause(pace.growing(number), why):
                raise unseen(step, strange=found.strange)
            number += 1

    def _looked_again(self, step: Step) -> "_Found":
        """Look for the change; send it again where AWS failed because it did not know yet what this run created."""
        while True:
            try:
                return self._patiently(step, lambda: self._found(step))
            except RequestFailed as failed:
                step.refusals += 1
                why = "what this run created is not visible everywhere yet"
                again = failed.lacks_policy and step.created_here
                if not again or not step.pace.pause(step.pace.even(step.refusals), why):
                    raise
            self.deliver(step)

    # Before the write

    def _read(self, step: Step) -> str | None:
        assert isinstance(step.operation, DOCUMENT_OPERATIONS)  # noqa: S101 - for the type checker
        before = step.pace.clock.now()
        text = self._operations.text(step.operation)
        step.checked_at = step.pace.clock.now()
        step.check_took = (step.checked_at - before) / round_trips(step.operation)
        return text

    def _is_as_planned(self, step: Step, text: str | None) -> bool:
        assert isinstance(step.operation, DOCUMENT_OPERATIONS)  # noqa: S101 - for the type checker
        return documents.same_document(text, step.operation.before_json, self._partition)

    def _is_ready(self, step: Step) -> bool:
        """Look, right before a write, whether it may be sent; return False if the change is there already."""
        if not isinstance(step.operation, DOCUMENT_OPERATIONS):
            if step.sends and account_of(step.operation) and self._is_there(step):
                return False
            self._refuse_obstacle(step)
            return True
        age = step.pace.clock.now() - step.checked_at
        if step.checked_at >= 0 and age <= step.check_took:
            return True
        while not self._is_as_planned(step, text := self._patiently(step, lambda: self._read(step))):
            if not step.merging:
                raise ResourceConflict(
                    f"{edit_of(step.operation).name} was changed by someone else since the plan was made; "
                    "it was left as it is",
                    hint=AGAIN,
                )
            if not self._merge(step, text):
                return False
        return True

    def _refuse_obstacle(self, step: Step) -> None:
        """Raise `ResourceConflict` if others use or changed it; what AWS shows a little late is waited for."""
        obstacle = ""
        for seconds in pace.looks():
            step.pace.quietly(seconds)
            obstacle = self._patiently(step, lambda: self._operations.obstacle(step.operation))
            if not obstacle or step.pace.over:
                break
        if obstacle:
            raise ResourceConflict(obstacle, hint=AGAIN)

    def _merge(self, step: Step, text: str | None) -> bool:
        """Make our edit on what is there now the change to send; return False if it is there already."""
        assert isinstance(step.operation, DOCUMENT_OPERATIONS)  # noqa: S101 - for the type checker
        edit = edit_of(step.operation)
        if text is None and not isinstance(step.operation, PutBucketPolicy):
            raise ResourceConflict(f"{edit.name} is no longer there", hint=AGAIN)
        try:
            merged = merge(edit, text, self._is_own, self._partition)
        except DocumentError as error:
            raise ResourceConflict(
                f"others changed {edit.name} at the same time, and our change cannot be added: {error.message}",
                reason=error.reason,
                hint=error.hint or "repair the document, then run the same command again",
            ) from error
        if merged == text:
            return False
        if step.sends >= pace.MAX_SENDS or step.pace.over:
            raise ResourceConflict(
                f"others keep changing {edit.name} at the same time; our change is not in it", hint=AGAIN
            )
        why = "others changed it at the same time: made again on what is there now"
        self._journal.record(Outcome(change=step.change, status=Status.FAILED, message=why, sent=step.maybe))
        step.intended = False
        step.operation = on_document(step.operation, text, merged)
        step.change = replace(step.change, operation=step.operation)
        self._journal.intend(step.change)
        step.intended = True
        return True

    def _make_room(self, step: Step) -> bool:
        """Delete the spare version that holds the very text to be stored, if there is one: nothing is lost by that."""
        if not isinstance(step.operation, UpdatePolicy):
            return False
        arn, version = step.operation.arn, self._operations.spare_copy(step.operation)
        if version is None:
            return False
        deletion = DeletePolicyVersion(arn=arn, version_id=version)
        change = Change(
            action=Action.DELETE,
            kind="managed-policy-version",
            resource=f"{arn} {version}",
            reason="makes room: its text is stored again as the default version",
            operation=deletion,
        )
        self._journal.intend(change)
        try:
            self._operations.send(deletion)
        except AwsError as error:
            self._journal.record(Outcome(change=change, status=Status.FAILED, message=str(error), sent=True))
            raise
        self._journal.record(Outcome(change=change, status=Status.DONE))
        return True

    # After the write

    def _is_settled(self, step: Step, error: AwsError) -> bool:
        """Tell whether a failed call left things as wanted all the same."""
        match error.fault:
            case Fault.EXISTS:
                return self._look_for(step, lambda: self._is_ours(step)) is True
            case Fault.ABSENT:
                return removes(step.operation)
            case Fault.CONFLICT:
                return is_identity_operation(step.operation) and self._is_there(step)
            case Fault.UNKNOWN:
                return self._look_for(step, lambda: self._operations.landed(step.operation) or None) is True
            case _:
                return False

    def _is_there(self, step: Step) -> bool:
        return self._patiently(step, lambda: self._operations.landed(step.operation))

    def _is_ours(self, step: Step) -> bool | None:
        maker = self._operations.maker(step.operation)
        creates = CreatePolicy | CreateRole | CreatePermissionSet
        marked = step.operation.tags if isinstance(step.operation, creates) else {}
        return None if maker is None else maker == marked.get(ownership.TAG_RUN)

    def _look_for(self, step: Step, ask: Callable[[], bool | None]) -> bool | None:
        """Ask until there is an answer; AWS may show a little late what a lost call did."""
        for seconds in pace.looks():
            step.pace.quietly(seconds)
            answer = self._patiently(step, ask)
            if answer is not None:
                return answer
        return None

    def _wait_to_send_again(self, step: Step, error: AwsError) -> None:
        """Return when it makes sense to send again; raise `error` if it never does."""
        if is_not_visible_yet(step, error.fault):
            step.refusals += 1
            step.sends -= 1
            seconds, why = step.pace.even(step.refusals), "what this run created is not visible everywhere yet"
        elif error.fault in _PASSING and step.sends < pace.MAX_SENDS:
            seconds, why = step.pace.backoff(step.sends), error.message
        elif error.fault is Fault.LIMIT and step.sends < pace.MAX_SENDS and self._make_room(step):
            seconds, why = 0.0, "a spare version made room"
        else:
            raise error
        if not step.pace.pause(seconds, why) or step.pace.over:
            raise error
        step.checked_at = -1.0

    def _found(self, step: Step) -> "_Found":
        operation = step.operation
        if not isinstance(operation, DOCUMENT_OPERATIONS):
            return _Found(landed=self._operations.landed(operation))
        text, edit = self._operations.text(operation), edit_of(operation)
        if documents.carries(text, edit.before, edit.after, self._partition):
            return _Found(landed=True)
        old = documents.same_document(text, edit.before, self._partition)
        # While a new role is on its way through IAM, its ARN may read as a unique id.
        return _Found(text=text, strange=not old and not (step.created_here and names_the_dead(text)))

    def _patiently(self, step: Step, ask: Callable[[], T]) -> T:
        """Ask AWS, again where an answer fails in passing."""
        number = 0
        while True:
            try:
                return ask()
            except AwsError as error:
                if error.fault not in _PASSING_READS or not step.pace.pause(step.pace.backoff(number), error.message):
                    raise
                number += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    landed: bool = False
    text: str | None = None
    strange: bool = False
