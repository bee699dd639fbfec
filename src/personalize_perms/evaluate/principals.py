"""The Principal element: whom a statement of a resource-based policy names, and how far that reaches.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from personalize_perms.evaluate.elements import MalformedError, mapping, texts
from personalize_perms.evaluate.truth import Truth, depends_on
from personalize_perms.model.access import Principal, PrincipalType
from personalize_perms.model.resources import Json

SESSION_NAME = "the name of the role's session"
"""What is not known about a role whose session has no name in the question."""
CANONICAL_USER = "CanonicalUser"
"""What is not known about a statement that names an account by its canonical user id."""

_ACCOUNT = re.compile(r"arn:(?:aws[a-z-]*):iam::([0-9]{12}):root|([0-9]{12})", re.ASCII)
_KINDS = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})


class Reach(NamedTuple):
    """How an Allow reaches a principal, strongest first: what else of the principal's own must allow as well.

    `direct` (everyone, a role session, a service): nothing must. `user`: a session policy must, and with one a
    permissions boundary. `role`: both must. `account`: the principal's account is named, which leaves the decision
    to its own policies.
    """

    direct: Truth = False
    user: Truth = False
    role: Truth = False
    account: Truth = False


NOBODY = Reach()
DIRECT = Reach(direct=True)
USER = Reach(user=True)
ACCOUNT = Reach(account=True)


class Names(NamedTuple):
    """The names under which a principal can stand in a policy."""

    own: str
    session: str
    """The session's ARN; without a session name, what every one of them begins with."""
    account: str


@lru_cache(maxsize=1024)
def names_of(principal: Principal) -> Names:
    """Return the names of a principal."""
    session = ""
    if principal.type is PrincipalType.ROLE:
        partition = principal.arn.split(":")[1] if principal.arn.count(":") > 1 else "aws"
        role = principal.arn.rsplit("/", 1)[-1]
        session = f"arn:{partition}:sts::{principal.account}:assumed-role/{role}/{principal.session}"
    return Names(principal.arn, session, principal.account)


@dataclass(frozen=True, slots=True)
class Named:
    """A Principal or NotPrincipal element."""

    everyone: bool
    arns: frozenset[str]
    accounts: frozenset[str]
    services: frozenset[str]
    providers: frozenset[str]
    canonical: bool

    def reach(self, principal: Principal) -> Reach:
        """Tell how this element reaches a principal."""
        if self.everyone:
            return DIRECT
        match principal.type:
            case PrincipalType.SERVICE:
                return DIRECT if principal.arn in self.services else NOBODY
            case PrincipalType.FEDERATED:
                return DIRECT if principal.arn in self.providers else NOBODY
            case _:
                return self._reach_within_aws(principal)

    def _reach_within_aws(self, principal: Principal) -> Reach:
        names = names_of(principal)
        if principal.type is PrincipalType.ROOT:
            if names.account in self.accounts:
                return DIRECT
        elif principal.type is PrincipalType.USER:
            if names.own in self.arns:
                return USER
        elif (session := self._session(principal, names)) is True:
            return DIRECT
        elif names.own in self.arns or session is not False:
            return Reach(direct=session, role=names.own in self.arns, account=names.account in self.accounts)
        if names.account in self.accounts:
            return ACCOUNT
        return Reach(account=depends_on(CANONICAL_USER)) if self.canonical else NOBODY

    def _session(self, principal: Principal, names: Names) -> Truth:
        if principal.session or not self.arns:
            return names.session in self.arns
        return depends_on(SESSION_NAME) if any(arn.startswith(names.session) for arn in self.arns) else False

    def spares(self, principal: Principal) -> Truth:
        """Tell whether this element, as NotPrincipal of a Deny, leaves a principal out of it.

        AWS may check the account, the role and the session one after the other, each against the list, and "might"
        deny where one is missing: only the whole chain surely spares, and only a list without the principal's own
        names surely does not.
        """
        if self.everyone:
            return True
        if principal.type in (PrincipalType.SERVICE, PrincipalType.FEDERATED):
            return self.reach(principal).direct
        names = names_of(principal)
        account = names.account in self.accounts
        if principal.type is PrincipalType.ROOT:
            return account or (depends_on(CANONICAL_USER) if self.canonical else False)
        own = names.own in self.arns
        session = self._session(principal, names) if principal.type is PrincipalType.ROLE else own
        if account and own and session is True:
            return True
        return depends_on("NotPrincipal") if own or session is not False or self.canonical else False


def named(element: Json) -> Named:
    """Return whom a Principal or NotPrincipal element names; raise `MalformedError` for what AWS does not know."""
    if element == "*":
        return Named(
            everyone=True,
            arns=frozenset(),
            accounts=frozenset(),
            services=frozenset(),
            providers=frozenset(),
            canonical=False,
        )
    kinds = {kind: frozenset(texts(values, kind)) for kind, values in mapping(element, "Principal").items()}
    if not kinds.keys() <= _KINDS:
        raise MalformedError(f"there is no principal of the kind {', '.join(sorted(kinds.keys() - _KINDS))}")
    within = kinds.get("AWS", frozenset())
    accounts = {one: found[1] or found[2] for one in within if (found := _ACCOUNT.fullmatch(one))}
    return Named(
        everyone="*" in within,
        arns=within - accounts.keys(),
        accounts=frozenset(accounts.values()),
        services=kinds.get("Service", frozenset()),
        providers=kinds.get("Federated", frozenset()),
        canonical="CanonicalUser" in kinds,
    )
