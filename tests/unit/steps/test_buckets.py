import pytest
import step_samples as samples
from step_samples import SERVICE, of_kind, settings_for

from personalize_perms.model.names import S3Location
from personalize_perms.model.resources import BucketPolicyStatements
from personalize_perms.model.settings import Hardening, Workflow

GET, PUT, LIST = "s3:GetObject", "s3:PutObject", "s3:ListBucket"
WHO = ("Service", SERVICE)

PREFIXES = {
    "": (["any", "in/a.csv"], []),
    "in/": (["in/a.csv", "in/deep/a.csv"], ["in", "inx", "in.csv", "any", "x/in/a.csv"]),
    "in": (["in", "in/a.csv"], ["inx", "in.csv", "in-other/a.csv", "any"]),
    "in/users.csv": (["in/users.csv"], ["in/users.csv2", "in/", "in/items.csv"]),
    "a [1]": (["a [1]/x", "a [1]"], ["a 1/x"]),
    "cost$": (["cost$/x"], ["cost/x", "cost"]),
}


@pytest.mark.parametrize("hardening", Hardening)
@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_prefix_means_a_folder_or_one_object_and_nothing_beside_it(hardening: Hardening, prefix: str) -> None:
    inside, outside = PREFIXES[prefix]
    place = S3Location(bucket="acme-data", prefix=prefix)
    desired = samples.desire(settings_for(Workflow.IMPORT, inputs=(place,), hardening=hardening))
    for own, who in ((samples.role_policy(desired), None), (samples.bucket_policy(desired, "acme-data"), WHO)):
        for key in inside:
            assert samples.allows(own, GET, f"arn:aws:s3:::acme-data/{key}", principal=who), key
        for key in outside:
            assert not samples.allows(own, GET, f"arn:aws:s3:::acme-data/{key}", principal=who), key
        assert samples.allows(own, LIST, "arn:aws:s3:::acme-data", principal=who)


@pytest.mark.parametrize("hardening", Hardening)
def test_one_bucket_for_both_directions_keeps_them_apart(hardening: Hardening) -> None:
    settings = settings_for(
        Workflow.BATCH,
        inputs=(S3Location(bucket="both", prefix="in/"),),
        outputs=(S3Location(bucket="both", prefix="out/"),),
        hardening=hardening,
    )
    desired = samples.desire(settings)
    assert len(of_kind(desired, BucketPolicyStatements)) == 1
    for own, who in ((samples.role_policy(desired), None), (samples.bucket_policy(desired, "both"), WHO)):
        assert samples.allows(own, GET, "arn:aws:s3:::both/in/a", principal=who)
        assert samples.allows(own, PUT, "arn:aws:s3:::both/out/a", principal=who)
        assert not samples.allows(own, PUT, "arn:aws:s3:::both/in/a", principal=who)
        assert not samples.allows(own, GET, "arn:aws:s3:::both/out/a", principal=who)


def test_a_bucket_policy_speaks_of_its_own_bucket_only() -> None:
    inputs = (S3Location(bucket="one"), S3Location(bucket="two", prefix="x"), S3Location(bucket="one", prefix="y/"))
    desired = samples.desire(settings_for(*Workflow, inputs=inputs))
    found = of_kind(desired, BucketPolicyStatements)
    assert [one.bucket for one in found] == ["one", "two", "acme-results"]
    for one in found:
        for statement in one.statements:
            for resource in samples.several(statement["Resource"]):
                assert str(resource).removeprefix("arn:aws:s3:::").split("/")[0] == one.bucket


def test_the_strict_form_puts_each_action_on_the_kind_of_resource_that_it_works_on() -> None:
    desired = samples.desire(settings_for(*Workflow, hardening=Hardening.STRICT))
    for statement in (*samples.role_policy(desired), *samples.bucket_policy(desired, "acme-results")):
        if LIST in samples.several(statement["Action"]):
            assert samples.several(statement["Action"]) == [LIST]
            assert all("/" not in str(resource) for resource in samples.several(statement["Resource"]))
        elif str(samples.several(statement["Action"])[0]).startswith("s3:"):
            assert all("/" in str(resource) for resource in samples.several(statement["Resource"]))


def test_the_documented_form_is_one_statement_for_each_direction_as_in_the_guide() -> None:
    desired = samples.desire(settings_for(Workflow.EXPORT))
    (statement,) = samples.bucket_policy(desired, "acme-results")
    assert statement["Action"] == [PUT, LIST]
    assert statement["Resource"] == ["arn:aws:s3:::acme-results", "arn:aws:s3:::acme-results/out/*"]
    assert samples.bucket_policy(desired, "acme-data") == []


@pytest.mark.parametrize(("workflow", "check"), [(Workflow.EXPORT, "unused-input"), (Workflow.IMPORT, "unused-output")])
def test_a_location_that_nothing_uses_is_noted_and_gets_nothing(workflow: Workflow, check: str) -> None:
    desired = samples.desire(settings_for(workflow))
    (finding,) = desired.findings
    assert finding.check == check
    bucket = finding.resource.removeprefix("s3://").split("/")[0]
    assert bucket not in str(desired.resources)


def test_no_location_is_noted_where_all_are_used() -> None:
    assert samples.desire(settings_for(Workflow.BATCH)).findings == ()
