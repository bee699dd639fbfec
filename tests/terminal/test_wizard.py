"""Journeys through the wizard as a person makes them: keys on one side, the screen as it looks on the other."""

import json
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

from account import DATA, RESULTS, SERVICE, Account, document, root_keeps, trusts, user_arn
from fake_aws import ACCOUNT, REGION, FakeAws
from pseudo_terminal import CTRL_C, CTRL_D, DOWN, ENTER, ESC, F2, LEFT, RIGHT, SPACE, Terminal

pytestmark = pytest.mark.filterwarnings("ignore:.*forkpty:DeprecationWarning")

WHAT_FOR, BUCKETS, PREFIX = "What will you do", "Which buckets does", "Only under which prefix?"
ROLE, ACCESS, DELIVERY = "Which role shall", "What may people do?", "How do people get"
USERS, REVIEW, CONFIRM = "Which users may", "Enter to continue", "(y/N)"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/personalize-service-role"
LEGACY = f"arn:aws:iam::{ACCOUNT}:role/legacy"
DATA_IN = f"s3://{DATA}/in/"
KNOWN = ("--workflow", "import", "--input", DATA_IN, "--role-name", "personalize-service-role")
DENIED = (403, "<Error><Code>AccessDenied</Code><Message>no</Message></Error>")


@pytest.fixture(scope="module")
def server() -> Iterator[FakeAws]:
    fake = FakeAws()
    yield fake
    fake.stop()


@pytest.fixture
def account(server: FakeAws, monkeypatch: pytest.MonkeyPatch, own_environment: None) -> Account:
    server.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    monkeypatch.setenv("AWS_REGION", REGION)
    found = Account(server)
    found.iam.create_account_alias(AccountAlias="acme-prod")
    key = found.key(document(root_keeps()))
    found.kms.create_alias(AliasName="alias/acme", TargetKeyId=key)
    found.bucket(key=key)
    found.bucket(RESULTS)
    for name in ("in/2026/a.csv", "old/b.csv"):
        found.s3.put_object(Bucket=DATA, Key=name, Body=b"")
    for user in ("ada", "grace"):
        found.iam.create_user(UserName=user)
    found.role("legacy", document(trusts({"Service": SERVICE})))
    return found


def goes(terminal: Terminal, *steps: tuple[str, tuple[str, ...]]) -> None:
    """Wait for each question and press the keys that answer it."""
    for awaited, keys in steps:
        terminal.read_until(awaited)
        terminal.type(*keys)


TO_THE_REVIEW = (
    (WHAT_FOR, (ENTER,)),
    (f"[ ] {DATA} eu-west-1, SSE-KMS, alias/acme", (SPACE, ENTER)),
    (PREFIX, (DOWN, ENTER)),
    (ROLE, (ENTER,)),
    (ACCESS, (ENTER,)),
    (DELIVERY, (ENTER,)),
    (USERS, (SPACE, ENTER)),
)


@pytest.mark.parametrize("columns", [40, *(pytest.param(columns, marks=pytest.mark.long) for columns in (80, 200))])
def test_the_common_path_asks_few_questions_and_leaves_the_role_alone_on_stdout(
    account: Account, tmp_path: Path, columns: int
) -> None:
    terminal = Terminal(tmp_path, "init", columns=columns)
    steps = [(awaited.replace("[ ] ", ""), keys) for awaited, keys in TO_THE_REVIEW]
    goes(terminal, *(steps if columns < 80 else TO_THE_REVIEW), (REVIEW, (ENTER,)), (CONFIRM, ("y", ENTER)))

    assert terminal.end() == 0
    assert terminal.result == f"{ROLE_ARN}\n"
    assert len(TO_THE_REVIEW) + 2 <= 10
    told = terminal.transcript.replace(" ", "")  # a narrow window breaks words
    named = (f"Account{ACCOUNT}(acme-prod)Region{REGION}", "Theaccountiscalledacme-prod.")
    assert any(words in told for words in named)
    assert f"inaccount{ACCOUNT}(acme-prod)?Yes" in told
    assert f"Inputlocations:{DATA_IN}(you)" in told
    assert "Thesameagain,withoutquestions:personalize-permsapply--yes" in told
    assert DATA_IN in (tmp_path / "personalize-perms.toml").read_text()
    assert "personalize" in json.dumps(account.bucket_policy())


