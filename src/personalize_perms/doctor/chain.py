"""The documents along the chain, compiled for the evaluator: what could not be read takes part as unknown."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import TypeAlias

from personalize_perms.evaluate import Document, Grant, Policies, Unread, compiled_text
from personalize_perms.model.access import PrincipalType, Question
from personalize_perms.model.live import Absent, Live, LiveGrant, LiveKey, Present, Read, Unreadable
from personalize_perms.model.settings import Place
from personalize_perms.model.values import dataclass

Compiled: TypeAlias = Document | Unread


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyText:
    """One policy of an identity: what to call it, and its text."""

    name: str
    text: Read[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityTexts:
    """The identity-based policies of one user, role or group, and its permissions boundary."""

    policies: tuple[PolicyText, ...] = ()
    boundary: PolicyText | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Identity:
    identity: tuple[Compiled, ...] = ()
    boundary: Compiled | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Everything that decides; `identities` and `texts` are by the ARN of the principal, or document name."""

    identities: Mapping[str, _Identity] = field(default_factory=dict)
    buckets: Mapping[str, Compiled | None] = field(default_factory=dict)
    keys: Mapping[str, Compiled | None] = field(default_factory=dict)
    grants: Mapping[str, "tuple[Grant, ...] | Unread"] = field(default_factory=dict)
    trusts: Mapping[str, Compiled] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    """The text of every document that was read, by the name that a decision calls it by."""
    unread: Mapping[str, str] = field(default_factory=dict)
    """Why each document that could not be read could not, by the same name."""

    def policies(self, question: Question, where: str) -> Policies:
        """Return the policies that take part in a question about the bucket, key or role `where`."""
        own = self.identities.get(question.principal.arn, _Identity())
        service = question.action.partition(":")[0]
        resource: Compiled | None = None
        grants: tuple[Grant, ...] | Unread = ()
        if service == "s3":
            resource = self.buckets.get(where)
        elif service == "kms":
            resource, grants = self.keys.get(where), self.grants.get(where, ())
        elif service == "sts":
            resource = self.trusts.get(where)
        is_service = question.principal.type is PrincipalType.SERVICE
        return Policies(
            identity=() if is_service else own.identity,
            boundary=None if is_service else own.boundary,
            resource=resource,
            grants=grants,
        )


def chain(
    live: Live,
    place: Place,
    identities: Mapping[str, IdentityTexts],
    grants: Mapping[str, Read[tuple[LiveGrant, ...]]],
) -> Chain:
    """Compile what was read."""
    trusts = dict(_trusts(live, place))
    texts: dict[str, str] = {}
    unread: dict[str, str] = {}

    def take(name: str, read: Read[str]) -> Compiled | None:
        if isinstance(read, Present):
            texts[name] = read.value
        found = _compiled(name, read)
        if isinstance(found, Unread):
            unread[name] = found.why
        return found

    def take_grants(arn: str) -> "tuple[Grant, ...] | Unread":
        found = _grants(arn, live.keys[arn], grants.get(arn))
        if isinstance(found, Unread):
            unread[found.name] = found.why
        return found

    return Chain(
        identities={arn: _identity(found, take) for arn, found in identities.items()},
        buckets={name: take(bucket_document(name), bucket.policy_json) for name, bucket in live.buckets.items()},
        keys={arn: take(key_document(arn), key.policy_json) for arn, key in live.keys.items()},
        grants={arn: take_grants(arn) for arn in live.keys},
        trusts={arn: found for arn, read in trusts.items() if (found := take(trust_document(arn), read))},
        texts=texts,
        unread=unread,
    )


def bucket_document(bucket: str) -> str:
    """Return what a bucket policy is called."""
    return f"bucket policy {bucket}"


def key_document(key_arn: str) -> str:
    """Return what a key policy is called."""
    return f"key policy {key_arn}"


def trust_document(role_arn: str) -> str:
    """Return what a trust policy is called."""
    return f"trust policy {role_arn}"


def _trusts(live: Live, place: Place) -> Iterator[tuple[str, Read[str]]]:
    for name, role in live.roles.items():
        match role:
            case Present(value=found):
                yield found.arn, Present(found.trust_json)
            case Unreadable():
                # Its path is not known either; most roles have none.
                yield place.arn("iam", f"role/{name}"), role
            case Absent():
                pass


def _compiled(name: str, read: Read[str]) -> Compiled | None:
    match read:
        case Present(value=text):
            return compiled_text(text, name)
        case Unreadable(action=action, reason=reason):
            return Unread(name=name, why=f"not allowed {action}: {reason}")
        case Absent():
            return None


def _identity(found: IdentityTexts, take: Callable[[str, Read[str]], Compiled | None]) -> _Identity:
    read = (take(policy.name, policy.text) for policy in found.policies)
    boundary = take(found.boundary.name, found.boundary.text) if found.boundary else None
    if found.boundary and boundary is None:
        # A boundary that was deleted allows nothing, AWS says; what it does until then cannot be known from here.
        boundary = Unread(name=found.boundary.name, why="the policy that is the boundary does not exist")
    return _Identity(identity=tuple(document for document in read if document), boundary=boundary)


def _grants(arn: str, key: LiveKey, read: Read[tuple[LiveGrant, ...]] | None) -> "tuple[Grant, ...] | Unread":
    found = key.grants if read is None else read
    match found:
        case Present(value=grants):
            return tuple(map(_grant, grants))
        case Unreadable(action=action, reason=reason):
            return Unread(name=f"grants of {arn}", why=f"not allowed {action}: {reason}")
        case Absent():
            return ()


def _grant(grant: LiveGrant) -> Grant:
    return Grant(
        id=grant.grant_id,
        grantee=grant.grantee,
        operations=grant.operations,
        context_equals=grant.context_equals,
        context_subset=grant.context_subset,
    )
