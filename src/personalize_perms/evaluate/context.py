"""What is known about a request: the condition keys of its context and those that follow from who asks.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from personalize_perms.model.access import Principal, PrincipalType, Question

_ABSENT: tuple[str, ...] = ()
_TYPES = {PrincipalType.USER: "User", PrincipalType.ROLE: "AssumedRole", PrincipalType.ROOT: "Account"}
_OF_SERVICES = frozenset({"aws:principalservicename", "aws:principalservicenameslist"})
_OF_MEMBERS = frozenset({"aws:username", "aws:principaltag/", "aws:principalorgid", "aws:principalorgpaths"})
"""A service principal is a member of no organisation, carries no tags and has no user name; nor has an identity
provider's answer, which no principal of AWS signs."""
_FOREIGN_TO_SERVICES = frozenset({"aws:principalarn", "aws:principalaccount", "aws:userid"})
_FOREIGN = "a name of AWS's own"
"""Stands for a value that is not known but is none that a customer could write."""
_NEVER = {
    PrincipalType.USER: _OF_SERVICES,
    PrincipalType.ROLE: _OF_SERVICES | {"aws:username"},
    PrincipalType.ROOT: _OF_SERVICES | {"aws:username", "aws:principaltag/"},
    PrincipalType.SERVICE: _OF_MEMBERS,
    PrincipalType.FEDERATED: _OF_SERVICES | _OF_MEMBERS,
}


def principal_keys(principal: Principal, *, user_id: str = "") -> Mapping[str, tuple[str, ...]]:
    """Return the condition keys that follow from who asks, by name in lower case.

    `user_id` is a user's unique id (`AIDA…`), or a role's with its session (`AROA…:session`), if it is known.
    """
    found = _derived(principal)[0]
    return {**found, "aws:userid": (user_id,)} if user_id else found


def absent_keys(principal: Principal) -> frozenset[str]:
    """Return the condition keys that a request of this principal never carries; `x/` is every key that begins so."""
    return _derived(principal)[1]


class Facts:
    """The context of one question, asked key by key."""

    __slots__ = ("_absent", "_complete", "_derived", "_possible", "_present", "question")

    def __init__(self, question: Question) -> None:
        self.question = question
        context = question.context
        self._present = context.present
        self._absent = context.absent
        self._possible = context.possible
        self._complete = context.complete
        self._derived: tuple[Mapping[str, tuple[str, ...]], frozenset[str]] | None = None

    def look(self, key: str) -> tuple[str, ...] | None:
        """Return the values of a key (in lower case): none if it is absent, and None if it is not known."""
        values = self._present.get(key)
        if values is not None:
            return values
        if _listed(key, self._absent):
            return _ABSENT
        if key in self._possible:
            return None
        if self._derived is None:
            self._derived = _derived(self.question.principal)
        present, absent = self._derived
        values = present.get(key)
        if values is not None:
            return values
        if key == "aws:resourceaccount" and self.question.resource_account and not self._complete:
            return (self.question.resource_account,)
        return _ABSENT if self._complete or _listed(key, absent) else None

    def possible(self, key: str) -> tuple[tuple[str, ...], ...]:
        """Return all that a key that is not known can hold; nothing, if that is not known either."""
        if self.question.principal.type is PrincipalType.SERVICE and key in _FOREIGN_TO_SERVICES:
            return (_ABSENT, (_FOREIGN,))
        return self._possible.get(key, ())


def _listed(key: str, absent: frozenset[str]) -> bool:
    return bool(absent) and (key in absent or ("/" in key and f"{key.split('/', 1)[0]}/" in absent))


@lru_cache(maxsize=1024)
def _derived(principal: Principal) -> tuple[Mapping[str, tuple[str, ...]], frozenset[str]]:
    """Return what is surely present, and what is surely absent, in a request of this principal."""
    serves = principal.type is PrincipalType.SERVICE
    found: dict[str, tuple[str, ...]] = {}
    if serves:
        found = {"aws:principalisawsservice": ("true",), "aws:principalservicename": (principal.arn,)}
    elif kind := _TYPES.get(principal.type):
        found = {"aws:principalisawsservice": ("false",), "aws:principaltype": (kind,)}
        found["aws:principalarn"] = (principal.arn,)
    if principal.type is PrincipalType.USER:
        found["aws:username"] = (principal.arn.rsplit("/", 1)[-1],)
    if principal.account and not serves:
        found["aws:principalaccount"] = (principal.account,)
        if principal.type is PrincipalType.ROOT:
            found["aws:userid"] = (principal.account,)
    return MappingProxyType(found), _NEVER[principal.type]
