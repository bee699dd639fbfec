"""Source conditions on statements of others: put on, remembered by a digest, and taken off again."""

import pytest
from stored_documents import spelled_anew

from personalize_perms import documents
from personalize_perms.engine.tightening import digest, loosen, tighten
from personalize_perms.model import ownership
from personalize_perms.model.resources import Json, Statement

NAME = "team-a"
SERVICE = "personalize.amazonaws.com"
CONDITION: dict[str, Json] = {
    "StringEquals": {"aws:SourceAccount": "111122223333"},
    "ArnLike": {"aws:SourceArn": "arn:aws:personalize:eu-west-1:111122223333:*"},
}
OTHER_FORM: dict[str, Json] = {"StringLike": CONDITION["ArnLike"], "StringEquals": CONDITION["StringEquals"]}
OURS: dict[str, Json] = {
    "Sid": f"{ownership.sid_prefix(NAME)}PersonalizeAssumesRole",
    "Effect": "Allow",
    "Principal": {"Service": SERVICE},
    "Action": "sts:AssumeRole",
    "Condition": CONDITION,
}


def trusts(principal: Json, **rest: Json) -> dict[str, Json]:
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **rest}


ALONE = trusts({"Service": SERVICE}, Sid="Alone")
SHARED = trusts({"Service": [SERVICE, "glue.amazonaws.com"], "AWS": "111122223333"}, Sid="Shared")
MFA = trusts({"Service": [SERVICE]}, Condition={"Bool": {"aws:MultiFactorAuthPresent": True}})
GLUE = trusts({"Service": "glue.amazonaws.com"})


def is_own(sid: object) -> bool:
    return ownership.is_own_sid(sid, NAME)


def document(*statements: Statement) -> dict[str, Json]:
    return {"Version": "2008-10-17", "Id": "theirs", "Statement": [dict(one) for one in statements]}


def digests(*statements: Statement) -> list[str]:
    return sorted({digest(one, "aws") for one in statements})


def forms(found: dict[str, Json]) -> list[str]:
    return [documents.normalised(one, "aws") for one in documents.statements(found)]


def spelled(found: dict[str, Json], seed: int) -> dict[str, Json]:
    return documents.parse(spelled_anew(documents.compact(found), seed=seed))


def test_only_what_lets_personalize_in_without_a_source_gets_conditions() -> None:
    pinned = trusts({"Service": SERVICE}, Condition={"StringEquals": {"aws:SourceAccount": "444455556666"}})
    denied = {**ALONE, "Effect": "Deny"}
    everybody = [trusts("*"), trusts({"AWS": "*", "Service": SERVICE})]
    before = document(GLUE, pinned, denied, *everybody, OURS)
    found = tighten(before, CONDITION, is_own)
    assert (found.document, found.details, found.originals) == (before, (), ())


def test_the_other_principals_of_a_statement_keep_it_as_it_was() -> None:
    found = tighten(document(SHARED, OURS), CONDITION, is_own)
    rest, split, ours = documents.statements(found.document)
    assert rest == {**SHARED, "Principal": {"Service": ["glue.amazonaws.com"], "AWS": "111122223333"}}
    assert split == {**trusts({"Service": SERVICE}, Sid="SharedPersonalize"), "Condition": CONDITION}
    assert ours == OURS
    assert found.originals == (SHARED,)
    assert found.document["Version"] == "2008-10-17"
    assert "split off" in found.details[0]


def test_a_sid_that_is_taken_is_not_used_again() -> None:
    found = tighten(document(SHARED, {**GLUE, "Sid": "SharedPersonalize"}), CONDITION, is_own)
    sids = [one.get("Sid") for one in documents.statements(found.document)]
    assert sids == ["Shared", "SharedPersonalize2", "SharedPersonalize"]


def test_what_is_split_off_is_never_taken_for_ours() -> None:
    theirs = {**SHARED, "Sid": ownership.sid_prefix(NAME)}
    found = tighten(document(theirs), CONDITION, is_own)
    assert not any(is_own(one.get("Sid")) for one in documents.statements(found.document))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("remembers", ["texts", "digests"])
