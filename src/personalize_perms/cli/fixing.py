"""`audit --fix`: what a person picks of the findings becomes a plan like any other, confirmed and applied alike."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from personalize_perms.cli import execution, setup
from personalize_perms.cli.request import Request
from personalize_perms.cli.result import Result
from personalize_perms.cli.talk import Talk
from personalize_perms.model.changes import Plan
from personalize_perms.model.errors import SettingsError
from personalize_perms.model.findings import Finding
from personalize_perms.model.inert import inert
from personalize_perms.report import envelope
from personalize_perms.report.lines import Line

if TYPE_CHECKING:
    from personalize_perms.aws.account import Account

ASK: Final = "?"
"""What --fix holds without a value: let the person pick from a list."""
_ALL: Final = "all"


def check(picks: Iterable[str], request: Request) -> None:
    """Raise `SettingsError` for picks that no finding can be, or if a list is wanted and nobody can be asked."""
    from personalize_perms.engine.plan_fixes import FIXED  # noqa: PLC0415 - nothing of this for --help

    if request.output not in ("text", "json") and any(picks):
        raise SettingsError(f"--fix has no --format {request.output}", hint="--format text or json")
    for pick in picks:
        name = pick.partition(":")[0]
        if pick == ASK and not request.may_ask:
            raise SettingsError(
                "nothing was changed: what to fix is not named, and there is no terminal to ask on",
                hint=f"--fix {_ALL}, or --fix CHECK or CHECK:RESOURCE with one of {', '.join(FIXED)}",
            )
        if pick not in (ASK, _ALL) and name not in FIXED:
            raise SettingsError(
                f"--fix cannot do anything about {inert(name)!r}",
                reason="only what takes nothing from anybody is fixed here; for the rest, see its remedy",
                hint=f"--fix {_ALL}, or one of {', '.join(FIXED)}",
            )


def fix(
    request: Request,
    account: "Account",
    talk: Talk,
    findings: Sequence[Finding],
    picks: tuple[str, ...],
    left: tuple[Finding, ...],
) -> Result:
    """Fix what is picked of `findings`; `left` is what an interrupted run left. Nothing is written unconfirmed."""
    from personalize_perms.engine import plan_fixes  # noqa: PLC0415 - nothing of this for --help

    fixable = [finding for finding in findings if plan_fixes.is_fixable(finding)]
    picked = _picked(request, fixable, picks, talk)
    plan = replace(_plan(request, account, picked), findings=left)
    if request.dry_run:
        if not request.as_json:
            talk.out.lines(setup.describe(request, plan, documents=True))
        talk.say([Line("Dry run: nothing was changed.")])
        return _with_findings(execution.ended(plan), findings)
    show = talk.say if request.yes or not plan.writes else talk.warn
    show(setup.describe(request, plan, documents=False))
    setup.confirm(request, plan)
    result = execution.execute(request, plan, account, talk)
    if plan.writes and not request.sandbox:
        talk.say([Line(f"To take it back: personalize-perms undo --name {inert(plan.name)}")])
    return _with_findings(result, findings)


def _plan(request: Request, account: "Account", picked: list[Finding]) -> Plan:
    from personalize_perms.engine import plan_fixes  # noqa: PLC0415 - nothing of this for --help
    from personalize_perms.engine.fixable_texts import read_texts, read_trust_quota  # noqa: PLC0415

    targets = [target for finding in picked if (target := plan_fixes.target_of(finding.resource))]
    texts = read_texts(account, (target.place for target in targets))
    quota = read_trust_quota(account, texts.values())
    return plan_fixes.plan_fixes(account.caller, request.settings.name, picked, texts, quota)


def _picked(request: Request, fixable: list[Finding], picks: tuple[str, ...], talk: Talk) -> list[Finding]:
    wanted: list[Finding] = []
    for pick in picks:
        chosen = _asked(fixable, request) if pick == ASK else [one for one in fixable if _is_meant(one, pick)]
        if not chosen:
            what = "" if pick in (ASK, _ALL) else f" for {inert(pick)}"
            talk.warn([Line("Nothing was picked." if pick == ASK and fixable else f"Nothing to fix{what}.")])
        wanted += chosen
    return [*dict.fromkeys(wanted)]


def _is_meant(finding: Finding, pick: str) -> bool:
    name, _, resource = pick.partition(":")
    if pick == _ALL or (name == finding.check and not resource):
        return True
    # A bucket or a role may be called by its bare name.
    same = finding.resource == resource or finding.resource.endswith((f":{resource}", f"/{resource}"))
    return name == finding.check and same


def _asked(fixable: list[Finding], request: Request) -> list[Finding]:
    from personalize_perms.wizard.prompter import Choice  # noqa: PLC0415 - only where somebody is asked

    if not fixable:
        return []
    choices = [
        Choice(value=str(number), label=inert(f"{one.severity}: {one.check} on {one.resource} ({one.reason})"))
        for number, one in enumerate(fixable)
    ]
    numbers = request.prompter().choose_many("What shall be fixed?", choices, required=False)
    return [fixable[int(number)] for number in numbers]


def _with_findings(result: Result, findings: Sequence[Finding]) -> Result:
    result.data["findings"] += [envelope.finding_entry(finding) for finding in findings]
    return result
