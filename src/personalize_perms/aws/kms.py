"""KMS as this program sees it: keys by ARN, their policy as a text, and grants.

The lockout check of PutKeyPolicy is never bypassed: the parameter for it does not occur in this program.
"""

from typing import TYPE_CHECKING, Final, cast

from personalize_perms.aws.errors import looked_up, translated
from personalize_perms.aws.session import AwsSession
from personalize_perms.model.live import KeyFacts, LiveGrant, Read
from personalize_perms.model.operations import CreateGrant, PutKeyPolicy, RevokeGrant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_kms import KMSClient
    from mypy_boto3_kms.literals import GrantOperationType

_PAGE: Final = 1000


class Kms:
    """Reads and writes of KMS."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    @property
    def _reads(self) -> "KMSClient":
        return cast("KMSClient", self._session.reader("kms"))

    @property
    def _writes(self) -> "KMSClient":
        return cast("KMSClient", self._session.writer("kms"))

    def read_key(self, reference: str) -> Read[KeyFacts]:
        """Read the facts of a key that is named by ARN, id, alias or alias ARN."""

        def ask() -> KeyFacts:
            key = self._reads.describe_key(KeyId=reference)["KeyMetadata"]
            return KeyFacts(
                arn=key["Arn"],
                state=key["KeyState"],
                manager=key["KeyManager"],
                # AWS always sends these two; stand-ins leave out what is usual.
                usage=key.get("KeyUsage", "ENCRYPT_DECRYPT"),
                spec=key.get("KeySpec", "SYMMETRIC_DEFAULT"),
            )

        return looked_up("kms:DescribeKey", reference, ask)

    def read_key_policy(self, key_arn: str) -> Read[str]:
        """Read the text of the key policy as it is stored."""

        def ask() -> str:
            return self._reads.get_key_policy(KeyId=key_arn, PolicyName="default")["Policy"]

        return looked_up("kms:GetKeyPolicy", key_arn, ask)

    def read_grants(self, key_arn: str) -> Read[tuple[LiveGrant, ...]]:
        """Read all grants on a key."""

        def ask() -> tuple[LiveGrant, ...]:
            pages = self._reads.get_paginator("list_grants").paginate(KeyId=key_arn)
            return tuple(
                LiveGrant(
                    grant_id=grant["GrantId"],
                    name=grant.get("Name", ""),
                    grantee=grant.get("GranteePrincipal", ""),
                    operations=tuple(grant.get("Operations", ())),
                    context_equals=grant.get("Constraints", {}).get("EncryptionContextEquals", {}),
                    context_subset=grant.get("Constraints", {}).get("EncryptionContextSubset", {}),
                )
                for page in pages
                for grant in page["Grants"]
            )

        return looked_up("kms:ListGrants", key_arn, ask)

    def read_key_arns(self) -> Read[tuple[str, ...]]:
        """Read the ARNs of all keys of this account and Region, AWS's managed ones too."""

        def ask() -> tuple[str, ...]:
            pages = self._reads.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": _PAGE})
            return tuple(key["KeyArn"] for page in pages for key in page["Keys"])

        return looked_up("kms:ListKeys", "*", ask)

    def read_customer_aliases(self) -> "Read[Mapping[str, str]]":
        """Read the key ARN of every alias of this Region that a customer made, by alias name.

        AWS managed keys are the ones whose alias begins with `alias/aws/`, which is reserved for them.
        """

        def ask() -> dict[str, str]:
            pages = self._reads.get_paginator("list_aliases").paginate()
            aliases = [alias for page in pages for alias in page["Aliases"]]
            return {
                alias["AliasName"]: alias["AliasArn"].removesuffix(alias["AliasName"]) + f"key/{alias['TargetKeyId']}"
                for alias in aliases
                if "TargetKeyId" in alias and not alias["AliasName"].startswith("alias/aws/")
            }

        return looked_up("kms:ListAliases", "*", ask)

    def write_key_policy(self, op: PutKeyPolicy) -> None:
        """Replace the key policy."""
        with translated("kms:PutKeyPolicy", op.key_arn):
            self._writes.put_key_policy(KeyId=op.key_arn, PolicyName="default", Policy=op.document_json)

    def write_create_grant(self, op: CreateGrant) -> str:
        """Create a grant, or find it again: AWS answers a repetition with the same name by the same grant's id."""
        with translated("kms:CreateGrant", op.key_arn):
            answer = self._writes.create_grant(
                KeyId=op.key_arn,
                GranteePrincipal=op.grantee_arn,
                Operations=cast("Sequence[GrantOperationType]", list(op.operations)),
                Name=op.name,
            )
            return answer["GrantId"]

    def write_revoke_grant(self, op: RevokeGrant) -> None:
        """Revoke a grant."""
        with translated("kms:RevokeGrant", op.key_arn):
            self._writes.revoke_grant(KeyId=op.key_arn, GrantId=op.grant_id)
