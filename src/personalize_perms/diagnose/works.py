"""What a job, dataset group or other thing in Amazon Personalize complains of. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from personalize_perms.diagnose import facts as naming
from personalize_perms.diagnose import matching
from personalize_perms.diagnose.complaints import Complaint
from personalize_perms.diagnose.facts import Facts
from personalize_perms.diagnose.reading import Reading
from personalize_perms.diagnose.symptoms import UNRECOGNISED
from personalize_perms.diagnose.table import SYMPTOMS
from personalize_perms.model.settings import Workflow
from personalize_perms.model.work import Work

_FAILED: Final = "FAILED"
_WORKFLOWS: Final[Mapping[str, Workflow]] = {
    "import job": Workflow.IMPORT,
    "data deletion job": Workflow.DATA_DELETION,
    "export job": Workflow.EXPORT,
    "batch inference job": Workflow.BATCH,
    "batch segment job": Workflow.BATCH,
    "metric attribution": Workflow.METRICS_CLOUDWATCH,
    "dataset group": Workflow.ENCRYPTED_DATASET_GROUP,
}


def read_work(work: Work) -> Reading:
    """Return what it complains of; nothing if it has not failed and depends on no key."""
    known, source = facts_of(work), f"{work.words} {work.arn}"
    if work.failure_reason or _FAILED in work.status:
        note = f"the {source} is {work.status or 'of unknown status'}"
        found = matching.complaints(work.failure_reason)
        told = tuple(replace(c, facts=c.facts.over(known), source=source) for c in found)
        return Reading(complaints=told or (_unknown(work, known, source),), note=note)
    note = f"the {source} is {work.status or 'of unknown status'}: nothing of it has failed"
    if work.group_key_arn:
        note += ". It lives on the KMS key of its dataset group, without which filters and recommendations fail"
        symptom = next(symptom for symptom in SYMPTOMS if symptom.id == "encrypted-group")
        # Nothing was said: the meaning is that of the key's links, which are looked at in case one is broken.
        return Reading(complaints=(Complaint(symptom=symptom, facts=known, said="", source=source),), note=note)
    return Reading(complaints=(), note=note)


def facts_of(work: Work) -> Facts:
    """Return what a resource names."""
    role = naming.arn_of(work.role_arn)
    workflow = _WORKFLOWS.get(work.words)
    outputs = naming.location(work.output_path)
    workflows: tuple[Workflow, ...] = (workflow,) if workflow else ()
    if workflow is Workflow.METRICS_CLOUDWATCH and outputs:
        workflows += (Workflow.METRICS_S3,)
    if work.group_key_arn and Workflow.ENCRYPTED_DATASET_GROUP not in workflows:
        workflows += (Workflow.ENCRYPTED_DATASET_GROUP,)
    arn = naming.arn_of(work.arn)
    return Facts(
        role_arn=str(role) if role else "",
        inputs=naming.location(work.input_path),
        outputs=outputs,
        key_arn=naming.key_of(work.key_arn) or naming.key_of(work.group_key_arn),
        workflows=workflows,
        region=arn.region if arn else "",
        account=arn.account if arn else "",
    )


def _unknown(work: Work, known: Facts, source: str) -> Complaint:
    return Complaint(symptom=UNRECOGNISED, facts=known, said=work.failure_reason[:300], source=source)
