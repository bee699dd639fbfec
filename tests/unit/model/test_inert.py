import pytest

from personalize_perms.model.inert import inert


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain-name_1", "plain-name_1"),
        ("Größe 東京", "Größe 東京"),
        ("\x1b[31mred", r"\u001b[31mred"),
        ("two\nlines\r\t", r"two\u000alines\u000d\u0009"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("zero\u200bwidth\ufeff", r"zero\u200bwidth\ufeff"),
        ("\u2028\U000e0041", r"\u2028\U000e0041"),
        ("\x9b31m\x7f", r"\u009b31m\u007f"),
    ],
)
def test_what_could_steer_a_terminal_is_escaped(text: str, shown: str) -> None:
    assert inert(text) == shown
