"""AWS as moto plays it, behind a real socket: every request of the program is written down, or met by a fault."""

import json
import logging
import os
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from socket import SHUT_RDWR, create_connection
from typing import Any, Final, Literal, get_args

import boto3
import moto.backends
import moto.core.responses
from botocore.config import Config
from moto.moto_api._internal import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.server import MotoRequestHandler
from werkzeug.serving import make_server
from werkzeug.wsgi import ClosingIterator

from strict.layer import Strict
from strict.requests import READS, Request, Response, parse, status_line

ACCOUNT = "123456789012"
REGION = "eu-west-1"
JSON_SERVICES = ("kms", "personalize", "sso", "identitystore")


@dataclass(frozen=True)
class Call:
    """One request: `name` is the API's operation, `about` the values of its parameters as one text."""

    service: str
    name: str
    about: str

    @property
    def writes(self) -> bool:
        return not READS.fullmatch(self.name)

    def __str__(self) -> str:
        return f"{self.service}:{self.name} {self.about[:200]}"


Answer = tuple[int, str]
"""Status and body; status 0 means that the connection breaks instead of an answer."""
Handler = Callable[[Call, Callable[[], Answer]], Answer]
"""Given the call and the way to hand it on to moto, what is answered."""
Moment = Literal["before", "lost", "answered"]
Which = int | tuple[str, int]
"""The k-th call of all, or the k-th of one operation, counted from 1: within a wave calls come in any order."""
Action = Callable[[], Answer | None]
"""What is done at a moment of a call; an answer, if it returns one, is sent instead of handing the call on."""
_PROGRAM, _STRICTLY = "personalize-perms/", "through-the-strict-layer/"
_BROKEN: Answer = (0, "")
_LAST: Final = "/the-last-connection-so-far"


# Moto looks for its own modules and methods at every request: a third of what a request costs.
_modules = moto.backends.list_of_moto_modules
moto.backends.list_of_moto_modules = cache(lambda: tuple(_modules()))  # type: ignore[assignment, return-value]
moto.core.responses.method_names_from_class = cache(moto.core.responses.method_names_from_class)


class FakeAws:
    """The server. `calls` are those of the program alone; a test's own clients are not written down."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.pid = 0
        """The process that `kill` kills."""
        self._handlers: dict[str, list[Handler]] = defaultdict(list)
        self._moments: dict[tuple[Which, Moment], Action] = {}
        self._lock = threading.Lock()
        self.strict = Strict(self._forward)
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self.answer, threaded=True, request_handler=MotoRequestHandler)
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
        self.pid = 0
        self.forget()
        self.strict.reset()

    def client(self, service: str, region: str = REGION, *, strict: bool = False, key_id: str = "testing") -> Any:
        """A client of somebody else; anything goes with moto, unless it is to be `strict`."""
        config = Config(
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
            user_agent_extra=f"{_STRICTLY}1" if strict else "others/1",
        )
        keys = {"aws_access_key_id": key_id, "aws_secret_access_key": "testing"}
        return boto3.client(service, region_name=region, endpoint_url=self.url, config=config, **keys)

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
        self._moments.clear()

    def at(self, which: Which, moment: Moment, do: Action) -> None:
        """Let `do` happen at a moment of one call of the program, counted since `calls` was cleared last."""
        self._moments[which, moment] = do

    def kill(self) -> Answer:
        """Kill the process `pid`, and with it the connection."""
        assert self.pid, "set `pid` first"
        os.kill(self.pid, signal.SIGKILL)
        return _BROKEN

    def be_idle(self) -> None:
        """Return when all that was sent so far is done: AWS goes on with what a process sent that is dead by now."""
        # Connections are taken on in their order, so what came before this one has a thread by the time it is answered.
        with create_connection(("127.0.0.1", self._server.port), timeout=60) as connection:
            connection.sendall(f"GET {_LAST} HTTP/1.0\r\n\r\n".encode())
            while connection.recv(1024):
                pass
        while any("process_request" in thread.name for thread in threading.enumerate()):
            time.sleep(0.001)

    # The server

    def answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == _LAST:
            return _sent(Response(200, [("Connection", "close")], b""), start)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        agent = environ.get("HTTP_USER_AGENT", "")
        request = parse(environ, body)
        if request is None:
            return self._moto(environ, start)
        if _PROGRAM in agent:
            return self._answer_program(request, environ, start)
        hand_on = self.strict.answer if _STRICTLY in agent else self.strict.others
        return _sent(hand_on(request, environ), start)

    def _answer_program(self, request: Request, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        call = Call(request.service, request.name, request.about)
        with self._lock:
            self.calls.append(call)
            k = len(self.calls)
            waiting = self._handlers[call.name]
            handler = waiting.pop(0) if waiting else None
            before, lost, answered = (self._due(moment, k, call.name) for moment in get_args(Moment))
        answer = before() if before else None
        if answer is None and handler:
            answer = handler(call, lambda: _as_answer(self.strict.answer(request, environ)))
        response = self.strict.answer(request, environ) if answer is None else _as_response(call, answer)
        if lost:
            lost()
            response = _as_response(call, _BROKEN)
        if response.status == 0:
            environ["werkzeug.socket"].shutdown(SHUT_RDWR)
            response = replace(response, status=500)
        sent = _sent(response, start)
        return ClosingIterator(sent, answered) if answered else sent

    def _due(self, moment: Moment, k: int, name: str) -> Action | None:
        nth = sum(call.name == name for call in self.calls)
        return self._moments.pop((k, moment), None) or self._moments.pop(((name, nth), moment), None)

    def _forward(self, environ: dict[str, Any]) -> Response:
        got: list[Any] = []
        body = b"".join(self._moto(environ, lambda status, headers, *_: got.extend((status, headers))))
        return Response(int(got[0].split()[0]), got[1], body)


def _sent(response: Response, start: Callable[..., Any]) -> Iterable[bytes]:
    start(status_line(response.status), response.headers)
    return [response.body]


def _as_answer(response: Response) -> Answer:
    return response.status, response.body.decode()


def _as_response(call: Call, answer: Answer) -> Response:
    status, text = answer
    kind = "application/x-amz-json-1.1" if call.service in JSON_SERVICES else "text/xml"
    return Response(status, [("Content-Type", kind)], text.encode())


# Ready-made handlers


def refuses(code: str, status: int = 400, message: str = "so it goes") -> Handler:
    """Answer with a refusal; nothing is done."""

    def handler(call: Call, _: Callable[[], Answer]) -> Answer:
        if call.service in JSON_SERVICES:
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
