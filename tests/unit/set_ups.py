"""Whole set-ups as they would be stored, to put to the judge."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from judge import Document, Request, allowed

from personalize_perms import steps
from personalize_perms.documents import DocumentKind
from personalize_perms.engine.offline import plan_offline
from personalize_perms.model.names import AccountId, Arn, S3Location
from personalize_perms.model.resources import KeyGrant
from personalize_perms.model.settings import Place, Settings, Workflow
from personalize_perms.templates import Templates

ACCOUNT, STRANGER = "111122223333", "444455556666"
REGIONS = {"aws": "eu-west-1", "aws-cn": "cn-north-1"}
PERSONALIZE = ("Service", "personalize.amazonaws.com")
SERVICE_ROLE = "personalize-service-role"
TEMPLATES = Templates.load(None)

INPUTS = ("acme-data/in/", "acme-data/users.csv", "acme-archive")
OUTPUTS = ("acme-results/out",)
INSIDE = {
    "input": ("acme-data/in/users.csv", "acme-data/in/2026/users.csv", "acme-data/users.csv", "acme-archive/old/a.csv"),
    "output": ("acme-results/out", "acme-results/out/part-1", "acme-results/out/2026/part-1"),
}
OUTSIDE = (
    *("acme-data/in-secret/users.csv", "acme-data/in", "acme-data/IN/users.csv", "acme-data/other/in/users.csv"),
    *("acme-data/users.csv.old", "acme-data/users.csv-2/a", "acme-data/payroll.csv", "acme-data-2/in/users.csv"),
    *("xacme-data/in/users.csv", "acme-archive-2/old/a.csv", "other/acme-archive/a.csv", "acme-results/in/users.csv"),
    *("acme-results/out-secret/a", "acme-results/output", "acme-results/a", "acme-results-2/out/a", "foreign/out/a"),
)
BUCKETS = {"acme-data": "input", "acme-archive": "input", "acme-results": "output"}
_KEYS = {"input": "1111", "output": "2222", "data": "3333", "other": "9999"}


@dataclass(frozen=True, kw_only=True)
class SetUp:
    """One set-up, and the names in it. Context keys are keywords, with `_` for their colon."""

    settings: Settings
    place: Place
    documents: Mapping[tuple[str, str], Document]
    grants: tuple[KeyGrant, ...]

    @property
    def role(self) -> str:
        return self.arn("iam", f"role/ml/{SERVICE_ROLE}")

    @property
    def people(self) -> list[tuple[str, str]]:
        """Return principals of the account and beside it that no policy of a resource names."""
        strange = self.arn("iam", "root").replace(ACCOUNT, STRANGER)
        return [("AWS", self.arn("iam", "user/ada")), ("AWS", self.arn("iam", "role/ml/admin")), ("AWS", strange)]

    @property
    def keys(self) -> dict[str, str]:
        return key_arns(self.place)

    def arn(self, service: str, resource: str) -> str:
        return self.place.arn(service, resource, regional=service == "personalize")

    def s3(self, path: str) -> str:
        return f"arn:{self.place.partition}:s3:::{path}"

    def user(self, action: str, resource: str = "*", **context: str) -> bool:
        return self._identity(self.settings.user_policy, action, resource, context)

    def service_role(self, action: str, resource: str = "*") -> bool:
        return self._identity("personalize-service-access", action, resource, {})

    def on_bucket(self, who: tuple[str, str], action: str, path: str, **context: str) -> bool:
        name = path.partition("/")[0]
        return self._resource(
            DocumentKind.BUCKET_POLICY, name, who, Request(action=action, resource=self.s3(path)), context
        )

    def on_key(self, who: tuple[str, str], action: str, key: str, **context: str) -> bool:
        return self._resource(DocumentKind.KEY_POLICY, key, who, Request(action=action, resource=key), context)

    def trusts(self, role: str, who: tuple[str, str], action: str = "sts:AssumeRole", **context: str) -> bool:
        return self._resource(DocumentKind.TRUST_POLICY, role, who, Request(action=action), context)

    def _identity(self, name: str, action: str, resource: str, context: Mapping[str, str]) -> bool:
        kind = DocumentKind.MANAGED_POLICY
        own = [document for (its, one), document in self.documents.items() if its == kind and one.startswith(name)]
        return allowed(own, Request(action=action, resource=resource, context=_keys(context)))

    def _resource(
        self, kind: DocumentKind, name: str, who: tuple[str, str], asked: Request, context: Mapping[str, str]
    ) -> bool:
        request = Request(action=asked.action, resource=asked.resource, who=who, context=_keys(context))
        return (kind, name) in self.documents and allowed([self.documents[kind, name]], request)

    def source(self, **changes: str) -> dict[str, str]:
        """Return the context of a call by the service; `changes` are put into the ARN that it acts for."""
        parts = {"partition": self.place.partition, "service": "personalize", "region": self.place.region} | changes
        arn = f"arn:{parts['partition']}:{parts['service']}:{parts['region']}:{parts.get('account', ACCOUNT)}:dataset/a"
        return {"aws_SourceAccount": ACCOUNT, "aws_SourceArn": arn}

    def strange_sources(self) -> Iterable[dict[str, str]]:
        """Return contexts of calls that the service makes for somebody else, or says nothing about."""
        own = self.source()
        yield {}
        yield {"aws_SourceAccount": ACCOUNT}
        yield {"aws_SourceArn": own["aws_SourceArn"]}
        yield {**own, "aws_SourceAccount": STRANGER}
        yield self.source(account=STRANGER)
        yield {**self.source(account=STRANGER), "aws_SourceAccount": STRANGER}
        yield self.source(region="us-west-2")
        yield self.source(service="sagemaker")
        yield self.source(partition="aws-other")


def _keys(context: Mapping[str, str]) -> dict[str, str]:
    return {key.replace("_", ":"): value for key, value in context.items()}


def key_arns(place: Place) -> dict[str, str]:
    return {
        name: place.arn("kms", f"key/{digits}0000-1111-2222-3333-444455556666", regional=True)
        for name, digits in _KEYS.items()
    }


@cache
def set_up(partition: str, workflows: tuple[Workflow, ...] = (Workflow.IMPORT,), **changes: Any) -> SetUp:
    """Return a set-up with a key on two of its buckets, and one for its dataset group where that is encrypted."""
    place = Place(account=AccountId(ACCOUNT), region=REGIONS[partition], partition=partition)
    places = {"inputs": INPUTS, "outputs": OUTPUTS} | {k: changes.pop(k) for k in ("inputs", "outputs") if k in changes}
    locations = {field: tuple(S3Location.parse(f"s3://{one}") for one in several) for field, several in places.items()}
    settings = Settings(**{"workflows": workflows, "role_path": "/ml/", **locations, **changes})
    keys = {name: Arn.parse(arn) for name, arn in key_arns(place).items()}
    named = [keys["data"]] if Workflow.ENCRYPTED_DATASET_GROUP in workflows else []
    of_buckets = {"acme-data": keys["input"], "acme-results": keys["output"]}
    found = {bucket: key for bucket, key in of_buckets.items() if bucket in settings.buckets}
    context = steps.Context(
        settings=settings, place=place, keys=steps.key_uses(settings, named, found), templates=TEMPLATES
    )
    desired = steps.desire(context)
    return SetUp(
        settings=settings,
        place=place,
        documents={(one.kind, one.name): json.loads(one.text) for one in plan_offline(desired).documents},
        grants=tuple(one for one in desired.resources if isinstance(one, KeyGrant)),
    )
