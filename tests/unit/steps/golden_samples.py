"""The set-ups whose documents stand in `tests/golden`, whole, for every partition."""

from dataclasses import asdict
from typing import Any

import step_samples as samples

from personalize_perms import documents
from personalize_perms.model.names import S3Location
from personalize_perms.model.resources import Desired
from personalize_perms.model.settings import (
    Hardening,
    KmsAccess,
    Place,
    Settings,
    SourceConditions,
    UserAccess,
    Workflow,
)
from personalize_perms.templates import Templates

INPUT, OUTPUT = samples.INPUT, samples.OUTPUT
FILE = S3Location(bucket="acme-data", prefix="users.csv")
WHOLE = S3Location(bucket="acme-archive")
SHARED = S3Location(bucket="acme-data", prefix="results/")


def _first_steps() -> Settings:
    return Settings(inputs=(INPUT,))


def _everything_documented(place: Place) -> Settings:
    return Settings(
        name="shop",
        workflows=tuple(Workflow),
        inputs=(INPUT, FILE, WHOLE),
        outputs=(OUTPUT, SHARED),
        role_path="/service/",
        permissions_boundary=samples.iam_arn("policy/limits", place),
        tags=(("team", "shop"),),
        user_access=UserAccess.DATA_ENGINEER,
        assumable_by=(samples.iam_arn("user/ada", place), samples.iam_arn("user/grace", place)),
        saml_provider=samples.iam_arn("saml-provider/Corp", place),
        oidc_provider=samples.iam_arn("oidc-provider/idp.example.com/pool", place),
        oidc_audience="shop",
        oidc_subject="user:ada",
        attach_groups=("science",),
    )


def _everything_strict(place: Place) -> Settings:
    documented = _everything_documented(place)
    return samples.replace(documented, hardening=Hardening.STRICT, require_mfa=True)


def _adopted(place: Place, hardening: Hardening) -> Settings:
    return Settings(
        workflows=(Workflow.EXPORT, Workflow.ENCRYPTED_DATASET_GROUP),
        outputs=(OUTPUT,),
        kms_access=KmsAccess.GRANT,
        role_arn=samples.iam_arn("role/team/forecasts", place),
        tighten_trust=True,
        user_access=UserAccess.NONE,
        hardening=hardening,
        source_conditions=SourceConditions.ALL,
    )


def _metrics(hardening: Hardening) -> Settings:
    return Settings(
        workflows=(Workflow.METRICS_S3, Workflow.METRICS_CLOUDWATCH),
        outputs=(OUTPUT,),
        user_access=UserAccess.METRICS_OPERATOR,
        hardening=hardening,
    )


def cases(place: Place) -> dict[str, Settings]:
    """Return the set-ups by name."""
    presets = [preset for preset in UserAccess if preset is not UserAccess.NONE]
    return {
        "first-steps": _first_steps(),
        "everything-documented": _everything_documented(place),
        "everything-strict": _everything_strict(place),
        "adopted-role-documented": _adopted(place, Hardening.DOCUMENTED),
        "adopted-role-strict": _adopted(place, Hardening.STRICT),
        "metrics-documented": _metrics(Hardening.DOCUMENTED),
        "metrics-strict": _metrics(Hardening.STRICT),
        **{f"user-{preset}": samples.replace(_first_steps(), user_access=preset) for preset in presets},
    }


def desire(settings: Settings, place: Place, templates: Templates = samples.TEMPLATES) -> Desired:
    """Return what such a set-up wants, with a key where several workflows would meet one."""
    encrypted = Workflow.ENCRYPTED_DATASET_GROUP in settings.workflows
    keys = [samples.key_arn(place)] if encrypted else []
    bucket_keys = {"acme-archive": samples.key_arn(place, samples.OTHER_KEY_ID)} if WHOLE in settings.inputs else {}
    return samples.desire(settings, place, keys=keys, bucket_keys=bucket_keys, templates=templates)


def shown(desired: Desired) -> dict[str, Any]:
    """Return everything that is wanted as plain values, with whole documents instead of bare statements."""
    resources = []
    for resource in desired.resources:
        plain = {"kind": type(resource).__name__, **asdict(resource)}
        if "statements" in plain:
            plain["document"] = documents.new_document(plain.pop("statements"))
        resources.append(plain)
    return {"resources": resources, "findings": [finding.message for finding in desired.findings]}
