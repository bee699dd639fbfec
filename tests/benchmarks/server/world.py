"""What is in the account: documents are kept byte for byte, and others were there before us."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ACCOUNT = "111122223333"
REGION = "eu-west-1"
GROUP = "data-science"
KEY_ID = "0f5c4b53-9d3c-4b1e-8c1e-2f105f3b41c5"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{KEY_ID}"
MADE = "2026-01-15T09:30:00Z"


class Refused(Exception):  # noqa: N818 - an answer of AWS, not a mistake
    """AWS does not do this."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status


@dataclass
class Policy:
    arn: str
    versions: dict[str, str]
    default: str = "v1"
    description: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    holders: set[tuple[str, str]] = field(default_factory=set)
    made: int = 1

    @property
    def name(self) -> str:
        return self.arn.rpartition("/")[2]

    @property
    def path(self) -> str:
        return "/" + self.arn.partition("/")[2].removesuffix(self.name)


@dataclass
class Principal:
    """A user, group or role."""

    kind: str
    name: str
    path: str = "/"
    trust: str = ""
    description: str = ""
    boundary: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    inline: dict[str, str] = field(default_factory=dict)
    attached: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{ACCOUNT}:{self.kind}{self.path}{self.name}"

    @property
    def unique_id(self) -> str:
        prefix = {"user": "AIDA", "group": "AGPA", "role": "AROA"}[self.kind]
        return f"{prefix}{abs(hash(self.name)):016X}"[:20]


@dataclass
class Bucket:
    name: str
    policy: str | None = None
    key: str = ""
    blocks_public: bool = True


@dataclass
class Key:
    key_id: str
    policy: str
    aliases: list[str] = field(default_factory=list)
    grants: list[dict[str, Any]] = field(default_factory=list)

    @property
    def arn(self) -> str:
        return f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{self.key_id}"


class World:
    """One account in one Region."""

    def __init__(self, buckets: int = 0, roles: int = 0) -> None:
        self.policies: dict[str, Policy] = {}
        self.principals: dict[str, dict[str, Principal]] = defaultdict(dict)
        self.buckets: dict[str, Bucket] = {}
        self.keys: dict[str, Key] = {}
        self.changes = 0
        """How many writes there were: answers that are dear to make are kept until the next one."""
        key = Key(key_id=KEY_ID, policy=key_policy(), aliases=["alias/acme-data"])
        self.keys[key.arn] = key
        self.add(Principal("group", GROUP))
        for name in ("ada", "grace"):
            self.add(Principal("user", name, groups=[GROUP]))
        for number in range(buckets):
            name = bucket_name(number)
            self.buckets[name] = Bucket(name=name, policy=bucket_policy(name), key=key.arn)
        for number in range(roles):
            self.add(_role(number))

    def add(self, principal: Principal) -> None:
        self.principals[principal.kind][principal.name] = principal

    def policy(self, arn: str) -> Policy:
        if arn not in self.policies:
            raise Refused("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.", 404)
        return self.policies[arn]

    def principal(self, kind: str, name: str) -> Principal:
        found = self.principals[kind].get(name)
        if found is None:
            raise Refused("NoSuchEntity", f"The {kind} with name {name} cannot be found.", 404)
        return found

    def bucket(self, name: str) -> Bucket:
        if name not in self.buckets:
            raise Refused("NoSuchBucket", "The specified bucket does not exist", 404)
        return self.buckets[name]

    def key(self, reference: str) -> Key:
        """Return a key by ARN, id, alias or alias ARN."""
        last = reference.rpartition(":")[2]
        for key in self.keys.values():
            if last in (f"key/{key.key_id}", key.key_id) or last in key.aliases:
                return key
        raise Refused("NotFoundException", f"Invalid keyId {reference!r}")

    def refuse_strangers(self, text: str, code: str) -> None:
        """Refuse a resource policy that names a role or user that is not there, as S3 and KMS do."""
        try:
            statements = json.loads(text)["Statement"]
        except (ValueError, KeyError, TypeError):
            raise Refused(code, "Policies must be valid JSON and the first byte must be '{'") from None
        for statement in statements if isinstance(statements, list) else [statements]:
            principal = statement.get("Principal", {})
            named = principal.get("AWS", ()) if isinstance(principal, dict) else ()
            for arn in [named] if isinstance(named, str) else named:
                kind, _, path = arn.rpartition(":")[2].partition("/")
                if f"::{ACCOUNT}:" in arn and path and path.rpartition("/")[2] not in self.principals[kind]:
                    raise Refused(code, f"Invalid principal in policy: {arn}")


def bucket_name(number: int) -> str:
    return f"acme-{number:04d}"


def bucket_policy(bucket: str) -> str:
    """Return what others wrote: spaced as people do, with a Deny, a partner and a log service."""
    whole: Mapping[str, Any] = {
        "Version": "2012-10-17",
        "Id": "baseline",
        "Statement": [
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
                "Action": ["s3:GetObject", "s3:ListBucket"],
                "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/shared/*"],
            },
            {
                "Sid": "Logs",
                "Effect": "Allow",
                "Principal": {"Service": "logging.s3.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": f"arn:aws:s3:::{bucket}/logs/*",
                "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
            },
        ],
    }
    return json.dumps(whole, indent=4)


def key_policy() -> str:
    root = f"arn:aws:iam::{ACCOUNT}:root"
    whole = {
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [
            {
                "Sid": "Enable IAM User Permissions",
                "Effect": "Allow",
                "Principal": {"AWS": root},
                "Action": "kms:*",
                "Resource": "*",
            },
            {
                "Sid": "Backups",
                "Effect": "Allow",
                "Principal": {"Service": "backup.amazonaws.com"},
                "Action": ["kms:CreateGrant", "kms:Decrypt"],
                "Resource": "*",
            },
        ],
    }
    return json.dumps(whole, indent=2)


def _role(number: int) -> Principal:
    service = "personalize" if number % 50 == 0 else ("lambda", "ec2", "glue")[number % 3]
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    bucket = bucket_name(number % 1000)
    reads = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:ListBucket"],
                "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/in/*"],
            }
        ],
    }
    return Principal(
        "role",
        f"acme-{service}-{number:04d}",
        path="/service/",
        trust=json.dumps(trust, indent=2),
        description=f"Role {number}",
        tags={"team": f"team-{number % 40}"},
        inline={"reads": json.dumps(reads)},
    )
