"""The server that benchmarks run against answers as AWS does: botocore understands it, errors and pages included."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from benchmarks.running import REGION, Server, depth

BUCKET = "acme-0000"
ROLE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "x.amazonaws.com"}}]}


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def server(running: Server) -> Server:
    running.reset(buckets=3)
    return running


def client(server: Server, service: str, **more: Any) -> Any:
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    return boto3.client(service, region_name=REGION, endpoint_url=server.plain, config=config, **more)


def code(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response = error.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_the_caller_is_known(server: Server) -> None:
    assert client(server, "sts").get_caller_identity()["Account"] == "111122223333"


def test_a_bucket_policy_is_kept_byte_for_byte(server: Server) -> None:
    s3 = client(server, "s3")
    theirs = s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    assert "\n    " in theirs
    ours = theirs.replace("Logs", "Log\\u0073")
    s3.put_bucket_policy(Bucket=BUCKET, Policy=ours)
    assert s3.get_bucket_policy(Bucket=BUCKET)["Policy"] == ours == server.bucket_policies()[BUCKET]
    s3.delete_bucket_policy(Bucket=BUCKET)
    with pytest.raises(ClientError) as error:
        s3.get_bucket_policy(Bucket=BUCKET)
    assert code(error) == ("NoSuchBucketPolicy", 404)


def test_buckets_come_in_pages_with_their_region_and_their_key(server: Server) -> None:
    s3 = client(server, "s3")
    pages = list(s3.get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": 2}))
    assert [[bucket["Name"] for bucket in page["Buckets"]] for page in pages] == [
        ["acme-0000", "acme-0001"],
        ["acme-0002"],
    ]
    assert pages[0]["Buckets"][0]["BucketRegion"] == REGION
    rules = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"].startswith("arn:aws:kms:")
    assert s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] is True
    head = s3.head_bucket(Bucket=BUCKET)["ResponseMetadata"]["HTTPHeaders"]
    assert head["x-amz-bucket-region"] == REGION


def test_another_owner_and_a_missing_bucket_are_refused(server: Server) -> None:
    s3 = client(server, "s3")
    with pytest.raises(ClientError) as error:
        s3.get_bucket_policy(Bucket=BUCKET, ExpectedBucketOwner="999999999999")
    assert code(error) == ("AccessDenied", 403)
    with pytest.raises(ClientError) as error:
        s3.get_bucket_policy(Bucket="acme-none")
    assert code(error) == ("NoSuchBucket", 404)
    with pytest.raises(ClientError) as error:
        s3.head_bucket(Bucket="acme-none")
    assert code(error) == ("404", 404)


def test_policies_and_roles_live_as_in_iam(server: Server) -> None:
    iam = client(server, "iam")
    text = json.dumps(ROLE)
    tags = [{"Key": "team", "Value": "a&b <c>"}]
    arn = iam.create_policy(PolicyName="p", PolicyDocument=text, Tags=tags)["Policy"]["Arn"]
    assert iam.get_policy(PolicyArn=arn)["Policy"]["Tags"] == tags
    with pytest.raises(ClientError) as error:
        iam.create_policy(PolicyName="p", PolicyDocument=text)
    assert code(error) == ("EntityAlreadyExists", 409)
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=text, Tags=tags)["Role"]
    assert role["AssumeRolePolicyDocument"] == ROLE
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    assert iam.list_entities_for_policy(PolicyArn=arn)["PolicyRoles"][0]["RoleName"] == "r"
    with pytest.raises(ClientError) as error:
        iam.delete_role(RoleName="r")
    assert code(error) == ("DeleteConflict", 409)
    assert iam.create_policy_version(PolicyArn=arn, PolicyDocument="{}", SetAsDefault=True)["PolicyVersion"] == {
        **iam.list_policy_versions(PolicyArn=arn)["Versions"][1],
        "IsDefaultVersion": True,
    }
    assert iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"] == ROLE
    with pytest.raises(ClientError) as error:
        iam.get_role(RoleName="none")
    assert code(error) == ("NoSuchEntity", 404)
    with pytest.raises(ClientError) as error:
        iam.simulate_principal_policy(PolicySourceArn=role["Arn"], ActionNames=["s3:GetObject"])
    assert code(error) == ("AccessDenied", 403)
    assert iam.get_account_summary()["SummaryMap"]["AssumeRolePolicySizeQuota"] == 2048


def test_the_whole_of_iam_comes_in_pages(server: Server) -> None:
    server.reset(roles=250)
    iam = client(server, "iam")
    pages = list(iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 100}))
    assert len(pages) == 3
    roles = [role for page in pages for role in page["RoleDetailList"]]
    assert len(roles) == 250
    assert roles[0]["RolePolicyList"][0]["PolicyDocument"]["Statement"][0]["Effect"] == "Allow"
    assert len(list(iam.get_paginator("list_roles").paginate())) == 3


def test_keys_have_policies_aliases_and_grants(server: Server) -> None:
    kms = client(server, "kms")
    key = kms.describe_key(KeyId="alias/acme-data")["KeyMetadata"]["Arn"]
    assert "Backups" in kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    grant = kms.create_grant(KeyId=key, GranteePrincipal="x", Operations=["Decrypt"], Name="n")["GrantId"]
    assert [found["GrantId"] for found in kms.list_grants(KeyId=key)["Grants"]] == [grant]
    kms.revoke_grant(KeyId=key, GrantId=grant)
    assert kms.list_grants(KeyId=key)["Grants"] == []
    assert kms.list_aliases()["Aliases"][0]["AliasName"] == "alias/acme-data"
    with pytest.raises(ClientError) as error:
        kms.describe_key(KeyId="none")
    assert code(error) == ("NotFoundException", 400)


def test_a_policy_may_name_only_who_is_there(server: Server) -> None:
    policy = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/none"}}]}
    with pytest.raises(ClientError) as error:
        client(server, "s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
    assert code(error) == ("MalformedPolicy", 400)
    with pytest.raises(ClientError) as error:
        client(server, "kms").put_key_policy(KeyId="alias/acme-data", PolicyName="default", Policy=json.dumps(policy))
    assert code(error) == ("MalformedPolicyDocumentException", 400)


def test_it_speaks_tls_also_for_the_names_of_buckets(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in server.environment(Path(), how="names").items():
        if name in ("AWS_CA_BUNDLE", "HTTPS_PROXY", "NO_PROXY"):
            monkeypatch.setenv(name, value)
    s3 = boto3.client("s3", region_name=REGION, config=Config(s3={"addressing_style": "virtual"}))
    assert "TlsOnly" in s3.get_bucket_policy(Bucket="acme-0001")["Policy"]
    assert s3.meta.endpoint_url.endswith(".amazonaws.com")
    calls, connections = server.asked()
    assert ([name for name, *_ in calls], connections) == (["s3:GetBucketPolicy"], 1)


def test_each_request_takes_its_latency_and_is_written_down(server: Server) -> None:
    server.reset(buckets=1, latency=0.05, connecting=0.1)
    s3 = client(server, "s3")
    for _ in range(2):
        s3.head_bucket(Bucket=BUCKET)
    calls, connections = server.asked()
    took = [ended - begun for _, begun, ended, _ in calls]
    assert took[0] >= 0.15
    assert 0.05 <= took[1] < took[0]
    assert connections == 1


def test_the_depth_is_the_longest_chain_of_requests_that_waited_for_each_other() -> None:
    assert depth([]) == 0
    assert depth([(0, 1), (0, 1), (0.5, 3), (1, 2), (2, 3)]) == 3
    assert depth([(0, 10), (1, 2), (3, 4), (5, 6), (7, 8)]) == 4
