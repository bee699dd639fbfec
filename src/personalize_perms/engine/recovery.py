"""What became of the changes that a run was about to make when it was killed. It reads, says, and changes nothing.

The next plan is made from what is there, so it completes or takes back by itself; what is lost with a killed run is
only the knowledge whether its last calls took effect. That is looked up here and written into that run's journal, so
that it is said once.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from typing import Final

from personalize_perms.aws.account import Account
from personalize_perms.aws.errors import AwsError, Fault
from personalize_perms.engine import journals
from personalize_perms.engine.journals import Entry, PastRun
from personalize_perms.engine.standing import Standing, standing
from personalize_perms.model.errors import AccessDenied
from personalize_perms.model.findings import Finding, Severity
from personalize_perms.model.values import dataclass

__all__ = ["Settled", "Standing", "findings", "settle"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """One change of an interrupted run, and how what is there stands to it; `why` it may not be read."""

    entry: Entry
    run: PastRun
    standing: Standing
    why: str = ""


def settle(account: Account, runs: Iterable[PastRun]) -> tuple[Settled, ...]:
    """Look up every open change of `runs`, and note in their journals what was found.

    What may not be read stays open. Raises `AwsError` if AWS cannot be asked, and `JournalError` if a journal cannot
    be written.
    """
    found: list[Settled] = []
    with ThreadPoolExecutor(account.workers) as pool:
        for run in runs:
            opened = [(number, entry) for number, entry in enumerate(run.entries) if entry.status is None]
            settled = [*pool.map(_settler(account, run), [entry for _, entry in opened])]
            known = {
                number: str(one.standing)
                for (number, _), one in zip(opened, settled, strict=True)
                if one.standing is not Standing.UNKNOWN
            }
            if known:
                journals.close_entries(run, known)
            found += settled
    return tuple(found)


def _settler(account: Account, run: PastRun) -> Callable[[Entry], Settled]:
    def one(entry: Entry) -> Settled:
        try:
            how = standing(account, entry.operation, run.run_id)
        except AccessDenied as error:
            return Settled(entry=entry, run=run, standing=Standing.UNKNOWN, why=error.message)
        except AwsError as error:
            if error.fault is not Fault.DENIED:
                raise
            why = f"not allowed {error.action} on {error.resource}"
            return Settled(entry=entry, run=run, standing=Standing.UNKNOWN, why=why)
        return Settled(entry=entry, run=run, standing=how)

    return one


def findings(settled: Iterable[Settled]) -> tuple[Finding, ...]:
    """Return what a person should know about each change: what was about to happen, what is there, what is next."""
    return tuple(_finding(one) for one in settled)


def _finding(settled: Settled) -> Finding:
    severity, now, then = _SHOWN[settled.standing]
    entry, run = settled.entry, settled.run
    when = f"{run.started.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    about = _WORDS[type(entry.operation).__name__]
    return Finding(
        check="interrupted-run",
        severity=severity,
        resource=entry.resource,
        message=f"the run of {when} ({run.command}) was interrupted when it was about to {about}: "
        + now.format(why=settled.why),
        remedy=then,
    )


_SHOWN: Final = {
    Standing.APPLIED: (Severity.LOW, "that is done", "nothing: the plan below starts from what is there"),
    Standing.NOT_APPLIED: (
        Severity.LOW,
        "that is not done",
        "nothing: the plan below does it if it is still wanted",
    ),
    Standing.CHANGED: (
        Severity.MEDIUM,
        "what is there now is neither what was there then nor what was to be",
        "it is left to whoever changed it; the plan below starts from what is there",
    ),
    Standing.UNKNOWN: (
        Severity.MEDIUM,
        "whether that is done is not known: {why}",
        "ask an administrator for that action, then run the same command again",
    ),
}
"""How each standing is told: how much it matters, what is there now, and what happens next."""

_WORDS: Final = {
    "CreatePolicy": "create this policy",
    "UpdatePolicy": "store a new version of this policy",
    "DeletePolicyVersion": "delete an old version of this policy",
    "DeletePolicy": "delete this policy",
    "TagPolicy": "change the tags of this policy",
    "CreateRole": "create this role",
    "UpdateTrust": "change the trust policy of this role",
    "DescribeRole": "change the description of this role",
    "SetBoundary": "set the permissions boundary of this role",
    "TagRole": "change the tags of this role",
    "DeleteRole": "delete this role",
    "Attach": "attach this policy",
    "Detach": "detach this policy",
    "PutBucketPolicy": "change the policy of this bucket",
    "PutKeyPolicy": "change the policy of this key",
    "CreateGrant": "create a grant on this key",
    "RevokeGrant": "revoke a grant on this key",
    "CreatePermissionSet": "create this permission set",
    "TagPermissionSet": "change the tags of this permission set",
    "DeletePermissionSet": "delete this permission set",
    "AddReference": "let this permission set refer to the policy",
    "DropReference": "take the policy out of this permission set",
    "Assign": "assign this permission set",
    "Unassign": "take this assignment back",
    "Provision": "bring this permission set up to date in the account",
}
