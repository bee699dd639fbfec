"""A job or dataset group that is asked about: its failure is understood, its key looked at, its success believed."""

from dataclasses import replace

import pytest

from personalize_perms.diagnose.works import read_work
from personalize_perms.model.work import Work

ARN = "arn:aws:personalize:eu-west-1:123456789012:"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
JOB = Work(
    words="import job",
    arn=f"{ARN}dataset-import-job/x",
    status="CREATE FAILED",
    failure_reason="Insufficient privileges for accessing data in Amazon S3.",
    role_arn="arn:aws:iam::123456789012:role/x",
    input_path="s3://acme-data/in/x.csv",
)


def test_a_failed_job_names_what_it_is_about() -> None:
    (complaint,) = read_work(JOB).complaints
    assert complaint.symptom.id == "s3-access"
    assert (complaint.facts.role_arn, [*complaint.facts.workflows]) == (JOB.role_arn, ["import"])
    assert [str(place) for place in complaint.facts.inputs] == ["s3://acme-data/in/x.csv"]
    assert complaint.facts.region == "eu-west-1"
    assert JOB.arn in complaint.source


@pytest.mark.parametrize("reason", ["", "something odd"])
def test_a_failure_that_says_nothing_known_is_looked_into_whole(reason: str) -> None:
    (complaint,) = read_work(replace(JOB, failure_reason=reason)).complaints
    assert complaint.symptom.id == "unrecognised"
    assert complaint.facts.inputs


def test_what_has_not_failed_complains_of_nothing() -> None:
    reading = read_work(replace(JOB, status="ACTIVE", failure_reason=""))
    assert reading.complaints == ()
    assert "ACTIVE: nothing of it has failed" in reading.note


def test_what_lives_on_a_key_has_its_key_looked_at() -> None:
    group = Work(words="dataset group", arn=f"{ARN}dataset-group/m", status="ACTIVE", key_arn=KEY, group_key_arn=KEY)
    (complaint,) = read_work(group).complaints
    assert (complaint.symptom.id, complaint.facts.key_arn, complaint.said) == ("encrypted-group", KEY, "")


def test_metrics_that_go_to_s3_need_more_than_those_that_do_not() -> None:
    metrics = replace(JOB, words="metric attribution", input_path="", output_path="s3://acme-results/m/")
    (complaint,) = read_work(metrics).complaints
    assert [*complaint.facts.workflows] == ["metrics-cloudwatch", "metrics-s3"]
