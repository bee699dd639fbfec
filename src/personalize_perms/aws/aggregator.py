"""What an aggregator of AWS Config knows of many accounts: one question for all of them, page by page.

An advanced query may leave out policy documents: the published list of what can be queried has none of them. So what
a row lacks is asked for again by the item, which holds the whole configuration.
https://docs.aws.amazon.com/config/latest/developerguide/querying-AWS-resources.html
https://docs.aws.amazon.com/config/latest/APIReference/API_BatchGetAggregateResourceConfig.html
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from personalize_perms.aws.errors import AwsError, asked
from personalize_perms.aws.session import AwsSession

Item = Mapping[str, Any]
"""One configuration item, as a query or a batch tells it: the same keys, `configuration` as an object."""

BATCH: Final = 100
"""Items of one page, and of one batch."""

_ABOUT: Final = "accountId, awsRegion, resourceType, resourceId, resourceName, arn"
_QUERY: Final = "SELECT {columns} WHERE resourceType = '{kind}'"
_EVERYTHING: Final = f"{_ABOUT}, configuration, supplementaryConfiguration"
_INVALID: Final = "InvalidExpressionException"
_SELECT: Final = "config:SelectAggregateResourceConfig"
_MAPS: Final = ("configuration", "supplementaryConfiguration")


class Aggregator:
    """Reads of the aggregator `name`. Every failure is an `AwsError`: a refusal says nothing about what is there."""

    def __init__(self, session: AwsSession, name: str) -> None:
        self._client: Any = session.reader("config")
        self._name = name

    def read_items(self, kind: str) -> Iterator[tuple[Item, ...]]:
        """Read what is recorded of a resource type in every account, a page at a time."""
        columns, token = _EVERYTHING, ""
        while True:
            try:
                answer = self._page(_QUERY.format(columns=columns, kind=kind), token)
            except AwsError as error:
                if error.code != _INVALID or columns == _ABOUT:
                    raise
                columns, token = _ABOUT, ""  # of the first page only: what can be asked for does not change
                continue
            yield tuple(_plain(json.loads(text)) for text in answer["Results"])
            token = answer.get("NextToken") or ""
            if not token:
                return

    def _page(self, query: str, token: str) -> Mapping[str, Any]:
        def ask() -> Mapping[str, Any]:
            more = {"NextToken": token} if token else {}
            answer: Mapping[str, Any] = self._client.select_aggregate_resource_config(
                Expression=query, ConfigurationAggregatorName=self._name, Limit=BATCH, **more
            )
            return {"Results": answer["Results"], "NextToken": answer.get("NextToken")}

        return asked(_SELECT, self._name, ask)

    def read_whole(self, items: Sequence[Item]) -> tuple[Item, ...]:
        """Read at most `BATCH` of these items with their whole configuration; those that are not told are left out."""

        def ask() -> tuple[Item, ...]:
            answer = self._client.batch_get_aggregate_resource_config(
                ConfigurationAggregatorName=self._name, ResourceIdentifiers=[_identifier(one) for one in items]
            )
            return tuple(_plain(one) for one in answer["BaseConfigurationItems"])

        return asked("config:BatchGetAggregateResourceConfig", self._name, ask)

    def read_sources(self) -> tuple[Item, ...]:
        """Read which accounts and Regions the aggregator collects from, and how the last time went."""

        def ask() -> tuple[Item, ...]:
            paginator = self._client.get_paginator("describe_configuration_aggregator_sources_status")
            pages = paginator.paginate(ConfigurationAggregatorName=self._name)
            return tuple(one for page in pages for one in page["AggregatedSourceStatusList"])

        return asked("config:DescribeConfigurationAggregatorSourcesStatus", self._name, ask)


def _identifier(item: Item) -> dict[str, str]:
    return {
        "SourceAccountId": item["accountId"],
        "SourceRegion": item["awsRegion"],
        "ResourceId": item["resourceId"],
        "ResourceType": item["resourceType"],
        **({"ResourceName": item["resourceName"]} if item.get("resourceName") else {}),
    }


def _plain(item: Mapping[str, Any]) -> Item:
    """Return an item with objects in the place of the texts that a batch gives for them."""
    decoded = {name: _decoded(item[name]) for name in _MAPS if item.get(name) is not None}
    supplement = decoded.get("supplementaryConfiguration")
    if isinstance(supplement, dict):
        decoded["supplementaryConfiguration"] = {name: _decoded(value) for name, value in supplement.items()}
    return {**item, **decoded}


def _decoded(value: object) -> object:
    """Return what a text of JSON says, once; a policy document stays the text that it is, to be read strictly."""
    if not isinstance(value, str):
        return value
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return value if isinstance(found, dict) and "Statement" in found else found
