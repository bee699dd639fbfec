"""What to change in bucket and key policies, which belong to others, and in grants. Pure."""

from collections.abc import Iterable

from personalize_perms import documents
from personalize_perms.documents import DocumentKind
from personalize_perms.engine.draft import Draft
from personalize_perms.model import ownership
from personalize_perms.model.changes import Action, Wave
from personalize_perms.model.findings import Finding, Severity
from personalize_perms.model.live import Absent, LiveBucket, LiveGrant, LiveKey, Present, Unreadable
from personalize_perms.model.operations import CreateGrant, PutBucketPolicy, PutKeyPolicy, RevokeGrant
from personalize_perms.model.resources import (
    BucketPolicyStatements,
    Json,
    KeyGrant,
    KeyPolicyStatements,
    OwnersHalf,
    Statement,
)


def plan_bucket_policy(draft: Draft, wanted: BucketPolicyStatements) -> None:
    """Append our statements to a bucket's policy, or make one where there is none."""
    bucket = draft.live.buckets[wanted.bucket]
    if _bucket_usable(draft, bucket):
        put_bucket_statements(draft, bucket, wanted.statements, wave=Wave.GRANT)


def plan_half(draft: Draft, half: OwnersHalf) -> None:
    """Say what only the owner can change; nothing of it is ours to do, and nothing of it can be known to be done."""
    for resource in half.resources:
        if not isinstance(resource, BucketPolicyStatements):
            continue
        name = resource.bucket
        if _bucket_usable(draft, draft.live.buckets[name]) and not half.owner:
            draft.block(
                DocumentKind.BUCKET_POLICY,
                name,
                "the bucket is none of this account's: only its owner can change its policy",
                f"if it is the right one, say whose it is (--bucket-owner {name}=ACCOUNT), and hand its owner the "
                "owner's half below",
                unread=True,
            )


def leave_to_owner(draft: Draft, bucket: str) -> None:
    """Say of a bucket of another account that is no longer wanted that only its owner can take back what it let in."""
    wanted = (resource for half in draft.desired.halves for resource in half.resources)
    if any(isinstance(resource, BucketPolicyStatements) and resource.bucket == bucket for resource in wanted):
        return
    draft.findings.append(
        Finding(
            check="leftover",
            severity=Severity.LOW,
            resource=bucket,
            message="the bucket belongs to another account: what its owner let in for this set-up, only the owner can "
            "take back",
            remedy="ask the owner to run undo with the settings file of the owner's half",
        )
    )


def _bucket_usable(draft: Draft, bucket: LiveBucket) -> bool:
    region = draft.desired.place.region
    match bucket.region:
        case Absent():
            draft.refuse(
                "not-found",
                f"there is no bucket {bucket.name}",
                hint="check --input and --output, or create the bucket first",
                resource=bucket.name,
            )
            return False
        case Present(value=found) if found != region:
            draft.refuse(
                "wrong-region",
                f"the bucket {bucket.name} is in {found}, and this set-up is for {region}",
                reason="Amazon Personalize reads and writes in its own Region",
                hint=f"run with --region {found}, or name a bucket in {region}",
                resource=bucket.name,
            )
            return False
        case Unreadable(action=action):
            draft.findings.append(
                Finding(
                    check="bucket-region",
                    severity=Severity.MEDIUM,
                    resource=bucket.name,
                    message=f"cannot know the Region of bucket {bucket.name}: not allowed {action}",
                    remedy="ask for s3:ListBucket on the bucket",
                )
            )
    return True


def put_bucket_statements(draft: Draft, bucket: LiveBucket, wanted: Iterable[Statement], *, wave: Wave) -> bool:
    """Make our statements in a bucket's policy as `wanted`; tell whether it will hold just these."""
    name, found = bucket.name, bucket.policy_json
    kind = DocumentKind.BUCKET_POLICY
    if isinstance(found, Unreadable):
        draft.block_unknown(kind, name, "what its policy holds", found)
        return False
    statements = tuple(wanted)
    if isinstance(found, Absent):
        if statements:
            text = draft.store(kind, name, documents.new_document(statements))
            details = tuple(f"+ {statement['Sid']}" for statement in statements)
            operation = PutBucketPolicy(bucket=name, before_json=None, document_json=text)
            draft.change(Action.CREATE, kind, name, "has no policy yet", operation, wave=wave, details=details)
        return True
    edit = draft.edited(kind, name, found.value, statements)
    if edit is None:
        return False
    if not edit.changed:
        draft.show_unchanged(kind, name, found.value)
        draft.keep(kind, name, f"holds our statements, beside {edit.foreign} of others")
    elif not documents.statements(edit.document):
        operation = PutBucketPolicy(bucket=name, before_json=found.value, document_json=None)
        reason = "our statements are no longer wanted, and nothing else is in it"
        draft.change(Action.DELETE, kind, name, reason, operation, wave=wave, details=edit.details)
    else:
        text = draft.store(kind, name, edit.document)
        operation = PutBucketPolicy(bucket=name, before_json=found.value, document_json=text)
        reason = f"statements of others that stay as they are: {edit.foreign}"
        draft.change(Action.UPDATE, kind, name, reason, operation, wave=wave, details=edit.details)
    return True


