"""Whatever others have in their documents, and whatever they do meanwhile: it is there after apply and after undo."""

import json
from dataclasses import dataclass, field, replace

import pytest
from foreign import Piece, Statement, in_order, is_same, meanings, pieces, restored, shell, written
from hypothesis import strategies as st
from memory_account import PLACE
from scenes import (
    NAME,
    ROLE_ARN,
    Place,
    Property,
    applied,
    as_text,
    documents_written,
    knowledge,
    places,
    plan_of,
    put_text,
    set_up,
    set_ups,
    shown,
    shown_again,
    take_back,
    text_of,
    texts,
    worlds,
)

from personalize_perms.model.changes import Plan
from personalize_perms.model.settings import Settings
from strict import is_ours
from unit import policies


@shown(500)
def test_after_apply_and_undo_every_document_is_as_it_was(data: st.DataObject) -> None:
    knows, wanted = data.draw(knowledge), data.draw(set_ups())
    # What our conditions took the place of is known from the journal alone.
    world = data.draw(worlds(any_source=knows.journal))
    before, everything = texts(world, wanted), world.everything()
    if set_up(world, wanted):
        undone = take_back(world, *knows.of(world, wanted))
        for place in before:
            assert is_same(before[place], text_of(world, place))
        assert world.everything() == everything
        assert not undone.blocked
        assert not undone.findings


# What others change meanwhile


@st.composite
def edits(draw: st.DrawFn, wanted: Settings) -> list[tuple[Place, str, int, Statement]]:
    """Changes to a document: what, where in it, and a statement that is put there; it may name our role."""
    role = wanted.role_arn or PLACE.arn("iam", f"role/{wanted.service_role_name}")
    names_ours = {"Effect": "Allow", "Principal": {"AWS": str(role)}, "Action": "kms:Decrypt", "Resource": "*"}
    theirs = policies.statements() | st.just(names_ours)
    where = st.sampled_from(places(wanted))
    what = st.sampled_from(["append", "insert", "insert", "remove", "change", "change ours", "copy ours", "move"])
    one = st.tuples(where, what, st.integers(0, 8), theirs)
    return draw(st.lists(one, min_size=1, max_size=4))


@dataclass
class Edited:
    """A document that others changed after we wrote it."""

    found: list[Piece]
    changed: list[Statement] = field(default_factory=list)
    """Ours, as others left them."""

    def edit(self, what: str, number: int, theirs: Statement) -> None:
        whole = [n for n, piece in enumerate(self.found) if not piece.original and not piece.ours]
        ours = [n for n, piece in enumerate(self.found) if piece.ours]
        match what:
            case "append":
                self.found.append(Piece(theirs))
            case "insert":
                self.found.insert(number % (len(self.found) + 1), Piece(theirs))
            case "remove" if whole:
                del self.found[whole[number % len(whole)]]
            case "change" if whole:
                self.found[whole[number % len(whole)]] = Piece(theirs)
            case "change ours" if ours:
                at = ours[number % len(ours)]
                self.changed.append({**self.found[at].statement, "Action": "s3:GetBucketLocation"})
                self.found[at] = Piece(self.changed[-1], ours=True)
            case "copy ours" if ours:
                self.found.append(self.found[ours[number % len(ours)]])
            case "move" if ours:
                self.found.insert(0, self.found.pop(ours[number % len(ours)]))


def said(plan: Plan) -> str:
    """Everything that a plan says stays, and where."""
    stays = [f"{finding.resource} {finding.message}" for finding in plan.findings]
    return "\n".join([*stays, *(f"{change.resource} {change.reason}" for change in plan.blocked)])


@shown(120)
def test_what_others_change_meanwhile_stays_and_what_stays_of_ours_is_named(data: st.DataObject) -> None:
    knows, wanted = data.draw(knowledge), data.draw(set_ups())
    world = data.draw(worlds(any_source=knows.journal))
    before = texts(world, wanted)
    if not set_up(world, wanted):
        return
    edited = {place: Edited(pieces(before[place], text_of(world, place), NAME)) for place in before}
    tops = texts(world, wanted)
    for place, what, number, theirs in data.draw(edits(wanted)):
        edited[place].edit(what, number, theirs)
    for place, document in edited.items():
        if document.found or place[0] == "bucket":
            put_text(world, place, written(tops[place], document.found))
    found = texts(world, wanted)
    plan = take_back(world, *knows.of(world, wanted))
    for place in before:
        check_after_undo(place, edited[place], found[place], text_of(world, place), said(plan))
        if knows.journal:
            assert {*meanings(edited[place].changed)} <= {*meanings(in_order(text_of(world, place)))}


