"""How to mend what is denied: our own command where it mends it, else the statement for whoever owns the document.

A statement of others is never touched by this program. What it would have to be is worked out, asked about again, and
shown only if the answer is then the right one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from personalize_perms import documents
from personalize_perms.evaluate import Policies, compiled, decide
from personalize_perms.evaluate.wording import named
from personalize_perms.model.access import Layer, PrincipalType
from personalize_perms.model.changes import Action, Plan
from personalize_perms.model.examination import Link
from personalize_perms.model.findings import Verdict
from personalize_perms.model.resources import Json
from personalize_perms.model.values import dataclass
from personalize_perms.trust import SERVICE

if TYPE_CHECKING:
    from personalize_perms.doctor.chain import Chain
    from personalize_perms.doctor.judging import Judged

_KINDS: Final[Mapping[Link, frozenset[str]]] = {
    Link.TRUST: frozenset({"role", "trust-policy"}),
    Link.ROLE_POLICY: frozenset({"managed-policy", "attachment"}),
    Link.USER_POLICY: frozenset({"managed-policy", "attachment"}),
    Link.PASS_ROLE: frozenset({"managed-policy", "attachment"}),
    Link.ASSUME_ROLE: frozenset({"role", "trust-policy"}),
    Link.BUCKET_POLICY: frozenset({"bucket-policy"}),
    Link.KEY_POLICY: frozenset({"key-policy", "grant"}),
    Link.KEY_GRANT: frozenset({"grant", "key-policy"}),
    Link.BOUNDARY: frozenset({"permissions-boundary"}),
}
_AWS_OWN: Final = ":iam::aws:policy/"
"""What the ARNs of AWS managed policies have, in every partition."""
_ABOUT_ONE_RESOURCE: Final = (Link.BUCKET_POLICY, Link.KEY_POLICY, Link.KEY_GRANT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What this program itself would change, and the command that does it."""

    plan: Plan
    command: str
    service_role_arn: str

    def mends(self, link: Link, where: str) -> str:
        """Return the command if it changes what this link hangs on, else nothing."""
        kinds = _KINDS.get(link, frozenset())
        for change in self.plan.writes:
            about = link not in _ABOUT_ONE_RESOURCE or change.resource.split(" ", 1)[0] == where
            if change.kind in kinds and about and change.action is not Action.DELETE:
                return "" if self.plan.refusals else self.command
        return ""

    def blocked(self, link: Link, where: str) -> str:
        """Return what would make a blocked change of this document possible."""
        kinds = _KINDS.get(link, frozenset())
        return next((c.hint for c in self.plan.blocked if c.kind in kinds and c.resource == where), "")


def remedy(group: "Sequence[Judged]", chain: "Chain", repair: Repair) -> tuple[str, Mapping[str, object] | None]:
    """Return what to do about needs that are denied, or not known, for the same reason."""
    first = group[0]
    decision, where = first.decision, first.need.where
    if decision.verdict is Verdict.UNKNOWN:
        return _to_know(group, chain), None
    if decision.statement:
        return _exempt(group, chain, repair)
    command = repair.mends(first.link, where) if first.need.is_granted else ""
    if command:
        return command, None
    hint = repair.blocked(first.link, where)
    if hint:
        return hint, None
    document = _document(first, decision.lacking, chain)
    statement = _allowing(group)
    if _AWS_OWN in document:
        # A policy of AWS's own cannot be changed; besides one there can be others, but for a boundary.
        return f"nobody can change the {document}: set another that allows the statement, too", statement
    return f"ask whoever owns the {document} to add the statement", statement


def _to_know(group: "Sequence[Judged]", chain: "Chain") -> str:
    names = dict.fromkeys(name for one in group for name in one.decision.unknown if name in chain.unread)
    if names:
        return "; ".join(f"to read {name}: {chain.unread[name]}" for name in names)
    hinges = dict.fromkeys(by for one in group for by in one.decision.hinges)
    where = f" of {named(hinges)}" if hinges else ""
    return f"look at the condition{where}: what decides is not documented, or not to be seen from here"


def _document(judged: "Judged", lacking: Layer | None, chain: "Chain") -> str:
    boundary = chain.policies(judged.need.question, judged.need.where).boundary
    names = {
        Layer.BOUNDARY: f"permissions boundary {boundary.name if boundary else ''}".rstrip(),
        Layer.SERVICE_CONTROL: "service control policy",
        Layer.RESOURCE_CONTROL: "resource control policy",
        Layer.SESSION: "session policy",
        Layer.IDENTITY: f"policies of {judged.need.who}",
        Layer.GRANT: f"key {judged.need.where}",
    }
    return names.get(lacking or Layer.RESOURCE, f"policy of {judged.need.where}")


