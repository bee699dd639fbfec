"""What a person reads of an examination: the findings with their reasons, then what holds, then the count."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from personalize_perms.model.examination import Examined
from personalize_perms.model.findings import Finding, Severity, Verdict
from personalize_perms.model.inert import inert
from personalize_perms.report.lines import Line

_STYLES = {Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: ""}


def finding_lines(findings: Iterable[Finding]) -> Iterator[Line]:
    """Say what is wrong, why, and what to do, in the given order."""
    for finding in findings:
        text = f"{finding.severity:<6} {finding.verdict:<8} {inert(finding.check)}: {inert(finding.message)}"
        yield Line(text, _STYLES[finding.severity])
        if finding.resource and finding.resource not in finding.message:
            yield Line(f"      On: {inert(finding.resource)}")
        if finding.reason:
            yield Line(f"      Why: {inert(finding.reason)}")
        if finding.remedy:
            yield Line(f"      Next: {inert(finding.remedy)}")
        if finding.statement is not None:
            shown = json.dumps(finding.statement, indent=2).replace("\x7f", "\\u007f")
            yield from (Line(f"        {line}") for line in shown.split("\n"))
        if finding.docs:
            yield Line(f"      {inert(finding.docs)}", "dim")


def examined_lines(examined: Iterable[Examined]) -> Iterator[Line]:
    """Say which links hold."""
    for link in examined:
        if link.verdict is Verdict.ALLOWED:
            yield Line(f"ok     {link.link}: {inert(link.who)}: {link.message} on {inert(link.resource)}", "dim")


def count_line(findings: Sequence[Finding], looked: str) -> Line:
    """Count what was found; `looked` says how much was looked at."""
    if not findings:
        return Line(f"Nothing found: {looked}.", "done")
    counts = Counter(finding.severity for finding in findings)
    parts = [f"{counts[severity]} {severity}" for severity in reversed(Severity) if counts[severity]]
    word = "finding" if len(findings) == 1 else "findings"
    return Line(f"{len(findings)} {word} ({', '.join(parts)}); {looked}.")
