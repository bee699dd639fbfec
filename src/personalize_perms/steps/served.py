"""The owner's side: buckets and keys of this account that serve Amazon Personalize and the roles of other accounts.

Nothing but statements in bucket and key policies (and a grant, if that is asked for) is made here: a role of another
account needs them beside its own policies, and nobody but their owner can put them there.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from personalize_perms.model.findings import Finding, Severity
from personalize_perms.model.names import AccountId
from personalize_perms.model.resources import BucketPolicyStatements, Json, KeyGrant, KeyPolicyStatements, Statement
from personalize_perms.model.settings import KeyUse, KmsAccess, Missing, Place, Settings, SourceConditions, Workflow
from personalize_perms.steps import kms_key, s3_bucket, trust_policy
from personalize_perms.steps.context import Context
from personalize_perms.templates import Value

DOCS: Final = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"

Shared = BucketPolicyStatements | KeyPolicyStatements | KeyGrant


def desired(context: Context) -> tuple[Shared, ...]:
    """Return our statements for each bucket and key, and the grant if the one role is to get that."""
    return (*_buckets(context), *(resource for use in context.keys for resource in _key(context, use)))


def role_arns(settings: Settings, place: Place) -> tuple[str, ...]:
    """Return the roles that are let in, where each is named; none where they are told by path or organisation."""
    if settings.role_arn:
        return (str(settings.role_arn),)
    if not settings.role_name or settings.serve_org:
        return ()
    role = f"role{settings.role_path}{settings.role_name}"
    return tuple(f"arn:{place.partition}:iam::{account}:{role}" for account in _accounts(settings))


def is_one_role(settings: Settings) -> bool:
    """Tell whether a single role is let in."""
    named = bool(settings.role_arn) or bool(settings.role_name and not settings.serve_org)
    return named and len(_accounts(settings)) == 1


def role_pattern(settings: Settings, place: Place) -> str:
    """Return what the ARN of every role that is let in looks like; `*` stands for what is left open."""
    if settings.role_arn:
        return str(settings.role_arn)
    accounts = _accounts(settings)
    account = accounts[0] if len(accounts) == 1 else "*"
    return f"arn:{place.partition}:iam::{account}:role{settings.role_path}{settings.role_name or '*'}"


def findings(context: Context) -> tuple[Finding, ...]:
    """Return what should be known about serving others."""
    settings = context.settings
    if settings.source_conditions is SourceConditions.ALL:
        return (trust_policy.unproven(f"account {context.place.account}"),)
    return (
        Finding(
            check="served-without-source-conditions",
            severity=Severity.LOW,
            resource=f"account {context.place.account}",
            message="the statements for the service itself do not say for whom it may work: that Amazon Personalize "
            "sends aws:SourceAccount to S3 and KMS is not documented",
            remedy="--source-conditions all demands it, and one command takes that back if jobs fail",
            docs=trust_policy.DOCS,
        ),
    )


def missing(settings: Settings) -> tuple[Missing, ...]:
    """Return the answers that are still needed to serve others."""
    needed = []
    if not (settings.buckets or settings.kms_keys):
        needed.append(Missing(option="inputs", why="it says which bucket serves others (or --output, or --kms-key)"))
    if not (settings.role_arn or settings.role_name or settings.role_path != "/"):
        why = "it says which role of the served accounts is let in (or --role-path: every role of that path)"
        needed.append(Missing(option="role_name", why=why))
    return tuple(needed)


def _accounts(settings: Settings) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(str, settings.serve_accounts)))


def _buckets(context: Context) -> Iterator[BucketPolicyStatements]:
    for bucket, (inputs, outputs) in s3_bucket.places(context.settings).items():
        service = s3_bucket.statements(context, "bucket/", inputs, outputs)
        roles = s3_bucket.statements(context, "bucket/roles-", inputs, outputs, {"RolePrincipal": _principals(context)})
        own = (*_conditioned(context, service), *(_narrowed(context, statement) for statement in roles))
        yield BucketPolicyStatements(bucket=bucket, statements=own)


def _key(context: Context, use: KeyUse) -> Iterator[Shared]:
    exports = use.holds_datasets and Workflow.EXPORT in context.settings.workflows
    service = context.render("key/service") + (context.render("key/export-service") if exports else ())
    who: dict[str, Value] = {"RolePrincipal": _principals(context)}
    roles: tuple[Statement, ...] = ()
    by_grant = context.settings.kms_access is KmsAccess.GRANT
    if not by_grant:
        roles = context.render("key/roles", who) + (context.render("key/export-roles", who) if exports else ())
    own = (*_conditioned(context, service), *(_narrowed(context, statement) for statement in roles))
    yield KeyPolicyStatements(key_arn=str(use.arn), statements=own)
    if by_grant:
        (grantee,) = role_arns(context.settings, context.place)
        yield kms_key.grant(context, use.arn, grantee, exports=exports)


def _principals(context: Context) -> tuple[str, ...]:
    """Return whom the statements name: the roles, or the accounts whose roles a condition then picks."""
    settings, place = context.settings, context.place
    named = role_arns(settings, place)
    return named or tuple(f"arn:{place.partition}:iam::{one}:root" for one in _accounts(settings)) or (_NOBODY,)


_NOBODY: Final = "anybody"
"""Stands in a template for everybody, which no template may name: a condition of the same statement narrows that."""


def _narrowed(context: Context, statement: Statement) -> Statement:
    """Return a statement for roles that are told by their path or organisation, with the conditions that pick them."""
    settings, place = context.settings, context.place
    if role_arns(settings, place):
        return statement
    equals: dict[str, Json] = {}
    if settings.serve_org:
        equals["aws:PrincipalOrgID"] = settings.serve_org
        if settings.serve_accounts:
            equals["aws:PrincipalAccount"] = _several(_accounts(settings))
        statement = {**statement, "Principal": {"AWS": "*"}}
    condition: dict[str, Json] = {"ArnLike": {"aws:PrincipalArn": role_pattern(settings, place)}}
    if equals:
        condition = {"StringEquals": equals, **condition}
    return {**statement, "Condition": trust_policy.both(statement.get("Condition"), condition)}


def _conditioned(context: Context, own: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """Return statements for the service, saying for whom it may work if that is wanted: for the served accounts."""
    settings = context.settings
    if settings.source_conditions is not SourceConditions.ALL:
        return own
    if not settings.serve_accounts:
        wanted: dict[str, Json] = {"StringEquals": {"aws:SourceOrgID": settings.serve_org}}
    else:
        wanted = _union([trust_policy.source_condition(_of(context, account)) for account in _accounts(settings)])
    return tuple({**statement, "Condition": trust_policy.both(statement.get("Condition"), wanted)} for statement in own)


def _of(context: Context, account: str) -> Context:
    return replace(context, place=replace(context.place, account=AccountId(account)))


def _union(conditions: list[dict[str, Json]]) -> dict[str, Json]:
    """Return the condition that each of these, which differ in their values only, meets."""
    first = conditions[0]
    return {
        operator: {
            key: _several(
                tuple(dict.fromkeys(text for one in conditions for text in _texts(_keys(one, operator)[key])))
            )
            for key in _keys(first, operator)
        }
        for operator in first
    }


def _keys(condition: dict[str, Json], operator: str) -> Mapping[str, Json]:
    keys = condition[operator]
    return keys if isinstance(keys, dict) else {}


def _texts(value: Json) -> list[str]:
    return [str(item) for item in (value if isinstance(value, list) else [value])]


def _several(values: tuple[str, ...]) -> Json:
    return values[0] if len(values) == 1 else [*values]
