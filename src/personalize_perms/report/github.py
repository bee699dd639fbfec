"""Findings for GitHub Actions: annotations on stdout, and a table for the job's summary.

https://docs.github.com/en/actions/writing-workflows/choosing-what-your-workflow-does/workflow-commands-for-github-actions
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from personalize_perms.model.findings import Finding, Severity, Verdict
from personalize_perms.model.inert import inert

_LEVELS: Final = {Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "notice"}
_SHOWN: Final = 10
"""GitHub shows so many annotations of each level per step."""


def annotations(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield one workflow command a finding, worst first; what GitHub would not show is a plain line."""
    shown: Counter[str] = Counter()
    for finding in findings:
        level = _level(finding)
        shown[level] += 1
        text = _sentence(finding)
        if shown[level] <= _SHOWN:
            yield f"::{level} title={_property(finding.check)}::{_message(text)}"
        else:
            yield f"- {level}: {finding.check}: {text}"


def summary(title: str, findings: Sequence[Finding], looked: str) -> str:
    """Return the job's summary as Markdown."""
    count = f"{len(findings)} finding{'' if len(findings) == 1 else 's'}, {looked}"
    rows = [f"### {_cell(title)}", "", f"{count}.", ""]
    if findings:
        rows += ["| severity | verdict | check | what | next |", "|---|---|---|---|---|"]
        rows += [f"| {' | '.join(map(_cell, _columns(finding)))} |" for finding in findings]
        rows.append("")
    return "\n".join(rows)


def _columns(finding: Finding) -> Iterable[str]:
    told = f"{finding.resource}: {finding.message}"
    return finding.severity, finding.verdict, finding.check, told, " ".join((finding.remedy, *_statement(finding)))


def _level(finding: Finding) -> str:
    level = _LEVELS[finding.severity]
    return "warning" if level == "error" and finding.verdict is Verdict.UNKNOWN else level


def _sentence(finding: Finding) -> str:
    told = f"{finding.resource}: {finding.message}"
    parts = (told, finding.reason, f"Next: {finding.remedy}", *_statement(finding), finding.docs)
    return inert(". ".join(part for part in parts if part and part != "Next: "))


def _statement(finding: Finding) -> Iterator[str]:
    """Yield the statement that the remedy speaks of, in one line."""
    if finding.statement is not None:
        yield json.dumps(finding.statement)


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(inert(text)).replace(":", "%3A").replace(",", "%2C")


def _cell(text: str) -> str:
    """Return text as it is, whatever it would mean in Markdown or HTML."""
    return re.sub(r"[^A-Za-z0-9 .,:;/()=+-]", lambda found: f"&#{ord(found[0])};", inert(text))
