"""From a request to a plan and its execution: what `init`, `plan` and `apply` share."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING

from personalize_perms import steps
from personalize_perms.cli.execution import ended, exclusive, execute
from personalize_perms.cli.request import Request, refuse_conflicts, refuse_missing
from personalize_perms.cli.result import Result
from personalize_perms.cli.talk import Talk
from personalize_perms.model.changes import Plan
from personalize_perms.model.errors import Cancelled, SettingsError
from personalize_perms.model.findings import Finding, Severity
from personalize_perms.model.inert import inert
from personalize_perms.model.names import S3Location
from personalize_perms.model.resources import Desired
from personalize_perms.model.settings import Settings
from personalize_perms.report import envelope, halves, lines
from personalize_perms.report.lines import Line
from personalize_perms.templates import Templates

if TYPE_CHECKING:
    from personalize_perms.aws.account import Account
    from personalize_perms.aws.session import AwsSession
    from personalize_perms.engine.observe import Observation

__all__ = [
    "check_answers",
    "confirm",
    "describe",
    "desire_offline",
    "ended",
    "exclusive",
    "execute",
    "find_account",
    "open_account",
    "opened",
    "plan_live",
    "plan_offline",
    "plan_seen",
    "refused",
    "untouched",
    "with_examples",
]


def check_answers(settings: Settings) -> None:
    """Raise `SettingsError` if answers are missing or contradict each other."""
    refuse_conflicts(steps.conflicts(settings))
    refuse_missing(steps.missing(settings))


@contextmanager
def opened(request: Request, session: "AwsSession | None" = None) -> Iterator["AwsSession"]:
    """Open a session on the account, or on the sandbox; failed calls inside end in words for the person.

    A `session` that is open already is used.
    """
    # Importing what talks to AWS takes longer than a person should look at nothing.
    if sys.stderr.isatty() and session is None:
        begun = "Making an account inside this process" if request.sandbox else "Asking AWS who you are"
        Talk(request).say([Line(f"{begun} ...", "dim")])
    from personalize_perms.aws.errors import AwsError  # noqa: PLC0415 - nothing of this for --help
    from personalize_perms.aws.failures import failure  # noqa: PLC0415 - nothing of this for --help

    try:
        if session is not None:
            yield session
        elif request.sandbox:
            from personalize_perms.aws.sandbox import sandbox  # noqa: PLC0415 - moto is an extra

            with sandbox(request.region or "us-east-1") as example:
                yield example
        else:
            from personalize_perms.aws.session import AwsSession  # noqa: PLC0415 - botocore only when it is needed

            yield AwsSession(request.profile, request.region)
    except AwsError as error:
        raise failure(error) from error


@contextmanager
def untouched() -> Iterator[Event]:
    """Let Ctrl-C say that nothing was changed, as long as the event that is yielded is set."""
    so_far = Event()
    so_far.set()
    try:
        yield so_far
    except KeyboardInterrupt:
        if so_far.is_set():
            raise Cancelled("nothing was changed") from None
        raise


def open_account(request: Request, session: "AwsSession", talk: Talk) -> "Account":
    """Find out who calls, and say it before anything else."""
    found = find_account(request, session, talk)
    talk.say(lines.caller_lines(found.caller))
    return found


def find_account(request: Request, session: "AwsSession", talk: Talk) -> "Account":
    """Find out who calls."""
    from personalize_perms.aws import account  # noqa: PLC0415 - botocore only when it is needed

    if request.verbose:
        session.hear = lambda call: talk.warn([Line(inert(call), "dim")])
    expected = None if request.sandbox else request.expect_account or request.account
    return account.open_account(session, expected)


def with_examples(request: Request) -> Request:
    """Return the request with the sandbox's example buckets where it needs some and nobody is asked."""
    if not request.sandbox:
        return request
    from personalize_perms.aws import sandbox  # noqa: PLC0415 - moto is an extra

    settings = request.settings
    if settings.reads_input and not settings.inputs:
        settings = replace(settings, inputs=(S3Location.parse(sandbox.SANDBOX_INPUT),))
    if settings.writes_output and not settings.outputs:
        settings = replace(settings, outputs=(S3Location.parse(sandbox.SANDBOX_OUTPUT),))
    return request.with_settings(settings)


