"""What the wizard can offer to choose from. What may not be listed is `Unreadable`: then the person types the name."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from personalize_perms import documents, trust
from personalize_perms.aws.account import Account
from personalize_perms.aws.errors import AwsError
from personalize_perms.model.errors import DocumentError
from personalize_perms.model.live import Absent, Present, Read
from personalize_perms.model.names import Arn
from personalize_perms.model.regions import PERSONALIZE_REGIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One thing to choose: the value that the setting takes, and what is shown of it (foreign text, not yet inert)."""

    value: str
    label: str
    is_open: bool = False
    """Of a service role: it lets Amazon Personalize in without source conditions."""


class Discovery:
    """Lists what is in one account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def read_buckets(self) -> Read[tuple[Choice, ...]]:
        """Read the buckets by name, with Region and default encryption; those of the chosen Region come first."""
        found = self._account.s3.read_buckets()
        if not isinstance(found, Present):
            return found
        with ThreadPoolExecutor(max_workers=self._account.workers) as pool:
            described = list(pool.map(self._describe_bucket, found.value.items()))
        described.sort(key=lambda item: (item[0] != self._account.caller.place.region, item[1].value))
        return Present(tuple(choice for _, choice in described))

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

    def read_service_roles(self) -> Read[tuple[Choice, ...]]:
        """Read the roles whose trust policy names Amazon Personalize; the value is the role ARN."""
        found = self._account.iam.read_role_trusts()
        if not isinstance(found, Present):
            return found
        return Present(tuple(_service_roles(found.value)))

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

    def _describe_bucket(self, item: tuple[str, str]) -> tuple[str, Choice]:
        name, region = item
        try:
            if not region:
                found = self._account.s3.read_bucket_region(name)
                region = found.value if isinstance(found, Present) else ""
            here = region == self._account.caller.place.region
            # Elsewhere it cannot be used, so its encryption does not matter.
            notes = [region or "Region unknown", self._encryption(name) if here else "another Region"]
        except AwsError as error:
            # The label is a help; the run itself will meet this again and say so in full.
            notes = [region or "Region unknown", f"{error.code} when asked for more"]
        return region, Choice(value=name, label=f"{name} ({', '.join(notes)})")

    def _encryption(self, bucket: str) -> str:
        match self._account.s3.read_bucket_encryption(bucket):
            case Present(value=""):
                return "SSE-KMS, AWS managed key"
            case Present(value=key):
                return f"SSE-KMS, {key}"
            case Absent():
                return "SSE-S3"
            case _:
                return "encryption not readable"


def regions() -> tuple[str, ...]:
    """Return the Regions in which Amazon Personalize is available."""
    return tuple(name for names in PERSONALIZE_REGIONS.values() for name in names)


def profiles() -> tuple[str, ...]:
    """Return the profiles of the person's AWS configuration."""
    import botocore.session  # noqa: PLC0415 - dear, and not needed offline

    return tuple(sorted(botocore.session.Session().available_profiles))


def _service_roles(trusts: Mapping[str, str]) -> Iterator[Choice]:
    for arn, text in sorted(trusts.items()):
        try:
            document = documents.parse(text)
        except DocumentError:
            continue  # what cannot be edited is nothing to offer
        if any(trust.names_personalize(statement) for statement in documents.statements(document)):
            is_open = any(True for _ in trust.loose_statements(document, lambda _: False))
            name = Arn.parse(arn).name
            label = f"{name} (lets Personalize in without source conditions)" if is_open else name
            yield Choice(value=arn, label=label, is_open=is_open)
