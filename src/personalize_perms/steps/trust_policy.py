"""Step 3: Amazon Personalize may take on the role for this account and Region, and for nobody else."""

from typing import Final

from personalize_perms import trust
from personalize_perms.model.errors import TemplateError
from personalize_perms.model.findings import Finding, Severity, Verdict
from personalize_perms.model.resources import Json, Resource, Statement, TrustPolicyStatements
from personalize_perms.model.settings import Hardening, Missing, Settings, SourceConditions
from personalize_perms.steps.context import Context

TITLE: Final = "Preventing the confused deputy"
WHY: Final = (
    "The role's trust policy lets Amazon Personalize in only when it works for your account and Region, so that "
    "nobody else can make it use your role."
)
DOCS: Final = "https://docs.aws.amazon.com/personalize/latest/dg/cross-service-confused-deputy-prevention.html"
FIELDS: Final = ("tighten_trust", "source_conditions")


def missing(settings: Settings) -> tuple[Missing, ...]:  # noqa: ARG001 - every step answers
    """Return the answers that this step still needs: none."""
    return ()


def statements(context: Context) -> tuple[Statement, ...]:
    """Return our statements of the service role's trust policy."""
    strict = context.settings.hardening is Hardening.STRICT
    return context.render("trust/service-role-strict" if strict else "trust/service-role")


def desired(context: Context) -> tuple[Resource, ...]:
    """Return our statements for an adopted role; a role that is made comes with them."""
    settings = context.settings
    if not settings.role_arn:
        return ()
    return (
        TrustPolicyStatements(
            role_name=settings.service_role_name,
            role_arn=context.service_role_arn,
            statements=statements(context),
            tighten=settings.tighten_trust,
        ),
    )


def conditioned(context: Context, own: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """Return statements for the service principal, with the trust policy's conditions if they are wanted everywhere."""
    if context.settings.source_conditions is not SourceConditions.ALL:
        return own
    condition = source_condition(context)
    return tuple({**statement, "Condition": both(statement.get("Condition"), condition)} for statement in own)


def source_condition(context: Context) -> dict[str, Json]:
    """Return the condition that says for whom Amazon Personalize may work."""
    condition = statements(context)[0].get("Condition")
    if not isinstance(condition, dict):
        raise TemplateError("the trust template has no Condition that --source-conditions all could put elsewhere")
    return condition


def findings(context: Context) -> tuple[Finding, ...]:
    """Return warnings of conditions that are missing, or that Amazon Personalize may not meet."""
    proven = context.settings.source_conditions is not SourceConditions.ALL
    return (*_unguarded(context), *(() if proven else (unproven(context.service_role_arn),)))


def _unguarded(context: Context) -> tuple[Finding, ...]:
    """Only templates of one's own (--policies-dir) can let Amazon Personalize in for anybody."""
    open_to_all = [own for own in statements(context) if trust.lets_in(own) and not trust.has_source_condition(own)]
    return tuple(
        Finding(
            check="trust-without-source-conditions",
            severity=Severity.HIGH,
            verdict=Verdict.ALLOWED,
            resource=context.service_role_arn,
            message=f"{own['Sid']} of your own template lets Amazon Personalize in for any account: it has no "
            "aws:SourceAccount or aws:SourceArn condition",
            remedy="put the conditions of the packaged template into yours",
            docs=DOCS,
        )
        for own in open_to_all
    )


def unproven(resource: str) -> Finding:
    """Return the warning of conditions that Amazon Personalize may not meet."""
    return Finding(
        check="source-conditions-unproven",
        severity=Severity.MEDIUM,
        resource=resource,
        message="it is not documented that Amazon Personalize sends aws:SourceAccount and aws:SourceArn to S3 and "
        "KMS; if it does not, jobs fail with insufficient privileges",
        remedy="if a job fails, run again with --source-conditions trust",
        docs=DOCS,
    )


def both(one: Json, other: dict[str, Json]) -> dict[str, Json]:
    """Return a condition that demands what each of these does; what is in both is as in `other`."""
    merged: dict[str, Json] = dict(one) if isinstance(one, dict) else {}
    for operator, keys in other.items():
        before = merged.get(operator)
        merged[operator] = {**before, **keys} if isinstance(before, dict) and isinstance(keys, dict) else keys
    return merged
