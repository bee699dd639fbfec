"""What a person sees and types when a set-up is taken back."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

from account import DATA, Account, role_arn
from fake_aws import ACCOUNT, REGION, FakeAws
from pseudo_terminal import ENTER, Terminal

pytestmark = pytest.mark.filterwarnings("ignore:.*forkpty:DeprecationWarning")

IN = ("--input", f"s3://{DATA}/in/")
ROLE = "personalize-service-role"


@pytest.fixture(scope="module")
def server() -> Iterator[FakeAws]:
    fake = FakeAws()
    yield fake
    fake.stop()


@pytest.fixture
def account(server: FakeAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, own_environment: None) -> Account:
    """An account in which the set-up stands."""
    server.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    monkeypatch.setenv("AWS_REGION", REGION)
    found = Account(server)
    found.bucket()
    assert Terminal(tmp_path, "apply", "--yes", *IN).end() == 0
    return found


def test_no_changes_nothing_and_yes_takes_it_back(account: Account, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "undo", *IN)
    terminal.read_until("(y/N)")
    terminal.type(ENTER)
    assert terminal.end() == 130
    assert ROLE in account.roles()

    terminal = Terminal(tmp_path, "undo", *IN)
    terminal.read_until("(y/N)")
    terminal.type("y", ENTER)
    assert terminal.end() == 0
    assert "is taken back" in terminal.transcript
    assert account.roles() == set()
    assert account.bucket_text() is None


def test_what_is_still_used_needs_the_name_of_the_role(account: Account, server: FakeAws, tmp_path: Path) -> None:
    arn = f"arn:aws:personalize:{REGION}:{ACCOUNT}:dataset-group/shop"
    group = {"datasetGroupArn": arn, "status": "ACTIVE", "roleArn": role_arn(ROLE)}
    server.on("ListDatasetGroups", lambda *_: (200, json.dumps({"datasetGroups": [group]})))
    server.on("DescribeDatasetGroup", lambda *_: (200, json.dumps({"datasetGroup": group})))

    terminal = Terminal(tmp_path, "undo", *IN)
    terminal.read_until("type the role's name")
    assert arn in terminal.transcript
    terminal.type("yes", ENTER)
    terminal.read_until(f"type {ROLE}, or press Ctrl-C")
    assert ROLE in account.roles()
    terminal.type("\b\b\b", ROLE, ENTER)
    assert terminal.end() == 0
    assert account.roles() == set()
