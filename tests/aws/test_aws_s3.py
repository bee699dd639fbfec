import pytest
from wire import Wire, answer, refusal

from personalize_perms.aws.account import Account
from personalize_perms.aws.errors import AwsError, Fault
from personalize_perms.model.live import Absent, Present, Unreadable
from personalize_perms.model.operations import PutBucketPolicy

POLICY = '{"Version":"2008-10-17",\n "Id":"é %2F","Id":"again", "Statement":[]}'
KEY = "arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-4000-8000-000000000000"


@pytest.fixture
def bucket(account: Account) -> str:
    account.s3._writes.create_bucket(Bucket="acme", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return "acme"


def _encrypt(account: Account, rule: dict[str, object]) -> None:
    account.s3._writes.put_bucket_encryption(Bucket="acme", ServerSideEncryptionConfiguration={"Rules": [rule]})


def _put(account: Account, text: str | None) -> None:
    account.s3.write_bucket_policy(PutBucketPolicy(bucket="acme", before_json=None, document_json=text))


def test_a_bucket_policy_is_stored_and_read_byte_for_byte_and_deleted(account: Account, bucket: str) -> None:
    assert account.s3.read_bucket_policy(bucket) == Absent()
    _put(account, POLICY)
    assert account.s3.read_bucket_policy(bucket) == Present(POLICY)
    _put(account, None)
    assert account.s3.read_bucket_policy(bucket) == Absent()


@pytest.mark.parametrize(
    ("body", "length"),
    [('{"Statement":[]', "16"), ('{"Statement":[]}', "99"), ("", "0"), (" <!DOCTYPE html><p>Sign in", "26")],
)
def test_a_bucket_policy_that_did_not_arrive_whole_is_asked_for_again_and_never_believed(
    account: Account, bucket: str, wire: Wire, body: str, length: str
) -> None:
    sent = wire.answers("s3", "GetBucketPolicy", lambda: answer(200, body, content_length=length))
    with pytest.raises(AwsError) as caught:
        account.s3.read_bucket_policy(bucket)
    assert (caught.value.fault, len(sent)) == (Fault.UNKNOWN, 3)


@pytest.mark.parametrize("body", ["", "<!DOCTYPE html><p>Not found", "no such page"])
def test_a_404_that_is_not_of_aws_does_not_make_a_bucket_policy_one_that_is_not_there(
    account: Account, bucket: str, wire: Wire, body: str
) -> None:
    sent = wire.answers("s3", "GetBucketPolicy", lambda: answer(404, body))
    with pytest.raises(AwsError) as caught:
        account.s3.read_bucket_policy(bucket)
    assert (caught.value.fault, len(sent)) == (Fault.UNKNOWN, 3)


def test_a_packed_bucket_policy_has_another_length_than_its_answer(account: Account, bucket: str, wire: Wire) -> None:
    wire.answers("s3", "GetBucketPolicy", lambda: answer(200, "{}", content_length="9", content_encoding="gzip"))
    assert account.s3.read_bucket_policy(bucket) == Present("{}")


def test_every_call_on_a_bucket_names_the_expected_owner(account: Account, bucket: str, wire: Wire) -> None:
    calls = wire.records("s3")
    methods = [name for name in dir(account.s3) if name.startswith("read_bucket_")]
    assert len(methods) == 3
    for name in methods:
        getattr(account.s3, name)(bucket)
    _put(account, POLICY)
    _put(account, None)
    assert {name for name, _ in calls} == {
        "HeadBucket",
        "GetBucketPolicy",
        "GetBucketEncryption",
        "PutBucketPolicy",
        "DeleteBucketPolicy",
    }
    assert all(params["ExpectedBucketOwner"] == "123456789012" for _, params in calls)


def test_the_right_to_lock_oneself_out_is_never_asked_for(account: Account, bucket: str, wire: Wire) -> None:
    calls = wire.records("s3")
    _put(account, POLICY)
    assert [set(params) for _, params in calls] == [{"Bucket", "Policy", "ExpectedBucketOwner"}]
    assert bucket == "acme"


def test_the_region_of_a_bucket_is_read(account: Account, bucket: str) -> None:
    assert account.s3.read_bucket_region(bucket) == Present("eu-west-1")
    assert account.s3.read_bucket_region("nowhere-acme") == Absent()


@pytest.mark.parametrize("status", [301, 403])
def test_the_region_is_known_even_from_a_refusal(account: Account, wire: Wire, status: int) -> None:
    wire.answers("s3", "HeadBucket", lambda: answer(status, x_amz_bucket_region="ap-south-1"))
    assert account.s3.read_bucket_region("acme") == Present("ap-south-1")


def test_a_refusal_without_a_region_is_unreadable(account: Account, wire: Wire) -> None:
    wire.answers("s3", "HeadBucket", lambda: answer(403))
    found = account.s3.read_bucket_region("acme")
    assert isinstance(found, Unreadable)
    assert (found.action, found.resource) == ("s3:ListBucket", "acme")


def test_a_region_in_another_failure_counts_for_nothing(account: Account, wire: Wire) -> None:
    wire.answers("s3", "HeadBucket", lambda: answer(404, x_amz_bucket_region="eu-west-1"))
    assert account.s3.read_bucket_region("acme") == Absent()


def test_a_bucket_without_kms_has_no_key(account: Account, bucket: str) -> None:
    assert account.s3.read_bucket_encryption(bucket) == Absent()
    _encrypt(account, {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}})
    assert account.s3.read_bucket_encryption(bucket) == Absent()


