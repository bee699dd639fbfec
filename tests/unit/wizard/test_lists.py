"""Lists that are read while somebody answers earlier questions."""

import threading
import time

import pytest
from scripted_prompter import FakeDiscovery, denied, entries

from personalize_perms.model.errors import SettingsError
from personalize_perms.model.live import Present
from personalize_perms.wizard.discovery import Listing, Lists
from personalize_perms.wizard.prompter import TYPE_IT, Choice, Prompter
from personalize_perms.wizard.question import Source
from personalize_perms.wizard.refusing import RefusingPrompter


class Slow(FakeDiscovery):
    """Answers only when it may."""

    def __init__(self, **listings: Listing) -> None:
        super().__init__(**listings)
        self.may = threading.Event()

    def read_buckets(self) -> Listing:
        self.may.wait(10)
        return super().read_buckets()


def test_nothing_is_awaited_until_the_list_is_there_and_then_it_is_told() -> None:
    discovery = Slow(buckets=entries("acme"))
    offer = Lists(discovery).offer(Source.BUCKETS)
    assert offer
    told = threading.Event()
    offer.watch(told.set)
    assert list(offer.entries()) == [TYPE_IT]
    assert offer.note.startswith("Listing the buckets ...")
    assert not offer.settled((), 0.0)

    discovery.may.set()

    assert told.wait(10)
    assert [choice.value for choice in offer.entries()] == ["acme", TYPE_IT.value]
    assert offer.entries() is offer.entries()
    assert offer.note == ""


def test_what_nearly_everybody_needs_is_listed_ahead_and_nothing_else() -> None:
    discovery = FakeDiscovery()
    lists = Lists(discovery)
    lists.begin()
    for source in (Source.BUCKETS, Source.SERVICE_ROLES, Source.USERS):
        offer = lists.offer(source)
        assert offer
        assert offer.settled((), 10.0)
    assert sorted(discovery.calls) == ["buckets", "roles", "users"]


def test_more_about_an_entry_is_looked_up_once_when_it_comes_into_sight() -> None:
    looked_at: list[str] = []

    class Counting(FakeDiscovery):
        def describe_bucket(self, name: str) -> str:
            looked_at.append(name)
            return f"about {name}\x1b[2J"

    discovery = Counting(buckets=entries("acme", "other"))
    offer = Lists(discovery).offer(Source.BUCKETS, (Choice(value=":new", label="new"),))
    assert offer
    assert offer.settled((), 10.0)
    assert looked_at == []
    assert offer.settled(["acme", ":new"], 10.0)
    assert offer.detail("acme") == r"about acme\u001b[2J"
    assert looked_at == ["acme"]


def test_a_failure_while_looking_is_said_beside_the_entry_and_one_of_a_list_leads_to_typing() -> None:
    class Failing(FakeDiscovery):
        def describe_bucket(self, name: str) -> str:
            raise OSError("no way")

        def read_users(self) -> Listing:
            raise OSError("no way")

    lists = Lists(Failing(buckets=entries("acme"), groups=denied("iam:ListGroups")))
    buckets, users, groups = (lists.offer(one) for one in (Source.BUCKETS, Source.USERS, Source.GROUPS))
    assert buckets
    assert users
    assert groups
    assert buckets.settled((), 10.0)
    assert buckets.settled(["acme"], 10.0)
    assert buckets.detail("acme") == "OSError when asked for more"
    assert users.settled((), 10.0)
    assert users.note == "The users could not be listed (no way): type it."
    assert groups.settled((), 10.0)
    assert groups.note == "Not allowed to list the groups (iam:ListGroups): type it."


def test_once_closed_nothing_more_is_read_and_no_thread_is_left() -> None:
    discovery = FakeDiscovery(buckets=entries("acme"))
    before = threading.active_count()
    lists = Lists(discovery)
    lists.begin()
    lists.close()
    offer = lists.offer(Source.GROUPS)
    assert offer
    assert not offer.settled((), 0.05)
    deadline = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before
    assert "groups" not in discovery.calls


def test_thousands_of_entries_are_made_ready_at_once() -> None:
    many = Present(tuple(entries(*(f"role-{number}" for number in range(5000))).value))  # type: ignore[union-attr]
    offer = Lists(FakeDiscovery(roles=many)).offer(Source.SERVICE_ROLES)
    assert offer
    assert offer.settled((), 10.0)
    begun = time.process_time()
    for _ in range(20):
        assert len(offer.entries()) == 5001
    assert time.process_time() - begun < 0.3


@pytest.mark.parametrize("question", ["choose", "choose_many", "text", "confirm"])
def test_without_a_terminal_every_question_is_refused_by_name(question: str) -> None:
    prompter: Prompter = RefusingPrompter()
    asks = {
        "choose": lambda: prompter.choose("Which one?", ()),
        "choose_many": lambda: prompter.choose_many("Which one?", ()),
        "text": lambda: prompter.text("Which one?", check=str),
        "confirm": lambda: prompter.confirm("Which one?", default=True),
    }
    with pytest.raises(SettingsError, match="no terminal to ask on: Which one") as refused:
        asks[question]()
    assert "--help" in refused.value.hint
