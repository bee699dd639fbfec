"""Amazon Personalize as this program sees it: what carries a role or a key. It only reads.

https://docs.aws.amazon.com/personalize/latest/dg/API_Operations_Amazon_Personalize.html
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from personalize_perms.aws.errors import AwsError, Fault, translated
from personalize_perms.aws.session import AwsSession
from personalize_perms.model.live import Carrier, Unreadable
from personalize_perms.model.values import dataclass

if TYPE_CHECKING:
    from datetime import datetime

_LOOKED_AT: Final = 200
"""Of each kind, at most so many are described: those under way first, then the newest."""

_FAILED: Final = "CREATE FAILED"
_ENDED: Final = ("ACTIVE", "CREATE STOPPED", _FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of resource: `list_<plural>` and `describe_<name>`, and how its answers name things."""

    words: str
    name: str
    member: str


DATASET_GROUPS: Final = Kind(words="dataset group", name="dataset_group", member="datasetGroup")
KINDS: Final = (
    DATASET_GROUPS,
    Kind(words="import job", name="dataset_import_job", member="datasetImportJob"),
    Kind(words="export job", name="dataset_export_job", member="datasetExportJob"),
    Kind(words="batch inference job", name="batch_inference_job", member="batchInferenceJob"),
    Kind(words="batch segment job", name="batch_segment_job", member="batchSegmentJob"),
    Kind(words="data deletion job", name="data_deletion_job", member="dataDeletionJob"),
    Kind(words="metric attribution", name="metric_attribution", member="metricAttribution"),
)


class Personalize:
    """Reads of Amazon Personalize."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    def read_carriers(self, kind: Kind) -> tuple[tuple[Carrier, ...], Unreadable | None]:
        """Read what of this kind there is and what it names, and why some of it cannot be known."""
        action = f"personalize:List{kind.member[0].upper()}{kind.member[1:]}s"
        found: list[Carrier] = []
        try:
            with translated(action, "*"):
                summaries = sorted(self._summaries(kind), key=_first_looked_at)
            for summary in summaries[:_LOOKED_AT]:
                found += self._described(kind, summary)
        except AwsError as error:
            reason = f"{error.code}: {error.message}".removesuffix(": ")
            return tuple(found), Unreadable(action=error.action, resource=error.resource, reason=reason)
        if len(summaries) > _LOOKED_AT:
            reason = f"there are {len(summaries)}, and only {_LOOKED_AT} were looked at"
            return tuple(found), Unreadable(action=action, resource="*", reason=reason)
        return tuple(found), None

    @property
    def _client(self) -> Any:  # noqa: ANN401 - the operations are looked up by name
        return cast("Any", self._session.reader("personalize"))

    def _summaries(self, kind: Kind) -> list[Mapping[str, Any]]:
        # botocore has no paginator for data deletion jobs.
        ask = getattr(self._client, f"list_{kind.name}s")
        found: list[Mapping[str, Any]] = []
        token: dict[str, str] = {}
        while True:
            answer = ask(**token)
            found += [summary for summary in answer[f"{kind.member}s"] if summary.get("status") != _FAILED]
            if not answer.get("nextToken") or answer["nextToken"] == token.get("nextToken"):
                return found
            token = {"nextToken": answer["nextToken"]}

    def _described(self, kind: Kind, summary: Mapping[str, Any]) -> list[Carrier]:
        arn = summary[f"{kind.member}Arn"]
        try:
            with translated(f"personalize:Describe{kind.member[0].upper()}{kind.member[1:]}", arn):
                answer = getattr(self._client, f"describe_{kind.name}")(**{f"{kind.member}Arn": arn})[kind.member]
        except AwsError as error:
            if error.fault is Fault.ABSENT:
                return []  # deleted since it was listed
            raise
        return [Carrier(words=kind.words, arn=arn, status=answer.get("status", ""), names=frozenset(_named(answer)))]


def _first_looked_at(summary: Mapping[str, Any]) -> tuple[bool, float]:
    created: datetime | None = summary.get("creationDateTime")
    return summary.get("status") in _ENDED, -created.timestamp() if created else 0.0


def _named(answer: Mapping[str, Any]) -> Iterator[str]:
    """Yield the roles and keys that an answer names, wherever they stand in it."""
    for member, value in answer.items():
        if member in ("roleArn", "kmsKeyArn") and isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from _named(value)
