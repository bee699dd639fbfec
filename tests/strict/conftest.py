"""The layer seen by plain boto3 clients: those of somebody else, and those that it treats as the program's."""

from collections.abc import Iterator
from functools import cache

import botocore.session
import pytest
from botocore.loaders import create_loader
from fake_aws import FakeAws

from strict.clients import Clients, clients


@pytest.fixture(scope="session")
def server() -> Iterator[FakeAws]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", cache(create_loader))
        fake = FakeAws()
        yield fake
        fake.stop()


@pytest.fixture
def aws(server: FakeAws) -> FakeAws:
    server.reset()
    return server


@pytest.fixture(scope="session")
def plain(server: FakeAws) -> Clients:
    """Moto as it is."""
    return clients(server, strict=False)


@pytest.fixture(scope="session")
def strict(server: FakeAws) -> Clients:
    """Through the layer."""
    return clients(server, strict=True)
