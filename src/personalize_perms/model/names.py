r"""Names and ARNs of AWS, parsed or refused with a text that says what would be right.

Everything here is ASCII and matched whole: `\d` would accept full-width digits and `$` a trailing newline.
Characters that widen an IAM policy (`*`, `?`, `${`) are never part of a name.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

import re
from typing import NewType, Self

from personalize_perms.model.values import dataclass

AccountId = NewType("AccountId", str)

MAX_S3_PATH = 256
"""Characters that Amazon Personalize accepts in an S3 path, `s3://` included."""

_ARN = r"arn:(aws[a-z-]*):([a-z0-9-]+):([a-z0-9-]*):([0-9]{12}|aws|):([!-~]+)"
_BUCKET = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
_IP = r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+"
_IAM_NAME = r"[A-Za-z0-9_+=,.@-]+"
_PATH = r"/|/[!-~]{1,510}/"
_REGION = r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}"
_SETUP = r"[A-Za-z][A-Za-z0-9._-]*"
_KEY_ID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}"
_ALIAS = r"alias/[A-Za-z0-9:/_-]{1,250}"
_TAG = r"[A-Za-z0-9 _.:/=+@-]*"
_PREFIX = r"[ -~]*"
_WIDENING = ("*", "?", "${")


class InvalidName(ValueError):
    """A name that AWS, or the safety of the policies, does not allow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arn:
    """An Amazon Resource Name in its parts."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the ARN in `text`; raise `InvalidName` for anything that is not exactly one concrete ARN."""
        found = re.fullmatch(_ARN, text)
        if not found or any(part in text for part in _WIDENING):
            raise InvalidName(f"{text!r} is not an ARN (arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE, no wildcards)")
        partition, service, region, account, resource = found.groups()
        return cls(partition=partition, service=service, region=region, account=account, resource=resource)

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"

    @property
    def name(self) -> str:
        """The last part of the resource: the role's, user's or policy's name, or the key id."""
        return self.resource.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class S3Location:
    """A bucket and, perhaps, a prefix: `s3://BUCKET[/PREFIX]`."""

    bucket: str
    prefix: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the location; raise `InvalidName` with what is wrong about it."""
        if not text.startswith("s3://"):
            raise InvalidName(f"{text!r} is not an S3 location: write s3://BUCKET or s3://BUCKET/PREFIX")
        if len(text) > MAX_S3_PATH:
            raise InvalidName(f"{text!r} has {len(text)} characters; Amazon Personalize takes at most {MAX_S3_PATH}")
        bucket, _, prefix = text.removeprefix("s3://").partition("/")
        widening = next((part for part in _WIDENING if part in prefix), None)
        if widening:
            raise InvalidName(f"{widening!r} in the prefix {prefix!r} would widen the policy: name an exact prefix")
        if prefix.startswith("/") or not re.fullmatch(_PREFIX, prefix):
            raise InvalidName(f"the prefix {prefix!r} must be printable ASCII and not start with '/'")
        return cls(bucket=bucket_name(bucket), prefix=prefix)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}" if self.prefix else f"s3://{self.bucket}"


def bucket_name(text: str) -> str:
    """Return `text` if a general purpose bucket may be called so.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    """
    if not re.fullmatch(_BUCKET, text) or ".." in text or re.fullmatch(_IP, text):
        raise InvalidName(
            f"{text!r} is not a bucket name: 3 to 63 of a-z, 0-9, '.' and '-', with a letter or digit at both ends"
        )
    return text


def account_id(text: str) -> AccountId:
    """Return `text` if it is a 12-digit account ID."""
    if not re.fullmatch(r"[0-9]{12}", text):
        raise InvalidName(f"{text!r} is not an account ID: 12 digits")
    return AccountId(text)


def organisation_id(text: str) -> str:
    """Return `text` if it is the ID of an organisation of AWS Organizations."""
    if not re.fullmatch(r"o-[a-z0-9]{10,32}", text):
        raise InvalidName(f"{text!r} is not an organisation ID, such as o-a1b2c3d4e5")
    return text


def bucket_owner(text: str) -> tuple[str, str]:
    """Return the bucket and the account of `BUCKET=ID`."""
    bucket, equals, account = text.partition("=")
    if not equals:
        raise InvalidName(f"{text!r} does not say whose a bucket is: write BUCKET=ACCOUNT")
    return bucket_name(bucket), account_id(account)


def region_name(text: str) -> str:
    """Return `text` if it has the form of a Region."""
    if not re.fullmatch(_REGION, text):
        raise InvalidName(f"{text!r} is not a Region, such as eu-west-1")
    return text


def setup_name(text: str) -> str:
    """Return `text` if a set-up may be called so: its roles and policies begin with it."""
    if not re.fullmatch(_SETUP, text) or len(text) > 40:  # noqa: PLR2004 - 64 less the longest suffix we add
        raise InvalidName(f"{text!r} is not a set-up name: a letter, then letters, digits, '.', '_', '-'; at most 40")
    return text


def _iam_name(text: str, what: str, longest: int) -> str:
    if not re.fullmatch(_IAM_NAME, text) or len(text) > longest:
        raise InvalidName(f"{text!r} is not a {what} name: 1 to {longest} letters, digits or any of _+=,.@-")
    return text


def role_name(text: str) -> str:
    """Return `text` if an IAM role may be called so."""
    return _iam_name(text, "role", 64)


def user_name(text: str) -> str:
    """Return `text` if an IAM user may be called so."""
    return _iam_name(text, "user", 64)


def group_name(text: str) -> str:
    """Return `text` if an IAM group may be called so."""
    return _iam_name(text, "group", 128)


def policy_name(text: str) -> str:
    """Return `text` if a managed policy may be called so."""
    return _iam_name(text, "policy", 128)


def permission_set_name(text: str) -> str:
    """Return `text` if a permission set of IAM Identity Center may be called so."""
    return _iam_name(text, "permission set", 32)


def directory_name(text: str) -> str:
    """Return `text` if a user or group in an Identity Center directory may be called so.

    https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_CreateGroup.html
    """
    if not text or len(text) > 1024 or not text.isprintable() or text != text.strip():  # noqa: PLR2004 - AWS's limit
        raise InvalidName(f"{text!r} is not the name of a user or group: 1 to 1,024 printable characters")
    return text


def role_path(text: str) -> str:
    """Return `text` if it is an IAM path of a role."""
    if not re.fullmatch(_PATH, text) or any(part in text for part in _WIDENING):
        raise InvalidName(f"{text!r} is not a path: '/' or '/…/' in printable ASCII without '*', '?', '${{'")
    if text.lower().startswith("/aws-service-role/"):
        raise InvalidName("the path /aws-service-role/ is AWS's own")
    return text


def role_description(text: str) -> str:
    """Return `text` if it may describe a role: at most 1,000 printable Latin-1 characters."""
    if len(text) > 1000 or not re.fullmatch(r"[\t\n\r -~¡-ÿ]*", text):  # noqa: PLR2004 - IAM's own range
        raise InvalidName("a role's description has at most 1,000 characters, all of them printable Latin-1")
    return text


def iam_arn(text: str, kind: str) -> Arn:
    """Return the ARN of an IAM `kind` (`role`, `user`, `policy`, `saml-provider`, `oidc-provider`)."""
    arn = Arn.parse(text)
    if arn.service != "iam" or arn.region or not arn.resource.startswith(f"{kind}/") or not arn.name:
        raise InvalidName(f"{text!r} is not the ARN of an IAM {kind} (arn:PARTITION:iam::ACCOUNT:{kind}/NAME)")
    if kind == "role":
        role_name(arn.name)
        role_path(arn.resource.removeprefix("role").removesuffix(arn.name))
    return arn


def key_reference(text: str) -> str:
    """Return `text` if it names a KMS key: key ARN, key id, `alias/NAME` or alias ARN."""
    if re.fullmatch(_KEY_ID, text) or re.fullmatch(_ALIAS, text):
        return text
    if text.startswith("arn:"):
        arn = Arn.parse(text)
        kind, _, name = arn.resource.partition("/")
        well_formed = re.fullmatch(_KEY_ID, name) if kind == "key" else re.fullmatch(_ALIAS, arn.resource)
        if arn.service == "kms" and arn.region and arn.account and well_formed:
            return text
    raise InvalidName(f"{text!r} does not name a KMS key: give its ARN, its id, or alias/NAME")


def tag(text: str) -> tuple[str, str]:
    """Return the key and value of `KEY=VALUE`."""
    key, equals, value = text.partition("=")
    if not equals or not 1 <= len(key) <= 128 or len(value) > 256:  # noqa: PLR2004 - IAM's own limits
        raise InvalidName(f"{text!r} is not a tag: KEY=VALUE, key of 1 to 128 and value of at most 256 characters")
    if not re.fullmatch(_TAG, key) or not re.fullmatch(_TAG, value):
        raise InvalidName(f"the tag {text!r} has characters other than letters, digits, space and _.:/=+-@")
    if key.lower().startswith(("aws:", "personalize-perms")):
        raise InvalidName(f"the tag key {key!r} is reserved")
    return key, value
