"""The last lines of a run that succeeded: what holds now, and the shortest commands that go on from there."""

import shlex
from collections.abc import Iterator
from typing import Final

from personalize_perms.cli.options import CONFIG
from personalize_perms.cli.request import Request
from personalize_perms.model.changes import Plan
from personalize_perms.model.inert import inert
from personalize_perms.model.options import arguments
from personalize_perms.report import halves
from personalize_perms.report.lines import Line

_USE_IT: Final = "https://docs.aws.amazon.com/personalize/latest/dg/getting-started.html"


def what_next(request: Request, plan: Plan, *, saved: bool) -> Iterator[Line]:
    """Say what holds and what is next; `saved` tells whether the settings file holds every answer."""
    yield Line()
    if request.sandbox:
        yield Line("That was the sandbox: it is gone with this process, and nothing left this machine.", "done")
        yield Line("For your own account: personalize-perms init")
        return
    held, words = _shortest(request, saved=saved)
    yield Line(_granted(request, plan), "done")
    yield Line(f"The same again, without questions: {_command('apply', *words, '--yes')}")
    if held:
        yield Line(f"Whether it still holds: {_command('check', *words)}")
        yield Line(f"To take it back: {_command('undo', *words)}")
    if not request.settings.serves:
        yield Line(f"Next: pass that role when you create import jobs, exports and the like: {_USE_IT}")


def _granted(request: Request, plan: Plan) -> str:
    if plan.halves:
        owes = halves.owes(plan.halves)
        return f"This account's half is done. It works once the owner's half is, too, which {owes} has to do"
    if request.settings.serves:
        return f"The buckets and keys let in Amazon Personalize and {inert(plan.role_arn)}"
    return f"Amazon Personalize is granted what it needs, through the role {plan.role_arn}"


def _shortest(request: Request, *, saved: bool) -> tuple[bool, list[str]]:
    """Return whether the settings file holds all settings, and the arguments that give the same run again."""
    file = [] if str(request.config) == CONFIG else ["-c", str(request.config)]
    if saved:
        return True, file
    if request.configured and set(request.given.values()) <= {"file"}:
        return True, [*file, *request.arguments()]
    return False, [*arguments(request.settings), *request.arguments()]


def _command(*words: str) -> str:
    return inert(shlex.join(["personalize-perms", *words]))
