import contextlib
import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from prompt_toolkit.output.vt100 import Vt100_Output

from personalize_perms.model.errors import Cancelled
from personalize_perms.wizard.drawn import ListQuestion
from personalize_perms.wizard.interactive import DrawnPrompter
from personalize_perms.wizard.menu import Menu
from personalize_perms.wizard.prompter import OPEN, TYPE_IT, UP, Back, Choice, Fixed, Prompter, Withdrawn, typed_into

DOWN, ESC, CTRL_C, ENTER = "\x1b[B", "\x1b", "\x03", "\r"
RIGHT, LEFT, F2 = "\x1b[C", "\x1b[D", "\x1bOQ"
PETS = tuple(Choice(value=name, label=name) for name in ("ada", "bob", "bea"))
MANY = (*(Choice(value=f"role-{number:04}", label=f"role-{number:04}") for number in range(5000)), TYPE_IT)


@contextmanager
def typing(keys: str) -> Iterator[DrawnPrompter]:
    with create_pipe_input() as pipe, create_app_session(input=pipe):
        pipe.send_text(keys)
        yield DrawnPrompter(DummyOutput())


def accept(_: str) -> None:
    return None


def refuse_short(text: str) -> None:
    if len(text) < 3:
        raise ValueError("too short")


def test_arrows_and_enter_choose() -> None:
    with typing(DOWN + ENTER) as prompter:
        assert prompter.choose("Which?", PETS) == "bob"


def test_the_default_is_under_the_pointer_and_an_unknown_one_is_ignored() -> None:
    with typing(ENTER) as prompter:
        assert prompter.choose("Which?", PETS, default="bea") == "bea"
    with typing(ENTER) as prompter:
        assert prompter.choose("Which?", PETS, default="zoe") == "ada"


def test_typing_filters_a_long_list() -> None:
    with typing("4711" + ENTER) as prompter:
        assert prompter.choose("Which?", MANY) == "role-4711"


def test_a_filter_that_finds_nothing_takes_no_entry_but_leads_to_typing() -> None:
    with typing("no-such-role" + ENTER + ENTER) as prompter:
        assert typed_into(prompter.choose("Which?", MANY)) == "no-such-role"
    with typing("no-such-role" + " " + " " + ENTER) as prompter:
        assert prompter.choose_many("Which?", MANY) == (f"{TYPE_IT.value}no-such-role",)


def test_space_ticks_and_enter_accepts() -> None:
    with typing(" " + DOWN + DOWN + " " + ENTER) as prompter:
        assert prompter.choose_many("Which?", PETS) == ("ada", "bea")


def test_nothing_ticked_is_accepted_only_where_nothing_is_required() -> None:
    with typing(ENTER + " " + ENTER) as prompter:
        assert prompter.choose_many("Which?", PETS) == ("ada",)
    with typing(ENTER) as prompter:
        assert prompter.choose_many("Which?", PETS, required=False) == ()
    with typing(ENTER) as prompter:
        assert prompter.choose_many("Which?", PETS, default=("bob",)) == ("bob",)


def test_a_refused_text_stays_and_can_be_corrected() -> None:
    with typing("ab" + ENTER + "c" + ENTER) as prompter:
        assert prompter.text("Say:", check=refuse_short) == "abc"


def test_a_default_text_can_be_taken() -> None:
    with typing(ENTER) as prompter:
        assert prompter.text("Say:", default="in/", check=accept) == "in/"


@pytest.mark.parametrize(
    ("keys", "default", "answer"), [("y\r", False, True), ("n\r", True, False), ("\r", False, False)]
)
def test_yes_and_no(keys: str, default: bool, answer: bool) -> None:  # noqa: FBT001
    with typing(keys) as prompter:
        assert prompter.confirm("Sure?", default=default) is answer


QUESTIONS: list[Callable[[Prompter], object]] = [
    lambda prompter: prompter.choose("Which?", PETS),
    lambda prompter: prompter.choose("Which?", MANY),
    lambda prompter: prompter.choose_many("Which?", PETS),
    lambda prompter: prompter.text("Say:", check=accept),
    lambda prompter: prompter.confirm("Sure?", default=True),
]


@pytest.mark.parametrize("ask", QUESTIONS)
@pytest.mark.parametrize(("key", "raised"), [(ESC, Back), (CTRL_C, KeyboardInterrupt)])
def test_esc_goes_back_and_ctrl_c_leaves_everywhere(
    ask: Callable[[Prompter], object], key: str, raised: type[BaseException]
) -> None:
    with typing(key) as prompter, pytest.raises(raised):
        ask(prompter)


class Recorder(io.StringIO):
    """Tells when a text stood on the screen."""

    def __init__(self, columns: int, awaited: str) -> None:
        super().__init__()
        pyte = pytest.importorskip("pyte")
        self._screen = pyte.Screen(columns, 24)
        self._stream = pyte.Stream(self._screen)
        self._awaited = awaited
        self.seen = threading.Event()

    def write(self, text: str) -> int:
        self._stream.feed(text)
        if self._awaited in "".join(self._screen.display):
            self.seen.set()
        return len(text)


def is_drawn(awaited: str, columns: int, ask: Callable[[Prompter], object], keys: str) -> bool:
    """Whether the text is drawn after the keys; only then, or after long, the question is left with Ctrl-C."""
    recorder = Recorder(columns, awaited)
    output = Vt100_Output(recorder, lambda: Size(rows=24, columns=columns), term="xterm", enable_cpr=False)
    with create_pipe_input() as pipe, create_app_session(input=pipe):

        def leave_when_drawn() -> None:
            recorder.seen.wait(20)
            pipe.send_text(CTRL_C)

        leaving = threading.Thread(target=leave_when_drawn)
        leaving.start()
        pipe.send_text(keys)
        with pytest.raises(KeyboardInterrupt):
            ask(DrawnPrompter(output))
        leaving.join()
    return recorder.seen.is_set()


