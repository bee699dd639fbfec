"""One decision from all kinds of policies, as AWS puts them together.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html
"""

import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from personalize_perms.evaluate import wording
from personalize_perms.evaluate.context import Facts
from personalize_perms.evaluate.grants import grants_say
from personalize_perms.evaluate.layers import Denied, Say, resource_says, said
from personalize_perms.evaluate.matching import fold
from personalize_perms.evaluate.policies import Policies
from personalize_perms.evaluate.statements import Document, Unread
from personalize_perms.evaluate.truth import Truth, all_of, any_of, depends_on, either
from personalize_perms.model.access import Decision, Layer, PrincipalType, Question, StatementRef
from personalize_perms.model.findings import Verdict

Way: TypeAlias = Sequence[Say]
"""What must all allow; the first is the one that grants."""

_KEY = re.compile(r"arn:(?:aws[a-z-]*):kms:[^:]*:[^:]*:key/.+", re.ASCII)
_ASSUMING = ("sts:assumerole", "sts:tagsession", "sts:setsourceidentity", "sts:setcontext")
_LINKED_ROLE = ":role/aws-service-role/"
_ROOT_KEEPS = frozenset({"s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy"})
_WITHIN = (PrincipalType.USER, PrincipalType.ROLE)


def decide(policies: Policies, question: Question) -> Decision:
    """Tell whether a principal may do an action on a resource, and which statement, or what missing one, decides.

    Unknown only where a value, or a document, that is not known really decides.
    """
    facts = Facts(question)
    try:
        return _Case(policies, facts).decision()
    except Denied as denied:
        return Decision(
            verdict=Verdict.DENIED, because=wording.denied(question, denied.statement), statement=denied.statement
        )