AT_EACH = [
    (WHAT_FOR, ()),
    (BUCKETS, ("--workflow", "import")),
    (ROLE, ("--workflow", "import", "--input", DATA_IN)),
    (ACCESS, KNOWN),
    (DELIVERY, (*KNOWN, "--user-access", "admin")),
    (USERS, (*KNOWN, "--user-access", "admin")),
    (REVIEW, (*KNOWN, "--user-access", "admin")),
    (CONFIRM, (*KNOWN, "--user-access", "none")),
]
BEFORE = {USERS: [(DELIVERY, (ENTER,))], REVIEW: [(DELIVERY, ("not yet", ENTER))]}


@pytest.mark.parametrize(
    ("question", "known"),
    [pytest.param(*each, marks=() if each[0] in {BUCKETS, USERS, CONFIRM} else pytest.mark.long) for each in AT_EACH],
)
def test_ctrl_c_at_any_question_says_that_nothing_was_changed(
    account: Account, server: FakeAws, tmp_path: Path, question: str, known: tuple[str, ...]
) -> None:
    terminal = Terminal(tmp_path, "init", *known)
    goes(terminal, *BEFORE.get(question, []), (question, (CTRL_C,)))

    assert terminal.end() == 130
    assert "nothing was changed" in terminal.transcript
    assert "Traceback" not in terminal.transcript
    assert terminal.result == ""
    assert server.writes == []


@pytest.mark.long
def test_ctrl_c_among_the_prefixes_leaves_too(account: Account, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "init", "--workflow", "import")
    goes(terminal, (BUCKETS, (SPACE, ENTER)), (PREFIX, (CTRL_C,)))

    assert terminal.end() == 130
    assert "nothing was changed" in terminal.transcript


def test_esc_walks_back_to_the_first_question_and_enter_forward_over_the_same_answers(
    account: Account, tmp_path: Path
) -> None:
    terminal = Terminal(tmp_path, "init", columns=100)
    goes(terminal, *TO_THE_REVIEW, (REVIEW, (ESC,)), ("[x] ada", (ESC,)), (f"{DELIVERY} the policy? >", (ESC,)))
    goes(terminal, (f"{ACCESS} >", (ESC,)), (f"{ROLE} Amazon Personalize use? >", (ESC,)), (f"{PREFIX} the", (ESC,)))
    goes(terminal, (f"> [x] {DATA}", (ESC,)), ("> [x] Import", (ESC,)), ("This is the first question", (ENTER,)))
    goes(terminal, (f"> [x] {DATA}", (ENTER,)), ("> in/", (ENTER,)), ("> A new one", (ENTER,)), ("> admin", (ENTER,)))
    goes(terminal, ("> A role that IAM users", (ENTER,)), ("> [x] ada", (ENTER,)), ("Left as they", (CTRL_C,)))

    assert terminal.end() == 130
    assert f"Input locations: {DATA_IN} (you)" in terminal.screen
    assert f"Users: {user_arn('ada')} (you)" in terminal.screen


def test_an_answer_that_is_changed_in_the_review_asks_again_for_what_depends_on_it(
    account: Account, tmp_path: Path
) -> None:
    terminal = Terminal(tmp_path, "init", "--role-name", "mine", "--user-access", "none", columns=100)
    goes(terminal, *TO_THE_REVIEW[:3], (REVIEW, ("2", ENTER)), (f"> [x] {DATA}", (DOWN, SPACE, ENTER)))
    goes(terminal, (f"s3://{DATA}/ - {PREFIX}", (ENTER,)), (f"s3://{RESULTS}/ -", ("other/", ENTER)))
    told = terminal.read_until(f"s3://{RESULTS}/other/ (you)")
    terminal.type(CTRL_C)

    assert terminal.end() == 130
    assert f"Input locations: {DATA_IN}, s3://{RESULTS}/other/ (you)" in told


def test_the_review_says_where_each_answer_came_from(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "personalize-perms.toml").write_text('user-access = "analyst"\nhardening = "strict"\n')
    monkeypatch.setenv("PERSONALIZE_PERMS_ROLE_NAME", "mine")
    terminal = Terminal(tmp_path, "init", "--workflow", "import", columns=100)
    goes(terminal, *TO_THE_REVIEW[1:3], (DELIVERY, ("not yet", ENTER)), (REVIEW, (CTRL_C,)))

    assert terminal.end() == 130
    for line in (
        "Workflows: import (flag)",
        f"Input locations: {DATA_IN} (you)",
        "Role name: mine (variable)",
        "User access: analyst (file)",
        "Hardening: strict (file)",
        "Tags: none (default)",
    ):
        assert line in terminal.transcript


