"""The name that people gave an account: asked for beside everything else, because nobody shall wait for it long."""

from contextlib import suppress
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING, Final

from personalize_perms.aws.errors import AwsError
from personalize_perms.model.inert import inert
from personalize_perms.model.live import Present

if TYPE_CHECKING:
    from personalize_perms.aws.account import Account

_PATIENCE: Final = 0.2
"""Seconds that who calls waits to be said for the alias, once all else is known; later it is said by the way."""


class Naming:
    """Asks for the alias of an account in the background."""

    def __init__(self, account: "Account") -> None:
        self._account = account
        self._alias = ""
        self._told = False
        self._asking = Thread(target=self._ask, daemon=True)
        self._asking.start()

    def named(self) -> "Account":
        """Return the account, with its alias if that comes soon."""
        self._asking.join(_PATIENCE)
        self._told = bool(self._alias)
        return replace(self._account, caller=replace(self._account.caller, alias=self._alias))

    def news(self) -> str:
        """Return the alias in a sentence, once, if it came too late for anything else."""
        if self._told or not self._alias:
            return ""
        self._told = True
        return f"The account is called {inert(self._alias)}."

    def _ask(self) -> None:
        with suppress(AwsError):
            found = self._account.iam.read_account_alias()
            if isinstance(found, Present):
                self._alias = found.value
