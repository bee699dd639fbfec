"""What a person sees: at any width, on a terminal or in a pipe, in colour or not, nothing is cut or eaten."""

import io
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from account import DATA, SERVICE, Account, Program, Run, document, root_keeps, trusts
from test_hostile_text import is_inert

from personalize_perms.cli import main
from terminal.pseudo_terminal import Terminal

IN = ("--input", f"s3://{DATA}/in/")
MARKUP = "/[red]/:secret:/[link=x]/"
"""A path that IAM takes, and that a library for terminals could take for markup or an emoji."""
STYLING = re.compile(r"\x1b\[[0-9;]*m")
NAMES = re.compile(r"arn:aws:[^\s\"',]+|s3://[^\s\"',]+")


class _Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@dataclass(frozen=True)
class Seen:
    code: int
    out: str
    err: str


def seen(monkeypatch: pytest.MonkeyPatch, *words: str, width: int, screen: bool) -> Seen:
    """Run the program with both streams on a screen, or in a pipe, of this width."""
    with monkeypatch.context() as patch:
        patch.setenv("COLUMNS", str(width))
        patch.delenv("NO_COLOR")
        out, err = (_Screen(), _Screen()) if screen else (io.StringIO(), io.StringIO())
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        code = main._run([*words])
    return Seen(code, out.getvalue(), err.getvalue())


@pytest.fixture
def ways(account: Account) -> tuple[str, ...]:
    """An account where an adopted role, and statements of others, have names that look like markup."""
    legacy = account.role("legacy", document(trusts({"Service": SERVICE}, Sid="Old")), Path=MARKUP)
    deny = {"Sid": "Theirs", "Effect": "Deny", "Principal": {"AWS": legacy}, "Action": "s3:Delete*"}
    account.bucket(DATA, document({**deny, "Resource": f"arn:aws:s3:::{DATA}/*"}))
    key = account.key(document(root_keeps()))
    return (*IN, "--kms-key", key, "--role-arn", legacy, "--tighten-trust")


READING = (
    ("plan",),
    ("plan", "--diff", "full"),
    ("apply", "--dry-run"),
    ("check",),
    ("undo", "--dry-run"),
    ("explain",),
    ("explain", "--tool-permissions"),
    ("explain", "--graph", "mermaid"),
    ("audit",),
    ("export", "cloudformation"),
    ("export", "terraform"),
    ("export", "aws-cli"),
    ("diagnose", "Insufficient privileges for accessing data in Amazon S3"),
)


def same_everywhere(monkeypatch: pytest.MonkeyPatch, *words: str) -> Seen:
    """Check that a command says the same on every screen and in a pipe, colour apart; return what it says."""
    plain = seen(monkeypatch, *words, width=80, screen=False)
    assert "\x1b" not in plain.out + plain.err
    for width in (40, 200):
        screen = seen(monkeypatch, *words, width=width, screen=True)
        assert screen.code == plain.code
        assert _said(screen.out) == _said(plain.out)
        assert _said(screen.err) == _said(plain.err)
    is_inert(Run(plain.code, plain.out, plain.err, ()))
    return plain


