"""Step 5: the service and its role may read the input and write the output in S3, and nothing beside it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from personalize_perms.model.findings import Finding, Severity, Verdict
from personalize_perms.model.names import S3Location
from personalize_perms.model.resources import BucketPolicyStatements, Resource, Statement
from personalize_perms.model.settings import WRITES_OUTPUT, Missing, Settings, Workflow
from personalize_perms.steps import trust_policy
from personalize_perms.steps.context import Context
from personalize_perms.templates import Value

TITLE: Final = "Letting Amazon Personalize reach your S3 buckets"
WHY: Final = (
    "Amazon Personalize reads and writes S3 both as the service and as its role, so the bucket policy and the role's "
    "policy must both allow it; every other statement in the bucket policy stays."
)
DOCS: Final = "https://docs.aws.amazon.com/personalize/latest/dg/granting-personalize-s3-access.html"
FIELDS: Final = ("inputs", "outputs")


def missing(settings: Settings) -> tuple[Missing, ...]:
    """Return the answers that this step still needs."""
    needed = []
    if settings.reads_input and not settings.inputs:
        needed.append(Missing(option="inputs", why="the chosen workflows read from S3"))
    if settings.writes_output and not settings.outputs:
        needed.append(Missing(option="outputs", why="the chosen workflows write to S3"))
    return tuple(needed)


def role_statements(context: Context) -> tuple[Statement, ...]:
    """Return what the service role's own policy says about all buckets."""
    return statements(context, "service-role/", *_used(context.settings))


def desired(context: Context) -> tuple[Resource, ...]:
    """Return our statements for the policy of each bucket of this account."""
    return tuple(
        BucketPolicyStatements(
            bucket=bucket,
            statements=trust_policy.conditioned(context, statements(context, "bucket/", inputs, outputs)),
        )
        for bucket, (inputs, outputs) in places(context.settings).items()
        if not context.is_foreign(bucket)
    )


def places(settings: Settings) -> dict[str, tuple[list[S3Location], list[S3Location]]]:
    """Return the inputs and the outputs in each bucket that a chosen workflow uses."""
    found: dict[str, tuple[list[S3Location], list[S3Location]]] = {bucket: ([], []) for bucket in settings.buckets}
    for direction, used in enumerate(_used(settings)):
        for place in used:
            found[place.bucket][direction].append(place)
    return found


def findings(context: Context) -> tuple[Finding, ...]:
    """Return the locations that were named and that no chosen workflow uses."""
    settings = context.settings
    unused = [("input", "reads", location) for location in settings.inputs if not settings.reads_input]
    unused += [("output", "writes", location) for location in settings.outputs if not settings.writes_output]
    return tuple(
        Finding(
            check=f"unused-{direction}",
            severity=Severity.LOW,
            verdict=Verdict.ALLOWED,
            resource=str(location),
            message=f"no chosen workflow {verb} {location}: nothing is granted there",
            remedy=f"leave --{direction} {location} out, or add the --workflow that {verb} it",
            docs=DOCS,
        )
        for direction, verb, location in dict.fromkeys(unused)
    )


def _used(settings: Settings) -> tuple[tuple[S3Location, ...], tuple[S3Location, ...]]:
    """Return the inputs and the outputs that a chosen workflow uses."""
    return settings.inputs if settings.reads_input else (), settings.outputs if settings.writes_output else ()


def statements(
    context: Context,
    templates: str,
    inputs: Sequence[S3Location],
    outputs: Sequence[S3Location],
    values: Mapping[str, Value] | None = None,
) -> tuple[Statement, ...]:
    """Return the statements for these locations from the templates whose names begin so; they must use `values`."""
    settings = context.settings
    # Metric attributions alone put objects and never list; any other workflow that writes does both.
    writing = "put" if WRITES_OUTPUT.intersection(settings.workflows) == {Workflow.METRICS_S3} else "write"
    own: tuple[Statement, ...] = ()
    for way, used in (("read", inputs), (writing, outputs)):
        if used:
            # Only the templates that grant s3:ListBucket name the bucket itself.
            named = {"BucketName": tuple(sorted({place.bucket for place in used}))}
            filling = {**_paths(used), **(values or {})}
            own += context.render(f"{templates}{settings.hardening}-{way}", filling, available=named)
    return own


def _paths(places: Iterable[S3Location]) -> dict[str, Value]:
    """Return single objects and folders, `BUCKET/KEY` and `BUCKET/PREFIX/`.

    A prefix without a slash at its end may be either, and never means other keys that begin with it.
    """
    objects = {f"{place.bucket}/{place.prefix}" for place in places if place.prefix and not place.prefix.endswith("/")}
    folders = {f"{place.bucket}/{place.prefix}" for place in places} - objects
    return {"ObjectPath": tuple(sorted(objects)), "FolderPath": tuple(sorted(folders | {f"{key}/" for key in objects}))}
