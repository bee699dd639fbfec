"""What a complaint names: who, what, which bucket, role and key, and what was being done."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Final, Self

from personalize_perms.model.names import Arn, InvalidName, S3Location, bucket_name, key_reference
from personalize_perms.model.settings import READS_INPUT, WRITES_OUTPUT, Workflow
from personalize_perms.model.values import dataclass

OPERATIONS: Final[Mapping[str, Workflow]] = {
    "CreateDatasetImportJob": Workflow.IMPORT,
    "CreateDataDeletionJob": Workflow.DATA_DELETION,
    "CreateDatasetExportJob": Workflow.EXPORT,
    "CreateBatchInferenceJob": Workflow.BATCH,
    "CreateBatchSegmentJob": Workflow.BATCH,
    "CreateMetricAttribution": Workflow.METRICS_CLOUDWATCH,
    "UpdateMetricAttribution": Workflow.METRICS_CLOUDWATCH,
    "CreateDatasetGroup": Workflow.ENCRYPTED_DATASET_GROUP,
}
"""The calls that a role is passed to, and what they are for."""

_WORDS: Final = (
    (r"\b(?:data(?:set)? )?import job\b|\bdataset-import-job/", Workflow.IMPORT),
    (r"\bdata deletion job\b|\bdata-deletion-job/", Workflow.DATA_DELETION),
    (r"\b(?:data(?:set)? )?export job\b|\bdataset-export-job/", Workflow.EXPORT),
    (r"\bbatch (?:inference|segment) job\b|\bbatch-(?:inference|segment)-job/", Workflow.BATCH),
    (r"\bmetric ?attribution\b|\bmetric-attribution/", Workflow.METRICS_CLOUDWATCH),
)
_OPERATION: Final = re.compile(r"\bcalling the ([A-Za-z]{3,60}) operation", re.IGNORECASE)
_ARN: Final = re.compile(
    r"\barn:(?:aws[a-z-]{0,20}):[a-z0-9-]{2,40}:[a-z0-9-]{0,25}:(?:\d{12}|aws)?:[^\s\"'`,;()<>\[\]{}]{1,1024}"
)
_PATH: Final = re.compile(r"\bs3://[^\s\"'`,;()<>\[\]{}]{3,256}")
_END: Final = ".:,;!?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that is named; empty where nothing is. Only what has the form that AWS gives it is believed."""

    principal: str = ""
    """The ARN, or service principal, that was denied."""
    action: str = ""
    resource: str = ""
    policy_type: str = ""
    """Which kind of policy AWS says decided: one of `policy_types.POLICY_TYPES`."""
    operation: str = ""
    role_arn: str = ""
    """The service role that was passed, or that worked."""
    bucket: str = ""
    inputs: tuple[S3Location, ...] = ()
    outputs: tuple[S3Location, ...] = ()
    key_arn: str = ""
    workflows: tuple[Workflow, ...] = ()
    region: str = ""
    account: str = ""

    def over(self, other: Self) -> Self:
        """Return these facts, and those of `other` where these say nothing."""
        missing = {field.name: getattr(other, field.name) for field in fields(self) if not getattr(self, field.name)}
        return replace(self, **missing)

    @property
    def locations(self) -> tuple[S3Location, ...]:
        """Where data is read or written."""
        return self.inputs + self.outputs


def named_in(text: str) -> Facts:
    """Return what a text names beside who was denied what."""
    arns = list(_arns(text))
    operation = next((found[1] for found in _OPERATION.finditer(text)), "")
    workflows = workflows_of(operation) or tuple(
        dict.fromkeys(flow for pattern, flow in _WORDS if re.search(pattern, text, re.IGNORECASE | re.ASCII))
    )
    inputs, outputs = _sorted_out(list(_paths(text)), workflows)
    return Facts(
        operation=operation,
        role_arn=next((str(arn) for arn in arns if arn.service == "iam" and arn.resource.startswith("role/")), ""),
        bucket=next((bucket for arn in arns if (bucket := bucket_of(str(arn)))), ""),
        inputs=inputs,
        outputs=outputs,
        key_arn=next((key for arn in arns if (key := key_of(str(arn)))), ""),
        workflows=workflows,
        region=next((arn.region for arn in arns if arn.service == "personalize" and arn.region), ""),
        account=next((arn.account for arn in arns if arn.account.isdigit()), ""),
    )


def workflows_of(operation: str) -> tuple[Workflow, ...]:
    """Return what a call is for, whatever the letter case of its name."""
    return tuple(flow for name, flow in OPERATIONS.items() if name.lower() == operation.lower())


def arn_of(text: str) -> Arn | None:
    """Return the ARN that `text` is, without the full stop of a sentence at its end."""
    try:
        return Arn.parse(text.rstrip(_END))
    except InvalidName:
        return None


def bucket_of(resource: str) -> str:
    """Return the bucket of the ARN of a bucket or object, or nothing."""
    arn = arn_of(resource)
    return a_bucket(arn.resource.partition("/")[0]) if arn and arn.service == "s3" and not arn.account else ""


def a_bucket(name: str) -> str:
    """Return `name` if a bucket may be called so, else nothing."""
    try:
        return bucket_name(name.rstrip(_END))
    except InvalidName:
        return ""


def key_of(resource: str) -> str:
    """Return `resource` if it is the ARN of a KMS key, else nothing."""
    text = resource.rstrip(_END)
    try:
        return key_reference(text) if text.startswith("arn:") and ":key/" in text else ""
    except InvalidName:
        return ""


def role_of(principal: str) -> str:
    """Return the name of the role that a principal is, or is a session of, or nothing."""
    arn = arn_of(principal)
    if not arn:
        return ""
    kind, _, rest = arn.resource.partition("/")
    return {"assumed-role": rest.partition("/")[0], "role": arn.name}.get(kind, "")


def user_of(principal: str) -> str:
    """Return the name of the IAM user that a principal is, or nothing."""
    arn = arn_of(principal)
    return arn.name if arn and arn.service == "iam" and arn.resource.startswith("user/") else ""


def location(text: object) -> tuple[S3Location, ...]:
    """Return the S3 location that `text` is, or nothing."""
    try:
        return (S3Location.parse(text.rstrip(_END)),) if isinstance(text, str) else ()
    except InvalidName:
        return ()


def _arns(text: str) -> Iterator[Arn]:
    return (arn for found in _ARN.finditer(text) if (arn := arn_of(found[0])))


def _paths(text: str) -> Iterator[tuple[S3Location, bool]]:
    """Yield the locations that a text names, and whether it calls them output."""
    for found in _PATH.finditer(text):
        before = text[max(found.start() - 40, 0) : found.start()].lower()
        yield from ((place, "output" in before or "destination" in before) for place in location(found[0]))


def _sorted_out(
    found: Iterable[tuple[S3Location, bool]], workflows: tuple[Workflow, ...]
) -> tuple[tuple[S3Location, ...], tuple[S3Location, ...]]:
    only_writes = bool(workflows) and READS_INPUT.isdisjoint(workflows) and not WRITES_OUTPUT.isdisjoint(workflows)
    inputs: dict[S3Location, None] = {}
    outputs: dict[S3Location, None] = {}
    for place, is_output in found:
        (outputs if is_output or only_writes else inputs)[place] = None
    return tuple(inputs), tuple(outputs)
