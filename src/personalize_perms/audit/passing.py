"""Who may hand which role to Amazon Personalize: the point where rights over data are gained. Pure.

Whoever passes a role gets everything that the role may do, through the jobs that run with it.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from personalize_perms import documents, evaluate, trust
from personalize_perms.audit import statements
from personalize_perms.audit.checks import found
from personalize_perms.audit.policies import FULL_ACCESS
from personalize_perms.evaluate import Policies
from personalize_perms.model.access import Principal, PrincipalType, Question, RequestContext
from personalize_perms.model.findings import Finding, Verdict
from personalize_perms.model.inventory import IdentityDetail
from personalize_perms.model.resources import Json
from personalize_perms.model.settings import Place
from personalize_perms.model.values import dataclass

_ACTION: Final = "iam:PassRole"
_GAINS_ALL: Final = "iam:PutRolePolicy"
"""Whoever may do this to every role has everything anyway: saying that it may pass roles would say less."""
_NO_SERVICE: Final = "nobody.amazonaws.com"
_NOBODYS: Final = "0-nobody-has-this-name"
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Passing:
    """One statement that allows passing roles to Personalize: of which policy, on which patterns, and to whom else."""

    holder: str
    where: str
    resources: tuple[str, ...]
    to_any_service: bool


def passings(holder: str, policy: str, text: str, place: Place) -> Iterator[Passing]:
    """Yield the statements of a policy by which roles of this account may be passed, perhaps to Personalize."""
    if "pass" not in text.lower() and "NotAction" not in text and "iam:*" not in text.lower():
        return  # most policies: nothing to take apart
    for number, statement in enumerate(statements.statements_of(text), 1):
        if _may_pass(statement, place) and _may_pass_to(statement, trust.SERVICE, place):
            resources = statements.listed(statement.get("Resource")) or ["*"]
            where = f"{statements.named(statement, number)} of the policy {policy}"
            yield Passing(holder, where, tuple(resources), _may_pass_to(statement, _NO_SERVICE, place))


def attached_passings(identity: IdentityDetail) -> Iterator[Passing]:
    """Yield what AWS's own policy for Amazon Personalize lets a user, group or role pass."""
    for arn in identity.attached:
        if arn.endswith(FULL_ACCESS):
            yield Passing(identity.arn, f"the policy {arn}", ("*",), to_any_service=False)


def _may_pass(statement: dict[str, Json], place: Place) -> bool:
    if not statements.allows(statement) or not statements.covers_action(statement, _ACTION):
        return False
    return not statements.grants(statement, _GAINS_ALL, _any_role(place))


def _any_role(place: Place) -> str:
    return f"arn:{place.partition}:iam::{place.account}:role/{_NOBODYS}"


def _may_pass_to(statement: dict[str, Json], service: str, place: Place) -> bool:
    """Tell whether the conditions of a statement let a role be passed to a service, or may do so."""
    named = statements.listed(statement.get("Resource"))
    asked = _any_role(place) if statements.covers_resource(statement, _any_role(place)) or not named else named[0]
    question = Question(
        principal=Principal(
            type=PrincipalType.USER,
            arn=f"arn:{place.partition}:iam::{place.account}:user/{_NOBODYS}",
            account=place.account,
        ),
        action=_ACTION,
        resource=asked,
        resource_account=place.account,
        context=RequestContext(present={"iam:passedtoservice": (service,)}),
    )
    document = evaluate.compiled({"Version": documents.VERSION, "Statement": [statement]}, "the policy")
    return evaluate.decide(Policies(identity=(document,)), question).verdict is not Verdict.DENIED


def judge_passings(listed: Iterable[Passing], roles: Sequence[str], place: Place) -> Iterator[Finding]:
    """Yield what is too wide; `roles` are the ARNs of those that Amazon Personalize may assume."""
    for passing in listed:
        one = _judged(passing, roles, place)
        if one:
            check, message, remedy = one
            yield found(check, passing.holder, message, passing.where, remedy)


def _judged(passing: Passing, roles: Sequence[str], place: Place) -> tuple[str, str, str] | None:
    reached = [role for role in roles if any(statements.is_like(role, one) for one in passing.resources)]
    shown = ", ".join(reached[:_SHOWN]) + (f" and {len(reached) - _SHOWN} more" if len(reached) > _SHOWN else "")
    name = f"its owner should name the role, {shown or 'the one that is needed'}, in place of the wildcard"
    only = f', with "Condition": {{"StringEquals": {{"iam:PassedToService": "{trust.SERVICE}"}}}}'
    if any(statements.is_like(_any_role(place), one) for one in passing.resources):
        to = "to Amazon Personalize" if not passing.to_any_service else "to any service, Amazon Personalize among them"
        message = f"may pass every role of the account {to}, and so do through a job what any of them may do"
        return "pass-any-role", message, name + only
    if passing.to_any_service and reached:
        message = f"may pass {shown} to any service, not only to Amazon Personalize"
        return (
            "pass-role-to-any-service",
            message,
            f"its owner should add{only.removeprefix(', with')} to the statement",
        )
    if len(reached) > 1:
        message = f"may pass {len(reached)} roles to Amazon Personalize by a pattern: {shown}"
        return ("pass-many-roles", message, name) if _has_pattern(passing) else None
    return None


def _has_pattern(passing: Passing) -> bool:
    return any("*" in one or "?" in one for one in passing.resources)
