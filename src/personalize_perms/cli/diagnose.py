"""`diagnose`: from what went wrong to the link that is broken, and the smallest change that mends it."""

import shlex
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from personalize_perms import diagnose as symptoms
from personalize_perms.cli import setup, verdict
from personalize_perms.cli.check import repairing
from personalize_perms.cli.given import given
from personalize_perms.cli.options import SettingsCommand, request_of, shared
from personalize_perms.cli.request import Request
from personalize_perms.cli.result import Result
from personalize_perms.cli.talk import Talk
from personalize_perms.diagnose.answers import Answers, answers
from personalize_perms.diagnose.complaints import Complaint
from personalize_perms.diagnose.pointing import Pointer
from personalize_perms.diagnose.reading import Reading
from personalize_perms.model.errors import Cancelled, PersonalizePermsError, SettingsError
from personalize_perms.model.findings import Finding, Verdict
from personalize_perms.model.inert import inert
from personalize_perms.model.names import AccountId, Arn
from personalize_perms.model.options import arguments
from personalize_perms.model.values import dataclass
from personalize_perms.report import complaints as wording
from personalize_perms.report import envelope, lines, verdicts
from personalize_perms.report.lines import Line
from personalize_perms.templates import Templates

if TYPE_CHECKING:
    from personalize_perms.aws.account import Account
    from personalize_perms.aws.session import AwsSession
    from personalize_perms.model.changes import Plan
    from personalize_perms.model.live import Live

_FOUND = 3
_OUT = click.Option(
    ["--out"],
    metavar="FILE",
    type=click.Path(path_type=Path, allow_dash=True),
    help="Save the smallest change that mends it, to review it and apply exactly it: apply FILE.",
)


@shared(_OUT)
@click.command("diagnose", cls=SettingsCommand)
@click.argument(
    "what", required=False, metavar="[TEXT|ARN|FILE|-]", help="What went wrong, or - to read it from stdin."
)
@click.pass_context
def diagnose(ctx: click.Context, /, **_: object) -> Result:
    """Tell what an error means, look at just the links that it points to, and offer the smallest change that mends it.

    Takes an error's text, the ARN of a job or dataset group (its failure is read), or a file with CloudTrail events.
    What is no permission (quotas, data, paths, Regions) is said to be none. Changes nothing. Works without settings
    as far as the text names what it is about.
    """
    request = request_of(ctx, "diagnose")
    talk = Talk(request)
    what = given(ctx.params["what"], request, talk)
    if ctx.params["out"]:
        from personalize_perms.cli import saved  # noqa: PLC0415 - only for saved plans

        saved.check_out(ctx, request, ctx.params["out"])
    if what.arn:
        return _of_work(request, what.arn, ctx.params["out"], talk)
    return _Diagnosis(request, symptoms.read(what.text), ctx.params["out"], talk).result(None)


def _of_work(request: Request, arn: Arn, out: Path | None, talk: Talk) -> Result:
    """Diagnose a resource of Amazon Personalize, in the Region that its ARN names."""
    if request.offline:
        raise SettingsError(
            "what went wrong with a resource is known only from the account",
            hint="leave --offline out, or give the error's text",
        )
    if request.region not in (None, arn.region):
        raise SettingsError(
            f"the ARN is of the Region {arn.region}, not of {request.region}", hint="leave --region out"
        )
    request = replace(request, region=arn.region)
    with setup.opened(request) as session:
        account = setup.open_account(
            replace(request, expect_account=request.expect_account or AccountId(arn.account)), session, talk
        )
        reading = _read_work(session, arn)
        return _Diagnosis(request, reading, out, talk).result((session, account))


def _read_work(session: "AwsSession", arn: Arn) -> Reading:
    from personalize_perms.aws.personalize_work import read_work  # noqa: PLC0415 - botocore only when it is needed
    from personalize_perms.diagnose import works  # noqa: PLC0415 - only for these
    from personalize_perms.model.live import Present, Unreadable  # noqa: PLC0415

    match read_work(session, arn):
        case Present(value=work):
            return works.read_work(work)
        case Unreadable(action=action, reason=reason):
            raise PersonalizePermsError(
                f"what became of {arn} cannot be known: not allowed {action}",
                reason=reason,
                hint=f"ask an administrator for {action} on it, or give the error's text",
            )
        case _:
            raise PersonalizePermsError(
                f"there is no {arn}", hint="check its name, account and Region; jobs that were deleted are gone"
            )


