import time

from personalize_perms.wizard.menu import Menu
from personalize_perms.wizard.prompter import TYPE_IT, Choice

PETS = tuple(Choice(value=name, label=name) for name in ("ada", "bob", "bea"))
ROLES = tuple(Choice(value=f"role-{number:04}", label=f"role-{number:04}") for number in range(5000))


def menu(entries: tuple[Choice, ...] = (*PETS, TYPE_IT), *, several: bool = False, default: str = "") -> Menu:
    made = Menu(several=several)
    made.feed(entries, default)
    return made


def nothing(_: str) -> str:
    return ""


def shown(made: Menu, width: int = 80, height: int = 14) -> list[str]:
    return [line for row in made.sight(width, height, nothing).rows for line in row.lines]


def test_every_word_that_is_typed_must_be_somewhere_in_the_label() -> None:
    made = menu((Choice(value="1", label="Acme data EU"), Choice(value="2", label="Acme data US"), TYPE_IT))
    made.type("eu")
    made.type(" ACME")
    assert [choice.value for choice in made.found] == ["1", TYPE_IT.value]
    made.erase(everything=True)
    assert len(made.found) == 3


def test_typing_it_always_fits_and_is_no_entry() -> None:
    made = menu()
    made.type("zoe")
    assert made.pointed is TYPE_IT
    assert made.count == 3


def test_a_letter_that_is_taken_back_finds_again_what_it_hid() -> None:
    made = menu()
    made.type("b")
    made.type("o")
    made.erase()
    assert [choice.value for choice in made.found][:2] == ["bob", "bea"]


def test_the_pointer_goes_round_and_stops_where_pages_end() -> None:
    made = menu(PETS)
    made.move(-1)
    assert made.pointed.value == "bea"
    made.move(1)
    assert made.pointed.value == "ada"
    made.move(10, around=False)
    assert made.pointed.value == "bea"


def test_entries_that_arrive_do_not_move_the_pointer_of_somebody_who_has_moved() -> None:
    made = menu((TYPE_IT,))
    made.feed((*PETS, TYPE_IT), "bob")
    assert made.pointed.value == "bob"
    made.move(1)
    made.feed((Choice(value="aaa", label="aaa"), *PETS, TYPE_IT), "bob")
    assert made.pointed.value == "bea"


def test_what_is_ticked_comes_in_the_order_of_the_list_also_when_the_search_hides_it() -> None:
    made = menu(several=True)
    made.move(2)
    made.toggle()
    made.type("ada")
    made.toggle()
    assert made.chosen == ("ada", "bea")


def test_only_what_fits_is_in_sight_and_the_rest_is_counted() -> None:
    made = menu(ROLES)
    made.move(100, around=False)
    sight = made.sight(80, 10, nothing)
    assert len(sight.rows) == 10
    assert (sight.above, sight.below) == (91, 4899)
    assert [row.pointed for row in sight.rows][-1]
    assert sight.rows[-1].lines == ("> role-0100",)


def test_a_list_does_not_jump_while_the_pointer_moves_within_it() -> None:
    made = menu(ROLES)
    made.move(100, around=False)
    before = made.sight(80, 10, nothing).above
    made.move(-5)
    assert made.sight(80, 10, nothing).above == before


def test_long_labels_are_wrapped_between_words_and_an_arn_is_left_to_the_terminal() -> None:
    arn = "arn:aws:iam::123456789012:role/a-rather-long-path/and-a-long-role-name"
    made = menu((Choice(value=arn, label=f"the role {arn}"),))
    assert shown(made, width=40) == ["> the role", f"    {arn}"]
    assert len(made.sight(40, 2, nothing).rows) == 1


def test_a_key_is_answered_at_once_in_a_list_of_thousands() -> None:
    made = menu(ROLES)
    begun = time.process_time()
    for letter in "role-4711":
        made.type(letter)
        made.sight(80, 14, nothing)
    made.erase()
    assert (time.process_time() - begun) / 10 < 0.05
