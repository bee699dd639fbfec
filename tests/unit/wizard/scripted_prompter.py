"""A prompter that answers from a script, and an account that is a table."""

from collections.abc import Callable, Mapping, Sequence

from personalize_perms.aws.discovery import Choice as LiveChoice
from personalize_perms.model.live import Present, Unreadable
from personalize_perms.model.settings import Settings
from personalize_perms.wizard import Dialogue, Prompter
from personalize_perms.wizard.discovery import Discovery, Listing
from personalize_perms.wizard.preview import Documents
from personalize_perms.wizard.prompter import OPEN, UP, Back, Entries, offered, typed_into

BACK = object()
ENTER = object()


class ScriptedPrompter:
    """Gives the replies in order. ENTER takes the default, BACK goes back; a reply that nobody could give fails."""

    keys = "Reply."
    standing = None

    def __init__(self, *replies: object) -> None:
        self.replies = list(replies)
        self.asked: list[str] = []
        self.offered: dict[str, list[str]] = {}
        self.details: dict[str, list[str]] = {}
        self.said: list[str] = []
        self.explain: Callable[[], str] | None = None
        self.shown: Callable[[], None] | None = None

    def say(self, text: str, *, title: bool = False) -> None:
        self.said.append(text)

    def choose(self, text: str, choices: Entries, *, default: str = "", opens: bool = False) -> str:
        values = self._offer(text, choices)
        reply = self._reply(text, default if default in values else values[0])
        known = str(reply).removeprefix(OPEN if opens else "") in (*values, UP)
        assert known or typed_into(str(reply)) is not None, (text, reply, values)
        return str(reply)

    def choose_many(
        self, text: str, choices: Entries, *, default: Sequence[str] = (), required: bool = True
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

    def _offer(self, text: str, choices: Entries) -> list[str]:
        offer = offered(choices)
        assert offer.settled((), 10.0)
        entries = offer.entries()
        values = [choice.value for choice in entries]
        assert offer.settled(values, 10.0)
        self.offered[text] = [choice.label for choice in entries]
        self.details[text] = [offer.detail(value) for value in values]
        return values

    def _reply(self, text: str, default: object) -> object:
        self.asked.append(text)
        assert self.replies, f"nothing in the script answers: {text}"
        reply = self.replies.pop(0)
        if reply is BACK:
            raise Back
        return default if reply is ENTER else reply


def run(
    settings: Settings,
    given: Mapping[str, str],
    prompter: Prompter,
    discovery: Discovery | None,
    documents: Documents | None = None,
) -> Settings:
    """Lead through the whole dialogue about an account that is known already."""
    dialogue = Dialogue(settings, given, prompter)
    dialogue.meet(discovery, documents)
    return dialogue.lead()


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

    def read_prefixes(self, bucket: str, prefix: str) -> Listing:
        self.calls.append(f"{bucket}/{prefix}")
        return self._listings.get(f"{bucket}/{prefix}", entries())

    def describe_bucket(self, name: str) -> str:
        return f"about {name}"

    def describe_key(self, arn: str) -> str:
        return "enabled"

    def describe_role(self, arn: str) -> str:
        return "has AdministratorAccess"

    def read_identity_centers(self) -> Listing:
        return self._listings.get("identity_centers", entries())  # read meanwhile, so at no certain time


def denied(action: str) -> Unreadable:
    return Unreadable(action=action, resource="*", reason="AccessDenied: no")
