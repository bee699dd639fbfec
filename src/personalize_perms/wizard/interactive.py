"""Questions drawn on the terminal with questionary: lists that filter while one types, Esc to go back.

The only module that imports questionary and prompt_toolkit. Both draw on standard output unless told otherwise, and
standard output belongs to the result.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import questionary
from prompt_toolkit.application import create_app_session
from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import Window
from prompt_toolkit.layout.dimension import Dimension
from prompt_toolkit.output import Output, create_output
from questionary.prompts.common import InquirerControl

from personalize_perms.model.errors import Cancelled
from personalize_perms.wizard.plain import wrapped
from personalize_perms.wizard.prompter import TYPE_IT, Back, Choice

if sys.platform == "win32":
    from prompt_toolkit.output.win32 import NoConsoleScreenBufferError as _NoConsole
else:

    class _NoConsole(Exception):  # noqa: N818 - named after the one it stands for
        """Exists on Windows only."""


_FILTER_FROM: Final = 8
"""A list this long can be filtered by typing; in a shorter one a stray key would only confuse."""


class CannotDraw(Exception):  # noqa: N818 - it leads to the plain questions, nothing has failed
    """The terminal cannot be drawn on."""


class QuestionaryPrompter:
    """Asks with questionary on standard error, or on `output`."""

    keys = "Arrows move, space ticks, Enter accepts, Esc goes back, Ctrl-C leaves."

    def __init__(self, output: Output | None = None) -> None:
        try:
            self._output = output or create_output(stdout=sys.stderr)
        except _NoConsole as error:
            raise CannotDraw(
                "This window cannot draw lists (with MinTTY, winpty helps): asking line by line."
            ) from error

    def say(self, text: str) -> None:
        """Show a line."""
        sys.stderr.write(f"{wrapped(text)}\n")
        sys.stderr.flush()

    def choose(self, text: str, choices: Sequence[Choice], *, default: str = "") -> str:
        """Return the value of the entry on which Enter was pressed."""
        long = len(choices) >= _FILTER_FROM
        preset = default if any(choice.value == default for choice in choices) else None
        with self._session():
            question = questionary.select(
                _message(text),
                [questionary.Choice(choice.label, choice.value) for choice in choices],
                default=preset,
                use_search_filter=long,
                use_jk_keys=not long,
                instruction="(type to filter)" if long else "(Enter accepts)",
            )
            return str(_asked(question, Keys.ControlM))

    def choose_many(
        self, text: str, choices: Sequence[Choice], *, default: Sequence[str] = (), required: bool = True
    ) -> tuple[str, ...]:
        """Return the values of the ticked entries, in the order of the list."""
        long = len(choices) >= _FILTER_FROM

        def enough(chosen: list[str]) -> bool | str:
            return bool(chosen) or not required or "Tick at least one with the space bar."

        with self._session():
            question = questionary.checkbox(
                _message(text),
                [questionary.Choice(c.label, c.value, checked=c.value in default) for c in choices],
                validate=enough,
                use_search_filter=long,
                use_jk_keys=not long,
                instruction="(space ticks; type to filter)" if long else "(space ticks, Enter accepts)",
            )
            return tuple(_asked(question, " "))

    def text(self, text: str, *, default: str = "", check: Callable[[str], object]) -> str:
        """Return the line that was typed, once `check` accepts it; its objection is shown below the line."""

        def verdict(typed: str) -> bool | str:
            try:
                check(typed.strip())
            except ValueError as problem:
                return str(problem)
            return True

        with self._session():
            question = questionary.text(_message(text), default=default, validate=verdict, validate_while_typing=False)
            return str(_asked(question)).strip()

    def confirm(self, text: str, *, default: bool) -> bool:
        """Return yes or no; Enter is needed after the letter, so that a stray key decides nothing."""
        with self._session():
            return bool(_asked(questionary.confirm(_message(text), default=default, auto_enter=False)))

    @contextmanager
    def _session(self) -> Iterator[None]:
        with create_app_session(output=self._output):
            yield


def _message(text: str) -> str:
    """Return `text` broken between words, beside the question mark."""
    return wrapped(text).replace("\n", "\n  ")


def _asked(question: questionary.Question, taking: str = "") -> Any:  # noqa: ANN401 - each kind has its own answer
    """Ask, with Esc as "back" and nothing cut at the terminal's edge; `taking` is the key that takes an entry."""
    application = question.application
    keys = KeyBindings()

    @keys.add(Keys.Escape, eager=True)
    def _back(event: KeyPressEvent) -> None:
        event.app.exit(exception=Back())

    for window in application.layout.find_all_windows():
        _unfold(window)
        if isinstance(window.content, InquirerControl):
            _guard(window.content, taking, keys)
    application.key_bindings = merge_key_bindings(
        [application.key_bindings, keys] if application.key_bindings else [keys]
    )
    # Esc also begins the codes of the arrow keys: this is how long it is waited for the rest of one.
    application.ttimeoutlen = 0.05
    try:
        return question.unsafe_ask()
    except EOFError:
        raise Cancelled("the input ended before all questions were answered", hint="nothing was changed") from None


def _unfold(window: Window) -> None:
    window.wrap_lines = Condition(lambda: True)
    if window.height == 1:
        window.height = Dimension(min=1)
        window.dont_extend_height = Condition(lambda: True)


def _guard(control: InquirerControl, taking: str, keys: KeyBindings) -> None:
    """Take no entry that the filter did not find: questionary then shows all of them, and would take the first.

    The pointer goes to "type it" instead, where there is such an entry, and the same key once more takes that.
    """
    values = [choice.value for choice in control.choices]

    @Condition
    def nothing_found() -> bool:
        typed = (control.search_filter or "").lower()
        found = any(typed in str(choice.title).lower() for choice in control.choices)
        return not found and values[control.pointed_at] != TYPE_IT.value

    @keys.add(taking, eager=True, filter=nothing_found)
    def _point_at_typing(event: KeyPressEvent) -> None:
        event.app.output.bell()
        if TYPE_IT.value in values:
            control.pointed_at = values.index(TYPE_IT.value)
