"""Everything that takes part in one decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from personalize_perms.evaluate.statements import Document, Unread


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A grant of AWS KMS, as ListGrants shows it.

    https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
    """

    id: str
    grantee: str
    operations: frozenset[str] | tuple[str, ...]
    """Names of operations, such as `Decrypt`."""
    context_equals: Mapping[str, str] = field(default_factory=dict)
    """The encryption context that a request must have, and nothing else; empty: no such constraint."""
    context_subset: Mapping[str, str] = field(default_factory=dict)
    """The encryption context that a request must at least have; empty: no such constraint."""
    retiree: str = ""
    """Who may retire it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """The documents that decide. What is not there is empty; what may not be read is `Unread`, never left out."""

    identity: tuple[Document | Unread, ...] = ()
    boundary: Document | Unread | None = None
    session: Document | Unread | None = None
    service_control: tuple[tuple[Document | Unread, ...], ...] = ()
    """One tuple for each level of the organisation, each of which must allow; empty: no organisation."""
    resource_control: tuple[tuple[Document | Unread, ...], ...] = ()
    """The same for the account of the resource, RCPFullAWSAccess, which AWS attaches everywhere, among them."""
    resource: Document | Unread | None = None
    """The bucket policy, key policy or trust policy."""
    grants: tuple[Grant, ...] | Unread = ()
