"""What AWS itself says about access: its simulator, and Access Analyzer's reading of a document."""

from enum import StrEnum

from personalize_perms.model.values import dataclass


class AdviceType(StrEnum):
    """How serious Access Analyzer takes it.

    https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ValidatePolicyFinding.html
    """

    ERROR = "ERROR"
    SECURITY_WARNING = "SECURITY_WARNING"
    WARNING = "WARNING"
    SUGGESTION = "SUGGESTION"


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """What AWS's simulator says of one action on one resource, from identity-based policies alone."""

    action: str
    resource: str
    is_allowed: bool
    is_explicit: bool
    """Whether it is denied by a statement, not for lack of one."""
    organization_allows: bool = True
    boundary_allows: bool = True
    missing_keys: tuple[str, ...] = ()
    """Condition keys that the policies ask for and that were not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One remark of Access Analyzer about a document."""

    type: AdviceType
    code: str
    details: str
    docs: str
    statement: int = 0
    """The statement's number from 1; 0 where it is about the whole document."""
