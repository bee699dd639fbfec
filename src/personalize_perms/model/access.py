"""Questions about access, and their answers: what the evaluator is asked, and what it says.

A question may leave condition keys open: what Amazon Personalize sends is documented in part only. A key that is
neither present nor known to be absent can make the answer `unknown`, never wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from personalize_perms.model.findings import Verdict


class PrincipalType(StrEnum):
    """What kind of principal asks."""

    USER = "user"
    ROLE = "role"
    ROOT = "root"
    SERVICE = "service"
    FEDERATED = "federated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks. `arn` is the user's, role's or account root's ARN, the service principal, or the provider's ARN."""

    type: PrincipalType
    arn: str
    account: str = ""
    """The account of a user, role or root; empty for services and identity providers."""
    session: str = ""
    """The name of a role's session, if it is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContext:
    """The condition keys of one request, in lower case.

    A key that is in none of them is unknown, or absent if the context is `complete`.
    """

    present: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    """Keys known not to be in the request; an entry that ends with `/` stands for every key that begins with it."""
    possible: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    """What a key can hold of which it is not known what it does: where all of it leads to the same, that is known."""
    complete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Whether this principal may do this action on this resource."""

    principal: Principal
    action: str
    resource: str
    resource_account: str
    """The account that owns the resource."""
    context: RequestContext = field(default_factory=RequestContext)


class Layer(StrEnum):
    """The kinds of policies that take part in a decision."""

    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    SERVICE_CONTROL = "service control policy"
    RESOURCE_CONTROL = "resource control policy"
    RESOURCE = "resource-based policy"
    GRANT = "grant"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRef:
    """One statement of one document; for a grant, `document` is its id and there is no number."""

    layer: Layer
    document: str
    number: int = 0
    """Counted from 1."""
    sid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer: the statement that decided, or the layer in which an Allow is missing, or what cannot be known."""

    verdict: Verdict
    because: str
    """One sentence for a person."""
    statement: StatementRef | None = None
    lacking: Layer | None = None
    hinges: tuple[StatementRef, ...] = ()
    """The statements in which that stands, where the answer is not known."""
    unknown: tuple[str, ...] = ()
    """The condition keys, and the names of the documents, on which the answer depends and which are not known."""
