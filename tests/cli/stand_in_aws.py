"""An `aws` command over the fake account, quick to start: what a script's calls do is done here, in this process."""

import json
import os
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError, WaiterError
from fake_aws import FakeAws

_COMMAND = """#!{python} -IS
import json, socket, sys
line = socket.create_connection(("127.0.0.1", {port}))
line.sendall(json.dumps(sys.argv[1:]).encode() + b"\\n")
code, out, err = json.loads(line.makefile().readline())
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(code)
"""
_GLOBAL = frozenset({"region", "output", "profile"})
_READS = ("get-", "list-", "wait")
Answer = tuple[int, str, str]


class StandInAws:
    """Answers `aws SERVICE OPERATION --option value`; `calls` are the words of each, `lose` breaks one of them."""

    def __init__(self, server: FakeAws, folder: Path) -> None:
        self.calls: list[list[str]] = []
        self.lose: Callable[[list[str]], str] = lambda _: ""
        """Says of a call whether it fails, "before" or "after" it took effect."""
        self._server = server
        self._folder = folder
        self._clients: dict[tuple[str, str], Any] = {}
        handler = type("Handler", (socketserver.StreamRequestHandler,), {"handle": self._handle(self)})
        self._listener = socketserver.TCPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self._listener.serve_forever, args=(0.05,), daemon=True).start()
        command = folder / "aws"
        command.write_text(_COMMAND.format(python=sys.executable, port=self._listener.server_address[1]))
        command.chmod(0o755)

    def stop(self) -> None:
        self._listener.shutdown()
        self._listener.server_close()

    @property
    def writes(self) -> list[str]:
        return [" ".join(call[:2]) for call in self.calls if not call[1].startswith(_READS)]

    def run(self, script: str, *, path: str = "") -> subprocess.CompletedProcess[str]:
        """Run a script with this command as its `aws`."""
        self.calls.clear()
        file = self._folder / "script.sh"
        file.write_text(script)
        quick = self._folder / "python3"
        if not quick.exists():
            quick.write_text(f'#!/bin/sh\nexec {sys.executable} -ISB "$@"\n')
            quick.chmod(0o755)
        environment = {**os.environ, "PATH": path or f"{self._folder}:/usr/bin:/bin", "PERSONALIZE_PERMS_PAUSE": "0"}
        return subprocess.run(["sh", str(file)], capture_output=True, text=True, env=environment, timeout=120)

    @staticmethod
    def _handle(stand_in: "StandInAws") -> Callable[[socketserver.StreamRequestHandler], None]:
        def handle(request: socketserver.StreamRequestHandler) -> None:
            words = json.loads(request.rfile.readline())
            request.wfile.write(json.dumps(stand_in.answer(words)).encode() + b"\n")

        return handle

    def answer(self, words: list[str]) -> Answer:
        """Return exit code, stdout and stderr of one call."""
        self.calls.append(words)
        lost = self.lose(words)
        if lost == "before":
            return 255, "", "Could not connect to the endpoint URL\n"
        try:
            found = self._call(*words)
        except ClientError as error:
            return 254, "", f"\n{error}\n"
        except WaiterError as error:
            return 255, "", f"\n{error}\n"
        if lost == "after":
            return 255, "", "Connection was closed before we received a valid response\n"
        return 0, json.dumps(found, default=str) if found else "", ""

    def _call(self, service: str, operation: str, *options: str) -> Any:
        waits = operation == "wait"
        name, options = (options[0], options[1:]) if waits else (operation, options)
        parsed = self._options(options)
        client = self._client(service.removesuffix("api"), parsed.pop("region", [os.environ["AWS_REGION"]])[0])
        if waits:
            waiter = client.get_waiter(name.replace("-", "_"))
            shape = "Get" + name.partition("-")[0].capitalize()
            waiter.wait(**self._parameters(client, shape, parsed), WaiterConfig={"Delay": 0, "MaxAttempts": 9})
            return None
        method = name.replace("-", "_")
        shape = next(one for one in client.meta.service_model.operation_names if xform_name(one) == method)
        answer = getattr(client, method)(**self._parameters(client, shape, parsed))
        answer.pop("ResponseMetadata")
        return answer

    @staticmethod
    def _options(words: tuple[str, ...]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        name = ""
        for word in words:
            if word.startswith("--"):
                name = word.removeprefix("--")
                found[name] = []
            else:
                found[name].append(word)
        return found

    def _client(self, service: str, region: str) -> Any:
        if (service, region) not in self._clients:
            self._clients[service, region] = self._server.client(service, region, strict=True)
        return self._clients[service, region]

    @staticmethod
    def _parameters(client: Any, operation: str, options: dict[str, list[str]]) -> dict[str, Any]:
        members = client.meta.service_model.operation_model(operation).input_shape.members
        names = {xform_name(name, "-"): name for name in members}
        found: dict[str, Any] = {}
        for option, words in options.items():
            texts = [Path(w[7:]).read_text() if w.startswith("file://") else w for w in words]
            if option == "cli-input-json":
                found = {**json.loads(texts[0]), **found}
            elif option == "set-as-default":
                found["SetAsDefault"] = True
            else:
                structured = words[0].startswith("file://") and members[names[option]].type_name == "list"
                listed = members[names[option]].type_name == "list"
                found[names[option]] = json.loads(texts[0]) if structured else texts if listed else texts[0]
        return found
