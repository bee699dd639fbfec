"""Which operations edit a document that others may edit too, and the same operation on what is there now. Pure."""

from dataclasses import replace
from typing import Final, TypeAlias

from personalize_perms.documents import DocumentKind
from personalize_perms.documents.merging import DocumentEdit
from personalize_perms.model.operations import (
    CreateRole,
    Operation,
    PutBucketPolicy,
    PutKeyPolicy,
    UpdatePolicy,
    UpdateTrust,
)

DocumentOperation: TypeAlias = UpdatePolicy | UpdateTrust | PutKeyPolicy | PutBucketPolicy
DOCUMENT_OPERATIONS: Final = (UpdatePolicy, UpdateTrust, PutKeyPolicy, PutBucketPolicy)


def edit_of(operation: DocumentOperation) -> DocumentEdit:
    """Return the document that an operation edits, before and after."""
    match operation:
        case UpdatePolicy(arn=name):
            kind = DocumentKind.MANAGED_POLICY
        case UpdateTrust(role_name=name):
            kind = DocumentKind.TRUST_POLICY
        case PutKeyPolicy(key_arn=name):
            kind = DocumentKind.KEY_POLICY
        case PutBucketPolicy(bucket=name):
            kind = DocumentKind.BUCKET_POLICY
    return DocumentEdit(kind=kind, name=name, before=operation.before_json, after=operation.document_json)


def on_document(operation: DocumentOperation, before: str | None, after: str | None) -> DocumentOperation:
    """Return the same operation from `before` to `after`; only a bucket policy can be none."""
    if isinstance(operation, PutBucketPolicy):
        return replace(operation, before_json=before, document_json=after)
    if before is None or after is None:
        raise ValueError(f"{edit_of(operation).name} always has a document")
    return replace(operation, before_json=before, document_json=after)


def round_trips(operation: Operation) -> int:
    """Return how many calls, one after the other, reading the document takes."""
    return 2 if isinstance(operation, UpdatePolicy) else 1


def names_principals(operation: Operation) -> bool:
    """Tell whether AWS checks that the principals in the document exist."""
    return isinstance(operation, CreateRole | UpdateTrust | PutKeyPolicy | PutBucketPolicy)
