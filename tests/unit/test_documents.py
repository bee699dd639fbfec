"""The algebra of documents: what must never be lost, and what must never count as equal."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalize_perms import documents
from personalize_perms.documents import DocumentKind
from personalize_perms.model import ownership
from personalize_perms.model.errors import DocumentError
from unit import policies

NAME = "team-a"
PREFIX = ownership.sid_prefix(NAME)
OURS = [
    {
        "Sid": f"{PREFIX}{part}",
        "Effect": "Allow",
        "Principal": {"Service": "personalize.amazonaws.com"},
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
    }
    for part in ("Read", "Write")
]


def is_own(sid: object) -> bool:
    return ownership.is_own_sid(sid, NAME)


def edit(document: dict[str, object], wanted: list[dict[str, object]]) -> documents.Edit:
    return documents.edit(document, wanted, is_own, policies.PARTITION)


def canonicalised(document: dict[str, object], seed: int) -> dict[str, object]:
    """Rewrite a document as AWS is known to: order, one-element lists, an empty Sid, account id to root."""
    chance = random.Random(seed)

    def rewritten(statement: dict[str, object]) -> dict[str, object]:
        items = list(statement.items())
        chance.shuffle(items)
        result = dict(items)
        for element in ("Action", "NotAction", "Resource", "NotResource"):
            value = result.get(element)
            if isinstance(value, list):
                shuffled = chance.sample(value, len(value))
                result[element] = shuffled[0] if len(shuffled) == 1 else shuffled
            elif isinstance(value, str) and chance.random() < 0.5:
                result[element] = [value]
        principal = result.get("Principal")
        if isinstance(principal, dict) and principal.get("AWS") == "111122223333":
            result["Principal"] = {**principal, "AWS": "arn:aws:iam::111122223333:root"}
        result.setdefault("Sid", "")
        return result

    several = documents.statements(document)  # type: ignore[arg-type]
    return {**document, "Statement": [rewritten(statement) for statement in several]}  # type: ignore[arg-type]


@given(policies.documents())
def test_every_foreign_statement_survives_in_its_place_and_ours_are_appended(document: dict[str, object]) -> None:
    before = documents.statements(document)  # type: ignore[arg-type]
    result = edit(document, OURS)
    after = documents.statements(result.document)
    assert after[: len(before)] == before
    assert after[len(before) :] == OURS
    assert {k: v for k, v in result.document.items() if k != "Statement"} == {
        k: v for k, v in document.items() if k != "Statement"
    }


@given(policies.documents())
def test_taking_ours_back_restores_the_statements(document: dict[str, object]) -> None:
    restored = edit(edit(document, OURS).document, []).document
    assert documents.statements(restored) == documents.statements(document)  # type: ignore[arg-type]


@given(policies.documents(), st.integers())
def test_a_second_edit_changes_nothing_whatever_aws_did_to_the_spelling(document: dict[str, object], seed: int) -> None:
    stored = canonicalised(edit(document, OURS).document, seed)  # type: ignore[arg-type]
    again = edit(stored, OURS)
    assert not again.changed
    assert again.document == stored


@given(policies.documents(), st.integers())
def test_a_rewritten_document_is_the_same(document: dict[str, object], seed: int) -> None:
    rewritten = json.dumps(canonicalised(document, seed))
    assert documents.same_document(json.dumps(document), rewritten, policies.PARTITION)


@given(policies.documents())
def test_a_stored_text_parses_back_to_the_document(document: dict[str, object]) -> None:
    for kind in DocumentKind:
        text = documents.to_text(kind, document)  # type: ignore[arg-type]
        assert documents.parse(text) == document
        assert text.isascii()
        assert "\x7f" not in text


@given(policies.statements(), policies.statements())
@settings(max_examples=200)
def test_statements_that_differ_beyond_spelling_are_different(one: dict[str, object], other: dict[str, object]) -> None:
    if one.get("Effect") != other.get("Effect") or one.get("Resource") is None is not other.get("Resource"):
        assert documents.normalised(one, "aws") != documents.normalised(other, "aws")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"Principal": "*"}, {}),
        ({"Principal": "*"}, {"Principal": {}}),
        ({"Principal": "*"}, {"Principal": {"AWS": "*"}}),
        ({"NotPrincipal": "*"}, {}),
        ({"Action": "s3:GetObject"}, {"NotAction": "s3:GetObject"}),
        ({"Action": "ſ3:GetObject"}, {"Action": "s3:GetObject"}),
        ({"Resource": "arn:aws:s3:::B"}, {"Resource": "arn:aws:s3:::b"}),
        ({"Condition": {"StringEquals": {"a": "X"}}}, {"Condition": {"StringEquals": {"a": "x"}}}),
        ({"Condition": {"Bool": {"a": [True]}}}, {"Condition": {"Bool": {"a": [1]}}}),
        ({"Principal": {"AWS": "111122223333"}}, {"Principal": {"AWS": "arn:aws-cn:iam::111122223333:root"}}),
        ({"Action": {"a": 1}}, {"Action": {"a": 2}}),
        ({"Unknown": 1}, {}),
        ({"Sid": "A"}, {"Sid": "a"}),
    ],
)
def test_an_opened_or_changed_statement_is_never_called_equal(one: dict[str, object], other: dict[str, object]) -> None:
    assert documents.normalised(one, "aws") != documents.normalised(other, "aws")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"Action": "s3:GetObject"}, {"Action": ["S3:getObject"]}),
        ({"Principal": {"AWS": "111122223333"}}, {"Principal": {"AWS": ["arn:aws:iam::111122223333:root"]}}),
        (
            {"Condition": {"Bool": {"aws:SecureTransport": False}}},
            {"Condition": {"Bool": {"AWS:securetransport": "false"}}},
        ),
        ({"Sid": ""}, {}),
        ({"Resource": ["a", "b", "a"]}, {"Resource": ["b", "a"]}),
    ],
)
def test_what_aws_spells_anew_is_equal(one: dict[str, object], other: dict[str, object]) -> None:
    assert documents.normalised(one, "aws") == documents.normalised(other, "aws")  # type: ignore[arg-type]


def test_equal_statements_are_counted() -> None:
    a, b = {"Effect": "Allow", "Action": "a:b"}, {"Effect": "Deny", "Action": "a:b"}
    twice = json.dumps({"Statement": [a, a, b]})
    assert not documents.same_document(twice, json.dumps({"Statement": [a, b, b]}), "aws")


def test_a_changed_version_is_a_changed_document() -> None:
    one, other = ({"Version": version, "Statement": []} for version in ("2012-10-17", "2008-10-17"))
    assert not documents.same_document(json.dumps(one), json.dumps(other), "aws")
    assert documents.same_document(json.dumps(other), json.dumps({"Statement": []}), "aws")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "{}",
        '{"Statement": "all"}',
        '{"Statement": [1]}',
        '{"Statement": [], "Statement": []}',
        '{"Statement": [{"Effect": "Deny", "Effect": "Allow"}]}',
        '{"Statement": [{"Sid": 5}]}',
        '{"Statement": [], "n": NaN}',
        '{"Statement": [], "n": 1e400}',
        '{"Statement": [], "n": 0.12345678901234567890123}',
        '{"Statement": [], "n": ' + "9" * 5000 + "}",
        '{"Statement": ' + "[" * 3000 + "]" * 3000 + "}",
        '{"Statement": [], "n": ' + "[" * 60 + "]" * 60 + "}",
        "\ufeff" + '{"Statement": []}',
        '{"Statement": [], "n": "' + "x" * 1_000_001 + '"}',
    ],
)
def test_what_cannot_be_parsed_strictly_is_refused(text: str) -> None:
    with pytest.raises(DocumentError):
        documents.parse(text)


def test_a_lone_surrogate_survives() -> None:
    text = '{"Version":"2012-10-17","Statement":[{"Sid":"\\ud800","Effect":"Allow"}]}'
    assert documents.compact(documents.parse(text)) == text


def test_ours_come_after_those_of_others_and_go_again_without_a_trace() -> None:
    theirs = [{"Effect": "Deny", "Principal": "*"}, {"Sid": "Theirs", "Effect": "Deny", "Principal": "*"}]
    document = {"Version": "2008-10-17", "Id": "Theirs", "Statement": theirs}
    ours = {"Sid": "Ours", "Effect": "Allow", "Principal": "*"}
    given = documents.edit(document, [ours], lambda sid: sid == "Ours", "aws").document
    assert given == {**document, "Statement": [*theirs, ours]}
    assert documents.edit(given, [], lambda sid: sid == "Ours", "aws").document == document


def test_ours_are_replaced_where_they_stand_and_removed_when_unwanted() -> None:
    foreign = {"Sid": "Theirs", "Effect": "Deny"}
    changed = {**OURS[0], "Action": "s3:GetObject"}
    document = {"Version": "2012-10-17", "Statement": [changed, foreign, OURS[1]]}
    result = edit(document, [OURS[0]])
    assert documents.statements(result.document) == [OURS[0], foreign]
    assert result.details == (f"~ {PREFIX}Read", f"- {PREFIX}Write")
    assert result.foreign == 1


def test_a_copy_of_ours_goes() -> None:
    document = {"Version": "2012-10-17", "Statement": [OURS[0], OURS[0], OURS[1]]}
    assert documents.statements(edit(document, OURS).document) == OURS


def test_dead_principals_are_found_in_both_elements() -> None:
    dead = "AROAEXAMPLEEXAMPLEEX1"
    found = documents.dead_principals(
        [
            {"Principal": {"AWS": [dead, "arn:aws:iam::111122223333:root"]}},
            {"NotPrincipal": {"AWS": "AIDAEXAMPLEEXAMPLE222"}},
        ]
    )
    assert found == [dead, "AIDAEXAMPLEEXAMPLE222"]


def test_a_write_has_landed_if_ours_is_there_whatever_others_added() -> None:
    foreign = {"Sid": "Theirs", "Effect": "Deny"}
    later = {"Sid": "Later", "Effect": "Deny"}
    before, after = ({"Statement": several} for several in ([foreign], [foreign, *OURS]))
    both = {"Statement": [*OURS, later, foreign]}
    texts = [json.dumps(document) for document in (before, after, both)]
    assert documents.carries(texts[1], texts[0], texts[1], "aws")
    assert documents.carries(texts[2], texts[0], texts[1], "aws")
    assert not documents.carries(texts[0], texts[0], texts[1], "aws")
    assert not documents.carries(None, texts[0], texts[1], "aws")
    assert documents.carries(None, texts[0], None, "aws")
    assert not documents.carries(texts[1], texts[1], texts[0], "aws")


def test_a_text_is_indented_only_where_the_limit_allows() -> None:
    small = documents.new_document(OURS)
    assert "\n" in documents.to_text(DocumentKind.BUCKET_POLICY, small)
    large = documents.new_document([{**OURS[0], "Resource": [f"arn:aws:s3:::b/{n}/*" for n in range(700)]}])
    text = documents.to_text(DocumentKind.BUCKET_POLICY, large)
    assert "\n" not in text
    assert documents.size(DocumentKind.BUCKET_POLICY, large) == len(text)


@pytest.mark.parametrize(
    ("wanted", "narrows"),
    [
        ([OURS[0], OURS[1]], False),
        ([{**OURS[0], "Resource": [*OURS[0]["Resource"], "arn:aws:s3:::c"]}, OURS[1]], False),
        ([{**OURS[0], "Action": ["S3:LISTBUCKET", "s3:GetObject", "s3:PutObject"]}, OURS[1]], False),
        ([OURS[0]], True),
        ([{**OURS[0], "Resource": "arn:aws:s3:::b"}, OURS[1]], True),
        ([{**OURS[0], "Action": "s3:GetObject"}, OURS[1]], True),
        ([{**OURS[0], "Principal": {"Service": "other"}}, OURS[1]], True),
        ([{**OURS[0], "Condition": {"Bool": {"a": "true"}}}, OURS[1]], True),
    ],
)
def test_an_edit_tells_whether_it_takes_something_of_ours_away(
    wanted: list[dict[str, object]], *, narrows: bool
) -> None:
    assert edit({"Version": "2012-10-17", "Statement": OURS}, wanted).narrows is narrows


def test_a_statement_of_ours_that_is_as_wanted_keeps_the_spelling_in_which_it_is_stored() -> None:
    stored = {**OURS[0], "Action": ["S3:listbucket", "s3:GetObject"], "Resource": OURS[0]["Resource"][::-1]}
    found = edit({"Version": "2012-10-17", "Statement": [stored]}, OURS)
    assert found.changed
    assert found.document["Statement"] == [stored, OURS[1]]
