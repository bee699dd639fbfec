"""Set-ups to ask questions about, and a small reader of policy statements to answer them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from personalize_perms import steps
from personalize_perms.model.names import AccountId, Arn, S3Location
from personalize_perms.model.resources import (
    BucketPolicyStatements,
    Desired,
    KeyPolicyStatements,
    ManagedPolicy,
    Role,
    Statement,
    TrustPolicyStatements,
)
from personalize_perms.model.settings import KeyUse, Place, Settings, UserAccess, Workflow
from personalize_perms.templates import Templates

T = TypeVar("T")

ACCOUNT = AccountId("111122223333")
PLACES = {
    "aws": Place(account=ACCOUNT, region="eu-west-1", partition="aws"),
    "aws-cn": Place(account=ACCOUNT, region="cn-north-1", partition="aws-cn"),
}
AWS = PLACES["aws"]
SERVICE = "personalize.amazonaws.com"
INPUT = S3Location(bucket="acme-data", prefix="in/")
OUTPUT = S3Location(bucket="acme-results", prefix="out/")
KEY_ID = "11111111-2222-3333-4444-555555555555"
OTHER_KEY_ID = "99999999-2222-3333-4444-555555555555"
TEMPLATES = Templates.load(None)


def key_arn(place: Place, key_id: str = KEY_ID) -> Arn:
    return Arn.parse(place.arn("kms", f"key/{key_id}", regional=True))


def iam_arn(resource: str, place: Place = AWS) -> Arn:
    return Arn.parse(place.arn("iam", resource))


def settings_for(*workflows: Workflow, **changes: object) -> Settings:
    base = Settings(workflows=workflows or (Workflow.IMPORT,), inputs=(INPUT,), outputs=(OUTPUT,))
    return replace(base, **changes)  # type: ignore[arg-type]


def desire(
    settings: Settings,
    place: Place = AWS,
    *,
    keys: Sequence[Arn] = (),
    bucket_keys: Mapping[str, Arn] | None = None,
    templates: Templates = TEMPLATES,
) -> Desired:
    uses: tuple[KeyUse, ...] = steps.key_uses(settings, keys, bucket_keys or {})
    return steps.desire(steps.Context(settings=settings, place=place, keys=uses, templates=templates))


def of_kind(desired: Desired, kind: type[T]) -> list[T]:
    return [resource for resource in desired.resources if isinstance(resource, kind)]


def role_policy(desired: Desired) -> list[Statement]:
    return [
        statement
        for policy in of_kind(desired, ManagedPolicy)
        if policy.name.startswith(f"{desired.name}-service-access")
        for statement in policy.statements
    ]


def user_policy(settings: Settings, place: Place = AWS) -> list[Statement]:
    policies = of_kind(desire(settings, place), ManagedPolicy)
    return [one for policy in policies if policy.name == settings.user_policy for one in policy.statements]


def bucket_policy(desired: Desired, bucket: str) -> list[Statement]:
    found = [one for one in of_kind(desired, BucketPolicyStatements) if one.bucket == bucket]
    return [statement for one in found for statement in one.statements]


def key_policy(desired: Desired, arn: object) -> list[Statement]:
    found = [one for one in of_kind(desired, KeyPolicyStatements) if one.key_arn == str(arn)]
    return [statement for one in found for statement in one.statements]


def trust_policy(desired: Desired, role: str = "") -> list[Statement]:
    name = role or desired.service_role_name
    roles = [one for one in of_kind(desired, Role) if one.name == name]
    adopted = [one for one in of_kind(desired, TrustPolicyStatements) if one.role_name == name]
    return [statement for one in (*roles, *adopted) for statement in one.statements]


def all_statements(desired: Desired) -> list[Statement]:
    return [one for resource in desired.resources for one in getattr(resource, "statements", ())]


def several(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def matches(patterns: object, text: str, *, ignore_case: bool = False) -> bool:
    """IAM's own matching: `*` any characters, `?` any one, nothing else is special."""
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    for pattern in several(patterns):
        rule = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in str(pattern))
        if re.fullmatch(rule, text, flags):
            return True
    return False


def allows(
    statements: Iterable[Statement],
    action: str,
    resource: str = "",
    *,
    principal: tuple[str, str] | None = None,
    context: Mapping[str, str] | None = None,
) -> bool:
    """Tell whether one of the statements, all of them allowing, lets this request through."""
    return any(
        matches(statement["Action"], action, ignore_case=True)
        and ("Resource" not in statement or matches(statement["Resource"], resource))
        and _principal(statement, principal)
        and _conditions(statement, context or {})
        for statement in statements
    )


def _principal(statement: Statement, principal: tuple[str, str] | None) -> bool:
    named = statement.get("Principal")
    if named is None or principal is None:
        return named is principal
    assert isinstance(named, dict)
    kind, name = principal
    return name in several(named.get(kind))


def _conditions(statement: Statement, context: Mapping[str, str]) -> bool:
    conditions = statement.get("Condition", {})
    assert isinstance(conditions, dict)
    for operator, keys in conditions.items():
        assert operator in ("StringEquals", "StringLike", "ArnLike", "Bool"), operator
        assert isinstance(keys, dict)
        for key, wanted in keys.items():
            got = context.get(key)
            like = operator in ("StringLike", "ArnLike")
            if got is None or not (matches(wanted, got) if like else got in several(wanted)):
                return False
    return True


EVERY_PRESET = tuple(UserAccess)
EVERY_WORKFLOW = tuple(Workflow)