def _said(text: str) -> str:
    """Return what was said without colour, without where the edge of the screen is, and without how fast it went."""
    timeless = re.sub(r"(?m)^(read|Reading|Asking AWS).*\n", "", STYLING.sub("", text))
    return " ".join(timeless.split())


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_colour_and_width_change_nothing_that_is_said(
    words: tuple[str, ...], ways: tuple[str, ...], program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = same_everywhere(monkeypatch, *words, *ways)
    assert run.code in (0, 3), run.err
    if words[0] not in ("undo", "explain"):
        assert MARKUP in run.out + run.err  # no bracket and no colon was eaten


@pytest.mark.parametrize("command", ["", *main.COMMANDS])
def test_help_says_the_same_at_every_width(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [*filter(None, [command]), "--help"]
    told = {
        # Click breaks lines at hyphens, too.
        _said(seen(monkeypatch, *words, width=width, screen=True).out).replace(" ", "")
        for width in (40, 80, 200)
    }
    assert len(told) == 1
    assert "\u2026" not in told.pop()


def test_every_name_of_the_plan_stands_whole_in_its_lines(ways: tuple[str, ...], program: Program) -> None:
    planned = program.json("plan", *ways)
    text = program.run("plan", *ways).out
    lines = text.splitlines()
    for change in planned.data["changes"]:
        assert [line for line in lines if f"{change['kind']} {change['resource']}" in line]
        for statement in change["statements"]:
            for sentence in statement["means"]:
                assert [line for line in lines if sentence["text"] in line] or statement["sign"] == "="
    for said in (text, program.run("plan", *ways, "--diff", "full").out):
        assert "\u2026" not in said
        assert set(NAMES.findall(planned.out.replace("\\n", " "))) & set(NAMES.findall(said))


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_picture_fits_the_width_and_cuts_no_name(
    width: int, ways: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = seen(monkeypatch, "explain", "--graph", *ways, width=width, screen=True)
    for line in STYLING.sub("", drawn.out).splitlines():
        assert len(line) <= width or NAMES.search(line) or "s3://" in line, line
    whole = seen(monkeypatch, "explain", "--graph", *ways, width=1000, screen=False).out
    assert set(NAMES.findall(STYLING.sub("", drawn.out))) == set(NAMES.findall(whole))


def test_prose_is_broken_between_words_and_deeper_and_everything_else_is_left_to_the_screen(
    ways: tuple[str, ...], program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow = STYLING.sub("", seen(monkeypatch, "plan", *ways, width=40, screen=True).out).splitlines()
    plain = seen(monkeypatch, "plan", *ways, width=40, screen=False).out.splitlines()
    left = [line for line in narrow if len(line) > 40]
    assert all(NAMES.search(line) for line in left if line not in plain)
    (at,) = [number for number, line in enumerate(narrow) if line == "          Amazon Personalize may list"]
    assert narrow[at + 1 : at + 3] == ["            the objects of", f"            s3://{DATA}"]
    assert [line for line in plain if line.startswith(("+ ", "~ "))] == [
        line for line in narrow if line.startswith(("+ ", "~ "))
    ]


def test_the_picture_is_words_alone_for_a_screen_reader(
    ways: tuple[str, ...], program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = program.run("explain", "--graph", *ways, "--accessible").out
    monkeypatch.setenv("ACCESSIBLE", "1")
    said = program.run("explain", "--graph", *ways).out
    assert asked == said
    assert not re.search(r"->|<-|^\s*[|v]$", said, re.MULTILINE)
    assert "may take on the role" in re.sub(r"\s+", " ", said)


def test_what_is_broader_and_what_is_narrower_is_a_word_and_a_sign(ways: tuple[str, ...], program: Program) -> None:
    planned = program.run("plan", *ways).out
    assert "~ Old: source conditions added (< narrower)" in planned
    assert "(> broader)" in planned
    assert re.search(r"^Access: > broader in \d+, ", planned, re.MULTILINE)


@pytest.mark.filterwarnings("ignore:.*forkpty:DeprecationWarning")
@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
@pytest.mark.parametrize("width", [40, 200])
def test_a_real_terminal_folds_names_and_loses_no_character(
    width: int, ways: tuple[str, ...], program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    changes = program.json("plan", *ways).data["changes"]
    monkeypatch.delenv("NO_COLOR")
    terminal = Terminal(tmp_path, "apply", "--yes", *ways, columns=width)
    assert terminal.end() == 0
    shown = terminal.folded
    for change in changes:
        assert f"{change['kind']} {change['resource']}".replace(" ", "") in shown
        for statement in change["statements"]:
            for sentence in statement["means"]:
                assert sentence["text"].replace(" ", "") in shown or statement["sign"] == "="
