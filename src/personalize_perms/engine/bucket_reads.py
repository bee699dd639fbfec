"""Asks for buckets, and finds out which of them are of another account.

S3 refuses a bucket of another account as it refuses one that we may not read. Which of the two it is, the list of the
account's own buckets tells; it is read only where something was refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import field
from functools import partial

from personalize_perms.aws.account import Account
from personalize_perms.engine.flow import Flow
from personalize_perms.model.live import Absent, LiveBucket, Present, Read, Unreadable
from personalize_perms.model.values import dataclass


@dataclass(slots=True)
class _Bucket:
    region: Read[str] = field(default_factory=Absent)
    policy: Read[str] = field(default_factory=Absent)
    key: Read[str] = field(default_factory=Absent)
    owner: str = ""
    """The other account that has it, where the settings say so."""


class BucketReads:
    """The reads of buckets of one observation; taken up by the one thread that runs the flow."""

    def __init__(self, account: Account, flow: Flow) -> None:
        self._account = account
        self._flow = flow
        self._buckets: dict[str, _Bucket] = {}
        self._own: Read[Mapping[str, str]] | None = None

    def want(self, name: str, key_found: Callable[[str], None] | None, *, region: bool) -> bool:
        """Read the policy of a bucket, its Region if asked to, and its encryption if somebody listens for its key."""
        if name in self._buckets:
            return False
        bucket = self._buckets[name] = _Bucket()
        s3 = self._account.s3

        def policy_read(policy: Read[str]) -> None:
            bucket.policy = policy
            if isinstance(policy, Unreadable):
                self._want_own()

        self._flow.start(lambda: s3.read_bucket_policy(name), policy_read)
        if region:
            self._flow.start(lambda: s3.read_bucket_region(name), partial(setattr, bucket, "region"))
        if key_found:

            def encryption_read(key: Read[str]) -> None:
                bucket.key = key
                if isinstance(key, Present) and key.value:
                    key_found(key.value)

            self._flow.start(lambda: s3.read_bucket_encryption(name), encryption_read)
        return True

    def want_foreign(self, name: str, owner: str) -> None:
        """Read where a bucket of the account `owner` is; nothing else of it may be read from here."""
        if name not in self._buckets:
            bucket = self._buckets[name] = _Bucket(owner=owner)
            bucket.key = Unreadable(action="s3:GetEncryptionConfiguration", resource=name, reason=_whose(owner))
            s3 = self._account.s3
            self._flow.start(lambda: s3.read_bucket_region(name, owner), partial(setattr, bucket, "region"))

    def _want_own(self) -> None:
        if self._own is None:
            self._own = Absent()
            self._flow.start(self._account.s3.read_buckets, partial(setattr, self, "_own"))

    @property
    def foreign(self) -> frozenset[str]:
        """The buckets that are of another account."""
        return frozenset(name for name, bucket in self._buckets.items() if self._is_foreign(name, bucket))

    def _is_foreign(self, name: str, bucket: _Bucket) -> bool:
        unread = isinstance(bucket.policy, Unreadable) and isinstance(self._own, Present)
        return bool(bucket.owner) or (unread and isinstance(self._own, Present) and name not in self._own.value)

    @property
    def keys(self) -> dict[str, Read[str]]:
        """The key of each bucket's default encryption, as S3 names it."""
        return {name: bucket.key for name, bucket in self._buckets.items()}

    def live(self) -> dict[str, LiveBucket]:
        """Return what was read."""
        return {name: self._live(name, bucket) for name, bucket in self._buckets.items()}

    def _live(self, name: str, bucket: _Bucket) -> LiveBucket:
        policy, is_foreign = bucket.policy, self._is_foreign(name, bucket)
        if is_foreign:
            policy = Unreadable(action="s3:GetBucketPolicy", resource=name, reason=_whose(bucket.owner))
        return LiveBucket(
            name=name, region=bucket.region, policy_json=policy, encryption_key=bucket.key, is_foreign=is_foreign
        )


def _whose(owner: str) -> str:
    return f"the bucket belongs to {f'account {owner}' if owner else 'another account'}, and only its owner may look"
