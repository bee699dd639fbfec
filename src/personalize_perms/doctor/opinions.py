"""The second opinion: what AWS's simulator and Access Analyzer say, held against what was found here.

The simulator sees boundaries and service control policies that nobody else may read. It judges the identity-based side
alone, so that side alone is compared.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from personalize_perms.doctor.chain import Chain
from personalize_perms.doctor.judging import DOCS
from personalize_perms.doctor.needs import Need
from personalize_perms.evaluate import decide
from personalize_perms.model.access import PrincipalType
from personalize_perms.model.examination import Link
from personalize_perms.model.findings import Finding, Severity, Verdict
from personalize_perms.model.live import Unreadable
from personalize_perms.model.opinions import Advice, AdviceType, Simulated
from personalize_perms.model.values import dataclass

_ADVISED: Final = {AdviceType.ERROR: Severity.HIGH, AdviceType.SECURITY_WARNING: Severity.MEDIUM}
"""What of Access Analyzer's advice is worth a finding: the rest is about style."""
_SIMULATOR: Final = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html"
_LONGEST: Final = 200
"""Characters of AWS's reason that are shown: a stand-in may answer with a whole page."""
_CONTEXT: Final = ("aws:securetransport", "aws:requestedregion", "iam:passedtoservice")


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """One question for the simulator: everything that one principal needs, asked at once."""

    principal_arn: str
    needs: tuple[Need, ...]

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions, each once."""
        return tuple(dict.fromkeys(need.question.action for need in self.needs))

    @property
    def resources(self) -> tuple[str, ...]:
        """The resources, each once."""
        return tuple(dict.fromkeys(need.question.resource for need in self.needs))

    @property
    def context(self) -> dict[str, str]:
        """The condition keys that are told."""
        present = {key: values for need in self.needs for key, values in need.question.context.present.items()}
        return {key: present[key][0] for key in _CONTEXT if key in present}


def simulations(needs: Iterable[Need]) -> tuple[Simulation, ...]:
    """Return what to ask the simulator: about every user and role that is really there."""
    by_principal: dict[str, list[Need]] = {}
    for need in needs:
        asks = need.question.principal
        simulated = asks.type in (PrincipalType.USER, PrincipalType.ROLE) and not need.who.startswith("group ")
        if simulated and need.link is not Link.ASSUME_ROLE:
            by_principal.setdefault(asks.arn, []).append(need)
    return tuple(Simulation(principal_arn=arn, needs=tuple(found)) for arn, found in by_principal.items())


def compared(simulation: Simulation, said: Sequence[Simulated], chain: Chain) -> Iterator[Finding]:
    """Yield where the simulator says otherwise than the documents that were read."""
    by_question = {(one.action.lower(), one.resource): one for one in said}
    refused: list[Need] = []
    for need in simulation.needs:
        question = need.question
        found = by_question.get((question.action.lower(), question.resource))
        if found is None:
            continue
        if not found.organization_allows:
            refused.append(need)
            continue
        policies = replace(chain.policies(question, need.where), resource=None, grants=())
        ours = decide(policies, question).verdict
        settled = ours is not Verdict.UNKNOWN and not found.missing_keys
        if settled and found.is_allowed != (ours is Verdict.ALLOWED):
            yield _disagreement(need, found, ours)
    if refused:
        yield _by_organization(simulation, refused)


def _disagreement(need: Need, found: Simulated, ours: Verdict) -> Finding:
    theirs = "allowed" if found.is_allowed else "denied by a statement" if found.is_explicit else "not allowed"
    return Finding(
        check=Link.SECOND_OPINION,
        severity=Severity.MEDIUM,
        verdict=Verdict.UNKNOWN,
        resource=need.where,
        message=f"AWS's simulator says that {need.question.action} on {need.question.resource} is {theirs} for "
        f"{need.who}; by the policies that were read it is {ours}",
        reason="the simulator may know a policy that was not read, or the policies changed a moment ago",
        remedy="check again in a minute; if it stays so, trust neither before you have tried it",
        docs=_SIMULATOR,
    )


def _by_organization(simulation: Simulation, refused: Sequence[Need]) -> Finding:
    actions = ", ".join(dict.fromkeys(need.question.action for need in refused))
    return Finding(
        check=Link.SERVICE_CONTROL,
        severity=Severity.HIGH,
        verdict=Verdict.DENIED,
        resource=simulation.principal_arn,
        message=f"{refused[0].who} may not {actions}: a service control policy of the organisation does not allow it",
        reason="AWS's simulator says so; the policy itself can be read in the management account only",
        remedy="ask whoever runs the organisation to allow these actions for this account",
        docs=DOCS[Link.SERVICE_CONTROL],
    )


def advised(document: str, advice: Iterable[Advice]) -> Iterator[Finding]:
    """Yield what Access Analyzer holds against a document."""
    for one in advice:
        if one.type in _ADVISED:
            where = f"statement {one.statement}: " if one.statement else ""
            yield Finding(
                check=Link.SECOND_OPINION,
                severity=_ADVISED[one.type],
                verdict=Verdict.UNKNOWN,
                resource=document,
                message=f"Access Analyzer on the {document}: {where}{one.details}",
                reason=one.code,
                remedy="look at that statement",
                docs=one.docs,
            )


def not_asked(who: str, answer: object) -> str:
    """Return why an opinion could not be had, or nothing."""
    if not isinstance(answer, Unreadable):
        return ""
    return f"{who} was not asked, {answer.action}: {shortened(answer.reason)}"


def shortened(reason: str) -> str:
    """Return the first line of AWS's reason, or as much of it as a person reads."""
    first = reason.partition("\n")[0]
    return first if len(first) <= _LONGEST else f"{first[:_LONGEST]}..."
