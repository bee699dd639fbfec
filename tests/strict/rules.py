"""All rules in one table: where each applies, and which page of AWS says so."""

from collections.abc import Callable
from dataclasses import dataclass

from strict import call_rules as calls
from strict import document_rules as documents
from strict.requests import Request

_IAM = "https://docs.aws.amazon.com/IAM/latest/"
_S3 = "https://docs.aws.amazon.com/AmazonS3/latest/"
_KMS = "https://docs.aws.amazon.com/kms/latest/"
_QUOTAS = f"{_IAM}UserGuide/reference_iam-quotas.html"
_GRAMMAR = f"{_IAM}UserGuide/reference_policies_grammar.html"
_SID = f"{_IAM}UserGuide/reference_policies_elements_sid.html"
_PRINCIPAL = f"{_IAM}UserGuide/reference_policies_elements_principal.html"

_MANAGED = ("CreatePolicy", "CreatePolicyVersion")
_TRUST = ("CreateRole", "UpdateAssumeRolePolicy")
_RESOURCE_BASED = (*_TRUST, "PutBucketPolicy", "PutKeyPolicy")
_DOCUMENTS = (*_MANAGED, *_RESOURCE_BASED)
_ATTACH = ("AttachRolePolicy", "AttachUserPolicy", "AttachGroupPolicy")
_TAGS = ("CreatePolicy", "CreateRole", "TagPolicy", "TagRole")
_KEY_ONLY = ("PutKeyPolicy", "GetKeyPolicy", "CreateGrant", "ListGrants")
_EVERY = ()


@dataclass(frozen=True)
class Rule:
    """One thing that AWS refuses. `on` empty: in every call."""

    name: str
    on: tuple[str, ...]
    check: Callable[[Request], None]
    source: str


RULES = (
    # Calls
    Rule("expected owner", _EVERY, calls.expected_owner, f"{_S3}userguide/bucket-owner-condition.html"),
    Rule(
        "no alias",
        _KEY_ONLY,
        calls.no_alias,
        f"{_KMS}APIReference/",
    ),
    Rule("key not going", ("PutKeyPolicy", "CreateGrant"), calls.key_not_going, f"{_KMS}developerguide/key-state.html"),
    Rule("key enabled", ("CreateGrant",), calls.key_enabled, f"{_KMS}developerguide/key-state.html"),
    Rule("grant operations", ("CreateGrant",), calls.grant_operations, f"{_KMS}APIReference/API_CreateGrant.html"),
    Rule("grantee exists", ("CreateGrant",), calls.grantee_exists, f"{_KMS}APIReference/API_CreateGrant.html"),
    Rule("role names", ("CreateRole",), calls.role_name_free, _QUOTAS),
    Rule("policy names", ("CreatePolicy",), calls.policy_name_free, _QUOTAS),
    Rule(
        "boundary exists", ("CreateRole", "PutRolePermissionsBoundary"), calls.boundary_exists, f"{_IAM}APIReference/"
    ),
    Rule("tags", _TAGS, calls.tags, f"{_IAM}UserGuide/id_tags.html"),
    Rule("attachments", _ATTACH, calls.attachments, _QUOTAS),
    Rule("policy is free", ("DeletePolicy",), calls.policy_is_free, f"{_IAM}APIReference/API_DeletePolicy.html"),
    Rule("role is free", ("DeleteRole",), calls.role_is_free, f"{_IAM}APIReference/API_DeleteRole.html"),
    # Documents
    Rule("size", _DOCUMENTS, documents.size, _QUOTAS),
    Rule("characters", (*_MANAGED, *_TRUST, "PutKeyPolicy"), documents.characters, f"{_IAM}APIReference/"),
    Rule("grammar", _DOCUMENTS, documents.grammar, _GRAMMAR),
    Rule("some statement", _DOCUMENTS, documents.some_statement, _GRAMMAR),
    Rule("known elements", _DOCUMENTS, documents.known_elements, _GRAMMAR),
    Rule("Sid alphabet", (*_MANAGED, *_TRUST), documents.sid_alphabet, _SID),
    Rule("Sids once", _DOCUMENTS, documents.sids_once, _SID),
    Rule("principal required", _RESOURCE_BASED, documents.principal_required, _PRINCIPAL),
    Rule("principal forbidden", _MANAGED, documents.principal_forbidden, _PRINCIPAL),
    Rule("trust grammar", _TRUST, documents.trust_grammar, f"{_IAM}UserGuide/id_roles_create_for-custom.html"),
    Rule("partition", (*_MANAGED, "PutKeyPolicy"), documents.partition, f"{_IAM}UserGuide/reference-arns.html"),
    Rule(
        "within the bucket",
        ("PutBucketPolicy",),
        documents.within_the_bucket,
        f"{_S3}userguide/s3-bucket-user-policy-specifying-resource.html",
    ),
    Rule(
        "actions apply", ("PutBucketPolicy",), documents.actions_apply, f"{_S3}userguide/troubleshoot-403-errors.html"
    ),
    Rule("services known", _RESOURCE_BASED, documents.services_known, _PRINCIPAL),
    Rule("principals alive", _RESOURCE_BASED, documents.principals_alive, _PRINCIPAL),
    Rule("principals exist", _RESOURCE_BASED, documents.principals_exist, _PRINCIPAL),
    Rule(
        "not public",
        ("PutBucketPolicy",),
        documents.not_public,
        f"{_S3}userguide/access-control-block-public-access.html",
    ),
    Rule("no lockout", ("PutKeyPolicy",), documents.no_lockout, f"{_KMS}APIReference/API_PutKeyPolicy.html"),
)
