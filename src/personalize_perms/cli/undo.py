"""`undo`: take back exactly what was added, and leave what others rely on."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from personalize_perms.cli import execution, setup
from personalize_perms.cli.options import CONFIRM, DIFF, DRY_RUN, NO_INPUT, YES, SettingsCommand, request_of, shared
from personalize_perms.cli.request import Request
from personalize_perms.cli.result import Result
from personalize_perms.cli.talk import Talk
from personalize_perms.model.changes import Plan
from personalize_perms.model.errors import Cancelled, SettingsError
from personalize_perms.model.inert import inert
from personalize_perms.report import lines
from personalize_perms.report.lines import Line
from personalize_perms.templates import Templates

if TYPE_CHECKING:
    from personalize_perms.aws.account import Account
    from personalize_perms.engine.journals import PastRun
    from personalize_perms.engine.uses import Uses


@shared(DRY_RUN, DIFF, YES, NO_INPUT, CONFIRM)
@click.command("undo", cls=SettingsCommand)
@click.pass_context
def undo(ctx: click.Context, /, **_: object) -> Result:
    """Take back exactly what was added under this name, and leave what others changed, attached or rely on.

    What was added is known from the account itself, so it works from any machine; the journal of this machine makes
    it exact. A role or key that Amazon Personalize still uses needs the role's name typed, or --confirm NAME.
    """
    request = request_of(ctx, "undo")
    if request.offline:
        raise SettingsError(
            "undo does not work with --offline",
            reason="what was added is known only from the account",
            hint="leave --offline out; --dry-run shows what would be taken back without changing it",
        )
    talk = Talk(request)
    with setup.opened(request) as session:
        account = setup.open_account(request, session, talk)
        with execution.exclusive(request, account, talk) as found:
            runs = _runs(request, account)
            plan = _plan(request, account, talk, runs)
            uses = _uses(plan, account, talk) if plan.writes and not request.sandbox else None
            plan = _with_fixes(plan, account, runs)
            plan = replace(plan, findings=(*found, *plan.findings))
            return _take_back(request, plan, account, talk, uses)


def _runs(request: Request, account: "Account") -> "tuple[PastRun, ...]":
    from personalize_perms.engine import journal, journals  # noqa: PLC0415 - nothing of this for --help

    folder = journal.journal_folder(account.caller, request.settings.name)
    return () if request.sandbox else journals.read_runs(folder)


def _with_fixes(plan: Plan, account: "Account", runs: "Iterable[PastRun]") -> Plan:
    """Return the plan with what `audit --fix` changed under this name; nobody loses access by that."""
    from personalize_perms.engine import fixable_texts, undo_fixes  # noqa: PLC0415 - nothing of this for --help

    fixes = undo_fixes.outstanding(runs)
    return undo_fixes.with_fixes_taken_back(plan, fixes, fixable_texts.read_texts(account, fixes)) if fixes else plan


def _plan(request: Request, account: "Account", talk: Talk, runs: "Iterable[PastRun]") -> Plan:
    from personalize_perms.engine import journals, observe, past  # noqa: PLC0415 - nothing of this for --help
    from personalize_perms.engine import undo as planner  # noqa: PLC0415
    from personalize_perms.engine.undo_fixes import FIXING  # noqa: PLC0415

    name, partition = request.settings.name, account.caller.place.partition
    entries = [entry for run in runs if run.command != FIXING for entry in run.entries]
    sent = [entry for entry in entries if entry.status != journals.NOT_SENT]
    unseen = {number for number, entry in enumerate(sent) if entry.status == journals.NOT_SEEN}
    known = past.past((entry.operation for entry in sent), name, partition, unseen)
    with talk.doing("Reading the account") as heard:
        templates = Templates.load(request.policies_dir)
        observation = observe.observe_for_undo(account, request.settings, templates, known, heard)
    return planner.plan_undo(observation.desired, observation.live, known, observation.forms)


def _take_back(request: Request, plan: Plan, account: "Account", talk: Talk, uses: "Uses | None") -> Result:
    if uses:
        plan = replace(plan, findings=(*plan.findings, *uses.findings))
    if request.dry_run:
        if not request.as_json:
            talk.out.lines(setup.describe(request, plan, documents=True))
        talk.warn(lines.use_lines(plan.role_arn, uses.carriers if uses else ()))
        talk.say([Line("Dry run: nothing was changed.")])
        return _with_uses(execution.ended(plan), uses)
    show = talk.say if request.yes or not plan.writes else talk.warn
    show(setup.describe(request, plan, documents=False))
    if uses and uses.carriers:
        talk.warn(lines.use_lines(plan.role_arn, uses.carriers))
        _confirm_in_use(request, plan, uses)
    else:
        setup.confirm(request, plan)
    result = execution.execute(request, plan, account, talk)
    if result.exit_code == 0 and plan.writes:
        stays = any(finding.check in ("leftover", "changed-by-others") for finding in plan.findings)
        said = "is taken back, but for what stays and is named above" if stays else "is taken back"
        talk.say([Line(f"The set-up {inert(plan.name)} {said}.", "done")])
    return _with_uses(result, uses)


def _uses(plan: Plan, account: "Account", talk: Talk) -> "Uses":
    from personalize_perms.engine.uses import find_uses  # noqa: PLC0415 - nothing of this for --help

    with talk.doing("Asking Amazon Personalize what still uses it"):
        return find_uses(account, plan)


def _confirm_in_use(request: Request, plan: Plan, uses: "Uses") -> None:
    """Return if whoever runs this knows what is still in use; raise `Cancelled` or `SettingsError` if not."""
    from personalize_perms.engine.uses import role_names  # noqa: PLC0415 - nothing of this for --help

    carried = sorted({name for use in uses.carriers for name in role_names(use)})
    own = plan.role_arn.rpartition("/")[2]
    name = own if own in carried or not carried else carried[0]
    if request.confirm == name:
        setup.confirm(request, plan)
        return
    if request.confirm or request.yes or not request.may_ask:
        number = len(uses.carriers)
        where = "1 place" if number == 1 else f"{number} places"
        raise SettingsError(
            f"nothing was changed: Amazon Personalize still uses the role or its keys, in {where}",
            reason="they are named above, ended jobs too; what still runs with the role would fail without it",
            hint=f"if that is meant: --confirm {name}",
        )

    def check(text: str) -> None:
        if text != name:
            raise ValueError(f"type {name}, or press Ctrl-C to leave everything as it is")

    question = f"To make these {len(plan.writes)} changes all the same, type the role's name:"
    if request.prompter().text(question, check=check) != name:
        raise Cancelled("nothing was changed")


def _with_uses(result: Result, uses: "Uses | None") -> Result:
    found = uses.carriers if uses else ()
    result.data["uses"] = [{"kind": use.words, "arn": use.arn, "status": use.status} for use in found]
    return result
