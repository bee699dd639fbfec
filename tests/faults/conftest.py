"""A fake AWS for processes: what is in the account can be kept and put back, and each run is a process."""

from collections.abc import Iterator
from functools import cache

import botocore.session
import pytest
from account import Account
from botocore.loaders import create_loader
from fake_aws import REGION, FakeAws

from faults.processes import Runs, fork_server


@pytest.fixture(scope="session")
def server() -> Iterator[FakeAws]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", cache(create_loader))
        fake = FakeAws()
        yield fake
        fake.stop()


@pytest.fixture(scope="session")
def clients(server: FakeAws) -> Account:
    return Account(server)


@pytest.fixture(scope="session")
def runs() -> Iterator[Runs]:
    with fork_server() as found:
        yield found


@pytest.fixture
def aws(server: FakeAws, own_environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
    server.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    monkeypatch.setenv("AWS_REGION", REGION)
    yield server
    assert server.strict.breaches == []


@pytest.fixture
def account(aws: FakeAws, clients: Account) -> Account:
    return clients
