"""Asks for one kind of thing each, once, and keeps the answers until they become a `Live`.

Results are taken up by the one thread that runs the flow, so nothing here needs a lock.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from functools import partial
from typing import TypeVar

from personalize_perms import documents
from personalize_perms.aws.account import Account
from personalize_perms.engine import key_names, memory
from personalize_perms.engine.bucket_reads import BucketReads
from personalize_perms.engine.flow import Flow
from personalize_perms.model.live import (
    Absent,
    KeyFacts,
    Live,
    LiveGrant,
    LiveKey,
    LivePolicy,
    LiveRole,
    PolicyEntities,
    PolicyHead,
    Present,
    Read,
    RoleContents,
    Unreadable,
)
from personalize_perms.model.names import Arn
from personalize_perms.model.resources import PrincipalKind
from personalize_perms.model.values import dataclass

T = TypeVar("T")
_VERSIONS = 5
_NO_GRANTS: Read[tuple[LiveGrant, ...]] = Present(())
_QUOTAS: Mapping[PrincipalKind, str] = {
    PrincipalKind.USER: "AttachedPoliciesPerUserQuota",
    PrincipalKind.GROUP: "AttachedPoliciesPerGroupQuota",
    PrincipalKind.ROLE: "AttachedPoliciesPerRoleQuota",
}
_TRUST_QUOTA = "AssumeRolePolicySizeQuota"


@dataclass(slots=True)
class _Key:
    facts: Read[KeyFacts] | None = None
    policy: Read[str] = field(default_factory=Absent)
    grants: Read[tuple[LiveGrant, ...]] | None = None


class Reader:
    """The reads of one observation. Every `want_…` starts a read unless it was started before, and tells which."""

    def __init__(self, account: Account, flow: Flow) -> None:
        self._account = account
        self._flow = flow
        self.place = account.caller.place
        self.policies: dict[str, Read[LivePolicy]] = {}
        self.roles: dict[str, Read[LiveRole]] = {}
        self._contents: dict[str, Read[RoleContents]] = {}
        self.buckets = BucketReads(account, flow)
        self._keys: dict[str, _Key] = {}
        self._counts: dict[str, Read[int]] = {}
        self._others: dict[str, Read[str]] = {}
        self._names: dict[str, Read[tuple[str, ...]]] = {}
        self._quotas: Read[Mapping[str, int]] = Present({})

    def want_policy(self, arn: str, absent: Callable[[], None]) -> bool:
        """Read a managed policy with its text and entities; call `absent` as soon as it is known not to be there."""
        if arn in self.policies:
            return False
        self.policies[arn] = Absent()
        iam = self._account.iam
        texts: list[Read[str]] = []
        entities: list[Read[PolicyEntities]] = []

        def head_read(head: Read[PolicyHead]) -> None:
            if not isinstance(head, Present):
                self.policies[arn] = head
                if isinstance(head, Absent):
                    absent()
                return
            found = head.value

            def part_read(kept: list[T], part: T) -> None:
                kept.append(part)
                if texts and entities:
                    self.policies[arn] = _assembled(found, texts[0], entities[0])

            self._flow.start(lambda: iam.read_policy_document(arn, found.version_id), partial(part_read, texts))
            self._flow.start(lambda: iam.read_policy_entities(arn), partial(part_read, entities))

        self._flow.start(lambda: iam.read_policy_head(arn), head_read)
        return True

    def want_role(self, name: str, then: Callable[[Read[LiveRole]], None] = lambda _: None) -> bool:
        """Read a role; call `then` with what was found."""
        if name in self.roles:
            return False
        self.roles[name] = Absent()

        def role_read(role: Read[LiveRole]) -> None:
            self.roles[name] = role
            then(role)

        self._flow.start(lambda: self._account.iam.read_role(name), role_read)
        return True

    def want_contents(self, role: str) -> None:
        """Read what hangs on a role."""
        self._start_once(self._contents, role, lambda: self._account.iam.read_role_contents(role))

    def want_key(self, reference: str, *, grants: bool) -> bool:
        """Read facts and policy of a key of this account and Region; an alias leads to its key."""
        kms = self._account.kms
        if reference in self._keys:
            return grants and self.want_grants(reference)
        key = self._keys[reference] = _Key()
        local = key_names.is_local(reference, self.place, "key")

        def facts_read(facts: Read[KeyFacts]) -> None:
            key.facts = facts
            if isinstance(facts, Present) and facts.value.arn != reference:
                self.want_key(facts.value.arn, grants=grants)

        if local:
            self._flow.start(lambda: kms.read_key_policy(reference), partial(setattr, key, "policy"))
            if grants:
                self.want_grants(reference)
        if key_names.is_foreign(reference, self.place):
            owner = Arn.parse(reference).account
            why = f"the key belongs to account {owner}, and only its owner may look"
            key.policy = Unreadable(action="kms:GetKeyPolicy", resource=reference, reason=why)
            self._flow.start(lambda: kms.read_key(reference), facts_read)
        if local or reference.startswith("alias/") or key_names.is_local(reference, self.place, "alias"):
            self._flow.start(lambda: kms.read_key(reference), facts_read)
        return True

    def want_grants(self, key_arn: str) -> bool:
        """Read the grants of a key that is being read."""
        key = self._keys.get(key_arn)
        if key is None or key.grants is not None:
            return False
        key.grants = Absent()
        self._flow.start(lambda: self._account.kms.read_grants(key_arn), partial(setattr, key, "grants"))
        return True

    def want_names(self, kind: str) -> None:
        """Read the ARNs of all roles (`role`) or customer managed policies (`policy`)."""
        iam = self._account.iam
        self._start_once(self._names, kind, iam.read_role_arns if kind == "role" else iam.read_policy_arns)

    def want_count(self, kind: PrincipalKind, name: str, new: int) -> None:
        """Read how many policies a principal has, and the account's quota if `new` ones would pass the default."""
        iam = self._account.iam
        key = f"{kind}/{name}"
        if key in self._counts:
            return
        self._counts[key] = Absent()

        def count_read(count: Read[int]) -> None:
            self._counts[key] = count
            if isinstance(count, Present) and count.value + new > memory.DEFAULT_ATTACHMENTS:
                self.want_quotas()

        self._flow.start(lambda: iam.read_attached_count(kind, name), count_read)

    def want_quotas(self) -> None:
        """Read the account's quotas; where that is not allowed the defaults stand."""
        self._flow.start(self._account.iam.read_quotas, partial(setattr, self, "_quotas"))

    def want_existence(self, arn: str) -> None:
        """Read whether what is only referred to exists."""
        self._start_once(self._others, arn, lambda: self._account.iam.read_existence(arn))

    def want_versions(self, arn: str, *, goes: bool) -> None:
        """Read the versions of a policy, and the texts that it would lose: all if it goes, else one to make room."""
        iam = self._account.iam

        def versions_read(found: Read[tuple[str, ...]]) -> None:
            policy = self.policies[arn]
            if isinstance(policy, Present) and isinstance(found, Unreadable):
                self.policies[arn] = Present(replace(policy.value, unread_versions=found))
            if not isinstance(policy, Present) or not isinstance(found, Present):
                return
            self.policies[arn] = Present(replace(policy.value, spare_versions=found.value))
            oldest = found.value[:1] if len(found.value) >= _VERSIONS - 1 else ()
            for version in found.value if goes else oldest:
                self._flow.start(partial(iam.read_policy_document, arn, version), partial(text_read, version))

        def text_read(version: str, text: Read[str]) -> None:
            policy = self.policies[arn]
            if isinstance(policy, Present) and isinstance(text, Present):
                texts = {**policy.value.spare_jsons, version: text.value}
                self.policies[arn] = Present(replace(policy.value, spare_jsons=texts))
            elif isinstance(policy, Present) and isinstance(text, Unreadable):
                self.policies[arn] = Present(replace(policy.value, unread_versions=text))

        self._flow.start(lambda: iam.read_policy_versions(arn), versions_read)

    def _start_once(self, kept: dict[str, Read[T]], key: str, call: Callable[[], Read[T]]) -> None:
        if key not in kept:
            kept[key] = Absent()
            self._flow.start(call, partial(kept.__setitem__, key))

    # What was found

    @property
    def key_facts(self) -> dict[str, Read[KeyFacts] | None]:
        """What is known of each key, by reference."""
        return {reference: key.facts for reference, key in self._keys.items()}

    def live(self) -> Live:
        """Return everything that was read."""
        quotas = self._quotas.value if isinstance(self._quotas, Present) else {}
        return Live(
            caller=self._account.caller,
            policies=self.policies,
            roles=self.roles,
            contents=self._contents,
            buckets=self.buckets.live(),
            keys={arn: _live_key(key) for arn, key in self._keys.items()},
            attached_counts=self._counts,
            others=self._others,
            name_clashes=dict(self._clashes()),
            unlisted={kind: found for kind, found in self._names.items() if isinstance(found, Unreadable)},
            attachment_quotas={kind: quotas.get(name, memory.DEFAULT_ATTACHMENTS) for kind, name in _QUOTAS.items()},
            trust_quota=quotas.get(_TRUST_QUOTA, documents.LIMITS[documents.DocumentKind.TRUST_POLICY]),
            unread_quotas=self._quotas if isinstance(self._quotas, Unreadable) else None,
        )

    def _clashes(self) -> Iterator[tuple[str, str]]:
        missing = {
            "role": [name for name, role in self.roles.items() if isinstance(role, Absent)],
            "policy": [Arn.parse(arn).name for arn, policy in self.policies.items() if isinstance(policy, Absent)],
        }
        for kind, names in missing.items():
            existing = self._names.get(kind)
            if isinstance(existing, Present):
                by_name = {Arn.parse(arn).name.lower(): arn for arn in existing.value}
                yield from ((f"{kind}/{name}", by_name[name.lower()]) for name in names if name.lower() in by_name)


def _live_key(key: _Key) -> LiveKey:
    return LiveKey(facts=key.facts or Absent(), policy_json=key.policy, grants=key.grants or _NO_GRANTS)


def _assembled(head: PolicyHead, text: Read[str], entities: Read[PolicyEntities]) -> Read[LivePolicy]:
    if not isinstance(text, Present):
        return text
    if not isinstance(entities, Present):
        return entities
    return Present(
        LivePolicy(
            arn=head.arn,
            tags=head.tags,
            version_id=head.version_id,
            boundary_of=head.boundary_of,
            document_json=text.value,
            users=entities.value.users,
            groups=entities.value.groups,
            roles=entities.value.roles,
        )
    )
