"""The checks of `audit`: how much each matters, and the page of AWS that says so. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from personalize_perms.model.findings import Finding, Severity, Verdict
from personalize_perms.model.values import dataclass

_DEPUTY = "https://docs.aws.amazon.com/personalize/latest/dg/cross-service-confused-deputy-prevention.html"
_USERS = "https://docs.aws.amazon.com/personalize/latest/dg/grant-user-permissions.html"
_S3 = "https://docs.aws.amazon.com/personalize/latest/dg/granting-personalize-s3-access.html"
_KMS = "https://docs.aws.amazon.com/personalize/latest/dg/granting-personalize-key-access.html"
_ROLE = "https://docs.aws.amazon.com/personalize/latest/dg/set-up-required-permissions.html"
_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_KEY_POLICIES = "https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html"
_ACTIONS = "https://docs.aws.amazon.com/service-authorization/latest/reference/"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is looked for."""

    severity: Severity
    verdict: Verdict
    docs: str


_LOW, _MEDIUM, _HIGH = Severity
_ALLOWED, _DENIED, _UNKNOWN = Verdict

CHECKS: Final[Mapping[str, Check]] = {
    "trust-without-source-conditions": Check(_HIGH, _ALLOWED, _DEPUTY),
    "trust-open-to-everybody": Check(_HIGH, _ALLOWED, f"{_IAM}reference_policies_elements_principal.html"),
    "trust-for-another-account": Check(_HIGH, _ALLOWED, _DEPUTY),
    "trust-never-matches": Check(_MEDIUM, _DENIED, _DEPUTY),
    "trust-for-another-region": Check(_LOW, _DENIED, _DEPUTY),
    "role-is-administrator": Check(_HIGH, _ALLOWED, _ROLE),
    "role-reaches-every-bucket": Check(_HIGH, _ALLOWED, _S3),
    "role-administers-keys": Check(_HIGH, _ALLOWED, _KMS),
    "role-passes-roles": Check(_HIGH, _ALLOWED, f"{_IAM}id_roles_use_passrole.html"),
    "role-deletes-data": Check(_MEDIUM, _ALLOWED, _S3),
    "role-has-full-access-policy": Check(_MEDIUM, _ALLOWED, _ROLE),
    "pass-any-role": Check(_HIGH, _ALLOWED, f"{_IAM}id_roles_use_passrole.html"),
    "pass-role-to-any-service": Check(_MEDIUM, _ALLOWED, f"{_IAM}id_roles_use_passrole.html"),
    "pass-many-roles": Check(_LOW, _ALLOWED, _USERS),
    "dead-principal": Check(_MEDIUM, _DENIED, f"{_IAM}reference_policies_elements_principal.html"),
    "statement-without-effect": Check(_MEDIUM, _DENIED, f"{_ACTIONS}list_amazons3.html"),
    "misspelt-action": Check(_MEDIUM, _DENIED, f"{_ACTIONS}list_amazonpersonalize.html"),
    "open-to-everybody": Check(_HIGH, _ALLOWED, f"{_IAM}reference_policies_elements_principal.html"),
    "shared-with-other-accounts": Check(_MEDIUM, _ALLOWED, _DEPUTY),
    "service-may-do-too-much": Check(_HIGH, _ALLOWED, _S3),
    "service-administers-key": Check(_HIGH, _ALLOWED, _KMS),
    "resource-without-source-conditions": Check(_LOW, _ALLOWED, _DEPUTY),
    "unused-policy": Check(_LOW, _DENIED, f"{_IAM}best-practices.html"),
    "unused-role": Check(_LOW, _ALLOWED, f"{_IAM}access_policies_last-accessed.html"),
    "role-without-permissions": Check(_LOW, _DENIED, _ROLE),
    "not-readable": Check(_MEDIUM, _UNKNOWN, f"{_IAM}troubleshoot_access-denied.html"),
    "not-recorded": Check(
        _MEDIUM, _UNKNOWN, "https://docs.aws.amazon.com/config/latest/developerguide/aggregate-data.html"
    ),
}


def found(check: str, resource: str, message: str, reason: str, remedy: str) -> Finding:
    """Return the finding of `check` at `resource`."""
    about = CHECKS[check]
    key = check == "statement-without-effect" and ":kms:" in resource
    return Finding(
        check=check,
        severity=about.severity,
        verdict=about.verdict,
        resource=resource,
        message=message,
        reason=reason,
        remedy=remedy,
        docs=_KEY_POLICIES if key else about.docs,
    )


@dataclass(frozen=True, slots=True)
class Text:
    """What is said about a finding, and what to do, with placeholders for what was found."""

    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Spot:
    """One place where a check found something: in which document, in which statement."""

    check: str
    where: str
    """The statement, as a person finds it: `statement 2 (Sid) of the bucket policy`."""
    about: str = ""
    """What exactly, where the check alone does not say it."""


def gathered(spots: Iterable[Spot]) -> Iterator[tuple[str, str, str]]:
    """Yield check, places and what exactly for each check once, in the order in which they came up."""
    places: dict[str, dict[str, None]] = {}
    abouts: dict[str, dict[str, None]] = {}
    for spot in spots:
        places.setdefault(spot.check, {})[spot.where] = None
        abouts.setdefault(spot.check, {})[spot.about] = None
    for check, where in places.items():
        yield check, "; ".join(where), ", ".join(filter(None, abouts[check]))
