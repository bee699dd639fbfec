"""Reads what decides besides the documents of the set-up: the other policies of its role and of people, and grants."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from functools import partial

from personalize_perms.aws.account import Account
from personalize_perms.aws.iam_in_bulk import IamInBulk
from personalize_perms.doctor.chain import IdentityTexts, PolicyText
from personalize_perms.doctor.people import Person
from personalize_perms.engine.flow import Flow
from personalize_perms.model.live import Absent, Live, LiveGrant, LiveRole, PolicyHead, Present, Read, Unreadable
from personalize_perms.model.resources import PrincipalKind
from personalize_perms.model.values import dataclass


@dataclass(slots=True)
class Extras:
    """What was read; identities by the ARN of the principal, grants by key ARN."""

    identities: dict[str, IdentityTexts] = field(default_factory=dict)
    grants: dict[str, Read[tuple[LiveGrant, ...]]] = field(default_factory=dict)


class Reader:
    """Reads identities, each managed policy once."""

    def __init__(self, account: Account, iam: IamInBulk, live: Live, flow: Flow) -> None:
        self._account = account
        self._iam = iam
        self._flow = flow
        self._texts: dict[str, Read[str]] = {}
        self._found: dict[str, list[tuple[str, Read[str] | None]]] = {}
        self._boundaries: dict[str, str] = {}
        self.extras = Extras()
        for arn, policy in live.policies.items():
            if isinstance(policy, Present):
                self._texts[arn] = Present(policy.value.document_json)

    def want_role(self, role: LiveRole) -> None:
        """Read the policies of a role that was read already."""
        self._want(role.arn, PrincipalKind.ROLE, role.name)
        self._want_boundary(role.arn, role.boundary_arn)

    def want_person(self, person: Person) -> None:
        """Read the policies of somebody who works with Amazon Personalize, and those of a user's groups."""
        arn = person.principal.arn
        self._want(arn, person.kind, person.name)
        if person.kind is PrincipalKind.GROUP:
            return
        read = partial(self._iam.read_identity, person.kind, person.name)
        self._flow.start(read, partial(self._identity_read, arn, person.name))
        if person.kind is PrincipalKind.USER:
            self._flow.start(partial(self._iam.read_groups, person.name), partial(self._groups_read, arn, person.name))

    def want_grants(self, keys: Iterable[str]) -> None:
        """Read the grants on keys."""
        for arn in keys:
            self._flow.start(partial(self._account.kms.read_grants, arn), partial(self.extras.grants.__setitem__, arn))

    def finish(self) -> Extras:
        """Wait for all reads, and return what they found."""
        self._flow.finish()
        for arn, found in self._found.items():
            policies = tuple(
                PolicyText(name=name, text=self._texts.get(name, Absent()) if text is None else text)
                for name, text in found
            )
            boundary = self._boundaries.get(arn)
            self.extras.identities[arn] = IdentityTexts(
                policies=policies,
                boundary=PolicyText(name=boundary, text=self._texts.get(boundary, Absent())) if boundary else None,
            )
        return self.extras

    def _want(self, arn: str, kind: PrincipalKind, name: str) -> None:
        self._found.setdefault(arn, [])
        self._flow.start(
            partial(self._iam.read_attached, kind, name), partial(self._attached_read, arn, f"{kind} {name}")
        )
        self._flow.start(partial(self._iam.read_inline, kind, name), partial(self._inline_read, arn, f"{kind} {name}"))

    def _attached_read(self, arn: str, who: str, found: Read[tuple[str, ...]]) -> None:
        match found:
            case Present(value=policies):
                for policy in policies:
                    self._found[arn].append((policy, None))
                    self._want_text(policy)
            case Unreadable():
                self._found[arn].append((f"attached policies of {who}", found))
            case Absent():
                pass  # there is no such principal: the plan says so

    def _inline_read(self, arn: str, who: str, found: Read[Mapping[str, str]]) -> None:
        match found:
            case Present(value=policies):
                self._found[arn] += [
                    (f"inline policy {name} of {who}", Present(text)) for name, text in policies.items()
                ]
            case Unreadable():
                self._found[arn].append((f"inline policies of {who}", found))
            case Absent():
                pass

    def _identity_read(self, arn: str, name: str, found: Read[tuple[str, str]]) -> None:
        match found:
            case Present(value=(_, boundary)):
                self._want_boundary(arn, boundary)
            case Unreadable():
                self._boundaries[arn] = f"permissions boundary of {name}"
                self._texts[self._boundaries[arn]] = found
            case Absent():
                pass

    def _groups_read(self, arn: str, name: str, found: Read[tuple[str, ...]]) -> None:
        match found:
            case Present(value=groups):
                for group in groups:
                    self._want(arn, PrincipalKind.GROUP, group)
            case Unreadable():
                self._found[arn].append((f"policies of the groups of user {name}", found))
            case Absent():
                pass

    def _want_boundary(self, arn: str, boundary: str) -> None:
        if boundary:
            self._boundaries[arn] = boundary
            self._want_text(boundary)

    def _want_text(self, policy: str) -> None:
        if policy in self._texts:
            return
        self._texts[policy] = Absent()
        keep: Callable[[Read[str]], None] = partial(self._texts.__setitem__, policy)

        def head_read(head: Read[PolicyHead]) -> None:
            if isinstance(head, Present):
                version = head.value.version_id
                self._flow.start(lambda: self._iam.read_policy_document(policy, version), keep)
            else:
                keep(head)

        self._flow.start(lambda: self._iam.read_policy_head(policy), head_read)
