"""What in Amazon Personalize still carries the role or the keys that an undo takes access from."""

from collections.abc import Mapping
from functools import partial

from personalize_perms.aws.account import Account
from personalize_perms.aws.personalize import KINDS, Kind
from personalize_perms.engine.flow import Flow
from personalize_perms.model.changes import Change, Plan
from personalize_perms.model.findings import Finding, Severity, Verdict
from personalize_perms.model.live import Carrier, Unreadable
from personalize_perms.model.operations import (
    CreateGrant,
    DeleteRole,
    Detach,
    PutKeyPolicy,
    RevokeGrant,
    UpdateTrust,
)
from personalize_perms.model.resources import PrincipalKind
from personalize_perms.model.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    """What carries them, and a finding if some kinds of things could not be looked at."""

    carriers: tuple[Carrier, ...]
    findings: tuple[Finding, ...]


def find_uses(account: Account, plan: Plan) -> Uses:
    """Ask Amazon Personalize what names the service role of `plan`, or a key that it takes the role's access to."""
    wanted = {plan.role_arn, *(name for change in plan.writes for name in _touched(change))}
    roles = {name for change in plan.writes for name in _left(change)}
    found: dict[str, tuple[tuple[Carrier, ...], Unreadable | None]] = {}
    with Flow(account.workers) as flow:
        for kind in KINDS:
            flow.start(partial(account.personalize.read_carriers, kind), partial(found.__setitem__, kind.name))
        flow.finish()
    carriers = [c for some, _ in found.values() for c in some if _carries(c, wanted, roles)]
    unread = {kind: missing for kind in KINDS if (missing := found[kind.name][1])}
    return Uses(carriers=tuple(carriers), findings=(_unknown(plan.role_arn, unread),) if unread else ())


def _touched(change: Change) -> tuple[str, ...]:
    match change.operation:
        case DeleteRole() | UpdateTrust():
            return (change.resource,)
        case PutKeyPolicy(key_arn=arn) | RevokeGrant(key_arn=arn) | CreateGrant(key_arn=arn):
            return (arn,)
        case _:
            return ()


def _left(change: Change) -> tuple[str, ...]:
    """Return the role that a policy is detached from: it is known by name only."""
    operation = change.operation
    detaches = isinstance(operation, Detach) and operation.principal_kind is PrincipalKind.ROLE
    return (operation.principal_name,) if detaches and isinstance(operation, Detach) else ()


def _carries(carrier: Carrier, wanted: set[str], roles: set[str]) -> bool:
    return bool(carrier.names & wanted) or any(name in roles for name in role_names(carrier))


def role_names(carrier: Carrier) -> tuple[str, ...]:
    """Return the names of the roles that something in Amazon Personalize carries."""
    return tuple(arn.rpartition("/")[2] for arn in sorted(carrier.names) if ":role/" in arn)


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
