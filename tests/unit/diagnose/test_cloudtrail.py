"""Events of CloudTrail: what they complain of is understood, and nothing in them can do harm."""

import json
from typing import Any

import pytest
from events import ACCOUNT, BATCH, DECRYPT, FINE, IMPORT, KEY, OTHER, READ, ROLE, TAGGED, Event, event
from hypothesis import given, settings
from hypothesis import strategies as st

from personalize_perms.diagnose import read
from personalize_perms.diagnose.complaints import Complaint
from personalize_perms.model.errors import DocumentError
from personalize_perms.model.examination import Link


def told(*events: Event) -> tuple[Complaint, ...]:
    return read(json.dumps({"Records": list(events)})).complaints


def test_a_single_event_is_read_like_a_file_of_them() -> None:
    assert read(json.dumps(IMPORT)).complaints == told(IMPORT)
    assert read(json.dumps([IMPORT], indent=4)).complaints == told(IMPORT)
    looked_up = {"Events": [{"EventName": IMPORT["eventName"], "CloudTrailEvent": json.dumps(IMPORT)}]}
    assert read(json.dumps(looked_up)).complaints == told(IMPORT)
    assert read("\ufeff" + json.dumps(IMPORT)).complaints == told(IMPORT)


def test_a_failed_import_names_bucket_role_and_path() -> None:
    (complaint,) = told(IMPORT)
    assert (complaint.symptom.id, complaint.count) == ("bucket-policy", 1)
    facts = complaint.facts
    assert (facts.bucket, facts.role_arn, [*facts.workflows]) == ("acme-data", ROLE, ["import"])
    assert [str(place) for place in facts.inputs] == ["s3://acme-data/in/x.csv"]
    assert (facts.region, facts.account) == ("eu-west-1", ACCOUNT)
    assert "CreateDatasetImportJob 2026-11-26" in complaint.source


def test_an_event_without_a_message_tells_who_was_denied_what() -> None:
    (complaint,) = told(BATCH)
    assert complaint.symptom.id == "user-action"
    facts = complaint.facts
    assert (facts.action, facts.key_arn) == ("personalize:CreateBatchInferenceJob", KEY)
    assert facts.principal.endswith("user/ada")
    assert [str(place) for place in facts.locations] == ["s3://acme-data/in/x.json", "s3://acme-results/out/"]


def test_what_the_role_may_not_read_is_understood() -> None:
    (complaint,) = told(READ)
    assert complaint.symptom.id == "input"
    assert (complaint.facts.principal, complaint.facts.bucket) == (ROLE, "acme-data")
    assert complaint.links[0] is Link.ROLE_POLICY


def test_what_the_service_may_not_decrypt_is_understood() -> None:
    (complaint,) = told(DECRYPT)
    assert (complaint.symptom.id, complaint.facts.key_arn) == ("key-access", KEY)
    assert complaint.facts.policy_type == "resource-based policy"
    assert complaint.links[0] is Link.KEY_POLICY
    assert Link.ROLE_POLICY not in complaint.links


def test_a_call_with_tags_that_was_denied_points_to_the_tags() -> None:
    assert [complaint.symptom.id for complaint in told(TAGGED)] == ["tag-resource"]


def test_events_without_an_error_and_of_other_services_are_counted() -> None:
    reading = read(json.dumps({"Records": [FINE, FINE, OTHER]}))
    assert reading.complaints == ()
    assert reading.note == "3 events: 2 without an error, 0 that failed, 1 that failed in other services"
    assert read('{"Records": []}').complaints == ()


def test_the_region_of_what_is_logged_elsewhere_is_not_believed() -> None:
    regions = {c.symptom.id: c.facts.region for c in told({**READ, "awsRegion": "us-east-1"}, DECRYPT)}
    assert regions == {"input": "", "key-access": "eu-west-1"}


def test_the_same_again_is_counted_and_the_most_specific_comes_first() -> None:
    found = told(READ, BATCH, IMPORT, READ, FINE)
    assert [(complaint.symptom.id, complaint.count) for complaint in found] == [
        ("bucket-policy", 1),
        ("user-action", 1),
        ("input", 2),
    ]


def test_an_error_that_is_not_known_is_said_to_be_unknown() -> None:
    (complaint,) = told(event("CreateSolution", error="OddException", message="odd"))
    assert (complaint.symptom.id, complaint.said) == ("unrecognised", "OddException: odd")


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"Records": [IMPORT]})[:-40],
        '{"Records": {"eventName": 1}}',
        '{"Records": [1]}',
        '{"Records": [{}]}',
        '{"eventName": "x"}',
        '{"eventName": "x", "eventName": "y"}',
        '{"Records": [NaN]}',
        '{"Records": ' + "[" * 5_000,
        '{"Records": ' + "[" * 150 + "]" * 150 + "}",
        '{"Records": [1e999]}',
        '{"Events": [{"CloudTrailEvent": "{"}]}',
        '[{"eventName": "x", "eventSource": "y", "n": ' + "9" * 5_000 + "}]",
    ],
    ids=range(12),
)
def test_broken_events_are_refused_with_why(text: str) -> None:
    with pytest.raises(DocumentError):
        read(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=8) | st.sampled_from([ROLE, KEY, "s3://a-b-c/d"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*IMPORT, *READ["requestParameters"]]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([IMPORT, BATCH, READ, DECRYPT]), st.sampled_from([*READ]), JSON)
def test_whatever_stands_in_an_event_it_is_read_or_refused(base: Event, key: str, value: Any) -> None:
    try:
        found = told({**base, key: value})
    except DocumentError:
        return
    for complaint in found:
        assert set(complaint.links) <= set(Link)
        assert complaint.meaning


def test_what_has_not_its_form_is_not_believed() -> None:
    parameters = {
        "roleArn": f"{ROLE}*",
        "kmsKeyArn": "alias/x",
        "bucketName": "../x",
        "dataSource": {"dataLocation": "s3://acme-data/*"},
    }
    (complaint,) = told(
        {**IMPORT, "errorMessage": "", "requestParameters": parameters, "awsRegion": "x y", "resources": [1]}
    )
    facts = complaint.facts
    assert (facts.role_arn, facts.key_arn, facts.bucket, facts.inputs, facts.region) == ("", "", "", (), "")
