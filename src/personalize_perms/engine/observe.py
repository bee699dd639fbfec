"""Reads what is there: first what the settings name, then what the set-up's own policies and ledger remember.

Every read is started as soon as what it needs is known. What is desired depends on what is found (the keys of the
buckets), so this room derives it too, and hands both to the planner.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from personalize_perms import steps
from personalize_perms.aws.account import Account
from personalize_perms.engine import keys, memory
from personalize_perms.engine.flow import Flow
from personalize_perms.model.changes import Refusal
from personalize_perms.model.live import (
    Absent,
    KeyFacts,
    Live,
    LiveBucket,
    LiveGrant,
    LiveKey,
    LivePolicy,
    LiveRole,
    PolicyEntities,
    PolicyHead,
    Present,
    Read,
    RoleContents,
)
from personalize_perms.model.names import Arn
from personalize_perms.model.resources import (
    BucketPolicyStatements,
    Desired,
    KeyGrant,
    KeyPolicyStatements,
    ManagedPolicy,
    PolicyAttachment,
    PrincipalKind,
    Resource,
    Role,
    TrustPolicyStatements,
)
from personalize_perms.model.settings import KeyUse, KmsAccess, Settings
from personalize_perms.templates import Templates

WORKERS = 16
_VERSIONS = 5
_QUOTA_MANAGED = "AttachedPoliciesPerRoleQuota"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What is wanted and what is there, from one reading; `refusals` came up while keys were resolved."""

    desired: Desired
    live: Live
    refusals: tuple[Refusal, ...]


def observe(account: Account, settings: Settings, templates: Templates) -> Observation:
    """Read everything that a plan for `settings` needs. Raises only what ends a run; denied reads are values."""
    with Flow(WORKERS) as flow:
        return _Observer(account, settings, templates, flow).observe()


@dataclass(slots=True)
class _Bucket:
    region: Read[str] | None = None
    policy: Read[str] | None = None
    key: Read[str] = field(default_factory=Absent)


@dataclass(slots=True)
class _Key:
    facts: Read[KeyFacts] | None = None
    policy: Read[str] | None = None
    grants: Read[tuple[LiveGrant, ...]] | None = None


