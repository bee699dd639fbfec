"""Broader and narrower are said of what a request would meet, not of how statements are spelt."""

from itertools import product
from typing import Any

import judge
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_two_judges import CONTEXTS, statements

from personalize_perms.documents.reach import Reach, combined, compare

READS: dict[str, Any] = {
    "Sid": "Reads",
    "Effect": "Allow",
    "Principal": {"Service": "personalize.amazonaws.com"},
    "Action": ["s3:GetObject", "s3:ListBucket"],
    "Resource": ["arn:aws:s3:::acme", "arn:aws:s3:::acme/in/*"],
}
FOR_US = {"StringEquals": {"aws:SourceAccount": "111122223333"}}
DENY = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::acme/*"}


def but(**changes: Any) -> dict[str, Any]:
    return {**READS, **changes}


@pytest.mark.parametrize(
    ("old", "new", "reach"),
    [
        ([READS], [READS], Reach.SAME),
        ([READS], [but(Sid="Other", Action=["S3:LISTBUCKET", "s3:GetObject", "s3:GetObject"])], Reach.SAME),
        (
            [READS],
            [
                but(Action="s3:ListBucket", Resource="arn:aws:s3:::acme"),
                but(Action="s3:GetObject", Resource="arn:aws:s3:::acme/in/*"),
            ],
            Reach.SAME,
        ),
        ([], [READS], Reach.BROADER),
        ([READS], [], Reach.NARROWER),
        ([READS], [but(Resource=[*READS["Resource"], "arn:aws:s3:::acme/out/*"])], Reach.BROADER),
        ([READS], [but(Resource=["arn:aws:s3:::acme", "arn:aws:s3:::acme/in/2026/*"])], Reach.NARROWER),
        ([READS], [but(Resource=["arn:aws:s3:::acme", "arn:aws:s3:::acme/out/*"])], Reach.MIXED),
        ([READS], [but(Action="s3:*")], Reach.BROADER),
        ([but(Resource="*")], [READS], Reach.NARROWER),
        ([but(Resource="arn:aws:*")], [but(Resource="arn:aws:s3:::acme/in/*")], Reach.MIXED),
        ([but(Resource="arn:aws:s3:::*")], [but(Resource="arn:aws:s3:::acme/in:a/*")], Reach.NARROWER),
        ([READS], [but(Condition=FOR_US)], Reach.NARROWER),
        ([but(Condition=FOR_US)], [READS], Reach.BROADER),
        (
            [but(Condition=FOR_US)],
            [but(Condition={"StringEquals": {"AWS:sourceaccount": ["111122223333"]}})],
            Reach.SAME,
        ),
        ([but(Condition=FOR_US)], [but(Condition={"StringEquals": {"aws:SourceAccount": ["1", "2"]}})], Reach.MIXED),
        ([READS], [but(Principal="*")], Reach.MIXED),
        ([but(Principal={"AWS": "arn:aws:iam::1:role/x"})], [but(Principal="*")], Reach.BROADER),
        ([READS], [READS, DENY], Reach.NARROWER),
        ([READS, DENY], [READS], Reach.BROADER),
        ([READS], [but(NotAction="s3:*")], Reach.UNCLEAR),
        ([but(NotPrincipal="*")], [], Reach.UNCLEAR),
        ([but(Effect="Maybe")], [READS], Reach.UNCLEAR),
        ([but(Action=7)], [READS], Reach.UNCLEAR),
    ],
)
def test_documents_are_compared_by_what_they_allow(old: list[Any], new: list[Any], reach: Reach) -> None:
    assert compare(old, new) is reach


def test_what_stands_beside_both_covers_what_comes_and_goes() -> None:
    everything = but(Sid="All", Action="s3:*", Resource="*")
    assert compare([], [READS], [everything]) is Reach.SAME
    assert compare([READS], [], [everything]) is Reach.SAME
    assert compare([], [READS], [DENY, but(Condition=FOR_US, Sid="Less")]) is Reach.BROADER
    assert compare([], [DENY], [READS]) is Reach.NARROWER
    assert compare([], [DENY], [{**DENY, "Resource": "*"}]) is Reach.SAME


def test_what_cannot_be_compared_outweighs_everything_when_changes_are_added_up() -> None:
    assert combined([Reach.BROADER, Reach.UNCLEAR, Reach.SAME]) is Reach.UNCLEAR
    assert combined([Reach.BROADER, Reach.NARROWER]) is Reach.MIXED
    assert combined([Reach.SAME, Reach.NARROWER]) is Reach.NARROWER
    assert combined([]) is Reach.SAME


ACTIONS = ["s3:GetObject", "s3:PutObject"]
RESOURCES = ["arn:aws:s3:::acme/in/x", "arn:aws:s3:::acme/In/x", "arn:aws:s3:::other/in/x"]


@given(
    st.lists(statements(), max_size=2),
    st.lists(statements(), max_size=2),
    st.lists(statements(), max_size=2),
    st.lists(CONTEXTS, min_size=1, max_size=3),
)
@settings(max_examples=100)
def test_narrower_never_lets_in_what_was_not_let_in_and_broader_takes_nothing_away(
    old: list[dict[str, Any]], new: list[dict[str, Any]], both: list[dict[str, Any]], contexts: list[dict[str, str]]
) -> None:
    reach = compare(old, new, both)
    for action, resource, context in product(ACTIONS, RESOURCES, contexts):
        request = judge.Request(action=action, resource=resource, context=context)
        was, is_now = (
            judge.allowed([{"Version": "2012-10-17", "Statement": [*several, *both]}], request)
            for several in (old, new)
        )
        assert not (reach in (Reach.SAME, Reach.NARROWER) and is_now and not was)
        assert not (reach in (Reach.SAME, Reach.BROADER) and was and not is_now)
