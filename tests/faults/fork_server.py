"""A process with the program imported, from which each run is forked: a run then costs what it does, not its imports.

It reads one JSON object per line and answers each with a number: to `{"run": ...}` with the process id of the child,
to `{"wait": pid}` with its exit code once it has ended, negative if a signal ended it. It has a single thread, so
that forking is safe, and knows nothing of any run itself.
"""

import gc
import json
import os
import sys
import time
from functools import cache
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import botocore.session
from botocore.loaders import create_loader

import personalize_perms
from personalize_perms.cli import main

SERVICES = ("iam", "kms", "personalize", "s3", "sts")


def warm_up() -> None:
    """Import all that a run imports, and parse the service models once for all children."""
    for module in walk_packages(personalize_perms.__path__, "personalize_perms."):
        if "sandbox" not in module.name and not module.name.endswith("__main__"):
            import_module(module.name)
    botocore.session.create_loader = cache(create_loader)
    session = botocore.session.Session()
    for service in SERVICES:
        session.create_client(service, region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    gc.freeze()


def serve() -> None:
    for line in iter(sys.stdin.buffer.readline, b""):
        asked = json.loads(line)
        if "run" in asked:
            number = os.fork() or run_and_exit(asked["run"])
        else:
            number = os.waitstatus_to_exitcode(os.waitpid(asked["wait"], 0)[1])
        answer(number)


def answer(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def run_and_exit(run: dict[str, Any]) -> int:
    """Be a run of the program, as if started from a shell."""
    code: object = 1
    try:
        nothing = os.open(os.devnull, os.O_RDONLY)
        said = os.open(run["said"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for number, target in enumerate((nothing, said, said)):
            os.dup2(target, number)
        os.environ.clear()
        os.environ.update(run["environment"])
        os.chdir(run["directory"])
        time.sleep(run["delay"])
        main.main(run["words"])
    except SystemExit as ended:
        code = ended.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    warm_up()
    answer(os.getpid())
    serve()
