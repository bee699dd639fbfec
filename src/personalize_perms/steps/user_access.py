"""Step 1: people may use Amazon Personalize, and hand it the one service role."""

from collections.abc import Iterator
from typing import Final

from personalize_perms.model.findings import Finding, Severity, Verdict
from personalize_perms.model.resources import PolicyAttachment, PrincipalKind, Resource, Role, Statement
from personalize_perms.model.settings import Missing, Settings, UserAccess
from personalize_perms.steps import identity_center
from personalize_perms.steps.context import Context

TITLE: Final = "Giving users access to Amazon Personalize"
WHY: Final = (
    "People need a policy that lets them use Amazon Personalize and pass it the service role; a role that they "
    "assume is the recommended way to give it."
)
DOCS: Final = "https://docs.aws.amazon.com/personalize/latest/dg/grant-user-permissions.html"
FIELDS: Final = (
    "user_access",
    "user_policy_name",
    "assumable_by",
    "require_mfa",
    "saml_provider",
    "oidc_provider",
    "oidc_audience",
    "oidc_subject",
    "attach_roles",
    "attach_groups",
    "attach_users",
    *identity_center.FIELDS,
)

_PASSES_ROLE = frozenset(
    {UserAccess.ADMIN, UserAccess.DATA_ENGINEER, UserAccess.BATCH_OPERATOR, UserAccess.METRICS_OPERATOR}
)
_SAML_AUDIENCES = {"aws-cn": "https://signin.amazonaws.cn/saml"}
_SAML_AUDIENCE = "https://signin.aws.amazon.com/saml"
_IDENTITIES_DOCS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#bp-users-federation-idp"
_CROSS_ACCOUNT_DOCS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/tutorial_cross-account-with-roles.html"


def missing(settings: Settings) -> tuple[Missing, ...]:
    """Return the answers that this step still needs."""
    if not settings.oidc_provider:
        return ()
    why = {
        "oidc_audience": "a role for OIDC federation must name the audience (client ID) of its tokens",
        "oidc_subject": "without a subject, every user of that client could assume the role",
    }
    return tuple(Missing(option=field, why=text) for field, text in why.items() if not getattr(settings, field))


def made_roles(settings: Settings) -> tuple[str, ...]:
    """Return the names of the roles that this step makes for people."""
    if settings.user_access is UserAccess.NONE:
        return ()
    ways = {
        "users": bool(settings.assumable_by),
        "saml": settings.saml_provider is not None,
        "oidc": settings.oidc_provider is not None,
    }
    return tuple(f"{settings.name}-{way}" for way, chosen in ways.items() if chosen)


def desired(context: Context) -> tuple[Resource, ...]:
    """Return the user policy, the roles made for people, and who gets the policy."""
    settings = context.settings
    if settings.user_access is UserAccess.NONE:
        return ()
    description = f"What people may do with Amazon Personalize in the set-up {settings.name}"
    policy = context.policy(settings.user_policy, description, _statements(context))
    roles = tuple(_roles(context))
    holders = [
        *((PrincipalKind.ROLE, role.name) for role in roles),
        *((PrincipalKind.ROLE, name) for name in settings.attach_roles),
        *((PrincipalKind.GROUP, name) for name in settings.attach_groups),
        *((PrincipalKind.USER, name) for name in settings.attach_users),
    ]
    attachments = (
        PolicyAttachment(policy_arn=policy.arn, principal_kind=kind, principal_name=name)
        for kind, name in dict.fromkeys(holders)
    )
    return (policy, *roles, *attachments, *identity_center.resources(context, policy))


def findings(context: Context) -> tuple[Finding, ...]:
    """Return what should be known about the chosen ways to give access."""
    settings = context.settings
    direct = {"user": settings.attach_users, "group": settings.attach_groups}
    attached = (
        Finding(
            check="direct-attachment",
            severity=Severity.LOW,
            verdict=Verdict.ALLOWED,
            resource=f"{kind}/{name}",
            message=f"the user policy is attached directly to the {kind} {name}, which AWS does not recommend",
            remedy="let people assume a role (--assumable-by), or use identity federation",
            docs=_IDENTITIES_DOCS,
        )
        for kind, names in direct.items()
        for name in dict.fromkeys(names)
    )
    abroad = (
        Finding(
            check="user-of-another-account",
            severity=Severity.LOW,
            resource=str(user),
            message=f"{user} is a user of another account: that account must also allow sts:AssumeRole on the role",
            remedy=f"allow the user sts:AssumeRole on {context.place.arn('iam', f'role/{settings.name}-users')}",
            docs=_CROSS_ACCOUNT_DOCS,
        )
        for user in dict.fromkeys(settings.assumable_by)
        if user.account != context.place.account
    )
    return (*attached, *abroad, *identity_center.findings(context))


def _statements(context: Context) -> tuple[Statement, ...]:
    preset = context.settings.user_access
    own = context.render(f"user/{preset}")
    if preset not in _PASSES_ROLE:
        return own
    return own + context.render("user/pass-role", {"ServiceRoleArn": context.service_role_arn})


def _roles(context: Context) -> Iterator[Role]:
    settings = context.settings
    if settings.assumable_by:
        template = "trust/iam-users-mfa" if settings.require_mfa else "trust/iam-users"
        users = tuple(dict.fromkeys(map(str, settings.assumable_by)))
        yield _role(context, "users", "IAM users", context.render(template, {"UserArn": users}))
    if settings.saml_provider:
        audience = _SAML_AUDIENCES.get(context.place.partition, _SAML_AUDIENCE)
        values = {"SamlProviderArn": str(settings.saml_provider), "SamlAudience": audience}
        yield _role(context, "saml", "people who sign in through SAML", context.render("trust/saml", values))
    if settings.oidc_provider:
        values = {
            "OidcProviderArn": str(settings.oidc_provider),
            "OidcIssuer": settings.oidc_provider.resource.removeprefix("oidc-provider/"),
            "OidcAudience": settings.oidc_audience,
            "OidcSubject": settings.oidc_subject,
        }
        yield _role(context, "oidc", "people who sign in through OIDC", context.render("trust/oidc", values))


def _role(context: Context, way: str, who: str, statements: tuple[Statement, ...]) -> Role:
    name = context.settings.name
    return context.role(f"{name}-{way}", f"Lets {who} use Amazon Personalize in the set-up {name}", statements)
