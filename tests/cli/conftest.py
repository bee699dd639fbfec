"""The program against an account over HTTP: what it prints, what it answers with, and what it really sent."""

import gc
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import botocore.session
import pytest
from account import Account, Program
from botocore.hooks import EventAliaser
from botocore.loaders import create_loader
from fake_aws import REGION, FakeAws
from short_way import shortened
from stand_in_aws import StandInAws

from personalize_perms.aws import service_models


@pytest.fixture(scope="session", autouse=True)
def parsed_once() -> Iterator[None]:
    """Let all sessions share what is the same for each: making it anew would be most of the time of these tests.

    That is the loader with the parsed service models, and the names that botocore gives its events. What they are
    made of is too much for the collector to walk over as often as it does by itself.
    """
    gc.set_threshold(20_000)
    names: dict[str, str] = {}
    renamed = EventAliaser._alias_event_name

    def once(self: EventAliaser, event_name: str) -> str:
        if event_name not in names:
            names[event_name] = renamed(self, event_name)
        return names[event_name]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", cache(create_loader))
        patch.setattr(EventAliaser, "_alias_event_name", once)
        patch.setattr(service_models, "loader", cache(service_models.loader))
        yield


@pytest.fixture(scope="session")
def server() -> Iterator[FakeAws]:
    fake = FakeAws()
    with pytest.MonkeyPatch.context() as patch:
        shortened(fake, patch)
        yield fake
    fake.stop()


@pytest.fixture(scope="session")
def clients(server: FakeAws) -> Account:
    return Account(server)


@pytest.fixture
def aws(server: FakeAws, own_environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeAws]:
    """The server with nothing in it, and an environment and working directory in which the program finds it."""
    server.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    monkeypatch.setenv("AWS_REGION", REGION)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    yield server
    assert server.strict.breaches == []


@pytest.fixture
def account(aws: FakeAws, clients: Account) -> Account:
    """The account behind the server: what is in it, and ways to fill and change it as others would."""
    return clients


@pytest.fixture
def program(aws: FakeAws, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Program:
    """The program, run in this process."""
    monkeypatch.setattr("personalize_perms.engine.pace._FIRST_PAUSE", 0.01)
    return Program(aws, capsys)


@pytest.fixture
def shell(aws: FakeAws, tmp_path: Path) -> Iterator[StandInAws]:
    """A shell whose `aws` reaches the account."""
    folder = tmp_path / "bin"
    folder.mkdir()
    command = StandInAws(aws, folder)
    yield command
    command.stop()
