"""Whether a saved plan may be applied: here, still, and once. Pure.

Each refusal names what differs, both sides of it, and the next command. Nothing was changed when one is raised.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar, Final, TypeAlias

from personalize_perms.engine.facts import ABSENT, DENIED
from personalize_perms.engine.saved_plan import (
    ANEW,
    PlanFile,
    PlanTampered,
    SavedChange,
    SavedDocument,
    SavedFinding,
    SavedPlan,
)
from personalize_perms.model.caller import Caller
from personalize_perms.model.errors import PersonalizePermsError
from personalize_perms.model.inert import inert

if TYPE_CHECKING:
    from personalize_perms.engine.journals import PastRun

_NAMED: Final = 5
_Parts: TypeAlias = Iterable[SavedChange | SavedDocument | SavedFinding]


class PlanForeign(PersonalizePermsError):  # noqa: N818 - named by what it is, like all failures of this program
    """A plan for another account, partition, Region, endpoint or templates."""

    code: ClassVar[str] = "plan-foreign"


class PlanStale(PersonalizePermsError):  # noqa: N818
    """A plan that the account, or this program, has moved on from."""

    code: ClassVar[str] = "plan-stale"


class PlanSpent(PersonalizePermsError):  # noqa: N818
    """A plan that was applied."""

    code: ClassVar[str] = "plan-spent"


def refuse_marked(file: PlanFile) -> None:
    """Raise `PlanSpent` if the file says that it was applied."""
    if file.spent:
        raise _spent(file.spent.run, file.spent.at)


def refuse_spent(file: PlanFile, runs: "Iterable[PastRun]") -> None:
    """Raise `PlanSpent` if one of the runs applied the plan."""
    for run in spenders(file, runs):
        raise _spent(run.run_id, run.started.isoformat(timespec="seconds"))


def spenders(file: PlanFile, runs: "Iterable[PastRun]") -> "Iterator[PastRun]":
    """Yield the runs that applied the plan: one that ended before its first change has not."""
    return (run for run in runs if run.spends == file.digest and run.entries)


def _spent(run: str, at: str) -> PlanSpent:
    return PlanSpent(
        "the plan was applied already, and a plan is applied once; nothing was changed",
        reason=f"the run {run} of {at} applied it, whatever came of it",
        hint=f"if something is left to do, {ANEW}",
    )


def refuse_foreign(plan: SavedPlan, caller: Caller) -> None:
    """Raise `PlanForeign` if the plan is not for the account, Region and endpoint that were reached."""
    place = caller.place
    differences(
        ("account", plan.account, place.account),
        ("partition", plan.partition, place.partition),
        ("Region", plan.region, place.region),
        ("endpoint", plan.endpoint or "AWS's own", caller.endpoint or "AWS's own"),
    )


def differences(*facts: tuple[str, str, str]) -> None:
    """Raise `PlanForeign` naming both sides of every fact in which they differ."""
    # What stands in the file must not be able to look like a line of ours.
    differ = [inert(f"{what}: the plan is for {saved}, this is {here}") for what, saved, here in facts if saved != here]
    if differ:
        raise PlanForeign(
            "\n".join(("the plan is for something else, so nothing was changed", *differ)),
            hint="apply it where it was made for, or make a plan for here: personalize-perms plan --out FILE",
        )


def refuse_stale(saved: SavedPlan, now: SavedPlan) -> None:
    """Raise `PlanStale` if anything that the plan was made from is not as it was."""
    before, after = saved.live, now.live
    changed = [fact for fact in sorted(before.keys() | after.keys()) if before.get(fact) != after.get(fact)]
    if not changed:
        return
    # What was read on one side only follows from something that was read on both.
    named = [fact for fact in changed if fact in before and fact in after] or changed
    lines = [inert(f"{fact} {_became(before.get(fact, ABSENT), after.get(fact, ABSENT))}") for fact in named]
    applied = saved.writes and not now.writes
    since = f"the account changed since the plan was made ({inert(saved.created)}), so nothing was changed now"
    raise PlanStale(
        "\n".join((since, *lines)),
        reason="it looks as if it was applied already: the account is as the plan says" if applied else "",
        hint="there is nothing left to do" if applied else ANEW,
    )


def _became(before: str, after: str) -> str:
    if after.startswith(DENIED):
        return f"may not be read any more ({after})"
    return "is gone" if after == ABSENT else "is there now" if before == ABSENT else "changed"


def refuse_other(saved: SavedPlan, now: SavedPlan) -> None:
    """Raise `PlanStale` or `PlanTampered` if planning anew, from the same account, came to another plan."""
    differ = [*_differences(saved, now)]
    if not differ:
        return
    more = [f"and {len(differ) - _NAMED} more"] if len(differ) > _NAMED else []
    lines = (*map(inert, differ[:_NAMED]), *more)
    if saved.tool == now.tool and not saved.policies_dir:
        raise PlanTampered(
            "\n".join(("from the settings in the file another plan follows, so nothing was changed", *lines)),
            reason="the file was changed after it was made, or this program's templates were",
            hint=ANEW,
        )
    why = (
        f"the templates in {saved.policies_dir} changed"
        if saved.tool == now.tool
        else f"it was made by version {saved.tool} of this program, this is {now.tool}"
    )
    raise PlanStale(
        "\n".join(("the plan would be another one now, so nothing was changed", *lines)), reason=why, hint=ANEW
    )


def _differences(saved: SavedPlan, now: SavedPlan) -> Iterator[str]:
    for what, before, after in (("name", saved.name, now.name), ("role", saved.role_arn, now.role_arn)):
        if before != after:
            yield f"{what}: {before} in the file, {after} now"
    both: tuple[tuple[_Parts, _Parts], ...] = (
        (saved.changes, now.changes),
        (saved.documents, now.documents),
        (saved.findings, now.findings),
    )
    for before_parts, after_parts in both:
        yield from (f"only in the file: {line}" for line in _beyond(before_parts, after_parts, now.partition))
        yield from (f"only now: {line}" for line in _beyond(after_parts, before_parts, now.partition))


def _beyond(these: _Parts, those: _Parts, partition: str) -> Iterator[str]:
    """Yield those of `these` that are not among `those`, in a few words each."""
    left = Counter(part.meaning(partition) for part in those)
    for part in these:
        meaning = part.meaning(partition)
        if not left[meaning]:
            yield part.line
        left[meaning] -= left[meaning] > 0
