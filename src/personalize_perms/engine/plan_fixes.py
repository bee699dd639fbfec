"""From findings of `audit` that a person picked to a plan that tightens just them. Pure.

Only what takes nothing from anybody who has it rightly is fixed here: source conditions on statements that let Amazon
Personalize in for any account, and deleted principals, who let nobody in. Everything else stays a remedy for the owner.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from personalize_perms import documents
from personalize_perms.documents import DocumentKind
from personalize_perms.engine import past
from personalize_perms.engine.dead_principals import without_dead
from personalize_perms.engine.shared_documents import DocumentOperation
from personalize_perms.engine.tightening import tighten
from personalize_perms.model.caller import Caller
from personalize_perms.model.changes import Action, Change, Plan, StoredDocument
from personalize_perms.model.errors import DocumentError
from personalize_perms.model.findings import Finding
from personalize_perms.model.live import Absent, Present, Read, Unreadable
from personalize_perms.model.operations import PutBucketPolicy, PutKeyPolicy, UpdateTrust
from personalize_perms.model.resources import Json
from personalize_perms.model.settings import Place
from personalize_perms.model.values import dataclass

SET_UP: Final = "audit"
"""The name under which fixes are journalled, and taken back, unless another one is given."""
_Fix = Callable[[Mapping[str, Json], Place], tuple[dict[str, Json], tuple[str, ...]]]
_LINKED: Final = ":role/aws-service-role/"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Target:
    """A document that others own: its kind, how findings call what it hangs on, and how its calls do."""

    kind: DocumentKind
    resource: str
    name: str

    @property
    def place(self) -> past.Place:
        """The document as it is looked up."""
        return self.kind, self.name


def target_of(resource: str) -> Target | None:
    """Return the document that a finding at `resource` is about; None where it is about none that can be fixed."""
    service, _, name = resource.partition(":")[2].partition(":")[2].partition(":")
    match service:
        case "s3":
            return Target(kind=DocumentKind.BUCKET_POLICY, resource=resource, name=name.rpartition(":")[2])
        case "kms":
            return Target(kind=DocumentKind.KEY_POLICY, resource=resource, name=resource)
        case "iam" if ":role/" in resource and _LINKED not in resource:
            return Target(kind=DocumentKind.TRUST_POLICY, resource=resource, name=resource.rpartition("/")[2])
        case _:
            return None


def is_fixable(finding: Finding) -> bool:
    """Tell whether a finding is one that this program can fix."""
    return finding.check in _FIXES and target_of(finding.resource) is not None


def plan_fixes(
    caller: Caller, name: str, picked: Iterable[Finding], texts: Mapping[past.Place, Read[str]], trust_quota: int
) -> Plan:
    """Return the changes that fix the findings in `picked`, made from the documents in `texts` as they are now."""
    checks: dict[Target, set[str]] = {}
    for finding in picked:
        target = target_of(finding.resource)
        if target:
            checks.setdefault(target, set()).add(finding.check)
    changes: list[Change] = []
    stored: list[StoredDocument] = []
    for target, wanted in checks.items():
        change, document = _Fixing(target, wanted, caller.place, trust_quota).planned(texts[target.place])
        changes.append(change)
        stored += document
    return Plan(name=name, caller=caller, role_arn="", changes=tuple(changes), documents=tuple(stored))


@dataclass(frozen=True, slots=True)
class _Fixing:
    """One document, and the checks of which the findings in it are to be fixed."""

    target: Target
    checks: set[str]
    place: Place
    trust_quota: int

    def planned(self, read: Read[str]) -> tuple[Change, list[StoredDocument]]:
        match read:
            case Unreadable(action=action, reason=reason):
                why = f"what stands in it now cannot be known: not allowed {action}. {reason}"
                return self._blocked(why, f"ask its owner to allow {action}"), []
            case Absent():
                return self._kept("is no longer there"), []
            case Present(value=text):
                return self._fixed(text)

    def _fixed(self, text: str) -> tuple[Change, list[StoredDocument]]:
        try:
            document = documents.parse(text)
        except DocumentError as error:
            why = f"cannot be edited safely, so it is left alone: {error.message}"
            return self._blocked(why, "its owner should look at it and store it again"), []
        details: tuple[str, ...] = ()
        for check, fix in _FIXES.items():
            if check in self.checks:
                document, lines = fix(document, self.place)
                details += lines
        if not details:
            return self._kept("cannot be fixed here, or is as it should be by now"), []
        obstacle = self._obstacle(document)
        if obstacle:
            return self._blocked(*obstacle), []
        if not documents.statements(document):
            change = self._change(Action.DELETE, "nothing would be left in it", text, None, details)
            return change, []
        after = documents.to_text(self.target.kind, document)
        kept = "what others have rightly stays as it is"
        if "dead-principal" in self.checks:
            kept += "; undo cannot put deleted users and roles back, because AWS does not store them again"
        stored = StoredDocument(kind=self.target.kind, name=self.target.name, text=after, document=document)
        return self._change(Action.UPDATE, kept, text, after, details), [stored]

    def _obstacle(self, document: Mapping[str, Json]) -> tuple[str, str] | None:
        """Return why AWS would not store the document, and what to do."""
        listed = documents.statements(document)
        dead = dict.fromkeys(documents.dead_principals(listed))
        if dead:
            why = f"AWS refuses to store it again: it names {', '.join(dead)}, a user or role that was deleted"
            return why, f"pick dead-principal:{self.target.resource} too"
        if not listed and self.target.kind is not DocumentKind.BUCKET_POLICY:
            return "nothing would be left in it, and AWS does not store that", "its owner should delete what it is of"
        trust = self.target.kind is DocumentKind.TRUST_POLICY
        size = documents.size(self.target.kind, document)
        limit = self.trust_quota if trust else documents.LIMITS[self.target.kind]
        if size > limit:
            return f"it would have a size of {size:,}; AWS allows {limit:,}", "its owner should shorten it"
        return None

    def _change(self, action: Action, reason: str, before: str, after: str | None, details: tuple[str, ...]) -> Change:
        return Change(
            action=action,
            kind=self.target.kind,
            resource=_shown(self.target),
            reason=reason,
            operation=operation_on(self.target.kind, self.target.name, before, after),
            details=details,
        )

    def _kept(self, reason: str) -> Change:
        return Change(action=Action.KEEP, kind=self.target.kind, resource=_shown(self.target), reason=reason)

    def _blocked(self, reason: str, hint: str) -> Change:
        kind, resource = self.target.kind, _shown(self.target)
        return Change(action=Action.BLOCKED, kind=kind, resource=resource, reason=reason, hint=hint)


def operation_on(kind: DocumentKind, name: str, before: str | None, after: str | None) -> DocumentOperation:
    """Return the write that makes `after` of the document `before`; only a bucket policy can be none."""
    if kind is DocumentKind.BUCKET_POLICY:
        return PutBucketPolicy(bucket=name, before_json=before, document_json=after)
    if before is None or after is None:
        raise ValueError(f"{name} always has a document")
    if kind is DocumentKind.KEY_POLICY:
        return PutKeyPolicy(key_arn=name, before_json=before, document_json=after)
    return UpdateTrust(role_name=name, before_json=before, document_json=after)


def _shown(target: Target) -> str:
    """Return what a plan calls it: a bucket by its name, as everywhere."""
    return target.name if target.kind is DocumentKind.BUCKET_POLICY else target.resource


def _tightened(document: Mapping[str, Json], place: Place) -> tuple[dict[str, Json], tuple[str, ...]]:
    # Which Regions the role is used in is not known here, so it stays usable in all of them.
    condition: Json = {
        "StringEquals": {"aws:SourceAccount": place.account},
        "ArnLike": {"aws:SourceArn": f"arn:{place.partition}:personalize:*:{place.account}:*"},
    }
    done = tighten(document, condition, lambda _: False)
    return done.document, done.details


def _cleared(document: Mapping[str, Json], _: Place) -> tuple[dict[str, Json], tuple[str, ...]]:
    return without_dead(document)


_FIXES: Final[Mapping[str, _Fix]] = {
    "dead-principal": _cleared,
    "trust-without-source-conditions": _tightened,
}
"""What is done about each check that is fixed, in this order."""
FIXED: Final = tuple(_FIXES)
"""The checks of which findings can be fixed."""
