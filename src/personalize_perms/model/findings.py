"""What was noticed, and how sure it is."""

from collections.abc import Mapping
from enum import StrEnum

from personalize_perms.model.values import dataclass


class Severity(StrEnum):
    """How much it matters, lowest first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Verdict(StrEnum):
    """What can be said about an access."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to know: what, where, why, and what to do about it."""

    check: str
    severity: Severity
    resource: str
    message: str
    remedy: str = ""
    docs: str = ""
    verdict: Verdict = Verdict.UNKNOWN
    """What can be said about the access that this is about."""
    reason: str = ""
    """Why: the statement that decides, or what is missing."""
    statement: Mapping[str, object] | None = None
    """What the owner of the document has to put in, where this program does not do it."""
    account: str = ""
    """The account, where several are looked at."""
