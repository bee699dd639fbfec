"""What differs from the settings: each change that a plan would make, told as a finding."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from personalize_perms.model import ownership
from personalize_perms.model.changes import Action, Change, Plan, Refusal
from personalize_perms.model.examination import Link
from personalize_perms.model.findings import Finding, Severity, Verdict
from personalize_perms.model.live import Live, Unreadable
from personalize_perms.model.operations import TagPolicy

_REFUSALS: Final = {
    "key-unusable": Link.KEY_STATE,
    "wrong-region": Link.BUCKET_REGION,
    "access-denied": "not-readable",
    "not-found": "missing",
    "conflict": "conflict",
    "limit": "limit",
}
"""What a refusal of a plan is called as a finding."""
REFUSED: Final = tuple(name for name in _REFUSALS.values() if not isinstance(name, Link))
"""Those of them that are no link of the chain: what is not there at all comes before what it does not allow."""
_MISSING: Final = {
    Action.CREATE: "is missing",
    Action.UPDATE: "differs from the settings",
    Action.DELETE: "is no longer wanted",
}


def findings(plan: Plan, live: Live, command: str) -> tuple[Finding, ...]:
    """Return what a plan would change, what it may not change, and why it could not be applied at all."""
    return (
        *(_refused(refusal, plan) for refusal in plan.refusals),
        *(_drift(change, plan, command) for change in _certain(plan, live)),
    )


def _certain(plan: Plan, live: Live) -> Iterator[Change]:
    """Yield the changes, but for those that only seem to be needed because something could not be looked at.

    Of a plan that is refused, what is wanted is not known whole: then nothing can be too much.
    """
    unread = tuple(f"{arn} -> " for arn, found in live.policies.items() if isinstance(found, Unreadable))
    for change in plan.changes:
        seems = change.kind == "attachment" and change.resource.startswith(unread or ("?",))
        if plan.refusals:
            details = tuple(detail for detail in change.details if not detail.startswith("-"))
            seems = seems or _only_takes(change)
            change = replace(change, details=details)  # noqa: PLW2901 - the same change, told with care
        if change.action is not Action.KEEP and not seems:
            yield change


def _refused(refusal: Refusal, plan: Plan) -> Finding:
    unknown = refusal.code == "access-denied"
    return Finding(
        check=_REFUSALS.get(refusal.code, refusal.code),
        severity=Severity.HIGH,
        verdict=Verdict.UNKNOWN if unknown else Verdict.DENIED,
        resource=refusal.resource or plan.role_arn,
        message=refusal.message,
        reason=refusal.reason,
        remedy=refusal.hint,
    )


def _drift(change: Change, plan: Plan, command: str) -> Finding:
    if change.action is Action.BLOCKED:
        return Finding(
            check=f"drift-{change.kind}",
            severity=Severity.HIGH,
            verdict=Verdict.UNKNOWN if change.unread else Verdict.DENIED,
            resource=change.resource,
            message=f"the {_kind(change)} {change.resource} cannot be brought to what the settings say",
            reason=change.reason,
            remedy=change.hint,
        )
    untagged = _never_tagged(change)
    return Finding(
        check=f"drift-{change.kind}",
        severity=Severity.LOW if untagged else Severity.MEDIUM,
        verdict=Verdict.ALLOWED if untagged or _only_takes(change) else Verdict.DENIED,
        resource=change.resource,
        message=f"the {_kind(change)} {change.resource} {_MISSING[change.action]}",
        reason="; ".join((change.reason, *_details(change))),
        remedy="see to what stops the plan first" if plan.refusals else command,
    )


def _kind(change: Change) -> str:
    return change.kind.replace("-", " ")


def _only_takes(change: Change) -> bool:
    return change.action is Action.DELETE or (
        bool(change.details) and all(detail.startswith(("-", "=")) for detail in change.details)
    )


def _never_tagged(change: Change) -> bool:
    """Tell whether another engine made it, which puts no tags there: CloudFormation has none for managed policies."""
    return isinstance(change.operation, TagPolicy) and ownership.TAG_NAME not in change.operation.before


def _details(change: Change) -> Iterator[str]:
    words = {"+": "missing: ", "~": "changed: ", "-": "too many: "}
    for detail in change.details:
        if detail[:1] in words:
            yield words[detail[:1]] + detail[1:].strip()
