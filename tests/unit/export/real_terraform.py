"""HashiCorp's own terraform, if it is on this machine with the AWS provider; nothing is fetched from a network.

The provider comes from the directory that TERRAFORM_PLUGIN_DIR names (`terraform init -plugin-dir`), or from what
terraform's own configuration says. Tests skip, with the reason, where either is missing.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

_IMPORT = re.compile(r"^import \{\n  to = (\S+)\n  id = (.*)\n\}\n", re.MULTILINE)
_PLUGINS = os.environ.get("TERRAFORM_PLUGIN_DIR", "")
"""Read when tests are collected: each test has an environment of its own."""


@dataclass(frozen=True)
class Terraform:
    """The program, run in one directory."""

    folder: Path
    environment: Mapping[str, str]

    def run(self, *words: str, codes: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
        done = run(self.folder, *words, environment=self.environment)
        assert done.returncode in codes, f"terraform {' '.join(words)}\n{done.stdout}{done.stderr}"
        return done


def run(folder: Path, *words: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_LOG"))}
    settings = {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "NO_COLOR": "1"}
    return subprocess.run(
        ["terraform", f"-chdir={folder}", *words],
        env={**plain, **settings, **environment},
        capture_output=True,
        text=True,
        timeout=1200,
    )


def ready(folder: Path, environment: Mapping[str, str] | None = None) -> Terraform:
    """Return terraform for the code in `folder`, or skip the test."""
    if not shutil.which("terraform"):
        pytest.skip("terraform is not on the PATH")
    configured = Path(os.environ.get("TF_CLI_CONFIG_FILE", Path.home() / ".terraformrc")).is_file()
    if not (_PLUGINS or configured):
        pytest.skip("terraform is here, but not where its AWS provider is: TERRAFORM_PLUGIN_DIR")
    words = ("init", "-input=false", "-no-color", *((f"-plugin-dir={_PLUGINS}",) if _PLUGINS else ()))
    done = run(folder, *words, environment={})
    if done.returncode:
        pytest.skip(f"terraform finds no AWS provider: {' '.join(done.stderr.split())[-300:]}")
    return Terraform(folder, environment or {})


def as_modules(folder: Path, texts: Mapping[str, str]) -> dict[str, str]:
    """Write each text as a module of one root, so that one run judges them all; return the folder of each.

    Import blocks, which a root alone may have, move there.
    """
    modules = {name: f"m_{re.sub('[^a-z0-9_]', '_', name)}" for name in texts}
    root = []
    for name, module in modules.items():
        (folder / module).mkdir()
        (folder / module / "main.tf").write_text(_IMPORT.sub("", texts[name]))
        root.append(f'module "{module}" {{\n  source = "./{module}"\n}}\n')
        imports = _IMPORT.findall(texts[name])
        root += [f"import {{\n  to = module.{module}.{to}\n  id = {id_}\n}}\n" for to, id_ in imports]
    (folder / "main.tf").write_text("\n".join(root))
    return modules
