"""From what is there to what takes back everything that a set-up added, and nothing else. Pure.

It is the plan of a set-up that wants nothing any more: what the account remembers, what the settings name and what
the journal knows is taken back, the ledger's own policy last, so that an undo that stops half-way can go on.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from personalize_perms import documents, trust
from personalize_perms.documents import DocumentKind
from personalize_perms.engine import memory, plan_leftovers, unread
from personalize_perms.engine.draft import Draft
from personalize_perms.engine.past import Past, Place, document_place
from personalize_perms.model import ownership
from personalize_perms.model.changes import Action, Plan, Wave
from personalize_perms.model.findings import Finding, Severity
from personalize_perms.model.live import Live, Present, Unreadable
from personalize_perms.model.names import Arn
from personalize_perms.model.resources import (
    BucketPolicyStatements,
    Desired,
    Json,
    KeyGrant,
    KeyPolicyStatements,
    ManagedPolicy,
    Resource,
    Role,
    Statement,
    TrustPolicyStatements,
)

_KEYS = ("k", "G")
"""Ledger entries of keys: as long as something of ours stands in their policy or grants, it must be remembered."""


def emptied(desired: Desired, past: Past) -> Desired:
    """Return the set-up that wants nothing, and remembers what its settings and the journal name."""
    first = memory.first_service_policy(desired)
    entries: set[str] = set(past.entries)
    for resource in desired.resources:
        match resource:
            case ManagedPolicy(arn=arn, name=name, tags=tags):
                entries |= ownership.read_ledger(tags)
                entries |= {f"s/{name}"} if memory.is_service_policy(desired, arn) else set()
            case BucketPolicyStatements(bucket=bucket):
                entries.add(f"b/{bucket}")
            case KeyPolicyStatements(key_arn=key) | KeyGrant(key_arn=key):
                kind = "G" if isinstance(resource, KeyGrant) else "k"
                entries.add(f"{kind}/{Arn.parse(key).region}/{Arn.parse(key).name}")
    entries.discard(f"s/{first.rpartition('/')[2]}")  # it goes last, and on its own
    return replace(desired, resources=(), findings=(), halves=(), remembered=frozenset(entries))


def plan_undo(desired: Desired, live: Live, past: Past, forms: Iterable[Desired] = ()) -> Plan:
    """Return the changes that take back what the set-up of `desired` added to what is in `live`.

    `forms` are what it may have wanted with other answers, so that what an earlier run wrote is known as ours.
    """
    spares = _Spares((desired, *forms), live, past)
    draft = Draft(desired=emptied(desired, past), live=live, past=past, spares=spares)
    plan_leftovers.withdraw_from_buckets(draft)
    released = plan_leftovers.take_back(draft)
    _block_unreadable_policies(draft)
    _take_back_the_ledger(draft, released, spared=bool(spares.findings))
    return Plan(
        name=desired.name,
        caller=live.caller,
        role_arn=desired.service_role_arn,
        changes=tuple(sorted(draft.changes, key=lambda change: change.wave)),
        documents=tuple(draft.stored),
        findings=(*desired.findings, *unread.findings(live), *dict.fromkeys(draft.findings), *spares.findings.values()),
    )


def _block_unreadable_policies(draft: Draft) -> None:
    """Say which policies may not be looked at, so that the ledger stays and the next undo finds them."""
    first = memory.first_service_policy(draft.desired)
    for arn, found in draft.live.policies.items():
        if isinstance(found, Unreadable) and arn != first:
            draft.block_unknown(DocumentKind.MANAGED_POLICY, arn, "whether it is this set-up's", found)


def _take_back_the_ledger(draft: Draft, released: set[str], *, spared: bool) -> None:
    first = memory.first_service_policy(draft.desired)
    found = draft.live.policies.get(first)
    if isinstance(found, Unreadable):
        draft.block_unknown(DocumentKind.MANAGED_POLICY, first, "what this set-up granted", found)
        return
    if not isinstance(found, Present) or not memory.is_own_policy(found.value, draft.desired.name):
        return
    entries = memory.ledger(draft.desired, draft.live.policies)
    stays = draft.stuck | {entry for entry in entries - released if entry.partition("/")[0] in _KEYS}
    if spared or stays or any(change.action is Action.BLOCKED for change in draft.changes):
        draft.findings.append(
            Finding(
                check="leftover",
                severity=Severity.LOW,
                resource=first,
                message="the policy stays for now: its tags remember what could not be taken back yet",
                remedy="see to what is blocked or left above, then run undo again",
            )
        )
        return
    plan_leftovers.take_back_policy(draft, first, Wave.FORGET)


class _Spares:
    """Decides which statements with our Sid are left, because somebody changed them after we wrote them."""

    def __init__(self, forms: Sequence[Desired], live: Live, past: Past) -> None:
        desired = forms[0]
        self._partition = desired.place.partition
        self._past = past
        self._wanted: dict[tuple[DocumentKind, str, str], set[str]] = {}
        for place, statement in chain.from_iterable(map(_wanted, forms)):
            self._wanted.setdefault(place, set()).update(self._forms(place[0], statement))
        roles = {role.value.arn for role in live.roles.values() if isinstance(role, Present)}
        self._ours: set[Json] = {trust.SERVICE, desired.service_role_arn, *roles, *_named(forms)}
        self.findings: dict[tuple[str, str], Finding] = {}

    def __call__(self, draft: Draft, kind: DocumentKind, resource: str, document: Mapping[str, Json]) -> frozenset[str]:
        place = document_place(kind, resource)
        spared: set[str] = set()
        for statement in documents.statements(document):
            sid = str(statement.get("Sid"))
            if draft.is_own(sid) and not self._is_untouched(place, sid, statement):
                spared.add(sid)
                self.findings[resource, sid] = _changed_by_others(kind, resource, sid)
        return frozenset(spared)

    def _is_untouched(self, place: Place, sid: str, statement: Statement) -> bool:
        forms = self._forms(place[0], statement)
        wanted, written = self._wanted.get((*place, sid)), self._past.written.get(place)
        if (wanted and not wanted.isdisjoint(forms)) or (written and not written.isdisjoint(forms)):
            return True
        if place[0] is not DocumentKind.TRUST_POLICY and self._lets_in_others(statement):
            return False
        # A statement that names deleted principals only was ours before they were deleted.
        known = wanted is not None or written is not None
        return not known or bool(documents.dead_principals([statement]))

    def _forms(self, kind: DocumentKind, statement: Statement) -> set[str]:
        """Return what a statement is known by; in a trust policy the conditions name a Region, so also without."""
        found = {documents.normalised(statement, self._partition)}
        if kind is DocumentKind.TRUST_POLICY and trust.names_personalize(statement):
            found.add(documents.normalised({**statement, "Condition": {}}, self._partition))
        return found

    def _lets_in_others(self, statement: Statement) -> bool:
        principal = statement.get("Principal")
        if statement.get("Effect") != "Allow" or not isinstance(principal, dict):
            return True
        named = [name for names in principal.values() for name in (names if isinstance(names, list) else [names])]
        dead = documents.dead_principals([statement])
        return any(name not in self._ours and name not in dead for name in named)


def _named(forms: Iterable[Desired]) -> Iterator[Json]:
    """Yield whom the set-up itself lets in: where it serves other accounts, their roles."""
    for desired in forms:
        for _, statement in _wanted(desired) if desired.serves else ():
            principal = statement.get("Principal")
            for names in principal.values() if isinstance(principal, dict) else ():
                yield from names if isinstance(names, list) else [names]


def _wanted(desired: Desired) -> "list[tuple[tuple[DocumentKind, str, str], Statement]]":
    return [
        ((*place, str(statement["Sid"])), statement)
        for resource in desired.resources
        for place, statements in _shared(resource)
        for statement in statements
    ]


def _shared(resource: Resource) -> "list[tuple[Place, tuple[Statement, ...]]]":
    match resource:
        case BucketPolicyStatements(bucket=bucket, statements=statements):
            return [((DocumentKind.BUCKET_POLICY, bucket), statements)]
        case KeyPolicyStatements(key_arn=arn, statements=statements):
            return [((DocumentKind.KEY_POLICY, arn), statements)]
        case Role(name=name, statements=statements) | TrustPolicyStatements(role_name=name, statements=statements):
            return [((DocumentKind.TRUST_POLICY, name), statements)]
        case _:
            return []


def _changed_by_others(kind: DocumentKind, resource: str, sid: str) -> Finding:
    return Finding(
        check="changed-by-others",
        severity=Severity.MEDIUM,
        resource=resource,
        message=f"{sid} in the {kind.replace('-', ' ')} "
        "is not as this machine and the settings know it: somebody changed it, so it stays",
        remedy="if nobody needs that change, run apply, which puts it back as the settings say, then undo again",
    )
