"""Questions drawn on the terminal: lists that are searched while one types, lines that are checked, Esc to go back.

With `drawn`, the only module that imports questionary and prompt_toolkit. Both draw on standard output unless told
otherwise, and standard output belongs to the result.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from prompt_toolkit.application import create_app_session, get_app, run_in_terminal
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import Window
from prompt_toolkit.layout.dimension import Dimension
from prompt_toolkit.output import ColorDepth, Output, create_output
from prompt_toolkit.shortcuts import print_formatted_text

from personalize_perms.model.errors import Cancelled
from personalize_perms.wizard.drawn import STYLE, ListQuestion
from personalize_perms.wizard.menu import Menu
from personalize_perms.wizard.plain import wrapped
from personalize_perms.wizard.prompter import Back, Entries, Offer, Withdrawn, offered, typed_into

if TYPE_CHECKING:
    import questionary

if sys.platform == "win32":
    from prompt_toolkit.output.win32 import NoConsoleScreenBufferError as _NoConsole
else:

    class _NoConsole(Exception):  # noqa: N818 - named after the one it stands for
        """Exists on Windows only."""


class CannotDraw(Exception):  # noqa: N818 - it leads to the plain questions, nothing has failed
    """The terminal cannot be drawn on."""


class DrawnPrompter:
    """Asks on standard error, or on `output`."""

    keys = "Arrows move, Enter accepts, Esc goes back, Ctrl-C leaves; F2 shows the documents that your answers make."

    def __init__(self, output: Output | None = None, *, colour: bool = True) -> None:
        try:
            self._output = output or create_output(stdout=sys.stderr)
        except _NoConsole as error:
            raise CannotDraw(
                "This window cannot draw lists (with MinTTY, winpty helps): asking line by line."
            ) from error
        self._depth = None if colour else ColorDepth.DEPTH_1_BIT
        self.explain: Callable[[], str] | None = None
        self.shown: Callable[[], None] | None = None
        self._redraw: Callable[[], None] | None = None

    @property
    def standing(self) -> "DrawnPrompter":
        """What is drawn can be drawn again below something that is said."""
        return self

    def nudge(self) -> None:
        """Draw the list anew, if one stands there, and call `shown`."""
        redraw = self._redraw
        if redraw:
            with suppress(AttributeError, RuntimeError):  # the list ends in this very moment: its loop is gone
                redraw()

    def interject(self, show: Callable[[], None]) -> None:
        """Let `show` write above the list."""
        run_in_terminal(show)

    def withdraw(self) -> None:
        """Take the list away, unless an answer was just given."""
        application = get_app()
        if application.future and not application.future.done():
            application.exit(exception=Withdrawn())

    def say(self, text: str, *, title: bool = False) -> None:
        """Show a line."""
        with self._session():
            print_formatted_text(
                FormattedText([("class:question" if title else "", wrapped(text))]),
                style=STYLE,
                output=self._output,
                color_depth=self._depth,
            )

    def choose(self, text: str, choices: Entries, *, default: str = "", opens: bool = False) -> str:
        """Return the value of the entry on which Enter was pressed."""
        offer = offered(choices)
        (value,) = self._listed(
            ListQuestion(text=text, menu=Menu(several=False), offer=offer, default=default, opens=opens)
        )
        self._answered(text, offer, (value,))
        return value

    def choose_many(
        self, text: str, choices: Entries, *, default: Sequence[str] = (), required: bool = True
    ) -> tuple[str, ...]:
        """Return the values of the ticked entries, in the order of the list."""
        offer = offered(choices)
        menu = Menu(several=True, ticked=set(default))
        values = self._listed(
            ListQuestion(text=text, menu=menu, offer=offer, required=required, default=next(iter(default), ""))
        )
        self._answered(text, offer, values)
        return values

    def text(self, text: str, *, default: str = "", check: Callable[[str], object]) -> str:
        """Return the line that was typed, once `check` accepts it; its objection is shown below the line."""
        import questionary  # noqa: PLC0415 - the first question is a list, which is drawn sooner without

        def verdict(typed: str) -> bool | str:
            try:
                check(typed.strip())
            except ValueError as problem:
                return str(problem)
            return True

        with self._session():
            question = questionary.text(_message(text), default=default, validate=verdict, validate_while_typing=False)
            return str(self._asked(question)).strip()

    def confirm(self, text: str, *, default: bool) -> bool:
        """Return yes or no; Enter is needed after the letter, so that a stray key decides nothing."""
        import questionary  # noqa: PLC0415

        with self._session():
            return bool(self._asked(questionary.confirm(_message(text), default=default, auto_enter=False)))

    @contextmanager
    def _session(self) -> Iterator[None]:
        with create_app_session(output=self._output):
            yield

    def _listed(self, question: ListQuestion) -> tuple[str, ...]:
        question.explain = self._explained if self.explain else None
        with self._session():
            try:
                return question.ask(self._output, self._when_shown, self._standing_now)
            except EOFError:
                raise _ended() from None
            finally:
                self._redraw = None

    def _answered(self, text: str, offer: Offer, values: Sequence[str]) -> None:
        """Leave question and answer on the screen, where the list was."""
        if any(value.startswith(":") and value not in {c.value for c in offer.entries()} for value in values):
            return  # looked around, or about to type
        labels = {choice.value: choice.label for choice in offer.entries()}
        named = [labels.get(value, value) for value in values if typed_into(value) is None]
        if named or not values:
            self.say(f"? {text} {', '.join(named) or 'none'}")

    def _explained(self) -> None:
        if self.explain:
            self._output.write(wrapped(self.explain()).replace("\n", "\r\n") + "\r\n")
            self._output.flush()

    def _standing_now(self, redraw: Callable[[], None]) -> None:
        self._redraw = redraw

    def _when_shown(self) -> None:
        if self.shown:
            self.shown()

    def _asked(self, question: "questionary.Question") -> Any:  # noqa: ANN401 - each kind has its own answer
        """Ask, with Esc as "back" and nothing cut at the terminal's edge."""
        application = question.application
        keys = KeyBindings()

        @keys.add(Keys.Escape, eager=True)
        def _back(event: KeyPressEvent) -> None:
            event.app.exit(exception=Back())

        @keys.add(Keys.F2, eager=True)
        def _explain(_: KeyPressEvent) -> None:
            run_in_terminal(self._explained)

        for window in application.layout.find_all_windows():
            _unfold(window)
        application.key_bindings = merge_key_bindings(
            [application.key_bindings, keys] if application.key_bindings else [keys]
        )
        application.ttimeoutlen = 0.05
        application.after_render += lambda _: self._when_shown()
        try:
            return question.unsafe_ask()
        except EOFError:
            raise _ended() from None


def _ended() -> Cancelled:
    return Cancelled("the input ended before all questions were answered", hint="nothing was changed")


def _message(text: str) -> str:
    """Return `text` broken between words, beside the question mark."""
    return wrapped(text).replace("\n", "\n  ")


def _unfold(window: Window) -> None:
    window.wrap_lines = Condition(lambda: True)
    if window.height == 1:
        window.height = Dimension(min=1)
        window.dont_extend_height = Condition(lambda: True)
