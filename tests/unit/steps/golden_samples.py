"""The set-ups whose documents stand in `tests/golden`, whole, for every partition."""

from dataclasses import asdict
from typing import Any

import step_samples as samples

from personalize_perms import documents
from personalize_perms.model.names import AccountId, S3Location
from personalize_perms.model.options import arguments
from personalize_perms.model.resources import Desired, OwnersHalf
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
OWNER = AccountId("222233334444")
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


def _other_account(hardening: Hardening) -> Settings:
    """Buckets and a key of another account: what is ours of it, and the half that their owner is handed."""
    return Settings(
        workflows=tuple(Workflow),
        inputs=(INPUT,),
        outputs=(OUTPUT,),
        bucket_owners=(("acme-data", OWNER), ("acme-results", OWNER)),
        user_access=UserAccess.NONE,
        hardening=hardening,
    )


def _central(hardening: Hardening) -> Settings:
    """A central bucket that every role of a path within the organisation writes metrics to."""
    return Settings(
        name="central",
        workflows=(Workflow.METRICS_S3,),
        outputs=(OUTPUT,),
        role_path="/personalize/",
        hardening=hardening,
        source_conditions=SourceConditions.ALL,
        serve_org="o-a1b2c3d4e5",
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
        **{f"other-account-{hardening}": _other_account(hardening) for hardening in Hardening},
        **{f"central-{hardening}": _central(hardening) for hardening in Hardening},
        **{f"user-{preset}": samples.replace(_first_steps(), user_access=preset) for preset in presets},
    }


def desire(settings: Settings, place: Place, templates: Templates = samples.TEMPLATES) -> Desired:
    """Return what such a set-up wants, with a key where several workflows would meet one."""
    encrypted = Workflow.ENCRYPTED_DATASET_GROUP in settings.workflows
    owner = samples.replace(place, account=OWNER) if settings.bucket_owners else place
    keys = [samples.key_arn(owner)] if encrypted else []
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
    halves = {"halves": [_half(half) for half in desired.halves]} if desired.halves else {}
    return {"resources": resources, **halves, "findings": [finding.message for finding in desired.findings]}


def _half(half: OwnersHalf) -> dict[str, Any]:
    statements = [{"kind": type(one).__name__, **asdict(one)} for one in half.resources]
    return {"owner": half.owner, "command": arguments(half.settings), "resources": statements}
