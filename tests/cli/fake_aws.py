"""AWS as moto plays it, behind a real socket: every request of the program is written down, or met by a fault."""

import json
import logging
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from socket import SHUT_RDWR
from typing import Any
from urllib.parse import parse_qs

import boto3
from botocore.config import Config
from moto.moto_api._internal import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.server import MotoRequestHandler
from werkzeug.serving import make_server

ACCOUNT = "123456789012"
REGION = "eu-west-1"
KEYS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}

_READS = re.compile(r"(Get|List|Head|Describe|Simulate).*")
_S3_VERBS = {"GET": "Get", "PUT": "Put", "DELETE": "Delete", "HEAD": "Head", "POST": "Post"}
_S3_PARTS = {"policy": "BucketPolicy", "encryption": "BucketEncryption", "": "Bucket"}
_CREDENTIAL = re.compile(r"Credential=[^/]+/[0-9]+/(?P<region>[^/]+)/(?P<service>[^/]+)/")


@dataclass(frozen=True)
class Call:
    """One request: `name` is the API's operation, `about` the values of its parameters as one text."""

    service: str
    name: str
    about: str

    @property
    def writes(self) -> bool:
        return not _READS.fullmatch(self.name)

    def __str__(self) -> str:
        return f"{self.service}:{self.name} {self.about[:200]}"


Answer = tuple[int, str]
"""Status and body; status 0 means that the connection breaks instead of an answer."""
Handler = Callable[[Call, Callable[[], Answer]], Answer]
"""Given the call and the way to hand it on to moto, what is answered."""


class FakeAws:
    """The server. `calls` are those of the program alone; a test's own clients are not written down."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._handlers: dict[str, list[Handler]] = defaultdict(list)
        self._lock = threading.Lock()
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=MotoRequestHandler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.url = f"http://127.0.0.1:{self._server.port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def reset(self) -> None:
        moto_api_backend.reset()
        self.calls.clear()
        self._handlers.clear()

    def client(self, service: str, region: str = REGION) -> Any:
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
        return boto3.client(service, region_name=region, endpoint_url=self.url, config=config, **KEYS)

    @property
    def writes(self) -> list[Call]:
        """The writes so far, in the order in which they came."""
        return [call for call in self.calls if call.writes]

    # Faults: each is for the next calls of one operation by the program, in the order in which they were given

    def on(self, name: str, *handlers: Handler) -> None:
        """Let `handlers` take the next calls of the operation `name`, one each."""
        self._handlers[name] += handlers

    def forget(self) -> None:
        """Drop the handlers that did not come to their turn."""
        self._handlers.clear()

    # The server

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        if "personalize-perms/" not in environ.get("HTTP_USER_AGENT", ""):
            return self._moto(environ, start)
        call = _call(environ, body.decode())
        with self._lock:
            self.calls.append(call)
            waiting = self._handlers[call.name]
            handler = waiting.pop(0) if waiting else None
        if handler is None:
            return self._moto(environ, start)
        status, text = handler(call, lambda: self._forward(environ))
        if status == 0:
            environ["werkzeug.socket"].shutdown(SHUT_RDWR)
        kind = "application/x-amz-json-1.1" if call.service == "kms" else "text/xml"
        start(f"{status or 500} {HTTPStatus(status or 500).phrase}", [("Content-Type", kind)])
        return [text.encode()]

    def _forward(self, environ: dict[str, Any]) -> Answer:
        got: list[str] = []
        body = b"".join(self._moto(environ, lambda status, *_: got.append(status)))
        return int(got[0].split()[0]), body.decode()


def _call(environ: dict[str, Any], body: str) -> Call:
    found = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    assert found, environ
    service, path, query = found["service"], environ["PATH_INFO"], environ.get("QUERY_STRING", "")
    if service == "s3":
        part = query.partition("&")[0].partition("=")[0]
        verb = _S3_VERBS[environ["REQUEST_METHOD"]]
        return Call(service, verb + _S3_PARTS.get(part, part), f"{path} {body}")
    if service == "kms":
        return Call(service, environ["HTTP_X_AMZ_TARGET"].rpartition(".")[2], body)
    values = {name: value[0] for name, value in parse_qs(body).items()}
    return Call(service, values.pop("Action"), json.dumps(values))


# Ready-made handlers


def refuses(code: str, status: int = 400, message: str = "so it goes") -> Handler:
    """Answer with a refusal; nothing is done."""

    def handler(call: Call, _: Callable[[], Answer]) -> Answer:
        if call.service == "kms":
            return status, json.dumps({"__type": code, "message": message})
        error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        return status, error if call.service == "s3" else f"<ErrorResponse>{error}</ErrorResponse>"

    return handler


def loses_the_answer(_: Call, forward: Callable[[], Answer]) -> Answer:
    """Do what was asked and break the connection before the answer."""
    status, _ = forward()
    assert status < 300, status
    return 0, ""


def passes(_: Call, forward: Callable[[], Answer]) -> Answer:
    """Hand the call on as if nothing were."""
    return forward()


def after(action: Callable[[], object]) -> Handler:
    """Do something else first, then hand the call on."""

    def handler(_: Call, forward: Callable[[], Answer]) -> Answer:
        action()
        return forward()

    return handler
