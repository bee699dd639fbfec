"""One resource of Amazon Personalize by its ARN: its status, why it failed, and what it names. It only reads.

https://docs.aws.amazon.com/personalize/latest/dg/API_Operations_Amazon_Personalize.html
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, cast

from personalize_perms.aws.errors import looked_up
from personalize_perms.aws.session import AwsSession
from personalize_perms.model.live import Present, Read
from personalize_perms.model.names import Arn
from personalize_perms.model.work import Work

_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "batch-inference-job": ("batch inference job", "batchInferenceJob"),
    "batch-segment-job": ("batch segment job", "batchSegmentJob"),
    "campaign": ("campaign", "campaign"),
    "data-deletion-job": ("data deletion job", "dataDeletionJob"),
    "dataset": ("dataset", "dataset"),
    "dataset-export-job": ("export job", "datasetExportJob"),
    "dataset-group": ("dataset group", "datasetGroup"),
    "dataset-import-job": ("import job", "datasetImportJob"),
    "event-tracker": ("event tracker", "eventTracker"),
    "filter": ("filter", "filter"),
    "metric-attribution": ("metric attribution", "metricAttribution"),
    "recommender": ("recommender", "recommender"),
    "solution": ("solution", "solution"),
}
"""The first part of the ARN's resource -> what it is, and what the API calls it."""
KINDS: Final = tuple(words for words, _ in _KINDS.values())


def is_known(arn: Arn) -> bool:
    """Tell whether this is the ARN of something that can be looked at here."""
    return arn.service == "personalize" and bool(arn.account) and arn.resource.partition("/")[0] in _KINDS


def read_work(session: AwsSession, arn: Arn) -> Read[Work]:
    """Read one resource, and the key of its dataset group where it names that; denied and absent are answers."""
    kind, _, rest = arn.resource.partition("/")
    words, member = _KINDS[kind]
    if kind == "solution" and "/" in rest:
        words, member = "solution version", "solutionVersion"
    found = _described(session, member, str(arn))
    if not isinstance(found, Present):
        return found
    work = _work(words, arn, found.value)
    if work.group_arn == str(arn):
        return Present(replace(work, group_key_arn=work.key_arn))
    group = _described(session, "datasetGroup", work.group_arn) if work.group_arn else None
    # What is not known of the group is no answer to what was asked.
    return Present(replace(work, group_key_arn=_text(group.value, "kmsKeyArn")) if isinstance(group, Present) else work)


def _described(session: AwsSession, member: str, arn: str) -> Read[Mapping[str, Any]]:
    def ask() -> Mapping[str, Any]:
        # The operations are looked up by name, and their answers are JSON.
        client = cast("Any", session.reader("personalize"))
        name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in member)
        answer: Mapping[str, Any] = getattr(client, f"describe_{name}")(**{f"{member}Arn": arn})
        return cast("Mapping[str, Any]", answer[member])

    return looked_up(f"personalize:Describe{member[0].upper()}{member[1:]}", arn, ask)


def _work(words: str, arn: Arn, found: Mapping[str, Any]) -> Work:
    job_input, job_output = _inside(found, "jobInput", "s3DataSource"), _inside(found, "jobOutput", "s3DataDestination")
    metrics = _inside(found, "metricsOutputConfig")
    metrics_to = _inside(metrics, "s3DataDestination")
    return Work(
        words=words,
        arn=str(arn),
        status=_text(found, "status"),
        failure_reason=_text(found, "failureReason"),
        role_arn=_text(found, "roleArn") or _text(metrics, "roleArn"),
        key_arn=next(
            (key for part in (found, job_output, job_input, metrics_to) if (key := _text(part, "kmsKeyArn"))), ""
        ),
        input_path=_text(_inside(found, "dataSource"), "dataLocation") or _text(job_input, "path"),
        output_path=_text(job_output, "path") or _text(metrics_to, "path"),
        group_arn=_group(arn, found),
    )


def _group(arn: Arn, found: Mapping[str, Any]) -> str:
    if arn.resource.startswith("dataset-group/"):
        return str(arn)
    if named := _text(found, "datasetGroupArn"):
        return named
    # The ARN of a dataset holds the name of its group: dataset/GROUP/TYPE.
    kind, _, rest = _text(found, "datasetArn").rpartition(":")[2].partition("/")
    group = f"dataset-group/{rest.partition('/')[0]}"
    return str(replace(arn, resource=group)) if kind == "dataset" and rest else ""


def _inside(found: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    for key in path:
        value = found.get(key)
        found = value if isinstance(value, dict) else {}
    return found


def _text(found: Mapping[str, Any], key: str) -> str:
    value = found.get(key)
    return value if isinstance(value, str) else ""
