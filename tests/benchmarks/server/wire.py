"""Requests over HTTP/1.1, plain and over TLS, each with its latency and written down with its beginning and its end.

A port is plain and takes what is for this harness too (`/-/...`), and as a proxy what is for the real names of AWS's
endpoints (CONNECT): nothing leaves this machine. The other port speaks TLS. Both answer for one account.
"""

import asyncio
import json
import re
import ssl
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote

from benchmarks.server import iam, kms, s3
from benchmarks.server.world import Refused, World

MOST_CONNECTIONS = 4000
MOST_BYTES = 8 << 20
MOST_CALLS = 200_000
_CREDENTIAL = re.compile(r"Credential=[^/]+/[0-9]+/[^/]+/([^/]+)/")


class Desk:
    """The account, and what was asked of it."""

    def __init__(self) -> None:
        self.world = World()
        self.latency = self.connecting = 0.0
        """Seconds for each request, and once more for the first one of a connection."""
        self.calls: list[tuple[str, float, float, int]] = []
        """Operation, beginning, end, status."""
        self.connections = 0
        self.open = 0
        self._kept: dict[tuple[Any, ...], bytes] = {}

    def reset(self, *, buckets: int = 0, roles: int = 0, latency: float = 0.0, connecting: float = 0.0) -> None:
        self.world = World(buckets, roles)
        self._kept.clear()
        self.latency, self.connecting = latency, connecting
        self.forget()

    def forget(self) -> None:
        self.calls = []
        self.connections = 0

    def answer(
        self, verb: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[str, int, Mapping[str, str], bytes]:
        """Return the operation, and status, headers and body of the answer."""
        found = _CREDENTIAL.search(headers.get("authorization", ""))
        service = found[1] if found else ""
        path, _, rest = target.partition("?")
        if service == "s3":
            return self._s3(verb, unquote(path), dict(parse_qsl(rest, keep_blank_values=True)), headers, body)
        if service in ("iam", "sts"):
            return self._query(service, dict(parse_qsl(body.decode(), keep_blank_values=True)))
        return self._json(service, headers.get("x-amz-target", path).rpartition(".")[2], body)

    def _s3(
        self, verb: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> tuple[str, int, Mapping[str, str], bytes]:
        bucket = s3.bucket_of(path, headers)
        name = s3.name_of(verb, bucket, query)
        try:
            reply = s3.answer(self.world, name, bucket, query, headers, body.decode())
        except Refused as refused:
            reply = s3.refusal(refused, bucket)
        content = b"" if verb == "HEAD" else reply.body
        return f"s3:{name}", reply.status, {"Content-Type": "application/xml", **reply.headers}, content

    def _query(self, service: str, params: Mapping[str, str]) -> tuple[str, int, Mapping[str, str], bytes]:
        name = params.get("Action", "")
        key = (service, *sorted(params.items()))
        try:
            status, body = 200, self._kept.get(key) or iam.answer(self.world, service, params)
        except Refused as refused:
            status, body = refused.status, iam.refusal(refused)
        if name in iam.WRITES:
            self._kept.clear()
        elif name == "GetAccountAuthorizationDetails":
            self._kept[key] = body
        return f"{service}:{name}", status, {"Content-Type": "text/xml"}, body

    def _json(self, service: str, name: str, body: bytes) -> tuple[str, int, Mapping[str, str], bytes]:
        params = json.loads(body or b"{}")
        try:
            status, content = 200, json.dumps(kms.answer(self.world, service, name, params)).encode()
        except Refused as refused:
            status, content = refused.status, kms.refusal(refused)
        return f"{service}:{name}", status, {"Content-Type": "application/x-amz-json-1.1"}, content

    def control(self, target: str, body: bytes) -> bytes:
        """Do what the harness asks, and say what was asked of AWS since the last time."""
        if target == "/-/reset":
            self.reset(**json.loads(body or b"{}"))
        elif target == "/-/forget":
            self.forget()
        elif target == "/-/texts":
            return json.dumps({name: one.policy for name, one in self.world.buckets.items()}).encode()
        return json.dumps({"calls": self.calls, "connections": self.connections}).encode()


class Connection(asyncio.Protocol):
    """One connection: requests one after the other, each answered before the next is looked at."""

    def __init__(self, desk: Desk, tls: ssl.SSLContext) -> None:
        self._desk, self._tls = desk, tls
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._first = True
        self._busy: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        if self._transport is None:
            self._desk.connections += 1
            self._desk.open += 1
        self._transport = transport
        if self._desk.open > MOST_CONNECTIONS:
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._desk.open -= 1
        if self._busy:
            self._busy.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) > MOST_BYTES and self._transport:
            self._transport.close()
        if self._busy is None:
            self._next()

    def _next(self) -> None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 or self._transport is None:
            return
        first, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
        verb, target, _ = first.split(" ", 2)
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        if verb == "CONNECT":
            del self._buffer[: end + 4]
            self._busy = asyncio.get_running_loop().create_task(self._go_over_to_tls())
            return
        length = int(headers.get("content-length", 0))
        if len(self._buffer) < end + 4 + length:
            if headers.get("expect"):
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return
        body = bytes(self._buffer[end + 4 : end + 4 + length])
        del self._buffer[: end + 4 + length]
        if target.startswith("/-/"):
            self._desk.connections -= 1
            self._send(200, {}, self._desk.control(target, body), verb)
            self._transport.close()
            return
        self._busy = asyncio.get_running_loop().create_task(self._answer(verb, target, headers, body))

    async def _answer(self, verb: str, target: str, headers: Mapping[str, str], body: bytes) -> None:
        desk, begun = self._desk, time.monotonic()
        wait = desk.latency + (desk.connecting if self._first else 0.0)
        self._first = False
        if wait:
            await asyncio.sleep(wait)
        try:
            name, status, more, content = desk.answer(verb, target, headers, body)
        except (KeyError, ValueError) as error:
            name, status, more, content = f"{verb} {target}", 400, {}, repr(error).encode()
        if len(desk.calls) < MOST_CALLS:
            desk.calls.append((name, begun, time.monotonic(), status))
        self._send(status, more, content, verb)
        self._busy = None
        self._next()

    async def _go_over_to_tls(self) -> None:
        assert self._transport
        self._transport.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        loop = asyncio.get_running_loop()
        transport = await loop.start_tls(self._transport, self, self._tls, server_side=True)
        self._transport = transport
        self._busy = None
        self._next()

    def _send(self, status: int, headers: Mapping[str, str], body: bytes, verb: str) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        lines = [
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
            "x-amzn-RequestId: 0",
            f"Content-Length: {len(body)}",
        ]
        if status == 204 or verb == "HEAD":
            lines.pop()
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._transport.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
