import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_perms import documents
from personalize_perms.model.errors import LimitExceeded
from personalize_perms.model.resources import Statement
from personalize_perms.steps.packing import split


def statement(sid: str, resources: list[str] | str) -> Statement:
    return {"Sid": sid, "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": resources}  # type: ignore[dict-item]


def granted(packed: list[tuple[Statement, ...]]) -> list[tuple[object, object]]:
    """Every Sid with each of its resources, in order."""
    pairs = []
    for one in (one for own in packed for one in own):
        resources = one["Resource"] if isinstance(one["Resource"], list) else [one["Resource"]]
        pairs += [(one["Sid"], resource) for resource in resources]
    return pairs


sizes = st.lists(st.lists(st.text('ab/"é', min_size=1, max_size=40), min_size=1, max_size=30), max_size=6)


@given(sizes, st.integers(min_value=220, max_value=900))
def test_nothing_is_lost_or_doubled_and_everything_fits(resources: list[list[str]], limit: int) -> None:
    statements = [statement(f"S{number}", own) for number, own in enumerate(resources)]
    try:
        packed = split(statements, limit)
    except LimitExceeded:
        assert max(documents.managed_policy_size([statement("S0", [one])]) for own in resources for one in own) > limit
        return
    assert granted(packed) == granted([tuple(statements)])
    for own in packed:
        assert own
        assert documents.managed_policy_size(own) <= limit
        assert len({one["Sid"] for one in own}) == len(own)


@given(sizes, st.integers(min_value=420, max_value=900))
def test_no_policy_is_begun_while_the_one_before_has_room(resources: list[list[str]], limit: int) -> None:
    packed = split([statement(f"S{number}", own) for number, own in enumerate(resources)], limit)
    for own, following in pairwise(packed):
        first = following[0]
        assert isinstance(first["Resource"], list)
        smallest = {**first, "Resource": first["Resource"][:1]}
        if own[-1]["Sid"] == first["Sid"]:
            assert isinstance(own[-1]["Resource"], list)
            longer = {**own[-1], "Resource": [*own[-1]["Resource"], first["Resource"][0]]}
            assert documents.managed_policy_size([*own[:-1], longer]) > limit
        else:
            assert documents.managed_policy_size([*own, smallest]) > limit


def test_statements_that_fit_stay_as_they_are() -> None:
    statements = (statement("A", ["x"]), statement("B", "*"))
    assert split(statements) == [statements]


def test_a_document_may_use_the_limit_to_the_last_character() -> None:
    statements = (statement("A", ["x"]), statement("B", ["y", "z"]))
    size = documents.managed_policy_size(statements)
    assert len(split(statements, size)) == 1
    assert len(split(statements, size - 1)) == 2


def test_nothing_makes_no_policy() -> None:
    assert split(()) == []


def test_a_statement_that_cannot_be_cut_and_does_not_fit_is_refused() -> None:
    with pytest.raises(LimitExceeded, match="the statement Long alone"):
        split([statement("Long", "x" * 7000)])


def test_the_limit_counts_what_is_really_written() -> None:
    packed = split([statement("A", [f"arn:aws:s3:::é-{number}" for number in range(400)])])
    for own in packed:
        text = json.dumps(documents.new_document(own), separators=(",", ":"))
        assert len(text) <= documents.MANAGED_POLICY_LIMIT
