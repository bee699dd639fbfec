"""Our edit made again in a document that others changed meanwhile: both edits are there, or nothing is done."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_perms import documents
from personalize_perms.documents import DocumentKind, merging
from personalize_perms.documents.merging import DocumentEdit
from personalize_perms.model.errors import DocumentError, ResourceConflict

Statement = dict[str, Any]
NOBODYS: Statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
ROLE_ID = "AROA" + "A" * 17


def one(sid: str, action: str = "s3:GetObject") -> Statement:
    return {"Sid": sid, "Effect": "Allow", "Principal": {"Service": "a.amazonaws.com"}, "Action": action}


def text(*statements: Statement, **rest: Any) -> str:
    return json.dumps({"Version": "2012-10-17", **rest, "Statement": list(statements)})


def is_own(sid: object) -> bool:
    return str(sid).startswith("Ours")


def merge(
    before: str | None, after: str | None, now: str | None, kind: DocumentKind = DocumentKind.BUCKET_POLICY
) -> str | None:
    edit = DocumentEdit(kind=kind, name="thing", before=before, after=after)
    return merging.merge(edit, now, is_own, "aws")


def statements(found: str | None) -> list[Statement]:
    return json.loads(found or "{}")["Statement"]


THEIRS, NEW, OURS, CHANGED = one("Theirs"), one("New"), one("OursA"), one("OursA", "s3:PutObject")


@pytest.mark.parametrize(
    ("before", "after", "now", "merged"),
    [
        ([THEIRS], [THEIRS, OURS], [THEIRS, NEW], [THEIRS, NEW, OURS]),
        ([THEIRS], [THEIRS, OURS], [NEW, THEIRS], [NEW, THEIRS, OURS]),
        ([THEIRS], [THEIRS, OURS], [NEW], [NEW, OURS]),
        ([OURS, THEIRS], [CHANGED, THEIRS], [OURS, NEW, THEIRS], [CHANGED, NEW, THEIRS]),
        ([OURS, THEIRS], [CHANGED, THEIRS], [NEW, OURS, THEIRS], [NEW, CHANGED, THEIRS]),
        ([THEIRS, OURS], [THEIRS, CHANGED], [OURS], [CHANGED]),
        ([OURS, THEIRS], [THEIRS], [NEW, OURS, THEIRS], [NEW, THEIRS]),
        ([THEIRS], [OURS, THEIRS], [THEIRS, NEW], [OURS, THEIRS, NEW]),
        ([THEIRS, NOBODYS], [THEIRS, OURS, NOBODYS], [NOBODYS, THEIRS, NEW], [NOBODYS, THEIRS, OURS, NEW]),
        ([OURS, OURS, THEIRS], [OURS, THEIRS], [OURS, OURS, THEIRS, NEW], [OURS, THEIRS, NEW]),
        ([NOBODYS, NOBODYS], [NOBODYS, NOBODYS, OURS], [NOBODYS, NOBODYS, NEW], [NOBODYS, NOBODYS, NEW, OURS]),
    ],
)
def test_both_edits_are_in_the_document_and_the_order_is_kept(
    before: list[Statement], after: list[Statement], now: list[Statement], merged: list[Statement]
) -> None:
    assert statements(merge(text(*before), text(*after), text(*now))) == merged


def test_everything_beside_the_statements_stays_as_it_is_found() -> None:
    now = text(THEIRS, NEW, Version="2008-10-17", Id="theirs")
    merged = json.loads(merge(text(THEIRS), text(THEIRS, OURS), now) or "")
    assert (merged["Version"], merged["Id"]) == ("2008-10-17", "theirs")


def test_an_edit_that_is_there_already_changes_nothing() -> None:
    now = text(one("OursA") | {"Action": ["S3:GETOBJECT"]}, NEW)
    assert merge(text(THEIRS), text(THEIRS, OURS), now) is now


def test_a_first_policy_joins_the_one_that_somebody_made_meanwhile() -> None:
    assert statements(merge(None, text(OURS), text(NEW))) == [NEW, OURS]


def test_a_policy_that_somebody_deleted_meanwhile_is_made_of_ours_alone() -> None:
    assert statements(merge(text(THEIRS), text(THEIRS, OURS), None)) == [OURS]


def test_a_policy_that_was_to_go_stays_with_what_others_put_into_it() -> None:
    assert statements(merge(text(OURS), None, text(OURS, NEW))) == [NEW]


def test_a_policy_goes_when_nothing_else_is_left_of_it() -> None:
    assert merge(text(OURS, THEIRS), text(THEIRS), text(OURS)) is None


def test_what_is_gone_already_needs_no_removing() -> None:
    assert merge(text(OURS), None, None) is None
    now = text(NEW)
    assert merge(text(OURS, THEIRS), text(THEIRS), now) is now


@pytest.mark.parametrize(
    ("before", "after", "now"),
    [
        ([THEIRS], [THEIRS, OURS], [THEIRS, CHANGED]),
        ([OURS], [CHANGED], [one("OursA", "s3:*")]),
        ([OURS, THEIRS], [THEIRS], [CHANGED, THEIRS]),
        ([OURS, THEIRS], [CHANGED, THEIRS], [THEIRS, NEW]),
        ([one("OursB"), THEIRS], [one("OursB"), THEIRS, OURS], [THEIRS, NEW]),
        ([one("OursB"), THEIRS], [one("OursB"), THEIRS, OURS], [one("OursB", "s3:*"), THEIRS]),
        ([NOBODYS], [{**NOBODYS, "Resource": "x"}], [{**NOBODYS, "Resource": "y"}]),
    ],
    ids=["added otherwise", "changed twice", "changed, to go", "removed", "kept one removed", "kept one", "no Sid"],
)
def test_a_statement_of_ours_that_others_changed_or_removed_is_a_conflict(
    before: list[Statement], after: list[Statement], now: list[Statement]
) -> None:
    with pytest.raises(ResourceConflict, match="thing"):
        merge(text(*before), text(*after), text(*now))


@pytest.mark.parametrize(
    ("now", "why"),
    [
        ('{"Statement": [], "Statement": []}', "twice"),
        ("not JSON", "not JSON"),
        (text({**NEW, "Principal": {"AWS": ROLE_ID}}), ROLE_ID),
        (text(*[one(f"New{number}", "s3:" + "x" * 900) for number in range(21)]), "AWS allows"),
    ],
)
def test_what_cannot_be_edited_or_stored_is_refused_in_words(now: str, why: str) -> None:
    with pytest.raises(DocumentError, match=why):
        merge(text(THEIRS), text(THEIRS, OURS), now)


def test_a_document_may_be_as_large_as_aws_allows_and_not_a_byte_larger() -> None:
    def filled(letters: int) -> str:
        return text(one("New", "s3:" + "x" * letters))

    kind = DocumentKind.BUCKET_POLICY
    fits = documents.LIMITS[kind] - documents.size(kind, documents.parse(merge(None, text(OURS), filled(0)) or ""))
    merged = merge(None, text(OURS), filled(fits))
    assert merged
    assert documents.size(kind, documents.parse(merged)) == documents.LIMITS[kind]
    with pytest.raises(DocumentError, match="AWS allows"):
        merge(None, text(OURS), filled(fits + 1))


def test_a_key_policy_is_never_emptied() -> None:
    with pytest.raises(DocumentError, match="nothing would be left"):
        merge(text(OURS, THEIRS), text(THEIRS), text(OURS), DocumentKind.KEY_POLICY)


def test_an_edit_that_is_there_is_no_conflict_with_what_others_put_beside_it() -> None:
    now = text(THEIRS, OURS, CHANGED)
    assert merge(text(THEIRS), text(THEIRS, OURS), now) == now


def test_a_quota_that_was_raised_for_what_is_to_be_stored_counts_for_what_is_there_now_too() -> None:
    kind = DocumentKind.TRUST_POLICY
    large = one("OursA", "sts:AssumeRole" * (documents.LIMITS[kind] // 10))
    merged = merge(text(THEIRS), text(THEIRS, large), text(NEW), kind)
    assert statements(merged) == [NEW, large]
    with pytest.raises(DocumentError, match="AWS allows"):
        merge(text(THEIRS), text(THEIRS, large), text(NEW, one("More", "sts:TagSession" * 9)), kind)


foreign = st.lists(
    st.builds(one, st.sampled_from(["", "A", "B", "C"]), st.sampled_from(["s3:GetObject", "s3:PutObject"])), max_size=5
)


@given(before=foreign, now=foreign, own=st.sets(st.sampled_from(["OursA", "OursB"]), min_size=1))
def test_adding_and_then_taking_back_leaves_what_others_made_of_it(
    before: list[Statement], now: list[Statement], own: set[str]
) -> None:
    after = text(*before, *map(one, sorted(own)))
    merged = merge(text(*before), after, text(*now))
    assert statements(merged) == [*now, *map(one, sorted(own))]
    assert documents.carries(merged, text(*before), after, "aws")
    back = merge(after, text(*before), merged)
    assert (statements(back) if back else []) == now
