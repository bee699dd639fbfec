"""What was noticed, and how sure it is."""

from dataclasses import dataclass
from enum import StrEnum


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
    """One thing to know: what, where, and what to do about it."""

    check: str
    severity: Severity
    resource: str
    message: str
    remedy: str = ""
    docs: str = ""
    verdict: Verdict = Verdict.UNKNOWN
