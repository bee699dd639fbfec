"""What a property is about: documents of others, a set-up, what whoever undoes it knows, and what each step writes."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from foreign import new_denies, pieces, shell
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from memory_account import PLACE, MemoryAccount

from personalize_perms.engine import planner
from personalize_perms.engine.observe import observe, observe_for_undo
from personalize_perms.engine.past import Past, past
from personalize_perms.engine.undo import plan_undo
from personalize_perms.model.changes import Plan
from personalize_perms.model.names import Arn, S3Location
from personalize_perms.model.operations import PutBucketPolicy, PutKeyPolicy, UpdateTrust
from personalize_perms.model.settings import Hardening, KmsAccess, Settings, SourceConditions, UserAccess
from personalize_perms.templates import Templates
from unit import policies

BUCKET, ROLE = "acme-data", "legacy"
KEY = PLACE.arn("kms", "key/11110000-1111-2222-3333-444455556666", regional=True)
ROLE_ARN = Arn.parse(PLACE.arn("iam", f"role/{ROLE}"))
NAME = "team-a"
Place = tuple[str, str]
Property = Callable[[st.DataObject], None]


def shown(number: int) -> Callable[[Property], Property]:
    """Show a property in so many examples, always the same ones."""
    chosen = examples(
        max_examples=number,
        derandomize=True,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    return lambda holds: chosen(given(st.data())(holds))


def shown_again(test: Property, number: int) -> None:
    """Show the property of a test in so many examples, others than its own."""
    shown(number)(test.hypothesis.inner_test)()  # type: ignore[attr-defined]


def places(wanted: Settings) -> tuple[Place, ...]:
    """The documents that a set-up writes statements into; that of a role that it makes is not there before."""
    return ("bucket", BUCKET), ("key", KEY), ("role", wanted.service_role_name)


@cache
def templates() -> Templates:
    return Templates.load(None)


# What there is, and what the program makes of it


def text_of(world: MemoryAccount, place: Place) -> str | None:
    kind, name = place
    if kind == "role":
        return world.roles[name].trust_json if name in world.roles else None
    return world.buckets[name] if kind == "bucket" else world.keys[name]


def put_text(world: MemoryAccount, place: Place, text: str | None) -> None:
    kind, name = place
    if kind == "bucket":
        world.buckets[name] = text
    elif kind == "key":
        world.keys[name] = text or ""
    else:
        world.roles[name] = replace(world.roles[name], trust_json=text or "")


def texts(world: MemoryAccount, wanted: Settings) -> dict[Place, str | None]:
    return {place: text_of(world, place) for place in places(wanted)}


def plan_of(world: MemoryAccount, wanted: Settings) -> Plan:
    found = observe(world.account, wanted, templates())
    return planner.plan(found.desired, found.live, found.refusals)


def undo_of(world: MemoryAccount, known: Settings, remembered: Past) -> Plan:
    found = observe_for_undo(world.account, known, templates(), remembered)
    return plan_undo(found.desired, found.live, remembered, found.forms)


def journal(world: MemoryAccount, name: str = NAME) -> Past:
    return past(world.sent.get(name, ()), name, PLACE.partition)


def documents_written(plan: Plan) -> Iterable[tuple[Place, str | None, str | None]]:
    for change in plan.writes:
        match change.operation:
            case PutBucketPolicy(bucket=bucket, before_json=before, document_json=after):
                yield ("bucket", bucket), before, after
            case PutKeyPolicy(key_arn=arn, before_json=before, document_json=after):
                yield ("key", arn), before, after
            case UpdateTrust(role_name=name, before_json=before, document_json=after):
                yield ("role", name), before, after


def applied(world: MemoryAccount, plan: Plan) -> Plan:
    """Make the changes of a plan, none of which denies anything that was not denied."""
    for _, before, after in documents_written(plan):
        assert new_denies(before, after) == []
    world.apply(plan)
    return plan


# What others have


def as_text(document: Any) -> str:
    return json.dumps(document)


@st.composite
def worlds(draw: st.DrawFn, *, any_source: bool = False) -> MemoryAccount:
    world = MemoryAccount(seed=draw(st.integers(0, 1000)))
    world.buckets[BUCKET] = draw(st.none() | policies.documents().map(as_text))
    world.keys[KEY] = draw(policies.documents().map(as_text))
    trusts = policies.documents(policies.trust_statements(any_source=any_source)) | policies.documents()
    world.role(ROLE, draw(trusts.map(as_text)))
    return world


@st.composite
def set_ups(draw: st.DrawFn, name: str = NAME) -> Settings:
    adopts = draw(st.booleans())
    return Settings(
        name=name,
        inputs=(S3Location.parse(f"s3://{BUCKET}/in/"),),
        kms_keys=(KEY,),
        kms_access=draw(st.sampled_from(KmsAccess)),
        hardening=draw(st.sampled_from(Hardening)),
        source_conditions=draw(st.sampled_from(SourceConditions)),
        role_arn=ROLE_ARN if adopts else None,
        tighten_trust=adopts and draw(st.booleans()),
        user_access=draw(st.sampled_from([UserAccess.NONE, UserAccess.RUNTIME])),
    )


@dataclass(frozen=True)
class Knowledge:
    """What whoever takes the set-up back knows: the settings, or its name; the journal, or nothing."""

    settings: bool
    journal: bool

    def of(self, world: MemoryAccount, wanted: Settings) -> tuple[Settings, Past]:
        known = wanted if self.settings else Settings(name=wanted.name)
        return known, journal(world, wanted.name) if self.journal else Past()


knowledge = st.builds(Knowledge, settings=st.booleans(), journal=st.booleans())


def set_up(world: MemoryAccount, wanted: Settings) -> bool:
    """Apply it; tell whether that was possible. Everything of others is there, ours follows, and once is enough."""
    before = texts(world, wanted)
    plan = plan_of(world, wanted)
    if plan.refusals:
        assert {refusal.code for refusal in plan.refusals} == {"limit"}
        return False
    assert not plan.blocked
    applied(world, plan)
    for place in before:
        check_after_apply(place, before[place], text_of(world, place), wanted)
    assert plan_of(world, wanted).writes == ()
    return True


def check_after_apply(place: Place, before: str | None, after: str | None, wanted: Settings) -> None:
    found = pieces(before, after, wanted.name)
    ours = [piece.ours for piece in found]
    assert ours == sorted(ours), "ours are not at the end"
    if before is not None and after is not None:
        assert shell(before) == shell(after)
    if place[0] != "role" or not wanted.tighten_trust:
        assert not any(piece.original for piece in found)


def take_back(world: MemoryAccount, known: Settings, remembered: Past) -> Plan:
    """Undo it; a second undo finds nothing to do."""
    plan = applied(world, undo_of(world, known, remembered))
    assert undo_of(world, known, remembered).writes == ()
    return plan
