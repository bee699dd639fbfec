"""An `aws` command over the fake account for scripts to call; a call costs no process that would have to import much.

The commands in the script's PATH are a few lines of shell that hand their words to this process. `python3` is played
here too, from the file that it is asked to run, unless a test wants the real one.
"""

import contextlib
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError, WaiterError
from fake_aws import FakeAws

_SHIM = """#!/bin/sh
printf '%s\\0' {name} "$@" >{folder}/words
read -r code <{folder}/code
cat {folder}/out
cat {folder}/err >&2
exit "$code"
"""
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
        for name in ("words", "code"):
            os.mkfifo(folder / name)
        for name in ("aws", "python3"):
            (folder / name).write_text(_SHIM.format(name=name, folder=folder))
            (folder / name).chmod(0o755)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        (self._folder / "words").write_text("")
        self._thread.join()

    @property
    def writes(self) -> list[str]:
        return [" ".join(call[:2]) for call in self.calls if self.is_write(call)]

    @staticmethod
    def is_write(words: list[str]) -> bool:
        return not words[1].startswith(_READS)

    def run(self, script: str, *, real_python: bool = False) -> subprocess.CompletedProcess[str]:
        """Run a script with these commands in its PATH."""
        self.calls.clear()
        file = self._folder / "script.sh"
        file.write_text(script)
        if real_python:
            (self._folder / "python3").write_text(f'#!/bin/sh\nexec {sys.executable} -I "$@"\n')
        environment = {**os.environ, "PATH": f"{self._folder}:/usr/bin:/bin", "PERSONALIZE_PERMS_PAUSE": "0"}
        return subprocess.run(["sh", str(file)], capture_output=True, text=True, env=environment, timeout=120)

    def _serve(self) -> None:
        while words := (self._folder / "words").read_text().split("\0")[:-1]:
            play = self.answer if words[0] == "aws" else _python
            code, out, err = play(words[1:])
            (self._folder / "out").write_text(out)
            (self._folder / "err").write_text(err)
            (self._folder / "code").write_text(f"{code}\n")

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
        parsed = _options(options)
        client = self._client(service.removesuffix("api"), parsed.pop("region", [os.environ["AWS_REGION"]])[0])
        if waits:
            waiter = client.get_waiter(name.replace("-", "_"))
            shape = "Get" + name.partition("-")[0].capitalize()
            waiter.wait(**_parameters(client, shape, parsed), WaiterConfig={"Delay": 0, "MaxAttempts": 9})
            return None
        method = name.replace("-", "_")
        shape = next(one for one in client.meta.service_model.operation_names if xform_name(one) == method)
        answer = getattr(client, method)(**_parameters(client, shape, parsed))
        answer.pop("ResponseMetadata")
        return answer

    def _client(self, service: str, region: str) -> Any:
        if (service, region) not in self._clients:
            self._clients[service, region] = self._server.client(service, region, strict=True)
        return self._clients[service, region]


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


def _parameters(client: Any, operation: str, options: dict[str, list[str]]) -> dict[str, Any]:
    members = client.meta.service_model.operation_model(operation).input_shape.members
    names = {xform_name(name, "-"): name for name in members}
    found: dict[str, Any] = {}
    for option, words in options.items():
        texts = [Path(word[7:]).read_text() if word.startswith("file://") else word for word in words]
        if option == "cli-input-json":
            found = {**json.loads(texts[0]), **found}
        elif option == "set-as-default":
            found["SetAsDefault"] = True
        else:
            listed = members[names[option]].type_name == "list"
            structured = listed and words[0].startswith("file://")
            found[names[option]] = json.loads(texts[0]) if structured else texts if listed else texts[0]
    return found


@cache
def _compiled(text: str) -> CodeType:
    return compile(text, "documents.py", "exec")


def _python(words: list[str]) -> Answer:
    """Run a file of Python as `python3 FILE WORDS...` does."""
    out, code, err = io.StringIO(), 0, ""
    with contextlib.redirect_stdout(out):
        former, sys.argv = sys.argv, words
        try:
            exec(_compiled(Path(words[0]).read_text()), {"__name__": "__main__"})  # noqa: S102 - what python3 would do
        except SystemExit as end:
            code, err = 1, f"{end.code}\n"
        finally:
            sys.argv = former
    return code, out.getvalue(), err
