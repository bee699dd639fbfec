"""The one template for all accounts of a rollout: what each account has of its own in IAM. Pure.

Users, buckets and keys that the settings name are one for all accounts. A permissions boundary, an identity provider
and an adopted role are each account's own, by the same name, whatever account their ARN names.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from personalize_perms import steps
from personalize_perms.engine import offline
from personalize_perms.export import cloudformation, parcel
from personalize_perms.export.parcel import LeftOut, Parcel
from personalize_perms.model.errors import LimitExceeded, SettingsError
from personalize_perms.model.findings import Finding
from personalize_perms.model.inert import inert
from personalize_perms.model.names import AccountId, Arn
from personalize_perms.model.resources import (
    BucketPolicyStatements,
    Desired,
    KeyGrant,
    KeyPolicyStatements,
    ManagedPolicy,
    PermissionSet,
    PermissionSetAssignment,
    PolicyAttachment,
    PrincipalKind,
    Role,
    TrustPolicyStatements,
)
from personalize_perms.model.settings import KeyUse, Place, Settings
from personalize_perms.model.values import dataclass
from personalize_perms.templates import Templates

EACH: Final = AccountId("000000000000")
"""Stands for the account in which the template is deployed; no account of AWS has this number."""
LONGEST: Final = 51_200
"""Bytes of a template in a request. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""

_SEEN_TO: Final = frozenset({"policy-of-another-account", "other-account"})
"""What a set-up of one account says about others, and a rollout sees to, or names as left out."""
_BEGIN: Final = "AWSTemplateFormatVersion:"
_CENTRAL: Final = (
    "it is one for all accounts: run personalize-perms apply with --serve-org or --serve-account in the account that "
    "owns it"
)
_DIRECTORY: Final = "Identity Center is one for all accounts: run personalize-perms apply where it is managed"
_LEFT: Final[dict[type, str]] = {
    BucketPolicyStatements: _CENTRAL,
    KeyPolicyStatements: _CENTRAL,
    KeyGrant: "CloudFormation has no KMS grants: let the key policy do it (--kms-access key-policy)",
    PermissionSet: _DIRECTORY,
    PermissionSetAssignment: _DIRECTORY,
    TrustPolicyStatements: "CloudFormation would own the whole role, and it belongs to others in each account",
}
_USERS: Final = "an IAM user is of one account: use --assumable-by with the user's ARN, or --attach-role"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The template, what of the settings is not in it and why, and what should be known."""

    text: str
    left_out: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    desired: Desired


def render(
    settings: Settings, regions: tuple[str, ...], partition: str, keys: tuple[KeyUse, ...], templates: Templates
) -> Rendered:
    """Return the template for a set-up in all accounts; raise `LimitExceeded` where AWS would not take it."""
    if settings.serves:
        raise SettingsError(
            "--serve-account and --serve-org are for the account that owns the buckets: there is nothing to roll out",
            hint="personalize-perms apply there; roll out with the settings of the accounts that are served",
        )
    place = Place(account=EACH, region=regions[0], partition=partition)
    own = _each(settings)
    context = steps.Context(settings=own, place=place, keys=keys, templates=templates, regions=regions)
    desired = steps.desire(context)
    own_parts = tuple(one for one in desired.resources if isinstance(one, Role | ManagedPolicy))
    offline.plan_offline(replace(desired, resources=own_parts))  # it refuses documents larger than AWS allows
    whole = replace(parcel.unseen(desired), everywhere=True)
    whole = whole.without([*parcel.leave(whole, _LEFT), *_users(whole)])
    text = "\n".join((*_head(desired.name, regions), _template(whole), ""))
    size = len(text.encode())
    if size > LONGEST:
        raise LimitExceeded(
            f"the template has {size:,} bytes, and CloudFormation takes at most {LONGEST:,} in a request",
            reason="a stack set of this program holds its template itself, not a copy in a bucket",
            hint="name fewer locations or Regions, or use several set-ups (--name)",
        )
    return Rendered(
        text=text,
        left_out=tuple(_left_out(whole, settings, keys).items()),
        findings=tuple(_finding(one) for one in desired.findings if one.check not in _SEEN_TO),
        desired=desired,
    )


def _left_out(whole: Parcel, settings: Settings, keys: tuple[KeyUse, ...]) -> dict[str, str]:
    """Return what is not in the template, and why: every bucket and key, whoever owns it, and what was taken out."""
    central = [*(f"bucket-policy {bucket}" for bucket in settings.buckets), *(f"key-policy {use.arn}" for use in keys)]
    taken_out = {_anywhere(parcel.title(one.resource)): one.why for one in whole.left_out}
    return {**dict.fromkeys(central, _CENTRAL), **taken_out}


def _each(settings: Settings) -> Settings:
    """Return the settings with everything that is of each account's own in the account that stands for all."""

    def own(arn: Arn | None) -> Arn | None:
        return replace(arn, account=EACH) if arn and arn.account != "aws" else arn

    return replace(
        settings,
        role_arn=own(settings.role_arn),
        permissions_boundary=own(settings.permissions_boundary),
        saml_provider=own(settings.saml_provider),
        oidc_provider=own(settings.oidc_provider),
    )


def _users(whole: Parcel) -> Iterator[LeftOut]:
    for one in whole.of_kind(PolicyAttachment):
        if one.principal_kind is PrincipalKind.USER:
            yield LeftOut(resource=one, why=_USERS)


def _template(whole: Parcel) -> str:
    """Return the template without the comments of an export, which are about one account."""
    text = cloudformation.export(replace(whole, left_out=())).files[f"{whole.desired.name}.yaml"]
    return text[text.index(_BEGIN) :].rstrip("\n")


def _head(name: str, regions: Iterable[str]) -> Iterator[str]:
    yield "# Made by personalize-perms rollout. Do not edit: change the settings and roll out again."
    yield inert(f"# Set-up {name} in every account of the stack set, for Amazon Personalize in {', '.join(regions)}.")
    yield "# IAM is the same in all Regions: each account must have this stack once, in one Region."


def _anywhere(text: str) -> str:
    return text.replace(EACH, "*")


def _finding(finding: Finding) -> Finding:
    return replace(
        finding,
        resource=_anywhere(finding.resource),
        message=_anywhere(finding.message),
        remedy=_anywhere(finding.remedy),
    )