def plan_key_policy(draft: Draft, wanted: KeyPolicyStatements) -> None:
    """Append our statements to a key's policy."""
    key = draft.live.keys[wanted.key_arn]
    put_key_statements(draft, wanted.key_arn, key, wanted.statements, wave=Wave.GRANT)
    grants = any(isinstance(one, KeyGrant) and one.key_arn == wanted.key_arn for one in draft.desired.resources)
    if draft.desired.serves and not grants and isinstance(key.grants, Present):
        revoke_grants(draft, wanted.key_arn, key.grants.value)  # no ledger remembers those of another --kms-access


def put_key_statements(draft: Draft, key_arn: str, key: LiveKey, wanted: Iterable[Statement], *, wave: Wave) -> bool:
    """Make our statements in a key's policy as `wanted`; tell whether it will hold just these."""
    kind, found = DocumentKind.KEY_POLICY, key.policy_json
    if not isinstance(found, Present):
        draft.block_unknown(kind, key_arn, "what its policy holds", found)
        return False
    edit = draft.edited(kind, key_arn, found.value, wanted)
    if edit is None:
        return False
    if not edit.changed:
        draft.show_unchanged(kind, key_arn, found.value)
        draft.keep(kind, key_arn, f"holds our statements, beside {edit.foreign} of others")
        return True
    document: dict[str, Json] = edit.document
    if not documents.statements(document):
        reason = "without our statements nobody could administer the key any more"
        draft.block(kind, key_arn, reason, "give the key an administrator first")
        return False
    text = draft.store(kind, key_arn, document)
    operation = PutKeyPolicy(key_arn=key_arn, before_json=found.value, document_json=text)
    reason = f"statements of others that stay as they are: {edit.foreign}"
    # A role that gets a grant instead of a statement keeps the statement until it has the grant.
    wave = Wave.CLEAR if edit.narrows else wave
    draft.change(Action.UPDATE, kind, key_arn, reason, operation, wave=wave, details=edit.details)
    return True


def plan_grant(draft: Draft, wanted: KeyGrant) -> None:
    """Create the grant unless one of that name for that role is there; revoke our others on the key."""
    grants = draft.live.keys[wanted.key_arn].grants
    if not isinstance(grants, Present):
        draft.block_unknown("grant", wanted.key_arn, "which grants there are", grants)
        return
    shown = f"{wanted.key_arn} {wanted.name}"
    if any(_is_same(grant, wanted) for grant in grants.value):
        draft.keep("grant", shown)
    else:
        draft.change(
            Action.CREATE,
            "grant",
            shown,
            f"lets {wanted.grantee_arn} use the key: {', '.join(wanted.operations)}",
            CreateGrant(
                key_arn=wanted.key_arn, name=wanted.name, grantee_arn=wanted.grantee_arn, operations=wanted.operations
            ),
        )
    revoke_grants(draft, wanted.key_arn, [grant for grant in grants.value if not _is_same(grant, wanted)])


def revoke_all_grants(draft: Draft, key_arn: str, key: LiveKey) -> bool:
    """Revoke every grant on the key that this set-up made; tell whether that is possible."""
    if not isinstance(key.grants, Present):
        draft.block_unknown("grant", key_arn, "which grants there are", key.grants)
        return False
    revoke_grants(draft, key_arn, key.grants.value)
    return True


def _is_same(grant: LiveGrant, wanted: KeyGrant) -> bool:
    return (
        grant.name == wanted.name
        and grant.grantee == wanted.grantee_arn
        and set(grant.operations) == set(wanted.operations)
        and not grant.is_constrained
    )


def revoke_grants(draft: Draft, key_arn: str, grants: Iterable[LiveGrant]) -> None:
    """Revoke those of the grants that this set-up made."""
    for grant in grants:
        if grant.name.startswith(f"{ownership.sid_prefix(draft.desired.name)}-"):
            draft.change(
                Action.DELETE,
                "grant",
                f"{key_arn} {grant.name}",
                f"{grant.grantee} no longer needs it",
                RevokeGrant(key_arn=key_arn, grant_id=grant.grant_id),
                # After the key policy, which may be what replaces it.
                wave=Wave.DELETE,
            )
