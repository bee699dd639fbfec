"""Audits every account that an aggregator of AWS Config collects from, by its records instead of by its own answers.

The same judges as those of one account, with the account that each thing is of. Records are taken up page by page;
kept are findings, the roles that Amazon Personalize may assume, and the policies that these have. What is not recorded
is unknown in that account, and so is everything of an account whose records did not arrive.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Final, TypeAlias

from personalize_perms import trust
from personalize_perms.audit import excess, passing, policies, shared, statements, trusts
from personalize_perms.audit.checks import found
from personalize_perms.audit.passing import Passing
from personalize_perms.audit.policies import NamedPolicy
from personalize_perms.audit.shared import Judged, SharedDocument
from personalize_perms.aws.account import Account
from personalize_perms.aws.aggregator import BATCH, Aggregator, Item
from personalize_perms.aws.errors import AwsError
from personalize_perms.documents import DocumentKind
from personalize_perms.engine import recorded
from personalize_perms.engine.account_walk import Audited, Progress
from personalize_perms.engine.noted import Notes
from personalize_perms.engine.role_policies import RolePolicies
from personalize_perms.model.findings import Finding
from personalize_perms.model.inventory import RoleDetail
from personalize_perms.model.names import AccountId
from personalize_perms.model.settings import Place
from personalize_perms.model.values import dataclass

_WORDS: Final = {
    recorded.ROLE: "roles",
    recorded.USER: "users",
    recorded.GROUP: "groups",
    recorded.POLICY: "policies",
    recorded.BUCKET: "buckets",
    recorded.KEY: "keys",
}
_DOCUMENTS: Final = {
    recorded.ROLE: "trust policies of roles, so whether Amazon Personalize may assume them",
    recorded.POLICY: "texts of policies, so what they allow",
    recorded.BUCKET: "bucket policies, so what they let in",
    recorded.KEY: "key policies, so what they let in",
}
_AWS_OWN: Final = "::aws:policy/"
_ATTACHED: Final = "policies of roles that Amazon Personalize may assume, so what these may do"
_INLINE: Final = "texts of inline policies, so what they allow"


@dataclass(slots=True)
class _Seen:
    """What is known of one account."""

    place: Place
    counts: Counter[str] = field(default_factory=Counter)
    lacking: Counter[str] = field(default_factory=Counter)
    """What is not in the records, in words, and of how many things."""
    roles: list[RoleDetail] = field(default_factory=list)
    """The roles that Amazon Personalize may assume."""
    perhaps: list[Judged] = field(default_factory=list)
    passings: list[Passing] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    """ARNs of roles whose records do not name all of their policies."""
    known: set[str] = field(default_factory=set)
    """What was taken up: IAM may be recorded in several Regions."""


Judge: TypeAlias = Callable[[_Seen, Item], None]


def walk(account: Account, aggregator: Aggregator, known: Mapping[str, str], progress: Progress) -> Audited:
    """Judge everything that is recorded; `known` are the actions of Amazon Personalize by their lower case.

    Raises `AwsError` where the aggregator cannot be asked at all; every other failed read is a finding.
    """
    return _Walk(account, aggregator, known, progress).walk()


class _Walk:
    def __init__(self, account: Account, aggregator: Aggregator, known: Mapping[str, str], progress: Progress) -> None:
        self._own = account.caller.place
        self._aggregator = aggregator
        self._known = known
        self._progress = progress
        self._notes = Notes(self._own.account)
        self._managed_by_aws = RolePolicies(account, self._notes)
        self._accounts: dict[str, _Seen] = {}
        self._unread: set[str] = set()
        """Resource types that could not be asked for."""
        self._texts: dict[str, str] = {}

    def walk(self) -> Audited:
        self._each(recorded.ROLE, self._role, needed=True)
        wanted = {arn for seen in self._accounts.values() for role in seen.roles for arn in _attached(role)}
        for kind in (recorded.USER, recorded.GROUP):
            self._each(kind, self._identity)
        self._each(recorded.POLICY, lambda seen, item: self._policy(seen, item, wanted))
        self._each(recorded.BUCKET, self._bucket)
        self._each(recorded.KEY, self._key)
        self._sources()
        findings = [one for number in sorted(self._accounts) for one in self._told(number)]
        counts: dict[str, int] = {"accounts": len(self._accounts)}
        for seen in self._accounts.values():
            for kind, count in seen.counts.items():
                counts[_WORDS[kind]] = counts.get(_WORDS[kind], 0) + count
        return Audited(findings=tuple(dict.fromkeys((*findings, *self._notes.findings()))), counts=counts)

    # Reading

    def _each(self, kind: str, judge: Judge, *, needed: bool = False) -> None:
        try:
            for page in self._aggregator.read_items(kind):
                for item in self._completed(page):
                    seen = self._of(str(item["accountId"]))
                    if recorded.arn(item) not in seen.known:
                        seen.known.add(recorded.arn(item))
                        seen.counts[kind] += 1
                        judge(seen, item)
                self._progress.counted(_WORDS[kind], len(page), 0)
        except AwsError as error:
            if needed:
                raise
            self._unread.add(kind)
            self._notes.failed(error, f"nothing is known of {_WORDS[kind]} in any account")

    def _completed(self, page: Sequence[Item]) -> Iterator[Item]:
        """Yield the items, those that lack documents from the records themselves."""
        bare = [item for item in page if not recorded.is_whole(item)]
        whole: dict[tuple[str, str, str], Item] = {}
        for start in range(0, len(bare), BATCH):
            try:
                whole |= {_key(item): item for item in self._aggregator.read_whole(bare[start : start + BATCH])}
            except AwsError as error:
                self._notes.failed(error, "what a query leaves out of the records is not known")
        for item in page:
            more = whole.get(_key(item), {})
            yield {**item, **{name: value for name, value in more.items() if value is not None}}

    def _of(self, account: str) -> _Seen:
        if account not in self._accounts:
            self._accounts[account] = _Seen(place=replace(self._own, account=AccountId(account)))
        return self._accounts[account]

    def _sources(self) -> None:
        try:
            sources = self._aggregator.read_sources()
        except AwsError as error:
            self._notes.failed(error, "which accounts the aggregator collects from, and how well, is not known")
            return
        for source in sources:
            account = str(source.get("SourceId", ""))
            if source.get("SourceType") == "ACCOUNT":
                self._of(account)
            if source.get("LastUpdateStatus") != "SUCCEEDED":
                self._behind(account, source)

    def _behind(self, account: str, source: Item) -> None:
        said = [str(source.get(name, "")) for name in ("LastErrorCode", "LastErrorMessage")]
        finding = found(
            "not-recorded",
            account,
            f"the records of {source.get('AwsRegion', 'its Regions')} are not up to date: "
            f"{source.get('LastUpdateStatus', 'unknown')}",
            ": ".join(filter(None, said)) or "the aggregator says no more",
            "see to the aggregator's authorization and the recorder of that account, then run audit again",
        )
        (self._of(account) if account.isdigit() else self._of(self._own.account)).findings.append(finding)

    # Judging

    def _role(self, seen: _Seen, item: Item) -> None:
        role = recorded.role(item)
        if role is None:
            seen.lacking[_DOCUMENTS[recorded.ROLE]] += 1
            return
        self._inline(seen, item, role.arn, role.inline)
        if not recorded.names_policies(item):
            seen.hidden.add(role.arn)
            seen.lacking[_ATTACHED] += 1
        if trusts.may_be_assumed(role):
            seen.roles.append(role)
        else:
            seen.passings += passing.attached_passings(role)

    def _identity(self, seen: _Seen, item: Item) -> None:
        identity = recorded.identity(item)
        self._inline(seen, item, identity.arn, identity.inline)
        seen.passings += passing.attached_passings(identity)

    def _inline(self, seen: _Seen, item: Item, holder: str, texts: Mapping[str, str]) -> None:
        if recorded.has_unseen_inline(item):
            seen.lacking[_INLINE] += 1
        for name, text in texts.items():
            if text:
                self._actions(seen, holder, name, text)

    def _actions(self, seen: _Seen, holder: str, name: str, text: str) -> None:
        seen.findings += policies.judge_actions(holder, name, text, self._known)
        seen.passings += passing.passings(holder, name, text, seen.place)

    def _policy(self, seen: _Seen, item: Item, wanted: set[str]) -> None:
        policy = recorded.policy(item)
        if policy is None:
            seen.lacking[_DOCUMENTS[recorded.POLICY]] += 1
            return
        seen.findings += policies.judge_policy(policy)
        if policy.attached_to:
            self._actions(seen, policy.arn, policy.arn.rpartition("/")[2], policy.document_json)
        if policy.arn in wanted:
            self._texts[policy.arn] = policy.document_json

    def _bucket(self, seen: _Seen, item: Item) -> None:
        arn = recorded.arn(item)
        arn = arn if arn.startswith("arn:") else f"arn:{self._own.partition}:s3:::{arn}"
        self._shared(seen, DocumentKind.BUCKET_POLICY, arn, recorded.bucket_policy(item), recorded.BUCKET)

    def _key(self, seen: _Seen, item: Item) -> None:
        if not recorded.is_managed_by_aws(item):
            self._shared(seen, DocumentKind.KEY_POLICY, recorded.arn(item), recorded.key_policy(item), recorded.KEY)

    def _shared(self, seen: _Seen, kind: DocumentKind, arn: str, text: str | None, of: str) -> None:
        if text is None:
            seen.lacking[_DOCUMENTS[of]] += 1
        elif text:
            judged = shared.judge(SharedDocument(kind=kind, resource=arn, text=text), seen.place)
            seen.findings += judged.findings
            if judged.perhaps:
                seen.perhaps.append(judged)

    # What is told of an account

    def _told(self, account: str) -> Iterator[Finding]:
        seen = self._accounts[account]
        for role in seen.roles:
            seen.findings += self._judged_role(seen, role)
        assumable = [role.arn for role in seen.roles]
        seen.findings += passing.judge_passings(seen.passings, assumable, seen.place)
        everywhere = {role.arn for each in self._accounts.values() for role in each.roles}
        for judged in seen.perhaps:
            seen.findings += judged.perhaps if everywhere.intersection(judged.named) else ()
        seen.findings += self._lacking(account, seen)
        return (replace(one, account=account, message=f"account {account}: {one.message}") for one in seen.findings)

    def _judged_role(self, seen: _Seen, role: RoleDetail) -> Iterator[Finding]:
        yield from trusts.judge_trust(role, seen.place)
        yield from shared.judge_dead(DocumentKind.TRUST_POLICY, role.arn, role.trust_json, seen.place)
        named = [NamedPolicy(name=name, text=text) for name, text in role.inline.items()]
        named += [self._named(seen, arn) for arn in role.attached]
        boundary = self._named(seen, role.boundary_arn) if role.boundary_arn else None
        yield from excess.judge_role(role, named, boundary, seen.place)
        bare = role.arn not in seen.hidden and excess.may_do_nothing(role)
        if bare and any(map(trust.names_personalize, statements.statements_of(role.trust_json))):
            # When a role was last used is not recorded, so of use only this can be judged.
            yield from excess.judge_use(role, "", "")

    def _named(self, seen: _Seen, arn: str) -> NamedPolicy:
        if _AWS_OWN in arn:
            return self._managed_by_aws.by_arn(arn)
        text = self._texts.get(arn, "")
        if not text:
            seen.lacking["texts of policies of roles that Amazon Personalize may assume"] += 1
        return NamedPolicy(name=arn, arn=arn, text=text)

    def _lacking(self, account: str, seen: _Seen) -> Iterator[Finding]:
        for what, count in seen.lacking.items():
            yield found(
                "not-recorded",
                f"account {account}",
                f"what the aggregator does not tell: {what} ({count})",
                "AWS Config has no such text in its records, or may not show it here",
                "run audit with credentials of that account",
            )
        absent = [_WORDS[kind] for kind in _WORDS if not seen.counts[kind] and kind not in self._unread]
        if absent:
            yield found(
                "not-recorded",
                f"account {account}",
                f"the aggregator shows no {', '.join(absent)}: there are none, or they are not recorded",
                "a recorder records the types and Regions that it is told to; IAM in one Region",
                "let the recorder of that account record them, or run audit with credentials of that account",
            )


def _attached(role: RoleDetail) -> Iterable[str]:
    return (*role.attached, role.boundary_arn)


def _key(item: Item) -> tuple[str, str, str]:
    return str(item.get("accountId")), str(item.get("awsRegion")), str(item.get("resourceId"))
