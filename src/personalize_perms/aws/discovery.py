"""What the wizard can offer to choose from. What may not be listed is `Unreadable`: then the person types the name."""

from collections.abc import Iterator, Mapping
from threading import Lock

from personalize_perms import documents, trust
from personalize_perms.aws.account import Account
from personalize_perms.aws.errors import AwsError
from personalize_perms.model.errors import DocumentError
from personalize_perms.model.live import Absent, Present, Read
from personalize_perms.model.names import Arn
from personalize_perms.model.regions import PERSONALIZE_REGIONS
from personalize_perms.model.resources import Statement
from personalize_perms.model.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One thing to choose: the value that the setting takes, and what is shown of it (foreign text, not yet inert)."""

    value: str
    label: str
    note: str = ""
    """What the list itself says about it."""
    is_open: bool = False
    """Of a service role: it lets Amazon Personalize in without source conditions."""


class Discovery:
    """Lists what is in one account, and says more about what a person looks at."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._regions: Mapping[str, str] = {}
        self._aliases: Mapping[str, str] | None = None
        self._lock = Lock()
        self.bucket_keys: dict[str, str] = {}
        """The KMS key that a bucket names, of those that were described and name one."""

    def read_buckets(self) -> Read[tuple[Choice, ...]]:
        """Read the buckets by name; those of the chosen Region come first, where the list says which these are."""
        found = self._account.s3.read_buckets()
        if not isinstance(found, Present):
            return found
        self._regions = found.value
        here = self._account.caller.place.region

        def order(item: tuple[str, str]) -> tuple[bool, str]:
            return item[1] not in {here, ""}, item[0]

        return Present(tuple(Choice(value=name, label=name) for name, _ in sorted(found.value.items(), key=order)))

    def describe_bucket(self, name: str) -> str:
        """Say where a bucket is, how it is encrypted, and whether its policy lets Amazon Personalize in already."""
        region = self._regions.get(name, "")
        try:
            if not region:
                found = self._account.s3.read_bucket_region(name)
                region = found.value if isinstance(found, Present) else ""
            if region and region != self._account.caller.place.region:
                return f"{region}: another Region, so it cannot be used"
            notes = [region or "Region unknown", self._encryption(name), self._admission(name)]
            return ", ".join(filter(None, notes))
        except AwsError as error:
            # The label is a help; the run itself will meet this again and say so in full.
            return ", ".join(filter(None, (region, f"{error.code} when asked for more")))

    def read_prefixes(self, bucket: str, prefix: str) -> Read[tuple[Choice, ...]]:
        """Read the prefixes one level below `prefix`, as far as the first thousand entries show them."""
        found = self._account.s3.read_prefixes(bucket, prefix)
        if not isinstance(found, Present):
            return found
        return Present(tuple(Choice(value=one, label=one) for one in found.value if is_literal(one)))

    def read_keys(self) -> Read[tuple[Choice, ...]]:
        """Read the customer managed keys of the Region that have an alias; the value is the key ARN."""
        found = self._account.kms.read_customer_aliases()
        if not isinstance(found, Present):
            return found
        return Present(
            tuple(
                Choice(value=arn, label=f"{alias} ({arn.rpartition('/')[2]})")
                for alias, arn in sorted(found.value.items())
            )
        )

    def describe_key(self, arn: str) -> str:
        """Say in which state a key is, and whether it is of a kind that encrypts."""
        match self._account.kms.read_key(arn):
            case Present(value=key):
                kind = (
                    "" if key.spec == "SYMMETRIC_DEFAULT" else f"{key.spec}: Amazon Personalize needs a symmetric key"
                )
                state = "enabled" if key.state == "Enabled" else f"{key.state}: it cannot be used now"
                return ", ".join(filter(None, (state, kind)))
            case Absent():
                return "gone"
            case _:
                return "state not readable"

    def read_service_roles(self) -> Read[tuple[Choice, ...]]:
        """Read the roles whose trust policy names Amazon Personalize; the value is the role ARN."""
        found = self._account.iam.read_role_trusts()
        if not isinstance(found, Present):
            return found
        return Present(tuple(_service_roles(found.value)))

    def describe_role(self, arn: str) -> str:
        """Say which managed policies a role has: it keeps them when it is adopted."""
        match self._account.iam.read_role_policies(Arn.parse(arn).name):
            case Present(value=policies):
                names = [policy.rpartition("/")[2] for policy in policies]
                return f"has {', '.join(names)}" if names else "has no managed policy"
            case _:
                return "policies not readable"

    def read_users(self) -> Read[tuple[Choice, ...]]:
        """Read the IAM users; the value is the ARN, the label the name."""
        found = self._account.iam.read_user_arns()
        if not isinstance(found, Present):
            return found
        return Present(tuple(Choice(value=arn, label=Arn.parse(arn).name) for arn in sorted(found.value)))

    def read_groups(self) -> Read[tuple[Choice, ...]]:
        """Read the IAM groups; value and label are the name."""
        found = self._account.iam.read_group_names()
        if not isinstance(found, Present):
            return found
        return Present(tuple(Choice(value=name, label=name) for name in sorted(found.value)))

    def read_identity_centers(self) -> Read[tuple[Choice, ...]]:
        """Read the instance of IAM Identity Center that is visible in the Region; value and label are its ARN."""
        found = self._account.identity_center.read_instance(self._account.caller.place.region)
        return Present((Choice(value=found.value.arn, label=found.value.arn),)) if isinstance(found, Present) else found

    def _encryption(self, bucket: str) -> str:
        match self._account.s3.read_bucket_encryption(bucket):
            case Present(value=""):
                return "SSE-KMS with AWS's own key, which Amazon Personalize cannot use"
            case Present(value=key):
                self.bucket_keys[bucket] = key
                return f"SSE-KMS, {self._alias(key)}"
            case Absent():
                return "SSE-S3"
            case _:
                return "encryption not readable"

    def _alias(self, key: str) -> str:
        """Return the alias of a key, where aliases may be listed: people know keys by it."""
        with self._lock:
            if self._aliases is None:
                found = self._account.kms.read_customer_aliases()
                self._aliases = {arn: alias for alias, arn in found.value.items()} if isinstance(found, Present) else {}
            return self._aliases.get(key, key)

    def _admission(self, bucket: str) -> str:
        found = self._account.s3.read_bucket_policy(bucket)
        if not isinstance(found, Present):
            return "" if isinstance(found, Absent) else "bucket policy not readable"
        try:
            document = documents.parse(found.value)
        except DocumentError:
            return "a bucket policy that cannot be edited"
        admits = any(_admits(statement) for statement in documents.statements(document))
        return "already lets Amazon Personalize in" if admits else ""