def desire_offline(request: Request) -> Desired:
    """Return what is wanted in the account that --account names, without any call."""
    from personalize_perms.engine import key_names  # noqa: PLC0415 - nothing of this for --help

    place = request.offline_place()
    check_answers(request.settings)
    context = steps.Context(
        settings=request.settings,
        place=place,
        keys=key_names.offline(request.settings, place),
        templates=Templates.load(request.policies_dir),
    )
    return steps.desire(context)


def with_proofs(request: Request, plan: Plan) -> Plan:
    """Return the plan with what stays shut, where it serves other accounts."""
    if not request.settings.serves:
        return plan
    from personalize_perms.engine import shut  # noqa: PLC0415 - only where others are served

    return shut.proven(plan, request.settings)


def plan_offline(request: Request, desired: Desired | None = None) -> Plan:
    """Return the plan that can be made without any call."""
    from personalize_perms.engine import offline  # noqa: PLC0415 - nothing of this for --help

    plan = with_proofs(request, offline.plan_offline(desired or desire_offline(request)))
    unread = Finding(
        check="offline",
        severity=Severity.LOW,
        resource=f"account {plan.caller.place.account}",
        message="the account was not read: what is there is unknown, and so are the keys of the buckets; "
        "of shared documents only our statements are shown",
        remedy="leave --offline out to compare with the account",
    )
    return replace(plan, findings=(*plan.findings, unread))


def plan_live(request: Request, account: "Account", talk: Talk) -> Plan:
    """Read the account and return the plan."""
    return plan_seen(request, account, talk)[0]


def plan_seen(request: Request, account: "Account", talk: Talk) -> "tuple[Plan, Observation]":
    """Read the account and return the plan with what it was made from."""
    from personalize_perms.engine import observe, planner  # noqa: PLC0415 - nothing of this for --help

    templates = Templates.load(request.policies_dir)
    with talk.doing("Reading the account") as heard:
        seen = observe.observe(account, request.settings, templates, heard)
    return with_proofs(request, planner.plan(seen.desired, seen.live, seen.refusals)), seen


def describe(request: Request, plan: Plan, *, documents: bool) -> Iterator[Line]:
    """Yield documents (if wanted), changes and findings of a plan."""
    if documents:
        yield from lines.document_lines(plan.documents)
    if plan.changes or plan.refusals:
        from personalize_perms.report import plan_lines  # noqa: PLC0415 - a plan that was made offline has no changes

        yield from plan_lines.plan_lines(plan, full=request.diff == "full")
    yield from lines.finding_lines(plan.findings)
    if plan.halves:
        yield from halves.half_lines(plan)
    if plan.shut:
        yield from halves.shut_lines(plan.shut)


def confirm(request: Request, plan: Plan) -> None:
    """Return if the changes may be made; raise `Cancelled` or `SettingsError` if not."""
    if request.yes or not plan.writes:
        return
    if not request.may_ask:
        show = {"undo": "undo --dry-run", "audit": "audit --fix ... --dry-run"}.get(request.command, "plan")
        raise SettingsError(
            "nothing was changed: the plan needs a confirmation, and there is no terminal to ask on",
            hint=f"look at the plan (personalize-perms {show}), then add --yes",
        )
    changes = "this change" if len(plan.writes) == 1 else f"these {len(plan.writes)} changes"
    where = f"in account {plan.caller.place.account}{_alias(plan)}"
    try:
        agreed = request.prompter().confirm(f"Make {changes} {where}?", default=False)
    except KeyboardInterrupt:
        agreed = False
    if not agreed:
        raise Cancelled("nothing was changed")


def _alias(plan: Plan) -> str:
    return f" ({inert(plan.caller.alias)})" if plan.caller.alias else ""


def refused(plan: Plan, talk: Talk) -> Result:
    """Say why nothing is written, and end the run."""
    talk.warn(lines.refusal_lines(plan.refusals))
    talk.say([Line("Nothing was changed.")])
    code = 2 if all(refusal.code == "settings" for refusal in plan.refusals) else 1
    errors = [envelope.error_entry(refusal) for refusal in plan.refusals]
    return Result(exit_code=code, data=envelope.plan_data(plan), errors=errors + envelope.blocked_errors(plan))
