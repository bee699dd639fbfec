"""Which findings the complaints point to, the cause first, and which changes of the plan mend them. Pure."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from personalize_perms.diagnose.answers import PEOPLE
from personalize_perms.diagnose.complaints import Complaint
from personalize_perms.engine import selection
from personalize_perms.model.changes import Plan
from personalize_perms.model.examination import Link
from personalize_perms.model.findings import Finding, Verdict
from personalize_perms.model.values import dataclass

_CERTAINTY: Final = (Verdict.DENIED, Verdict.UNKNOWN, Verdict.ALLOWED)
_STOPS: Final = frozenset({"missing", "conflict", "limit", "not-readable"})
"""Checks of what keeps the account from being looked at as the settings say."""
_DRIFT: Final = "drift-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """What the complaints are about, and the plan that would bring the set-up to its settings."""

    complaints: tuple[Complaint, ...]
    plan: Plan
    user_policy_arn: str

    def pointed(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return those of the findings that the complaints point to, the likeliest cause first."""
        ranked = [(rank, finding) for finding in findings if (rank := self._rank(finding))]
        return tuple(finding for _, finding in sorted(ranked, key=lambda pair: pair[0]))

    def mending(self, findings: Sequence[Finding]) -> tuple[str, ...]:
        """Return the lines of the plan that mend what is denied, as `engine.selection` names them."""
        broken = [finding for finding in findings if finding.verdict is Verdict.DENIED]
        links = {link for finding in broken for link in self._links(finding)}
        lines = selection.mending(self.plan, links, self.user_policy_arn)
        # Of buckets and keys, just those that are broken; a role and its policies hang together.
        about = {finding.resource for finding in broken}
        return tuple(line for line in lines if not _is_of_one(line) or line.split(" ")[1] in about)

    def _rank(self, finding: Finding) -> tuple[int, ...] | None:
        """Return the place of a finding among all; None if no complaint points to it."""
        links = self._links(finding)
        certainty, drifts = _CERTAINTY.index(finding.verdict), finding.check.startswith(_DRIFT)
        for number, complaint in enumerate(self.complaints):
            named = _named(complaint, finding)
            if named and finding.resource.partition(" ")[0] not in named:
                continue
            if finding.check in _STOPS and not PEOPLE.issuperset(complaint.links):
                return certainty, -1
            for position, link in enumerate(complaint.links):
                if link in links:
                    return certainty, int(drifts), number, position
        return None

    def _links(self, finding: Finding) -> tuple[Link, ...]:
        """Return the links that a finding is about, among those that the complaints point to."""
        links = dict.fromkeys(link for complaint in self.complaints for link in complaint.links)
        if not finding.check.startswith(_DRIFT):
            return tuple(link for link in links if link == finding.check)
        kind = finding.check.removeprefix(_DRIFT)
        return tuple(
            link for link in links if selection.mends(kind, finding.resource, link, self.plan, self.user_policy_arn)
        )


def _named(complaint: Complaint, finding: Finding) -> set[str]:
    """Return the buckets, or the keys, that a complaint names, if the finding is about one; none: it names no such."""
    facts = complaint.facts
    if ":key/" in finding.resource:
        return {facts.key_arn} - {""}
    # Only the names of buckets have neither colons nor slashes.
    is_bucket = re.fullmatch("[a-z0-9.-]+", finding.resource) is not None
    return ({facts.bucket, *(place.bucket for place in facts.locations)} if is_bucket else set()) - {""}


def _is_of_one(line: str) -> bool:
    return line.startswith(("bucket-policy ", "key-policy ", "grant "))
