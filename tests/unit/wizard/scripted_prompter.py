"""A prompter that answers from a script, and an account that is a table."""

from collections.abc import Callable, Sequence

from personalize_perms.aws.discovery import Choice as LiveChoice
from personalize_perms.model.live import Present, Unreadable
from personalize_perms.wizard.discovery import Listing
from personalize_perms.wizard.prompter import Back, Choice

BACK = object()
ENTER = object()


class ScriptedPrompter:
    """Gives the replies in order. ENTER takes the default, BACK goes back; a reply that nobody could give fails."""

    keys = "Reply."

    def __init__(self, *replies: object) -> None:
        self.replies = list(replies)
        self.asked: list[str] = []
        self.offered: dict[str, list[str]] = {}
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def choose(self, text: str, choices: Sequence[Choice], *, default: str = "") -> str:
        values = self._offer(text, choices)
        reply = self._reply(text, default if default in values else values[0])
        assert reply in values, (text, reply, values)
        return str(reply)

    def choose_many(
        self, text: str, choices: Sequence[Choice], *, default: Sequence[str] = (), required: bool = True
    ) -> tuple[str, ...]:
        values = self._offer(text, choices)
        reply = self._reply(text, tuple(value for value in values if value in default))
        assert isinstance(reply, tuple), (text, reply)
        assert set(reply) <= set(values), (text, reply, values)
        assert reply or not required, text
        return tuple(value for value in values if value in reply)

    def text(self, text: str, *, default: str = "", check: Callable[[str], object]) -> str:
        reply = self._reply(text, default)
        assert isinstance(reply, str), (text, reply)
        try:
            check(reply)
        except ValueError as problem:
            self.said.append(str(problem))
            return self.text(text, default=default, check=check)
        return reply

    def confirm(self, text: str, *, default: bool) -> bool:
        reply = self._reply(text, default)
        assert isinstance(reply, bool), (text, reply)
        return reply

    def _offer(self, text: str, choices: Sequence[Choice]) -> list[str]:
        self.offered[text] = [choice.label for choice in choices]
        return [choice.value for choice in choices]

    def _reply(self, text: str, default: object) -> object:
        self.asked.append(text)
        assert self.replies, f"nothing in the script answers: {text}"
        reply = self.replies.pop(0)
        if reply is BACK:
            raise Back
        return default if reply is ENTER else reply


def entries(*values: str) -> Listing:
    return Present(tuple(LiveChoice(value=value, label=value) for value in values))


class FakeDiscovery:
    """Lists what it was given, and counts how often."""

    def __init__(self, **listings: Listing) -> None:
        self._listings = listings
        self.calls: list[str] = []

    def _read(self, what: str) -> Listing:
        self.calls.append(what)
        return self._listings.get(what, entries())

    def read_buckets(self) -> Listing:
        return self._read("buckets")

    def read_keys(self) -> Listing:
        return self._read("keys")

    def read_service_roles(self) -> Listing:
        return self._read("roles")

    def read_users(self) -> Listing:
        return self._read("users")

    def read_groups(self) -> Listing:
        return self._read("groups")

    def read_identity_centers(self) -> Listing:
        return self._listings.get("identity_centers", entries())  # read meanwhile, so at no certain time


def denied(action: str) -> Unreadable:
    return Unreadable(action=action, resource="*", reason="AccessDenied: no")
