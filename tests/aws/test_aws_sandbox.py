import json
import os
import sys

import pytest

from personalize_perms.aws.account import open_account
from personalize_perms.aws.discovery import Discovery
from personalize_perms.aws.errors import AwsError, Fault
from personalize_perms.aws.sandbox import SANDBOX_INPUT, SANDBOX_OUTPUT, sandbox
from personalize_perms.aws.session import AwsSession
from personalize_perms.model.errors import SandboxMissing
from personalize_perms.model.live import Absent, PolicyEntities, Present, RoleContents
from personalize_perms.model.names import S3Location
from personalize_perms.model.operations import PutBucketPolicy
from personalize_perms.model.resources import PrincipalKind


@pytest.mark.parametrize(
    ("region", "partition"), [("us-east-1", "aws"), ("eu-west-1", "aws"), ("cn-north-1", "aws-cn")]
)
def test_the_account_is_that_of_a_team_that_has_policies_already(region: str, partition: str) -> None:
    with sandbox(region) as session:
        account = open_account(session, "123456789012")
        data = account.s3.read_bucket_policy("acme-personalize-data")
        results = account.s3.read_bucket_policy("acme-personalize-results")
        key = account.kms.read_key("alias/acme-data")
        assert isinstance(data, Present)
        assert isinstance(results, Present)
        assert isinstance(key, Present)
        assert account.caller.place.partition == partition
        statements = json.loads(data.value)["Statement"]
        assert [statement["Effect"] for statement in statements] == ["Deny", "Allow"]
        assert statements[1]["Principal"]["AWS"] == f"arn:{partition}:iam::123456789012:role/acme-analytics"
        assert json.loads(results.value)["Version"] == "2008-10-17"
        assert account.s3.read_bucket_policy("acme-website-logs") == Absent()
        assert account.s3.read_bucket_encryption("acme-personalize-data") == Present(key.value.arn)
        policy = account.kms.read_key_policy(key.value.arn)
        assert isinstance(policy, Present)
        principals = [statement["Principal"]["AWS"] for statement in json.loads(policy.value)["Statement"]]
        assert principals[0] == f"arn:{partition}:iam::123456789012:root"
        assert len(principals) == 2


def test_people_roles_and_attachments_are_there_to_choose() -> None:
    with sandbox() as session:
        account = open_account(session, None)
        discovery = Discovery(account)
        users, groups = discovery.read_users(), discovery.read_groups()
        roles, keys, buckets = discovery.read_service_roles(), discovery.read_keys(), discovery.read_buckets()
        for found in (users, groups, roles, keys, buckets):
            assert isinstance(found, Present)
        assert [choice.label for choice in users.value] == ["ada", "grace"]
        assert [choice.label for choice in groups.value] == ["data-science"]
        assert [(choice.value.rpartition("/")[2], choice.is_open) for choice in roles.value] == [
            ("legacy-personalize", True)
        ]
        assert [choice.label.split()[0] for choice in keys.value] == ["alias/acme-data"]
        assert len(buckets.value) == 3
        arn = account.caller.place.arn("iam", "policy/acme-analytics-read")
        assert account.iam.read_role_contents("legacy-personalize") == Present(
            RoleContents(attached_policy_arns=(arn,))
        )
        assert account.iam.read_attached_count(PrincipalKind.ROLE, "acme-analytics") == Present(1)
        entities = account.iam.read_policy_entities(arn)
        assert isinstance(entities, Present)
        assert isinstance(entities.value, PolicyEntities)
        assert set(entities.value.roles) == {"acme-analytics", "legacy-personalize"}


def test_the_example_locations_are_in_the_sandboxs_buckets() -> None:
    with sandbox() as session:
        account = open_account(session, None)
        for text in (SANDBOX_INPUT, SANDBOX_OUTPUT):
            assert account.s3.read_bucket_region(S3Location.parse(text).bucket) == Present("us-east-1")


def test_the_persons_own_aws_settings_do_not_matter_and_come_back(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    (tmp_path / "config").write_text("broken\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://evil.example")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://evil.example")
    monkeypatch.setenv("AWS_REGION", "ap-south-1")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    before = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    with sandbox() as session:
        caller = open_account(session, None).caller
        assert (caller.place.region, caller.endpoint) == ("us-east-1", "")
        assert "AWS_SESSION_TOKEN" not in {name for name in os.environ if os.environ[name] == "secret"}
    assert {name: value for name, value in os.environ.items() if name.startswith("AWS_")} == before


def test_the_persons_own_aws_settings_come_back_after_a_failure() -> None:
    before = dict(os.environ)
    with pytest.raises(ZeroDivisionError), sandbox():
        raise ZeroDivisionError
    assert dict(os.environ) == before


def test_nothing_leaves_the_machine_even_when_the_emulator_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    from moto.core.models import botocore_stubber  # noqa: PLC0415

    with sandbox() as session:
        account = open_account(session, None)
        account.iam.read_role("warm")
        monkeypatch.setattr(botocore_stubber, "enabled", False)
        monkeypatch.setattr("time.sleep", lambda _: None)
        with pytest.raises(AwsError) as caught:
            account.iam.read_role("legacy-personalize")
    # Had it gone out, the network block of these tests would have been met instead.
    assert caught.value.fault is Fault.UNKNOWN
    assert caught.value.code in {"ResponseParserError", "501"}


def test_each_sandbox_is_fresh() -> None:
    with sandbox() as session:
        account = open_account(session, None)
        operation = PutBucketPolicy(bucket="acme-personalize-data", before_json=None, document_json=None)
        account.s3.write_bucket_policy(operation)
        assert account.s3.read_bucket_policy("acme-personalize-data") == Absent()
    with sandbox() as session:
        assert isinstance(open_account(session, None).s3.read_bucket_policy("acme-personalize-data"), Present)


def test_without_the_extra_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "moto", None)
    before = dict(os.environ)
    with pytest.raises(SandboxMissing) as caught, sandbox():
        pass
    assert caught.value.hint == "pip install 'personalize-perms[sandbox]'"
    assert dict(os.environ) == before


def test_the_sandbox_gives_a_session_like_any_other() -> None:
    with sandbox() as session:
        assert isinstance(session, AwsSession)
