"""How `check` and `audit` end: the findings in the format that was asked for, and the exit code that they lead to."""

import os
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from personalize_perms.cli.request import Request
from personalize_perms.cli.result import Result
from personalize_perms.cli.talk import Talk
from personalize_perms.model.examination import Examined
from personalize_perms.model.findings import Finding, Severity, Verdict
from personalize_perms.model.inert import inert
from personalize_perms.report.lines import Line

FORMATS: Final = ("text", "json", "junit", "github")
FAIL_ON: Final = click.Option(
    ["--fail-on"],
    type=click.Choice([*(severity.value for severity in Severity), "unknown"]),
    default="medium",
    envvar="PERSONALIZE_PERMS_FAIL_ON",
    help="Exit with 3 on findings of this severity or a higher one; unknown: on all, also where access cannot be "
    "known. [default: medium]",
)
_FOUND: Final = 3
_SUMMARY: Final = "GITHUB_STEP_SUMMARY"


def fails(threshold: str, finding: Finding) -> bool:
    """Tell whether a finding counts: what cannot be known does so only where that was asked for."""
    if threshold == "unknown":
        return True
    severities = list(Severity)
    reached = severities.index(finding.severity) >= severities.index(Severity(threshold))
    return reached and finding.verdict is not Verdict.UNKNOWN


def concluded(  # noqa: PLR0913 - the options of a report, told apart by name
    request: Request,
    findings: Sequence[Finding],
    talk: Talk,
    data: dict[str, Any],
    *,
    fail_on: str,
    examined: Iterable[Examined] = (),
    looked: str = "",
) -> Result:
    """Print the findings, and return the result; `data` is for the envelope, which gets the findings and links.

    `looked` says how much was looked at, where that is not a number of links.
    """
    from personalize_perms.report import envelope  # noqa: PLC0415 - nothing of this for --help

    links = tuple(examined)
    holds = sum(link.verdict is Verdict.ALLOWED for link in links)
    looked = looked or f"{holds} link{' holds' if holds == 1 else 's hold'}"
    match request.output:
        case "junit":
            from personalize_perms.report import junit  # noqa: PLC0415 - only for this format

            click.echo(junit.report(request.command, findings, links, partial(fails, fail_on)))
        case "github":
            _for_github(request, findings, looked, talk)
        case "text":
            from personalize_perms.report import verdicts  # noqa: PLC0415 - only for this format

            talk.out.lines(verdicts.finding_lines(findings))
            talk.say(verdicts.examined_lines(links))
            talk.out.lines([verdicts.count_line(findings, looked)])
    data["findings"] = [envelope.finding_entry(finding) for finding in findings]
    data["links"] = [envelope.link_entry(link) for link in links]
    failed = any(fails(fail_on, finding) for finding in findings)
    return Result(exit_code=_FOUND if failed else 0, data=data)


def _for_github(request: Request, findings: Sequence[Finding], looked: str, talk: Talk) -> None:
    from personalize_perms.report import github  # noqa: PLC0415 - only for this format

    for line in github.annotations(findings):
        click.echo(line)
    path = os.environ.get(_SUMMARY)
    if path:
        text = github.summary(f"personalize-perms {request.command}", findings, looked)
        try:
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            talk.warn([Line(f"The job summary could not be written to {inert(path)}: {inert(str(error))}", "warning")])