def test_a_rule_without_a_default_is_no_kms(account: Account, bucket: str, wire: Wire) -> None:
    body = (
        "<ServerSideEncryptionConfiguration><Rule><BucketKeyEnabled>true</BucketKeyEnabled></Rule>"
        "</ServerSideEncryptionConfiguration>"
    )
    wire.answers("s3", "GetBucketEncryption", lambda: answer(200, body))
    assert account.s3.read_bucket_encryption(bucket) == Absent()


@pytest.mark.parametrize("algorithm", ["aws:kms", "aws:kms:dsse"])
@pytest.mark.parametrize("key", [KEY, "alias/acme", ""])
def test_the_key_is_given_as_the_bucket_names_it(account: Account, bucket: str, algorithm: str, key: str) -> None:
    default = {"SSEAlgorithm": algorithm} | ({"KMSMasterKeyID": key} if key else {})
    _encrypt(account, {"ApplyServerSideEncryptionByDefault": default})
    assert account.s3.read_bucket_encryption(bucket) == Present(key)


@pytest.mark.parametrize(
    ("operation", "action", "method"),
    [
        ("GetBucketPolicy", "s3:GetBucketPolicy", "read_bucket_policy"),
        ("GetBucketEncryption", "s3:GetEncryptionConfiguration", "read_bucket_encryption"),
    ],
)
@pytest.mark.parametrize(("status", "code"), [(403, "AccessDenied"), (405, "MethodNotAllowed")])
def test_a_denied_read_is_a_value_with_its_iam_action(  # noqa: PLR0917
    account: Account, wire: Wire, operation: str, action: str, method: str, status: int, code: str
) -> None:
    wire.refuses("s3", operation, code, status)
    found = getattr(account.s3, method)("acme")
    assert found == Unreadable(action=action, resource="acme", reason=f"{code}: why")


def test_an_absent_bucket_has_neither_policy_nor_key(account: Account) -> None:
    assert account.s3.read_bucket_policy("nowhere-acme") == Absent()
    assert account.s3.read_bucket_encryption("nowhere-acme") == Absent()


@pytest.mark.parametrize(
    ("status", "code", "text", "fault"),
    [
        (409, "OperationAborted", "conflicting", Fault.CONFLICT),
        (400, "MalformedPolicy", "Invalid principal in policy", Fault.NOT_YET),
        (400, "MalformedPolicy", "Missing required field Action", Fault.REFUSED),
        (503, "SlowDown", "reduce", Fault.THROTTLED),
        (500, "InternalError", "oops", Fault.UNKNOWN),
        (403, "AccessDenied", "no", Fault.DENIED),
    ],
)
def test_a_failed_write_says_what_kind_of_failure_it_is_and_is_sent_once(  # noqa: PLR0917
    account: Account, bucket: str, wire: Wire, status: int, code: str, text: str, fault: Fault
) -> None:
    sent = wire.answers("s3", "PutBucketPolicy", lambda: refusal("s3", status, code, text))
    with pytest.raises(AwsError) as caught:
        _put(account, POLICY)
    assert caught.value.fault is fault
    assert (caught.value.action, caught.value.resource) == ("s3:PutBucketPolicy", bucket)
    assert len(sent) == 1


def test_buckets_are_listed_with_the_region_where_the_list_says_it(account: Account, bucket: str, wire: Wire) -> None:
    assert account.s3.read_buckets() == Present({bucket: ""})
    page = (
        "<ListAllMyBucketsResult><Buckets><Bucket><Name>{}</Name><BucketRegion>{}</BucketRegion></Bucket></Buckets>{}"
        "</ListAllMyBucketsResult>"
    )
    pages = iter(
        [
            page.format("one", "eu-west-1", "<ContinuationToken>more</ContinuationToken>"),
            page.format("two", "us-east-1", ""),
        ]
    )
    wire.answers("s3", "ListBuckets", lambda: answer(200, next(pages)))
    assert account.s3.read_buckets() == Present({"one": "eu-west-1", "two": "us-east-1"})


def test_buckets_that_may_not_be_listed_are_unreadable(account: Account, wire: Wire) -> None:
    wire.refuses("s3", "ListBuckets", "AccessDenied", 403)
    found = account.s3.read_buckets()
    assert isinstance(found, Unreadable)
    assert found.action == "s3:ListAllMyBuckets"
