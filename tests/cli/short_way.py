"""The short way from botocore to the fake AWS of the same process: the request itself, without a socket between.

Sockets, threads and HTTP parsing were a fifth of what the tests of this folder cost. Whatever is a process of its own
(kills, terminals, two at once) still takes the long way.
"""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict
from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session
from fake_aws import FakeAws


class _Socket:
    """Stands for the connection; it can only be broken."""

    broken = False

    def shutdown(self, _: int) -> None:
        self.broken = True


class _Body(BytesIO):
    """An answer's body as urllib3 gives it."""

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


def shortened(server: FakeAws, patch: pytest.MonkeyPatch) -> None:
    """Let every client of this process reach `server` the short way."""
    usual = URLLib3Session.send

    def send(self: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
        if not request.url.startswith(server.url):
            return usual(self, request)
        return _answered(server.answer, request)

    patch.setattr(URLLib3Session, "send", send)


def _answered(answer: Callable[..., Any], request: AWSPreparedRequest) -> AWSResponse:
    socket = _Socket()
    got: list[Any] = []
    sent = answer(_environ(request, socket), lambda status, headers, *_: got.extend((status, headers)))
    try:
        body = b"".join(sent)
    finally:
        getattr(sent, "close", lambda: None)()
    if socket.broken:
        raise ConnectionClosedError(endpoint_url=request.url)
    response = AWSResponse(request.url, int(got[0].split()[0]), HeadersDict(got[1]), _Body(body))
    if not request.stream_output:
        assert response.content is not None  # read now, as botocore does
    return response


def _environ(request: AWSPreparedRequest, socket: _Socket) -> dict[str, Any]:
    parts = urlsplit(request.url)
    body = request.body or b""
    body = body.encode() if isinstance(body, str) else body if isinstance(body, bytes | bytearray) else body.read()
    headers = {
        name: value.decode() if isinstance(value, bytes) else str(value) for name, value in request.headers.items()
    }
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(parts.path, "latin-1") or "/",
        "QUERY_STRING": parts.query,
        "RAW_URI": request.url.removeprefix(f"{parts.scheme}://{parts.netloc}") or "/",
        "SERVER_NAME": parts.hostname,
        "SERVER_PORT": str(parts.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": parts.netloc,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "werkzeug.socket": socket,
        "REMOTE_ADDR": "127.0.0.1",
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = value
    environ["CONTENT_LENGTH"] = str(len(body))
    environ["REQUEST_URI"] = environ["RAW_URI"]
    return environ
