"""The five steps of the guide: what each grants, why, and where AWS says so."""

from typing import Final, Protocol

from personalize_perms.model.findings import Finding
from personalize_perms.model.resources import Desired, Resource
from personalize_perms.model.settings import Missing, Settings
from personalize_perms.steps import kms_key, others, s3_bucket, served, service_role, trust_policy, user_access
from personalize_perms.steps.checks import check_place, check_sids, conflicts
from personalize_perms.steps.context import Context
from personalize_perms.steps.kms_key import key_uses

__all__ = ["STEPS", "Context", "Step", "conflicts", "desire", "key_uses", "missing"]


class Step(Protocol):
    """One step; each is a module of this package."""

    @property
    def TITLE(self) -> str:  # noqa: N802 - a constant of the module
        """What the step does, in a few words."""

    @property
    def WHY(self) -> str:  # noqa: N802
        """Why it is needed, in a line or two."""

    @property
    def DOCS(self) -> str:  # noqa: N802
        """The page of AWS that asks for it."""

    @property
    def FIELDS(self) -> tuple[str, ...]:  # noqa: N802
        """The fields of `Settings` that it asks for."""

    def missing(self, settings: Settings) -> tuple[Missing, ...]:
        """Return the answers that the step still needs."""

    def desired(self, context: Context) -> tuple[Resource, ...]:
        """Return what the step wants to exist."""

    def findings(self, context: Context) -> tuple[Finding, ...]:
        """Return what should be known about the answers."""


STEPS: Final[tuple[Step, ...]] = (user_access, service_role, trust_policy, kms_key, s3_bucket)
"""The steps in the order of the guide."""


def missing(settings: Settings) -> tuple[Missing, ...]:
    """Return all answers that are still needed, at once."""
    if settings.serves:
        return served.missing(settings)
    return tuple(item for step in STEPS for item in step.missing(settings))


def desire(context: Context) -> Desired:
    """Return everything that the set-up wants; raise `SettingsError` for ARNs of other accounts or partitions.

    Whoever calls this has made sure that no answer is missing and none are in conflict.
    """
    check_place(context.settings, context.place)
    if context.settings.serves:
        return _served(context)
    resources = tuple(resource for step in STEPS for resource in step.desired(context))
    check_sids(resources)
    halves = others.halves(context)
    return Desired(
        name=context.settings.name,
        place=context.place,
        service_role_name=context.settings.service_role_name,
        service_role_arn=context.service_role_arn,
        resources=resources,
        findings=(*(found for step in STEPS for found in step.findings(context)), *others.findings(halves)),
        halves=halves,
    )


def _served(context: Context) -> Desired:
    """Return what serving other accounts wants: statements in bucket and key policies, and nothing else."""
    resources = served.desired(context)
    check_sids(resources)
    pattern = served.role_pattern(context.settings, context.place)
    return Desired(
        name=context.settings.name,
        place=context.place,
        service_role_name=pattern.rpartition("/")[2],
        service_role_arn=pattern,
        resources=resources,
        findings=served.findings(context),
        serves=True,
    )
