"""Draws a list and acts on keys. Only what is in sight is drawn, so that a key is answered at once however long it is.

questionary's lists draw every entry at every key: with 5,000 roles that took 140 ms a key.
"""

from collections.abc import Callable
from typing import Final

from prompt_toolkit.application import Application, get_app, run_in_terminal
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import FormattedTextControl, Layout, Window
from prompt_toolkit.output import Output
from prompt_toolkit.styles import Style

from personalize_perms.model.values import dataclass
from personalize_perms.wizard.menu import Menu
from personalize_perms.wizard.plain import wrapped
from personalize_perms.wizard.prompter import OPEN, TYPE_IT, UP, Back, Offer

STYLE: Final = Style([("pointed", "bold"), ("question", "bold"), ("problem", "bold")])
"""Bold only: it says nothing that a sign or a word does not say, and every terminal and background shows it."""
_TALLEST: Final = 14
_AROUND: Final = 7
"""Lines of the screen that are left to the question, the search and the hints."""
_PAGE: Final = 10


@dataclass(slots=True, kw_only=True)
class ListQuestion:
    """One list on the screen."""

    text: str
    menu: Menu
    offer: Offer
    required: bool = True
    opens: bool = False
    default: str = ""
    explain: Callable[[], None] | None = None
    problem: str = ""

    def ask(
        self, output: Output, shown: Callable[[], None], standing: Callable[[Callable[[], None]], None]
    ) -> tuple[str, ...]:
        """Draw, and return the values that were chosen; nothing of the list stays on the screen.

        `shown` is called whenever it was drawn, and `standing` gets what draws it anew.
        """
        application: Application[tuple[str, ...]] = Application(
            layout=Layout(
                Window(
                    FormattedTextControl(self._drawn, focusable=True, show_cursor=False),
                    wrap_lines=True,
                    dont_extend_height=True,
                )
            ),
            key_bindings=self._keys(),
            style=STYLE,
            output=output,
            erase_when_done=True,
        )
        # Esc also begins the codes of the arrow keys: this is how long it is waited for the rest of one.
        application.ttimeoutlen = 0.05
        self.offer.watch(application.invalidate)
        standing(application.invalidate)
        application.after_render += lambda _: shown()
        return application.run()

    # Drawing

    def _drawn(self) -> StyleAndTextTuples:
        self.menu.feed(self.offer.entries(), self.default)
        size = get_app().output.get_size()
        width = max(size.columns - 1, 20)
        sight = self.menu.sight(width, max(min(_TALLEST, size.rows - _AROUND), 3), self.offer.detail)
        drawn: StyleAndTextTuples = [("class:question", f"{wrapped(f'? {self.text}')}\n")]
        if self.menu.typed:
            found = len(self.menu.found) - (TYPE_IT in self.menu.found)
            drawn.append(("", f"  Search: {self.menu.typed} ({found:,} of {self.menu.count:,})\n"))
        if sight.above:
            drawn.append(("", f"  ... {sight.above:,} above\n"))
        for row in sight.rows:
            drawn.append(("class:pointed" if row.pointed else "", "\n".join(row.lines) + "\n"))
        if sight.below:
            drawn.append(("", f"  ... {sight.below:,} below\n"))
        if self.offer.note:
            drawn.append(("", f"{wrapped(self.offer.note)}\n"))
        if self.problem:
            drawn.append(("class:problem", f"{wrapped(self.problem)}\n"))
        drawn.append(("", wrapped(self._hints())))
        return drawn

    def _hints(self) -> str:
        hints = ["Space ticks, Enter accepts" if self.menu.several else "Enter takes"]
        if self.opens:
            hints.append("Right: inside, Left: up")
        hints += ["type to search", "Esc: back"]
        return f"  [{', '.join(hints)}{', F2: documents' if self.explain else ''}]"

    # Keys

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()
        for names, act in (
            ((Keys.Escape,), self._back),
            ((Keys.ControlC, Keys.SIGINT), self._leave),
            ((Keys.ControlD,), self._ended),
            ((Keys.Enter,), self._enter),
            ((Keys.F2, "?"), self._explained),
            ((Keys.Backspace,), lambda _: self.menu.erase()),
            ((Keys.ControlU,), lambda _: self.menu.erase(everything=True)),
            ((Keys.Up, Keys.ControlP), lambda _: self.menu.move(-1)),
            ((Keys.Down, Keys.ControlN, Keys.Tab), lambda _: self.menu.move(1)),
            ((Keys.PageUp,), lambda _: self.menu.move(-_PAGE, around=False)),
            ((Keys.PageDown,), lambda _: self.menu.move(_PAGE, around=False)),
            ((Keys.Home,), lambda _: self.menu.move(-self.menu.pointer)),
            ((Keys.End,), lambda _: self.menu.move(-self.menu.pointer - 1)),
        ):
            for name in names:
                keys.add(name, eager=True)(act)
        keys.add(" ", eager=True, filter=Condition(lambda: self.menu.several))(self._toggle)
        if self.opens:
            keys.add(Keys.Right)(self._open)
            keys.add(Keys.Left)(lambda event: event.app.exit(result=(UP,)))
        keys.add(Keys.Any)(self._typed)
        keys.add(Keys.BracketedPaste)(self._typed)
        return keys

    def _typed(self, event: KeyPressEvent) -> None:
        key = event.key_sequence[0].key
        if isinstance(key, Keys) and key is not Keys.BracketedPaste:
            return  # a key that means nothing here; its code holds letters that nobody typed
        text = "".join(letter for letter in event.data if letter.isprintable())
        self.problem = ""
        self.menu.type(text)

    def _toggle(self, _: KeyPressEvent) -> None:
        self.problem = ""
        self.menu.toggle()

    def _enter(self, event: KeyPressEvent) -> None:
        menu = self.menu
        if not menu.found:
            self.problem = "Nothing fits. Backspace takes letters back."
        elif menu.pointed.value == TYPE_IT.value:
            typed = TYPE_IT.value + menu.typed.strip()
            rest = tuple(value for value in menu.chosen if value != TYPE_IT.value)
            event.app.exit(result=(*rest, typed) if menu.several else (typed,))
        elif not menu.several:
            event.app.exit(result=(menu.pointed.value,))
        elif menu.ticked or not self.required:
            event.app.exit(result=menu.chosen)
        else:
            self.problem = "Tick at least one with the space bar."

    def _open(self, event: KeyPressEvent) -> None:
        if self.menu.found and not self.menu.pointed.value.startswith(":"):
            event.app.exit(result=(OPEN + self.menu.pointed.value,))

    def _explained(self, _: KeyPressEvent) -> None:
        if self.explain:
            run_in_terminal(self.explain)

    def _back(self, event: KeyPressEvent) -> None:
        event.app.exit(exception=Back())

    def _leave(self, event: KeyPressEvent) -> None:
        event.app.exit(exception=KeyboardInterrupt())

    def _ended(self, event: KeyPressEvent) -> None:
        event.app.exit(exception=EOFError())
