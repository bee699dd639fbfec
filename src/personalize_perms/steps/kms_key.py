"""Step 4: the service and its role may use the KMS keys that encrypt buckets and dataset groups."""

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from personalize_perms.model import ownership
from personalize_perms.model.findings import Finding, Severity, Verdict
from personalize_perms.model.names import Arn
from personalize_perms.model.resources import KeyGrant, KeyPolicyStatements, Resource, Statement
from personalize_perms.model.settings import (
    READS_INPUT,
    WRITES_OUTPUT,
    Hardening,
    KeyUse,
    KmsAccess,
    Missing,
    Settings,
    SourceConditions,
    Workflow,
)
from personalize_perms.steps import trust_policy
from personalize_perms.steps.context import Context

TITLE: Final = "Letting Amazon Personalize use your KMS key"
WHY: Final = (
    "Where a KMS key encrypts a bucket or a dataset group, its key policy must let in both the service and its role; "
    "every other statement in it stays."
)
DOCS: Final = "https://docs.aws.amazon.com/personalize/latest/dg/granting-personalize-key-access.html"
FIELDS: Final = ("kms_keys", "kms_access")

_WITHOUT_KEY = frozenset({Workflow.METRICS_CLOUDWATCH})
_KEY_POLICY_ONLY = frozenset({Workflow.IMPORT, Workflow.DATA_DELETION})
_OPERATIONS = ("Decrypt", "GenerateDataKey", "DescribeKey", "CreateGrant")
_EXPORT_OPERATION = "GenerateDataKeyWithoutPlaintext"


def missing(settings: Settings) -> tuple[Missing, ...]:  # noqa: ARG001 - every step answers
    """Return the answers that this step still needs: none, since only the account knows the keys of the buckets."""
    return ()


def key_uses(
    settings: Settings, explicit: Sequence[Arn], by_bucket: Mapping[str, Arn], perhaps: Iterable[tuple[str, Arn]] = ()
) -> tuple[KeyUse, ...]:
    """Return which workflow uses which key, from the keys that were named and those of the buckets.

    `perhaps` are buckets whose encryption may not be read, each with a key that it may well have.
    """
    chosen = frozenset(settings.workflows)
    workflows: dict[Arn, frozenset[Workflow]] = dict.fromkeys(explicit, chosen - _WITHOUT_KEY)
    for bucket, key in (*by_bucket.items(), *perhaps):
        reads = any(location.bucket == bucket for location in settings.inputs)
        writes = any(location.bucket == bucket for location in settings.outputs)
        of_bucket = chosen & ((READS_INPUT if reads else frozenset()) | (WRITES_OUTPUT if writes else frozenset()))
        workflows[key] = workflows.get(key, frozenset()) | of_bucket
    encrypted = chosen & {Workflow.ENCRYPTED_DATASET_GROUP}
    uses = []
    for key, of_key in workflows.items():
        holds_datasets = bool(encrypted) and (key in explicit or not explicit)
        of_all = of_key | encrypted if holds_datasets else of_key
        if of_all:
            uses.append(KeyUse(arn=key, workflows=of_all, holds_datasets=holds_datasets))
    return tuple(uses)


def role_statements(context: Context) -> tuple[Statement, ...]:
    """Return what the service role's own policy says about keys; for reading imports the key policy is enough."""
    # No grant can hold kms:ListGrants, so there the key policy is not enough.
    by_grant = context.settings.kms_access is KmsAccess.GRANT
    own = [use for use in context.keys if use.arn.account == context.place.account]
    arns = sorted(str(use.arn) for use in own if by_grant or use.workflows - _KEY_POLICY_ONLY)
    return (
        *(context.render("service-role/kms", {"KeyArn": tuple(arns)}) if arns else ()),
        *_for_foreign_keys(context, [use for use in context.keys if use not in own]),
    )


def _for_foreign_keys(context: Context, uses: Sequence[KeyUse]) -> Iterator[Statement]:
    """Yield what a key of another account needs beside its own policy, which is all that the policy allows the role.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html
    """
    exported = [use for use in uses if use.holds_datasets and Workflow.EXPORT in context.settings.workflows]
    for template, keys in (("kms-of-others", uses), ("kms-of-others-export", exported)):
        if keys:
            arns = tuple(sorted(str(use.arn) for use in keys))
            yield from context.render(f"service-role/{template}", {"KeyArn": arns})


def desired(context: Context) -> tuple[Resource, ...]:
    """Return our statements for the policy of each key of this account, and the grants if the role is to get those."""
    own = (use for use in context.keys if use.arn.account == context.place.account)
    return tuple(resource for use in own for resource in _for_key(context, use))


def findings(context: Context) -> tuple[Finding, ...]:
    """Return the keys that were named and that no chosen workflow uses."""
    settings = context.settings
    if not set(settings.workflows) <= _WITHOUT_KEY:
        return ()
    return tuple(
        Finding(
            check="unused-kms-key",
            severity=Severity.LOW,
            verdict=Verdict.ALLOWED,
            resource=key,
            message=f"no chosen workflow uses the KMS key {key}: nothing is granted on it",
            remedy="leave --kms-key out, or add the --workflow that uses it",
            docs=DOCS,
        )
        for key in dict.fromkeys(settings.kms_keys)
    )


def _for_key(context: Context, use: KeyUse) -> Iterator[Resource]:
    # The action that the guide's own example leaves out: exporting what the key of a dataset group encrypts.
    exports = use.holds_datasets and Workflow.EXPORT in context.settings.workflows
    yield KeyPolicyStatements(key_arn=str(use.arn), statements=_statements(context, exports=exports))
    if context.settings.kms_access is KmsAccess.GRANT:
        yield grant(context, use.arn, context.service_role_arn, exports=exports)


def _statements(context: Context, *, exports: bool) -> tuple[Statement, ...]:
    settings = context.settings
    role = {"ServiceRoleArn": context.service_role_arn}
    by_grant = settings.kms_access is KmsAccess.GRANT
    # The role never carries the source conditions, so where the service does, each needs a statement of its own.
    together = (
        settings.hardening is Hardening.DOCUMENTED
        and settings.source_conditions is SourceConditions.TRUST
        and not by_grant
    )
    if together:
        return context.render("key/documented", role) + (
            context.render("key/export-documented", role) if exports else ()
        )
    for_role: tuple[Statement, ...] = ()
    if not by_grant:
        for_role = context.render("key/role", role) + (context.render("key/export-role", role) if exports else ())
    for_service = context.render("key/service") + (context.render("key/export-service") if exports else ())
    return for_role + trust_policy.conditioned(context, for_service)


def grant(context: Context, key: Arn, grantee: str, *, exports: bool) -> KeyGrant:
    """Return the grant that lets a role use a key."""
    operations = (*_OPERATIONS, _EXPORT_OPERATION) if exports else _OPERATIONS
    digest = f"{zlib.crc32(chr(10).join((*operations, grantee)).encode()):08x}"
    return KeyGrant(
        key_arn=str(key),
        name=f"{ownership.sid_prefix(context.settings.name)}-{digest}",
        grantee_arn=grantee,
        operations=operations,
    )
