"""S3: buckets with their policies, by path or by host."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.server.iam import escaped
from benchmarks.server.world import ACCOUNT, MADE, REGION, Refused, World

_SPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
_HOST = re.compile(r"(?P<bucket>.+?)\.s3[.-][a-z0-9.-]*amazonaws\.com.*|(?P<local>.+)\.localhost(:\d+)?")
_OWNER = "x-amz-expected-bucket-owner"
_PARTS = {
    "policy": "BucketPolicy",
    "encryption": "BucketEncryption",
    "publicAccessBlock": "PublicAccessBlock",
    "location": "BucketLocation",
    "acl": "BucketAcl",
    "ownershipControls": "BucketOwnershipControls",
    "policyStatus": "BucketPolicyStatus",
    "": "Bucket",
}


@dataclass
class Reply:
    """What S3 says."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def bucket_of(path: str, headers: Mapping[str, str]) -> str:
    """Return the bucket that a request is about; empty if it is about all."""
    found = _HOST.fullmatch(headers.get("host", ""))
    if found:
        return found["bucket"] or found["local"]
    return path.strip("/").partition("/")[0]


def name_of(verb: str, bucket: str, query: Mapping[str, str]) -> str:
    if not bucket:
        return "ListBuckets"
    part = next((name for name in _PARTS if name in query), "")
    return verb.title() + _PARTS[part]


def answer(  # noqa: C901, PLR0911 - one line per operation: a table
    world: World, name: str, bucket: str, query: Mapping[str, str], headers: Mapping[str, str], body: str
) -> Reply:
    """Answer one request."""
    if name == "ListBuckets":
        return Reply(_buckets(world, query))
    one = world.bucket(bucket)
    if headers.get(_OWNER, ACCOUNT) != ACCOUNT:
        raise Refused("AccessDenied", "Access Denied", 403)
    match name:
        case "HeadBucket":
            return Reply(headers={"x-amz-bucket-region": REGION})
        case "GetBucketLocation":
            return Reply(f"<LocationConstraint {_SPACE}>{REGION}</LocationConstraint>".encode())
        case "GetBucketPolicy":
            if one.policy is None:
                raise Refused("NoSuchBucketPolicy", "The bucket policy does not exist", 404)
            return Reply(one.policy.encode(), headers={"Content-Type": "application/json"})
        case "PutBucketPolicy":
            world.refuse_strangers(body, "MalformedPolicy")
            one.policy = body
            return Reply(status=204)
        case "DeleteBucketPolicy":
            one.policy = None
            return Reply(status=204)
        case "GetBucketEncryption":
            kind = "aws:kms" if one.key else "AES256"
            key = f"<KMSMasterKeyID>{one.key}</KMSMasterKeyID>" if one.key else ""
            default = f"<SSEAlgorithm>{kind}</SSEAlgorithm>{key}"
            return Reply(_wrapped("ServerSideEncryptionConfiguration", f"<Rule>{_wrapped_default(default)}</Rule>"))
        case "GetPublicAccessBlock":
            blocks = str(one.blocks_public).lower()
            settings = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
            inner = "".join(f"<{each}>{blocks}</{each}>" for each in settings)
            return Reply(_wrapped("PublicAccessBlockConfiguration", inner))
        case "GetBucketOwnershipControls":
            return Reply(
                _wrapped("OwnershipControls", "<Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>")
            )
    raise Refused("AccessDenied", f"not authorized to perform {name}", 403)


def _wrapped(name: str, inner: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?><{name} {_SPACE}>{inner}</{name}>'.encode()


def _wrapped_default(default: str) -> str:
    return f"<ApplyServerSideEncryptionByDefault>{default}</ApplyServerSideEncryptionByDefault>"


def _buckets(world: World, query: Mapping[str, str]) -> bytes:
    names = list(world.buckets)
    start, size = int(query.get("continuation-token", 0)), int(query.get("max-buckets", 10000))
    made = f"<CreationDate>{MADE}</CreationDate><BucketRegion>{REGION}</BucketRegion>"
    inner = "".join(f"<Bucket><Name>{name}</Name>{made}</Bucket>" for name in names[start : start + size])
    more = f"<ContinuationToken>{start + size}</ContinuationToken>" if len(names) > start + size else ""
    owner = f"<Owner><ID>{'0' * 64}</ID></Owner>"
    return _wrapped("ListAllMyBucketsResult", f"{owner}<Buckets>{inner}</Buckets>{more}")


def refusal(refused: Refused, bucket: str) -> Reply:
    inner = f"<Code>{refused.code}</Code><Message>{escaped(refused.message)}</Message><BucketName>{bucket}</BucketName>"
    headers = {"x-amz-bucket-region": REGION} if refused.status == 403 else {}
    return Reply(f"<Error>{inner}</Error>".encode(), refused.status, headers)
