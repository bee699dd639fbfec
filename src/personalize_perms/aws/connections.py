"""The connections of one session: one TLS context for all of them, and one pool for the two clients of a service.

botocore has urllib3 load the authorities into the context again for every connection, which takes longer than the
handshake, and S3 has a host for every bucket. All clients of a session trust the same authorities (AWS_CA_BUNDLE, the
profile's, or botocore's), so each file needs to be loaded once. What a proxy is trusted by stays apart from that.

botocore offers no way to share either, so this reaches into it. Where a release of it has been built otherwise, its
clients stay as they are: right, and only slower.
"""

import threading
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from ssl import SSLContext

    from botocore.client import BaseClient

_HOSTS: Final = 64
"""To how many hosts connections are kept; urllib3's 10 are fewer than the buckets that are asked about at once."""
_REPLACED: Final = ("_get_pool_manager_kwargs", "_pool_classes_by_scheme", "_manager")
"""What this reads or replaces of a client's HTTP session."""


class _Endpoint(Protocol):
    http_session: Any


class Connections:
    """What the clients of one session share."""

    def __init__(self) -> None:
        self._context: SSLContext | None = None
        self._sessions: dict[str, Any] = {}

    def share(self, client: "BaseClient", service: str) -> None:
        """Let a client that was just built use what the others use."""
        endpoint: _Endpoint | None = getattr(client, "_endpoint", None)
        if endpoint is None or not all(hasattr(getattr(endpoint, "http_session", None), name) for name in _REPLACED):
            return
        if service not in self._sessions:
            self._sessions[service] = self._sharing(endpoint.http_session)
        endpoint.http_session = self._sessions[service]

    def _sharing(self, session: Any) -> Any:  # noqa: ANN401 - botocore's own have no types
        from urllib3 import PoolManager  # noqa: PLC0415 - dear, as botocore is

        arguments = session._get_pool_manager_kwargs  # noqa: SLF001 - as botocore itself does for proxies

        def shared(**more: object) -> dict[str, Any]:
            return {**arguments(**more), "ssl_context": self._one_context(), "num_pools": _HOSTS}

        session._get_pool_manager_kwargs = shared  # noqa: SLF001
        manager = PoolManager(**shared())
        manager.pool_classes_by_scheme = session._pool_classes_by_scheme  # noqa: SLF001
        session._manager = manager  # noqa: SLF001
        return session

    def _one_context(self) -> "SSLContext":
        if self._context is None:
            self._context = _loading_once()
        return self._context


def _loading_once() -> "SSLContext":
    """Return a context as botocore makes it, which loads the same authorities only once."""
    from botocore.httpsession import create_urllib3_context  # noqa: PLC0415 - dear

    context: SSLContext = create_urllib3_context()
    load, loaded, lock = context.load_verify_locations, set[tuple[object, ...]](), threading.Lock()

    def load_once(*locations: Any) -> None:  # noqa: ANN401 - the three kinds that the method takes
        with lock:
            if locations not in loaded:
                load(*locations)
                loaded.add(locations)

    context.load_verify_locations = load_once  # type: ignore[method-assign, assignment]
    return context
