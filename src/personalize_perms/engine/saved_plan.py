"""A plan as it is kept in a file, to be reviewed and applied later. Pure.

Nothing of a file is ever carried out. Whoever applies it plans again, from the settings in it and the account as it
is, and goes on only if that comes to the same: so a file can be refused, but it cannot make this program do anything
that it would not plan by itself. The digests tell which file was changed, and what changed in the account since.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Final, Self

from cattrs import Converter
from cattrs.errors import CattrsError

from personalize_perms import __version__, documents
from personalize_perms.engine import setting_texts
from personalize_perms.engine.facts import facts
from personalize_perms.model.changes import Change, Plan
from personalize_perms.model.errors import DocumentError, PersonalizePermsError
from personalize_perms.model.live import Live
from personalize_perms.model.settings import Settings
from personalize_perms.model.values import dataclass

FORMAT: Final = 1
MAGIC: Final = '{\n  "personalize_perms_plan": '
"""What every file of every format begins with."""
LONGEST: Final = 16 * 1024 * 1024
"""Characters of a file: the largest set-up takes a tenth of it."""
_DEEPEST: Final = 60
"""A policy document may be 40 deep, and stands some levels down."""
ANEW: Final = "make a new plan, look at it, and apply that: personalize-perms plan --out FILE"


class BadPlanFile(PersonalizePermsError):  # noqa: N818 - named by what it is, like all failures of this program
    """A file that is no plan, or not one of this version."""

    code: ClassVar[str] = "plan-file"


class PlanTampered(PersonalizePermsError):  # noqa: N818
    """A plan that is not as this program wrote it."""

    code: ClassVar[str] = "plan-tampered"


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedChange:
    """One line of the plan; `operation` is what would be sent, with its `type`, or None."""

    action: str
    kind: str
    resource: str
    reason: str
    hint: str
    wave: str
    details: tuple[str, ...]
    operation: Mapping[str, Any] | None

    @classmethod
    def of(cls, change: Change) -> Self:
        """Return what is kept of a change."""
        op = change.operation
        return cls(
            action=change.action.value,
            kind=change.kind,
            resource=change.resource,
            reason=change.reason,
            hint=change.hint,
            wave=change.wave.value,
            details=change.details,
            operation=None if op is None else {"type": type(op).__name__, **asdict(op)},
        )

    def meaning(self, partition: str) -> str:
        """Return a text that two changes share only if they do the same to an account that is the same."""
        operation = self.operation or {}
        told = [self.reason] if operation else []  # why something is blocked is told in AWS's words, session and all
        sent = {
            field: documents.digest(value, partition) if field.endswith("_json") and isinstance(value, str) else value
            for field, value in operation.items()
        }
        return json.dumps([self.wave, *self._line, *told, sorted(self.details), sent], sort_keys=True, default=dict)

    @property
    def line(self) -> str:
        """The change in a few words."""
        return " ".join(self._line)

    @property
    def _line(self) -> tuple[str, str, str]:
        return self.action, self.kind, self.resource


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedDocument:
    """A whole document as it would be stored."""

    kind: str
    name: str
    document: Mapping[str, Any]

    def meaning(self, partition: str) -> str:
        """Return a text that two documents share only if they are the same."""
        return json.dumps([self.kind, self.name, documents.digest(json.dumps(self.document), partition)])

    @property
    def line(self) -> str:
        """The document in a few words."""
        return f"{self.kind} {self.name}, as it would be stored"


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFinding:
    """Something that the reviewer should know."""

    check: str
    severity: str
    resource: str
    message: str
    remedy: str

    def meaning(self, _: str) -> str:
        """Return a text that two findings share only if they are about the same."""
        return json.dumps([self.check, self.severity, self.resource])

    @property
    def line(self) -> str:
        """The finding in a few words."""
        return f"the finding {self.check} about {self.resource}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPlan:
    """Everything that a plan says, and what it was made from. It holds no secrets, but names of an account."""

    tool: str
    created: str
    account: str
    partition: str
    region: str
    endpoint: str
    name: str
    role_arn: str
    settings: Mapping[str, tuple[str, ...]]
    """Every setting by its key, as the texts that a person would type."""
    policies_dir: str
    changes: tuple[SavedChange, ...]
    documents: tuple[SavedDocument, ...]
    findings: tuple[SavedFinding, ...]
    live: Mapping[str, str]
    """A digest of each thing that the plan was made from."""
    only: tuple[str, ...] = ()
    """The lines of the whole plan that this is a part of, as `engine.selection` names them; empty: it is the whole."""

    @classmethod
    def of(
        cls,
        plan: Plan,
        live: Live,
        settings: Settings,
        policies_dir: str,
        created: datetime,
        *,
        only: tuple[str, ...] = (),
    ) -> Self:
        """Return what is kept of a plan, or of the part of one that the lines `only` name."""
        place = plan.caller.place
        return cls(
            tool=__version__,
            created=created.isoformat(timespec="milliseconds"),
            account=place.account,
            partition=place.partition,
            region=place.region,
            endpoint=plan.caller.endpoint,
            name=plan.name,
            role_arn=plan.role_arn,
            settings=setting_texts.written(settings),
            policies_dir=policies_dir,
            changes=tuple(SavedChange.of(change) for change in plan.changes),
            documents=tuple(
                SavedDocument(kind=stored.kind, name=stored.name, document=stored.document) for stored in plan.documents
            ),
            findings=tuple(
                SavedFinding(
                    check=finding.check,
                    severity=finding.severity.value,
                    resource=finding.resource,
                    message=finding.message,
                    remedy=finding.remedy,
                )
                for finding in plan.findings
            ),
            live=facts(live, plan.name),
            only=only,
        )

    @property
    def content(self) -> dict[str, Any]:
        """What stands in the file: a whole plan says nothing of parts, as before there were any."""
        return {name: value for name, value in asdict(self).items() if name != "only" or value}

    @property
    def writes(self) -> bool:
        """Whether anything would be changed."""
        return any(change.operation is not None for change in self.changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """The run that applied a plan."""

    run: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFile:
    """What a file holds: the plan, its digest, and the run that applied it, if any."""

    digest: str
    spent: Spent | None
    plan: SavedPlan

    @classmethod
    def of(cls, plan: SavedPlan) -> Self:
        """Return a file for a plan that was not applied."""
        return cls(digest=_digest(plan.content), spent=None, plan=plan)

    def spent_by(self, run: str, at: datetime) -> Self:
        """Return the file of the same plan, marked as applied."""
        return replace(self, spent=Spent(run=run, at=at.isoformat(timespec="milliseconds")))

    @property
    def text(self) -> str:
        """The file, to the byte: there is one way to write a plan."""
        content = {"digest": self.digest, "spent": self.spent and asdict(self.spent), "plan": self.plan.content}
        return json.dumps({"personalize_perms_plan": FORMAT, **content}, indent=2) + "\n"


def restored_settings(plan: SavedPlan) -> Settings:
    """Return the settings of a plan; raise `BadPlanFile` where they are not those of this version."""
    try:
        return setting_texts.restored(plan.settings)
    except ValueError as error:
        raise _not_understood(str(error)) from None


def load(text: str) -> PlanFile:
    """Return what a file holds; raise `BadPlanFile` or `PlanTampered` unless it is as this program wrote it."""
    found = _content(text)
    written = found.pop("personalize_perms_plan")
    if written != FORMAT or isinstance(written, bool):
        raise _not_understood(f"its format is {json.dumps(written)}, this version reads {FORMAT}")
    if found.get("digest") != _digest(found.get("plan")):
        raise _tampered("its content does not match its digest")
    try:
        file = _converter().structure(found, PlanFile)
    except (ValueError, TypeError, LookupError, AttributeError, CattrsError) as error:
        raise _not_understood(f"{type(error).__name__}: {error}") from None
    if file.text != text:
        raise _tampered("it is not written as this program writes it")
    return file


def _content(text: str) -> dict[str, Any]:
    try:
        found = documents.strict_json(text, longest=LONGEST, deepest=_DEEPEST)
    except DocumentError as error:
        raise _no_plan(": ".join(filter(None, (error.message, error.reason)))) from None
    if not isinstance(found, dict) or "personalize_perms_plan" not in found:
        raise _no_plan("it is JSON of another kind")
    return found


def _no_plan(why: str) -> BadPlanFile:
    return BadPlanFile("the file is not a saved plan", reason=why, hint="personalize-perms plan --out FILE makes one")


def _not_understood(why: str) -> BadPlanFile:
    return BadPlanFile("the plan is not one that this version understands", reason=why, hint=ANEW)


def _tampered(why: str) -> PlanTampered:
    return PlanTampered("the plan was changed after it was made, so nothing was changed", reason=why, hint=ANEW)


def _digest(plan: object) -> str:
    content = json.dumps([FORMAT, plan], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


@cache
def _converter() -> Converter:
    # What it coerces (a number to a text, a text to a list) is found when the file is written again and compared.
    return Converter(forbid_extra_keys=True, detailed_validation=False)
