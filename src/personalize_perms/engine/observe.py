"""Reads what is there: first what the settings name, then what the set-up's own policies and ledger remember.

Every read is started as soon as what it needs is known. What is desired depends on what is found (the keys of the
buckets), so this room derives it too, and hands both to the planner.
"""

from dataclasses import replace
from functools import partial
from itertools import product

from personalize_perms import steps
from personalize_perms.aws.account import Account
from personalize_perms.engine import key_names, keys, memory, undo
from personalize_perms.engine.flow import Flow, Heard, nobody
from personalize_perms.engine.identity_reader import IdentityReader
from personalize_perms.engine.past import Past
from personalize_perms.engine.reader import Reader
from personalize_perms.model.changes import Refusal
from personalize_perms.model.live import Absent, Live, LiveRole, Present, Read, Unreadable
from personalize_perms.model.resources import (
    BucketPolicyStatements,
    Desired,
    KeyGrant,
    KeyPolicyStatements,
    ManagedPolicy,
    PermissionSet,
    PermissionSetAssignment,
    PolicyAttachment,
    PrincipalKind,
    Resource,
    Role,
    TrustPolicyStatements,
)
from personalize_perms.model.settings import Hardening, KeyUse, KmsAccess, Settings, SourceConditions
from personalize_perms.model.values import dataclass
from personalize_perms.templates import Templates

_LONG_TRUST = 1000
"""Characters from which a trust policy may come near the quota, so that the account's own is worth a call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What is wanted and what is there, from one reading; `refusals` came up while keys were resolved."""

    desired: Desired
    live: Live
    refusals: tuple[Refusal, ...]
    uses: tuple[KeyUse, ...] = ()
    """The keys that can be used, and by which workflows."""
    forms: tuple[Desired, ...] = ()
    """For an undo: what is wanted in every form that the documents can have, since they may be of an earlier run."""


def observe_for_undo(
    account: Account, settings: Settings, templates: Templates, past: Past, heard: Heard = nobody
) -> Observation:
    """Read everything that taking the set-up back needs: what settings, account and journal name."""
    with Flow(account.workers, heard) as flow:
        return _Observer(account, settings, templates, flow, leaving=True).observe_for_undo(past)


def observe(account: Account, settings: Settings, templates: Templates, heard: Heard = nobody) -> Observation:
    """Read everything that a plan for `settings` needs. Raises only what ends a run; denied reads are values."""
    with Flow(account.workers, heard) as flow:
        return _Observer(account, settings, templates, flow).observe()


