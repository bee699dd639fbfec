"""A plan while it is being made: what the rules of each resource kind add to. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from functools import partial

from personalize_perms import documents
from personalize_perms.documents import DocumentKind
from personalize_perms.engine.past import Past
from personalize_perms.model import ownership
from personalize_perms.model.changes import Action, Change, Refusal, StoredDocument, Wave
from personalize_perms.model.errors import DocumentError
from personalize_perms.model.findings import Finding
from personalize_perms.model.live import Absent, Live, Unreadable
from personalize_perms.model.operations import Operation
from personalize_perms.model.resources import Desired, Json, Statement
from personalize_perms.model.values import dataclass

_HOW_TO_SHRINK: Mapping[DocumentKind, str] = {
    DocumentKind.MANAGED_POLICY: "name fewer buckets or prefixes, or split them over several set-ups (--name)",
    DocumentKind.TRUST_POLICY: "ask AWS to raise the quota 'Role trust policy length', or trust fewer principals",
    DocumentKind.BUCKET_POLICY: "name fewer prefixes (a parent prefix covers many), or shorten the bucket's own policy",
    DocumentKind.KEY_POLICY: "shorten the key's own policy, or use --kms-access grant",
}
_HOW_TO_SERVE = (
    "let in roles by path within your organisation (--serve-org, --role-path) instead of listing them, or shorten the "
    "document's other statements"
)


@dataclass(slots=True, kw_only=True)
class Draft:
    """Collects changes, documents, findings and refusals for one set-up in one account."""

    desired: Desired
    live: Live
    changes: list[Change] = field(default_factory=list)
    stored: list[StoredDocument] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    passing: set[str] = field(default_factory=set)
    """Ledger entries of buckets that are let in before a narrowed service policy can say so."""
    tightened: set[str] = field(default_factory=set)
    """Ledger entries of statements of others as they are before source conditions are put on them."""
    stuck: set[str] = field(default_factory=set)
    """Ledger entries of buckets whose policy still holds our statements and may not be edited now."""

    vanishing: set[str] = field(default_factory=set)
    """Permission sets whose role in this account loses our policy, or goes, by what this plan does."""
    past: Past = field(default_factory=Past)
    spares: "Callable[[Draft, DocumentKind, str, Mapping[str, Json]], frozenset[str]] | None" = None
    """Which of our Sids in a document are left as others changed them; None: of none."""

    @property
    def partition(self) -> str:
        """The account's partition."""
        return self.desired.place.partition

    @property
    def is_own(self) -> Callable[[object], bool]:
        """Whether a Sid is one of this set-up's."""
        return partial(ownership.is_own_sid, name=self.desired.name)

    def change(  # noqa: PLR0913 - a line of the plan has these columns
        self,
        action: Action,
        kind: str,
        resource: str,
        reason: str,
        operation: Operation | None = None,
        *,
        wave: Wave = Wave.GRANT,
        details: tuple[str, ...] = (),
        gone: str = "",
    ) -> None:
        """Add one line to the plan."""
        self.changes.append(
            Change(
                action=action,
                kind=kind,
                resource=resource,
                reason=reason,
                operation=operation,
                wave=wave,
                details=details,
                gone=gone,
            )
        )

    def keep(self, kind: str, resource: str, reason: str = "is as it should be") -> None:
        """Note something that needs no change."""
        self.change(Action.KEEP, kind, resource, reason)

    def block(self, kind: str, resource: str, reason: str, hint: str, *, unread: bool = False) -> None:
        """Note a change that must not be made, and what would make it possible."""
        self.changes.append(
            Change(action=Action.BLOCKED, kind=kind, resource=resource, reason=reason, hint=hint, unread=unread)
        )

    def block_unknown(self, kind: str, resource: str, what: str, read: Absent | Unreadable) -> None:
        """Note a change that must not be made because `what` may not be read, or is strangely absent."""
        if isinstance(read, Absent):
            self.block(kind, resource, f"{what} cannot be known: AWS shows none", "look whether it still exists")
            return
        self.block(
            kind,
            resource,
            f"{what} cannot be known: not allowed {read.action}. {read.reason}",
            f"ask its owner to allow {read.action} on {read.resource}, then run again",
            unread=True,
        )

    def refuse(self, code: str, message: str, *, reason: str = "", hint: str = "", resource: str = "") -> None:
        """Note why nothing at all may be written."""
        self.refusals.append(Refusal(code=code, message=message, reason=reason, hint=hint, resource=resource))

    def refuse_newcomer(self, what: str) -> None:
        """Note that something was absent when it was looked for, and listed a moment later."""
        self.refuse(
            "conflict",
            f"{what} was made while this run was reading the account",
            reason="another run, or somebody else, is at work on the same thing",
            hint="run the same command again: it plans from what is there now",
        )

    def refuse_unreadable(self, what: str, read: Unreadable) -> None:
        """Note that the whole set-up depends on something that may not be read."""
        self.refuse(
            "access-denied",
            f"cannot know what there is of {what}",
            reason=f"not allowed: {read.action} on {read.resource}. {read.reason}",
            hint=f"ask an administrator for {read.action} on {read.resource}",
        )

    def edited(
        self, kind: DocumentKind, resource: str, text: str, wanted: Iterable[Statement]
    ) -> documents.Edit | None:
        """Return the document in `text` with our statements as wanted, or block the change and return None."""
        try:
            document = documents.parse(text)
            spared = self.spared(kind, resource, document)
            edit = documents.edit(document, wanted, lambda sid: self.is_own(sid) and sid not in spared, self.partition)
        except DocumentError as error:
            why = f"{error.message}{f' ({error.reason})' if error.reason else ''}"
            self.block(
                kind, resource, f"cannot be edited safely, so it is left alone: {why}", "repair it, then run again"
            )
            return None
        if edit.changed and self.is_dead(kind, resource, document):
            return None
        return edit

    def spared(self, kind: DocumentKind, resource: str, document: Mapping[str, Json]) -> frozenset[str]:
        """Return the Sids of ours in this document that are left as others changed them."""
        return self.spares(self, kind, resource, document) if self.spares else frozenset()

    def is_dead(self, kind: DocumentKind, resource: str, document: Mapping[str, Json]) -> bool:
        """Block the change, and tell so, if AWS would refuse the document for a deleted principal of others."""
        foreign = [s for s in documents.statements(document) if not self.is_own(s.get("Sid"))]
        dead = documents.dead_principals(foreign)
        if dead:
            self.block(
                kind,
                resource,
                f"AWS refuses to store it again: a statement of others names {', '.join(dict.fromkeys(dead))}, a user "
                "or role that was deleted",
                "ask its owner to remove or replace that principal, then run again",
            )
        return bool(dead)

    def store(self, kind: DocumentKind, name: str, document: Mapping[str, Json]) -> str:
        """Return the text to store, add it to the documents, and refuse the plan if AWS would find it too large."""
        text = documents.to_text(kind, document)
        self.stored.append(StoredDocument(kind=kind, name=name, text=text, document=document))
        size, limit = documents.size(kind, document), documents.LIMITS[kind]
        if kind is DocumentKind.TRUST_POLICY:
            limit = self.live.trust_quota
        if size > limit:
            unit = "bytes" if kind in (DocumentKind.BUCKET_POLICY, DocumentKind.KEY_POLICY) else "characters"
            self.refuse(
                "limit",
                f"the {kind.replace('-', ' ')} of {name} would have {size:,} {unit}; AWS allows {limit:,}",
                hint=_HOW_TO_SERVE if self.desired.serves else _HOW_TO_SHRINK[kind],
            )
        return text

    def show_unchanged(self, kind: DocumentKind, name: str, text: str) -> None:
        """Add a document that stays as it is stored."""
        self.stored.append(StoredDocument(kind=kind, name=name, text=text, document=documents.parse(text)))
