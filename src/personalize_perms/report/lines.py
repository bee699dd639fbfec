"""What a person reads, as lines with a style. No terminal here: the same lines go to a screen, a pipe or a file.

A sign or a word always says what the colour says. Foreign text passes `inert`, so it can be shown but not acted out.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from personalize_perms.model.caller import Caller
from personalize_perms.model.changes import Outcome, Refusal, Status, StoredDocument
from personalize_perms.model.errors import Cancelled, PersonalizePermsError
from personalize_perms.model.findings import Finding, Severity
from personalize_perms.model.inert import inert
from personalize_perms.model.values import dataclass

if TYPE_CHECKING:
    from personalize_perms.model.live import Carrier

_SHOWN_USES: Final = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One line and its style: an action's name, `title`, `dim`, `warning`, `error` or nothing."""

    text: str = ""
    style: str = ""
    prose: bool = False
    """Whether a terminal that is narrower breaks it between words; a command or document stays in one piece."""


def progress_line(what: str, done: int, known: int, seconds: float) -> Line:
    """Say how far something is after so many seconds; what is known to be left may still grow."""
    rate = done / seconds
    text = f"{what}: {done:,} of {known:,} answers, {rate:,.0f} a second"
    return Line(f"{text}, about {(known - done) / rate:,.0f} s left" if done else text, "dim")


def caller_lines(caller: Caller) -> Iterator[Line]:
    """Say for which account and by whom, and which endpoint if it is not AWS's own."""
    place = caller.place
    alias = f" ({inert(caller.alias)})" if caller.alias else ""
    yield Line(f"Account {place.account}{alias}   Region {place.region}   Partition {place.partition}", "title")
    if caller.arn:
        yield Line(f"as {inert(caller.arn)}", "dim")
    if caller.endpoint:
        yield Line(f"Endpoint {inert(caller.endpoint)} (not AWS's own: it sees your requests)", "warning")


def document_lines(documents: Iterable[StoredDocument]) -> Iterator[Line]:
    """Print every document in full, byte for byte as it is stored."""
    for document in documents:
        yield Line(f"# {document.kind} {inert(document.name)}", "title")
        yield from (Line(inert(line)) for line in document.text.split("\n"))
        yield Line()


def finding_lines(findings: Iterable[Finding]) -> Iterator[Line]:
    """Show what the person should know, worst first."""
    order = list(Severity)
    for finding in sorted(findings, key=lambda finding: -order.index(finding.severity)):
        yield Line(f"{finding.severity}: {inert(finding.resource)}: {inert(finding.message)}", "warning")
        if finding.remedy:
            yield Line(f"      {inert(finding.remedy)}")
        if finding.docs:
            yield Line(f"      {finding.docs}", "dim")


def use_lines(role_arn: str, carriers: "Iterable[Carrier]") -> Iterator[Line]:
    """Name what in Amazon Personalize still carries the role or its keys."""
    found = list(carriers)
    if found:
        yield Line(f"Amazon Personalize still uses {inert(role_arn)} or its keys:", "warning")
        yield from (Line(f"  {use.words} {inert(use.arn)} ({inert(use.status)})") for use in found[:_SHOWN_USES])
    if len(found) > _SHOWN_USES:
        yield Line(f"  and {len(found) - _SHOWN_USES} more")


def refusal_lines(refusals: Iterable[Refusal]) -> Iterator[Line]:
    """Say why nothing is written, and what to do."""
    for refusal in refusals:
        yield from problem_lines(refusal.message, refusal.reason, refusal.hint)


def error_lines(error: PersonalizePermsError) -> Iterator[Line]:
    """Say what failed, why, and the next step; that a person said no is no error."""
    if isinstance(error, Cancelled):
        yield Line(f"Stopped: {inert(error.message)}", "warning")
        if error.hint:
            yield Line(f"  Next: {inert(error.hint)}")
        return
    yield from problem_lines(error.message, error.reason, error.hint)


def problem_lines(message: str, reason: str, hint: str) -> Iterator[Line]:
    """Say what, why and what next."""
    first, *rest = message.split("\n")
    yield Line(f"Error: {inert(first)}", "error")
    yield from (Line(f"  {inert(line)}") for line in rest)
    if reason:
        yield Line(f"  Why: {inert(reason)}")
    if hint:
        yield Line(f"  Next: {inert(hint)}")


def outcome_line(outcome: Outcome) -> Line:
    """Say what became of one change."""
    change = outcome.change
    text = f"{outcome.status:<8} {change.action} {change.kind} {inert(change.resource)}"
    if outcome.message:
        text += f": {inert(outcome.message)}"
    return Line(text, {Status.DONE: "done", Status.FAILED: "error", Status.SKIPPED: "dim"}[outcome.status])


def outcome_lines(outcomes: Iterable[Outcome]) -> Iterator[Line]:
    """Name everything that was not done, with the next step, and count."""
    found = list(outcomes)
    counts = Counter(outcome.status for outcome in found)
    yield Line(", ".join(f"{counts[status]} {status}" for status in Status))
    for hint in dict.fromkeys(outcome.hint for outcome in found if outcome.hint):
        yield Line(f"  Next: {inert(hint)}")


def taken_back_lines(outcomes: Iterable[Outcome]) -> Iterator[Line]:
    """Say how much of a failed run was taken back, and name what stays and why."""
    found = list(outcomes)
    left = [outcome for outcome in found if outcome.status is not Status.DONE]
    yield Line(f"Taken back: {len(found) - len(left)} of {len(found)} changes of this run", "warning")
    for outcome in left:
        change = outcome.change
        yield Line(f"  not taken back: {change.kind} {inert(change.resource)}: {inert(outcome.message)}", "warning")
    for hint in dict.fromkeys(outcome.hint for outcome in left if outcome.hint):
        yield Line(f"  Next: {inert(hint)}")
