"""How each operation is checked, sent and read back. The executor decides when.

`check` raises if a document is not what the plan was made from; `send` makes the call that writes;
`landed` asks AWS whether the change is there, so that "done" is never a guess.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from personalize_perms import documents
from personalize_perms.aws.account import Account
from personalize_perms.model import ownership
from personalize_perms.model.errors import AccessDenied, ResourceConflict
from personalize_perms.model.live import Present, Read, Unreadable
from personalize_perms.model.operations import (
    Attach,
    CreateGrant,
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

T = TypeVar("T")


class Operations:
    """The operations on one account, in one run."""

    def __init__(self, account: Account, run_id: str) -> None:
        self._account = account
        self._iam = account.iam
        self._partition = account.caller.place.partition
        self._run = {ownership.TAG_RUN: run_id}

    def check(self, operation: Operation) -> None:
        """Read a document again; raise `ResourceConflict` if it is not what the plan was made from."""
        match operation:
            case UpdatePolicy(arn=what, before_json=before):
                found = self._policy_text(what)
            case UpdateTrust(role_name=what, before_json=before):
                found = self._trust_text(what)
            case PutKeyPolicy(key_arn=what, before_json=before):
                found = self._account.kms.read_key_policy(what)
            case PutBucketPolicy(bucket=what):
                before = operation.before_json or ""
                found = self._account.s3.read_bucket_policy(what)
            case _:
                return
        text = _readable(found)
        expected = None if isinstance(operation, PutBucketPolicy) and operation.before_json is None else before
        if not documents.same_document(text, expected, self._partition):
            raise ResourceConflict(
                f"{what} was changed by someone else since the plan was made; it was left as it is",
                hint="run the same command again: it makes a new plan from what is there now",
            )

    def send(self, operation: Operation) -> None:  # noqa: C901, PLR0912 - one line per operation: a table
        """Make the one call that writes; raise `AwsError` if it failed or may have failed."""
        iam, s3, kms = self._iam, self._account.s3, self._account.kms
        match operation:
            case CreatePolicy():
                iam.write_create_policy(replace(operation, tags={**operation.tags, **self._run}))
            case UpdatePolicy():
                iam.write_update_policy(operation)
            case DeletePolicyVersion():
                iam.write_delete_policy_version(operation)
            case DeletePolicy():
                iam.write_delete_policy(operation)
            case TagPolicy():
                iam.write_tag_policy(operation)
            case CreateRole():
                iam.write_create_role(replace(operation, tags={**operation.tags, **self._run}))
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
                kms.write_revoke_grant(operation)

    def landed(self, operation: Operation) -> bool:  # noqa: PLR0911 - one line per operation: a table
        """Ask AWS whether the change is there."""
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

    def made_by_this_run(self, operation: Operation) -> bool:
        """Tell whether what a create found to exist was created by a lost call of this very run."""
        tags: Mapping[str, str] = {}
        if isinstance(operation, CreatePolicy):
            head = self._iam.read_policy_head(operation.arn)
            tags = head.value.tags if isinstance(head, Present) else {}
        elif isinstance(operation, CreateRole):
            role = self._iam.read_role(operation.name)
            tags = role.value.tags if isinstance(role, Present) else {}
        return self._run.items() <= tags.items()

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
                versions = _readable(self._iam.read_policy_versions(operation.arn))
                return operation.version_id not in (versions or ())
            case DeletePolicy():
                return _readable(self._iam.read_policy_head(operation.arn)) is None
            case TagPolicy():
                head = _readable(self._iam.read_policy_head(operation.arn))
                return head is not None and _tagged(head.tags, operation.add, operation.remove)

    def _role_landed(
        self, operation: CreateRole | UpdateTrust | DescribeRole | SetBoundary | TagRole | DeleteRole
    ) -> bool:
        name = operation.name if isinstance(operation, CreateRole) else operation.role_name
        role = _readable(self._iam.read_role(name))
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
                return _tagged(role.tags, operation.add, ())

    def _attached(self, operation: Attach | Detach) -> tuple[str, ...]:
        found = _readable(self._iam.read_policy_entities(operation.policy_arn))
        if found is None:
            # The next wave may delete a policy before its detachment is read back: then nobody has it any more.
            return ()
        return {
            PrincipalKind.USER: found.users,
            PrincipalKind.GROUP: found.groups,
            PrincipalKind.ROLE: found.roles,
        }[operation.principal_kind]

    def _carried(self, found: Read[str], before: str | None, after: str | None) -> bool:
        return documents.carries(_readable(found), before, after, self._partition)

    def _grant_landed(self, operation: CreateGrant | RevokeGrant) -> bool:
        grants = _readable(self._account.kms.read_grants(operation.key_arn)) or ()
        if isinstance(operation, RevokeGrant):
            return all(grant.grant_id != operation.grant_id for grant in grants)
        return any(
            (grant.name, grant.grantee) == (operation.name, operation.grantee_arn)
            and set(grant.operations) == set(operation.operations)
            for grant in grants
        )


def _readable(found: Read[T]) -> T | None:
    """Return what was read, None if it is not there; raise `AccessDenied` where that cannot be known."""
    if isinstance(found, Unreadable):
        raise AccessDenied(
            f"what is there now cannot be known: not allowed {found.action} on {found.resource}",
            action=found.action,
            resource=found.resource,
            reason=found.reason,
            hint=f"ask an administrator for {found.action} on {found.resource}, then run the same command again",
        )
    return found.value if isinstance(found, Present) else None


def _tagged(tags: Mapping[str, str], add: Mapping[str, str], remove: tuple[str, ...]) -> bool:
    return add.items() <= tags.items() and not any(key in tags for key in remove)
