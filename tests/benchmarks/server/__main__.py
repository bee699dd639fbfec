"""Run the server: says on stdout where it is, and ends when stdin does, or after an hour."""

import asyncio
import contextlib
import json
import os
import ssl
import sys
import tempfile
from pathlib import Path

from benchmarks.server.certificate import write_certificate
from benchmarks.server.wire import Connection, Desk

_SECONDS = 3600


async def _serve(folder: Path) -> None:
    certificate, key, trusted = write_certificate(folder)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    desk, loop = Desk(), asyncio.get_running_loop()
    plain = await loop.create_server(lambda: Connection(desk, tls), "127.0.0.1", 0, backlog=1024)
    secure = await loop.create_server(lambda: Connection(desk, tls), "127.0.0.1", 0, backlog=1024, ssl=tls)
    ports = [server.sockets[0].getsockname()[1] for server in (plain, secure)]
    sys.stdout.write(json.dumps({"plain": ports[0], "secure": ports[1], "trusted": str(trusted)}) + "\n")
    sys.stdout.flush()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_SECONDS):
            await loop.run_in_executor(None, lambda: os.read(0, 1))


def main() -> None:
    """Serve until nobody holds our stdin any more."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_serve(Path(folder)))
    os._exit(0)


if __name__ == "__main__":
    main()
