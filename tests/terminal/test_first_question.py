"""The first question stands on the screen before AWS has said who calls, and loses nothing by it."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

from account import Account
from fake_aws import ACCOUNT, REGION, Answer, FakeAws, refuses
from pseudo_terminal import CTRL_C, DOWN, ENTER, ESC, F2, SPACE, Terminal
from test_wizard import BUCKETS, WHAT_FOR, account, goes, server

__all__ = ["account", "server"]

pytestmark = pytest.mark.filterwarnings("ignore:.*forkpty:DeprecationWarning")

PANEL = f"Account {ACCOUNT} (acme-prod) Region {REGION}"


def later(seconds: float) -> Callable[[object, Callable[[], Answer]], Answer]:
    def slowly(_: object, hand_on: Callable[[], Answer]) -> Answer:
        time.sleep(seconds)
        return hand_on()

    return slowly


def test_who_calls_is_said_above_the_question_that_stands_there(account: Account, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "init", columns=100)
    terminal.read_until(PANEL)
    assert terminal.screen.index("Asking AWS who you are") < terminal.screen.index(PANEL)
    terminal.read_until("? What will you do with Amazon Personalize? > [x] Import")
    assert terminal.screen.index(PANEL) < terminal.screen.rindex(WHAT_FOR)
    goes(terminal, (WHAT_FOR, (ENTER,)), (BUCKETS, (CTRL_C,)))

    assert terminal.end() == 130
    assert terminal.transcript.count(PANEL) == 1


def test_a_terminal_that_tells_where_the_cursor_is_shows_the_same(account: Account, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "init", columns=100, answers=True)
    terminal.read_until(PANEL)
    terminal.read_until("? What will you do with Amazon Personalize? > [x] Import")
    goes(terminal, (WHAT_FOR, (ENTER,)), (BUCKETS, (CTRL_C,)))

    assert terminal.end() == 130
    assert terminal.transcript.count(PANEL) == 1
    assert "^[[" not in terminal.transcript


def test_an_alias_that_comes_late_is_said_before_the_next_question(
    account: Account, server: FakeAws, tmp_path: Path
) -> None:
    server.on("ListAccountAliases", later(2))
    terminal = Terminal(tmp_path, "init", columns=100)
    goes(terminal, (f"Account {ACCOUNT} Region {REGION}", ()))
    time.sleep(2.5)
    goes(terminal, (WHAT_FOR, (ENTER,)), ("The account is called acme-prod.", ()), (BUCKETS, (CTRL_C,)))

    assert terminal.end() == 130


def test_an_answer_given_before_aws_answers_counts(account: Account, server: FakeAws, tmp_path: Path) -> None:
    server.on("GetCallerIdentity", later(3))
    terminal = Terminal(tmp_path, "init", columns=100)
    goes(terminal, (WHAT_FOR, (F2,)), ("AWS has not said yet which account this is", (ESC,)))
    goes(terminal, ("This is the first question", (SPACE, DOWN, DOWN, SPACE, ENTER)))
    assert PANEL not in terminal.transcript
    said = terminal.read_until("Which buckets does Amazon Personalize write to?")

    assert said.index("Export datasets to S3") < said.index(PANEL)
    terminal.type(CTRL_C)
    assert terminal.end() == 130


def test_the_documents_are_there_as_soon_as_the_account_is_known(account: Account, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "init", columns=100)
    goes(terminal, (PANEL, (F2,)), ("# managed-policy personalize-service-access", (CTRL_C,)))

    assert "AWS has not said" not in terminal.transcript
    assert terminal.end() == 130


@pytest.mark.parametrize(
    ("words", "handler", "expected"),
    [
        ((), refuses("ExpiredToken", 403, "The security token included in the request is expired"), ("expired", 1)),
        (("--expect-account", "999999999999"), None, (f"belong to account {ACCOUNT}, not to 999999999999", 1)),
        (("--profile", "nobody"), None, ("there is no AWS profile called 'nobody'", 1)),
        (("--region", "eu-north-1"), None, ("not available in Region eu-north-1", 2)),
    ],
)
def test_what_is_wrong_takes_the_question_away_and_is_said(
    account: Account,
    server: FakeAws,
    tmp_path: Path,
    words: tuple[str, ...],
    handler: object,
    expected: tuple[str, int],
) -> None:
    if handler:
        server.on("GetCallerIdentity", handler)
    terminal = Terminal(tmp_path, "init", *words, columns=120)

    assert (terminal.end(), expected[0] in terminal.transcript) == (expected[1], True)
    assert "Traceback" not in terminal.transcript
    assert "[Space ticks" not in terminal.screen
    assert server.writes == []


def test_a_region_that_nothing_tells_is_asked_for_first(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_REGION")
    terminal = Terminal(tmp_path, "init", columns=100)
    terminal.read_until("In which Region do you use Amazon Personalize?")
    terminal.type(*"eu-west-1", ENTER)
    goes(terminal, (PANEL, ()), ("> [x] Import", (ENTER,)), (BUCKETS, (CTRL_C,)))

    assert terminal.end() == 130


def test_a_program_that_signs_in_has_the_terminal_for_itself(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "sign-in"
    program.write_text(
        '#!/bin/sh\nprintf "Your code: " > /dev/tty\nread code < /dev/tty\n'
        'echo "{\\"Version\\": 1, \\"AccessKeyId\\": \\"testing\\", \\"SecretAccessKey\\": \\"$code\\"}"\n'
    )
    program.chmod(0o700)
    config = tmp_path / "config"
    config.write_text(f"[profile work]\nregion = {REGION}\ncredential_process = {program}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    terminal = Terminal(tmp_path, "init", "--profile", "work", columns=100)
    terminal.read_until("Your code:")
    assert "[Space ticks" not in terminal.screen
    terminal.type("123456", ENTER)
    goes(terminal, (PANEL, ()), ("> [x] Import", (CTRL_C,)))

    assert terminal.end() == 130


def test_ctrl_c_leaves_before_aws_has_answered(account: Account, server: FakeAws, tmp_path: Path) -> None:
    server.on("GetCallerIdentity", later(4))
    terminal = Terminal(tmp_path, "init", columns=100)
    goes(terminal, (WHAT_FOR, (CTRL_C,)))
    begun = time.monotonic()

    assert terminal.end() == 130
    assert time.monotonic() - begun < 3
    assert "nothing was changed" in terminal.transcript
