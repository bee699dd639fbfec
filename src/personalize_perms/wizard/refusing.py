"""The prompter where nobody can be asked: nothing that comes through a pipe is ever taken for an answer."""

from collections.abc import Callable, Sequence
from typing import NoReturn

from personalize_perms.model.errors import SettingsError
from personalize_perms.wizard.prompter import Entries


class RefusingPrompter:
    """Refuses every question, naming it."""

    keys = "There is no terminal to ask on."
    explain: Callable[[], str] | None = None
    shown: Callable[[], None] | None = None

    @property
    def standing(self) -> None:
        """No question ever stands anywhere."""

    def say(self, text: str, *, title: bool = False) -> None:
        """Show nothing: nobody reads it."""

    def choose(self, text: str, choices: Entries, *, default: str = "", opens: bool = False) -> str:  # noqa: ARG002
        """Refuse."""
        self._refuse(text)

    def choose_many(
        self,
        text: str,
        choices: Entries,  # noqa: ARG002 - the protocol's
        *,
        default: Sequence[str] = (),  # noqa: ARG002
        required: bool = True,  # noqa: ARG002
    ) -> tuple[str, ...]:
        """Refuse."""
        self._refuse(text)

    def text(self, text: str, *, default: str = "", check: Callable[[str], object]) -> str:  # noqa: ARG002
        """Refuse."""
        self._refuse(text)

    def confirm(self, text: str, *, default: bool) -> bool:  # noqa: ARG002 - the protocol's
        """Refuse."""
        self._refuse(text)

    def _refuse(self, text: str) -> NoReturn:
        raise SettingsError(
            f"nothing was changed: there is no terminal to ask on: {text}",
            hint="run it on a terminal, or give the answers: personalize-perms init --help names flags and variables",
        )
