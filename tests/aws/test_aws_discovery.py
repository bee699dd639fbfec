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


def _admitting(bucket: str, **more: object) -> str:
    statement = {"Principal": {"Service": ["personalize.amazonaws.com"]}, "Action": "s3:GetObject", **more}
    return json.dumps({"Statement": [{"Effect": "Allow", "Resource": f"arn:aws:s3:::{bucket}/*", **statement}]})


def test_buckets_of_the_region_come_first_where_the_list_names_regions(account: Account) -> None:
    class Listing:
        def read_buckets(self):
            return Present({"a-elsewhere": "ap-south-1", "c-here": "eu-west-1", "b-unknown": ""})

    found = Discovery(replace(account, s3=Listing())).read_buckets()  # type: ignore[arg-type]

    assert _labels(found) == ["b-unknown", "c-here", "a-elsewhere"]


def test_each_bucket_is_described_when_it_is_looked_at(account: Account, wire: Wire) -> None:
    _make_bucket(account, "a-elsewhere", "ap-south-1")
    for name in ("b-plain", "c-managed", "d-own"):
        _make_bucket(account, name)
    _encrypt(account, "c-managed", {"SSEAlgorithm": "aws:kms"})
    _encrypt(account, "d-own", {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/acme"})
    discovery = Discovery(account)
    assert sorted(_labels(discovery.read_buckets())) == ["a-elsewhere", "b-plain", "c-managed", "d-own"]
    assert [discovery.describe_bucket(name) for name in ("b-plain", "c-managed", "d-own", "a-elsewhere")] == [
        "eu-west-1, SSE-S3",
        "eu-west-1, SSE-KMS with AWS's own key, which Amazon Personalize cannot use",
        "eu-west-1, SSE-KMS, alias/acme",
        "ap-south-1: another Region, so it cannot be used",
    ]
    assert discovery.bucket_keys == {"d-own": "alias/acme"}


def test_a_key_is_called_by_its_alias_where_aliases_may_be_listed(account: Account, wire: Wire) -> None:
    kms = account.kms._writes
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/acme", TargetKeyId=arn)
    _make_bucket(account, "acme")
    _encrypt(account, "acme", {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn})
    assert Discovery(account).describe_bucket("acme") == "eu-west-1, SSE-KMS, alias/acme"
    wire.refuses("kms", "ListAliases", "AccessDenied", 403)
    assert Discovery(account).describe_bucket("acme") == f"eu-west-1, SSE-KMS, {arn}"


def test_a_bucket_that_lets_personalize_in_already_says_so(account: Account, wire: Wire) -> None:
    for name in ("allowed", "denied", "locked"):
        _make_bucket(account, name)
    put = account.s3._writes.put_bucket_policy
    put(Bucket="allowed", Policy=_admitting("allowed"))
    put(Bucket="denied", Policy=_admitting("denied", Effect="Deny"))
    discovery = Discovery(account)
    assert discovery.describe_bucket("allowed").endswith("already lets Amazon Personalize in")
    assert "lets" not in discovery.describe_bucket("denied")
    wire.refuses("s3", "GetBucketPolicy", "AccessDenied", 403)
    assert discovery.describe_bucket("locked") == "eu-west-1, SSE-S3, bucket policy not readable"


def test_a_bucket_of_which_little_may_be_read_can_still_be_chosen(account: Account, wire: Wire) -> None:
    _make_bucket(account, "acme")
    wire.refuses("s3", "GetBucketEncryption", "AccessDenied", 403)
    assert Discovery(account).describe_bucket("acme") == "eu-west-1, encryption not readable"
    wire.answers("s3", "HeadBucket", lambda: answer(403))
    assert Discovery(account).describe_bucket("acme") == "Region unknown, encryption not readable"


def test_a_failure_for_one_bucket_is_said_beside_it(account: Account, wire: Wire) -> None:
    _make_bucket(account, "acme")
    wire.refuses("s3", "GetBucketEncryption", "InvalidRequest", 400)
    assert Discovery(account).describe_bucket("acme") == "eu-west-1, InvalidRequest when asked for more"


def test_prefixes_are_those_of_one_level_and_none_that_would_widen_a_policy(account: Account) -> None:
    _make_bucket(account, "acme")
    for key in ("in/a.csv", "in/2026/b.csv", "out/", "x*/c.csv", "top.csv", "données/d.csv", "/e.csv"):
        account.s3._writes.put_object(Bucket="acme", Key=key, Body=b"")
    assert _labels(Discovery(account).read_prefixes("acme", "")) == ["in/", "out/"]
    assert _labels(Discovery(account).read_prefixes("acme", "in/")) == ["in/2026/"]


def test_what_is_in_a_bucket_may_be_hidden(account: Account, wire: Wire) -> None:
    _make_bucket(account, "acme")
    wire.refuses("s3", "ListObjectsV2", "AccessDenied", 403)
    assert isinstance(Discovery(account).read_prefixes("acme", ""), Unreadable)


def test_a_key_is_described_by_its_state_and_kind(account: Account, wire: Wire) -> None:
    kms = account.kms._writes
    usable, disabled = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    pair = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    kms.disable_key(KeyId=disabled.rpartition("/")[2])
    discovery = Discovery(account)
    assert discovery.describe_key(usable) == "enabled"
    assert discovery.describe_key(disabled) == "Disabled: it cannot be used now"
    assert "needs a symmetric key" in discovery.describe_key(pair)
    wire.refuses("kms", "DescribeKey", "AccessDeniedException", 400)
    assert discovery.describe_key(usable) == "state not readable"


def test_a_role_is_described_by_the_policies_that_it_keeps(account: Account, wire: Wire) -> None:
    _make_role(account, "used", {"Statement": PERSONALIZE})
    _make_role(account, "bare", {"Statement": PERSONALIZE})
    policy = account.iam._writes.create_policy(
        PolicyName="everything",
        PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
        ),
    )["Policy"]["Arn"]
    account.iam._writes.attach_role_policy(RoleName="used", PolicyArn=policy)
    discovery = Discovery(account)
    arn = "arn:aws:iam::123456789012:role/"
    assert discovery.describe_role(f"{arn}used") == "has everything"
    assert discovery.describe_role(f"{arn}bare") == "has no managed policy"
    wire.refuses("iam", "ListAttachedRolePolicies", "AccessDenied", 403)
    assert discovery.describe_role(f"{arn}used") == "policies not readable"


def test_the_alias_of_the_account_is_read_where_there_is_one(account: Account, wire: Wire) -> None:
    assert account.iam.read_account_alias() == Absent()
    account.iam._writes.create_account_alias(AccountAlias="acme-prod")
    assert account.iam.read_account_alias() == Present("acme-prod")
    wire.refuses("iam", "ListAccountAliases", "AccessDenied", 403)
    assert isinstance(account.iam.read_account_alias(), Unreadable)


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
    assert found.value[0].note == "lets Personalize in without source conditions"
    assert found.value[1].note == ""
    assert found.value[2].note.endswith("also for glue.amazonaws.com")


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
