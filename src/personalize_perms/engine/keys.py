"""Which KMS keys a set-up uses, and a clear answer for those that cannot be used. Pure.

https://docs.aws.amazon.com/personalize/latest/dg/granting-personalize-key-access.html
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from itertools import product

from personalize_perms import steps
from personalize_perms.engine.key_names import full_reference, is_foreign, is_key_reference, is_local, no_key
from personalize_perms.model.changes import Refusal
from personalize_perms.model.findings import Finding, Severity
from personalize_perms.model.live import Absent, KeyFacts, Present, Read, Unreadable
from personalize_perms.model.names import Arn
from personalize_perms.model.settings import KeyUse, Place, Settings, Workflow
from personalize_perms.model.values import dataclass

_DOCS = steps.kms_key.DOCS
_WAYS_OUT = {
    "Disabled": "aws kms enable-key --key-id {arn}",
    "PendingDeletion": "aws kms cancel-key-deletion --key-id {arn}, then aws kms enable-key --key-id {arn}",
    "PendingReplicaDeletion": "choose another key with --kms-key",
    "PendingImport": "import the key's material first",
    "Unavailable": "bring its custom key store back first",
}


@dataclass(slots=True, kw_only=True)
class ResolvedKeys:
    """The keys to use, and what was wrong about the others."""

    uses: tuple[KeyUse, ...] = ()
    findings: list[Finding] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)


def resolve(
    settings: Settings,
    place: Place,
    bucket_keys: Mapping[str, Read[str]],
    facts: Mapping[str, Read[KeyFacts] | None],
    granted: Iterable[str] = (),
) -> ResolvedKeys:
    """Return the keys that the settings name and those of their buckets.

    `facts` are by full reference. Whatever cannot be used becomes a refusal: a set-up around such a key cannot work.
    `granted` are the keys on which the set-up granted something before: where it may not be read what encrypts a
    bucket, that may be one of them, so nothing is taken back from it.
    """
    resolved = ResolvedKeys()
    explicit: list[Arn] = []
    for reference in settings.kms_keys:
        found = _judge(full_reference(reference, place), "", place, facts, resolved, serves=settings.serves)
        explicit += [found] if found else []
    by_bucket: dict[str, Arn] = {}
    unread: dict[str, Unreadable] = {}
    for bucket in settings.buckets:
        key = bucket_keys.get(bucket, Absent())
        if isinstance(key, Unreadable):
            unread[bucket] = key
        elif isinstance(key, Present):
            named = full_reference(key.value, place) if key.value else ""
            found = _judge(named, bucket, place, facts, resolved, serves=settings.serves)
            if found:
                by_bucket[bucket] = found
    known = {*explicit, *by_bucket.values()}
    there = (Arn.parse(arn) for arn in dict.fromkeys(granted) if not isinstance(facts.get(arn), Absent))
    kept = [arn for arn in there if arn not in known] if unread else []
    resolved.findings += (_unknown_encryption(bucket, read, kept) for bucket, read in unread.items())
    if Workflow.ENCRYPTED_DATASET_GROUP in settings.workflows and not (known or kept):
        resolved.refusals += [] if resolved.refusals else [no_key()]
    resolved.uses = steps.key_uses(settings, explicit, by_bucket, product(unread, kept))
    return resolved


def _judge(
    reference: str,
    bucket: str,
    place: Place,
    facts: Mapping[str, Read[KeyFacts] | None],
    resolved: ResolvedKeys,
    *,
    serves: bool,
) -> Arn | None:
    where = f"the key of bucket {bucket}" if bucket else "the key of --kms-key"
    found = facts.get(reference)
    refusal: Refusal | None = None
    if not reference or reference.endswith("alias/aws/s3"):
        refusal = _aws_managed(where, bucket)
    elif bucket and not is_key_reference(reference):
        refusal = _nonsense(reference, where, bucket)
    elif is_foreign(reference, place) and not serves:
        # Of a key that we may not describe AWS says the same as of one that is not there.
        state = _unusable(found.value, where, bucket, place, foreign=True) if isinstance(found, Present) else None
        if not state:
            return Arn.parse(reference)
        refusal = state
    elif reference.startswith("arn:") and not any(is_local(reference, place, kind) for kind in ("key", "alias")):
        refusal = _foreign(reference, where, place)
    elif isinstance(found, Present):
        refusal = _unusable(found.value, where, bucket, place)
        if not refusal:
            return Arn.parse(found.value.arn)
    elif isinstance(found, Unreadable) and is_local(reference, place, "key"):
        resolved.findings.append(_unknown_state(reference, found))
        return Arn.parse(reference)
    elif isinstance(found, Unreadable):
        refusal = _unresolved(reference, where, found)
    else:
        refusal = _missing(reference, where, place)
    resolved.refusals.append(replace(refusal, resource=reference or bucket))
    return None


def _unresolved(reference: str, where: str, found: Unreadable) -> Refusal:
    return Refusal(
        code="access-denied",
        message=f"{where}, {reference}, cannot be resolved",
        reason=f"not allowed: {found.action}; {found.reason}",
        hint="give its key ARN with --kms-key, or ask for kms:DescribeKey",
    )


def _missing(reference: str, where: str, place: Place) -> Refusal:
    return Refusal(
        code="not-found",
        message=f"{where}, {reference}, does not exist in {place.region} of account {place.account}",
        hint="aws kms list-aliases shows the keys by alias; name one with --kms-key",
    )


def _aws_managed(where: str, bucket: str) -> Refusal:
    return Refusal(
        code="key-unusable",
        message=f"{where} is AWS managed: its key policy cannot be edited, so Amazon Personalize cannot be let in",
        reason="the service principal needs a statement in the key policy of a customer managed key",
        hint=f"set the default encryption of {bucket} to a customer managed key, or to SSE-S3"
        if bucket
        else "name a customer managed key with --kms-key",
    )


def _nonsense(reference: str, where: str, bucket: str) -> Refusal:
    return Refusal(
        code="key-unusable",
        message=f"{where}, {reference!r}, is neither a key nor an alias",
        reason="S3 stores whatever is given as the key of the default encryption",
        hint=f"correct the default encryption of {bucket}",
    )


def _foreign(reference: str, where: str, place: Place) -> Refusal:
    arn = Arn.parse(reference)
    other = (
        f"account {arn.account}" if arn.account != place.account else f"Region {arn.region} (partition {arn.partition})"
    )
    return Refusal(
        code="key-unusable",
        message=f"{where}, {reference}, belongs to {other}; this set-up is for {place.account} in {place.region}",
        reason="only its own account can edit a key policy, and a bucket's key is in the bucket's Region",
        hint="name a key of this account and Region with --kms-key",
    )


def _unusable(facts: KeyFacts, where: str, bucket: str, place: Place, *, foreign: bool = False) -> Refusal | None:
    if facts.manager == "AWS":
        return _aws_managed(where, bucket)
    if not foreign and not is_local(facts.arn, place, "key"):
        return _foreign(facts.arn, where, place)
    if facts.state != "Enabled":
        return Refusal(
            code="key-unusable",
            message=f"{where}, {facts.arn}, is {facts.state}: nothing can be read or written with it",
            hint=_WAYS_OUT.get(facts.state, "choose another key with --kms-key").format(arn=facts.arn),
        )
    if (facts.usage, facts.spec) != ("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT"):
        return Refusal(
            code="key-unusable",
            message=f"{where}, {facts.arn}, is a {facts.spec} key for {facts.usage}",
            reason="S3 and Amazon Personalize use symmetric encryption keys",
            hint="name a symmetric key with --kms-key",
        )
    return None


def _unknown_encryption(bucket: str, read: Unreadable, kept: Sequence[Arn]) -> Finding:
    stays = f"; what was granted on {', '.join(map(str, kept))} before stays as it is" if kept else ""
    return Finding(
        check="bucket-encryption",
        severity=Severity.MEDIUM,
        resource=bucket,
        message=f"cannot know whether bucket {bucket} is encrypted with a KMS key: not allowed {read.action}{stays}",
        remedy="if it is, name the key with --kms-key",
        docs=_DOCS,
    )


def _unknown_state(reference: str, read: Unreadable) -> Finding:
    return Finding(
        check="key-state",
        severity=Severity.MEDIUM,
        resource=reference,
        message=f"cannot know whether the key is enabled: not allowed {read.action}",
        remedy="ask for kms:DescribeKey on the key",
        docs=_DOCS,
    )
