"""Connections are shared by the clients of a session, and what they trust is neither more nor less than before."""

import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import SSLError

from benchmarks.running import Server
from personalize_perms.aws.connections import Connections
from personalize_perms.aws.s3 import S3
from personalize_perms.aws.session import AwsSession
from personalize_perms.model.errors import PersonalizePermsError
from personalize_perms.model.live import Present
from personalize_perms.model.names import AccountId
from personalize_perms.model.operations import PutBucketPolicy

ACCOUNT = AccountId("111122223333")
BUCKETS = tuple(f"acme-{number:04d}" for number in range(20))


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def server(running: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Server:
    """A server under the names of AWS's own endpoints, so that S3 has a host for every bucket."""
    running.reset(buckets=len(BUCKETS))
    for name, value in running.environment(tmp_path, how="names").items():
        if name.startswith("AWS_") or name.endswith("PROXY"):
            monkeypatch.setenv(name, value)
    return running


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Whom contexts were told to trust."""
    seen: list[tuple[Any, ...]] = []
    load = ssl.SSLContext.load_verify_locations

    def spied(self: ssl.SSLContext, *locations: Any, **named: Any) -> None:
        seen.append((*locations, *named.values()))
        load(self, *locations, **named)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", spied)
    return seen


def test_whom_to_trust_is_read_once_for_all_connections(server: Server, loaded: list[tuple[Any, ...]]) -> None:
    session = AwsSession(None, None)
    session.caller(None)
    s3 = S3(session, ACCOUNT)
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(s3.read_bucket_policy, BUCKETS))
    assert all(isinstance(policy, Present) for policy in found)
    session.reader("iam").list_roles()
    assert len(loaded) == 1
    assert server.trusted in loaded[0]


def test_a_server_that_is_not_trusted_is_refused(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_CA_BUNDLE")
    with pytest.raises(PersonalizePermsError) as error:
        AwsSession(None, None).caller(None)
    assert "CERTIFICATE_VERIFY_FAILED" in error.value.reason
    assert server.asked()[0] == []


def test_a_server_of_another_name_is_refused(server: Server) -> None:
    session = AwsSession(None, None)
    session.builds_ahead = False
    session.caller(None)
    session._asked_region = "eu-central-1"  # the certificate is for eu-west-1
    with pytest.raises(SSLError, match="match"):
        session.reader("kms").list_keys()  # type: ignore[attr-defined]


def test_where_botocore_is_built_otherwise_its_clients_stay_as_they_are() -> None:
    for left_out in ("_manager", "_get_pool_manager_kwargs", "_pool_classes_by_scheme"):
        known = {"_manager", "_get_pool_manager_kwargs", "_pool_classes_by_scheme"} - {left_out}
        session = SimpleNamespace(**dict.fromkeys(known, dict))
        other = SimpleNamespace(_endpoint=SimpleNamespace(http_session=session))
        Connections().share(other, "sts")  # type: ignore[arg-type]
        assert other._endpoint.http_session is session
        assert vars(session) == dict.fromkeys(known, dict)
    Connections().share(SimpleNamespace(), "sts")  # type: ignore[arg-type]


def test_two_sessions_share_nothing(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    AwsSession(None, None).caller(None)
    monkeypatch.delenv("AWS_CA_BUNDLE")
    with pytest.raises(PersonalizePermsError):
        AwsSession(None, None).caller(None)


def test_what_a_proxy_is_trusted_by_stays_apart(server: Server) -> None:
    client = AwsSession(None, None).reader("sts")
    http: Any = client._endpoint.http_session  # type: ignore[attr-defined]
    of_proxy = http._setup_proxy_ssl_context("https://proxy.example")
    assert of_proxy is not http._manager.connection_pool_kw["ssl_context"]


def test_reads_and_writes_of_a_service_use_the_same_connection(server: Server) -> None:
    s3 = S3(AwsSession(None, None), ACCOUNT)
    for bucket in BUCKETS:
        s3.read_bucket_policy(bucket)
    for bucket in BUCKETS:
        s3.write_bucket_policy(_put(bucket))
    calls, connections = server.asked()
    assert len(calls) == 2 * len(BUCKETS)
    assert connections == len(BUCKETS)


def _put(bucket: str) -> PutBucketPolicy:
    return PutBucketPolicy(bucket=bucket, before_json=None, document_json='{"Version":"2012-10-17","Statement":[]}')