class _Observer:
    """One observation, in rounds: what the settings name, what was remembered, what the changes depend on."""

    def __init__(
        self, account: Account, settings: Settings, templates: Templates, flow: Flow, *, leaving: bool = False
    ) -> None:
        self._leaving = leaving
        self._settings = settings
        self._named_buckets = frozenset(settings.buckets)
        self._owners = dict(settings.bucket_owners)
        self._templates = templates
        self._flow = flow
        self._reader = Reader(account, flow)
        self._identity = IdentityReader(account, flow)
        self._place = account.caller.place
        self._desired = self._desire(())

    def observe(self) -> Observation:
        """Read, and return what is wanted beside what is there."""
        resolved = self._read_what_is_named()
        self._read_what_is_remembered()
        findings = (*self._desired.findings, *resolved.findings)
        return Observation(
            desired=replace(self._desired, findings=findings),
            live=self._live(),
            refusals=tuple(resolved.refusals),
            uses=resolved.uses,
        )

    def observe_for_undo(self, past: Past) -> Observation:
        """Read, and return what the settings want beside what is there; a key that cannot be used refuses nothing."""
        resolved = self._read_what_is_named()
        forms = self._forms(resolved.uses)
        desired = replace(self._desired, findings=tuple(resolved.findings))
        self._desired = undo.emptied(desired, past)
        first = memory.first_service_policy(desired)
        self._want_policy(first)
        self._flow.finish()
        self._read_what_is_remembered()
        if isinstance(self._reader.policies[first], Present):
            self._reader.want_versions(first, goes=True)
            self._flow.finish()
        return Observation(desired=desired, live=self._live(), refusals=(), forms=forms)

    def _live(self) -> Live:
        return replace(self._reader.live(), identity_centers=self._identity.live())

    def _read_what_is_named(self) -> keys.ResolvedKeys:
        first = memory.first_service_policy(self._desired)
        if self._settings.serves:
            self._reader.want_policy(first, lambda: None)
        for resource in self._desired.resources:
            self._want(resource)
        for bucket in self._settings.buckets:
            self._want_bucket(bucket)
        for reference in self._settings.kms_keys:
            self._want_key(reference)
        self._flow.finish()
        if self._settings.serves:
            memory.refuse_name_in_use(self._desired, self._reader.policies)

        reader = self._reader
        granted = self._keys_of_unread_buckets()
        resolved = keys.resolve(self._settings, self._place, reader.buckets.keys, reader.key_facts, granted)
        self._desired = self._desire(resolved.uses)
        for resource in self._desired.resources:
            self._want(resource)
        self._flow.finish()
        return resolved

    def _keys_of_unread_buckets(self) -> tuple[str, ...]:
        """Read the keys that were granted before, if it may not be read what encrypts one of the buckets."""
        found = self._reader.buckets.keys
        if self._leaving or not any(isinstance(found.get(name), Unreadable) for name in self._settings.buckets):
            return ()
        remembered = memory.remembered(self._desired, self._reader.policies).keys
        local = tuple(arn for arn in remembered if key_names.is_local(arn, self._place, "key"))
        for arn in local:
            self._want_key(arn)
        self._flow.finish()
        return local

    def _read_what_is_remembered(self) -> None:
        while self._want_remembered():
            self._flow.finish()
        self._want_details()
        self._flow.finish()

    def _desire(self, uses: tuple[KeyUse, ...], settings: Settings | None = None) -> Desired:
        wanted = settings or self._settings
        context = steps.Context(
            settings=wanted,
            place=self._place,
            keys=uses,
            templates=self._templates,
            foreign_buckets=self._reader.buckets.foreign,
        )
        return steps.desire(context)

    def _forms(self, uses: tuple[KeyUse, ...]) -> tuple[Desired, ...]:
        answers = product(Hardening, SourceConditions)
        forms = (replace(self._settings, hardening=one, source_conditions=other) for one, other in answers)
        return tuple(self._desire(uses, form) for form in forms)

    def _want(self, resource: Resource) -> None:
        match resource:
            case ManagedPolicy():
                self._want_policy(resource.arn)
            case Role():
                self._reader.want_role(resource.name, partial(self._role_found, resource))
            case TrustPolicyStatements():
                self._reader.want_role(resource.role_name)
            case BucketPolicyStatements():
                self._want_bucket(resource.bucket)
            case KeyPolicyStatements() | KeyGrant():
                self._want_key(resource.key_arn)
            case PermissionSet() if not self._leaving:
                accounts = {r.account for r in self._desired.resources if isinstance(r, PermissionSetAssignment)}
                self._identity.want_set(resource.region, resource.name, accounts, whole=False)
            case PermissionSetAssignment() if not self._leaving:
                self._identity.want_principal(resource.region, resource.principal_kind, resource.principal_name)
            case PermissionSet() | PermissionSetAssignment():
                pass  # an undo looks for what the ledger names
            case PolicyAttachment():
                pass  # the policy's entities say whether it is there

    def _want_policy(self, arn: str) -> bool:
        return self._reader.want_policy(arn, partial(self._policy_absent, arn))

    def _want_bucket(self, name: str) -> bool:
        owner = self._owners.get(name, self._place.account)
        if owner != self._place.account:
            self._reader.buckets.want_foreign(name, owner)
            return False
        listens = name in self._named_buckets
        # Where a bucket is decides whether it can be used, not whether our statements can be taken out.
        return self._reader.buckets.want(name, self._want_key if listens else None, region=not self._leaving)

    def _want_key(self, reference: str) -> None:
        full = key_names.full_reference(reference, self._place)
        if key_names.is_key_reference(full):
            # Where others are served no ledger tells whether a former run made grants.
            grants = self._settings.kms_access is KmsAccess.GRANT or self._settings.serves
            self._reader.want_key(full, grants=grants)

    # What follows from an answer is asked at once, not a round trip later

    def _policy_absent(self, arn: str) -> None:
        if self._leaving:
            return  # nothing new is to be named or attached
        self._reader.want_names("policy")
        for kind, name in memory.attachments_of(self._desired, arn):
            if kind is not PrincipalKind.ROLE or name not in memory.role_names(self._desired):
                self._reader.want_count(kind, name, memory.wanted_policies(self._desired, kind, name))

    def _role_found(self, wanted: Role, found: Read[LiveRole]) -> None:
        if self._leaving:
            return
        if isinstance(found, Absent):
            self._reader.want_names("role")
        there = found.value if isinstance(found, Present) else None
        for arn in memory.references(wanted, there, self._place.partition):
            self._reader.want_existence(arn)

    def _want_remembered(self) -> bool:
        reader = self._reader
        remembered = memory.remembered(self._desired, reader.policies)
        wanted = [self._want_policy(self._place.arn("iam", f"policy/{name}")) for name in remembered.policies]
        wanted += [reader.want_role(name) for name in remembered.roles]
        wanted += [self._want_bucket(name) for name in remembered.buckets]
        local = [arn for arn in remembered.keys if key_names.is_local(arn, self._place, "key")]
        wanted += [reader.want_key(arn, grants=arn in remembered.granted_keys) for arn in local]
        sets = memory.permission_sets(self._desired, reader.policies)
        wanted += [self._identity.want_set(region, name, whole=True) for region, name in sets]
        return any(wanted)

    def _want_details(self) -> None:
        reader, desired = self._reader, self._desired
        for name in memory.role_leftovers(desired, reader.policies):
            reader.want_contents(name)
        leftovers = memory.policy_leftovers(desired, reader.policies)
        for arn in memory.changing_policies(desired, reader.policies):
            reader.want_versions(arn, goes=arn in leftovers)
        new = memory.new_attachments(desired, reader.policies)
        for kind, name in new:
            if kind is not PrincipalKind.ROLE or not isinstance(reader.roles.get(name, Present(None)), Absent):
                reader.want_count(kind, name, memory.wanted_policies(desired, kind, name))
        if memory.longest_trust(desired, reader.roles) > _LONG_TRUST:
            reader.want_quotas()
        if new and len(list(memory.managed_policies(desired))) > memory.DEFAULT_ATTACHMENTS:
            reader.want_quotas()
