"""The plan as a person reads it: by resource, statement by statement, in words, and what lets in more or less marked.

A sign and a word say it, never a colour alone. The sentences are those of the statements themselves.
"""

import difflib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Final

from personalize_perms import documents
from personalize_perms.documents.reach import Reach
from personalize_perms.model.changes import Action, Change, Plan
from personalize_perms.model.errors import DocumentError
from personalize_perms.model.inert import inert
from personalize_perms.report.differences import Difference, StatementChange, difference
from personalize_perms.report.lines import Line

SIGNS: Final = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-", Action.KEEP: "=", Action.BLOCKED: "!"}
MARKS: Final = {
    Reach.SAME: "= as broad as before",
    Reach.BROADER: "> broader",
    Reach.NARROWER: "< narrower",
    Reach.MIXED: "<> broader and narrower",
    Reach.UNCLEAR: "? may be broader: compare the texts",
}
COUNTED: Final = {
    Action.CREATE: "to create",
    Action.UPDATE: "to update",
    Action.DELETE: "to delete",
    Action.KEEP: "to keep",
    Action.BLOCKED: "blocked",
}
LIMITS: Final = (
    "The words say what each statement says. What something else denies is not in them; personalize-perms check asks "
    "the whole chain."
)
MOST: Final = 8
"""So many sentences of one statement are shown; a set-up may name hundreds of places."""
_STYLES: Final = {"+": "create", "-": "delete"}


def plan_lines(plan: Plan, *, full: bool = False) -> Iterator[Line]:
    """Show the changes with their statement-level differences, then the counts; `full`: the texts' differences, too."""
    if not plan.changes and not plan.refusals:
        return
    yield Line(f"Plan for the set-up {plan.name}", "title")
    seen: Counter[Reach] = Counter()
    for change in plan.changes:
        found = difference(change, plan.name, plan.caller.place.partition)
        seen.update([found.reach] if found.reach else [])
        yield from _difference_lines(found, full=full)
    yield Line()
    yield Line(count(plan))
    if seen:
        yield Line(access(seen))
        yield Line(LIMITS, "dim", prose=True)
    if not plan.writes and not plan.blocked and not plan.refusals:
        yield Line(nothing_to_do(plan), "done")


def nothing_to_do(plan: Plan) -> str:
    """Return what to say of a plan without changes; of the owner's half nothing is known."""
    if plan.halves:
        return "Nothing to do in this account. Whether the owner's half is done cannot be seen from here."
    return "Nothing to do: everything is as it should be."


def count(plan: Plan) -> str:
    """Return how many changes of each kind there are."""
    counts = Counter(change.action for change in plan.changes)
    return ", ".join(f"{counts[action]} {word}" for action, word in COUNTED.items())


def access(seen: Counter[Reach]) -> str:
    """Return how many changes let in more, and how many less."""
    parts = (f"{MARKS[reach].partition(':')[0]} in {seen[reach]}" for reach in Reach if seen[reach])
    return f"Access: {', '.join(parts)}"


def change_lines(plan: Plan) -> Iterator[Line]:
    """Show the changes alone."""
    for change in plan.changes:
        yield from _difference_lines(difference(change, plan.name, plan.caller.place.partition), full=False)


def step_lines(change: Change) -> Iterator[Line]:
    """Show one change that no document tells more about."""
    yield from _difference_lines(Difference(change=change, reach=None), full=False)


def _difference_lines(found: Difference, *, full: bool) -> Iterator[Line]:
    change = found.change
    yield Line(f"{SIGNS[change.action]} {change.action:<8} {change.kind} {inert(change.resource)}", change.action)
    if change.action is not Action.KEEP:
        mark = f" ({MARKS[found.reach]})" if found.reach else ""
        bare = "" if found.statements or found.means else mark
        yield Line(f"      {inert(change.reason)}{bare}", "dim", prose=True)
        if found.statements:
            yield from (line for one in found.statements for line in _statement_lines(one, change))
        else:
            yield from (Line(f"      {inert(detail)}", "dim") for detail in change.details)
            yield from (Line(f"      {inert(sentence)}{mark}", prose=True) for sentence in found.means)
        if full:
            yield from _text_lines(found)
    if change.hint:
        yield Line(f"      Next: {inert(change.hint)}")


def heading(statement: StatementChange, change: Change) -> str:
    """Return sign and Sid of a statement, and what the plan says of it beside."""
    start = f"{statement.sign} {statement.name}"
    said = next((detail for detail in change.details if detail == start or detail.startswith(f"{start}:")), start)
    return said if statement.sign == "=" else f"{said} ({MARKS[statement.reach]})"


def sentences(statement: StatementChange) -> Iterator[str]:
    """Yield what a statement means; of a changed one what comes and what goes."""
    for sign, sentence in statement.means[:MOST]:
        yield f"{sign} {sentence}" if statement.sign == "~" else sentence
    if len(statement.means) > MOST:
        yield f"and {len(statement.means) - MOST} more like these, in the document"


def _statement_lines(statement: StatementChange, change: Change) -> Iterator[Line]:
    yield Line(f"      {inert(heading(statement, change))}", "dim")
    if statement.sign != "=":
        yield from (Line(f"          {inert(sentence)}", prose=True) for sentence in sentences(statement))


def _text_lines(found: Difference) -> Iterator[Line]:
    name = inert(f"{found.change.kind} {found.change.resource}")
    for line in text_difference(*found.texts, name):
        yield Line(f"      {line}", "" if line.startswith(("+++", "---")) else _STYLES.get(line[:1], ""))


def text_difference(before: str | None, after: str | None, name: str) -> Iterator[str]:
    """Yield the unified difference of two documents, each indented alike so that only what differs shows."""
    old, new = _indented(before), _indented(after)
    for line in difflib.unified_diff(old, new, f"{name} as it is", f"{name} as it will be", lineterm=""):
        yield inert(line)


def _indented(text: str | None) -> list[str]:
    if text is None:
        return []
    try:
        return json.dumps(documents.parse(text), indent=2).split("\n")
    except DocumentError:
        return text.split("\n")
