"""From what is wanted, and what a plan says of the account, to the picture of who may reach what. Pure.

Every edge is a sentence of a statement, an attachment or a grant; nothing is taken from the settings.
"""

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from typing import assert_never

from personalize_perms import documents
from personalize_perms.documents import wording
from personalize_perms.documents.wording import Phrase
from personalize_perms.engine import memory
from personalize_perms.model import ownership
from personalize_perms.model.changes import Action, Change, Plan
from personalize_perms.model.errors import DocumentError
from personalize_perms.model.graph import Edge, Graph, Layer, Node, State
from personalize_perms.model.live import Live, Present, Read
from personalize_perms.model.resources import (
    BucketPolicyStatements,
    Desired,
    KeyGrant,
    KeyPolicyStatements,
    ManagedPolicy,
    PermissionSet,
    PermissionSetAssignment,
    PolicyAttachment,
    PrincipalKind,
    Resource,
    Role,
    Statement,
    TrustPolicyStatements,
)
from personalize_perms.model.values import dataclass

_SERVICE = "Amazon Personalize"
_FOR_PEOPLE = "role for people"
_NOBODY = (
    "These settings give the user policy to nobody. People get it with --assumable-by, --attach-group, --attach-role "
    "and the like."
)


def picture(desired: Desired, plan: Plan | None = None, live: Live | None = None) -> Graph:
    """Return who may reach what once `desired` is there; with `plan` and `live`, also what of it is there already."""
    drawing = _Drawing(desired, plan)
    drawing.nodes[_SERVICE] = Node(layer=Layer.SERVICE, kind="service", name=_SERVICE, state=drawing.there)
    for resource in desired.resources:
        drawing.add(resource)
    if live:
        drawing.add_others(live)
    notes = (*drawing.notes, *(_foreign(desired, live) if live else ()))
    layers = {node.layer for node in drawing.nodes.values()}
    nobody = Layer.POLICY in layers and Layer.PEOPLE not in layers
    if nobody:
        drawing.nodes["nobody"] = Node(layer=Layer.PEOPLE, kind="nobody", name="nobody yet", state=State.WANTED)
    return Graph(
        name=desired.name,
        place=desired.place,
        nodes=tuple(sorted(drawing.nodes.values(), key=lambda node: node.kind == _FOR_PEOPLE)),
        edges=tuple(dict.fromkeys(drawing.edges)),
        notes=(*((_NOBODY,) if nobody else ()), *notes),
    )


