"""An aggregator of AWS Config behind a socket: records of several accounts, told in pages, as a query or in batches."""

import json
import re
import threading
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any
from urllib.parse import quote

from werkzeug.serving import make_server

Document = dict[str, Any]
NAME = "everybody"
_KIND = re.compile(r"resourceType = '([^']+)'")
_ABOUT = ("accountId", "awsRegion", "resourceType", "resourceId", "resourceName", "arn")


class FakeConfig:
    """The server. `items` are the records; `calls` the operations that were asked for."""

    def __init__(self) -> None:
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.port}"
        self.reset()

    def reset(self) -> None:
        self.items: list[Document] = []
        self.sources: list[Document] = []
        self.calls: list[str] = []
        self.page = 2
        self.tells_documents = True
        """Whether a query tells whole configurations; else only what the published list of properties has."""
        self.takes_columns = True
        """Whether a query may name `configuration` as a whole."""
        self.refuses: dict[str, str] = {}
        """Operation, or operation and resource type -> the code of its refusal."""

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    # Filling

    def add(self, account: str, kind: str, name: str, configuration: Document, **more: Any) -> str:
        arn = configuration.get("arn") or f"arn:aws:s3:::{name}"
        region = more.pop("region", "eu-west-1")
        identity = {"resourceId": more.pop("id", name), "resourceName": name, "arn": arn}
        about = {"accountId": account, "awsRegion": region, "resourceType": kind, **identity}
        self.items.append({**about, "configuration": configuration, "supplementaryConfiguration": more})
        return arn

    def role(self, account: str, name: str, trust: Document, inline: Document | None = None, *attached: str) -> str:
        policies = [{"policyName": one, "policyDocument": encoded(text)} for one, text in (inline or {}).items()]
        return self.add(
            account,
            "AWS::IAM::Role",
            name,
            {
                "arn": f"arn:aws:iam::{account}:role/{name}",
                "path": "/",
                "roleName": name,
                "roleId": f"AROA{name.upper():0<16}",
                "createDate": "2020-01-01T00:00:00.000Z",
                "assumeRolePolicyDocument": encoded(trust),
                "rolePolicyList": policies,
                "attachedManagedPolicies": [{"policyArn": arn, "policyName": arn} for arn in attached],
            },
        )

    def policy(self, account: str, name: str, document: Document, attached: int = 1) -> str:
        version = {"versionId": "v1", "isDefaultVersion": True, "document": encoded(document)}
        about = {"arn": f"arn:aws:iam::{account}:policy/{name}", "policyName": name, "attachmentCount": attached}
        return self.add(account, "AWS::IAM::Policy", name, {**about, "policyVersionList": [version]})

    def bucket(self, account: str, name: str, policy: Document | None) -> str:
        text = json.dumps(policy) if policy else None
        return self.add(account, "AWS::S3::Bucket", name, {"name": name}, BucketPolicy={"policyText": text})

    def key(self, account: str, key_id: str, policy: Document | None, region: str = "eu-west-1") -> str:
        arn = f"arn:aws:kms:{region}:{account}:key/{key_id}"
        more = {"Policy": json.dumps(policy)} if policy else {}
        about = {"arn": arn, "keyId": key_id, "keyManager": "CUSTOMER"}
        return self.add(account, "AWS::KMS::Key", key_id, about, region=region, **more)

    def source(self, account: str, status: str = "SUCCEEDED", **more: str) -> None:
        self.sources.append(
            {"SourceId": account, "SourceType": "ACCOUNT", "AwsRegion": "eu-west-1", "LastUpdateStatus": status, **more}
        )

    # Answering

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        operation = environ["HTTP_X_AMZ_TARGET"].rpartition(".")[2]
        asked = json.loads(BytesIO(body).read())
        self.calls.append(operation)
        kind = _KIND.search(asked.get("Expression", ""))
        code = self.refuses.get(operation) or self.refuses.get(f"{operation} {kind[1] if kind else ''}")
        if not code and asked["ConfigurationAggregatorName"] != NAME:
            code = "NoSuchConfigurationAggregatorException"
        if not code and not self.takes_columns and ", configuration" in asked.get("Expression", ""):
            code = "InvalidExpressionException"
        if code:
            return _sent(start, 400, {"__type": code, "message": "so it goes"})
        return _sent(start, 200, getattr(self, f"_{operation}")(asked))

    def _SelectAggregateResourceConfig(self, asked: Document) -> Document:  # noqa: N802 - the operation's name
        found = _KIND.search(asked["Expression"])
        assert found
        rows = [one for one in self.items if one["resourceType"] == found[1]]
        first = int(asked.get("NextToken", 0))
        columns = _ABOUT if not self.takes_columns else (*_ABOUT, "configuration", "supplementaryConfiguration")
        some = [json.dumps(self._row(one, columns)) for one in rows[first : first + self.page]]
        more = {"NextToken": str(first + self.page)} if first + self.page < len(rows) else {}
        return {"Results": some, "QueryInfo": {"SelectFields": []}, **more}

    def _row(self, item: Document, columns: Iterable[str]) -> Document:
        row = {name: item[name] for name in columns}
        if not self.tells_documents and "configuration" in row:
            row["configuration"] = _without_documents(row["configuration"])
            row.pop("supplementaryConfiguration")
        return row

    def _BatchGetAggregateResourceConfig(self, asked: Document) -> Document:  # noqa: N802
        wanted = {(one["SourceAccountId"], one["ResourceId"]) for one in asked["ResourceIdentifiers"]}
        assert len(wanted) <= 100
        found = [one for one in self.items if (one["accountId"], one["resourceId"]) in wanted]
        return {"BaseConfigurationItems": [_as_text(one) for one in found], "UnprocessedResourceIdentifiers": []}

    def _DescribeConfigurationAggregatorSourcesStatus(self, _: Document) -> Document:  # noqa: N802
        return {"AggregatedSourceStatusList": self.sources}


def _without_documents(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_documents(one) for one in value]
    if not isinstance(value, dict):
        return value
    dropped = ("assumeRolePolicyDocument", "policyDocument", "document")
    return {name: _without_documents(one) for name, one in value.items() if name not in dropped}


def encoded(document: Document) -> str:
    """A document as AWS Config records those of IAM."""
    return quote(json.dumps(document))


def _as_text(item: Document) -> Document:
    supplement = {name: json.dumps(value) for name, value in item["supplementaryConfiguration"].items()}
    return {**item, "configuration": json.dumps(item["configuration"]), "supplementaryConfiguration": supplement}


def _sent(start: Callable[..., Any], status: int, content: Document) -> Iterable[bytes]:
    start(f"{status} -", [("Content-Type", "application/x-amz-json-1.1")])
    return [json.dumps(content).encode()]
