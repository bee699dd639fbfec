"""Walks an account for `audit`: IAM by pages, bucket and key policies side by side, each judged where it is read.

Nothing is kept but findings, the names of the roles that Amazon Personalize may assume, and who may pass which roles:
an account of thousands of roles and buckets passes through bounded memory. It reads, and changes nothing.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import field
from functools import partial
from threading import Lock
from typing import Final, Protocol, TypeVar

from personalize_perms import trust
from personalize_perms.audit import excess, passing, policies, shared, statements, trusts
from personalize_perms.audit.passing import Passing
from personalize_perms.audit.shared import Judged, SharedDocument
from personalize_perms.aws.account import Account
from personalize_perms.aws.errors import AwsError
from personalize_perms.documents import DocumentKind
from personalize_perms.engine.noted import Notes
from personalize_perms.engine.role_policies import RolePolicies
from personalize_perms.model.findings import Finding
from personalize_perms.model.inventory import IdentityDetail, InventoryPage, PolicyDetail, RoleDetail
from personalize_perms.model.live import Read
from personalize_perms.model.values import dataclass

T = TypeVar("T")

_KINDS: Final[tuple[str, ...]] = ("users and groups", "roles", "policies", "buckets", "keys")
"""What is counted, in the order in which it is said: what was read first is chance."""
_BY_ONE: Final = (
    "who may pass roles, and which policies nobody uses, is not known; roles are looked at one by one instead"
)


class Progress(Protocol):
    """Hears how far the walk is, from several threads."""

    def counted(self, what: str, done: int, total: int) -> None:
        """Hear how many of something were read; `total` 0: how many there are is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where the pages of IAM come from: all at once, or the roles alone for whoever may not read in bulk."""

    inventory: Callable[[], Iterator[InventoryPage]]
    roles: Callable[[], Iterator[InventoryPage]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """Today, and the day since when a role may well be new and not used yet; ISO 8601."""

    today: str
    recently: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """What was found, and how much was looked at, by its name."""

    findings: tuple[Finding, ...]
    counts: dict[str, int] = field(default_factory=dict)


def walk(account: Account, sources: Sources, known: Mapping[str, str], dates: Dates, progress: Progress) -> Audited:
    """Read and judge the account; `known` are the actions of Amazon Personalize by their lower case.

    Raises `AwsError` only where nothing can be read at all; every other failed read is a finding.
    """
    return _Walk(account, sources, known, dates, progress).walk()


class _Walk:
    def __init__(
        self, account: Account, sources: Sources, known: Mapping[str, str], dates: Dates, progress: Progress
    ) -> None:
        self._account = account
        self._place = account.caller.place
        self._sources = sources
        self._known = known
        self._dates = dates
        self._progress = progress
        self._lock = Lock()
        self._notes = Notes(self._place.account)
        self._role_policies = RolePolicies(account, self._notes)
        self._findings: list[Finding] = []
        self._perhaps: list[Judged] = []
        self._passings: list[Passing] = []
        self._assumable: dict[str, None] = {}
        self._counts: dict[str, int] = {}

    def walk(self) -> Audited:
        pool = ThreadPoolExecutor(self._account.workers)
        try:
            self._read(pool)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        pool.shutdown()
        self._findings += passing.judge_passings(self._passings, [*self._assumable], self._place)
        self._findings += self._near()
        found = dict.fromkeys((*self._findings, *self._notes.findings()))
        counts = {kind: self._counts[kind] for kind in _KINDS if kind in self._counts}
        return Audited(findings=tuple(found), counts=counts)

    def _read(self, pool: ThreadPoolExecutor) -> None:
        iam = pool.submit(self._read_iam, pool)
        listing = pool.submit(self._ask, self._account.kms.read_key_arns, "which KMS keys there are is not known")
        names = self._ask(self._account.s3.read_buckets, "which buckets there are is not known")
        reading = _Reading("buckets", [*(names or ())], self._judge_bucket, pool)
        arns = listing.result()
        self._collect(reading)
        self._collect(_Reading("keys", [*(arns or ())], self._judge_key, pool))
        for role in iam.result():
            self._keep(role.result())

    def _ask(self, read: Callable[[], Read[T]], hides: str, resource: str = "") -> T | None:
        return self._notes.ask(read, resource, hides)

    # Buckets and keys

    def _collect(self, reading: "_Reading") -> None:
        for found in reading.results():
            self._keep(found.findings)
            if found.perhaps:
                self._perhaps.append(found)
            self._count(reading.what, 1, reading.total)

    def _judge_bucket(self, name: str) -> Judged:
        arn = f"arn:{self._place.partition}:s3:::{name}"
        read = partial(self._account.s3.read_bucket_policy, name)
        return self._judge(
            DocumentKind.BUCKET_POLICY, arn, self._ask(read, "what the bucket policy says is not known", arn)
        )

    def _judge_key(self, arn: str) -> Judged:
        read = partial(self._account.kms.read_key_policy, arn)
        return self._judge(DocumentKind.KEY_POLICY, arn, self._ask(read, "what the key policy says is not known", arn))

    def _judge(self, kind: DocumentKind, resource: str, text: str | None) -> Judged:
        if text is None:
            return Judged()
        return shared.judge(SharedDocument(kind=kind, resource=resource, text=text), self._place)

    def _near(self) -> Iterator[Finding]:
        """Yield what matters because the document names a role that Amazon Personalize may assume."""
        for judged in self._perhaps:
            if any(arn in self._assumable for arn in judged.named):
                yield from judged.perhaps

    # IAM

    def _read_iam(self, pool: ThreadPoolExecutor) -> "list[Future[list[Finding]]]":
        started: list[Future[list[Finding]]] = []
        try:
            for page in self._sources.inventory():
                started += self._judge_page(page, pool)
        except AwsError as error:
            self._notes.failed(error, _BY_ONE)
            started += self._read_roles(pool)
        return started

    def _read_roles(self, pool: ThreadPoolExecutor) -> "list[Future[list[Finding]]]":
        started: list[Future[list[Finding]]] = []
        with self._lock:
            self._counts.pop("roles", None)
        try:
            for page in self._sources.roles():
                started += [pool.submit(self._judge_bare_role, role) for role in page.roles if self._opens(role)]
                self._count("roles", len(page.roles), 0)
        except AwsError as error:
            self._notes.failed(error, "which roles Amazon Personalize may assume is not known")
        return started

    def _judge_page(self, page: InventoryPage, pool: ThreadPoolExecutor) -> "Iterator[Future[list[Finding]]]":
        for identity in (*page.users, *page.groups, *page.roles):
            self._judge_inline(identity)
        for identity in (*page.users, *page.groups):
            self._passings += passing.attached_passings(identity)
        for policy in page.policies:
            self._judge_policy(policy)
        for role in page.roles:
            if self._opens(role):
                yield pool.submit(self._judge_role, role)
            else:
                self._passings += passing.attached_passings(role)
        self._count("users and groups", len(page.users) + len(page.groups), 0)
        self._count("roles", len(page.roles), 0)
        self._count("policies", len(page.policies), 0)

    def _opens(self, role: RoleDetail) -> bool:
        """Tell, and remember, whether Amazon Personalize may assume a role."""
        opens = trusts.may_be_assumed(role)
        if opens:
            self._assumable[role.arn] = None
        return opens

    def _judge_inline(self, identity: IdentityDetail) -> None:
        for name, text in identity.inline.items():
            self._keep(policies.judge_actions(identity.arn, name, text, self._known))
            self._passings += passing.passings(identity.arn, name, text, self._place)

    def _judge_policy(self, policy: PolicyDetail) -> None:
        self._keep(policies.judge_policy(policy))
        if policy.attached_to:
            name = policy.arn.rpartition("/")[2]
            self._keep(policies.judge_actions(policy.arn, name, policy.document_json, self._known))
            self._passings += passing.passings(policy.arn, name, policy.document_json, self._place)

    def _judge_bare_role(self, role: RoleDetail) -> list[Finding]:
        whole = self._role_policies.completed(role)
        return self._judge_role(whole) if whole else self._judge_trust(role)

    def _judge_role(self, role: RoleDetail) -> list[Finding]:
        found = self._judge_trust(role)
        named, boundary = self._role_policies.named(role), self._role_policies.boundary(role)
        found += excess.judge_role(role, named, boundary, self._place)
        if any(map(trust.names_personalize, statements.statements_of(role.trust_json))):
            found += excess.judge_use(role, self._dates.today, self._dates.recently)
        return found

    def _judge_trust(self, role: RoleDetail) -> list[Finding]:
        dead = shared.judge_dead(DocumentKind.TRUST_POLICY, role.arn, role.trust_json, self._place)
        return [*trusts.judge_trust(role, self._place), *dead]

    # What is kept

    def _keep(self, found: Iterable[Finding]) -> None:
        with self._lock:
            self._findings += found

    def _count(self, what: str, more: int, total: int) -> None:
        with self._lock:
            done = self._counts[what] = self._counts.get(what, 0) + more
        if more:
            self._progress.counted(what, done, total)


class _Reading:
    """Documents of one kind that are being read; each result is let go as soon as it is taken up."""

    def __init__(
        self, what: str, names: Sequence[str], judge: Callable[[str], Judged], pool: ThreadPoolExecutor
    ) -> None:
        self.what = what
        self.total = len(names)
        self._futures = deque(pool.submit(judge, name) for name in names)

    def results(self) -> Iterator[Judged]:
        """Yield what was found in each document, in the order of the names."""
        while self._futures:
            yield self._futures.popleft().result()
