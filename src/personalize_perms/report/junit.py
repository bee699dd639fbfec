"""Findings as JUnit XML, which GitLab, Jenkins and others show beside the tests."""

import json
from collections.abc import Callable, Iterable, Sequence
from xml.etree import ElementTree as ET

from personalize_perms.model.examination import Examined
from personalize_perms.model.findings import Finding, Verdict
from personalize_perms.model.inert import inert


def report(
    command: str, findings: Sequence[Finding], examined: Iterable[Examined], fails: Callable[[Finding], bool]
) -> str:
    """Return the report: a link that holds is a passed test, a finding that counts a failed one.

    What is not known, and does not count, is a skipped test; what is too small to count passes and is told.
    """
    suite = ET.Element("testsuite", name=f"personalize-perms {command}")
    held = [link for link in examined if link.verdict is Verdict.ALLOWED]
    for link in held:
        ET.SubElement(
            suite, "testcase", classname=link.link, name=inert(f"{link.who}: {link.message} on {link.resource}")
        )
    failed = skipped = 0
    for finding in findings:
        case = ET.SubElement(
            suite, "testcase", classname=inert(finding.check), name=inert(f"{finding.resource}: {finding.message}")
        )
        if fails(finding):
            failed += 1
            told = ET.SubElement(case, "failure", type=finding.severity, message=inert(finding.message))
        elif finding.verdict is Verdict.UNKNOWN:
            skipped += 1
            told = ET.SubElement(case, "skipped", message=inert(finding.message))
        else:
            told = ET.SubElement(case, "system-out")
        told.text = "\n".join(_told(finding))
    suite.attrib |= {
        "tests": str(len(held) + len(findings)),
        "failures": str(failed),
        "skipped": str(skipped),
        "errors": "0",
    }
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def _told(finding: Finding) -> Iterable[str]:
    yield f"{finding.severity}, {finding.verdict}"
    for title, text in (("Why", finding.reason), ("Next", finding.remedy), ("See", finding.docs)):
        if text:
            yield f"{title}: {inert(text)}"
    if finding.statement is not None:
        yield inert(json.dumps(finding.statement))
