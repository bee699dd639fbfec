"""The examination from end to end: read, plan, ask about every link, hear AWS's own opinion."""

from collections.abc import Iterable, Iterator
from dataclasses import field
from functools import partial

from personalize_perms.aws.account import Account
from personalize_perms.aws.iam_in_bulk import IamInBulk
from personalize_perms.aws.personalize import DATASET_GROUPS
from personalize_perms.doctor import accounts, drift, judging, needs, opinions, people, surroundings
from personalize_perms.doctor.chain import Chain, bucket_document, chain, key_document, trust_document
from personalize_perms.doctor.people import Person
from personalize_perms.doctor.reading import Extras, Reader
from personalize_perms.doctor.remedies import Repair
from personalize_perms.documents import DocumentKind
from personalize_perms.engine import observe, planner
from personalize_perms.engine.flow import Flow, Heard, nobody
from personalize_perms.engine.observe import Observation
from personalize_perms.model.access import PrincipalType
from personalize_perms.model.changes import Plan
from personalize_perms.model.examination import Asked, Examination, Link
from personalize_perms.model.findings import Finding, Severity, Verdict
from personalize_perms.model.live import Carrier, Live, LiveRole, Present, Read, Unreadable
from personalize_perms.model.opinions import Advice, Simulated
from personalize_perms.model.resources import PrincipalKind
from personalize_perms.model.settings import KmsAccess, Settings, Workflow
from personalize_perms.model.values import dataclass
from personalize_perms.templates import Templates


@dataclass(slots=True)
class _Heard:
    """What was asked beside the policies."""

    simulated: dict[str, Present[tuple[Simulated, ...]] | Unreadable] = field(default_factory=dict)
    advised: dict[str, Present[tuple[Advice, ...]] | Unreadable] = field(default_factory=dict)
    blocks: dict[str, Read[bool]] = field(default_factory=dict)
    """Of the buckets whose policy has to change and is public: whether that is blocked."""
    groups: tuple[tuple[Carrier, ...], Unreadable | None] = ((), None)
    """The dataset groups, where their keys matter, and why not all are known."""


def examine(
    account: Account, settings: Settings, templates: Templates, command: str, heard: Heard = nobody
) -> tuple[Plan, Examination]:
    """Read the account and examine the set-up; `command` is what brings it to its settings. Writes nothing."""
    plan, _, examination = examine_asking(account, settings, templates, command, (), heard)
    return plan, examination


def examine_asking(
    account: Account,
    settings: Settings,
    templates: Templates,
    command: str,
    asked: Iterable[Asked],
    heard: Heard = nobody,
) -> tuple[Plan, Live, Examination]:
    """Examine the set-up, and what is `asked` besides; return what was read, too."""
    seen = observe.observe(account, settings, templates, heard)
    plan = planner.plan(seen.desired, seen.live, seen.refusals)
    return plan, seen.live, _Examiner(account, settings, seen, plan, command, asked).examination()


