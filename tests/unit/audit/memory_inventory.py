"""An account to be walked, in memory: what each read answers, and how often it was asked."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, cast

from audit_samples import KNOWN, PLACE

from personalize_perms.aws.account import Account
from personalize_perms.aws.errors import AwsError, Fault
from personalize_perms.engine.account_walk import Audited, Dates, Sources, walk
from personalize_perms.model.caller import Caller
from personalize_perms.model.inventory import InventoryPage
from personalize_perms.model.live import Absent, Present, Read, RoleContents, Unreadable

Lazy = Callable[[str], str | None]
"""The text of a document, made when it is read; None: there is none."""


def denied(action: str, resource: str = "*") -> AwsError:
    return AwsError(Fault.DENIED, code="AccessDenied", message=f"no {resource}", action=action, resource=resource)


@dataclass
class MemoryInventory:
    """`pages` and `bare` are IAM's; a document that is an exception, or an action in `refused`, is not to be read."""

    pages: Callable[[], Iterator[InventoryPage]] = lambda: iter(())
    bare: Callable[[], Iterator[InventoryPage]] = lambda: iter(())
    buckets: Mapping[str, str | AwsError | None] = field(default_factory=dict)
    keys: Mapping[str, str | AwsError | None] = field(default_factory=dict)
    managed: Mapping[str, str] = field(default_factory=dict)
    contents: Mapping[str, RoleContents] = field(default_factory=dict)
    inline: Mapping[str, str] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()
    workers: int = 8
    asked: Counter[str] = field(default_factory=Counter)
    heard: list[tuple[str, int, int]] = field(default_factory=list)

    caller = Caller(place=PLACE, arn=PLACE.arn("iam", "user/ada"))
    _lock = Lock()

    @property
    def iam(self) -> "MemoryInventory":
        return self

    s3 = kms = iam

    def walk(self) -> Audited:
        sources = Sources(inventory=self._counted("inventory", self.pages), roles=self._counted("roles", self.bare))
        return walk(cast("Account", self), sources, KNOWN, Dates(today="2026-11-26", recently="2026-10-27"), self)

    def counted(self, what: str, done: int, total: int) -> None:
        self.heard.append((what, done, total))

    def read_buckets(self) -> Read[Mapping[str, str]]:
        return self._answer("s3:ListAllMyBuckets", "*", dict.fromkeys(self.buckets, ""))

    def read_bucket_policy(self, name: str) -> Read[str]:
        return self._answer("s3:GetBucketPolicy", name, self.buckets[name])

    def read_key_arns(self) -> Read[tuple[str, ...]]:
        return self._answer("kms:ListKeys", "*", tuple(self.keys))

    def read_key_policy(self, arn: str) -> Read[str]:
        return self._answer("kms:GetKeyPolicy", arn, self.keys[arn])

    def read_managed_text(self, arn: str) -> Read[str]:
        return self._answer("iam:GetPolicy", arn, self.managed.get(arn))

    def read_role_contents(self, name: str) -> Read[RoleContents]:
        return self._answer("iam:ListAttachedRolePolicies", name, self.contents.get(name))

    def read_inline_policy(self, role: str, name: str) -> Read[str]:
        return self._answer("iam:GetRolePolicy", role, self.inline.get(name))

    def _answer(self, action: str, resource: str, value: Any) -> Read[Any]:
        with self._lock:
            self.asked[action] += 1
        if action in self.refused:
            return Unreadable(action=action, resource=resource, reason=f"AccessDenied: no {action} on {resource}")
        if isinstance(value, AwsError):
            raise value
        return Absent() if value is None else Present(value)

    def _counted(
        self, name: str, pages: Callable[[], Iterator[InventoryPage]]
    ) -> Callable[[], Iterator[InventoryPage]]:
        def counting() -> Iterator[InventoryPage]:
            for page in pages():
                self.asked[name] += 1
                yield page

        return counting
