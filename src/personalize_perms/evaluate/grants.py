"""Grants of AWS KMS: a fourth way in, beside the key policy and the policies of the principal's account.

https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantConstraints.html
"""

from collections.abc import Mapping

from personalize_perms.evaluate.context import Facts
from personalize_perms.evaluate.layers import Resourced, Say
from personalize_perms.evaluate.matching import fold
from personalize_perms.evaluate.policies import Grant
from personalize_perms.evaluate.principals import NOBODY, Reach, named
from personalize_perms.evaluate.statements import Unread
from personalize_perms.evaluate.truth import Truth, all_of, both, depends_on
from personalize_perms.model.access import Layer, Principal, PrincipalType, StatementRef

_CONTEXT = "kms:encryptioncontext:"
_CONTEXT_KEYS = "kms:encryptioncontextkeys"
_WITHOUT_CONTEXT = frozenset({"describekey", "retiregrant", "getpublickey", "sign", "verify"})


def grants_say(grants: tuple[Grant, ...] | Unread, facts: Facts) -> Resourced:
    """Ask the grants of a key, by how they reach the principal. A grant never denies."""
    found = Resourced(*(Say(Layer.GRANT) for _ in Reach._fields))
    service, _, operation = fold(facts.question.action).partition(":")
    if service != "kms" or not grants:
        return found
    if isinstance(grants, Unread):
        found.direct.allow(depends_on(grants.name), None)
        return found
    for grant in grants:
        by = StatementRef(layer=Layer.GRANT, document=grant.id)
        truth = _permits(grant, operation, facts)
        for holder in _holders(grant, operation):
            for say, reached in zip(found, _reach(holder, facts.question.principal), strict=True):
                say.allow(both(reached, truth), by)
    return found


def _holders(grant: Grant, operation: str) -> list[str]:
    """Return whom the grant lets do this: its grantee, and who may retire it."""
    found = [grant.grantee] if operation in {fold(one) for one in grant.operations} else []
    return [*found, grant.retiree] if operation == "retiregrant" and grant.retiree else found


def _reach(holder: str, principal: Principal) -> Reach:
    kind = "Service" if principal.type is PrincipalType.SERVICE else "AWS"
    return named({kind: holder}).reach(principal) if holder != "*" else NOBODY


def _permits(grant: Grant, operation: str, facts: Facts) -> Truth:
    """Tell whether the constraints of the grant are met."""
    if operation in _WITHOUT_CONTEXT or not (grant.context_equals or grant.context_subset):
        return True
    if operation == "creategrant":
        # The new grant must be at least as narrow as this one; the question does not show the new one.
        return depends_on("the constraints of the new grant")
    exact = _only(grant.context_equals, facts) if grant.context_equals else True
    return all_of([exact, *_pairs(grant.context_equals, facts), *_pairs(grant.context_subset, facts)])


def _pairs(wanted: Mapping[str, str], facts: Facts) -> list[Truth]:
    found: list[Truth] = []
    for key, value in wanted.items():
        name = f"{_CONTEXT}{fold(key)}"
        given = facts.look(name)
        found.append(depends_on(name) if given is None else value in given)
    return found


def _only(wanted: Mapping[str, str], facts: Facts) -> Truth:
    given = facts.look(_CONTEXT_KEYS)
    return depends_on(_CONTEXT_KEYS) if given is None else {fold(key) for key in given} == {fold(key) for key in wanted}
