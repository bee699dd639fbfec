import io
from collections.abc import Sequence

import pytest

from personalize_perms.model.errors import Cancelled
from personalize_perms.wizard.plain import PlainPrompter
from personalize_perms.wizard.prompter import OPEN, TYPE_IT, UP, Back, Choice, Fixed, open_prompter, typed_into

PETS = tuple(Choice(value=name, label=f"{name.capitalize()} the pet") for name in ("ada", "bob", "bea"))


def prompter(*lines: str) -> tuple[PlainPrompter, io.StringIO]:
    written = io.StringIO()
    return PlainPrompter(io.StringIO("".join(f"{line}\n" for line in lines)), written), written


def accept(_: str) -> None:
    return None


def test_an_entry_is_chosen_by_its_number() -> None:
    asking, written = prompter("2")

    assert asking.choose("Which?", PETS) == "bob"
    assert "  2. Bob the pet\n" in written.getvalue()


def test_enter_takes_the_default_and_the_first_without_one() -> None:
    assert prompter("")[0].choose("Which?", PETS, default="bea") == "bea"
    assert prompter("")[0].choose("Which?", PETS) == "ada"


def test_an_entry_is_chosen_by_part_of_its_name_once_that_is_clear() -> None:
    asking, written = prompter("zoe", "9", "b", "be")

    assert asking.choose("Which?", PETS) == "bea"
    assert written.getvalue().count("No entry has that number or name.") == 2
    assert "Several fit:\n  2. Bob the pet\n  3. Bea the pet\n" in written.getvalue()


def test_several_are_chosen_by_numbers_and_come_in_the_order_of_the_list() -> None:
    assert prompter("3, 1 3")[0].choose_many("Which?", PETS) == ("ada", "bea")
    assert prompter("")[0].choose_many("Which?", PETS, default=("bob",)) == ("bob",)


def test_at_least_one_must_be_chosen_where_it_is_required() -> None:
    asking, written = prompter("", "1")

    assert asking.choose_many("Which?", PETS) == ("ada",)
    assert "Choose at least one." in written.getvalue()
    assert prompter("none")[0].choose_many("Which?", PETS, default=("ada",), required=False) == ()


def test_a_text_is_asked_again_until_it_is_accepted() -> None:
    def check(text: str) -> None:
        if text != "good":
            raise ValueError(f"{text!r} is bad")

    asking, written = prompter("evil", "good")

    assert asking.text("Say:", check=check) == "good"
    assert "Not accepted: 'evil' is bad\n" in written.getvalue()


def test_a_default_text_can_be_taken_and_cleared() -> None:
    assert prompter("")[0].text("Say:", default="in/", check=accept) == "in/"
    assert prompter("-")[0].text("Say:", default="in/", check=accept) == ""
    assert prompter("-")[0].text("Say:", check=accept) == "-"


@pytest.mark.parametrize(("line", "default", "answer"), [("y", False, True), ("No", True, False), ("", True, True)])
def test_yes_and_no(line: str, default: bool, answer: bool) -> None:  # noqa: FBT001
    assert prompter("perhaps", line)[0].confirm("Sure?", default=default) is answer


@pytest.mark.parametrize("line", ["<", "\x1b"])
def test_a_lone_sign_goes_back(line: str) -> None:
    with pytest.raises(Back):
        prompter(line)[0].text("Say:", check=accept)


def test_the_end_of_the_input_is_no_answer() -> None:
    with pytest.raises(Cancelled):
        prompter()[0].confirm("Sure?", default=True)


def test_a_long_list_is_not_read_out_but_can_be_searched() -> None:
    many = tuple(Choice(value=f"role-{number:04}", label=f"role-{number:04}") for number in range(5000))
    asking, written = prompter("4711")

    assert asking.choose("Which?", many) == "role-4710"  # a number is the entry's number
    assert len(written.getvalue().splitlines()) < 40
    assert "and 4970 more" in written.getvalue()
    assert prompter("role-4711")[0].choose("Which?", many) == "role-4711"


def test_nothing_is_broken_that_is_longer_than_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    arn = "arn:aws:iam::123456789012:role/a-rather-long-path/and-a-long-role-name"
    asking, written = prompter()

    asking.say(f"Amazon Personalize will be given the role {arn} and nothing else at all")

    assert arn in written.getvalue()
    assert max(len(line) for line in written.getvalue().splitlines() if arn not in line) < 40


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"TERM": "xterm", "ACCESSIBLE": "1"}])
def test_plain_lines_where_drawing_is_not_wanted(environment: dict[str, str]) -> None:
    assert isinstance(open_prompter(environment), PlainPrompter)


@pytest.mark.parametrize("word", ["<", "back"])
def test_a_sign_or_a_word_goes_back_from_a_list(word: str) -> None:
    with pytest.raises(Back):
        prompter(word)[0].choose("Which?", PETS)


def test_a_question_mark_shows_the_documents_and_asks_again() -> None:
    asking, written = prompter("?", "2")
    asking.explain = lambda: "# managed-policy access"

    assert asking.choose("Which?", PETS) == "bob"
    assert "# managed-policy access\n" in written.getvalue()


def test_a_question_mark_is_an_answer_where_there_is_nothing_to_show() -> None:
    assert prompter("?")[0].text("Say:", check=accept) == "?"


def test_a_list_can_be_looked_into_gone_up_from_and_typed_past() -> None:
    inside = (*(Choice(value=value, label=value) for value in ("in/", "old/")), TYPE_IT)
    assert prompter("1/")[0].choose("Which?", inside, opens=True) == f"{OPEN}in/"
    assert prompter("..")[0].choose("Which?", inside, opens=True) == UP
    assert prompter("in/")[0].choose("Which?", inside, opens=True) == "in/"
    assert typed_into(prompter("new/")[0].choose("Which?", inside, opens=True)) == "new/"


def test_a_number_that_no_entry_has_is_no_prefix() -> None:
    asking, written = prompter("9", "1")
    assert asking.choose("Which?", (Choice(value="in/", label="in/"), TYPE_IT), opens=True) == "in/"
    assert "No entry has that number" in written.getvalue()


def test_a_list_that_takes_long_is_named_until_it_is_there() -> None:
    class Slow(Fixed):
        waited = 0

        def settled(self, values: Sequence[str], patience: float) -> bool:
            Slow.waited += patience > 0
            return Slow.waited > 1

    asking, written = prompter("1")
    assert asking.choose("Which?", Slow(PETS, "Listing the pets ...")) == "ada"
    assert "Listing the pets ...\n" in written.getvalue().partition("Which?")[0]
