"""What a person reads of a rollout, and its part of the JSON output."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from personalize_perms.model.changes import Action, Change
from personalize_perms.model.inert import inert
from personalize_perms.model.rollouts import RolloutStep, Spot, StackSet, Tally, Wanted, Work
from personalize_perms.report import envelope, plan_lines
from personalize_perms.report.lines import Line

_SECONDS: Final = 60.0
_DRIFT: Final = "as CloudFormation last looked; looking anew is an operation of its own, and is not started here"


def template_lines(wanted: Wanted) -> Iterator[Line]:
    """Print the template in full, byte for byte as it is sent."""
    yield from (Line(inert(line)) for line in wanted.template.rstrip("\n").split("\n"))


def target_lines(wanted: Wanted, home: str) -> Iterator[Line]:
    """Say where it goes."""
    yield Line(f"Rollout of the set-up {wanted.setup}: stack set {wanted.stack_set}", "title")
    if wanted.service_managed:
        yield Line(f"  organizational units {', '.join(wanted.ous)}, but for the management account")
        new = "accounts that join later get it too" if wanted.auto_deploy else "not accounts that join later"
        yield Line(f"  {new}")
    elif wanted.accounts:
        yield Line(f"  {_number(len(wanted.accounts), 'account')}")
    yield Line(f"  one stack for each account, in {home}: IAM is the same in all Regions")
    yield Line(f"  for Amazon Personalize in {', '.join(wanted.regions)}")


def left_out_lines(left_out: Iterable[tuple[str, str]]) -> Iterator[Line]:
    """Name what of the settings does not go to the accounts, and who sees to it."""
    yield from (Line(f"Not in the rollout: {inert(what)}: {inert(why)}", "warning") for what, why in left_out)


def step_lines(steps: Iterable[RolloutStep], stays: Iterable[str]) -> Iterator[Line]:
    """Show what would be done, and what stays."""
    found = list(steps)
    for step in found:
        yield from plan_lines.step_lines(step.change)
    yield from (Line(f"= {inert(text)}", "keep") for text in stays)
    if not found:
        yield Line("Nothing to do: everything is as it should be.", "done")


def blocked_lines(change: Change) -> Iterator[Line]:
    """Say why a stack set is left alone."""
    yield from plan_lines.step_lines(change)


def progress_line(work: Work, tally: Tally, elapsed: float, limit: float) -> Line:
    """Say how far an operation is, Region by Region."""
    ended = tally.total - tally.open
    parts = [f"{_duration(elapsed)} of at most {_duration(limit)}"]
    if tally.total:
        parts.insert(0, f"{ended:,} of {tally.total:,} accounts through, {len(tally.failures):,} failed")
    regions = ", ".join(f"{region} {_counts(counts)}" for region, counts in tally.by_region().items())
    return Line(f"{work.action} {work.status}: {'; '.join(parts)}{f' ({regions})' if regions else ''}", "dim")


def waiting_line(why: str, elapsed: float, limit: float) -> Line:
    """Say what a call waits for."""
    return Line(f"waiting: {_duration(elapsed)} of at most {_duration(limit)} ({inert(why)})", "dim")


def ending_lines(tally: Tally) -> Iterator[Line]:
    """Count what came through and what did not, and say what the same command does then."""
    untried = f", {tally.untried:,} not tried" if tally.untried else ""
    yield Line(
        f"{tally.good:,} of {tally.total:,} accounts are done, {len(tally.failures):,} failed{untried}", "warning"
    )
    yield Line("What was done stays. Run the same command again: it goes on with the others.", "warning")


def failure_line(spot: Spot) -> Line:
    """Name one account that failed, with AWS's reason."""
    reason = spot.reason or "AWS gives no reason"
    return Line(f"failed   {spot}: {inert(reason)}", "error")


def hint_lines(hints: Iterable[str]) -> Iterator[Line]:
    """Say what to do, each once."""
    yield from (Line(f"  Next: {inert(hint)}") for hint in dict.fromkeys(hints))


def status_lines(found: StackSet, works: Iterable[Work], tally: Tally) -> Iterator[Line]:
    """Say how a stack set and its stacks are."""
    model = "service-managed" if found.service_managed else "self-managed"
    yield Line(f"Stack set {inert(found.name)}, {model}", "title")
    if found.ous:
        new = "on" if found.auto_deploy else "off"
        yield Line(f"  organizational units {', '.join(map(inert, found.ous))}; automatic deployment is {new}")
    for region, counts in tally.by_region().items():
        yield Line(f"  {inert(region)}: {_counts(counts)}")
    if not tally.total:
        yield Line("  no stacks")
    for work in works:
        reason = f": {inert(work.reason)}" if work.reason else ""
        yield Line(f"  {inert(str(work))} {work.status} {work.created}{reason}")


def under_way_line(work: Work) -> Line:
    """Say that an operation goes on, which the run would wait for."""
    return Line(f"under way: {inert(str(work))} {work.status}: rolling out waits for it first", "warning")


def spot_line(spot: Spot) -> Line:
    """Name one account whose stack is not as it should be."""
    detail = f" ({inert(spot.detail)})" if spot.detail else ""
    reason = f": {inert(spot.reason)}" if spot.reason else ""
    return Line(f"! {spot.account} {inert(spot.region)} {spot.status}{detail}{reason}", "warning")


def drift_lines(found: StackSet, drifted: Iterable[Spot]) -> Iterator[Line]:
    """Say what is known about changes that others made in the accounts; nothing is looked for."""
    if found.drift is None:
        yield Line(
            "Drift: CloudFormation has not looked for it (aws cloudformation detect-stack-set-drift does).", "dim"
        )
        return
    yield Line(f"Drift: {found.drift.status}, {found.drift.drifted:,} stacks, {inert(found.drift.checked)} ({_DRIFT})")
    yield from (Line(f"  drifted: {spot.account} {inert(spot.region)}", "warning") for spot in drifted)


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _counts(counts: dict[str, int]) -> str:
    return " ".join(f"{count:,} {inert(status)}" for status, count in counts.items())


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 2 * _SECONDS else f"{seconds / _SECONDS:.0f} min"


# JSON


def wanted_data(wanted: Wanted, home: str) -> dict[str, Any]:
    """Return what is wanted, and where."""
    return {
        "name": wanted.setup,
        "stack_set": wanted.stack_set,
        "permission_model": "SERVICE_MANAGED" if wanted.service_managed else "SELF_MANAGED",
        "stack_region": home,
        "regions": list(wanted.regions),
        "accounts": list(wanted.accounts),
        "organizational_units": list(wanted.ous),
        "auto_deployment": wanted.auto_deploy,
        "template": wanted.template,
    }


def change_data(steps: Iterable[RolloutStep]) -> list[dict[str, Any]]:
    """Return the `changes`."""
    return [envelope.step_entry(step.change) for step in steps]


def spot_data(spot: Spot) -> dict[str, str]:
    """Return one account and Region."""
    return {"account": spot.account, "region": spot.region, "status": spot.status, "reason": spot.reason}


def work_data(work: Work) -> dict[str, str]:
    """Return one operation."""
    return {
        "id": work.id,
        "action": work.action,
        "status": work.status,
        "reason": work.reason,
        "created": work.created,
    }


def outcome_data(status: str, action: Action, kind: str, resource: str, message: str = "") -> dict[str, str]:
    """Return one entry of `outcomes`."""
    return {"status": status, "action": action, "kind": kind, "resource": resource, "message": message}
