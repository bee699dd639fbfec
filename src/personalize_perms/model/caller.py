"""Who runs this, and where."""

from typing import Final

from personalize_perms.model.settings import Place
from personalize_perms.model.values import dataclass

ASKING: Final = frozenset({"mfa_serial", "credential_process"})
"""Keys of a profile in the AWS configuration by which getting credentials may ask a person.

https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who runs this, from STS, and by which endpoints."""

    place: Place
    arn: str
    endpoint: str = ""
    """A non-default endpoint URL, or empty."""
    alias: str = ""
    """The name that people gave the account, where it was asked for and may be known."""
