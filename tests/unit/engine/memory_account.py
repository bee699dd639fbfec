"""An AWS account in memory: the reads and writes of aws/*.py without a wire, so that an example takes milliseconds.

Every document is spelled anew each time it is read, as AWS may do; what AWS refuses to store or to delete is an error
here; a deleted role leaves its unique id in the documents that named it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from stored_documents import Refused, spelled_anew, storable

from personalize_perms.aws.account import Account
from personalize_perms.engine.operations import Operations
from personalize_perms.model.caller import Caller
from personalize_perms.model.changes import Plan
from personalize_perms.model.live import (
    Absent,
    KeyFacts,
    LiveGrant,
    LiveRole,
    PolicyEntities,
    PolicyHead,
    Present,
    Read,
    RoleContents,
)
from personalize_perms.model.names import AccountId
from personalize_perms.model.operations import (
    Attach,
    CreateGrant,
    CreatePolicy,
    CreateRole,
    DeletePolicy,
    DeletePolicyVersion,
    DeleteRole,
    Detach,
    Operation,
    PutBucketPolicy,
    PutKeyPolicy,
    RevokeGrant,
    TagPolicy,
    UpdatePolicy,
    UpdateTrust,
)
from personalize_perms.model.resources import PrincipalKind
from personalize_perms.model.settings import Place

ACCOUNT, REGION = "111122223333", "eu-west-1"
PLACE = Place(account=AccountId(ACCOUNT), region=REGION, partition="aws")
GHOST = "AROAGHOSTGHOSTGHOST12"


@dataclass
class Policy:
    """A managed policy: its versions by number, the default one last."""

    tags: dict[str, str]
    versions: dict[str, str]
    holders: set[tuple[PrincipalKind, str]] = field(default_factory=set)

    @property
    def text(self) -> str:
        return list(self.versions.values())[-1]


@dataclass
class MemoryAccount:
    """Buckets, keys and roles by what names them in a plan, as others left them, and what is written to them."""

    seed: int = 0
    buckets: dict[str, str | None] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    roles: dict[str, LiveRole] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    grants: dict[str, list[LiveGrant]] = field(default_factory=dict)
    sent: dict[str, list[Operation]] = field(default_factory=dict)
    reads: int = 0

    caller = Caller(place=PLACE, arn=PLACE.arn("iam", "user/ada"))
    workers = 1

    # Each service is this one object: its methods have names of their own.

    @property
    def account(self) -> Account:
        return cast("Account", self)

    @property
    def iam(self) -> "MemoryAccount":
        return self

    s3 = kms = iam

    def apply(self, plan: Plan) -> list[Operation]:
        """Make the changes of a plan in their order, and return them as they were sent."""
        sent = self.sent.setdefault(plan.name, [])
        operations = Operations(self.account, f"run-{len(sent)}")
        done = [operations.marked(change.operation) for change in plan.writes if change.operation]
        for operation in done:
            if obstacle := operations.obstacle(operation):
                raise Refused(obstacle)
            operations.send(operation)
        sent += done
        return done

    def role(self, name: str, trust: str) -> str:
        """Make a role of others, and return its ARN."""
        arn = PLACE.arn("iam", f"role/{name}")
        self.roles[name] = LiveRole(
            name=name, arn=arn, role_id=GHOST, path="/", description="", boundary_arn="", tags={}, trust_json=trust
        )
        return arn

    def everything(self) -> dict[str, Any]:
        """Return what is there but documents of others: what no undo may leave or take."""
        return {
            "roles": {name: (role.arn, role.description, dict(role.tags)) for name, role in self.roles.items()},
            "policies": {arn: sorted(policy.holders) for arn, policy in self.policies.items()},
            "grants": {arn: len(grants) for arn, grants in self.grants.items() if grants},
        }

    def _spelled(self, text: str) -> Present[str]:
        self.reads += 1
        return Present(spelled_anew(text, seed=self.seed + self.reads))

    # IAM, read

    def read_policy_head(self, arn: str) -> Read[PolicyHead]:
        found = self.policies.get(arn)
        if found is None:
            return Absent()
        return Present(PolicyHead(arn=arn, tags=dict(found.tags), version_id=list(found.versions)[-1], boundary_of=0))

    def read_policy_document(self, arn: str, version_id: str) -> Read[str]:
        return self._spelled(self.policies[arn].versions[version_id])

    def read_policy_entities(self, arn: str) -> Read[PolicyEntities]:
        def held(wanted: PrincipalKind) -> tuple[str, ...]:
            return tuple(sorted(name for kind, name in self.policies[arn].holders if kind is wanted))

        kinds = PrincipalKind
        return Present(
            PolicyEntities(users=held(kinds.USER), groups=held(kinds.GROUP), roles=held(kinds.ROLE)),
        )

    def read_policy_versions(self, arn: str) -> Read[tuple[str, ...]]:
        return Present(tuple(self.policies[arn].versions)[:-1])

    def read_policy_arns(self) -> Read[tuple[str, ...]]:
        return Present(tuple(self.policies))

    def read_role(self, name: str) -> Read[LiveRole]:
        found = self.roles.get(name)
        return Present(replace(found, trust_json=self._spelled(found.trust_json).value)) if found else Absent()

    def read_role_arns(self) -> Read[tuple[str, ...]]:
        return Present(tuple(role.arn for role in self.roles.values()))

    def read_role_contents(self, name: str) -> Read[RoleContents]:
        held = (arn for arn, policy in self.policies.items() if (PrincipalKind.ROLE, name) in policy.holders)
        return Present(RoleContents(attached_policy_arns=tuple(held))) if name in self.roles else Absent()

    def read_attached_count(self, kind: PrincipalKind, name: str) -> Read[int]:
        if kind is PrincipalKind.ROLE and name not in self.roles:
            return Absent()
        return Present(sum((kind, name) in policy.holders for policy in self.policies.values()))

    def read_existence(self, arn: str) -> Read[str]:
        return Present(arn)

    def read_quotas(self) -> Read[Mapping[str, int]]:
        return Present({"AssumeRolePolicySizeQuota": 100_000, "AttachedPoliciesPerRoleQuota": 20})

    # S3 and KMS, read

    def read_bucket_region(self, bucket: str) -> Read[str]:
        return Present(REGION) if bucket in self.buckets else Absent()

    def read_bucket_policy(self, bucket: str) -> Read[str]:
        text = self.buckets.get(bucket)
        return Absent() if text is None else self._spelled(text)

    def read_bucket_encryption(self, bucket: str) -> Read[str]:
        return Absent()

    def read_key(self, reference: str) -> Read[KeyFacts]:
        return Present(KeyFacts(arn=reference, state="Enabled", manager="CUSTOMER"))

    def read_key_policy(self, key_arn: str) -> Read[str]:
        return self._spelled(self.keys[key_arn])

    def read_grants(self, key_arn: str) -> Read[tuple[LiveGrant, ...]]:
        return Present(tuple(self.grants.get(key_arn, ())))

    # Writes: those of documents refuse what AWS refuses to store

    def write_create_policy(self, op: CreatePolicy) -> None:
        if op.arn in self.policies:
            raise Refused(f"{op.arn} exists")
        self.policies[op.arn] = Policy(tags=dict(op.tags), versions={"v1": storable(op.document_json)})

    def write_update_policy(self, op: UpdatePolicy) -> None:
        versions = self.policies[op.arn].versions
        last = int(list(versions)[-1][1:])
        versions[f"v{last + 1}"] = storable(op.document_json)

    def write_delete_policy_version(self, op: DeletePolicyVersion) -> None:
        del self.policies[op.arn].versions[op.version_id]

    def write_delete_policy(self, op: DeletePolicy) -> None:
        gone = self.policies.pop(op.arn)
        if gone.holders or len(gone.versions) > 1:
            raise Refused(f"{op.arn} is attached, or has other versions")

    def write_tag_policy(self, op: TagPolicy) -> None:
        tags = self.policies[op.arn].tags
        tags.update(op.add)
        for key in op.remove:
            del tags[key]

    def write_create_role(self, op: CreateRole) -> None:
        if op.name in self.roles:
            raise Refused(f"{op.name} exists")
        self.role(op.name, storable(op.document_json))
        made = self.roles[op.name]
        self.roles[op.name] = replace(made, arn=op.arn, path=op.path, description=op.description, tags=dict(op.tags))

    def write_update_trust(self, op: UpdateTrust) -> None:
        self.roles[op.role_name] = replace(self.roles[op.role_name], trust_json=storable(op.document_json))

    def write_delete_role(self, op: DeleteRole) -> None:
        gone = self.roles.pop(op.role_name)
        if any((PrincipalKind.ROLE, op.role_name) in policy.holders for policy in self.policies.values()):
            raise Refused(f"{op.role_name} has policies")

        def haunted(text: str) -> str:
            return text.replace(f'"{gone.arn}"', f'"{GHOST}"')

        self.buckets = {name: text and haunted(text) for name, text in self.buckets.items()}
        self.keys = {arn: haunted(text) for arn, text in self.keys.items()}
        self.roles = {name: replace(role, trust_json=haunted(role.trust_json)) for name, role in self.roles.items()}

    def write_attach(self, op: Attach) -> None:
        self.policies[op.policy_arn].holders.add((op.principal_kind, op.principal_name))

    def write_detach(self, op: Detach) -> None:
        self.policies[op.policy_arn].holders.remove((op.principal_kind, op.principal_name))

    def write_bucket_policy(self, op: PutBucketPolicy) -> None:
        self.buckets[op.bucket] = None if op.document_json is None else storable(op.document_json)

    def write_key_policy(self, op: PutKeyPolicy) -> None:
        self.keys[op.key_arn] = storable(op.document_json)

    def write_create_grant(self, op: CreateGrant) -> None:
        made = LiveGrant(grant_id=f"id-{op.name}", name=op.name, grantee=op.grantee_arn, operations=op.operations)
        self.grants.setdefault(op.key_arn, []).append(made)

    def write_revoke_grant(self, op: RevokeGrant) -> None:
        self.grants[op.key_arn] = [one for one in self.grants[op.key_arn] if one.grant_id != op.grant_id]
