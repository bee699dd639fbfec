"""The KMS keys that the roles of all accounts need: those that are named, and those of the buckets that can be read.

The keys stay in the account that owns them, so any account's will do; its owner grants on it.
"""

import re
from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING, Final

from personalize_perms import steps
from personalize_perms.aws.errors import AwsError, Fault
from personalize_perms.engine.key_names import full_reference, is_key_reference, no_key
from personalize_perms.model.errors import SettingsError
from personalize_perms.model.findings import Finding, Severity
from personalize_perms.model.live import Absent, Present, Read, Unreadable
from personalize_perms.model.names import Arn
from personalize_perms.model.settings import KeyUse, Place, Settings, Workflow

if TYPE_CHECKING:
    from personalize_perms.aws.account import Account

_KEY: Final = r":kms:([a-z0-9-]+):([0-9]{12}):key/([A-Za-z0-9-]+)"
_DOCS: Final = steps.kms_key.DOCS


def named(settings: Settings, place: Place) -> tuple[KeyUse, ...]:
    """Return the keys that the settings name; raise `SettingsError` for an alias, which only AWS can resolve."""
    explicit = [_of_reference(reference, place) for reference in settings.kms_keys]
    return _uses(settings, explicit, {})


def read(account: "Account", settings: Settings, before: str = "") -> tuple[tuple[KeyUse, ...], tuple[Finding, ...]]:
    """Return the keys that the settings name and those of the buckets, and what could not be known about them.

    `before` is the template that is out there. Where it cannot be known what encrypts a bucket, that may be one of the
    keys in it, so no account loses them.
    """
    place = account.caller.place
    explicit = [_resolved(account, reference, place) for reference in settings.kms_keys]
    by_bucket: dict[str, Arn] = {}
    unread: list[str] = []
    findings: list[Finding] = []
    for bucket in settings.buckets:
        found = _encryption(account, bucket)
        if isinstance(found, Present) and is_key_reference(found.value) and not found.value.endswith("alias/aws/s3"):
            by_bucket[bucket] = _resolved(account, found.value, place)
        elif isinstance(found, Present):
            findings.append(_unusable(bucket))
        elif isinstance(found, Absent):
            findings += [_gone(bucket)] if _is_gone(account, bucket) else []
        else:
            unread.append(bucket)
            findings += [] if explicit else [_unknown(bucket, found)]
    kept = tuple(product(unread, _keys_in(before, place.partition)))
    return _uses(settings, explicit, by_bucket, kept), tuple(findings)


def _keys_in(template: str, partition: str) -> Iterator[Arn]:
    for region, owner, key in dict.fromkeys(re.findall(_KEY, template)):
        yield Arn(partition=partition, service="kms", region=region, account=owner, resource=f"key/{key}")


def _encryption(account: "Account", bucket: str) -> Read[str]:
    """Read the key of a bucket; whatever keeps AWS from saying it keeps no account from its roles."""
    try:
        return account.s3.read_bucket_encryption(bucket)
    except AwsError as error:
        if error.fault is Fault.CREDENTIALS:
            raise
        return Unreadable(action=error.action, resource=bucket, reason=f"{error.code}: {error.message}")


def _is_gone(account: "Account", bucket: str) -> bool:
    try:
        return isinstance(account.s3.read_bucket_region(bucket), Absent)
    except AwsError:
        return False


def _uses(
    settings: Settings, explicit: list[Arn], by_bucket: dict[str, Arn], kept: tuple[tuple[str, Arn], ...] = ()
) -> tuple[KeyUse, ...]:
    if Workflow.ENCRYPTED_DATASET_GROUP in settings.workflows and not (explicit or by_bucket or kept):
        refusal = no_key()
        raise SettingsError(refusal.message, reason=refusal.reason, hint=refusal.hint)
    return steps.key_uses(settings, explicit, by_bucket, kept)


def _of_reference(reference: str, place: Place) -> Arn:
    arn = Arn.parse(full) if (full := full_reference(reference, place)).startswith("arn:") else None
    if arn is None or not arn.resource.startswith("key/"):
        raise SettingsError(
            f"--kms-key {reference} cannot be used without a call to AWS",
            reason="an alias is resolved by KMS",
            hint="give the ARN of the key",
        )
    return arn


def _resolved(account: "Account", reference: str, place: Place) -> Arn:
    full = full_reference(reference, place)
    if full.startswith("arn:") and Arn.parse(full).resource.startswith("key/"):
        return Arn.parse(full)
    found = account.kms.read_key(full)
    if isinstance(found, Present):
        return Arn.parse(found.value.arn)
    raise SettingsError(
        f"the key {reference} cannot be resolved",
        reason="it is not there" if isinstance(found, Absent) else f"not allowed: {found.action}",
        hint="give the ARN of the key with --kms-key",
    )


def _unusable(bucket: str) -> Finding:
    return Finding(
        check="bucket-encryption",
        severity=Severity.HIGH,
        resource=bucket,
        message=f"the key of bucket {bucket} is AWS managed, so no other account can use it",
        remedy=f"set the default encryption of {bucket} to a customer managed key, or to SSE-S3",
        docs=_DOCS,
    )


def _gone(bucket: str) -> Finding:
    return Finding(
        check="bucket-missing",
        severity=Severity.HIGH,
        resource=bucket,
        message=f"there is no bucket {bucket}, so the roles of all accounts would be let to nothing",
        remedy="correct --input and --output, or make the bucket",
        docs=steps.s3_bucket.DOCS,
    )


def _unknown(bucket: str, read: Unreadable) -> Finding:
    return Finding(
        check="bucket-encryption",
        severity=Severity.MEDIUM,
        resource=bucket,
        message=f"cannot know whether bucket {bucket} is encrypted with a KMS key: {read.action} on it was "
        f"refused ({read.reason})",
        remedy="if it is, name the key's ARN with --kms-key",
        docs=_DOCS,
    )