def _allowing(group: "Sequence[Judged]") -> dict[str, object]:
    """Return the statement that is missing."""
    first = group[0].need.question
    actions = dict.fromkeys(one.need.question.action for one in group)
    resources = dict.fromkeys(one.need.scope or one.need.question.resource for one in group)
    statement: dict[str, object] = {"Effect": "Allow", "Action": [*actions], "Resource": [*resources]}
    if first.action == "iam:PassRole":
        # To this service only: whoever may pass a role anywhere may do all that the role may do.
        statement["Condition"] = {"StringEquals": {"iam:PassedToService": SERVICE}}
    if group[0].decision.lacking is Layer.RESOURCE:
        kind = "Service" if first.principal.type is PrincipalType.SERVICE else "AWS"
        statement = {"Effect": "Allow", "Principal": {kind: first.principal.arn}, **statement}
        if first.action.startswith("kms:"):
            statement["Resource"] = "*"
    return statement


def _exempt(group: "Sequence[Judged]", chain: "Chain", repair: Repair) -> tuple[str, Mapping[str, object] | None]:
    decided = group[0].decision.statement
    assert decided is not None  # noqa: S101 - for the type checker: who calls this has looked
    name = f"{decided.sid!r}" if decided.sid else f"number {decided.number}"
    if _AWS_OWN in decided.document:
        return f"nobody can change {decided.document}: take it off, or set another in its place", None
    whom = _whom(group, repair.service_role_arn)
    said = f"ask whoever owns the {decided.document} to exempt {whom} from statement {name}"
    text = chain.texts.get(decided.document)
    if text is None:
        return said, None
    statements = documents.statements(documents.parse(text))
    exempted = _exempted(statements[decided.number - 1], repair.service_role_arn)
    if exempted is None:
        return said, None
    changed = compiled(
        {**documents.parse(text), "Statement": [*_with(statements, decided.number - 1, exempted)]}, decided.document
    )
    for one in group:
        question = one.need.question
        policies = _replaced(chain.policies(question, one.need.where), decided.layer, decided.document, changed)
        if decide(policies, question).statement == decided:
            return said, None
    return f"{said}: put the statement below in its place", exempted


def _whom(group: "Sequence[Judged]", role_arn: str) -> str:
    """Return who has to be left out of a Deny: Amazon Personalize, or people."""
    if group[0].need.question.principal.arn in (SERVICE, role_arn):
        return "Amazon Personalize and its role"
    return " and ".join(dict.fromkeys(one.need.who for one in group))


def _with(statements: "Sequence[dict[str, Json]]", place: int, instead: "dict[str, Json]") -> "list[Json]":
    return [instead if number == place else one for number, one in enumerate(statements)]


def _replaced(policies: Policies, layer: Layer, name: str, changed: object) -> Policies:
    match layer:
        case Layer.RESOURCE:
            return replace(policies, resource=changed)  # type: ignore[arg-type]
        case Layer.BOUNDARY:
            return replace(policies, boundary=changed)  # type: ignore[arg-type]
        case Layer.IDENTITY:
            identity = tuple(changed if one.name == name else one for one in policies.identity)
            return replace(policies, identity=identity)  # type: ignore[arg-type]
        case _:
            return policies


def _exempted(statement: Mapping[str, Json], role_arn: str) -> dict[str, Json] | None:
    """Return a Deny that leaves out calls of Amazon Personalize and of the role; None where it cannot be said in it.

    Both are needed: the first key is in the service's own calls only, not in those that it makes with the role.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalservicename
    """
    condition = statement.get("Condition", {})
    if not isinstance(condition, dict):
        return None
    merged: dict[str, Json] = dict(condition)
    for operator, key, value in (
        ("StringNotEqualsIfExists", "aws:PrincipalServiceName", SERVICE),
        ("ArnNotEqualsIfExists", "aws:PrincipalArn", role_arn),
    ):
        theirs = merged.get(operator, {})
        if not isinstance(theirs, dict):
            return None
        # Whom it spares already, it goes on to spare.
        same = next((name for name in theirs if name.lower() == key.lower()), key)
        spared = theirs.get(same, [])
        merged[operator] = {**theirs, same: [*(spared if isinstance(spared, list) else [spared]), value]}
    return {**statement, "Condition": merged}
