"""What a person really sees and types, from the first question to the end, in the sandbox."""

import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

from pseudo_terminal import CTRL_C, DOWN, ENTER, ESC, SPACE, UP, Terminal

# Newer Pythons warn of forkpty in a process with threads; the child replaces itself at once.
pytestmark = pytest.mark.filterwarnings("ignore:.*forkpty:DeprecationWarning")

ROLE = "arn:aws:iam::123456789012:role/personalize-service-role"
DATA = "s3://acme-personalize-data/input/"


def to_the_review(terminal: Terminal) -> None:
    """Take the common path: import, one bucket, a prefix, a new role, admin, a role that one user may assume."""
    terminal.read_until("What will you do with Amazon Personalize?")
    terminal.type(ENTER)
    terminal.read_until("Which buckets")
    terminal.type(SPACE, ENTER)
    terminal.read_until("Only under which prefix")
    terminal.type("input/", ENTER)
    terminal.read_until("Which role")
    terminal.type(ENTER)
    terminal.read_until("What may people do?")
    terminal.type(ENTER)
    terminal.read_until("How do people get")
    terminal.type(ENTER)
    terminal.read_until("Which users")
    terminal.type(SPACE, ENTER)
    terminal.read_until("Enter to continue")


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_the_common_path_ends_with_the_role_alone_on_standard_output(tmp_path: Path, columns: int) -> None:
    terminal = Terminal(tmp_path, "init", "--sandbox", columns=columns)

    to_the_review(terminal)
    assert f"Input locations: {DATA} (you)" in terminal.transcript
    assert "Users: arn:aws:iam::123456789012:user/ada (you)" in terminal.transcript
    terminal.type(ENTER)
    terminal.read_until("(y/N)")
    terminal.type("y", ENTER)

    assert terminal.end() == 0
    assert terminal.result == f"{ROLE}\n"


def test_esc_goes_back_the_review_leads_to_any_answer_and_no_changes_nothing(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "init", "--sandbox", "--workflow", "import")

    terminal.read_until("Which buckets")
    terminal.type(DOWN, SPACE, ENTER)
    terminal.read_until("s3://acme-personalize-results/")
    terminal.type(ESC)
    terminal.read_until("read from? [ ] acme-personalize-data us-east-1, SSE-KMS, alias/acme-data > [x]")
    terminal.type(SPACE, UP, SPACE, ENTER)
    terminal.read_until("s3://acme-personalize-data/")
    terminal.type("in/*", ENTER)
    terminal.read_until("would widen the policy")
    terminal.type("\b", ENTER)
    terminal.read_until("Which role")
    terminal.type(DOWN, ENTER)
    terminal.read_until("without source conditions, so another account")
    terminal.type(ENTER)
    terminal.read_until("What may people do?")
    terminal.type("none", ENTER)
    shown = terminal.read_until("Enter to continue")
    assert "Workflows: import (flag)" in shown
    assert "Service role: arn:aws:iam::123456789012:role/legacy-personalize (you)" in shown
    assert "Tighten the trust policy: yes (you)" in shown
    terminal.type("4", ENTER)
    terminal.read_until("(Y/n)")
    terminal.type("n", ENTER)
    terminal.read_until("Tighten the trust policy: no (you)")
    terminal.type(ENTER)
    terminal.read_until("(y/N)")
    terminal.type(ENTER)

    assert terminal.end() == 130
    assert "nothing was changed" in terminal.transcript
    assert terminal.result == ""


def test_ctrl_c_at_a_question_leaves_at_once(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "init", "--sandbox")

    terminal.read_until("What will you do with Amazon Personalize?")
    terminal.type(CTRL_C)

    assert terminal.end() == 130
    assert terminal.result == ""
    assert "Traceback" not in terminal.transcript


def test_the_accessible_mode_asks_in_numbered_lines_and_redraws_nothing(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "init", "--sandbox", "--user-access", "none", ACCESSIBLE="1")

    terminal.read_until("1. Import data from S3")
    terminal.read_until("Numbers, separated by spaces [1]:")
    terminal.type(ENTER)
    terminal.read_until("1. acme-personalize-data")
    terminal.read_until("Numbers, separated by spaces [none]:")
    terminal.type("<", ENTER)
    terminal.type(ENTER, "1", ENTER)
    terminal.read_until("1. the whole bucket")
    terminal.read_until("goes up [1]:")
    terminal.type("input/", ENTER)
    terminal.read_until("Number, or part of a name [1]:")
    terminal.type(ENTER)
    terminal.read_until("an answer to change:")
    terminal.type(ENTER)
    terminal.read_until("(y or n) [n]:")
    terminal.type("y", ENTER)

    assert terminal.end() == 0
    assert terminal.result == f"{ROLE}\n"
    assert "\x1b" not in terminal.received
