"""What `audit --fix` changed goes back to what it was, beside whatever others wrote since. Pure.

A fix is an edit of a document that others own, so only the journal of this machine knows what stood there before. It is
turned around as an edit: untouched since, the document gets its former text back to the letter; else the statements
that the fix replaced take their place again in what is there now, and what others changed of them stays and is named.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from personalize_perms import documents
from personalize_perms.documents import DocumentKind
from personalize_perms.documents.merging import DocumentEdit, merge
from personalize_perms.engine.dead_principals import text_without_dead
from personalize_perms.engine.journals import NOT_SEEN, NOT_SENT, PastRun
from personalize_perms.engine.past import Place
from personalize_perms.engine.plan_fixes import operation_on
from personalize_perms.engine.shared_documents import DOCUMENT_OPERATIONS, edit_of
from personalize_perms.model.changes import Action, Change, Plan, Wave
from personalize_perms.model.errors import DocumentError, ResourceConflict
from personalize_perms.model.findings import Finding, Severity
from personalize_perms.model.live import Absent, Present, Read, Unreadable
from personalize_perms.model.values import dataclass

FIXING: Final = "audit"
"""The command whose runs are fixes."""
_UNDOING: Final = "undo"
_TAKEN_BACK: Final = ("done", "applied")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """One edit that a run of `audit` made, or may have made, and what the plan called it."""

    edit: DocumentEdit
    resource: str
    unseen: bool = False
    """Whether it was looked for and not found, though AWS may have been at it still."""


def outstanding(runs: Iterable[PastRun]) -> dict[Place, tuple[Fix, ...]]:
    """Return the fixes, oldest first, that were not taken back since, by document. `runs` are in their order."""
    found: dict[Place, tuple[Fix, ...]] = {}
    for run in runs:
        for entry in run.entries:
            if not isinstance(entry.operation, DOCUMENT_OPERATIONS):
                continue
            edit = edit_of(entry.operation)
            place = edit.kind, edit.name
            if run.command == FIXING and entry.status != NOT_SENT:
                unseen = entry.status == NOT_SEEN
                found[place] = (*found.get(place, ()), Fix(edit=edit, resource=entry.resource, unseen=unseen))
            elif run.command == _UNDOING and entry.status in _TAKEN_BACK:
                found.pop(place, None)
    return found


def with_fixes_taken_back(plan: Plan, fixes: Mapping[Place, tuple[Fix, ...]], texts: Mapping[Place, Read[str]]) -> Plan:
    """Return an undo's plan that takes back the fixes too; `texts` are the documents as they are now.

    Where the plan changes such a document already, both go into one write.
    """
    changes, findings = [*plan.changes], list[Finding]()
    numbers = {_place(change.operation): number for number, change in enumerate(changes)}
    for place, made in fixes.items():
        back = _Back(place, made, plan.caller.place.partition, findings)
        number = numbers.get(place)
        if number is not None:
            changes[number] = back.on_top_of(changes[number])
        elif change := back.from_what_is_there(texts[place]):
            changes.append(change)
    ordered = sorted(changes, key=lambda change: change.wave)
    return replace(plan, changes=tuple(ordered), findings=(*plan.findings, *findings))


def _place(operation: object) -> Place | None:
    if not isinstance(operation, DOCUMENT_OPERATIONS):
        return None
    edit = edit_of(operation)
    return edit.kind, edit.name


@dataclass(frozen=True, slots=True)
class _Back:
    """The way back of one document."""

    place: Place
    made: tuple[Fix, ...]
    partition: str
    findings: list[Finding]

    @property
    def resource(self) -> str:
        return self.made[-1].resource

    def on_top_of(self, planned: Change) -> Change:
        assert isinstance(planned.operation, DOCUMENT_OPERATIONS)  # noqa: S101 - it was found by its document
        edit = edit_of(planned.operation)
        text, details = self._former(edit.after)
        operation = operation_on(*self.place, edit.before, text)
        return replace(planned, operation=operation, details=(*planned.details, *details))

    def from_what_is_there(self, read: Read[str]) -> Change | None:
        kind, _ = self.place
        if isinstance(read, Unreadable):
            why = f"what stands in it now cannot be known: not allowed {read.action}. {read.reason}"
            hint = f"ask its owner to allow {read.action}, then run undo again"
            return Change(action=Action.BLOCKED, kind=kind, resource=self.resource, reason=why, hint=hint)
        if isinstance(read, Absent) and kind is not DocumentKind.BUCKET_POLICY:
            return None  # what it hung on is gone, and the fix with it
        now = read.value if isinstance(read, Present) else None
        text, details = self._former(now)
        if documents.same_document(text, now, self.partition):
            return None
        return Change(
            action=Action.CREATE if now is None else Action.DELETE if text is None else Action.UPDATE,
            kind=kind,
            resource=self.resource,
            reason="takes back what audit --fix changed",
            operation=operation_on(*self.place, now, text),
            wave=Wave.CLEAR,
            details=tuple(details),
        )

    def _former(self, now: str | None) -> tuple[str | None, list[str]]:
        """Return the text in which no fix is left, and a line for each statement that is put back."""
        text, details = now, list[str]()
        for fix in reversed(self.made):
            if fix.unseen and not documents.carries(text, fix.edit.before, fix.edit.after, self.partition):
                continue
            # AWS would not store deleted users and roles again, and they let nobody in.
            former = text_without_dead(fix.edit.before)
            try:
                back = self._without(fix, former, text)
            except (DocumentError, ResourceConflict) as error:
                self._tell(f"what audit --fix changed stays: {error.message}")
                continue
            if not documents.same_document(back, text, self.partition):
                details += _put_back(former, fix.edit.after, self.partition)
                text = back
        return text, details

    def _without(self, fix: Fix, former: str | None, text: str | None) -> str | None:
        if documents.same_document(text, fix.edit.after, self.partition):
            return former
        turned = replace(fix.edit, before=fix.edit.after, after=former)
        return merge(turned, text, lambda _: False, self.partition)

    def _tell(self, message: str) -> None:
        self.findings.append(
            Finding(
                check="leftover",
                severity=Severity.LOW,
                resource=self.resource,
                message=message,
                remedy="nothing, unless its owner wants it otherwise",
            )
        )


def _put_back(former: str | None, after: str | None, partition: str) -> list[str]:
    old, new = (documents.statements(documents.parse(text)) if text else [] for text in (former, after))
    stay = {documents.normalised(statement, partition) for statement in new}
    gone = [s for s in enumerate(old, 1) if documents.normalised(s[1], partition) not in stay]
    return [f"~ {one.get('Sid') or f'statement {number}'}: as it was before audit --fix" for number, one in gone]
