"""Who may hand which role to Amazon Personalize: the point where rights over data are gained. Pure.

Whoever passes a role gets everything that the role may do, through the jobs that run with it.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from personalize_perms import trust
from personalize_perms.audit import statements
from personalize_perms.audit.checks import found
from personalize_perms.audit.policies import FULL_ACCESS
from personalize_perms.model.findings import Finding
from personalize_perms.model.inventory import IdentityDetail
from personalize_perms.model.resources import Statement
from personalize_perms.model.settings import Place

_ACTION: Final = "iam:PassRole"
_GAINS_ALL: Final = "iam:PutRolePolicy"
"""Whoever may do this to every role has everything anyway: saying that it may pass roles would say less."""
_SERVICE_KEY: Final = "iam:passedtoservice"
_NOBODYS: Final = "0-nobody-has-this-name"
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Passing:
    """One statement that allows passing roles: of which policy, on which patterns, to which services (empty: any)."""

    holder: str
    where: str
    resources: tuple[str, ...]
    services: tuple[str, ...]


def passings(holder: str, policy: str, text: str, place: Place) -> Iterator[Passing]:
    """Yield the statements of a policy by which roles of this account may be passed, perhaps to Personalize."""
    if "pass" not in text.lower() and "NotAction" not in text and "iam:*" not in text.lower():
        return  # most policies: nothing to take apart
    for number, statement in enumerate(statements.statements_of(text), 1):
        services = _services(statement)
        if _may_pass(statement, place) and (not services or any(map(_is_personalize, services))):
            resources = statements.listed(statement.get("Resource")) or ["*"]
            where = f"{statements.named(statement, number)} of the policy {policy}"
            yield Passing(holder, where, tuple(resources), services)


def attached_passings(identity: IdentityDetail) -> Iterator[Passing]:
    """Yield what AWS's own policy for Amazon Personalize lets a user, group or role pass."""
    for arn in identity.attached:
        if arn.endswith(FULL_ACCESS):
            yield Passing(identity.arn, f"the policy {arn}", ("*",), (trust.SERVICE,))


def _may_pass(statement: Statement, place: Place) -> bool:
    if not statements.allows(statement) or not statements.covers_action(statement, _ACTION):
        return False
    return not statements.grants(statement, _GAINS_ALL, _any_role(place))


def _any_role(place: Place) -> str:
    return f"arn:{place.partition}:iam::{place.account}:role/{_NOBODYS}"


def _services(statement: Statement) -> tuple[str, ...]:
    found = [values for _, key, values in statements.conditions(statement) if key == _SERVICE_KEY]
    return tuple(value for values in found for value in values)


def _is_personalize(service: str) -> bool:
    return statements.is_like(trust.SERVICE, service)


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
    name = f"its owner should name the role, {shown or 'arn:…:role/NAME'}, in place of the wildcard"
    only = f', with "Condition": {{"StringEquals": {{"iam:PassedToService": "{trust.SERVICE}"}}}}'
    if any(statements.is_like(_any_role(place), one) for one in passing.resources):
        to = "to Amazon Personalize" if passing.services else "to any service, Amazon Personalize among them"
        message = f"may pass every role of the account {to}, and so do through a job what any of them may do"
        return "pass-any-role", message, name + only
    if not passing.services and reached:
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