class _Observer:
    """Collects the reads of one observation. Only the thread that runs `observe` touches its maps."""

    def __init__(self, account: Account, settings: Settings, templates: Templates, flow: Flow) -> None:
        self._account = account
        self._settings = settings
        self._templates = templates
        self._flow = flow
        self._place = account.caller.place
        self._policies: dict[str, Read[LivePolicy]] = {}
        self._roles: dict[str, Read[LiveRole]] = {}
        self._contents: dict[str, Read[RoleContents]] = {}
        self._buckets: dict[str, _Bucket] = {}
        self._keys: dict[str, _Key] = {}
        self._counts: dict[str, Read[int]] = {}
        self._others: dict[str, Read[str]] = {}
        self._arns: dict[str, Read[tuple[str, ...]]] = {}
        self._quotas: Mapping[str, int] = {}

    def observe(self) -> Observation:
        """Read in three rounds: what the settings name, what was remembered, what the changes depend on."""
        without_keys = self._desire(())
        for resource in without_keys.resources:
            self._want(resource)
        for bucket in self._settings.buckets:
            self._want_bucket(bucket, encryption=True)
        for reference in self._settings.kms_keys:
            self._want_key(keys.full_reference(reference, self._place))
        self._flow.finish()

        resolved = keys.resolve(self._settings, self._place, self._bucket_keys(), self._key_facts())
        desired = self._desire(resolved.uses)
        for resource in desired.resources:
            self._want(resource)
        self._flow.finish()
        remembered = memory.remembered(desired, self._policies)
        while self._want_remembered(remembered):
            self._flow.finish()
            remembered = memory.remembered(desired, self._policies)

        self._want_details(desired)
        self._flow.finish()
        findings = (*desired.findings, *resolved.findings)
        return Observation(
            desired=replace(desired, findings=findings), live=self._live(), refusals=tuple(resolved.refusals)
        )

    def _desire(self, uses: tuple[KeyUse, ...]) -> Desired:
        return steps.desire(
            steps.Context(settings=self._settings, place=self._place, keys=uses, templates=self._templates)
        )

    def _want(self, resource: Resource) -> None:
        match resource:
            case ManagedPolicy():
                self._want_policy(resource.arn)
            case Role(name=name) | TrustPolicyStatements(role_name=name):
                self._want_role(name)
            case BucketPolicyStatements():
                self._want_bucket(resource.bucket, encryption=False)
            case KeyPolicyStatements():
                self._want_key(resource.key_arn)
            case KeyGrant():
                self._want_key(resource.key_arn, grants=True)
            case PolicyAttachment():
                pass  # the policy's entities say whether it is there

    # One kind of thing each

    def _want_policy(self, arn: str) -> bool:
        if arn in self._policies:
            return False
        self._policies[arn] = Absent()
        iam = self._account.iam
        texts: list[Read[str]] = []
        entities: list[Read[PolicyEntities]] = []

        def part_read(head: PolicyHead) -> None:
            if texts and entities:
                self._policies[arn] = _assembled(head, texts[0], entities[0])

        def head_read(head: Read[PolicyHead]) -> None:
            if not isinstance(head, Present):
                self._policies[arn] = head
                return
            found = head.value

            def text_read(text: Read[str]) -> None:
                texts.append(text)
                part_read(found)

            def entities_read(part: Read[PolicyEntities]) -> None:
                entities.append(part)
                part_read(found)

            self._flow.start(lambda: iam.read_policy_document(arn, found.version_id), text_read)
            self._flow.start(lambda: iam.read_policy_entities(arn), entities_read)

        self._flow.start(lambda: iam.read_policy_head(arn), head_read)
        return True

    def _want_role(self, name: str) -> bool:
        if name in self._roles:
            return False
        self._roles[name] = Absent()
        self._flow.start(lambda: self._account.iam.read_role(name), partial(self._roles.__setitem__, name))
        return True

    def _want_bucket(self, name: str, *, encryption: bool) -> bool:
        if name in self._buckets:
            return False
        bucket = self._buckets[name] = _Bucket()
        s3 = self._account.s3
        self._flow.start(lambda: s3.read_bucket_policy(name), partial(setattr, bucket, "policy"))
        self._flow.start(lambda: s3.read_bucket_region(name), partial(setattr, bucket, "region"))
        if encryption:

            def encryption_read(key: Read[str]) -> None:
                bucket.key = key
                if isinstance(key, Present) and key.value:
                    self._want_key(keys.full_reference(key.value, self._place))

            self._flow.start(lambda: s3.read_bucket_encryption(name), encryption_read)
        return True

    def _want_key(self, reference: str, *, grants: bool = False) -> bool:
        kms = self._account.kms
        if reference in self._keys:
            return grants and self._want_grants(reference)
        key = self._keys[reference] = _Key()
        local = keys.is_local(reference, self._place, "key")

        def facts_read(facts: Read[KeyFacts]) -> None:
            key.facts = facts
            if isinstance(facts, Present) and facts.value.arn != reference:
                self._want_key(facts.value.arn)

        if local:
            self._flow.start(lambda: kms.read_key_policy(reference), partial(setattr, key, "policy"))
            if grants or self._settings.kms_access is KmsAccess.GRANT:
                self._want_grants(reference)
        if local or reference.startswith("alias/") or keys.is_local(reference, self._place, "alias"):
            self._flow.start(lambda: kms.read_key(reference), facts_read)
        return True

    def _want_grants(self, key_arn: str) -> bool:
        key = self._keys[key_arn]
        if key.grants is not None:
            return False
        key.grants = Absent()
        self._flow.start(lambda: self._account.kms.read_grants(key_arn), partial(setattr, key, "grants"))
        return True

    # What was remembered, and what the changes depend on

    def _want_remembered(self, remembered: memory.Remembered) -> bool:
        wanted = [self._want_policy(self._place.arn("iam", f"policy/{name}")) for name in remembered.policies]
        wanted += [self._want_role(name) for name in remembered.roles]
        wanted += [self._want_bucket(name, encryption=False) for name in remembered.buckets]
        wanted += [self._want_key(arn) for arn in remembered.keys if keys.is_local(arn, self._place, "key")]
        wanted += [self._want_grants(arn) for arn in remembered.granted_keys if arn in self._keys]
        return any(wanted)

    def _want_details(self, desired: Desired) -> None:
        iam = self._account.iam
        wanted_roles = {resource.name for resource in desired.resources if isinstance(resource, Role)}
        for name, role in self._roles.items():
            if isinstance(role, Absent) and name in wanted_roles:
                self._flow.start(iam.read_role_arns, partial(self._arns.__setitem__, "role"))
                break
        for name in memory.role_leftovers(desired, self._policies):
            self._flow.start(partial(iam.read_role_contents, name), partial(self._contents.__setitem__, name))
        if any(isinstance(self._policies.get(policy.arn), Absent) for policy in memory.managed_policies(desired)):
            self._flow.start(iam.read_policy_arns, partial(self._arns.__setitem__, "policy"))
        for arn in memory.changing_policies(desired, self._policies):
            self._want_versions(arn)
        for kind, name in memory.new_attachments(desired, self._policies):
            if kind is PrincipalKind.ROLE and name in wanted_roles and isinstance(self._roles.get(name), Absent):
                continue
            self._want_count(kind, name)
        for arn in memory.references(desired, self._roles):
            self._flow.start(partial(iam.read_existence, arn), partial(self._others.__setitem__, arn))

    def _want_versions(self, arn: str) -> None:
        iam = self._account.iam

        def versions_read(found: Read[tuple[str, ...]]) -> None:
            policy = self._policies[arn]
            if not isinstance(policy, Present) or not isinstance(found, Present):
                return
            self._policies[arn] = Present(replace(policy.value, spare_versions=found.value))
            if len(found.value) >= _VERSIONS - 1:
                self._flow.start(lambda: iam.read_policy_document(arn, found.value[0]), oldest_read)

        def oldest_read(text: Read[str]) -> None:
            policy = self._policies[arn]
            if isinstance(policy, Present) and isinstance(text, Present):
                self._policies[arn] = Present(replace(policy.value, oldest_spare_json=text.value))

        self._flow.start(lambda: iam.read_policy_versions(arn), versions_read)

    def _want_count(self, kind: PrincipalKind, name: str) -> None:
        iam = self._account.iam

        def count_read(count: Read[int]) -> None:
            self._counts[f"{kind}/{name}"] = count
            if isinstance(count, Present) and count.value >= memory.DEFAULT_ATTACHMENTS - 1 and not self._quotas:
                self._flow.start(iam.read_quotas, quotas_read)

        def quotas_read(quotas: Read[Mapping[str, int]]) -> None:
            if isinstance(quotas, Present):
                self._quotas = quotas.value

        self._flow.start(lambda: iam.read_attached_count(kind, name), count_read)

    # Putting it together

    def _bucket_keys(self) -> dict[str, Read[str]]:
        return {name: bucket.key for name, bucket in self._buckets.items()}

    def _key_facts(self) -> dict[str, Read[KeyFacts] | None]:
        return {reference: key.facts for reference, key in self._keys.items()}

    def _live(self) -> Live:
        return Live(
            caller=self._account.caller,
            policies=self._policies,
            roles=self._roles,
            contents=self._contents,
            buckets={name: _live_bucket(name, bucket) for name, bucket in self._buckets.items()},
            keys={arn: _live_key(key) for arn, key in self._keys.items()},
            attached_counts=self._counts,
            others=self._others,
            name_clashes=dict(self._clashes()),
            attachment_quota=self._quotas.get(_QUOTA_MANAGED, memory.DEFAULT_ATTACHMENTS),
        )

    def _clashes(self) -> Iterator[tuple[str, str]]:
        missing = {
            "role": [name for name, role in self._roles.items() if isinstance(role, Absent)],
            "policy": [Arn.parse(arn).name for arn, policy in self._policies.items() if isinstance(policy, Absent)],
        }
        for kind, names in missing.items():
            existing = self._arns.get(kind)
            if isinstance(existing, Present):
                by_name = {Arn.parse(arn).name.lower(): arn for arn in existing.value}
                yield from ((f"{kind}/{name}", by_name[name.lower()]) for name in names if name.lower() in by_name)


def _live_bucket(name: str, bucket: _Bucket) -> LiveBucket:
    return LiveBucket(
        name=name,
        region=bucket.region or Absent(),
        policy_json=bucket.policy or Absent(),
        encryption_key=bucket.key,
    )


def _live_key(key: _Key) -> LiveKey:
    return LiveKey(
        facts=key.facts or Absent(),
        policy_json=key.policy or Absent(),
        grants=key.grants or Present[tuple[LiveGrant, ...]](()),
    )


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
            document_json=text.value,
            users=entities.value.users,
            groups=entities.value.groups,
            roles=entities.value.roles,
        )
    )
