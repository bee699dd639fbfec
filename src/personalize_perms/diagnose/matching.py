"""Finds the symptoms in a text: sentences of denial by what they deny, everything else by its words."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import Final

from personalize_perms.diagnose import facts as naming
from personalize_perms.diagnose import phrases, policy_types, texts
from personalize_perms.diagnose.complaints import Complaint
from personalize_perms.diagnose.facts import Facts
from personalize_perms.diagnose.symptoms import Symptom
from personalize_perms.diagnose.table import SYMPTOMS
from personalize_perms.model.values import dataclass

_FLAGS: Final = re.IGNORECASE | re.ASCII
_OPEN, _CLOSE = r"[\"'`\[(<]{0,3}", r"[\"'`\])>]{0,3}"
_DENIAL: Final = re.compile(
    rf"\bnot (?:authorized|allowed) to perform(?: the)?(?: action)?:? ?{_OPEN}"
    rf"(?P<action>[a-z][a-z0-9-]{{1,40}}:[a-z*]{{2,80}}){_CLOSE}"
    rf"(?: on (?:the )?resources?(?: with arn)?:? ?{_OPEN}(?P<resource>(?:arn:|\*)[^\s\"'`\])>,]{{0,2048}})"
    r"| on the resource associated with this ciphertext)?",
    _FLAGS,
)
# As the console says it, a line each.
_BLOCK: Final = re.compile(
    r"\baction: ?(?P<action>[a-z][a-z0-9-]{1,40}:[a-z*]{2,80})[,.]?"
    r"(?: on resources?(?:\(s\))?: ?(?P<resource>[^\s,]{1,2048}),?)? context: ?(?P<why>[a-z -]{3,120})",
    _FLAGS,
)
_WHY: Final = re.compile(
    rf"{_CLOSE}[,.]? ?(?:because no [a-z -]{{3,40}} allows? (?:the )?[a-z0-9:*-]{{3,120}}(?: action)?"
    r"|because public policies are \w+ by the blockpublicpolicy"
    r"|because the resource does not exist in this region, [a-z, -]{3,120} denies access"
    r"|with an explicit deny in [a-z -]{3,60})",
    _FLAGS,
)
_WHO: Final = re.compile(r"(?:arn:(?:aws[a-z-]{0,20}):[!-~]{1,600}|\b[a-z0-9-]{1,60}\.amazonaws\.com(?:\.cn)?)", _FLAGS)
_BEFORE, _AFTER = 700, 400
"""Characters before and after a denial in which it says who was denied, and why."""
_BESIDE: Final = 300
"""Characters within which a code belongs to the sentence beside it, unless another error begins in between."""
_ANOTHER: Final = "error occurred"
"""What AWS's SDKs begin an error with."""
_SHOWN: Final = 300
_MOST: Final = 200
"""So often one pattern is looked for in a text: a log that repeats itself says nothing new."""


@dataclass(frozen=True, slots=True)
class _Match:
    start: int
    end: int
    symptom: Symptom
    facts: Facts
    pattern: int = -1
    """Which of the symptom's patterns; -1: a sentence of denial."""


def complaints(text: str) -> tuple[Complaint, ...]:
    """Return what a text complains of, the most specific first; nothing if it holds nothing that is known."""
    flat = texts.flat(text)
    found = sorted(_matches(flat), key=lambda match: match.start)
    told: dict[tuple[str, Facts], Complaint] = {}
    for before, match, after in zip([None, *found], found, [*found[1:], None], strict=False):
        # What stands between two complaints may belong to either.
        window = flat[before.end if before else 0 : after.start if after else len(flat)]
        facts = match.facts.over(naming.named_in(window))
        facts = replace(facts, workflows=match.symptom.workflows) if match.symptom.workflows else facts
        key = (match.symptom.id, facts)
        said = _shortened(
            flat[match.start : max(match.end, min(match.start + _SHOWN, after.start if after else len(flat)))]
        )
        told[key] = told[key].again() if key in told else Complaint(symptom=match.symptom, facts=facts, said=said)
    return tuple(sorted(told.values(), key=lambda complaint: SYMPTOMS.index(complaint.symptom)))


