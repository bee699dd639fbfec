"""IAM Identity Center as this program sees it: its instance, permission sets by name, and its directory's ids.

It lives in one Region, and only the management account or a delegated administrator may ask about permission sets.
https://docs.aws.amazon.com/singlesignon/latest/APIReference/welcome.html
"""

from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, TypeVar, cast

from personalize_perms.aws.errors import AwsError, Fault, asked, looked_up
from personalize_perms.aws.identity_center_writes import IdentityCenterWrites
from personalize_perms.aws.session import AwsSession
from personalize_perms.model.identity import (
    Assignment,
    Instance,
    LivePermissionSet,
    PolicyReference,
    RequestState,
    SetPlace,
)
from personalize_perms.model.live import Absent, Present, Read, Unreadable
from personalize_perms.model.operations import Assign, Provision, Unassign
from personalize_perms.model.resources import PrincipalKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_identitystore import IdentityStoreClient
    from mypy_boto3_sso_admin.literals import ProvisioningStatusType
    from mypy_boto3_sso_admin.type_defs import (
        AccountAssignmentOperationStatusTypeDef,
        PermissionSetProvisioningStatusTypeDef,
    )

    Status = AccountAssignmentOperationStatusTypeDef | PermissionSetProvisioningStatusTypeDef

T = TypeVar("T")
_AT_ONCE: Final = 4
"""Calls in flight: AWS allows 20 a second, to all callers of the organisation together."""
_OUTDATED: "Final[ProvisioningStatusType]" = "LATEST_PERMISSION_SET_NOT_PROVISIONED"


class _Pages(Protocol):
    """What is the same in all paginators; the stubs know each only by its name."""

    def paginate(self, **about: str) -> "Iterable[Mapping[str, list[dict[str, str]]]]":
        """Ask for one page after the other."""