def check_after_undo(place: Place, edited: Edited, before: str | None, after: str | None, named: str) -> None:
    left = [one for one in in_order(after) if is_ours(one.get("Sid"), NAME)]
    theirs = [one for one in in_order(after) if not is_ours(one.get("Sid"), NAME)]
    if edited.found:
        assert meanings(theirs) == meanings(restored(edited.found))
    if before is not None and after is not None:
        assert shell(before) == shell(after)
    if left:
        assert place[1] in named
        # A key needs an administrator, and a role a trust policy.
        assert edited.changed or (not theirs and place[0] != "bucket")


@shown(60)
def test_two_set_ups_in_the_same_documents_do_not_disturb_each_other(data: st.DataObject) -> None:
    both = [data.draw(set_ups(NAME)), replace(data.draw(set_ups("teama")), tighten_trust=False)]
    world = data.draw(worlds())
    before, everything = texts(world, both[0]) | texts(world, both[1]), world.everything()
    there: set[str] = set()
    for number in data.draw(st.lists(st.integers(0, 1), min_size=2, max_size=5)):
        mine, other = both[number], both[1 - number]
        if mine.name in there:
            take_back(world, *data.draw(knowledge).of(world, mine))
            there.remove(mine.name)
        elif set_up(world, mine):
            there.add(mine.name)
        if other.name in there:
            assert plan_of(world, other).writes == ()
    for one in both:
        take_back(world, *data.draw(knowledge).of(world, one))
    for place, text in before.items():
        assert is_same(text, text_of(world, place))
    assert world.everything() == everything


# What cannot be edited safely


@shown(60)
def test_a_document_that_cannot_be_edited_is_never_written_and_said_to_be_blocked(data: st.DataObject) -> None:
    wanted, world = replace(data.draw(set_ups()), role_arn=ROLE_ARN), data.draw(worlds())
    unsafe = policies.unreadable_texts() | policies.dead_documents().map(as_text)
    place = data.draw(st.sampled_from(places(wanted)))
    put_text(world, place, data.draw(unsafe))
    before, everything = texts(world, wanted), world.everything()
    plan = plan_of(world, wanted)
    assert [change.resource for change in plan.blocked] == [resource_of(place)]
    assert place not in [one for one, _, _ in documents_written(plan)]
    applied(world, plan)
    assert text_of(world, place) == before[place]
    undone = take_back(world, *data.draw(knowledge).of(world, wanted))
    assert place not in [one for one, _, _ in documents_written(undone)]
    for one, text in before.items():
        assert text_of(world, one) == text if one == place else is_same(text, text_of(world, one))
    if not undone.blocked:
        assert world.everything() == everything


def resource_of(place: Place) -> str:
    return str(ROLE_ARN) if place[0] == "role" else place[1]


@shown(60)
def test_a_document_that_cannot_be_edited_any_more_keeps_ours_until_it_is_repaired(data: st.DataObject) -> None:
    knows, wanted = data.draw(knowledge), data.draw(set_ups())
    world = data.draw(worlds(any_source=knows.journal))
    before, everything = texts(world, wanted), world.everything()
    if not set_up(world, wanted):
        return
    place = data.draw(st.sampled_from(places(wanted)[:2]))
    whole = text_of(world, place) or ""
    hurt = data.draw(st.sampled_from([whole[:-1], _with_a_dead_principal(whole)]))
    put_text(world, place, hurt)
    undone = take_back(world, *knows.of(world, wanted))
    assert text_of(world, place) == hurt
    assert place[1] in [change.resource for change in undone.blocked]
    put_text(world, place, whole)
    take_back(world, *knows.of(world, wanted))
    for one in before:
        assert is_same(before[one], text_of(world, one))
    assert world.everything() == everything


def _with_a_dead_principal(text: str) -> str:
    document = json.loads(text)
    ghost = {"Effect": "Deny", "Principal": {"AWS": policies.DEAD}, "Action": "*", "Resource": "*"}
    return json.dumps({**document, "Statement": [ghost, *in_order(text)]})


@pytest.mark.long
@pytest.mark.parametrize(
    ("test", "number"),
    [
        (test_after_apply_and_undo_every_document_is_as_it_was, 20_000),
        (test_what_others_change_meanwhile_stays_and_what_stays_of_ours_is_named, 3_000),
        (test_two_set_ups_in_the_same_documents_do_not_disturb_each_other, 1_500),
        (test_a_document_that_cannot_be_edited_is_never_written_and_said_to_be_blocked, 1_500),
        (test_a_document_that_cannot_be_edited_any_more_keeps_ours_until_it_is_repaired, 1_500),
    ],
)
def test_many_more_examples_show_the_same(test: Property, number: int) -> None:
    shown_again(test, number)
