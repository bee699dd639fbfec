"""Where requests go when it is not AWS's own endpoint, and which of these places are refused.

Whoever answers at an endpoint sees the session token of every request and can feed us documents. So an endpoint
without TLS is allowed on this machine only.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
"""

import ipaddress
import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from personalize_perms.model.errors import EndpointError

if TYPE_CHECKING:
    from botocore.session import Session

_SERVICES: Final = (
    *("sts", "iam", "kms", "s3", "personalize", "accessanalyzer", "cloudformation", "sso-admin", "identitystore"),
    "config",
)
_SPELLED: Final = {"config": "config_service", "sso-admin": "sso_admin"}
"""Services that botocore's configuration knows by another name than its clients do."""

# Stricter than any URL parser, because parsers disagree about "\", "@" and white space, and the one that connects is
# not the one that checks.
_URL: Final = re.compile(r"(https?)://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[A-Za-z0-9._~%/-]*)?")


def configured(session: "Session") -> Mapping[str, str]:
    """Return the endpoint URL of each service that variables or the profile give one, in botocore's order."""
    if session.get_config_variable("ignore_configured_endpoint_urls"):
        return {}
    profile = session.get_scoped_config()
    sections = session.full_config.get("services", {}).get(profile.get("services", ""), {})
    found: dict[str, str] = {}
    for service in _SERVICES:
        spelled = _SPELLED.get(service, service)
        section = sections.get(spelled, {})
        url = (
            os.environ.get(f"AWS_ENDPOINT_URL_{spelled.upper()}")
            or os.environ.get("AWS_ENDPOINT_URL")
            or (section.get("endpoint_url") if isinstance(section, dict) else None)
            or profile.get("endpoint_url")
        )
        if url:
            found[service] = str(url)
    return found


def check(url: str, service: str) -> None:
    """Raise `EndpointError` unless `url` is HTTPS, or HTTP on this machine."""
    found = _URL.fullmatch(url)
    if not found:
        raise EndpointError(
            f"the endpoint for {service} is not a plain URL",
            reason=f"{_redacted(url)!r} is not http(s)://HOST[:PORT]",
            hint="correct AWS_ENDPOINT_URL or the profile's endpoint_url",
        )
    if found[1] != "https" and not is_loopback(url):
        raise EndpointError(
            f"the endpoint {url} for {service} would send credentials in the clear",
            reason="plain http is allowed to this machine only (localhost, 127.0.0.0/8, ::1)",
            hint="use https, or set AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true",
        )


def is_loopback(url: str) -> bool:
    """Tell whether `url` leads to this machine, by its text alone."""
    found = _URL.fullmatch(url)
    if not found:
        return False
    host = found[2].strip("[]").lower()
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name, which may lead anywhere
        return False


def _redacted(url: str) -> str:
    """Hide what may be a password."""
    return re.sub(r"//[^/]*@", "//***@", url)