def symptom_of(action: str, principal: str) -> Symptom | None:
    """Return the symptom that it is if `principal` is denied `action`."""
    return next((symptom for symptom in SYMPTOMS if _denies(symptom, action, principal)), None)


def _matches(flat: str) -> list[_Match]:
    found = list(_denials(flat))
    for symptom, patterns in _patterns():
        for number, pattern in enumerate(patterns):
            for said in islice(pattern.finditer(flat), _MOST):
                match = _Match(said.start(), said.end(), symptom, _groups(said), number)
                if not any(_is_told(match, other, flat) for other in found):
                    found.append(match)
    strong = [match for match in found if not match.symptom.weak]
    return [m for m in found if not (m.symptom.weak and any(_is_beside(m, other, flat) for other in strong))]


def _is_told(match: _Match, other: _Match, flat: str) -> bool:
    """Tell whether another match says it already: the same words, or the same error in other words."""
    if match.start < other.end and other.start < match.end:
        return True
    again = match.symptom is other.symptom and (match.pattern != other.pattern or match.symptom.weak)
    return again and _is_beside(match, other, flat)


def _is_beside(match: _Match, other: _Match, flat: str) -> bool:
    """Tell whether both are parts of one error message."""
    between = flat[min(match.end, other.end) : max(match.start, other.start)]
    return len(between) <= _BESIDE and _ANOTHER not in between.lower()


def _denials(flat: str) -> Iterator[_Match]:
    last = 0
    for said in islice(_DENIAL.finditer(flat), _MOST):
        before = flat[max(said.start() - _BEFORE, last) : said.start()]
        why = _WHY.match(flat, said.end(), said.end() + _AFTER)
        who = [found[0].strip("\"'`,") for found in _WHO.finditer(before)]
        last = why.end() if why else said.end()
        symptom = symptom_of(said["action"], who[-1] if who else "")
        if symptom:
            known = denial(said["action"], who[-1] if who else "", said["resource"], why[0] if why else "")
            yield _Match(said.start(), last, symptom, known)
    for said in islice(_BLOCK.finditer(flat), _MOST):
        who = [found[0].rstrip(",") for found in _WHO.finditer(flat, max(said.start() - _BEFORE, 0), said.start())]
        symptom = symptom_of(said["action"], who[-1] if who else "")
        if symptom:
            known = denial(said["action"], who[-1] if who else "", said["resource"], said["why"])
            yield _Match(said.start(), said.end(), symptom, known)


def denial(action: str, principal: str, resource: str | None, sentence: str) -> Facts:
    """Return the facts of one denial; `sentence` is what AWS says about why."""
    about = (resource or "").rstrip(".,;:")
    arn = naming.arn_of(about)
    role = str(arn) if arn and arn.service == "iam" and arn.resource.startswith("role/") else ""
    named = naming.arn_of(principal)
    return Facts(
        principal=principal,
        action=action,
        resource=about,
        policy_type=policy_types.named_in(sentence),
        role_arn=role,
        bucket=naming.bucket_of(about),
        key_arn=naming.key_of(about),
        account=named.account if named and named.account.isdigit() else "",
    )


def _denies(symptom: Symptom, action: str, principal: str) -> bool:
    return any(re.fullmatch(pattern, action, _FLAGS) for pattern in symptom.denies) and (
        not symptom.by or re.fullmatch(symptom.by, principal, _FLAGS) is not None
    )


@cache
def _patterns() -> tuple[tuple[Symptom, tuple[re.Pattern[str], ...]], ...]:
    return tuple((symptom, tuple(phrases.compiled(says) for says in symptom.says)) for symptom in SYMPTOMS)


def _groups(said: re.Match[str]) -> Facts:
    found = said.groupdict()
    return Facts(bucket=naming.a_bucket((found.get("bucket") or "").lower()), region=found.get("region") or "")


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
