"""S3 as this program sees it: buckets by name, always as those of one account.

Every call on a bucket names the expected owner, so that a bucket of that name in another account is refused by AWS
instead of being read or written.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
"""

from typing import TYPE_CHECKING, Final, cast

from personalize_perms.aws.errors import AwsError, Fault, answered, is_web_page, looked_up, translated
from personalize_perms.aws.session import AwsSession
from personalize_perms.model.live import Absent, Present, Read
from personalize_perms.model.names import AccountId
from personalize_perms.model.operations import PutBucketPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3 import S3Client

_PAGE: Final = 1000
_KMS_ALGORITHMS: Final = frozenset({"aws:kms", "aws:kms:dsse"})
_REGION_HEADER: Final = "x-amz-bucket-region"
_MOVED: Final = "301"


class S3:
    """Reads and writes of the buckets of `account`."""

    def __init__(self, session: AwsSession, account: AccountId) -> None:
        self._session = session
        self._account = account

    @property
    def _reads(self) -> "S3Client":
        return cast("S3Client", self._session.reader("s3"))

    @property
    def _writes(self) -> "S3Client":
        return cast("S3Client", self._session.writer("s3"))

    def read_bucket_region(self, bucket: str, owner: str = "") -> Read[str]:
        """Read where a bucket of this account, or of `owner`, is. S3 says so even where it refuses everything else."""
        try:
            with translated("s3:ListBucket", bucket):
                answer = self._reads.head_bucket(Bucket=bucket, ExpectedBucketOwner=owner or self._account)
                return Present(answer["ResponseMetadata"]["HTTPHeaders"][_REGION_HEADER])
        except AwsError as error:
            if error.bucket_region and (error.fault is Fault.DENIED or error.code == _MOVED):
                return Present(error.bucket_region)
            return answered(error)

    def read_bucket_policy(self, bucket: str) -> Read[str]:
        """Read the text of the bucket policy as it is stored."""

        def ask() -> str:
            answer = self._reads.get_bucket_policy(Bucket=bucket, ExpectedBucketOwner=self._account)
            return _whole(answer["Policy"], answer["ResponseMetadata"]["HTTPHeaders"])

        return looked_up("s3:GetBucketPolicy", bucket, ask)

    def read_bucket_encryption(self, bucket: str) -> Read[str]:
        """Read the KMS key of the default encryption as the bucket names it: an ARN, an id or an alias.

        Absent where it is not SSE-KMS; empty where SSE-KMS names no key, which means the AWS managed one.
        """

        def ask() -> str | None:
            answer = self._reads.get_bucket_encryption(Bucket=bucket, ExpectedBucketOwner=self._account)
            for rule in answer["ServerSideEncryptionConfiguration"]["Rules"]:
                default = rule.get("ApplyServerSideEncryptionByDefault")
                if default and default["SSEAlgorithm"] in _KMS_ALGORITHMS:
                    return default.get("KMSMasterKeyID", "")
            return None

        found = looked_up("s3:GetEncryptionConfiguration", bucket, ask)
        if not isinstance(found, Present):
            return found
        return Absent() if found.value is None else Present(found.value)

    def read_blocks_public_policies(self, bucket: str) -> Read[bool]:
        """Read whether S3 refuses to store a public policy for the bucket; the account's own setting is not read."""

        def ask() -> bool:
            answer = self._reads.get_public_access_block(Bucket=bucket, ExpectedBucketOwner=self._account)
            return answer["PublicAccessBlockConfiguration"].get("BlockPublicPolicy", False)

        return looked_up("s3:GetBucketPublicAccessBlock", bucket, ask)

    def read_buckets(self) -> "Read[Mapping[str, str]]":
        """Read the Region of every bucket of the account by name; empty where the list does not say."""

        def ask() -> dict[str, str]:
            # Regions are only in paged answers, and only AWS's own have them.
            pages = self._reads.get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": _PAGE})
            return {bucket["Name"]: bucket.get("BucketRegion", "") for page in pages for bucket in page["Buckets"]}

        return looked_up("s3:ListAllMyBuckets", "*", ask)

    def read_prefixes(self, bucket: str, prefix: str) -> Read[tuple[str, ...]]:
        """Read the prefixes one level below `prefix`, as far as one page of the list shows them.

        A bucket with millions of objects on one level is not walked: what is missing can be typed.
        """

        def ask() -> tuple[str, ...]:
            answer = self._reads.list_objects_v2(
                Bucket=bucket, Prefix=prefix, Delimiter="/", MaxKeys=_PAGE, ExpectedBucketOwner=self._account
            )
            return tuple(one["Prefix"] for one in answer.get("CommonPrefixes", ()))

        return looked_up("s3:ListBucket", bucket, ask)

    def write_bucket_policy(self, op: PutBucketPolicy) -> None:
        """Replace the bucket policy, or delete it where nothing is left of it."""
        if op.document_json is None:
            with translated("s3:DeleteBucketPolicy", op.bucket):
                self._writes.delete_bucket_policy(Bucket=op.bucket, ExpectedBucketOwner=self._account)
        else:
            with translated("s3:PutBucketPolicy", op.bucket):
                self._writes.put_bucket_policy(
                    Bucket=op.bucket, Policy=op.document_json, ExpectedBucketOwner=self._account
                )


def _whole(text: str, headers: "Mapping[str, str]") -> str:
    """Return the body of an answer that is a document itself; raise `KeyError` if it is not all of one.

    Here no parser notices what is cut short, or comes from something between here and AWS.
    """
    length = "" if "content-encoding" in headers else headers.get("content-length", "")
    if not text or is_web_page(text) or (length.isdecimal() and int(length) != len(text.encode())):
        raise KeyError("the whole document")
    return text