class IdentityCenter(IdentityCenterWrites):
    """Reads and writes of IAM Identity Center, in any Region."""

    def __init__(self, session: AwsSession, account: str) -> None:
        super().__init__(session)
        self._account = account
        self._names: dict[str, str] = {}
        """The name of each permission set that was met, by ARN: it never changes."""

    def read_instance(self, region: str) -> Read[Instance]:
        """Read the instance of the organisation; one of a single account has no permission sets."""
        if not self._session.has_identity_center:
            return Absent()

        def ask() -> Instance | None:
            found = [
                i for i in self._pages(region, "list_instances", "Instances") if i.get("Status") in (None, "ACTIVE")
            ]
            found.sort(key=lambda one: one.get("OwnerAccountId") == self._account)
            return Instance(arn=found[0]["InstanceArn"], store_id=found[0]["IdentityStoreId"]) if found else None

        return _perhaps(looked_up("sso:ListInstances", region, ask))

    def read_principal(self, region: str, store_id: str, kind: PrincipalKind, name: str) -> Read[str]:
        """Read the id of a group by its display name, or of a user by the user name."""
        client = cast("IdentityStoreClient", self._session.reader("identitystore", region))
        path = "displayName" if kind is PrincipalKind.GROUP else "userName"
        about = {"UniqueAttribute": {"AttributePath": path, "AttributeValue": name}}

        def ask() -> str:
            if kind is PrincipalKind.GROUP:
                return client.get_group_id(IdentityStoreId=store_id, AlternateIdentifier=about)["GroupId"]  # type: ignore[arg-type]
            return client.get_user_id(IdentityStoreId=store_id, AlternateIdentifier=about)["UserId"]  # type: ignore[arg-type]

        return looked_up(f"identitystore:Get{kind.title()}Id", f"{kind}/{name}", ask)

    def read_permission_set(
        self, place: SetPlace, accounts: Collection[str] = (), *, whole: bool = False
    ) -> Read[LivePermissionSet]:
        """Read a permission set by name, with its assignments where it is provisioned and in `accounts`.

        `whole`: with everything else that others may have hung on it.
        """
        try:
            arn = self._found(place)
            return Present(self._described(place, arn, accounts, whole=whole)) if arn else Absent()
        except AwsError as error:
            if error.fault is Fault.ABSENT:
                return Absent()
            if error.fault is Fault.DENIED:
                return Unreadable(action=error.action, resource=error.resource, reason=f"{error.code}: {error.message}")
            raise

    def read_set_arn(self, place: SetPlace) -> Read[str]:
        """Read which ARN the permission set of this name has."""
        return _perhaps(looked_up("sso:ListPermissionSets", str(place), lambda: self._found(place)))

    def read_description(self, place: SetPlace, arn: str) -> Read[str]:
        """Read the description of a permission set by its ARN, and so whether it is still there."""
        return looked_up("sso:DescribePermissionSet", str(place), lambda: self._facts(place, arn)[1])

    def read_tags(self, place: SetPlace, arn: str) -> "Read[Mapping[str, str]]":
        """Read the tags of a permission set; where AWS does not tell they are unreadable."""

        def ask() -> dict[str, str]:
            pages = self._pages(
                place.region, "list_tags_for_resource", "Tags", InstanceArn=place.instance_arn, ResourceArn=arn
            )
            return {tag["Key"]: tag["Value"] for tag in pages}

        try:
            return looked_up("sso:ListTagsForResource", str(place), ask)
        except AwsError as error:
            if error.fault is not Fault.UNKNOWN:
                raise
            return Unreadable(action=error.action, resource=error.resource, reason=f"{error.code}: {error.message}")

    def read_references(self, place: SetPlace, arn: str) -> frozenset[PolicyReference]:
        """Read the customer managed policies that a permission set refers to; raise `AwsError` if that is not told."""
        method, key = "list_customer_managed_policy_references_in_permission_set", "CustomerManagedPolicyReferences"
        found = self._of_set(place, arn, method, key)
        return frozenset(PolicyReference(name=one["Name"], path=one.get("Path", "/")) for one in found)

    def read_assignments(self, place: SetPlace, arn: str, account: str) -> frozenset[Assignment]:
        """Read who has a permission set in an account; raise `AwsError` if that is not told."""
        found = self._of_set(place, arn, "list_account_assignments", "AccountAssignments", AccountId=account)
        return frozenset(
            Assignment(
                account=account,
                principal_kind=PrincipalKind(one["PrincipalType"].lower()),
                principal_id=one["PrincipalId"],
            )
            for one in found
        )

    def read_accounts(self, place: SetPlace, arn: str, *, outdated: bool = False) -> frozenset[str]:
        """Read where a permission set is provisioned, or only where in an older form."""
        about = {"ProvisioningStatus": _OUTDATED} if outdated else {}
        found = self._of_set(place, arn, "list_accounts_for_provisioned_permission_set", "AccountIds", **about)
        return frozenset(cast("Iterable[str]", found))

    def read_request(self, operation: Assign | Unassign | Provision, request_id: str) -> RequestState:
        """Read how far AWS is with a request; raise `AwsError` if that is not told."""
        place, client = operation.place, self._reads(operation.place.region)

        def ask() -> "Status":
            match operation:
                case Assign():
                    return client.describe_account_assignment_creation_status(
                        InstanceArn=place.instance_arn, AccountAssignmentCreationRequestId=request_id
                    )["AccountAssignmentCreationStatus"]
                case Unassign():
                    return client.describe_account_assignment_deletion_status(
                        InstanceArn=place.instance_arn, AccountAssignmentDeletionRequestId=request_id
                    )["AccountAssignmentDeletionStatus"]
                case Provision():
                    return client.describe_permission_set_provisioning_status(
                        InstanceArn=place.instance_arn, ProvisionPermissionSetRequestId=request_id
                    )["PermissionSetProvisioningStatus"]

        action = {
            Assign: "sso:DescribeAccountAssignmentCreationStatus",
            Unassign: "sso:DescribeAccountAssignmentDeletionStatus",
            Provision: "sso:DescribePermissionSetProvisioningStatus",
        }[type(operation)]
        status = asked(action, str(place), ask)
        failure = status.get("FailureReason", "AWS gives no reason") if status["Status"] == "FAILED" else ""
        return RequestState(running=status["Status"] == "IN_PROGRESS", failure=failure)

    def _found(self, place: SetPlace) -> str | None:
        """Return the ARN of the permission set of this name: AWS lists ARNs only, and each must be described."""
        known = self._arns.get(place)
        if known:
            return known
        action = "sso:ListPermissionSets"
        list_all = partial(
            self._pages, place.region, "list_permission_sets", "PermissionSets", InstanceArn=place.instance_arn
        )
        listed = cast("list[str]", asked(action, str(place), list_all))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            named = pool.map(partial(self._name, place), listed)
            self._arns |= {
                SetPlace(region=place.region, instance_arn=place.instance_arn, name=name): arn
                for arn, name in zip(listed, named, strict=True)
                if name
            }
        return self._arns.get(place)

    def _name(self, place: SetPlace, arn: str) -> str:
        if arn not in self._names:
            try:
                self._names[arn] = self._facts(place, arn)[0]
            except AwsError as error:
                if error.fault is not Fault.ABSENT:  # deleted since it was listed
                    raise
                return ""
        return self._names[arn]

    def _facts(self, place: SetPlace, arn: str) -> tuple[str, str]:
        client = self._reads(place.region)

        def ask() -> tuple[str, str]:
            found = client.describe_permission_set(InstanceArn=place.instance_arn, PermissionSetArn=arn)[
                "PermissionSet"
            ]
            return found["Name"], found.get("Description", "")

        return asked("sso:DescribePermissionSet", arn, ask)

    def _described(self, place: SetPlace, arn: str, accounts: Collection[str], *, whole: bool) -> LivePermissionSet:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            facts = pool.submit(self._facts, place, arn)
            tags = pool.submit(self.read_tags, place, arn)
            references = pool.submit(self.read_references, place, arn)
            provisioned = pool.submit(self.read_accounts, place, arn)
            outdated = pool.submit(self.read_accounts, place, arn, outdated=True)
            others = pool.submit(self._others, place, arn) if whole else None
            everywhere = sorted(provisioned.result() | set(accounts))
            assignments = pool.map(partial(self.read_assignments, place, arn), everywhere)
            found = tags.result()
            return LivePermissionSet(
                arn=arn,
                name=place.name,
                description=facts.result()[1],
                tags=found.value if isinstance(found, Present) else None,
                references=references.result(),
                assignments=frozenset().union(*assignments),
                accounts=provisioned.result(),
                outdated=outdated.result(),
                others=others.result() if others else (),
            )

    def _others(self, place: SetPlace, arn: str) -> tuple[str, ...]:
        """Return in words what hangs on a permission set beside customer managed policies."""
        client, about = self._reads(place.region), {"InstanceArn": place.instance_arn, "PermissionSetArn": arn}
        managed = self._of_set(place, arn, "list_managed_policies_in_permission_set", "AttachedManagedPolicies")
        inline = asked(
            "sso:GetInlinePolicyForPermissionSet",
            str(place),
            lambda: client.get_inline_policy_for_permission_set(**about).get("InlinePolicy"),
        )
        words = [f"the policy {one['Arn']}" for one in managed]
        words += ["an inline policy"] if inline else []
        return (*words, *(("a permissions boundary",) if self._has_boundary(place, arn) else ()))

    def _has_boundary(self, place: SetPlace, arn: str) -> bool:
        client, about = self._reads(place.region), {"InstanceArn": place.instance_arn, "PermissionSetArn": arn}
        action = "sso:GetPermissionsBoundaryForPermissionSet"
        try:
            asked(action, str(place), lambda: client.get_permissions_boundary_for_permission_set(**about))
        except AwsError as error:
            if error.fault is not Fault.ABSENT:
                raise
            return False
        return True

    def _of_set(self, place: SetPlace, arn: str, method: str, key: str, **about: str) -> list[dict[str, str]]:
        action = "sso:" + "".join(word.title() for word in method.split("_"))
        list_all = partial(
            self._pages, place.region, method, key, InstanceArn=place.instance_arn, PermissionSetArn=arn, **about
        )
        return asked(action, str(place), list_all)

    def _pages(self, region: str, method: str, key: str, **about: str) -> list[dict[str, str]]:
        paginator = cast("Callable[[str], _Pages]", self._reads(region).get_paginator)(method)
        return [one for page in paginator.paginate(**about) for one in page[key]]


def _perhaps(found: "Read[T | None]") -> Read[T]:
    if isinstance(found, Present):
        return Absent() if found.value is None else Present(found.value)
    return found
