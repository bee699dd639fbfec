"""What can be wrong with a set of answers although each alone is right."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from personalize_perms.model.errors import SettingsError, TemplateError
from personalize_perms.model.names import Arn
from personalize_perms.model.options import BY_FIELD
from personalize_perms.model.resources import (
    KeyGrant,
    PermissionSet,
    PermissionSetAssignment,
    PolicyAttachment,
    Resource,
)
from personalize_perms.model.settings import KmsAccess, Place, Settings, UserAccess
from personalize_perms.steps import served, user_access

MAX_TAGS: Final = 24
"""AWS allows 50 tags on a role or policy; the rest is left for the marks of the set-up and its ledger."""

_NEEDS_USER_POLICY = (
    "user_policy_name",
    "attach_users",
    "attach_groups",
    "attach_roles",
    "assumable_by",
    "saml_provider",
    "oidc_provider",
    "permission_set",
)
_WITH_A_PERMISSION_SET = ("assign_groups", "assign_users", "assign_accounts", "identity_center_region")
_FOR_A_NEW_ROLE = ("role_name", "role_path", "role_description")


def conflicts(settings: Settings) -> tuple[str, ...]:
    """Return the contradictions between answers, each as one sentence that names the flags."""
    if settings.serves:
        return tuple(_about_serving(settings))
    return (*_about_the_role(settings), *_about_users(settings), *_about_names(settings), *_about_tags(settings))


def _flag(field: str) -> str:
    return BY_FIELD[field].flag


def _given(settings: Settings, fields: tuple[str, ...]) -> Iterator[str]:
    unset = Settings()
    return (field for field in fields if getattr(settings, field) != getattr(unset, field))


def _about_the_role(settings: Settings) -> Iterator[str]:
    if settings.role_arn:
        for field in _given(settings, _FOR_A_NEW_ROLE):
            yield f"{_flag(field)} is for a role to create, and --role-arn adopts an existing one: give one of the two"
    elif settings.tighten_trust:
        yield "--tighten-trust is for an existing role: give it with --role-arn, or leave --tighten-trust out"


_OWN_IAM = (
    *("role_description", "tighten_trust", "permissions_boundary", "tags", "user_access", "require_mfa"),
    *("oidc_audience", "oidc_subject", "bucket_owners"),
    *_NEEDS_USER_POLICY,
    *_WITH_A_PERMISSION_SET,
)


def _about_serving(settings: Settings) -> Iterator[str]:
    serving = "--serve-account" if settings.serve_accounts else "--serve-org"
    for field in _given(settings, _OWN_IAM):
        yield f"{_flag(field)} is for a set-up of this account, and {serving} makes only statements for others"
    if settings.role_arn:
        for field in _given(settings, ("role_name", "role_path", "serve_org")):
            yield f"{_flag(field)} tells which roles are let in, and --role-arn names the one: give one of the two"
        if settings.serve_accounts and set(settings.serve_accounts) != {settings.role_arn.account}:
            yield f"--role-arn {settings.role_arn} is not of the account that --serve-account names"
    if settings.kms_access is KmsAccess.GRANT and not served.is_one_role(settings):
        yield "--kms-access grant is for one role: name it with --role-arn, or leave --kms-access out"


def _about_users(settings: Settings) -> Iterator[str]:
    if settings.require_mfa and not settings.assumable_by:
        yield "--require-mfa is for the role that IAM users assume: name them with --assumable-by"
    if not settings.oidc_provider:
        for field in _given(settings, ("oidc_audience", "oidc_subject")):
            yield f"{_flag(field)} is for OIDC federation: name the provider with --oidc-provider"
    if not settings.permission_set:
        for field in _given(settings, _WITH_A_PERMISSION_SET):
            yield f"{_flag(field)} is for people who sign in through Identity Center: name a --permission-set"
    elif settings.assign_accounts and not (settings.assign_groups or settings.assign_users):
        yield "--assign-account says where, not to whom: name an --assign-group or --assign-user"
    if settings.user_access is UserAccess.NONE:
        for field in _given(settings, _NEEDS_USER_POLICY):
            yield f"{_flag(field)} needs a user policy, and --user-access none makes none"


def _about_names(settings: Settings) -> Iterator[str]:
    made = {name.lower() for name in user_access.made_roles(settings)}
    service_role = settings.service_role_name.lower()
    if service_role in made:
        yield f"the service role cannot be {settings.service_role_name}: it is made for people (choose --role-name)"
    for role in settings.attach_roles:
        if role.lower() == service_role:
            yield f"--attach-role {role} is the service role: it must not get what people may do"
        elif role.lower() in made:
            yield f"--attach-role {role} is made by this set-up and gets the user policy anyway: leave it out"
    reserved = re.escape(f"{settings.name}-service-access".lower())
    if re.fullmatch(rf"{reserved}(-[0-9]+)?", settings.user_policy.lower()):
        yield f"--user-policy-name {settings.user_policy} is the name of a policy of the service role: choose another"


def _about_tags(settings: Settings) -> Iterator[str]:
    counts = Counter(key.lower() for key, _ in settings.tags)
    for key in (key for key, count in counts.items() if count > 1):
        yield f"--tag gives {key} more than once, and AWS does not tell tag keys apart by letter case"
    if len(settings.tags) > MAX_TAGS:
        yield f"--tag is given {len(settings.tags)} times; at most {MAX_TAGS} fit beside the set-up's own"


def check_place(settings: Settings, place: Place) -> None:
    """Raise `SettingsError` naming every ARN that cannot be used from this account and partition."""
    problems = [*_outside(settings, place)]
    if problems:
        raise SettingsError(
            "\n".join((f"this set-up is for account {place.account} in the partition {place.partition}", *problems)),
            hint="name ARNs of this account, or run with the credentials of the other one",
        )


def _outside(settings: Settings, place: Place) -> Iterator[str]:
    served_accounts = tuple(map(str, settings.serve_accounts))
    if place.account in served_accounts:
        yield f"--serve-account {place.account} is this account: it is let in by a set-up of its own"
    arns: dict[str, tuple[Arn | None, tuple[str, ...]]] = {
        "role_arn": (settings.role_arn, served_accounts),
        "permissions_boundary": (settings.permissions_boundary, ("aws",)),
        "saml_provider": (settings.saml_provider, ()),
        "oidc_provider": (settings.oidc_provider, ()),
    }
    for field, (arn, others) in arns.items():
        if arn and arn.partition != place.partition:
            yield f"{_flag(field)} {arn} is of the partition {arn.partition}"
        elif arn and arn.account not in (place.account, *others):
            yield f"{_flag(field)} {arn} is of the account {arn.account}"
    for user in settings.assumable_by:
        if user.partition != place.partition:
            yield f"--assumable-by {user} is of the partition {user.partition}"


def check_sids(resources: tuple[Resource, ...]) -> None:
    """Raise `TemplateError` where templates that are composed into one document share a Sid: IAM would refuse it."""
    for resource in resources:
        if isinstance(resource, PolicyAttachment | KeyGrant | PermissionSet | PermissionSetAssignment):
            continue
        counts = Counter(str(statement["Sid"]) for statement in resource.statements)
        twice = [sid for sid, count in counts.items() if count > 1]
        if twice:
            raise TemplateError(f"two templates that belong into one document both have the Sid of {twice[0]}")
