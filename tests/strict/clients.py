"""Plain boto3 clients of somebody else: of moto as it is, or through the layer."""

from dataclasses import dataclass
from typing import Any

from botocore.handlers import json_decode_policies
from fake_aws import FakeAws


@dataclass(frozen=True)
class Clients:
    """Clients of one kind."""

    iam: Any
    kms: Any
    s3: Any


def clients(server: FakeAws, *, strict: bool) -> Clients:
    found = Clients(*(server.client(service, strict=strict) for service in ("iam", "kms", "s3")))
    # Documents as they come over the wire.
    found.iam.meta.events.unregister("after-call.iam", json_decode_policies)
    return found
