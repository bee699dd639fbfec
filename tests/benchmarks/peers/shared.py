"""What every peer does in memory: add our statements to a document of others, if they are not in it."""

import json
import sys
from pathlib import Path
from typing import Any


def read_job() -> dict[str, Any]:
    return json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))


def merged(text: str | None, ours: list[dict[str, Any]]) -> str | None:
    """Return the document with our statements; None if they are there."""
    document = json.loads(text) if text else {"Version": "2012-10-17", "Statement": []}
    missing = [one for one in ours if one not in document["Statement"]]
    if not missing:
        return None
    document["Statement"] += missing
    return json.dumps(document)


def policy_arn(job: dict[str, Any], name: str) -> str:
    return f"arn:aws:iam::{job['account']}:policy/{name}"


def role_policies(job: dict[str, Any]) -> list[str]:
    return [name for name in job["policies"] if name not in job["user_policies"]]