def test_nothing_is_cut_in_a_narrow_window() -> None:
    arn = "arn:aws:iam::123456789012:role/a-rather-long-path/and-a-long-role-name"

    assert is_drawn(arn, 40, lambda prompter: prompter.choose("Which?", [Choice(value=arn, label=arn)]), DOWN)


def test_an_objection_is_shown_whole_in_a_narrow_window() -> None:
    objection = "that is not the ARN of a role; an ARN has six parts, separated by colons"

    def refuse(_: str) -> None:
        raise ValueError(objection)

    assert is_drawn(objection, 40, lambda prompter: prompter.text("Say:", check=refuse), "x" + ENTER)


def test_questions_are_drawn_on_standard_error() -> None:
    script = (
        "from personalize_perms.wizard.interactive import DrawnPrompter as P\n"
        "from prompt_toolkit.application import create_app_session\n"
        "from prompt_toolkit.input import create_pipe_input\n"
        "with create_pipe_input() as pipe, create_app_session(input=pipe):\n"
        "    pipe.send_text('abc\\r')\n"
        "    P().text('Say something:', check=str)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout == ""
    assert "Say something:" in done.stderr


def test_the_flow_loads_no_terminal_library() -> None:
    script = (
        "import sys, personalize_perms.wizard.flow, personalize_perms.wizard.dialogue\n"
        "print(sorted({'questionary', 'prompt_toolkit', 'boto3', 'botocore'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout == "[]\n"


INSIDE = (Choice(value=":here", label="the whole bucket"), Choice(value="in/", label="in/"), TYPE_IT)


@pytest.mark.parametrize(
    ("keys", "answer"), [(DOWN + RIGHT, f"{OPEN}in/"), (LEFT, UP), (RIGHT + DOWN + ENTER, "in/"), (DOWN + ENTER, "in/")]
)
def test_right_looks_inside_what_can_be_looked_into_and_left_goes_up(keys: str, answer: str) -> None:
    with typing(keys) as prompter:
        assert prompter.choose("Which?", INSIDE, opens=True) == answer


def test_several_words_search_one_list_and_what_was_pasted_counts() -> None:
    with typing("\x1b[200~47\x1b[201~ role" + ENTER) as prompter:
        assert prompter.choose("Which?", MANY) == "role-0047"


@pytest.mark.parametrize("ask", QUESTIONS)
def test_f2_shows_the_documents_and_the_question_stays(
    ask: Callable[[Prompter], object], capsys: pytest.CaptureFixture[str]
) -> None:
    with typing(F2 + CTRL_C) as prompter:
        shown: list[str] = []
        prompter.explain = lambda: shown.append("# managed-policy") or shown[0]  # type: ignore[func-returns-value]
        with pytest.raises(KeyboardInterrupt):
            ask(prompter)
    assert shown == ["# managed-policy"]


@pytest.mark.parametrize("ask", QUESTIONS)
def test_it_is_told_once_a_question_stands_on_the_screen(ask: Callable[[Prompter], object]) -> None:
    told = threading.Event()
    with typing(ENTER) as prompter:
        prompter.shown = told.set
        with contextlib.suppress(Cancelled):
            ask(prompter) if ask is not QUESTIONS[2] else prompter.choose_many("Which?", PETS, required=False)
    assert told.is_set()


def test_a_key_is_answered_at_once_however_long_the_list_is() -> None:
    question = ListQuestion(text="Which?", menu=Menu(several=True), offer=Fixed(MANY))
    question._drawn()
    begun = time.process_time()
    for letter in "role-4711":
        question.menu.type(letter)
        question._drawn()
    assert (time.process_time() - begun) / 9 < 0.05
    assert "role-4711" in "".join(part[1] for part in question._drawn())


@pytest.mark.parametrize("key", ["\x1b[15~", RIGHT, LEFT, "\x01", "\x1b[3~"])
def test_a_key_that_means_nothing_types_nothing(key: str) -> None:
    with typing(key + "4711" + ENTER) as prompter:
        assert prompter.choose("Which?", MANY) == "role-4711"


def test_an_interrupt_from_outside_leaves_a_list_too() -> None:
    with typing("") as prompter:
        prompter.shown = lambda: os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            prompter.choose("Which?", PETS)


def test_what_is_said_while_a_list_stands_there_leaves_the_list() -> None:
    said: list[str] = []
    with create_pipe_input() as pipe, create_app_session(input=pipe):
        prompter = DrawnPrompter(DummyOutput())

        def shown() -> None:
            if not said:
                said.append("begun")
                threading.Timer(0.05, prompter.nudge).start()
            elif len(said) == 1:
                said.append("nudged")
                prompter.interject(lambda: said.append("said"))
                threading.Timer(0.2, lambda: pipe.send_text(ENTER)).start()

        prompter.shown = shown
        assert prompter.choose("Which?", PETS) == "ada"
    assert said == ["begun", "nudged", "said"]
    prompter.nudge()


def test_a_list_that_is_taken_away_says_so() -> None:
    with typing("") as prompter:
        prompter.shown = prompter.withdraw
        with pytest.raises(Withdrawn):
            prompter.choose("Which?", PETS)
