"""The work that all contestants do, in the same account: what the program's own offline dry run says is wanted."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ACCOUNT = "111122223333"
GROUP = "data-science"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/0f5c4b53-9d3c-4b1e-8c1e-2f105f3b41c5"


def program() -> list[str]:
    """Return how the program is started: as its users do, where it is installed beside this Python."""
    installed = Path(sys.executable).parent / "personalize-perms"
    return [str(installed)] if installed.exists() else [sys.executable, "-m", "personalize_perms"]


def write_settings(folder: Path, buckets: int) -> None:
    """Write the settings: imports from all buckets, exports to the last one if there is more than one."""
    names = [f"acme-{number:04d}" for number in range(buckets)]
    inputs, outputs = (names[:-1], names[-1:]) if buckets > 1 else (names, [])
    lines = {
        "workflow": ["import", *(["export"] if outputs else [])],
        "input": [f"s3://{name}/" for name in inputs],
        "output": [f"s3://{name}/" for name in outputs],
        "attach-group": [GROUP],
    }
    text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in lines.items() if value)
    (folder / "personalize-perms.toml").write_text(text, encoding="utf-8")


def write_job(folder: Path, environment: Mapping[str, str]) -> Path:
    """Write what the others are to do: the documents, of shared ones our statements, and what is attached to what."""
    words = [*program(), "init", "--dry-run", "--offline", "--account", ACCOUNT, "--kms-key", KEY, "--format", "json"]
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    data = json.loads(done.stdout)["data"]
    job: dict[str, object] = {"account": ACCOUNT, "group": GROUP, "key": KEY, "policies": {}, "buckets": {}}
    for entry in data["documents"]:
        name, document = entry["name"].rpartition("/")[2], entry["document"]
        match entry["kind"]:
            case "managed-policy":
                job["policies"][name] = document  # type: ignore[index]
            case "trust-policy":
                job["role"], job["trust"] = name, document
            case "bucket-policy":
                job["buckets"][entry["name"]] = document["Statement"]  # type: ignore[index]
            case "key-policy":
                job["key_statements"] = document["Statement"]
    job["user_policies"] = [name for name in job["policies"] if "-user-access" in name]  # type: ignore[attr-defined]
    where = folder / "job.json"
    where.write_text(json.dumps(job), encoding="utf-8")
    return where


def peer(name: str, job: Path, *more: str) -> list[str]:
    """Return how a peer is started."""
    return [sys.executable, str(Path(__file__).parent / "peers" / f"{name}.py"), str(job), *more]