class _Examiner:
    """One examination of what was observed."""

    def __init__(
        self,
        account: Account,
        settings: Settings,
        seen: Observation,
        plan: Plan,
        command: str,
        asked: Iterable[Asked],
    ) -> None:
        self._account = account
        self._settings = settings
        self._seen = seen
        self._plan = plan
        self._command = command
        self._people = people.people(seen.desired, seen.live)
        self._asked = tuple(people.of_asked(asked, settings, seen.desired, seen.live, self._people))
        place, halves = seen.desired.place, seen.desired.halves
        self._served = accounts.served_needs(settings, place, seen.uses) if settings.serves else ()
        self._needs = (
            *accounts.at_their_owners(needs.needs(settings, place, seen.uses, self._role), halves),
            *people.needs(settings, seen.desired, self._people),
            *(need for _, need in self._asked),
        )

    @property
    def _role(self) -> LiveRole | None:
        found = self._seen.live.roles.get(self._seen.desired.service_role_name)
        return found.value if isinstance(found, Present) else None

    def examination(self) -> Examination:
        extras, heard = self._read()
        identities = {**extras.identities, **accounts.served_identities(self._served)}
        links = chain(self._seen.live, self._seen.desired.place, identities, extras.grants)
        judged = judging.judge((*self._needs, *self._served), links)
        repair = Repair(plan=self._plan, command=self._command, service_role_arn=self._seen.desired.service_role_arn)
        found = (
            *judging.findings(judged, links, repair),
            *self._opinions(heard, links),
            *surroundings.blocked(self._seen.live, heard.blocks),
            *surroundings.other_keys(*heard.groups, self._seen.uses, self._seen.desired.service_role_arn),
            *drift.findings(self._plan, self._seen.live, self._command),
            *self._plan.findings,
        )
        return Examination(findings=ordered(found), examined=judging.examined(judged), notes=tuple(self._notes(heard)))

    # Reading

    def _read(self) -> tuple[Extras, _Heard]:
        """Read the other policies, and hear AWS's opinions meanwhile."""
        heard = _Heard()
        iam = self._account.iam
        assert isinstance(iam, IamInBulk)  # noqa: S101 - for the type checker: `check` opens the account so
        with Flow(self._account.workers) as flow:
            reader = Reader(self._account, iam, self._seen.live, flow)
            if self._role:
                reader.want_role(self._role)
            for person in dict.fromkeys((*self._people, *self._takers(), *(person for person, _ in self._asked))):
                reader.want_person(person)
            reader.want_grants(self._keys_with_grants())
            self._want_surroundings(heard, flow)
            self._want_opinions(heard, flow)
            extras = reader.finish()
        return extras, heard

    def _takers(self) -> Iterator[Person]:
        """Yield the users who take on a role: what their own policies deny them counts."""
        for need in self._needs:
            asks = need.question.principal
            if need.link is Link.ASSUME_ROLE and asks.type is PrincipalType.USER:
                yield Person(kind=PrincipalKind.USER, name=asks.arn.rpartition("/")[2], principal=asks)

    def _keys_with_grants(self) -> Iterator[str]:
        """Yield the keys whose grants decide and were not read: where the key policy alone does not let the role in."""
        if self._settings.kms_access is KmsAccess.GRANT:
            return  # the plan read them
        links = chain(self._seen.live, self._seen.desired.place, {}, {})
        keyed = [need for need in self._needs if need.question.action.startswith("kms:")]
        for judged in judging.judge(keyed, links):
            role = judged.need.question.principal.type is PrincipalType.ROLE
            if role and judged.decision.verdict is not Verdict.ALLOWED:
                yield judged.need.where

    def _want_surroundings(self, heard: _Heard, flow: Flow) -> None:
        for bucket in surroundings.public_buckets(self._plan, self._seen.live):
            read = partial(self._account.s3.read_blocks_public_policies, bucket)
            flow.start(read, partial(heard.blocks.__setitem__, bucket))
        if Workflow.ENCRYPTED_DATASET_GROUP in self._settings.workflows:
            read_groups = partial(self._account.personalize.read_carriers, DATASET_GROUPS)
            flow.start(read_groups, partial(setattr, heard, "groups"))

    # AWS's own opinions

    def _want_opinions(self, heard: _Heard, flow: Flow) -> None:
        for simulation in opinions.simulations(self._needs):
            ask = partial(
                self._account.opinions.read_simulation,
                simulation.principal_arn,
                simulation.actions,
                simulation.resources,
                simulation.context,
            )
            flow.start(ask, partial(heard.simulated.__setitem__, simulation.principal_arn))
        stored = self._documents()
        if not stored:
            return
        (first, kind, text), *rest = stored
        read = self._account.opinions.read_advice

        def first_read(answer: Present[tuple[Advice, ...]] | Unreadable) -> None:
            heard.advised[first] = answer
            if isinstance(answer, Present):  # else the others would be refused, too
                for name, other, found in rest:
                    flow.start(partial(read, other, found), partial(heard.advised.__setitem__, name))

        flow.start(partial(read, kind, text), first_read)

    def _documents(self) -> list[tuple[str, DocumentKind, str]]:
        """Return the documents of the set-up as they are stored now."""
        live = self._seen.live
        found: list[tuple[str, DocumentKind, str]] = [
            (f"managed policy {arn}", DocumentKind.MANAGED_POLICY, policy.value.document_json)
            for arn, policy in live.policies.items()
            if isinstance(policy, Present)
        ]
        found += [
            (trust_document(role.value.arn), DocumentKind.TRUST_POLICY, role.value.trust_json)
            for role in live.roles.values()
            if isinstance(role, Present)
        ]
        found += [
            (bucket_document(name), DocumentKind.BUCKET_POLICY, bucket.policy_json.value)
            for name, bucket in live.buckets.items()
            if isinstance(bucket.policy_json, Present)
        ]
        found += [
            (key_document(arn), DocumentKind.KEY_POLICY, key.policy_json.value)
            for arn, key in live.keys.items()
            if isinstance(key.policy_json, Present)
        ]
        return found

    def _opinions(self, heard: _Heard, links: Chain) -> Iterator[Finding]:
        for simulation in opinions.simulations(self._needs):
            said = heard.simulated.get(simulation.principal_arn)
            if isinstance(said, Present):
                yield from opinions.compared(simulation, said.value, links)
        for document, advice in heard.advised.items():
            if isinstance(advice, Present):
                yield from opinions.advised(document, advice.value)

    def _notes(self, heard: _Heard) -> Iterator[str]:
        iam = self._account.iam
        if isinstance(iam, IamInBulk) and iam.refused:
            yield f"IAM was read policy by policy, not at once: {opinions.shortened(iam.refused)}"
        unread = heard.groups[1]
        if unread and not surroundings.is_denied(unread):
            yield f"The keys of dataset groups were not looked at: {opinions.shortened(unread.reason)}"
        answers = (
            *(("AWS's policy simulator", answer) for answer in heard.simulated.values()),
            *(("Access Analyzer", answer) for answer in heard.advised.values()),
        )
        yield from dict.fromkeys(note for who, answer in answers if (note := opinions.not_asked(who, answer)))


_VERDICTS = (Verdict.DENIED, Verdict.ALLOWED, Verdict.UNKNOWN)


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings, the likeliest cause of a failure first: by severity, verdict, and place in the chain."""
    places = {str(name): number for number, name in enumerate((*drift.REFUSED, *Link))}
    severities = list(Severity)

    def rank(finding: Finding) -> tuple[int, int, int]:
        place = places.get(finding.check, len(places))
        return -severities.index(finding.severity), _VERDICTS.index(finding.verdict), place

    return tuple(sorted(findings, key=rank))