class _Case:
    """All that is said about one question; raises `Denied` when made if a statement surely denies."""

    def __init__(self, policies: Policies, facts: Facts) -> None:
        self.question = question = facts.question
        self.action = fold(question.action)
        principal = question.principal
        within = principal.type in _WITHIN
        governed = principal.type in (*_WITHIN, PrincipalType.ROOT) and _LINKED_ROLE not in principal.arn
        empty = ((),) * 3
        identity, boundary, session = (
            (policies.identity, _several(policies.boundary), _several(policies.session)) if within else empty
        )
        self.identity = said(identity, Layer.IDENTITY, facts)
        self.boundary = said(boundary, Layer.BOUNDARY, facts)
        self.session = said(session, Layer.SESSION, facts)
        self.scoped = bool(session)
        self.limits = [one for one, asked in ((self.boundary, boundary), (self.session, session)) if asked]
        self.service_control = (
            [said(level, Layer.SERVICE_CONTROL, facts) for level in policies.service_control] if governed else []
        )
        self.resource_control = (
            [said(level, Layer.RESOURCE_CONTROL, facts) for level in policies.resource_control]
            if _LINKED_ROLE not in principal.arn and self.action != "kms:retiregrant"
            else []
        )
        mends = self._root_keeps_its_bucket()
        self.resource = resource_says(
            None if mends else policies.resource,
            facts,
            implied=self._assumes(),
            bounded=policies.boundary is not None,
        )
        self.grants = grants_say(policies.grants, facts)
        self.gated = self._assumes() or _is_about_a_key(self.action, question.resource)

    def _assumes(self) -> bool:
        """Tell whether the question is one for a trust policy, whose statements name no resource."""
        return self.action.startswith(_ASSUMING)

    def _root_keeps_its_bucket(self) -> bool:
        """Tell whether the account's root asks for what it can always do: read, put and delete its bucket's policy.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
        """
        principal = self.question.principal
        return (
            principal.type is PrincipalType.ROOT
            and self.action in _ROOT_KEEPS
            and principal.account == self.question.resource_account
        )

    def decision(self) -> Decision:
        """Put all of it together."""
        ways = self._ways()
        gates = [*self.resource_control, *self.service_control]
        gate = all_of(say.allows for say in gates)
        open_ways = [all_of(say.allows for say in way) for way in ways]
        allows = all_of([gate, any_of(open_ways)])
        denies = any_of(say.denies for say in self._all())
        if allows is False:
            return self._lacking(gates, ways)
        if allows is True and denies is False:
            return self._allowed(ways[open_ways.index(True)])
        names = tuple(sorted(_names(allows) | _names(denies)))
        hinges = tuple(self._hinges(names))
        because = wording.unknown(self.question, names, hinges)
        return Decision(verdict=Verdict.UNKNOWN, because=because, hinges=hinges, unknown=names)

    def _hinges(self, names: Iterable[str]) -> Iterable[StatementRef]:
        """Return the statements in which stands what is not known, each once; those of others' limits first."""
        says = (*reversed(self._all()), *self.resource, *self.grants)
        return dict.fromkeys(by for say in says for by, depends in say.open if not depends.isdisjoint(names))

    def _all(self) -> Sequence[Say]:
        one_each = (self.identity, self.boundary, self.session, self.resource.direct)
        return (*one_each, *self.service_control, *self.resource_control)

    def _ways(self) -> list[Way]:
        """Return the ways in which access can be granted, each with all that must allow it, the usual one last."""
        principal, owner = self.question.principal, self.question.resource_account
        if principal.type in (PrincipalType.SERVICE, PrincipalType.FEDERATED):
            return [[self.grants.direct], [self.resource.direct]]
        if owner:
            return self._within_account() if owner == principal.account else self._across_accounts()
        # Whose resource it is, is not known: certain is what holds either way.
        return [[_agreed(self._within_account(), self._across_accounts())]]

    def _within_account(self) -> list[Way]:
        if self.question.principal.type is PrincipalType.ROOT:
            return self._root_within_account()
        resource, grants, limits = self.resource, self.grants, self.limits
        delegated = [resource.account] if self.gated else []
        scoped = limits if self.scoped else []
        return [
            [grants.direct],
            [grants.user, *map(_perhaps, scoped)],
            [grants.role, *map(_perhaps, limits)],
            [self.identity, grants.account, *limits],
            [resource.direct],
            [resource.user, *scoped],
            [resource.role, *limits],
            [*delegated, self.identity, *limits],
        ]

    def _root_within_account(self) -> list[Way]:
        if self._assumes():
            # https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
            return []
        if self.gated:
            return [[self.grants.anyhow()], [self.resource.anyhow()]]
        return [[Say(Layer.IDENTITY, allows=True)]]

    def _across_accounts(self) -> list[Way]:
        resource, grants = self.resource.anyhow(), self.grants.anyhow()
        if self.question.principal.type is PrincipalType.ROOT:
            return [] if self._assumes() else [[grants], [resource]]
        return [[grants, *map(_perhaps, (self.identity, *self.limits))], [self.identity, resource, *self.limits]]

    def _allowed(self, way: Way) -> Decision:
        """Name the statement that grants; the account's root needs none."""
        by = next((say.by for say in way if say.by), None)
        return Decision(verdict=Verdict.ALLOWED, because=wording.allowed(self.question, by), statement=by)

    def _lacking(self, gates: Sequence[Say], ways: Sequence[Way]) -> Decision:
        """Name the layer in which an Allow is missing: a gate, or what the most promising way still lacks."""
        closed = [say for say in gates if say.allows is False]
        if not closed and (asked := [way for way in ways if not _lacks_a_grant(way)]):
            closed = [say for say in max(reversed(asked), key=_progress) if say.allows is False]
        layer = closed[0].layer if closed else Layer.RESOURCE
        because = wording.lacking(self.question, layer) if ways else wording.root_cannot_assume(self.question)
        return Decision(verdict=Verdict.DENIED, because=because, lacking=layer)


def _several(document: Document | Unread | None) -> tuple[Document | Unread, ...]:
    return () if document is None else (document,)


def _is_about_a_key(action: str, resource: str) -> bool:
    return action.startswith("kms:") and _KEY.fullmatch(resource) is not None


def _perhaps(say: Say) -> Say:
    """Return a layer of which AWS does not say whether its silence withholds what a grant gives."""
    return Say(say.layer, allows=either(say.allows, depends_on(f"the effect of the {say.layer.value} on a grant")))


def _agreed(same: Sequence[Way], across: Sequence[Way]) -> Say:
    """Return what holds whoever owns the resource, by the statement that grants across accounts as well."""
    one, other = (any_of(all_of(say.allows for say in way) for way in ways) for ways in (same, across))
    allows = one if one is other else depends_on("aws:ResourceAccount", *_names(one), *_names(other))
    by = next((say.by for way in across if all_of(one.allows for one in way) is True for say in way if say.by), None)
    return Say(across[-1][0].layer if across else Layer.RESOURCE, allows, by)


def _lacks_a_grant(way: Way) -> bool:
    return any(say.layer is Layer.GRANT and say.allows is False for say in way)


def _progress(way: Way) -> tuple[bool, int]:
    """Tell how far a way leads: whether its first step is open, and how few are closed."""
    return way[0].allows is not False, -sum(say.allows is False for say in way)


def _names(truth: Truth) -> frozenset[str]:
    return frozenset() if isinstance(truth, bool) else truth
