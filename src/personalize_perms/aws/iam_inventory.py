"""IAM in bulk, page by page, so that an account of any size passes through bounded memory."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, cast

from personalize_perms.aws.errors import translated
from personalize_perms.aws.iam import document_text
from personalize_perms.aws.session import AwsSession
from personalize_perms.model.inventory import GroupDetail, InventoryPage, PolicyDetail, RoleDetail, UserDetail

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_iam import IAMClient

ACTION: Final = "iam:GetAccountAuthorizationDetails"
_PAGE: Final = 1000
_KINDS: Final = ("User", "Group", "Role", "LocalManagedPolicy")


def read_inventory(session: AwsSession, page_size: int = _PAGE) -> Iterator[InventoryPage]:
    """Read users, groups, roles and customer managed policies, a page at a time; raise `AwsError` where refused.

    The policies of AWS are not among them: there are more than a thousand, and few of them matter.
    """
    client = cast("IAMClient", session.reader("iam"))
    asked: dict[str, Any] = {"Filter": list(_KINDS), "MaxItems": page_size}
    while True:
        with translated(ACTION, "*"):
            answer = client.get_account_authorization_details(**asked)
            page = _page(answer)
        yield page
        if not page.more:
            return
        asked["Marker"] = answer["Marker"]


def read_roles(session: AwsSession) -> Iterator[InventoryPage]:
    """Read roles with their trust policies alone, a page at a time; raise `AwsError` where refused.

    It is for whoever may not read in bulk: what the roles may do takes calls of its own.
    """
    client = cast("IAMClient", session.reader("iam"))
    asked: dict[str, Any] = {"MaxItems": _PAGE}
    while True:
        with translated("iam:ListRoles", "*"):
            answer = client.list_roles(**asked)
            page = InventoryPage(roles=tuple(map(_bare_role, answer["Roles"])), more=bool(answer.get("IsTruncated")))
        yield page
        if not page.more:
            return
        asked["Marker"] = answer["Marker"]


def _bare_role(one: "Mapping[str, Any]") -> RoleDetail:
    return RoleDetail(
        arn=one["Arn"],
        name=one["RoleName"],
        role_id=one["RoleId"],
        path=one["Path"],
        trust_json=document_text(one["AssumeRolePolicyDocument"]),
    )


def _page(answer: "Mapping[str, Any]") -> InventoryPage:
    return InventoryPage(
        users=tuple(
            UserDetail(**_identity(one, "User", "UserPolicyList"), groups=tuple(one.get("GroupList", ())))
            for one in answer["UserDetailList"]
        ),
        groups=tuple(GroupDetail(**_identity(one, "Group", "GroupPolicyList")) for one in answer["GroupDetailList"]),
        roles=tuple(map(_role, answer["RoleDetailList"])),
        policies=tuple(_policies(answer["Policies"])),
        more=bool(answer.get("IsTruncated") and answer.get("Marker")),
    )


def _identity(one: "Mapping[str, Any]", kind: str, inline: str) -> dict[str, Any]:
    return {
        "arn": one["Arn"],
        "name": one[f"{kind}Name"],
        "inline": {each["PolicyName"]: document_text(each["PolicyDocument"]) for each in one.get(inline, ())},
        "attached": tuple(each["PolicyArn"] for each in one.get("AttachedManagedPolicies", ())),
        "boundary_arn": one.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
        "tags": {tag["Key"]: tag["Value"] for tag in one.get("Tags", ())},
    }


def _role(one: "Mapping[str, Any]") -> RoleDetail:
    profiles = (profile["InstanceProfileName"] for profile in one.get("InstanceProfileList", ()))
    used = one.get("RoleLastUsed", {}).get("LastUsedDate")
    return RoleDetail(
        **_identity(one, "Role", "RolePolicyList"),
        role_id=one["RoleId"],
        path=one["Path"],
        trust_json=document_text(one["AssumeRolePolicyDocument"]),
        instance_profiles=tuple(profiles),
        created=one["CreateDate"].date().isoformat() if "CreateDate" in one else "",
        last_used=used.date().isoformat() if used else "",
    )


def _policies(found: "Iterable[Mapping[str, Any]]") -> Iterator[PolicyDetail]:
    for one in found:
        default = next(each for each in one["PolicyVersionList"] if each["IsDefaultVersion"])
        yield PolicyDetail(
            arn=one["Arn"],
            version_id=default["VersionId"],
            document_json=document_text(default["Document"]),
            attached_to=one.get("AttachmentCount", 0),
            boundary_of=one.get("PermissionsBoundaryUsageCount", 0),
        )
