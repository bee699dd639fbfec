"""Tells of each call what was asked, about what, and the answer. Never parameters or headers: they may hold secrets."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from botocore.client import BaseClient

_TARGETS: Final = ("PolicyArn", "RoleName", "UserName", "GroupName", "Bucket", "KeyId", "PolicyName", "StackSetName")
_KEPT: Final = "personalize-perms-target"


def trace(client: "BaseClient", service: str, hear: Callable[[str], None]) -> None:
    """Let `hear` be told of every call of `client`, in a line each, from the thread that made it."""

    def asked(params: Mapping[str, Any], context: dict[str, Any], **_: object) -> None:
        context[_KEPT] = next((str(params[name]) for name in _TARGETS if params.get(name)), "")

    def answered(
        event_name: str,
        parsed_response: Mapping[str, Any] | None,
        exception: Exception | None,
        context: Mapping[str, Any],
        **_: object,
    ) -> None:
        operation = event_name.rpartition(".")[2]
        hear(f"{service}:{operation} {context.get(_KEPT, '')}: {_answer(parsed_response, exception)}")

    client.meta.events.register("provide-client-params", asked)
    client.meta.events.register("response-received", answered)


def _answer(parsed: Mapping[str, Any] | None, exception: Exception | None) -> str:
    if parsed is None:
        return f"no answer ({type(exception).__name__})"
    about = parsed.get("ResponseMetadata", {})
    code = parsed.get("Error", {}).get("Code", "")
    words = (about.get("HTTPStatusCode"), code, about.get("RequestId"))
    return " ".join(str(word) for word in words if word)