def test_f2_shows_the_documents_and_what_the_last_answer_changed(account: Account, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "init", "--workflow", "import", "--user-access", "none", columns=100)
    goes(terminal, (f"> [ ] {DATA} eu-west-1, SSE-KMS, alias/acme", (SPACE, ENTER)), (PREFIX, (DOWN, ENTER)))
    terminal.read_until(ROLE)
    terminal.type(F2)
    told = terminal.read_until(f'arn:aws:s3:::{DATA}/in/*"')
    assert f"# bucket-policy {DATA} (changed)" in terminal.transcript
    assert f'- "arn:aws:s3:::{DATA}/*"' in told
    assert "# key-policy" in told
    terminal.type(CTRL_C)

    assert terminal.end() == 130


def test_a_prefix_is_found_by_looking_into_the_bucket(account: Account, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "init", "--workflow", "import", "--user-access", "none", columns=100)
    goes(terminal, (BUCKETS, (SPACE, ENTER)), ("> the whole bucket", (DOWN, RIGHT)))
    goes(terminal, ("> everything under in/", (LEFT,)), ("> the whole bucket", (DOWN, RIGHT)))
    goes(terminal, ("in/2026/", (DOWN, ENTER)), (ROLE, (ENTER,)), (REVIEW, (CTRL_C,)))

    assert terminal.end() == 130
    assert f"Input locations: s3://{DATA}/in/2026/ (you)" in terminal.transcript


def test_a_role_says_what_is_wrong_with_it_and_can_be_tightened(account: Account, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "init", *KNOWN[:4], "--user-access", "none", columns=100)
    terminal.read_until("has no managed policy")
    assert "legacy lets Personalize in without source conditions; has no managed policy" in terminal.screen
    terminal.type(DOWN, ENTER)
    goes(terminal, ("(Y/n)", (ENTER,)), (REVIEW, (ENTER,)), (CONFIRM, ("y", ENTER)))

    assert terminal.end() == 0
    assert terminal.result == f"{LEGACY}\n"
    assert "aws:SourceAccount" in account.trust_text("legacy")


def test_typing_searches_and_what_is_not_there_is_typed_on(account: Account, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "init", "--workflow", "import", "--user-access", "none", columns=100)
    goes(terminal, (BUCKETS, ("r", "e", "s")), (f"Search: res (1 of 2) > [ ] {RESULTS}", ("x",)))
    goes(terminal, ("> [ ] Something else", (ENTER,)), ("BUCKET or s3://BUCKET/PREFIX: resx", ("-data", ENTER)))
    goes(terminal, ("Another", (ENTER,)), ("s3://resx-data/ -", (CTRL_C,)))

    assert terminal.end() == 130


def test_what_may_not_be_listed_is_typed_and_the_reason_is_said(
    account: Account, server: FakeAws, tmp_path: Path
) -> None:
    server.on("ListBuckets", *[lambda *_: DENIED] * 3)
    terminal = Terminal(tmp_path, "init", "--workflow", "import", "--user-access", "none", columns=100)
    terminal.read_until("Not allowed to list the buckets (s3:ListAllMyBuckets): type it.")
    if "Something else" in terminal.screen:  # the answer came late: the list stands there already
        terminal.type(ENTER)
    terminal.read_until("BUCKET or s3://BUCKET/PREFIX:")
    terminal.type(DATA_IN, ENTER)
    goes(terminal, ("Another", (ENTER,)), (ROLE, (CTRL_C,)))

    assert terminal.end() == 130


def test_a_slow_list_keeps_nobody_from_the_question(account: Account, server: FakeAws, tmp_path: Path) -> None:
    def slowly(_: object, hand_on):
        time.sleep(6)
        return hand_on()

    server.on("ListBuckets", slowly)
    terminal = Terminal(tmp_path, "init", "--workflow", "import", "--user-access", "none", columns=100)
    terminal.read_until("> [ ] Something else: type it Listing the buckets ...")
    goes(terminal, (f"[ ] {DATA}", (CTRL_C,)))

    assert terminal.end() == 130


