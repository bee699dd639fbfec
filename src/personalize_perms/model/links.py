"""The links of the chain from a person's call to the data, each a document or setting that can break it.

`check` looks at all of them, `diagnose` at those that an error points to, and a fix changes what belongs to one.
"""

from enum import StrEnum


class Link(StrEnum):
    """One link. The value is what the check ids of its findings are, or begin with."""

    USER = "user"
    """Who starts the work, and passes the role: checks `start-…` and `pass-role`."""
    TRUST = "trust"
    ROLE_POLICY = "role-policy"
    BOUNDARY = "boundary"
    BUCKET_REGION = "bucket-region"
    BUCKET_POLICY = "bucket-policy"
    BUCKET_ENCRYPTION = "bucket-encryption"
    BLOCK_PUBLIC_ACCESS = "block-public-access"
    KEY_STATE = "key-state"
    KEY_POLICY = "key-policy"
    KEY_GRANT = "key-grant"


def link_of(check: str) -> Link | None:
    """Return the link that a check looks at, or None for one that is about none of them."""
    if check.startswith("start-") or check == "pass-role":
        return Link.USER
    # The longest first: no id of a link may swallow another's.
    links = sorted(Link, key=len, reverse=True)
    return next((link for link in links if check == link or check.startswith(f"{link}-")), None)