@pytest.mark.parametrize(
    "theirs",
    [
        [ALONE],
        [SHARED],
        [MFA, GLUE],
        [ALONE, {**ALONE, "Sid": "Another"}],
        [{**ALONE, "Sid": "Another"}, ALONE],
        [MFA, MFA],
        [SHARED, trusts({"Service": SERVICE})],
        [trusts({"Service": SERVICE}), trusts({"Service": [SERVICE, "glue.amazonaws.com"]}), GLUE],
        [trusts({"Service": [SERVICE, "glue.amazonaws.com"]}, Condition={}), trusts({"Service": SERVICE})],
        [trusts({"Service": SERVICE}, Condition={"Bool": {}, "StringEquals": {}})],
        [
            trusts({"Service": SERVICE}),
            trusts({"Service": SERVICE}, Condition={"StringEquals": {"aws:SourceAccount": "1"}}),
        ],
    ],
)
def test_the_statements_are_put_back_in_their_places(theirs: list[Statement], remembers: str, seed: int) -> None:
    before = document(*theirs)
    tightened = tighten({**before, "Statement": [*documents.statements(before), OURS]}, CONDITION, is_own)
    known = tightened.originals if remembers == "texts" else ()
    found = loosen(spelled(tightened.document, seed), digests(*tightened.originals), known, is_own, "aws")
    whole = [digest(one, "aws") for one in documents.statements(found.document)]
    assert whole == [digest(one, "aws") for one in (*theirs, OURS)]
    assert found.originals == ()


def test_conditions_of_an_earlier_run_with_another_hardening_are_taken_off() -> None:
    tightened = tighten(document(ALONE, OURS), OTHER_FORM, is_own)
    found = loosen(tightened.document, digests(ALONE), (), is_own, "aws")
    assert documents.statements(found.document) == [ALONE, OURS]


def test_a_condition_that_ours_took_the_place_of_comes_back_from_the_journal_alone() -> None:
    anybody = trusts({"Service": SERVICE}, Condition={"StringEquals": {"aws:SourceAccount": "*"}})
    tightened = tighten(document(anybody, OURS), CONDITION, is_own)
    assert tightened.originals == (anybody,)
    by_journal = loosen(tightened.document, digests(anybody), [anybody], is_own, "aws")
    assert documents.statements(by_journal.document) == [anybody, OURS]
    by_ledger = loosen(tightened.document, digests(anybody), (), is_own, "aws")
    assert by_ledger.document == tightened.document
    assert len(by_ledger.originals) == 1


def test_what_others_changed_since_stays_and_is_returned() -> None:
    tightened = tighten(document(ALONE, SHARED, OURS), CONDITION, is_own)
    statements = documents.statements(tightened.document)
    statements[0]["Action"] = ["sts:AssumeRole", "sts:TagSession"]
    found = loosen(
        {**tightened.document, "Statement": [*statements]}, digests(ALONE, SHARED), [ALONE, SHARED], is_own, "aws"
    )
    assert documents.statements(found.document) == [statements[0], SHARED, OURS]
    assert found.originals == (ALONE,)


@pytest.mark.parametrize("known", [(), (ALONE, SHARED)])
def test_what_never_got_its_conditions_or_lost_them_again_is_not_called_changed(known: tuple[Statement, ...]) -> None:
    tightened = documents.statements(tighten(document(ALONE, OURS), CONDITION, is_own).document)
    found = loosen(document(*tightened, SHARED), digests(ALONE, SHARED), known, is_own, "aws")
    assert forms(found.document) == forms(document(ALONE, OURS, SHARED))
    assert found.originals == ()


@pytest.mark.parametrize("known", [(), (ALONE, SHARED)])
def test_of_what_was_put_back_already_nothing_is_left(known: tuple[Statement, ...]) -> None:
    before = document(SHARED, GLUE, ALONE)
    found = loosen(before, digests(ALONE, SHARED), known, is_own, "aws")
    assert (found.document, found.details, found.originals) == (before, (), ())


def test_parts_that_others_moved_apart_are_joined_again() -> None:
    rest, split = documents.statements(tighten(document(SHARED), CONDITION, is_own).document)
    found = loosen(document(split, GLUE, OURS, rest), digests(SHARED), (), is_own, "aws")
    assert forms(found.document) == forms(document(SHARED, GLUE, OURS))


@pytest.mark.parametrize("known", [(), (ALONE,)])
def test_conditions_that_others_wrote_themselves_are_not_taken_off(known: tuple[Statement, ...]) -> None:
    theirs = [
        trusts({"Service": SERVICE}, Sid="Alone", Condition={"StringEquals": CONDITION["StringEquals"]}),
        trusts({"Service": SERVICE}, Sid="Theirs", Condition=CONDITION),
        {**ALONE, "Effect": "Deny", "Condition": CONDITION},
    ]
    before = document(*theirs, OURS)
    found = loosen(before, digests(ALONE), known, is_own, "aws")
    assert found.document == before
    assert found.details == ()
    assert len(found.originals) == 1