@pytest.mark.parametrize("columns", [40, pytest.param(200, marks=pytest.mark.long)])
def test_a_window_that_changes_its_size_loses_nothing(account: Account, tmp_path: Path, columns: int) -> None:
    terminal = Terminal(tmp_path, "init", "--workflow", "import", "--user-access", "none")
    terminal.read_until("SSE-KMS, alias/acme")
    terminal.resize(columns)
    terminal.type(DOWN)
    terminal.read_until(f"> [ ] {RESULTS}")
    goes(terminal, (DATA, (SPACE, ENTER)), (f"s3://{RESULTS}/", (CTRL_C,)))

    assert terminal.end() == 130
    assert "Traceback" not in terminal.transcript


def test_without_colour_no_code_for_one_is_sent_and_with_it_signs_say_the_same(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    colour = re.compile(r"\x1b\[[0-9;]*(3[0-9]|4[0-9]|9[0-7])[;m]")
    coloured = {}
    for no_color in ("", "1"):
        terminal = Terminal(tmp_path, "init", *KNOWN, "--user-access", "none", NO_COLOR=no_color)
        goes(terminal, (CONFIRM, (CTRL_C,)))
        assert terminal.end() == 130
        coloured[no_color] = bool(colour.search(terminal.received))
        assert "+ create" in terminal.transcript
    assert coloured == {"": True, "1": False}


def test_the_accessible_mode_reads_out_numbered_lines_and_redraws_nothing(account: Account, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "init", "--accessible", columns=100)
    goes(terminal, ("Numbers, separated by spaces [1]:", (ENTER,)), (f"1. {DATA}, eu-west-1, SSE-KMS", ("back", ENTER)))
    terminal.read_until("spaces [1]:")
    terminal.type("?", ENTER)
    terminal.read_until('"Resource": "*" } ] } Numbers')
    assert "The documents that your answers make so far" in terminal.transcript
    goes(terminal, ("spaces [1]:", (ENTER,)), ("spaces [none]:", ("1", ENTER)), ("goes up [1]:", ("2/", ENTER)))
    goes(terminal, ("1. everything under in/", (ENTER,)), ("1. A new one", (ENTER,)), ("1. admin:", ("analyst", ENTER)))
    goes(terminal, ("1. A role that IAM users", (ENTER,)), ("1. ada", ("grace", ENTER)), (REVIEW, (ENTER,)))
    goes(terminal, ("(y or n) [n]:", ("y", ENTER)))

    assert terminal.end() == 0
    assert terminal.result == f"{ROLE_ARN}\n"
    assert "\x1b" not in terminal.received
    assert user_arn("grace") in json.dumps(account.trust("personalize-users"))


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, pytest.param({"ACCESSIBLE": "1"}, marks=pytest.mark.long)])
def test_a_dumb_terminal_and_a_variable_lead_to_plain_lines(
    account: Account, tmp_path: Path, environment: dict[str, str]
) -> None:
    terminal = Terminal(tmp_path, "init", *KNOWN, **environment)
    goes(terminal, ("Number, or part of a name [1]:", ("nobody", ENTER)), ("No entry has that", ("none", ENTER)))
    goes(terminal, (REVIEW, (ENTER,)))
    goes(terminal, ("(y or n) [n]:", ("perhaps", ENTER)), ("Answer y or n.", (CTRL_C,)))

    assert terminal.end() == 130
    assert "nothing was changed" in terminal.transcript
    assert "\x1b" not in terminal.received


@pytest.mark.long
@pytest.mark.parametrize(("question", "known"), [AT_EACH[0], AT_EACH[6]])
def test_the_end_of_the_input_is_no_answer(
    account: Account, server: FakeAws, tmp_path: Path, question: str, known: tuple[str, ...]
) -> None:
    terminal = Terminal(tmp_path, "init", *known)
    goes(terminal, *BEFORE.get(question, []), (question, (CTRL_D,)))

    assert terminal.end() == 130
    assert "nothing was changed" in terminal.transcript
    assert server.writes == []


def test_nothing_ticked_is_said_below_the_list(account: Account, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "init", "--workflow", "import", columns=40)
    goes(terminal, (DATA, (ENTER,)), ("Tick at least one with the space bar.", (CTRL_C,)))

    assert terminal.end() == 130