@dataclass(frozen=True, slots=True)
class _Seen:
    """The findings that the complaints point to, the cause first, and the lines of the plan that mend them."""

    plan: "Plan"
    live: "Live"
    findings: tuple[Finding, ...]
    mending: tuple[str, ...]
    others: int
    """How many findings are on other links."""


class _Diagnosis:
    """One diagnosis, said as it goes."""

    def __init__(self, request: Request, reading: Reading, out: Path | None, talk: Talk) -> None:
        self._request = request
        self._reading = reading
        self._out = out
        self._talk = talk
        self._data: dict[str, Any] = {
            "complaints": [wording.complaint_entry(complaint) for complaint in reading.complaints],
            "notes": [reading.note] if reading.note else [],
            "findings": [],
            "changes": [],
        }

    def result(self, opened: "tuple[AwsSession, Account] | None") -> Result:
        """Say what it means; look, if that can tell more; offer what mends it."""
        told = self._reading.complaints
        self._talk.say([Line(inert(self._reading.note), "dim")] if self._reading.note else [])
        self._print(wording.complaint_lines(told))
        if not told:
            self._print([Line("Nothing went wrong that would be a complaint.", "done")])
        proven = [complaint.finding for complaint in told if complaint.is_proven]
        self._data["findings"] = [envelope.finding_entry(finding) for finding in proven]
        if not any(complaint.links for complaint in told):
            self._say_unsaved()
            return Result(exit_code=_FOUND if proven else 0, data=self._data)
        try:
            return self._looked(told, proven, opened)
        except Cancelled:
            raise
        except PersonalizePermsError as error:
            return self._unlooked(error)

    def _print(self, said: "Iterator[Line] | Sequence[Line]") -> None:
        if not self._request.as_json:
            self._talk.out.lines(said)

    def _unlooked(self, error: PersonalizePermsError) -> Result:
        """Say what was not looked at, and why: what the text means is true all the same."""
        links = dict.fromkeys(link for complaint in self._reading.complaints for link in complaint.links)
        self._talk.warn([Line(f"Not looked at: {', '.join(links)}", "warning")])
        self._talk.warn(lines.error_lines(error))
        self._say_unsaved()
        return Result(exit_code=error.exit_code, data=self._data, errors=[envelope.error_entry(error)])

    def _looked(
        self, told: Sequence[Complaint], proven: Sequence[Finding], opened: "tuple[AwsSession, Account] | None"
    ) -> Result:
        request, found, command = self._completed(told)
        with _opened(request, opened) as session:
            account = opened[1] if opened else setup.open_account(request, session, self._talk)
            self._mention_region(account)
            seen = self._examined(request, session, account, found, command)
        findings = (*proven, *seen.findings)
        self._data["findings"] = [envelope.finding_entry(finding) for finding in findings]
        self._print(verdicts.finding_lines(findings))
        if not findings:
            self._print([Line(_CLEAN, "done")])
        if seen.others and self._is_set_up:
            self._talk.say([Line(f"{seen.others} more findings on other links: personalize-perms check", "dim")])
        self._offer(request, seen, command)
        failed = any(verdict.fails("medium", finding) for finding in findings)
        return Result(exit_code=_FOUND if failed else 0, data=self._data)

    @property
    def _is_set_up(self) -> bool:
        return self._request.configured or bool(self._request.given)

    def _completed(self, told: Sequence[Complaint]) -> tuple[Request, Answers, str]:
        """Return the request with what the complaints name, and the command that brings the account to that."""
        request = self._request
        if request.offline:
            raise PersonalizePermsError(
                "nothing was looked at, because of --offline", hint="leave --offline out to look at the account"
            )
        found = answers(request.settings, frozenset(request.given), told, is_set_up=self._is_set_up)
        request = setup.with_examples(request.with_settings(found.settings))
        setup.check_answers(request.settings)
        command = repairing(self._request)
        if not self._is_set_up or found.added:
            command = shlex.join(["personalize-perms", "apply", *arguments(request.settings), *request.arguments()])
        if found.added:
            lasting = f"; add it to {request.config}, or the next apply takes it back" if request.configured else ""
            note = f"taken from what went wrong: {', '.join(found.added)}{lasting}"
            self._data["notes"].append(note)
            self._talk.say([Line(inert(note), "dim")])
        return _at_home(request, told), found, command

    def _mention_region(self, account: "Account") -> None:
        here = account.caller.place.region
        named = dict.fromkeys(c.facts.region for c in self._reading.complaints if c.facts.region not in ("", here))
        if named:
            note = f"it is about {', '.join(named)}, and this looks at {here}: --region chooses another Region"
            self._data["notes"].append(note)
            self._talk.warn([Line(inert(note), "warning")])

    def _examined(
        self, request: Request, session: "AwsSession", account: "Account", found: Answers, command: str
    ) -> "_Seen":
        """Examine the set-up, and what the complaints ask besides."""
        from personalize_perms import doctor  # noqa: PLC0415 - nothing of this for --help
        from personalize_perms.aws.iam_in_bulk import IamInBulk  # noqa: PLC0415 - botocore only when it is needed

        with self._talk.doing("Looking at what it points to"):
            plan, live, examination = doctor.examine_asking(
                replace(account, iam=IamInBulk(session)),
                request.settings,
                Templates.load(request.policies_dir),
                command,
                found.asked,
            )
        self._data |= {**envelope.place_data(plan.caller.place), "role_arn": plan.role_arn}
        self._data["notes"] += examination.notes
        pointer = Pointer(
            complaints=self._reading.complaints,
            plan=plan,
            user_policy_arn=plan.caller.place.arn("iam", f"policy/{request.settings.user_policy}"),
        )
        about = pointer.pointed(examination.findings)
        others = sum(finding not in about and verdict.fails("medium", finding) for finding in examination.findings)
        sure = [finding for finding in found.findings if finding.verdict is Verdict.DENIED]
        unsure = [finding for finding in found.findings if finding.verdict is not Verdict.DENIED]
        return _Seen(plan, live, (*sure, *about, *unsure), pointer.mending(about), others)

    def _offer(self, request: Request, seen: _Seen, command: str) -> None:
        from personalize_perms.engine import selection  # noqa: PLC0415 - nothing of this for --help
        from personalize_perms.report import plan_lines  # noqa: PLC0415 - nothing of this for --help

        part = selection.selected(seen.plan, seen.mending) if seen.mending else None
        if part:
            data = envelope.plan_data(part)
            self._data |= {"changes": data["changes"], "documents": data["documents"]}
            title = "The smallest change that mends it:" if part.writes else "What would mend it is blocked:"
            self._print([Line(), Line(title, "title")])
            self._print(plan_lines.change_lines(part))
        if not part or not part.writes or seen.plan.refusals:
            self._talk.warn(lines.refusal_lines(seen.plan.refusals if part else ()))
            self._say_unsaved()
        elif self._out:
            from personalize_perms.cli import saved  # noqa: PLC0415 - only for saved plans

            saved.save(saved.file_of(request, seen.plan, seen.live, seen.mending), self._out, self._talk)
            self._data["saved"] = str(self._out)
        else:
            only = "Only this: the same command with --out fix.json, then personalize-perms apply fix.json"
            self._print([Line(only), Line(f"The whole set-up: {inert(command)}")])

    def _say_unsaved(self) -> None:
        if self._out:
            self._talk.warn([Line("No plan was saved: there is no change that this program could make.", "warning")])


_CLEAN = (
    "Nothing is wrong with what it points to, as things are now: perhaps it was mended since, or was not known "
    "everywhere yet. Try again; if it fails again, look at all: personalize-perms check"
)


def _opened(request: Request, opened: "tuple[AwsSession, Account] | None") -> "AbstractContextManager[AwsSession]":
    return nullcontext(opened[0]) if opened else setup.opened(request)


def _at_home(request: Request, told: Sequence[Complaint]) -> Request:
    """Return the request for the Region and account that the complaints name, where nobody named others."""
    region = next((one.facts.region for one in told if one.facts.region and one.links), None)
    account = next((one.facts.account for one in told if one.facts.account and one.links), None)
    if request.sandbox:
        return request
    expected = request.expect_account or request.account or (AccountId(account) if account else None)
    return replace(request, region=request.region or region, expect_account=expected)