@dataclass(slots=True)
class _Drawing:
    """A picture while it is being made."""

    desired: Desired
    plan: Plan | None
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def there(self) -> State:
        """The state of what is not planned: there, if anything was looked at."""
        return State.THERE if self.plan else State.WANTED

    def add(self, resource: Resource) -> None:
        """Add what one resource says."""
        match resource:
            case ManagedPolicy():
                self._policy(resource)
            case Role():
                self._trust(resource.arn, resource.statements, "role")
            case TrustPolicyStatements():
                self._trust(resource.role_arn, resource.statements, "trust-policy")
            case PolicyAttachment():
                self._attachment(resource)
            case BucketPolicyStatements():
                name = f"s3://{resource.bucket}"
                self._node(Layer.DATA, "bucket", name, self.there)
                self._reached(name, resource.statements, self._changes("bucket-policy", resource.bucket))
            case KeyPolicyStatements():
                arn = resource.key_arn
                self._node(Layer.DATA, "key", arn, self.there)
                self._reached(arn, resource.statements, self._changes("key-policy", arn), own=arn)
            case KeyGrant(key_arn=arn):
                self._node(Layer.DATA, "key", arn, self.there)
                says = f"may use the key ({', '.join(resource.operations)}), by a grant"
                state = self._state(self._changes("grant", f"{arn} {resource.name}"))
                self.edges.append(Edge(source=resource.grantee_arn, target=arn, says=says, state=state))
            case PermissionSet():
                self._permission_set(resource)
            case PermissionSetAssignment():
                self._assignment(resource)
            case _:
                assert_never(resource)

    def add_others(self, live: Live) -> None:
        """Add those whom others gave a policy of this set-up."""
        for arn, found in live.policies.items():
            if not isinstance(found, Present) or not memory.is_own_policy(found.value, self.desired.name):
                continue
            for kind in PrincipalKind:
                for name in memory.attached(found.value, kind):
                    if not self._gives(arn, kind, name):
                        self._other(arn, kind, _principal(kind, name))

    def _gives(self, arn: str, kind: PrincipalKind, name: str) -> bool:
        """Tell whether these settings give somebody a policy, or take it away."""
        resources = self.desired.resources
        wanted = PolicyAttachment(policy_arn=arn, principal_kind=kind, principal_name=name)
        goes = self._changes("attachment", f"{arn} -> {kind}/{name}")
        return wanted in resources or any(change.action is Action.DELETE for change in goes)

    def _other(self, arn: str, kind: PrincipalKind, who: str) -> None:
        self._node(Layer.PEOPLE, kind, who, State.THERE)
        self._node(Layer.POLICY, "policy", arn, State.THERE)
        says = f"has the policy {arn}, which these settings do not give"
        self.edges.append(Edge(source=who, target=arn, says=says, state=State.THERE))

    def _policy(self, policy: ManagedPolicy) -> None:
        changes = self._changes("managed-policy", policy.arn)
        source = policy.arn
        if memory.is_service_policy(self.desired, policy.arn):
            source = self.desired.service_role_arn
        else:
            self._node(Layer.POLICY, "policy", policy.arn, self._state(changes))
        for statement in policy.statements:
            for phrase in wording.phrases(statement):
                self._edge(source, phrase, self._state(changes, statement))

    def _trust(self, arn: str, statements: tuple[Statement, ...], kind: str) -> None:
        service_role = arn == self.desired.service_role_arn
        changes = self._changes(kind, arn) or self._changes("trust-policy", arn)
        state = self._state(self._changes("role", arn))
        self._node(*((Layer.ROLE, "role") if service_role else (Layer.PEOPLE, _FOR_PEOPLE)), arn, state)
        for statement in statements:
            for phrase in wording.phrases(statement, own=arn):
                source = self._source(phrase)
                named = replace(phrase, what=phrase.what.replace("this role", f"the role {arn}"))
                self.edges.append(
                    Edge(source=source, target=arn, says=named.deed, state=self._state(changes, statement))
                )

    def _attachment(self, wanted: PolicyAttachment) -> None:
        if memory.is_service_policy(self.desired, wanted.policy_arn):
            return  # what the service role may do is told of the role itself
        kind, name = wanted.principal_kind, wanted.principal_name
        state = self._state(self._changes("attachment", f"{wanted.policy_arn} -> {kind}/{name}"))
        made = next((r.arn for r in self.desired.resources if isinstance(r, Role) and r.name == name), "")
        source = made if kind is PrincipalKind.ROLE and made else _principal(kind, name)
        if source not in self.nodes:
            self._node(Layer.PEOPLE, kind, source, self.there)
        says = f"has the policy {wanted.policy_arn}"
        self.edges.append(Edge(source=source, target=wanted.policy_arn, says=says, state=state))

    def _permission_set(self, wanted: PermissionSet) -> None:
        arns = [one.arn for one in self.desired.resources if isinstance(one, ManagedPolicy)]
        name = f"{wanted.region}/{wanted.name}"
        state = self._state(self._changes("permission-set", name))
        self._node(Layer.PEOPLE, "permission set", name, state)
        for arn in arns:
            if arn.endswith(f":policy{wanted.policy_path}{wanted.policy_name}"):
                self.edges.append(Edge(source=name, target=arn, says=f"refers to the policy {arn}", state=state))

    def _assignment(self, wanted: PermissionSetAssignment) -> None:
        kind, target = wanted.principal_kind, f"{wanted.region}/{wanted.permission_set}"
        source = f"the {kind} {wanted.principal_name} of Identity Center"
        self._node(Layer.PEOPLE, kind, source, self.there)
        says = f"has the permission set {wanted.permission_set} in account {wanted.account}"
        shown = f"{target} -> {kind}/{wanted.principal_name} in account {wanted.account}"
        state = self._state(self._changes("assignment", shown))
        self.edges.append(Edge(source=source, target=target, says=says, state=state))

    def _reached(
        self, target: str, statements: tuple[Statement, ...], changes: tuple[Change, ...], own: str = ""
    ) -> None:
        for statement in statements:
            for phrase in wording.phrases(statement, own=own):
                state = self._state(changes, statement)
                self.edges.append(Edge(source=self._source(phrase), target=target, says=phrase.deed, state=state))

    def _edge(self, source: str, phrase: Phrase, state: State) -> None:
        target = phrase.target
        name = f"s3://{target.name}" if target.kind == "bucket" else target.name or "anything else"
        if name == "*":
            name = f"any {target.kind}"
        layer = Layer.DATA if target.kind in ("bucket", "key") else Layer.SERVICE
        if name != self.desired.service_role_arn:
            self._node(layer, target.kind or "whatever", name, self.there)
        self.edges.append(Edge(source=source, target=name, says=phrase.deed, state=state))

    def _source(self, phrase: Phrase) -> str:
        """Return the node that a statement names as its principal."""
        name = phrase.who.removeprefix("the role ").removeprefix("the user ")
        if name not in (self.desired.service_role_arn, _SERVICE):
            self._node(Layer.PEOPLE, phrase.who.removesuffix(name).removeprefix("the ").strip(), name, self.there)
        return name

    def _node(self, layer: Layer, kind: str, name: str, state: State) -> None:
        self.nodes.setdefault(name, Node(layer=layer, kind=kind, name=name, state=state))

    def _changes(self, kind: str, resource: str) -> tuple[Change, ...]:
        changes = self.plan.changes if self.plan else ()
        return tuple(change for change in changes if (change.kind, change.resource) == (kind, resource))

    def _state(self, changes: tuple[Change, ...], statement: Statement | None = None) -> State:
        if not self.plan:
            return State.WANTED
        sid = statement and statement.get("Sid")
        for change in changes:
            if change.action is Action.BLOCKED:
                return State.UNKNOWN
            if change.action is Action.CREATE or (sid and f"+ {sid}" in change.details):
                return State.NEW
            if sid and f"~ {sid}" in change.details:
                return State.NEW
        return State.THERE


def _principal(kind: PrincipalKind, name: str) -> str:
    return f"the {kind} {name}"


def _foreign(desired: Desired, live: Live) -> Iterator[str]:
    """Yield how many statements of others there are that the picture does not show."""
    texts: Mapping[str, Read[str]] = {
        **{f"the bucket policy of {bucket.name}": bucket.policy_json for bucket in live.buckets.values()},
        **{f"the key policy of {arn}": key.policy_json for arn, key in live.keys.items()},
        **{
            f"the trust policy of {name}": Present(role.value.trust_json)
            for name, role in live.roles.items()
            if isinstance(role, Present)
        },
    }
    for where, read in texts.items():
        if not isinstance(read, Present):
            continue
        try:
            listed = documents.statements(documents.parse(read.value))
        except DocumentError:
            yield f"Not shown: {where}, which cannot be read."
            continue
        count = sum(not ownership.is_own_sid(one.get("Sid"), desired.name) for one in listed)
        if count:
            yield f"Not shown: {count} statement{'s' if count > 1 else ''} of others in {where}."
