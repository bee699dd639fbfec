"""The plan that can be made without a call: the documents, but not what is there. Pure, and quick to import."""

from typing import assert_never

from personalize_perms import documents
from personalize_perms.documents import DocumentKind
from personalize_perms.model.caller import Caller
from personalize_perms.model.changes import Plan, StoredDocument
from personalize_perms.model.errors import LimitExceeded
from personalize_perms.model.resources import (
    BucketPolicyStatements,
    Desired,
    KeyGrant,
    KeyPolicyStatements,
    ManagedPolicy,
    PermissionSet,
    PermissionSetAssignment,
    PolicyAttachment,
    Role,
    TrustPolicyStatements,
)


def plan_offline(desired: Desired) -> Plan:
    """Return the documents of `desired` without knowing what is there: of shared ones, our statements only."""
    stored: list[StoredDocument] = []
    for resource in desired.resources:
        match resource:
            case ManagedPolicy(name=name, statements=statements):
                kind = DocumentKind.MANAGED_POLICY
            case Role(name=name, statements=statements) | TrustPolicyStatements(role_name=name, statements=statements):
                kind = DocumentKind.TRUST_POLICY
            case BucketPolicyStatements(bucket=name, statements=statements):
                kind = DocumentKind.BUCKET_POLICY
            case KeyPolicyStatements(key_arn=name, statements=statements):
                kind = DocumentKind.KEY_POLICY
            case PolicyAttachment() | KeyGrant() | PermissionSet() | PermissionSetAssignment():
                continue
            case _:
                assert_never(resource)
        document = documents.new_document(statements)
        if documents.size(kind, document) > documents.LIMITS[kind]:
            raise LimitExceeded(f"the {kind.replace('-', ' ')} of {name} is larger than AWS allows", hint="name less")
        stored.append(StoredDocument(kind=kind, name=name, text=documents.to_text(kind, document), document=document))
    caller = Caller(place=desired.place, arn="")
    return Plan(
        name=desired.name,
        caller=caller,
        role_arn=desired.service_role_arn,
        changes=(),
        documents=tuple(stored),
        findings=desired.findings,
        halves=desired.halves,
    )
