"""What the program sent, as the API's operation and its parameters, and what is answered."""

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode

Headers = list[tuple[str, str]]

_S3_VERBS = {"GET": "Get", "PUT": "Put", "DELETE": "Delete", "HEAD": "Head", "POST": "Post"}
_S3_PARTS = {
    "policy": "BucketPolicy",
    "encryption": "BucketEncryption",
    "publicAccessBlock": "PublicAccessBlock",
    "": "Bucket",
}
_S3_OF_ACCOUNT = {"GET": "ListBuckets"}
_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/]+)/[0-9]+/(?P<region>[^/]+)/(?P<service>[^/]+)/")
READS = re.compile(r"(Get|List|Head|Describe|Simulate|Validate).*")
UNPLAYED = ("SimulatePrincipalPolicy", "ValidatePolicy")
"""AWS's own opinions, which moto does not have: whoever wants one lets a handler answer."""


@dataclass(frozen=True)
class Response:
    """What goes back over the wire."""

    status: int
    headers: Headers
    body: bytes

    @property
    def done(self) -> bool:
        return self.status < 300

    def with_body(self, body: bytes, status: int = 200) -> "Response":
        headers = [(name, value) for name, value in self.headers if name.lower() != "content-length"]
        return Response(status, [*headers, ("Content-Length", str(len(body)))], body)


@dataclass(frozen=True)
class Request:
    """One request. `params` has the members of lists under the names that the wire gives them."""

    service: str
    name: str
    params: dict[str, Any]
    region: str
    access_key: str
    path: str = ""
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        return not READS.fullmatch(self.name)

    @property
    def about(self) -> str:
        """The values of its parameters as one text."""
        if self.service == "s3":
            return f"{self.path} {self.body}"
        return json.dumps(self.params) if self.service in ("iam", "sts") else self.body

    @cached_property
    def partition(self) -> str:
        return "aws-cn" if self.region.startswith("cn-") else "aws"

    @property
    def bucket(self) -> str:
        return self.path.strip("/").partition("/")[0]

    def text(self, name: str) -> str:
        return str(self.params.get(name, ""))

    def listed(self, name: str, part: str) -> list[str]:
        """The values of `part` in a list of structures that was sent as `name.member.1.part`."""
        pattern = re.compile(rf"{name}\.member\.\d+\.{part}")
        return [str(value) for key, value in self.params.items() if pattern.fullmatch(key)]


def parse(environ: dict[str, Any], raw: bytes) -> Request | None:
    """Return the request; None for what is not of AWS, as a look at moto itself."""
    found = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if not found:
        return None
    service, body = found["service"], raw.decode("utf-8", "surrogateescape")
    common = {"service": service, "region": found["region"], "access_key": found["key"], "body": body}
    if service == "s3":
        part = environ.get("QUERY_STRING", "").partition("&")[0].partition("=")[0]
        method = environ["REQUEST_METHOD"]
        name = _S3_VERBS[method] + _S3_PARTS.get(part, part)
        if environ["PATH_INFO"] == "/":
            name = _S3_OF_ACCOUNT.get(method, name)
        query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
        headers = {key: value for key, value in environ.items() if key.startswith("HTTP_X_AMZ_")}
        return Request(name=name, params=query, path=environ["PATH_INFO"], headers=headers, **common)
    if service == "access-analyzer":
        return Request(name="ValidatePolicy", params=json.loads(body or "{}"), **common)
    if "HTTP_X_AMZ_TARGET" in environ:
        target = environ["HTTP_X_AMZ_TARGET"].rpartition(".")[2]
        return Request(name=target, params=json.loads(body or "{}"), **common)
    values = {name: value[0] for name, value in parse_qs(body).items()}
    return Request(name=values.pop("Action", ""), params=values, **common)


def another(environ: dict[str, Any], service: str, name: str, params: dict[str, str]) -> dict[str, Any]:
    """Return the environment of a read that is asked in the name of another request."""
    query, method, body = "", "POST", b""
    changed = {key: value for key, value in environ.items() if "CHECKSUM" not in key and "SHA256" not in key}
    match service:
        case "s3":
            method, query = "GET", "policy"
        case "kms":
            body = json.dumps(params).encode()
            changed["HTTP_X_AMZ_TARGET"] = f"TrentService.{name}"
        case _:
            body = urlencode({"Action": name, "Version": "2010-05-08", **params}).encode()
    stream = {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    return {**changed, **stream, "REQUEST_METHOD": method, "QUERY_STRING": query}


class Refused(Exception):  # noqa: N818 - an answer of AWS, not a mistake
    """AWS does not do this."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status


def refusal(request: Request, refused: Refused) -> Response:
    """Return a refusal as the service spells it."""
    if request.service in ("kms", "access-analyzer"):
        text, kind = json.dumps({"__type": refused.code, "message": refused.message}), "application/x-amz-json-1.1"
    else:
        message = refused.message.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        error = f"<Error><Code>{refused.code}</Code><Message>{message}</Message></Error>"
        text, kind = (error if request.service == "s3" else f"<ErrorResponse>{error}</ErrorResponse>"), "text/xml"
    body = b"" if request.name.startswith("Head") else text.encode("utf-8", "surrogateescape")
    return Response(refused.status, [("Content-Type", kind), ("Content-Length", str(len(body)))], body)


def status_line(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"
