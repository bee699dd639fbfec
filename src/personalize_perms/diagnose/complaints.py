"""What went wrong, once: which symptom it is, what it names, and what that means together."""

from dataclasses import replace
from typing import Final, Self

from personalize_perms.diagnose import facts as naming
from personalize_perms.diagnose.facts import Facts
from personalize_perms.diagnose.policy_types import POLICY_TYPES, PolicyType
from personalize_perms.diagnose.symptoms import Nature, Symptom
from personalize_perms.model.examination import Link
from personalize_perms.model.findings import Finding, Severity, Verdict
from personalize_perms.model.values import dataclass

_SILENT: Final = PolicyType(meaning="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One thing that went wrong."""

    symptom: Symptom
    facts: Facts
    said: str
    """The words in which it was said, shortened."""
    source: str = ""
    """Where it comes from, where that is not the text that was given."""
    count: int = 1

    @property
    def is_permission(self) -> bool:
        """Whether a permission may be what is missing."""
        return self.symptom.nature in (Nature.PERMISSION, Nature.UNKNOWN)

    @property
    def is_proven(self) -> bool:
        """Whether the text itself says what no look at the account can: then there is nothing to check."""
        return self.symptom.nature is Nature.PERMISSION and (self._policy_type.proves or not self.symptom.links)

    @property
    def meaning(self) -> str:
        """What it means, in a line."""
        return "; ".join(filter(None, (self.symptom.meaning, self._policy_type.meaning)))

    @property
    def next_step(self) -> str:
        """What to do about it."""
        return self._policy_type.next_step or self.symptom.next_step

    @property
    def links(self) -> tuple[Link, ...]:
        """What to look at, the likeliest first."""
        if self.is_proven or not self.is_permission:
            return ()
        links, facts = self.symptom.links, self.facts
        if facts.principal.endswith(".amazonaws.com"):
            # A service has no policies of its own: what lets it in is the resource's.
            links = tuple(link for link in links if link not in (Link.ROLE_POLICY, Link.BOUNDARY, Link.KEY_GRANT))
        elif naming.user_of(facts.principal) and Link.ROLE_POLICY in links:
            links = (Link.USER_POLICY, *(link for link in links if link is not Link.ROLE_POLICY))
        first = tuple(link for link in links if link in self._policy_type.links)
        # A boundary that denies what a policy allows is a link of its own, wherever it is named.
        named = tuple(link for link in self._policy_type.links if link is Link.BOUNDARY and link not in links)
        return tuple(dict.fromkeys((*first, *named, *links)))

    @property
    def finding(self) -> Finding:
        """The finding that the text itself proves."""
        facts = self.facts
        return Finding(
            check=self.symptom.id,
            severity=Severity.HIGH,
            verdict=Verdict.DENIED,
            resource=facts.resource or facts.bucket or facts.principal,
            message=self.meaning,
            reason=self.said,
            remedy=self.next_step,
            docs=self.symptom.docs,
        )

    def again(self) -> Self:
        """Return the same complaint, heard once more."""
        return replace(self, count=self.count + 1)

    @property
    def _policy_type(self) -> PolicyType:
        return POLICY_TYPES.get(self.facts.policy_type, _SILENT)
