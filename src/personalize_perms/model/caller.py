"""Who runs this, and where."""

from personalize_perms.model.settings import Place
from personalize_perms.model.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who runs this, from STS, and by which endpoints."""

    place: Place
    arn: str
    endpoint: str = ""
    """A non-default endpoint URL, or empty."""
    alias: str = ""
    """The name that people gave the account, where it was asked for and may be known."""
