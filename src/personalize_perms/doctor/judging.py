"""From needs and documents to findings: what is denied, by which statement or for lack of which, and how to mend it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from personalize_perms.doctor import remedies
from personalize_perms.doctor.chain import Chain
from personalize_perms.doctor.needs import Need
from personalize_perms.doctor.remedies import Repair
from personalize_perms.evaluate import decide
from personalize_perms.model.access import Decision, Layer, StatementRef
from personalize_perms.model.examination import Examined, Link
from personalize_perms.model.findings import Finding, Severity, Verdict
from personalize_perms.model.values import dataclass

DOCS: Final[Mapping[Link, str]] = {
    Link.TRUST: "https://docs.aws.amazon.com/personalize/latest/dg/cross-service-confused-deputy-prevention.html",
    Link.ROLE_POLICY: "https://docs.aws.amazon.com/personalize/latest/dg/set-up-required-permissions.html",
    Link.BUCKET_POLICY: "https://docs.aws.amazon.com/personalize/latest/dg/granting-personalize-s3-access.html",
    Link.KEY_POLICY: "https://docs.aws.amazon.com/personalize/latest/dg/granting-personalize-key-access.html",
    Link.KEY_GRANT: "https://docs.aws.amazon.com/kms/latest/developerguide/grants.html",
    Link.BOUNDARY: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html",
    Link.SERVICE_CONTROL: ("https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html"),
    Link.USER_POLICY: "https://docs.aws.amazon.com/personalize/latest/dg/grant-user-permissions.html",
    Link.PASS_ROLE: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
    Link.ASSUME_ROLE: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-cli.html",
}
_RESOURCE_LINKS: Final = {"s3": Link.BUCKET_POLICY, "kms": Link.KEY_POLICY}
_LAYER_LINKS: Final = {
    Layer.BOUNDARY: Link.BOUNDARY,
    Layer.SESSION: Link.SERVICE_CONTROL,
    Layer.SERVICE_CONTROL: Link.SERVICE_CONTROL,
    Layer.RESOURCE_CONTROL: Link.SERVICE_CONTROL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A need and what the documents say about it."""

    need: Need
    decision: Decision

    @property
    def link(self) -> Link:
        """The link that the answer is about: where it was decided, or where an Allow is missing."""
        decided = self._decided
        if decided:
            if decided.layer is Layer.RESOURCE:
                return _RESOURCE_LINKS.get(self.need.question.action.partition(":")[0], self.need.link)
            if decided.layer is Layer.IDENTITY:
                return self._identity_link
            return _LAYER_LINKS.get(decided.layer, self.need.link)
        if self.decision.lacking:
            return _LAYER_LINKS.get(self.decision.lacking, self.need.link)
        return self.need.link

    @property
    def _decided(self) -> StatementRef | None:
        """The statement that denies, or that may."""
        if self.decision.verdict is Verdict.DENIED:
            return self.decision.statement
        return next(iter(self.decision.hinges), None)

    @property
    def _identity_link(self) -> Link:
        people = (Link.USER_POLICY, Link.PASS_ROLE, Link.ASSUME_ROLE)
        return self.need.link if self.need.link in people else Link.ROLE_POLICY

    @property
    def cause(self) -> tuple[object, ...]:
        """What findings have in common that are one and the same to a person."""
        decision, need = self.decision, self.need
        if decision.verdict is Verdict.UNKNOWN:
            return decision.unknown
        if decision.statement:
            return self.link, decision.statement, need.where
        # A boundary is one document, whatever it does not allow.
        where = "" if decision.lacking in _LAYER_LINKS else need.where
        return self.link, need.who, where, decision.lacking


def judge(needs: Iterable[Need], chain: Chain) -> tuple[Judged, ...]:
    """Ask the evaluator about every need."""
    return tuple(
        Judged(need=need, decision=decide(chain.policies(need.question, need.where), need.question)) for need in needs
    )


def findings(judged: Iterable[Judged], chain: Chain, repair: Repair) -> tuple[Finding, ...]:
    """Return one finding for each cause for which something is not allowed, or may not be."""
    groups: dict[tuple[object, ...], list[Judged]] = {}
    for one in judged:
        if one.decision.verdict is not Verdict.ALLOWED:
            groups.setdefault(one.cause, []).append(one)
    return tuple(_finding(group, chain, repair) for group in groups.values())


def examined(judged: Iterable[Judged]) -> tuple[Examined, ...]:
    """Return what was asked about, by link, principal and resource."""
    groups: dict[tuple[Link, str, str, Verdict], list[str]] = {}
    for one in judged:
        key = one.link, one.need.who, one.need.where, one.decision.verdict
        groups.setdefault(key, []).append(one.need.question.action)
    return tuple(
        Examined(link=link, who=who, resource=where, message=_listed(actions), verdict=verdict)
        for (link, who, where, verdict), actions in groups.items()
    )


def _finding(group: Sequence[Judged], chain: Chain, repair: Repair) -> Finding:
    first = group[0]
    decision, need = first.decision, first.need
    who = " and ".join(dict.fromkeys(one.need.who for one in group))
    actions = _listed(one.need.question.action for one in group)
    places = dict.fromkeys(one.need.where for one in group if one.need.question.resource != "*")
    on = f" on {', '.join(places)}" if places else ""
    denied = decision.verdict is Verdict.DENIED
    unknown = sorted({name for one in group for name in one.decision.unknown})
    depends = f": it depends on {', '.join(unknown)}" if unknown else ""
    remedy, statement = remedies.remedy(group, chain, repair)
    return Finding(
        check=first.link,
        severity=Severity.HIGH if denied else Severity.MEDIUM,
        verdict=decision.verdict,
        resource=need.where,
        message=f"{who} may not {actions}{on}" if denied else f"cannot know whether {who} may {actions}{on}{depends}",
        reason=_reason(first),
        remedy=remedy,
        statement=statement,
        docs=DOCS.get(first.link, ""),
    )


def _reason(judged: Judged) -> str:
    question = judged.need.question
    if judged.link is Link.KEY_GRANT and judged.decision.lacking:
        return f"No grant on the key lets {judged.need.who} {question.action}, nor does a policy."
    return judged.decision.because


def _listed(actions: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(actions))
