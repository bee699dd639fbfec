"""Reads that show what was there before the last write, as every eventually consistent service may.

Before a write is handed on, what the program could read of its target is read once and kept; the next reads of it are
answered from there.
"""

import threading
from collections.abc import Callable
from typing import Any

from strict import world
from strict.requests import Request, Response, another

Ask = Callable[[dict[str, Any]], Response]
"""Answers a read, given its environment."""
_READS = {
    "policy": ("GetPolicy", "GetPolicyVersion", "ListPolicyVersions", "ListEntitiesForPolicy"),
    "role": ("GetRole", "ListAttachedRolePolicies", "ListRolePolicies"),
    "bucket": ("GetBucketPolicy",),
    "key": ("GetKeyPolicy", "ListGrants"),
}
_PLACES = {"policy": "PolicyArn", "role": "RoleName", "key": "KeyId"}
_KINDS = {read: kind for kind, reads in _READS.items() for read in reads}


class Staleness:
    """`reads` is how many reads of each kind show the old state after a write."""

    def __init__(self) -> None:
        self.reads = 0
        self._old: dict[tuple[str, ...], tuple[int, Response]] = {}
        self._lock = threading.Lock()

    def former(self, request: Request, environ: dict[str, Any], ask: Ask) -> dict[tuple[str, ...], Response]:
        """Read what a write is about to change."""
        found = {}
        for kind, about in _touched(request):
            for read in _READS[kind]:
                params = {_PLACES[kind]: about} if kind in _PLACES else {}
                if read == "GetPolicyVersion":
                    params["VersionId"] = "v1"
                if read == "GetKeyPolicy":
                    params["PolicyName"] = "default"
                if read == "ListEntitiesForPolicy":
                    params["PolicyUsageFilter"] = "PermissionsPolicy"
                found[read, about, params.get("VersionId", "")] = ask(another(environ, request.service, read, params))
        return found

    def remember(self, former: dict[tuple[str, ...], Response]) -> None:
        """Answer the next reads with what was there."""
        with self._lock:
            self._old.update({key: (self.reads, response) for key, response in former.items()})

    def old(self, request: Request) -> Response | None:
        """The answer of a former time, if it is one for that."""
        kind = _KINDS.get(request.name)
        if kind is None or not self._old:
            return None
        about = request.bucket if kind == "bucket" else request.text(_PLACES[kind])
        key = (request.name, about, request.text("VersionId"))
        with self._lock:
            left, response = self._old.pop(key, (0, None))
            if left > 1 and response:
                self._old[key] = (left - 1, response)
        return response


def _touched(request: Request) -> list[tuple[str, str]]:
    """Kind and name of everything that a write changes."""
    if not request.writes:
        return []
    if request.service == "s3":
        return [("bucket", request.bucket)] if request.name.endswith("BucketPolicy") else []
    found = [(kind, request.text(place)) for kind, place in _PLACES.items() if place in request.params]
    if request.name == "CreatePolicy":
        path = request.text("Path") or "/"
        found.append(
            ("policy", f"arn:{request.partition}:iam::{world.ACCOUNT}:policy{path}{request.text('PolicyName')}")
        )
    return found
