"""People who sign in through IAM Identity Center: the permission set, and who gets it where. A part of step 1."""

from collections.abc import Iterator
from typing import Final

from personalize_perms.model import ownership
from personalize_perms.model.findings import Finding, Severity, Verdict
from personalize_perms.model.resources import ManagedPolicy, PermissionSet, PermissionSetAssignment, PrincipalKind
from personalize_perms.steps.context import Context

FIELDS: Final = ("permission_set", "assign_groups", "assign_users", "assign_accounts", "identity_center_region")
_POLICY_DOCS: Final = "https://docs.aws.amazon.com/singlesignon/latest/userguide/howtocmp.html"
_ASSIGN_DOCS: Final = "https://docs.aws.amazon.com/singlesignon/latest/userguide/useraccess.html"


def resources(context: Context, policy: ManagedPolicy) -> Iterator[PermissionSet | PermissionSetAssignment]:
    """Yield the permission set that refers to `policy`, and its assignments."""
    settings = context.settings
    if not settings.permission_set:
        return
    region = settings.identity_center_region or context.place.region
    yield PermissionSet(
        region=region,
        name=settings.permission_set,
        description=f"Amazon Personalize, for the set-up {settings.name} of account {context.place.account}",
        policy_name=policy.name,
        policy_path="/",
        tags={**context.tags, ownership.TAG_ACCOUNT: context.place.account},
    )
    people = [
        *((PrincipalKind.GROUP, name) for name in settings.assign_groups),
        *((PrincipalKind.USER, name) for name in settings.assign_users),
    ]
    for account in _accounts(context):
        for kind, name in dict.fromkeys(people):
            yield PermissionSetAssignment(
                region=region,
                permission_set=settings.permission_set,
                principal_kind=kind,
                principal_name=name,
                account=account,
            )


def findings(context: Context) -> Iterator[Finding]:
    """Yield what should be known about the permission set."""
    settings, place = context.settings, context.place
    if not settings.permission_set:
        return
    if not (settings.assign_groups or settings.assign_users):
        yield Finding(
            check="unassigned-permission-set",
            severity=Severity.LOW,
            resource=settings.permission_set,
            message=f"the permission set {settings.permission_set} is assigned to nobody by these settings",
            remedy="name who gets it with --assign-group or --assign-user, or assign it in Identity Center",
            docs=_ASSIGN_DOCS,
        )
        return
    policy = settings.user_policy
    for account in _accounts(context):
        if account != place.account:
            yield Finding(
                check="policy-of-another-account",
                severity=Severity.LOW,
                verdict=Verdict.UNKNOWN,
                resource=account,
                message=f"the policy {policy} must be in account {account} too, with that name and the path /, before "
                "AWS can assign the permission set there; this run does not see that account",
                remedy=f"make it there: personalize-perms rollout --accounts {account}, or personalize-perms export",
                docs=_POLICY_DOCS,
            )


def _accounts(context: Context) -> tuple[str, ...]:
    return tuple(dict.fromkeys(context.settings.assign_accounts or (context.place.account,)))
