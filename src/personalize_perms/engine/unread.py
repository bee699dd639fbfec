"""What a plan can be made without, but not known: each read that was refused is said, never taken for "fine". Pure."""

from collections.abc import Iterator

from personalize_perms.model.findings import Finding, Severity
from personalize_perms.model.live import Live, Present, Unreadable


def findings(live: Live) -> tuple[Finding, ...]:
    """Return what could not be known, with the action and the resource to ask for."""
    return tuple(_findings(live))


def _findings(live: Live) -> Iterator[Finding]:
    account = f"account {live.caller.place.account}"
    for kind, read in live.unlisted.items():
        about = f"whether a {kind} exists whose name differs only in letter case"
        remedy = "AWS refuses such a name when it is created; then choose another one"
        yield _finding("names-not-listed", account, about, read, remedy)
    for arn, found in live.others.items():
        if isinstance(found, Unreadable):
            remedy = "AWS refuses a principal that does not exist; check its name"
            yield _finding("not-looked-up", arn, f"whether {arn} exists", found, remedy)
    for principal, count in live.attached_counts.items():
        if isinstance(count, Unreadable):
            about = f"whether {principal} exists and how many policies it has"
            yield _finding("not-counted", principal, about, count, "AWS refuses to attach what it has no room for")
    for arn, policy in live.policies.items():
        if isinstance(policy, Present) and policy.value.unread_versions:
            about = f"how many versions {arn} has"
            remedy = "AWS refuses a sixth one"
            yield _finding("not-counted", arn, about, policy.value.unread_versions, remedy)
    if live.unread_quotas:
        about = "the account's own quotas, so AWS's defaults are assumed"
        remedy = "AWS refuses what is too much; a quota that was raised is not known here"
        yield _finding("quotas-not-read", account, about, live.unread_quotas, remedy)


def _finding(check: str, resource: str, about: str, read: Unreadable, remedy: str) -> Finding:
    return Finding(
        check=check,
        severity=Severity.LOW,
        resource=resource,
        message=f"cannot know {about}: not allowed {read.action}",
        remedy=f"{remedy}, or ask for {read.action} on {read.resource}",
    )