def regions() -> tuple[str, ...]:
    """Return the Regions in which Amazon Personalize is available."""
    return tuple(name for names in PERSONALIZE_REGIONS.values() for name in names)


def profiles() -> tuple[str, ...]:
    """Return the profiles of the person's AWS configuration."""
    import botocore.session  # noqa: PLC0415 - dear, and not needed offline

    return tuple(sorted(botocore.session.Session().available_profiles))


def is_literal(prefix: str) -> bool:
    """Tell whether a prefix can be a setting: `*`, `?` and `${` would mean something else in a policy."""
    plain = prefix.isascii() and prefix.isprintable() and not prefix.startswith("/")
    return plain and not any(part in prefix for part in ("*", "?", "${"))


def _service_roles(trusts: Mapping[str, str]) -> Iterator[Choice]:
    for arn, text in sorted(trusts.items()):
        try:
            document = documents.parse(text)
        except DocumentError:
            continue  # what cannot be edited is nothing to offer
        statements = documents.statements(document)
        if any(trust.names_personalize(statement) for statement in statements):
            is_open = any(True for _ in trust.loose_statements(document, lambda _: False))
            others = sorted({name for statement in statements for name in _others(statement)})
            problems = ["lets Personalize in without source conditions"] if is_open else []
            problems += [f"also for {', '.join(others)}"] if others else []
            yield Choice(value=arn, label=Arn.parse(arn).name, note="; ".join(problems), is_open=is_open)


def _admits(statement: Statement) -> bool:
    principal = statement.get("Principal")
    named = principal.get("Service") if isinstance(principal, dict) else None
    return statement.get("Effect") == "Allow" and trust.SERVICE in (named if isinstance(named, list) else [named])


def _others(statement: Statement) -> Iterator[str]:
    """Yield who else may assume the role by this statement."""
    principal = statement.get("Principal")
    if statement.get("Effect") != "Allow" or not isinstance(principal, dict):
        return
    for names in principal.values():
        for name in names if isinstance(names, list) else [names]:
            if isinstance(name, str) and name != trust.SERVICE:
                yield name
