"""The kinds of policies that AWS names when it denies something, and what naming one tells.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

import re
from collections.abc import Mapping
from typing import Final

from personalize_perms.model.examination import Link
from personalize_perms.model.values import dataclass

_RESOURCE_LINKS: Final = (Link.BUCKET_POLICY, Link.KEY_POLICY, Link.KEY_GRANT, Link.TRUST)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyType:
    """One kind: what it means that it decided, what to do, and which links it is."""

    meaning: str
    next_step: str = ""
    links: tuple[Link, ...] = ()
    proves: bool = False
    """Whether it is out of reach of everything that is looked at, so that AWS's word is all there is."""


_ORGANISATION: Final = "ask whoever administers the organization; nothing in this account can allow it"

POLICY_TYPES: Final[Mapping[str, PolicyType]] = {
    "identity-based policy": PolicyType(
        meaning="AWS names the identity-based policies: those of the user or role that was denied",
        links=(Link.ROLE_POLICY, Link.USER_POLICY, Link.PASS_ROLE),
    ),
    "resource-based policy": PolicyType(
        meaning="AWS names the resource-based policy: that of the bucket, key or role it was about",
        links=_RESOURCE_LINKS,
    ),
    "role trust policy": PolicyType(meaning="AWS names the trust policy of the role", links=(Link.TRUST,)),
    "permissions boundary": PolicyType(
        meaning="AWS names the permissions boundary: whatever it leaves out is denied, though a policy allows it",
        next_step="ask whoever owns the boundary to allow the action in it",
        links=(Link.BOUNDARY,),
    ),
    "session policy": PolicyType(
        meaning="AWS names the session policy: what was given when the session began leaves the action out",
        next_step="begin the session without that policy, or with one that allows the action",
        proves=True,
    ),
    "service control policy": PolicyType(
        meaning="AWS names a service control policy of the organization: no policy of the account can overrule it",
        next_step=_ORGANISATION,
        proves=True,
    ),
    "resource control policy": PolicyType(
        meaning="AWS names a resource control policy of the organization: no policy of the account can overrule it",
        next_step=_ORGANISATION,
        proves=True,
    ),
    "VPC endpoint policy": PolicyType(
        meaning="AWS names the VPC endpoint policy of the endpoint that the call went through",
        next_step="ask whoever owns the endpoint to allow the action in its policy",
        proves=True,
    ),
}
"""By AWS's name, each."""

_NAMES: Final = (
    "|".join(re.escape(name).replace(r"\ ", " ") for name in POLICY_TYPES)
    .replace("policy", "polic(?:y|ies)")
    .replace("boundary", "boundar(?:y|ies)")
)
_SENTENCES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\bno (?P<type>{_NAMES}) allows?\b",
        rf"\bexplicit deny in (?:(?:an?|the) )?(?P<type>{_NAMES})\b",
        rf"\b(?P<type>{_NAMES}) explicitly den(?:y|ies)\b",
    )
)
_KMS_SENTENCE: Final = re.compile(r"\bno resource-based policies allow access\b", re.IGNORECASE)


def named_in(sentence: str) -> str:
    """Return which kind of policy a sentence of AWS says decided, or nothing."""
    if _KMS_SENTENCE.search(sentence):
        return "resource-based policy"
    found = next((said for pattern in _SENTENCES if (said := pattern.search(sentence))), None)
    if not found:
        return ""
    said_type = found["type"].lower().replace("policies", "policy").replace("boundaries", "boundary")
    return next(name for name in POLICY_TYPES if name.lower() == said_type)
