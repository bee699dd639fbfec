import json
from dataclasses import replace

import boto3
import pytest
from wire import Wire, answer

from personalize_perms.aws.account import Account
from personalize_perms.aws.discovery import Choice, Discovery, profiles, regions
from personalize_perms.model.live import Absent, Present, Unreadable

PERSONALIZE = {"Effect": "Allow", "Principal": {"Service": "personalize.amazonaws.com"}, "Action": "sts:AssumeRole"}


def _make_bucket(account: Account, name: str, region: str = "eu-west-1") -> None:
    place = account.caller.place
    s3 = account.s3._writes if region == place.region else boto3.client("s3", region_name=region)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})


def _encrypt(account: Account, name: str, default: dict[str, str]) -> None:
    account.s3._writes.put_bucket_encryption(
        Bucket=name, ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
    )


def _make_role(account: Account, name: str, document: object) -> None:
    text = document if isinstance(document, str) else json.dumps(document)
    account.iam._writes.create_role(RoleName=name, AssumeRolePolicyDocument=text)


def _labels(found: object) -> list[str]:
    assert isinstance(found, Present)
    return [choice.label for choice in found.value]


def test_buckets_show_region_and_encryption_and_those_of_the_region_come_first(account: Account) -> None:
    _make_bucket(account, "a-elsewhere", "ap-south-1")
    for name in ("b-plain", "c-managed", "d-own"):
        _make_bucket(account, name)
    _encrypt(account, "c-managed", {"SSEAlgorithm": "aws:kms"})
    _encrypt(account, "d-own", {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/acme"})
    found = Discovery(account).read_buckets()
    assert _labels(found) == [
        "b-plain (eu-west-1, SSE-S3)",
        "c-managed (eu-west-1, SSE-KMS, AWS managed key)",
        "d-own (eu-west-1, SSE-KMS, alias/acme)",
        "a-elsewhere (ap-south-1, another Region)",
    ]
    assert isinstance(found, Present)
    assert found.value[0].value == "b-plain"


def test_a_bucket_of_which_little_may_be_read_can_still_be_chosen(account: Account, wire: Wire) -> None:
    _make_bucket(account, "acme")
    wire.refuses("s3", "GetBucketEncryption", "AccessDenied", 403)
    assert _labels(Discovery(account).read_buckets()) == ["acme (eu-west-1, encryption not readable)"]
    wire.answers("s3", "HeadBucket", lambda: answer(403))
    assert _labels(Discovery(account).read_buckets()) == ["acme (Region unknown, another Region)"]


def test_a_failure_for_one_bucket_does_not_end_the_list(account: Account, wire: Wire) -> None:
    _make_bucket(account, "acme")
    wire.refuses("s3", "GetBucketEncryption", "InvalidRequest", 400)
    assert _labels(Discovery(account).read_buckets()) == ["acme (eu-west-1, InvalidRequest when asked for more)"]


@pytest.mark.parametrize(
    ("service", "operation", "method"),
    [
        ("s3", "ListBuckets", "read_buckets"),
        ("kms", "ListAliases", "read_keys"),
        ("iam", "ListRoles", "read_service_roles"),
        ("iam", "ListUsers", "read_users"),
        ("iam", "ListGroups", "read_groups"),
    ],
)
def test_what_may_not_be_listed_is_unreadable(account: Account, wire: Wire, service, operation, method) -> None:
    wire.refuses(service, operation, "AccessDenied", 403)
    assert isinstance(getattr(Discovery(account), method)(), Unreadable)


def test_keys_are_offered_by_alias_with_their_arn(account: Account) -> None:
    kms = account.kms._writes
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/acme", TargetKeyId=key["KeyId"])
    assert Discovery(account).read_keys() == Present((Choice(value=key["Arn"], label=f"alias/acme ({key['KeyId']})"),))


def test_service_roles_are_those_whose_trust_policy_lets_personalize_in(account: Account) -> None:
    conditions = {"StringEquals": {"AWS:SourceAccount": "123456789012"}}
    _make_role(account, "a-open", {"Statement": PERSONALIZE})
    _make_role(account, "b-tight", {"Statement": [PERSONALIZE | {"Condition": conditions}]})
    shared = {"Service": ["glue.amazonaws.com", "personalize.amazonaws.com"]}
    _make_role(account, "c-shared", {"Statement": [PERSONALIZE | {"Principal": shared, "Condition": {"Bool": {}}}]})
    _make_role(account, "d-both", {"Statement": [PERSONALIZE | {"Condition": conditions}, PERSONALIZE]})
    _make_role(account, "e-denied", {"Statement": [PERSONALIZE | {"Effect": "Deny"}]})
    _make_role(account, "f-other", {"Statement": [PERSONALIZE | {"Principal": {"Service": "glue.amazonaws.com"}}]})
    _make_role(account, "g-everyone", {"Statement": [PERSONALIZE | {"Principal": "*"}]})
    _make_role(account, "h-broken", "not JSON")

    found = Discovery(account).read_service_roles()

    assert isinstance(found, Present)
    assert [(choice.value.rpartition("/")[2], choice.is_open) for choice in found.value] == [
        ("a-open", True),
        ("b-tight", False),
        ("c-shared", True),
        ("d-both", True),
    ]
    assert "without source conditions" in found.value[0].label
    assert found.value[1].label == "b-tight"


def test_users_are_offered_by_name_with_their_arn_and_groups_by_name(account: Account) -> None:
    iam = account.iam._writes
    for name in ("grace", "ada"):
        iam.create_user(UserName=name, Path="/team/")
    iam.create_group(GroupName="science")
    discovery = Discovery(account)
    assert _labels(discovery.read_users()) == ["ada", "grace"]
    users = discovery.read_users()
    assert isinstance(users, Present)
    assert users.value[0].value == "arn:aws:iam::123456789012:user/team/ada"
    assert discovery.read_groups() == Present((Choice(value="science", label="science"),))


def test_no_more_calls_are_in_flight_than_there_are_workers(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    bounds: list[int] = []

    class Pool:
        def __init__(self, max_workers: int) -> None:
            bounds.append(max_workers)

        def __enter__(self):
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def map(self, function, items):
            return map(function, items)

    monkeypatch.setattr("personalize_perms.aws.discovery.ThreadPoolExecutor", Pool)
    _make_bucket(account, "acme")
    Discovery(replace(account, workers=3)).read_buckets()
    assert bounds == [3]


def test_nothing_to_list_is_an_empty_list_and_not_absent(account: Account) -> None:
    found = Discovery(account).read_buckets()
    assert found == Present(())
    assert found != Absent()


def test_regions_are_those_with_personalize() -> None:
    assert {"eu-west-1", "cn-north-1"} <= set(regions())
    assert "eu-north-1" not in regions()


def test_profiles_are_those_of_the_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    assert profiles() == ()
    (tmp_path / "config").write_text("[profile team]\nregion = eu-west-1\n[default]\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    assert profiles() == ("default", "team")
