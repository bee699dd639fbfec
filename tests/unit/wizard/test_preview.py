from collections.abc import Mapping

from personalize_perms.model.errors import SettingsError
from personalize_perms.model.settings import Settings
from personalize_perms.wizard import flow
from personalize_perms.wizard.preview import preview
from personalize_perms.wizard.questions import BY_ID


def documents(settings: Settings) -> Mapping[str, str]:
    found = {"trust-policy service": "{\n  always\n}"}
    if settings.role_name == "broken":
        raise SettingsError("that cannot be rendered")
    if settings.role_name:
        found["managed-policy access"] = f"{{\n  {settings.role_name}\n}}"
    return found


def after(*names: str) -> flow.State:
    state = flow.start(Settings(), {})
    for name in names:
        state = flow.answered(state, BY_ID["role_name"], (name,) if name else ())
    return state


def test_before_any_answer_all_documents_are_shown_without_marks() -> None:
    shown = preview(after(), documents)
    assert "# trust-policy service\n  {\n    always\n  }" in shown
    assert "+" not in shown.partition("#")[2]


def test_what_the_last_answer_changed_is_marked_and_the_rest_is_named() -> None:
    shown = preview(after("old", "new"), documents)
    assert "# trust-policy service (as before)" in shown
    assert "always" not in shown
    assert "# managed-policy access (changed)\n  {\n-   old\n+   new\n  }" in shown


def test_documents_that_come_and_go_are_told() -> None:
    assert "# managed-policy access (new)\n+ {\n+   mine\n+ }" in preview(after("mine"), documents)
    assert "# managed-policy access (no longer made)" in preview(after("mine", ""), documents)


def test_an_answer_that_changed_nothing_shows_everything() -> None:
    assert "always" in preview(after("mine", "mine"), documents)


def test_what_cannot_be_rendered_yet_is_said() -> None:
    assert preview(after("broken"), documents) == "There is no document to show yet: that cannot be rendered"
    assert "always" in preview(after("broken", "mine"), documents)


def test_foreign_text_is_shown_inert() -> None:
    assert "\x1b" not in preview(after(), lambda _: {"bucket\x1b[2J": "text\x1b[2J"})
