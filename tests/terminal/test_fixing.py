"""What a person sees and types when findings of an audit are fixed."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

from account import SERVICE, Account, document, trusts
from fake_aws import REGION, FakeAws
from pseudo_terminal import DOWN, ENTER, SPACE, Terminal

pytestmark = pytest.mark.filterwarnings("ignore:.*forkpty:DeprecationWarning")


@pytest.fixture(scope="module")
def server() -> Iterator[FakeAws]:
    fake = FakeAws()
    yield fake
    fake.stop()


@pytest.fixture
def account(server: FakeAws, monkeypatch: pytest.MonkeyPatch, own_environment: None) -> Account:
    """An account with two roles that let Personalize in loosely."""
    server.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    monkeypatch.setenv("AWS_REGION", REGION)
    found = Account(server)
    for name in ("first", "second"):
        found.role(name, document(trusts({"Service": SERVICE})))
    return found


def test_what_is_ticked_is_shown_confirmed_fixed_and_can_be_taken_back(account: Account, tmp_path: Path) -> None:
    before = {name: account.trust_text(name) for name in ("first", "second")}
    terminal = Terminal(tmp_path, "audit", "--fix", columns=140)
    assert "role/first" in terminal.read_until("What shall be fixed?")
    terminal.type(DOWN, SPACE, ENTER)
    assert "0 to create, 1 to update" in terminal.read_until("(y/N)")
    terminal.type("y", ENTER)
    assert terminal.end() == 0
    assert "undo --name audit" in terminal.transcript
    assert account.trust_text("first") == before["first"]
    assert "aws:SourceAccount" in account.trust_text("second")

    terminal = Terminal(tmp_path, "undo", "--name", "audit")
    terminal.read_until("(y/N)")
    terminal.type("y", ENTER)
    assert terminal.end() == 0
    assert account.trust("second") == account.trust("first")


def test_nothing_is_changed_unless_something_is_ticked_and_confirmed(account: Account, tmp_path: Path) -> None:
    for keys, code in (((ENTER,), 0), ((SPACE, ENTER), 130)):
        terminal = Terminal(tmp_path, "audit", "--fix")
        terminal.read_until("What shall be fixed?")
        terminal.type(*keys)
        if SPACE in keys:
            terminal.read_until("(y/N)")
            terminal.type(ENTER)
        assert terminal.end() == code
        assert "Condition" not in account.trust_text("first")
