"""What a role that Amazon Personalize may assume is allowed beyond its work, and what in its policies does nothing.

By meaning, not by name: each statement is asked about actions that no workflow of Personalize needs, on resources that
nobody has. Pure.
https://docs.aws.amazon.com/personalize/latest/dg/set-up-required-permissions.html
"""

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from personalize_perms.audit import statements
from personalize_perms.audit.checks import Spot, found, gathered
from personalize_perms.audit.effects import idle_actions
from personalize_perms.audit.policies import FULL_ACCESS, NamedPolicy
from personalize_perms.audit.verdicts import Ask, ask_about
from personalize_perms.model.findings import Finding, Verdict
from personalize_perms.model.inventory import RoleDetail
from personalize_perms.model.resources import Json
from personalize_perms.model.settings import Place
from personalize_perms.model.values import dataclass

_NOBODYS: Final = "0-nobody-has-this-name"
"""Part of the names of resources that do not exist: what reaches them reaches all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """One statement that allows what no workflow needs: where it is, and which actions on which resources show it."""

    check: str
    where: str
    policy: NamedPolicy
    shown: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Probe:
    check: str
    actions: tuple[str, ...]
    resource: str
    """With {partition} and {account}; empty: whatever the statement names."""
    hides: tuple[str, ...] = ()
    """Checks that say less about the same statement."""


_PROBES: Final = (
    _Probe(
        "role-is-administrator",
        ("iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:CreatePolicyVersion"),
        f"arn:{{partition}}:iam::{{account}}:role/{_NOBODYS}",
        ("role-reaches-every-bucket", "role-administers-keys", "role-passes-roles", "role-deletes-data"),
    ),
    _Probe(
        "role-reaches-every-bucket",
        ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
        f"arn:{{partition}}:s3:::{_NOBODYS}/{_NOBODYS}",
        ("role-deletes-data",),
    ),
    _Probe("role-reaches-every-bucket", ("s3:ListBucket",), f"arn:{{partition}}:s3:::{_NOBODYS}"),
    _Probe("role-administers-keys", ("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"), ""),
    _Probe("role-passes-roles", ("iam:PassRole",), ""),
    _Probe("role-deletes-data", ("s3:DeleteObject", "s3:DeleteBucket", "s3:PutBucketPolicy"), ""),
)


def excesses(policies: Iterable[NamedPolicy], place: Place) -> Iterator[Excess]:
    """Yield each statement that allows too much, conditions aside."""
    for policy in policies:
        for number, statement in enumerate(statements.statements_of(policy.text), 1):
            where = f"{statements.named(statement, number)} of the policy {policy.name}"
            hidden: set[str] = set()
            for probe in _PROBES:
                shown = [] if probe.check in hidden else _shown(statement, probe, place)
                if shown:
                    hidden.update(probe.hides)
                    yield Excess(check=probe.check, where=where, policy=policy, shown=tuple(shown))


def _shown(statement: dict[str, Json], probe: _Probe, place: Place) -> list[tuple[str, str]]:
    """Return the actions of the probe that the statement allows, each with a resource on which it does."""
    wanted = probe.resource.format(partition=place.partition, account=place.account)
    named = [wanted] if wanted else statements.listed(statement.get("Resource"))
    if "NotResource" in statement and not wanted:
        named = ["*"]
    pairs = ((action, resource) for action in probe.actions for resource in named)
    return [(action, resource) for action, resource in pairs if statements.grants(statement, action, resource)]


def judge_role(
    role: RoleDetail, policies: Iterable[NamedPolicy], boundary: NamedPolicy | None, place: Place
) -> Iterator[Finding]:
    """Yield what the policies of a role allow too much, and what in them has no effect.

    What a Deny or the permissions boundary takes away again is not too much; where that cannot be known, it says so.
    """
    known = [*policies]
    ask = ask_about(role, (one for one in known if not _is_full_access(one)), boundary, place)
    left = [(one, verdict) for one in excesses(known, place) for verdict in _verdicts(one, ask)]
    for check, where, about in gathered(Spot(one.check, one.where, action) for one, (action, _) in left):
        here = [(one.policy, verdict) for one, (_, verdict) in left if one.check == check]
        holders = {policy.name: policy for policy, _ in here}
        finding = found(check, role.arn, _TEXTS[check].format(about=about), where, _remedy(role, holders.values()))
        sure = any(verdict is Verdict.ALLOWED for _, verdict in here)
        yield finding if sure else replace(finding, verdict=Verdict.UNKNOWN, reason=f"{where}, {_PERHAPS}")
    for policy in known:
        if _is_full_access(policy):
            yield found("role-has-full-access-policy", role.arn, _FULL_ACCESS, policy.arn, _remedy(role, [policy]))
    yield from _without_effect(role, known)


def _verdicts(excess: Excess, ask: Ask) -> Iterator[tuple[str, Verdict]]:
    """Yield each action of an excess that is not denied for certain, with what is known of it."""
    for action, resource in excess.shown:
        verdict = ask(action, resource)
        if verdict is not Verdict.DENIED:
            yield action, verdict


def _is_full_access(policy: NamedPolicy) -> bool:
    return policy.arn.endswith(FULL_ACCESS)


def _without_effect(role: RoleDetail, policies: list[NamedPolicy]) -> Iterator[Finding]:
    listed = [
        (f"{statements.named(statement, number)} of the policy {policy.name}", statement)
        for policy in policies
        for number, statement in enumerate(statements.statements_of(policy.text), 1)
    ]
    spots = [Spot("statement-without-effect", where, about) for where, about in idle_actions(listed)]
    for check, where, about in gathered(spots):
        yield found(check, role.arn, about, where, "its owner should name the resource that the action works on")


def _remedy(role: RoleDetail, policies: Iterable[NamedPolicy]) -> str:
    name = shlex.quote(role.name)
    commands = [
        f"aws iam detach-role-policy --role-name {name} --policy-arn {policy.arn}"
        if policy.arn
        else f"aws iam delete-role-policy --role-name {name} --policy-name {shlex.quote(policy.name)}"
        for policy in policies
    ]
    return (
        f"give it what its workflows need (personalize-perms init --role-arn {role.arn}), then, if nothing else needs "
        f"it: {' && '.join(commands)}"
    )


def may_do_nothing(role: RoleDetail) -> bool:
    """Tell whether a role has no policy at all."""
    return not role.inline and not role.attached


def judge_use(role: RoleDetail, today: str, recently: str) -> Iterator[Finding]:
    """Yield that nobody uses a role, or that it may do nothing. Dates are ISO 8601; newer ones than `recently` pass."""
    name = shlex.quote(role.name)
    if may_do_nothing(role):
        yield found(
            "role-without-permissions",
            role.arn,
            "Amazon Personalize may assume it, but it has no policy, so it may do nothing",
            "no managed policy is attached, and there is no inline policy",
            f"if nobody needs it: aws iam delete-role --role-name {name}",
        )
    elif not role.last_used and role.created and role.created < recently:
        yield found(
            "unused-role",
            role.arn,
            f"Amazon Personalize may assume it, and it was not used from {role.created} to {today}, as far back as IAM "
            "remembers",
            "RoleLastUsed is empty",
            f"if nobody needs it, take Amazon Personalize out of its trust policy, or delete the role {name}",
        )


_PERHAPS: Final = "unless its conditions, or a policy that was not read, keep it from that"
_FULL_ACCESS: Final = (
    "has AmazonPersonalizeFullAccess, which is more than a service role needs and yet not enough: it may pass any role "
    'to Amazon Personalize and delete objects, reaches every object with "personalize" in its bucket\'s name or its '
    "key, no other bucket, and no KMS key"
)
_TEXTS: Final = {
    "role-is-administrator": "may change IAM itself, so whoever starts a job with it may do everything ({about})",
    "role-reaches-every-bucket": "reaches the objects of every bucket, not only data for Amazon Personalize ({about})",
    "role-administers-keys": "may change who uses KMS keys, or delete them; using them is enough ({about})",
    "role-passes-roles": "may hand roles on to services; no workflow of Amazon Personalize needs that ({about})",
    "role-deletes-data": "may delete data, or change who reaches it; no workflow of Amazon Personalize does ({about})",
}
"""What each check found."""
