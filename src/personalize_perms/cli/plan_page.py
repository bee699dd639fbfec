"""`plan --html FILE`: the plan as one page, to attach to a change request."""

import shlex
from datetime import datetime
from pathlib import Path

import click

from personalize_perms import __version__
from personalize_perms.cli import export_files
from personalize_perms.cli.request import Request
from personalize_perms.cli.talk import Talk
from personalize_perms.engine.observe import Observation
from personalize_perms.engine.picture import picture
from personalize_perms.engine.saved_plan import PlanFile
from personalize_perms.model import ownership
from personalize_perms.model.changes import Plan
from personalize_perms.model.errors import SettingsError
from personalize_perms.model.inert import inert
from personalize_perms.model.values import dataclass
from personalize_perms.report import page
from personalize_perms.report.lines import Line
from personalize_perms.report.page_parts import Reason
from personalize_perms.templates import Templates

_FLAG = "--html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where the page goes, and where the plan that it is of was saved."""

    page: Path
    saved: Path | None


def check_target(ctx: click.Context, path: Path) -> None:
    """Raise unless a page may be written to `path`: before the account is read, not after."""
    if str(path) == "-":
        raise click.UsageError(f"{_FLAG} needs a file: stdout is the result", ctx)
    if not path.parent.is_dir():
        raise SettingsError(
            f"the page cannot be written to {path}",
            reason=f"there is no directory {path.parent}",
            hint=shlex.join(["mkdir", "-p", "--", str(path.parent)]),
        )
    export_files.refuse_foreign(path, page.MADE_BY, _FLAG)


def write(request: Request, plan: Plan, seen: Observation, file: PlanFile, target: Target, talk: Talk) -> None:
    """Write the page of a plan, and say so."""
    made = page.Made(
        at=datetime.fromisoformat(file.plan.created),
        version=__version__,
        digest=file.digest,
        saved=shlex.join(["personalize-perms", "apply", target.saved.name]) if target.saved else "",
    )
    reason = reasons(Templates.load(request.policies_dir), plan.name)
    graph = picture(seen.desired, plan, seen.live)
    text = page.page(plan, graph, made, reason, full=request.diff == "full")
    export_files.write(target.page, text, _FLAG, private=True)
    talk.say([Line(f"Wrote the page {inert(str(target.page))}. Digest of the plan: {file.digest}")])


def reasons(templates: Templates, name: str) -> Reason:
    """Return what says why a statement of the set-up `name` is there, and the page of AWS."""
    prefix = ownership.sid_prefix(name)

    def reason(sid: str) -> tuple[str, str]:
        found = templates.reasons.get(sid.removeprefix(prefix))
        return (found.why, found.docs) if found else ("", "")

    return reason
