"""What an examination of one set-up comes to: the links that hold, the findings, and what was not looked at."""

from enum import StrEnum

from personalize_perms.model.findings import Finding, Verdict
from personalize_perms.model.resources import PrincipalKind
from personalize_perms.model.values import dataclass


class Link(StrEnum):
    """The links between a person and the data, in the order in which to look for the one that is broken."""

    BUCKET_REGION = "bucket-region"
    BUCKET_ENCRYPTION = "bucket-encryption"
    KEY_STATE = "key-state"
    BLOCK_PUBLIC_ACCESS = "block-public-access"
    TRUST = "trust"
    BUCKET_POLICY = "bucket-policy"
    KEY_POLICY = "key-policy"
    KEY_GRANT = "key-grant"
    ROLE_POLICY = "role-policy"
    BOUNDARY = "boundary"
    SERVICE_CONTROL = "service-control-policy"
    USER_POLICY = "user-policy"
    PASS_ROLE = "pass-role"  # noqa: S105 - the name of a permission
    ASSUME_ROLE = "assume-role"
    SECOND_OPINION = "second-opinion"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One link that was asked about: who reaches what through it, and whether that holds."""

    link: Link
    who: str
    resource: str
    message: str
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Something to ask besides what the settings lead to: whether a user or role of the account may do one thing."""

    kind: PrincipalKind
    name: str
    action: str
    resource: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """The result; `notes` say what was not asked, and why."""

    findings: tuple[Finding, ...]
    examined: tuple[Examined, ...]
    notes: tuple[str, ...] = ()
