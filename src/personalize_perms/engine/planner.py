"""From what is wanted and what is there to what will be done. Pure: it reads nothing and changes nothing.

Refusals end a run before its first write; a blocked change is left out and everything else is still done.
"""

from collections.abc import Iterable
from typing import assert_never

from personalize_perms.engine import (
    plan_holding,
    plan_identity,
    plan_leftovers,
    plan_policies,
    plan_resource_policies,
    plan_roles,
    unread,
)
from personalize_perms.engine.draft import Draft
from personalize_perms.model.changes import Plan, Refusal
from personalize_perms.model.live import Live
from personalize_perms.model.resources import (
    BucketPolicyStatements,
    Desired,
    KeyGrant,
    KeyPolicyStatements,
    ManagedPolicy,
    PermissionSet,
    PermissionSetAssignment,
    PolicyAttachment,
    Resource,
    Role,
    TrustPolicyStatements,
)


def plan(desired: Desired, live: Live, refusals: Iterable[Refusal] = ()) -> Plan:
    """Return the changes that make `live` as `desired`, in the order in which they are made."""
    draft = Draft(desired=desired, live=live, findings=list(desired.findings), refusals=list(refusals))
    plan_leftovers.withdraw_from_buckets(draft)
    plan_policies.remember_buckets(draft)
    for resource in desired.resources:
        if isinstance(resource, TrustPolicyStatements):
            plan_roles.remember_tightened(draft, resource)
    for resource in desired.resources:
        _plan_resource(draft, resource)
    for half in desired.halves:
        plan_resource_policies.plan_half(draft, half)
    plan_leftovers.plan_leftovers(draft)
    plan_holding.hold_back(draft)
    draft.findings += unread.findings(live)
    return Plan(
        name=desired.name,
        caller=live.caller,
        role_arn=desired.service_role_arn,
        changes=tuple(sorted(draft.changes, key=lambda change: change.wave)),
        documents=tuple(draft.stored),
        findings=tuple(draft.findings),
        refusals=tuple(dict.fromkeys(draft.refusals)),
        halves=desired.halves,
    )


def _plan_resource(draft: Draft, resource: Resource) -> None:
    match resource:
        case ManagedPolicy():
            plan_policies.plan_policy(draft, resource)
        case PolicyAttachment():
            plan_policies.plan_attachment(draft, resource)
        case Role():
            plan_roles.plan_role(draft, resource)
        case TrustPolicyStatements():
            plan_roles.plan_adopted_role(draft, resource)
        case BucketPolicyStatements():
            plan_resource_policies.plan_bucket_policy(draft, resource)
        case KeyPolicyStatements():
            plan_resource_policies.plan_key_policy(draft, resource)
        case KeyGrant():
            plan_resource_policies.plan_grant(draft, resource)
        case PermissionSet():
            plan_identity.plan_permission_set(draft, resource)
        case PermissionSetAssignment():
            pass  # planned with its permission set, which remembers all of them
        case _:
            assert_never(resource)
