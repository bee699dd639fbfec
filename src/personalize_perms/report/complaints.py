"""What went wrong, as a person reads it and as a program does."""

from collections.abc import Iterable, Iterator
from typing import Any

from personalize_perms.diagnose.complaints import Complaint
from personalize_perms.diagnose.facts import Facts
from personalize_perms.diagnose.symptoms import Nature
from personalize_perms.model.inert import inert
from personalize_perms.report.lines import Line


def complaint_lines(complaints: Iterable[Complaint]) -> Iterator[Line]:
    """Say of each what it means, what it is about, and what to do."""
    for complaint in complaints:
        times = f" ({complaint.count} times)" if complaint.count > 1 else ""
        yield Line(f"{complaint.symptom.id}: {_sentence(complaint.meaning)}{times}", "title")
        if complaint.source:
            yield Line(f"      From: {inert(complaint.source)}", "dim")
        if complaint.said:
            yield Line(f"      Said: {inert(complaint.said)}", "dim")
        yield from (Line(f"      {what}: {inert(value)}") for what, value in _named(complaint.facts))
        if not complaint.is_permission:
            yield Line(f"      This is not a permission: it is about {_kind(complaint)}.")
        yield Line(f"      Next: {_sentence(complaint.next_step)}")
        yield Line(f"      {complaint.symptom.docs}", "dim")


def complaint_entry(complaint: Complaint) -> dict[str, Any]:
    """Return one entry of `complaints` in the JSON output."""
    return {
        "symptom": complaint.symptom.id,
        "permission": complaint.is_permission,
        "kind": complaint.symptom.nature,
        "meaning": complaint.meaning,
        "next": complaint.next_step,
        "docs": complaint.symptom.docs,
        "links": list(complaint.links),
        "said": complaint.said,
        "source": complaint.source,
        "count": complaint.count,
        "about": {what.lower().replace(" ", "_"): value for what, value in _named(complaint.facts)},
    }


def _named(facts: Facts) -> Iterator[tuple[str, str]]:
    found = (
        ("Who", facts.principal),
        ("Action", facts.action),
        ("Resource", facts.resource),
        ("Policy type", facts.policy_type),
        ("Role", facts.role_arn),
        ("Bucket", facts.bucket),
        ("Input", " ".join(map(str, facts.inputs))),
        ("Output", " ".join(map(str, facts.outputs))),
        ("Key", facts.key_arn),
        ("Workflow", " ".join(facts.workflows)),
    )
    shown: set[str] = set()
    for what, value in found:
        if value and value not in shown:
            shown.add(value)
            yield what, value


def _kind(complaint: Complaint) -> str:
    words = {
        Nature.QUOTA: "a quota",
        Nature.DATA: "the data",
        Nature.PARAMETER: "a parameter of the call",
        Nature.REGION: "the Region",
        Nature.DOCUMENT: "how a policy is written",
        Nature.CREDENTIALS: "the credentials",
        Nature.STATE: "the state of something",
    }
    return words.get(complaint.symptom.nature, str(complaint.symptom.nature))


def _sentence(text: str) -> str:
    """Return a text as a sentence, unless it begins with a command."""
    command = text.startswith(("aws ", "s3:", "personalize"))
    return text if command else text[:1].upper() + text[1:]
