"""Every symptom is found in what AWS prints, in any dress, and not in what only looks like it."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentences import MORE, NEAR_MISSES, ROWS

from personalize_perms.diagnose import SYMPTOMS, Nature, read
from personalize_perms.diagnose.matching import complaints
from personalize_perms.diagnose.phrases import compiled
from personalize_perms.model.examination import Link

EACH = [(str(row), symptom, text) for row, (symptom, texts) in ROWS.items() for text in texts]
EACH += [("more", symptom, text) for symptom, texts in MORE.items() for text in texts]
WITHOUT_PERMISSION = {6, 7, 8, 9, 10, 13, 17, 18, 20, 23}
"""Rows that no permission solves."""


def found(text: str) -> list[str]:
    return [complaint.symptom.id for complaint in complaints(text)]


def test_all_rows_are_there() -> None:
    assert sorted(ROWS) == list(range(1, 26))


@pytest.mark.parametrize(("row", "symptom", "text"), EACH)
def test_a_text_of_aws_is_recognised_as_that_and_nothing_else(row: str, symptom: str, text: str) -> None:
    assert found(text) == [symptom]


@pytest.mark.parametrize(("row", "symptom", "text"), EACH)
def test_letter_case_line_breaks_and_noise_around_it_do_not_matter(row: str, symptom: str, text: str) -> None:
    noisy = (
        "Traceback (most recent call last):\n  File x.py, line 3\n" + text.replace(" ", "\n\t ") + "\n\nRequestId: 0-1"
    )
    assert symptom in found(noisy)
    assert symptom in found(f"12:00 worker[7] said: \u201c{text}\u201d and stopped")
    lowered = text if "AROA" in text else text.lower()
    assert found(lowered) == [symptom]


@pytest.mark.parametrize(
    ("symptom", "text"), [(symptom, text) for symptom, texts in NEAR_MISSES.items() for text in texts]
)
def test_what_only_looks_like_it_is_something_else(symptom: str, text: str) -> None:
    assert symptom not in found(text)


def test_every_row_of_the_table_is_shown_by_a_text() -> None:
    shown = {symptom for symptom, _ in ROWS.values()} | set(MORE)
    assert {symptom.id for symptom in SYMPTOMS} == shown


@pytest.mark.parametrize("row", ROWS)
def test_what_is_no_permission_is_said_to_be_none(row: int) -> None:
    _symptom, texts = ROWS[row]
    for complaint in complaints(texts[0]):
        assert complaint.is_permission == (row not in WITHOUT_PERMISSION)
        assert bool(complaint.links) == (row not in WITHOUT_PERMISSION | {22, 24})


def test_the_table_is_whole() -> None:
    ids = [symptom.id for symptom in SYMPTOMS]
    assert len(ids) == len(set(ids))
    for symptom in SYMPTOMS:
        assert symptom.says or symptom.denies, symptom.id
        assert symptom.meaning
        assert "\n" not in symptom.meaning
        assert symptom.next_step
        assert len(symptom.meaning) < 200
        assert symptom.docs.startswith("https://docs.aws.amazon.com/"), symptom.id
        assert bool(symptom.links) <= (symptom.nature is Nature.PERMISSION)
        for pattern in symptom.says:
            assert not re.search(r"(?<!\?P)<[a-z0-9]+>", compiled(pattern).pattern), pattern


@pytest.mark.parametrize(
    ("tail", "policy_type", "first", "proven"),
    [
        (
            "because no identity-based policy allows the s3:GetObject action",
            "identity-based policy",
            Link.ROLE_POLICY,
            False,
        ),
        ("with an explicit deny in an identity-based policy", "identity-based policy", Link.ROLE_POLICY, False),
        (
            "because no resource-based policy allows the s3:GetObject action",
            "resource-based policy",
            Link.BUCKET_POLICY,
            False,
        ),
        ("with an explicit deny in a resource-based policy", "resource-based policy", Link.BUCKET_POLICY, False),
        (
            "because no permissions boundary allows the s3:GetObject action",
            "permissions boundary",
            Link.BOUNDARY,
            False,
        ),
        ("with an explicit deny in a permissions boundary", "permissions boundary", Link.BOUNDARY, False),
        ("because no session policy allows the s3:GetObject action", "session policy", None, True),
        ("because no service control policy allows the s3:GetObject action", "service control policy", None, True),
        (
            "with an explicit deny in a service control policy: arn:aws:organizations::1:policy/x",
            "service control policy",
            None,
            True,
        ),
        ("with an explicit deny in a resource control policy", "resource control policy", None, True),
        ("because no VPC endpoint policy allows the s3:GetObject action", "VPC endpoint policy", None, True),
        ("", "", Link.ROLE_POLICY, False),
    ],
)
def test_the_kind_of_policy_that_aws_names_comes_first(
    *, tail: str, policy_type: str, first: Link | None, proven: bool
) -> None:
    who = "arn:aws:sts::123456789012:assumed-role/PersonalizeRole/x"
    (complaint,) = complaints(
        f"User: {who} is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::acme-data/in/x.csv {tail}"
    )
    assert complaint.facts.policy_type == policy_type
    assert next(iter(complaint.links), None) == first
    assert complaint.is_proven == proven
    assert complaint.facts.principal == who
    assert complaint.facts.bucket == "acme-data"
    assert policy_type in complaint.meaning.replace("policies", "policy")


def test_what_the_console_says_tells_the_kind_of_policy_too() -> None:
    for text in ROWS[4][1][-2:]:
        (complaint,) = complaints(text)
        assert complaint.facts.principal == "arn:aws:iam::123456789012:user/ada"
        assert complaint.facts.policy_type == (
            "identity-based policy" if "identity-based" in text else "service control policy"
        )


def test_what_a_text_names_is_understood() -> None:
    (complaint,) = complaints(ROWS[1][1][1])
    assert (complaint.facts.bucket, [*complaint.facts.workflows]) == ("acme-data", ["import"])
    (complaint,) = complaints(ROWS[3][1][1])
    assert complaint.facts.role_arn == "arn:aws:iam::123456789012:role/ml/PersonalizeRole"
    assert complaint.facts.account == "123456789012"
    (complaint,) = complaints(ROWS[12][1][0])
    assert complaint.facts.key_arn.endswith("key/1234abcd-12ab-34cd-56ef-1234567890ab")
    assert {*complaint.facts.workflows} == {"export", "encrypted-dataset-group"}
    (complaint,) = complaints(ROWS[16][1][2])
    assert [str(place) for place in complaint.facts.locations] == ["s3://acme-results/out/"]


def test_several_errors_in_one_text_are_told_apart_the_most_specific_first() -> None:
    text = "\n".join((ROWS[6][1][0], MORE["denied"][0], ROWS[3][1][1], ROWS[1][1][1], ROWS[8][1][0]))
    assert found(text) == ["bucket-policy", "pass-role", "denied", "data-location", "pending-quota"]


def test_facts_of_one_error_are_not_those_of_another() -> None:
    one, other = (
        ROWS[1][1][1],
        ROWS[1][1][1].replace("acme-data", "other-data").replace("DatasetImport", "BatchSegment"),
    )
    both = complaints(f"{one}\n{other}")
    assert [(c.facts.bucket, [*c.facts.workflows]) for c in both] == [
        ("acme-data", ["import"]),
        ("other-data", ["batch"]),
    ]


def test_what_is_said_again_and_again_is_counted_once() -> None:
    (complaint,) = complaints("\n".join([ROWS[1][1][1]] * 7))
    assert complaint.count == 7


def test_an_unknown_text_is_said_to_be_unknown_and_the_whole_chain_is_looked_at() -> None:
    (complaint,) = read("The flux capacitor is empty on s3://acme-data/in/").complaints
    assert complaint.symptom.id == "unrecognised"
    assert set(complaint.links) == set(Link) - {Link.SECOND_OPINION}
    assert "not guessed" in complaint.meaning
    assert [str(place) for place in complaint.facts.inputs] == ["s3://acme-data/in/"]


def test_nothing_is_made_of_nothing() -> None:
    assert read(" \n\t ").complaints == ()


def test_a_service_that_is_denied_has_only_the_resources_policy() -> None:
    (complaint,) = complaints(
        "User: personalize.amazonaws.com is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::acme/x"
    )
    assert complaint.links[0] is Link.BUCKET_POLICY
    assert Link.ROLE_POLICY not in complaint.links


PIECES = [text for _, texts in ROWS.values() for text in texts]
PIECES += [text for texts in NEAR_MISSES.values() for text in texts]
ODD = {"because", "no", "arn:aws:iam::", "s3://", "\\n", "&#39;", "\x1b["}
WORDS = sorted({word for text in PIECES for word in text.split()} | ODD)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=20)), max_size=60).map(" ".join))
def test_no_text_is_too_much(text: str) -> None:
    for complaint in read(f"x{text}").complaints:
        assert complaint.meaning
        assert complaint.next_step
        assert len(complaint.said) <= 300
        assert set(complaint.links) <= set(Link)


@pytest.mark.parametrize(
    "text",
    [
        "not authorized to perform: s3:GetObject on resource: " * 1_500,
        "insufficient privileges for accessing data in s3 " * 1_800,
        "Access Denied " * 6_000,
        "arn:aws:iam::123456789012:role/" * 2_500,
        "kms key " * 10_000,
        "role " * 15_000,
        "policy not found permission set " * 2_500,
        "s3://" * 15_000,
        "a" * 90_000,
        "\\" * 90_000,
        "&amp;" * 15_000,
        "[2026-11-26 10:00:00 [" * 3_000,
        "\x1b[" * 30_000,
        "invalid kmskeyarn rolearn " * 3_000,
    ],
    ids=lambda text: text[:20],
)
def test_a_hostile_text_does_not_take_long(text: str) -> None:
    began = time.perf_counter()
    read(text)
    assert time.perf_counter() - began < 5
