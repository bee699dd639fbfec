"""Statements of others in a trust policy go back to what they were before we put source conditions on them. Pure."""

import re
from collections.abc import Mapping

from personalize_perms import documents
from personalize_perms.engine import memory, tightening
from personalize_perms.engine.draft import Draft
from personalize_perms.engine.tightening import Tightened
from personalize_perms.model.findings import Finding, Severity, Verdict
from personalize_perms.model.live import LiveRole
from personalize_perms.model.resources import Json

_ANY_SET_UP = re.compile("[A-Za-z0-9]*[A-Z2-7]{4}PersonalizeAssumesRole")


def _loose_again(arn: str, other: str) -> Finding:
    return Finding(
        check="trust-without-source-conditions",
        severity=Severity.HIGH,
        verdict=Verdict.ALLOWED,
        resource=arn,
        message=f"statements of others are as they were before their source conditions, so {other} of another set-up "
        "no longer protects the role",
        remedy="run apply --tighten-trust of that set-up, which puts the conditions on again",
    )


def _other_set_up(draft: Draft, document: Mapping[str, Json]) -> str:
    """Return the Sid of a statement by which another set-up lets Personalize in, or nothing."""
    sids = (str(statement.get("Sid")) for statement in documents.statements(document))
    return next((sid for sid in sids if _ANY_SET_UP.fullmatch(sid) and not draft.is_own(sid)), "")


def loosened(draft: Draft, role: LiveRole) -> Tightened:
    """Return the trust policy with the statements of others as they were before we put source conditions on them."""
    document = documents.parse(role.trust_json)
    prefix = f"w/{role.name}/"
    entries = memory.ledger(draft.desired, draft.live.policies)
    digests = {entry.removeprefix(prefix) for entry in entries if entry.startswith(prefix)}
    known = draft.past.replaced.get(role.name, ())
    digests |= {tightening.digest(statement, draft.partition) for statement in known}
    former = tightening.loosen(documents.parse(role.trust_json), sorted(digests), known, draft.is_own, draft.partition)
    if former.details and (other := _other_set_up(draft, document)):
        draft.findings.append(_loose_again(role.arn, other))
    for original in former.originals:
        name = original.get("Sid") or "a statement"
        draft.findings.append(
            Finding(
                check="leftover",
                severity=Severity.LOW,
                resource=role.arn,
                message=f"{name} in the trust policy, which got source conditions, was changed since, so it stays",
                remedy="its owner can take the conditions off",
            )
        )
    return former
