"""Whatever a person chooses, types, takes back and changes: the wizard ends, and with settings that can be used."""

import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from scripted_prompter import FakeDiscovery, entries, run

from personalize_perms import steps
from personalize_perms.aws.discovery import Choice as LiveChoice
from personalize_perms.model.live import Present
from personalize_perms.model.names import Arn, S3Location
from personalize_perms.model.settings import Settings, Workflow
from personalize_perms.wizard.prompter import OPEN, UP, Back, Choice, Entries, offered

ACCOUNT = "arn:aws:iam::123456789012:"
TYPED = (
    "", "1", "2", "3", "7", "12", "acme-data", "in/", "s3://other/out", "team=a", "client", "/path/", "alias/data",
    f"{ACCOUNT}user/ada", f"{ACCOUNT}role/mine", f"{ACCOUNT}policy/limit", f"{ACCOUNT}saml-provider/corp",
    f"{ACCOUNT}oidc-provider/idp",
)  # fmt: skip
PATIENCE = 150


def _all(choices: Entries) -> Sequence[Choice]:
    offer = offered(choices)
    assert offer.settled((), 10.0)
    return offer.entries()


class Wanderer:
    """Answers at random, goes back now and then, and settles down after a while."""

    keys = "Wander."

    def __init__(self, seed: int) -> None:
        self.explain: Callable[[], str] | None = None
        self.shown: Callable[[], None] | None = None
        self._random = random.Random(seed)
        self._asked = 0

    def _turn(self) -> bool:
        self._asked += 1
        assert self._asked < 3 * PATIENCE, "the wizard does not end"
        tired = self._asked > PATIENCE
        if not tired and self._random.random() < 0.15:
            raise Back
        return tired

    def say(self, text: str, *, title: bool = False) -> None:
        assert text is not None

    def choose(self, text: str, choices: Entries, *, default: str = "", opens: bool = False) -> str:
        tired = self._turn()
        value = self._random.choice(_all(choices)).value
        if opens and not tired and self._random.random() < 0.4:
            return self._random.choice((UP, value if value.startswith(":") else OPEN + value))
        return value

    def choose_many(
        self, text: str, choices: Entries, *, default: Sequence[str] = (), required: bool = True
    ) -> tuple[str, ...]:
        self._turn()
        least = 1 if required else 0
        choices = _all(choices)
        chosen = self._random.sample(choices, self._random.randint(least, min(3, len(choices))))
        return tuple(choice.value for choice in choices if choice in chosen)

    def text(self, text: str, *, default: str = "", check: Callable[[str], object]) -> str:
        tired = self._turn()
        tries = ["", *TYPED] if tired else self._random.sample(TYPED, len(TYPED))
        for candidate in tries:
            try:
                check(candidate)
            except ValueError:
                continue
            return candidate
        pytest.fail(f"nothing that could be typed answers: {text}")

    def confirm(self, text: str, *, default: bool) -> bool:
        self._turn()
        return self._random.random() < 0.5


def account() -> FakeDiscovery:
    roles = (LiveChoice(value=f"{ACCOUNT}role/open", label="open", is_open=True),)
    users = (LiveChoice(value=f"{ACCOUNT}user/ada", label="ada"), LiveChoice(value=f"{ACCOUNT}user/bob", label="bob"))
    below = {"acme-data/": entries("in/", "old/"), "acme-data/in/": entries("in/2026/")}
    return FakeDiscovery(
        **below,
        buckets=entries("acme-data", "acme-results"),
        roles=Present(roles),
        users=Present(users),
        groups=entries("team"),
        keys=entries("alias/data"),
    )


BASE = Settings(
    workflows=(Workflow.BATCH,),
    inputs=(S3Location.parse("s3://acme-data/a/"), S3Location.parse("s3://acme-data/b/")),
    role_name="mine",
    assumable_by=(Arn.parse(f"{ACCOUNT}user/ada"),),
    require_mfa=True,
)


@examples(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    known=st.sets(st.sampled_from(["inputs", "workflows", "role_name"])),
    people=st.booleans(),
)
def test_every_walk_ends_with_settings_that_can_be_used(seed: int, known: set[str], people: bool) -> None:  # noqa: FBT001
    fields = known | ({"assumable_by", "require_mfa"} if people else set())
    base = Settings(**{field: getattr(BASE, field) for field in fields})

    settings = run(base, dict.fromkeys(fields, "file"), Wanderer(seed), account())

    assert steps.missing(settings) == ()
    assert steps.conflicts(settings) == ()
