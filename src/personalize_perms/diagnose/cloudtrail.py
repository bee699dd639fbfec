"""Events of CloudTrail: who called what, with which parameters, and why AWS refused it.

Events come from files that others may have written, so nothing in them is believed that has not the form it must have.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from personalize_perms import documents
from personalize_perms.diagnose import facts as naming
from personalize_perms.diagnose import matching
from personalize_perms.diagnose.complaints import Complaint
from personalize_perms.diagnose.facts import Facts
from personalize_perms.diagnose.symptoms import UNRECOGNISED, Symptom
from personalize_perms.diagnose.table import SYMPTOMS
from personalize_perms.model.errors import DocumentError
from personalize_perms.model.names import S3Location
from personalize_perms.model.resources import Json
from personalize_perms.model.values import dataclass

LONGEST: Final = 64 * 1024 * 1024
"""Characters of a file of events: CloudTrail's own have a few million."""
_DEEPEST: Final = 100
_RELEVANT: Final = re.compile(
    r"(personalize|s3|kms|sts|iam|sso|cloudwatch|monitoring)\.amazonaws\.com(\.cn)?", re.ASCII
)
_DENIED: Final = re.compile(
    r"(client\.)?(access ?denied\w*|unauthorized\w*|not ?authorized\w*|allaccessdisabled)", re.IGNORECASE
)
_PREFIXES: Final = {"monitoring": "cloudwatch"}
_S3_ACTIONS: Final = {
    "HeadObject": "GetObject",
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "UploadPart": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "CompleteMultipartUpload": "PutObject",
}
_SERVICE: Final = "personalize.amazonaws.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """What a file of events holds: the complaints, how many events there are, went well, and are of other services."""

    complaints: tuple[Complaint, ...]
    count: int
    fine: int
    others: int


def is_cloudtrail(text: str) -> bool:
    """Tell whether `text` is meant as one event, or as a file of them, whole or not."""
    begins = text.lstrip("\ufeff \t\r\n")[:1]
    return (
        begins in ("{", "[")
        and bool(begins)
        and any(f'"{key}"' in text for key in ("eventName", "Records", "CloudTrailEvent"))
    )


def read(text: str) -> Events:
    """Return what the events in `text` complain of; raise `DocumentError` unless it is an event or a file of them."""
    found = documents.strict_json(text.removeprefix("\ufeff"), longest=LONGEST, deepest=_DEEPEST)
    records = found.get("Records", [found]) if isinstance(found, dict) else found
    # What `aws cloudtrail lookup-events` prints holds each event as a text.
    if isinstance(found, dict) and isinstance(found.get("Events"), list):
        records = found["Events"]
    if not isinstance(records, list):
        raise DocumentError("the file holds no CloudTrail events", reason='"Records" is no list')
    told: dict[tuple[str, Facts], Complaint] = {}
    fine = others = count = 0
    for number, record in enumerate(records, 1):
        event = _event(record, number)
        count += 1
        if not _text(event, "errorCode"):
            fine += 1
        elif not _RELEVANT.fullmatch(_text(event, "eventSource")):
            others += 1
        else:
            for complaint in _complaints(event):
                key = (complaint.symptom.id, complaint.facts)
                told[key] = told[key].again() if key in told else complaint
    order = [*SYMPTOMS, UNRECOGNISED]
    sorted_out = sorted(told.values(), key=lambda complaint: order.index(complaint.symptom))
    return Events(complaints=tuple(sorted_out), count=count, fine=fine, others=others)


def _event(record: Json, number: int) -> Mapping[str, Json]:
    if isinstance(record, dict) and isinstance(record.get("CloudTrailEvent"), str):
        record = documents.strict_json(str(record["CloudTrailEvent"]), longest=LONGEST, deepest=_DEEPEST)
    if not isinstance(record, dict) or not _text(record, "eventName") or not _text(record, "eventSource"):
        raise DocumentError(f"entry {number} is no CloudTrail event", reason="it has no eventName and eventSource")
    return record


def _complaints(event: Mapping[str, Json]) -> Iterator[Complaint]:
    known = _facts(event)
    source = " ".join(filter(None, ("CloudTrail:", _text(event, "eventName"), _text(event, "eventTime"))))
    said = f"{_text(event, 'errorCode')}: {_text(event, 'errorMessage')}".removesuffix(": ")
    # The longest text that is looked into, so that one event cannot hold up all others.
    found = [complaint for complaint in matching.complaints(said[:100_000]) if not complaint.symptom.weak]
    for complaint in found:
        yield replace(complaint, facts=complaint.facts.over(known), source=source)
    if not found:
        symptom = (_denied(event, known) if _DENIED.fullmatch(_text(event, "errorCode")) else None) or _weakly(said)
        yield Complaint(symptom=symptom or UNRECOGNISED, facts=known, said=said[:300], source=source)


def _denied(event: Mapping[str, Json], known: Facts) -> Symptom | None:
    if _text(event, "eventSource").startswith("personalize.") and _inside(event, "requestParameters", "tags"):
        return next(symptom for symptom in SYMPTOMS if symptom.id == "tag-resource")
    return matching.symptom_of(known.action, known.principal)


def _weakly(said: str) -> Symptom | None:
    return next((complaint.symptom for complaint in matching.complaints(said[:100_000])), None)


def _facts(event: Mapping[str, Json]) -> Facts:
    service, name = _text(event, "eventSource").partition(".")[0], _text(event, "eventName")
    operation = _S3_ACTIONS.get(name, name) if service == "s3" else name
    principal = _principal(event)
    role = _text(_inside(event, "requestParameters"), "roleArn")
    resources = [_text(entry, "ARN") for entry in _list(event.get("resources"))]
    inputs = _places(event, ("dataSource", "dataLocation"), ("jobInput", "s3DataSource", "path"))
    outputs = _places(
        event, ("jobOutput", "s3DataDestination", "path"), ("metricsOutputConfig", "s3DataDestination", "path")
    )
    passed = naming.arn_of(role)
    bucket = naming.a_bucket(_text(_inside(event, "requestParameters"), "bucketName"))
    return Facts(
        principal=principal,
        action=f"{_PREFIXES.get(service, service)}:{operation}",
        resource=next((arn for arn in resources if naming.arn_of(arn)), ""),
        operation=name,
        role_arn=str(passed) if passed and passed.resource.startswith("role/") else "",
        bucket=bucket or next((found for arn in resources if (found := naming.bucket_of(arn))), ""),
        inputs=inputs,
        outputs=outputs,
        key_arn=next((key for arn in (*_keys(event), *resources) if (key := naming.key_of(arn))), ""),
        workflows=naming.workflows_of(name),
        region=_region(event),
        account=_account(event),
    )


def _principal(event: Mapping[str, Json]) -> str:
    identity = _inside(event, "userIdentity")
    invoked = _text(identity, "invokedBy")
    issuer = _text(_inside(identity, "sessionContext", "sessionIssuer"), "arn")
    arn = _text(identity, "arn")
    if _text(identity, "type") == "AWSService":
        return invoked if invoked == _SERVICE else ""
    # The role of a session is who it is; the session's own ARN leaves the path out.
    return next((text for text in (issuer, arn) if naming.arn_of(text)), "")


def _region(event: Mapping[str, Json]) -> str:
    """Return the Region of a call; those of IAM, STS and S3 may be logged in another one than they are about."""
    found = _text(event, "awsRegion")
    is_regional = _text(event, "eventSource").startswith(("personalize.", "kms."))
    return found if is_regional and re.fullmatch(r"[a-z0-9-]{5,25}", found) else ""


def _account(event: Mapping[str, Json]) -> str:
    found = _text(event, "recipientAccountId")
    return found if re.fullmatch("[0-9]{12}", found) else ""


def _keys(event: Mapping[str, Json]) -> Iterator[str]:
    parameters = _inside(event, "requestParameters")
    yield _text(parameters, "kmsKeyArn")
    yield _text(parameters, "keyId")
    for path in (("jobInput", "s3DataSource"), ("jobOutput", "s3DataDestination")):
        yield _text(_inside(parameters, *path), "kmsKeyArn")


def _places(event: Mapping[str, Json], *paths: tuple[str, ...]) -> tuple[S3Location, ...]:
    parameters = _inside(event, "requestParameters")
    return tuple(place for *path, last in paths for place in naming.location(_text(_inside(parameters, *path), last)))


def _inside(found: "Json | Mapping[str, Json]", *path: str) -> Mapping[str, Json]:
    """Return the object, or the list as an object of its places, at `path`; an empty one if there is none."""
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    if isinstance(found, list):
        return {str(number): value for number, value in enumerate(found)}
    return found if isinstance(found, Mapping) else {}


def _list(found: Json) -> list[Mapping[str, Json]]:
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _text(found: "Json | Mapping[str, Json]", key: str) -> str:
    value = found.get(key) if isinstance(found, Mapping) else None
    return value if isinstance(value, str) else ""
