"""How each operation is looked at, sent and read back. `delivery` decides when.

`text` and `obstacle` look again right before the write; `send` makes the call that writes; `landed` asks AWS whether
the change is there, so that "done" is never a guess.
"""

from collections.abc import Mapping
from dataclasses import replace

from personalize_perms import documents
from personalize_perms.aws.account import Account
from personalize_perms.engine import guards
from personalize_perms.engine.guards import readable
from personalize_perms.engine.identity_operations import IDENTITY_OPERATIONS, IdentityOperations
from personalize_perms.engine.shared_documents import DocumentOperation
from personalize_perms.model import ownership
from personalize_perms.model.identity import SetPlace
from personalize_perms.model.live import LiveGrant, Present, Read
from personalize_perms.model.operations import (
    Attach,
    CreateGrant,
    CreatePermissionSet,
    CreatePolicy,
    CreateRole,
    DeletePolicy,
    DeletePolicyVersion,
    DeleteRole,
    DescribeRole,
    Detach,
    Operation,
    PutBucketPolicy,
    PutKeyPolicy,
    RevokeGrant,
    SetBoundary,
    TagPolicy,
    TagRole,
    UpdatePolicy,
    UpdateTrust,
)
from personalize_perms.model.resources import PrincipalKind


class Operations:
    """The operations on one account, in one run."""

    def __init__(self, account: Account, run_id: str) -> None:
        self._account = account
        self._iam = account.iam
        self._partition = account.caller.place.partition
        self._identity = IdentityOperations(account)
        self._run = {ownership.TAG_RUN: run_id}

    def marked(self, operation: Operation) -> Operation:
        """Return the operation as it is sent: what it creates carries the mark of this run."""
        if isinstance(operation, CreatePolicy | CreateRole | CreatePermissionSet):
            return replace(operation, tags={**operation.tags, **self._run})
        return operation

    def text(self, operation: DocumentOperation) -> str | None:
        """Read the document that an operation edits; None: there is none. Raises `AccessDenied` if that is unknown."""
        match operation:
            case UpdatePolicy(arn=arn):
                return readable(self._policy_text(arn))
            case UpdateTrust(role_name=name):
                return readable(self._trust_text(name))
            case PutKeyPolicy(key_arn=key_arn):
                return readable(self._account.kms.read_key_policy(key_arn))
            case PutBucketPolicy(bucket=bucket):
                return readable(self._account.s3.read_bucket_policy(bucket))

    def obstacle(self, operation: Operation) -> str:
        """Read again what is not a document but must be as the plan saw it; return what is not, or nothing."""
        if isinstance(operation, IDENTITY_OPERATIONS):
            return self._identity.obstacle(operation)
        match operation:
            case DeletePolicy():
                return guards.policy_in_use(self._iam, operation)
            case DeleteRole():
                return guards.role_in_use(self._iam, operation)
            case DescribeRole() | SetBoundary():
                return guards.role_differs(self._iam, operation)
            case _:
                return ""

    def send(self, operation: Operation) -> None:  # noqa: C901, PLR0912 - one line per operation: a table
        """Make the one call that writes; raise `AwsError` if it failed or may have failed."""
        iam, s3, kms = self._iam, self._account.s3, self._account.kms
        match operation:
            case CreatePolicy():
                iam.write_create_policy(operation)
            case UpdatePolicy():
                iam.write_update_policy(operation)
            case DeletePolicyVersion():
                iam.write_delete_policy_version(operation)
            case DeletePolicy():
                iam.write_delete_policy(operation)
            case TagPolicy():
                iam.write_tag_policy(operation)
            case CreateRole():
                iam.write_create_role(operation)
            case UpdateTrust():
                iam.write_update_trust(operation)
            case DescribeRole():
                iam.write_describe_role(operation)
            case SetBoundary():
                iam.write_set_boundary(operation)
            case TagRole():
                iam.write_tag_role(operation)
            case DeleteRole():
                iam.write_delete_role(operation)
            case Attach():
                iam.write_attach(operation)
            case Detach():
                iam.write_detach(operation)
            case PutBucketPolicy():
                s3.write_bucket_policy(operation)
            case PutKeyPolicy():
                kms.write_key_policy(operation)
            case CreateGrant():
                kms.write_create_grant(operation)
            case RevokeGrant():
                self._revoke(operation)
            case _:
                self._identity.send(operation)

    def _revoke(self, operation: RevokeGrant) -> None:
        kms = self._account.kms
        if operation.created is None:
            kms.write_revoke_grant(operation)
            return
        for grant in self._alike(operation):
            kms.write_revoke_grant(replace(operation, grant_id=grant.grant_id))

    def landed(self, operation: Operation) -> bool:  # noqa: PLR0911 - one line per operation: a table
        """Ask AWS whether the change is there."""
        if isinstance(operation, IDENTITY_OPERATIONS):
            return self._identity.landed(operation)
        match operation:
            case CreatePolicy() | UpdatePolicy() | DeletePolicyVersion() | DeletePolicy() | TagPolicy():
                return self._policy_landed(operation)
            case CreateRole() | UpdateTrust() | DescribeRole() | SetBoundary() | TagRole() | DeleteRole():
                return self._role_landed(operation)
            case Attach():
                return operation.principal_name in self._attached(operation)
            case Detach():
                return operation.principal_name not in self._attached(operation)
            case PutBucketPolicy(bucket=bucket, before_json=before, document_json=after):
                return self._carried(self._account.s3.read_bucket_policy(bucket), before, after)
            case PutKeyPolicy(key_arn=key_arn, before_json=before, document_json=after):
                return self._carried(self._account.kms.read_key_policy(key_arn), before, after)
            case CreateGrant() | RevokeGrant():
                return self._grant_landed(operation)

    def maker(self, operation: Operation) -> str | None:
        """Read which run made what a create found to exist; None: it does not show."""
        if isinstance(operation, CreatePermissionSet):
            return self._identity.maker(operation)
        tags: Mapping[str, str] | None = None
        if isinstance(operation, CreatePolicy):
            head = readable(self._iam.read_policy_head(operation.arn))
            tags = head.tags if head else None
        elif isinstance(operation, CreateRole):
            role = readable(self._iam.read_role(operation.name))
            tags = role.tags if role else None
        return None if tags is None else tags.get(ownership.TAG_RUN, "")

    def permission_set_tags(self, place: SetPlace) -> Mapping[str, str] | None:
        """Read the tags of a permission set; None: there is none."""
        return self._identity.tags(place)

    def spare_copy(self, operation: UpdatePolicy) -> str | None:
        """Read which version that is not the default holds the very text that is to be stored; None: none does."""
        for version in readable(self._iam.read_policy_versions(operation.arn)) or ():
            text = readable(self._iam.read_policy_document(operation.arn, version))
            if documents.same_document(text, operation.document_json, self._partition):
                return version
        return None

    def _policy_text(self, arn: str) -> Read[str]:
        head = self._iam.read_policy_head(arn)
        return self._iam.read_policy_document(arn, head.value.version_id) if isinstance(head, Present) else head

    def _trust_text(self, name: str) -> Read[str]:
        role = self._iam.read_role(name)
        return Present(role.value.trust_json) if isinstance(role, Present) else role

    def _policy_landed(
        self, operation: CreatePolicy | UpdatePolicy | DeletePolicyVersion | DeletePolicy | TagPolicy
    ) -> bool:
        match operation:
            case CreatePolicy():
                # A new policy's first version is always v1, so its text is one read away.
                text = self._iam.read_policy_document(operation.arn, "v1")
                return self._carried(text, None, operation.document_json)
            case UpdatePolicy():
                return self._carried(self._policy_text(operation.arn), operation.before_json, operation.document_json)
            case DeletePolicyVersion():
                # The next wave may delete the whole policy before this is read back.
                versions = readable(self._iam.read_policy_versions(operation.arn))
                return operation.version_id not in (versions or ())
            case DeletePolicy():
                return readable(self._iam.read_policy_head(operation.arn)) is None
            case TagPolicy():
                head = readable(self._iam.read_policy_head(operation.arn))
                return head is not None and _tagged(head.tags, operation.add, operation.remove)

    def _role_landed(
        self, operation: CreateRole | UpdateTrust | DescribeRole | SetBoundary | TagRole | DeleteRole
    ) -> bool:
        name = operation.name if isinstance(operation, CreateRole) else operation.role_name
        role = readable(self._iam.read_role(name))
        if isinstance(operation, DeleteRole) or role is None:
            return isinstance(operation, DeleteRole) and role is None
        match operation:
            case CreateRole():
                # While a new role is on its way through IAM, its ARN may read as a unique id.
                known = role.arn == operation.arn and role.boundary_arn == operation.boundary_arn
                return known and self._carried(Present(role.trust_json), None, operation.document_json)
            case UpdateTrust():
                return self._carried(Present(role.trust_json), operation.before_json, operation.document_json)
            case DescribeRole():
                return role.description == operation.description
            case SetBoundary():
                return role.boundary_arn == operation.boundary_arn
            case TagRole():
                return _tagged(role.tags, operation.add, operation.remove)

    def _attached(self, operation: Attach | Detach) -> tuple[str, ...]:
        found = readable(self._iam.read_policy_entities(operation.policy_arn))
        if found is None:
            # The next wave may delete a policy before its detachment is read back: then nobody has it any more.
            return ()
        return {
            PrincipalKind.USER: found.users,
            PrincipalKind.GROUP: found.groups,
            PrincipalKind.ROLE: found.roles,
        }[operation.principal_kind]

    def _carried(self, found: Read[str], before: str | None, after: str | None) -> bool:
        return documents.carries(readable(found), before, after, self._partition)

    def _grant_landed(self, operation: CreateGrant | RevokeGrant) -> bool:
        if isinstance(operation, CreateGrant):
            return any(_is_like(grant, operation) for grant in self._grants(operation.key_arn))
        if operation.created:
            return not self._alike(operation)
        return all(grant.grant_id != operation.grant_id for grant in self._grants(operation.key_arn))

    def _alike(self, operation: RevokeGrant) -> list[LiveGrant]:
        """Return the grants that are like the one whose id was never learnt."""
        created = operation.created
        return [g for g in self._grants(operation.key_arn) if created and _is_like(g, created)]

    def _grants(self, key_arn: str) -> tuple[LiveGrant, ...]:
        return readable(self._account.kms.read_grants(key_arn)) or ()


def _is_like(grant: LiveGrant, created: CreateGrant) -> bool:
    same = (grant.name, grant.grantee) == (created.name, created.grantee_arn)
    return same and set(grant.operations) == set(created.operations) and not grant.is_constrained


def _tagged(tags: Mapping[str, str], add: Mapping[str, str], remove: tuple[str, ...]) -> bool:
    return add.items() <= tags.items() and not any(key in tags for key in remove)
