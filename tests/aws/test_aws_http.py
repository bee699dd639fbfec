"""Over real sockets: how a call fails on its way, and that an endpoint on this machine serves every service."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from moto.server import ThreadedMotoServer

from personalize_perms.aws.account import open_account
from personalize_perms.aws.errors import AwsError, Fault
from personalize_perms.aws.iam import Iam
from personalize_perms.aws.session import AwsSession
from personalize_perms.model.errors import AwsFailure
from personalize_perms.model.live import Absent, Present
from personalize_perms.model.operations import DeleteRole, PutBucketPolicy


@contextmanager
def _server(talk: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[int]]]:
    connections: list[int] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connections.append(1)
            with connection:
                talk(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", connections
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def _delete(url: str, monkeypatch: pytest.MonkeyPatch) -> AwsError:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    with pytest.raises(AwsError) as caught:
        Iam(AwsSession(None, "eu-west-1")).write_delete_role(DeleteRole(role_name="r"))
    return caught.value


def test_where_nobody_listens_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert _delete(f"http://127.0.0.1:{port}", monkeypatch).fault is Fault.UNREACHABLE


def test_no_network_is_told_with_what_to_check(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(AwsFailure, match="could not be reached") as caught:
        open_account(AwsSession(None, "eu-west-1"), None)
    assert "AWS_ENDPOINT_URL" in caught.value.hint


def _hang_up(connection: socket.socket) -> None:
    connection.recv(65536)


def _half_an_answer(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<DeleteRoleRes")


def _not_aws(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 12\r\n\r\nBad gateway!")


@pytest.mark.parametrize("talk", [_hang_up, _half_an_answer, _not_aws])
def test_a_write_that_was_sent_and_not_answered_is_unknown_and_sent_once(
    monkeypatch: pytest.MonkeyPatch, talk: Callable[[socket.socket], None]
) -> None:
    with _server(talk) as (url, connections):
        assert _delete(url, monkeypatch).fault is Fault.UNKNOWN
    assert len(connections) == 1


def test_a_server_on_this_machine_serves_every_service(monkeypatch: pytest.MonkeyPatch) -> None:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        _, port = server.get_host_and_port()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://localhost:{port}")
        account = open_account(AwsSession(None, "us-east-1"), "123456789012")
        assert account.caller.endpoint == f"http://localhost:{port}"
        account.s3._writes.create_bucket(Bucket="acme")
        account.s3.write_bucket_policy(PutBucketPolicy(bucket="acme", before_json=None, document_json="{ }"))
        assert account.s3.read_bucket_policy("acme") == Present("{ }")
        assert account.s3.read_bucket_region("acme") == Present("us-east-1")
        assert account.iam.read_role("none") == Absent()
        assert account.kms.read_customer_aliases() == Present({})
    finally:
        server.stop()
