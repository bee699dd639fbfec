"""Step 2: the role that Amazon Personalize takes on, and what it may do per workflow."""

from typing import Final

from personalize_perms.model import ownership
from personalize_perms.model.errors import LimitExceeded
from personalize_perms.model.findings import Finding, Severity, Verdict
from personalize_perms.model.resources import PolicyAttachment, PrincipalKind, Resource, Statement
from personalize_perms.model.settings import Hardening, KmsAccess, Missing, Settings, UserAccess, Workflow
from personalize_perms.steps import kms_key, s3_bucket, trust_policy, user_access
from personalize_perms.steps.context import Context
from personalize_perms.steps.packing import split

TITLE: Final = "Giving Amazon Personalize a service role"
WHY: Final = (
    "Amazon Personalize works on your data as an IAM role of your account; it may do only what your workflows need."
)
DOCS: Final = "https://docs.aws.amazon.com/personalize/latest/dg/set-up-required-permissions.html"
FIELDS: Final = ("role_name", "role_path", "role_arn", "role_description", "permissions_boundary")

# A metric attribution always reports to CloudWatch (creating one writes a test metric), and may do so to S3 besides.
# https://docs.aws.amazon.com/personalize/latest/dg/metric-attribution-requirements.html
_SENDS_METRICS = frozenset({Workflow.METRICS_CLOUDWATCH, Workflow.METRICS_S3})


def missing(settings: Settings) -> tuple[Missing, ...]:
    """Return the answers that this step still needs."""
    if settings.workflows:
        return ()
    return (Missing(option="workflows", why="it decides what the service role may do"),)


def desired(context: Context) -> tuple[Resource, ...]:
    """Return the role if it is to be made, its policies, and their attachments."""
    settings = context.settings
    description = f"What the service role of Amazon Personalize may do in the set-up {settings.name}"
    documents = split(_statements(context))
    first = f"{settings.name}-service-access"
    names = [first if number == 1 else f"{first}-{number}" for number, _ in enumerate(documents, 1)]
    ledger = _ledger(context, names)
    policies = [
        context.policy(name, description, statements, ledger if name == first else None)
        for name, statements in zip(names, documents, strict=True)
    ]
    role = settings.service_role_name
    attachments = (
        PolicyAttachment(policy_arn=policy.arn, principal_kind=PrincipalKind.ROLE, principal_name=role)
        for policy in policies
    )
    return (*_role(context), *policies, *attachments)


def findings(context: Context) -> tuple[Finding, ...]:
    """Return what should be known about the role."""
    settings = context.settings
    if not settings.permissions_boundary or not settings.role_arn or user_access.made_roles(settings):
        return ()
    return (
        Finding(
            check="unused-permissions-boundary",
            severity=Severity.LOW,
            verdict=Verdict.ALLOWED,
            resource=str(settings.permissions_boundary),
            message="the permissions boundary is put on roles that are made, and these settings make none",
            remedy="leave --permissions-boundary out, or let a role be made instead of --role-arn",
            docs=DOCS,
        ),
    )


def _role(context: Context) -> tuple[Resource, ...]:
    settings = context.settings
    if settings.role_arn:
        return ()
    description = settings.role_description or f"Lets Amazon Personalize reach the data of the set-up {settings.name}"
    statements = trust_policy.statements(context)
    return (context.role(settings.service_role_name, description, statements, path=settings.role_path),)


def _statements(context: Context) -> tuple[Statement, ...]:
    settings = context.settings
    documented = settings.hardening is Hardening.DOCUMENTED
    return (
        *(context.render("service-role/personalize-access") if documented else ()),
        *s3_bucket.role_statements(context),
        *kms_key.role_statements(context),
        *(() if _SENDS_METRICS.isdisjoint(settings.workflows) else context.render("service-role/cloudwatch-metrics")),
    )


def _ledger(context: Context, policies: list[str]) -> dict[str, str]:
    """Return the tags that remember what the policies themselves do not name, so that it can be taken back."""
    settings = context.settings
    service_role = f"{'t' if settings.role_arn else 'r'}/{settings.service_role_name}"
    entries = [service_role, *(f"s/{name}" for name in policies[1:])]
    for use in (use for use in context.keys if use.arn.account == context.place.account):
        entries.append(f"k/{use.arn.region}/{use.arn.name}")
        if settings.kms_access is KmsAccess.GRANT:
            entries.append(f"G/{use.arn.region}/{use.arn.name}")
    if settings.user_access is not UserAccess.NONE:
        entries.append(f"p/{settings.user_policy}")
        entries += [f"r/{name}" for name in user_access.made_roles(settings)]
        entries += [f"u/{name}" for name in settings.attach_users]
        entries += [f"g/{name}" for name in settings.attach_groups]
        entries += [f"a/{name}" for name in settings.attach_roles]
        if settings.permission_set:
            entries.append(f"I/{settings.identity_center_region or context.place.region}/{settings.permission_set}")
    try:
        return ownership.write_ledger(entries)
    except ValueError as error:
        raise LimitExceeded(
            f"the set-up {settings.name} is too large: {error}",
            reason="what was granted is remembered in tags of the service policy, and AWS allows 50 of them",
            hint="attach the user policy to a group (--attach-group) instead of many users, or use several --name",
        ) from None
