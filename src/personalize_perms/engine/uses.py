"""What in Amazon Personalize still carries the role or the keys that an undo takes access from."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from personalize_perms.aws.account import Account
from personalize_perms.aws.personalize import KINDS, Kind
from personalize_perms.engine.flow import Flow
from personalize_perms.model.changes import Change, Plan
from personalize_perms.model.findings import Finding, Severity, Verdict
from personalize_perms.model.live import Carrier, Present, Unreadable
from personalize_perms.model.operations import (
    CreateGrant,
    DeleteRole,
    PutKeyPolicy,
    RevokeGrant,
    UpdateTrust,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    """What carries them, and a finding if some kinds of things could not be looked at."""

    carriers: tuple[Carrier, ...]
    findings: tuple[Finding, ...]


def find_uses(account: Account, plan: Plan) -> Uses:
    """Ask Amazon Personalize what names the service role of `plan`, or a key that it takes the role's access to."""
    wanted = {plan.role_arn, *(name for change in plan.writes for name in _touched(change))}
    found: dict[str, Present[tuple[Carrier, ...]] | Unreadable] = {}
    with Flow(account.workers) as flow:
        for kind in KINDS:
            flow.start(partial(account.personalize.read_carriers, kind), partial(found.__setitem__, kind.name))
        flow.finish()
    carriers = [c for read in found.values() if isinstance(read, Present) for c in read.value if c.names & wanted]
    unread = {kind: read for kind in KINDS if isinstance(read := found[kind.name], Unreadable)}
    return Uses(carriers=tuple(carriers), findings=(_unknown(plan.role_arn, unread),) if unread else ())


def _touched(change: Change) -> tuple[str, ...]:
    match change.operation:
        case DeleteRole() | UpdateTrust():
            return (change.resource,)
        case PutKeyPolicy(key_arn=arn) | RevokeGrant(key_arn=arn) | CreateGrant(key_arn=arn):
            return (arn,)
        case _:
            return ()


def _unknown(role_arn: str, unread: Mapping[Kind, Unreadable]) -> Finding:
    actions = ", ".join(dict.fromkeys(read.action for read in unread.values()))
    things = ", ".join(f"{kind.words}s" for kind in unread)
    reasons = "; ".join(dict.fromkeys(read.reason for read in unread.values()))
    return Finding(
        check="in-use",
        severity=Severity.LOW,
        verdict=Verdict.UNKNOWN,
        resource=role_arn,
        message=f"cannot know whether Amazon Personalize still uses it in {things}: {reasons}",
        remedy=f"ask for {actions}, or look in the Amazon Personalize console",
    )
