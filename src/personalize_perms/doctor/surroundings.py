"""What stands beside the chain and breaks it all the same: public access blocks, and dataset groups with other keys."""

from collections.abc import Iterable, Iterator, Mapping

from personalize_perms import documents
from personalize_perms.model.changes import Plan
from personalize_perms.model.errors import DocumentError
from personalize_perms.model.examination import Link
from personalize_perms.model.findings import Finding, Severity, Verdict
from personalize_perms.model.live import Carrier, Live, Present, Read, Unreadable
from personalize_perms.model.resources import Statement
from personalize_perms.model.settings import KeyUse

_BLOCK_DOCS = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"
_KEY_DOCS = "https://docs.aws.amazon.com/personalize/latest/dg/granting-personalize-key-access.html"


def public_buckets(plan: Plan, live: Live) -> tuple[str, ...]:
    """Return the buckets whose policy has to change, and of which a statement of others lets everybody in."""
    changing = [change.resource for change in plan.writes if change.kind == "bucket-policy"]
    return tuple(name for name in changing if name in live.buckets and any(_public(live, name)))


def _public(live: Live, bucket: str) -> Iterator[Statement]:
    found = live.buckets[bucket].policy_json
    try:
        statements = documents.statements(documents.parse(found.value)) if isinstance(found, Present) else []
    except DocumentError:
        return  # it is left alone, and the plan says so
    for statement in statements:
        principal = statement.get("Principal")
        everybody = principal == "*" or (isinstance(principal, dict) and principal.get("AWS") in ("*", ["*"]))
        if everybody and statement.get("Effect") == "Allow" and not statement.get("Condition"):
            yield statement


def blocked(live: Live, blocks: Mapping[str, Read[bool]]) -> Iterator[Finding]:
    """Yield the buckets whose policy S3 will not store again, because others made it public before it was blocked.

    A statement for a service principal is not public, but the policy is stored as a whole.
    """
    for bucket, found in blocks.items():
        if isinstance(found, Unreadable):
            yield _unknown_block(bucket, found)
        if not (isinstance(found, Present) and found.value):
            continue
        names = [str(one.get("Sid") or "one without a Sid") for one in _public(live, bucket)]
        yield Finding(
            check=Link.BLOCK_PUBLIC_ACCESS,
            severity=Severity.HIGH,
            verdict=Verdict.DENIED,
            resource=bucket,
            message=f"S3 will not store the policy of {bucket} again: it is public, and public access is blocked",
            reason=f"the statement that does so: {', '.join(names)}; BlockPublicPolicy is on",
            remedy="ask whoever owns that statement to remove it, or to name who may",
            docs=_BLOCK_DOCS,
        )


def _unknown_block(bucket: str, found: Unreadable) -> Finding:
    return Finding(
        check=Link.BLOCK_PUBLIC_ACCESS,
        severity=Severity.LOW,
        verdict=Verdict.UNKNOWN,
        resource=bucket,
        message=f"cannot know whether S3 would store the policy of {bucket} again, which is public",
        reason=f"not allowed {found.action}: {found.reason}",
        remedy=f"ask for {found.action}",
        docs=_BLOCK_DOCS,
    )


def is_denied(unread: Unreadable) -> bool:
    """Tell whether it was AWS that did not allow it, not a stand-in or a network that does not know it."""
    return unread.reason.startswith("AccessDenied")


def other_keys(
    carriers: Iterable[Carrier], unread: Unreadable | None, uses: Iterable[KeyUse], role_arn: str
) -> Iterator[Finding]:
    """Yield the dataset groups that carry the service role and a key that the set-up does not cover."""
    covered = {str(use.arn) for use in uses}
    for carrier in carriers:
        keys = sorted(name for name in carrier.names if ":key/" in name and name not in covered)
        if keys and role_arn in carrier.names:
            yield Finding(
                check="dataset-group-key",
                severity=Severity.MEDIUM,
                verdict=Verdict.UNKNOWN,
                resource=carrier.arn,
                message=f"{carrier.words} {carrier.arn} is encrypted with {', '.join(keys)}, not of this set-up",
                reason="whether Amazon Personalize may use that key was not looked at",
                remedy=f"name it, too: --kms-key {keys[0]}",
                docs=_KEY_DOCS,
            )
    if unread and is_denied(unread):
        yield Finding(
            check="dataset-group-key",
            severity=Severity.LOW,
            verdict=Verdict.UNKNOWN,
            resource=unread.resource,
            message="cannot know which keys the dataset groups are encrypted with",
            reason=f"not allowed {unread.action}: {unread.reason}",
            remedy=f"ask for {unread.action}",
            docs=_KEY_DOCS,
        )
