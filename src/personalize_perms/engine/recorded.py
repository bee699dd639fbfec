"""What AWS Config has recorded of a resource, as the audit knows such things. Pure.

IAM's documents are recorded percent-encoded, those of S3 as they are. Where a document is not in the record, that is
said: nothing follows from it about what is there.
https://github.com/awslabs/aws-config-resource-schema
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import unquote

from personalize_perms.model.inventory import GroupDetail, IdentityDetail, PolicyDetail, RoleDetail, UserDetail

Item = Mapping[str, Any]

ROLE: Final = "AWS::IAM::Role"
USER: Final = "AWS::IAM::User"
GROUP: Final = "AWS::IAM::Group"
POLICY: Final = "AWS::IAM::Policy"
BUCKET: Final = "AWS::S3::Bucket"
KEY: Final = "AWS::KMS::Key"
_INLINE: Final = {ROLE: "rolePolicyList", USER: "userPolicyList", GROUP: "groupPolicyList"}
_KEY_POLICIES: Final = ("Policy", "KeyPolicy", "policy", "keyPolicy")


def is_whole(item: Item) -> bool:
    """Tell whether the record holds every document that a resource of its type can have."""
    about = _about(item)
    match item.get("resourceType"):
        case "AWS::IAM::Role":
            return bool(about.get("assumeRolePolicyDocument")) and _has_inline(item)
        case "AWS::IAM::User" | "AWS::IAM::Group":
            return bool(about) and _has_inline(item)
        case "AWS::IAM::Policy":
            return policy(item) is not None
        case "AWS::S3::Bucket":
            return "BucketPolicy" in _supplement(item)
        case _:
            return key_policy(item) is not None


def role(item: Item) -> RoleDetail | None:
    """Return a role; None where its trust policy is not recorded. When it was last used never is."""
    about = _about(item)
    trust = _document(about.get("assumeRolePolicyDocument"))
    if not trust:
        return None
    profiles = (one.get("instanceProfileName", "") for one in _several(about.get("instanceProfileList")))
    return RoleDetail(
        **_identity(item, "roleName"),
        role_id=str(about.get("roleId", item.get("resourceId", ""))),
        path=str(about.get("path", "/")),
        trust_json=trust,
        instance_profiles=tuple(profiles),
        created=str(about.get("createDate", ""))[:10],
    )


def identity(item: Item) -> IdentityDetail:
    """Return a user or group."""
    about = _about(item)
    if item.get("resourceType") == GROUP:
        return GroupDetail(**_identity(item, "groupName"))
    groups = (one if isinstance(one, str) else one.get("groupName", "") for one in about.get("groupList") or ())
    return UserDetail(**_identity(item, "userName"), groups=tuple(groups))


def policy(item: Item) -> PolicyDetail | None:
    """Return a customer managed policy; None where the document of its default version is not recorded."""
    about = _about(item)
    versions = _several(about.get("policyVersionList"))
    default = next((one for one in versions if one.get("isDefaultVersion")), {})
    text = _document(default.get("document"))
    if not text:
        return None
    return PolicyDetail(
        arn=arn(item),
        version_id=str(default.get("versionId", "")),
        document_json=text,
        # Where it is not recorded, nothing says that nobody uses it.
        attached_to=int(about.get("attachmentCount", 1) or 0),
        boundary_of=int(about.get("permissionsBoundaryUsageCount") or 0),
    )


def bucket_policy(item: Item) -> str | None:
    """Return a bucket's policy, empty where the record says that there is none; None where it says nothing."""
    supplement = _supplement(item)
    if "BucketPolicy" not in supplement:
        return None
    found = supplement["BucketPolicy"]
    text = found.get("policyText") if isinstance(found, dict) else found
    return text if isinstance(text, str) else ""


def key_policy(item: Item) -> str | None:
    """Return a key's policy; None where it is not recorded, as the published list of properties has it."""
    for place in (_supplement(item), _about(item)):
        for name in _KEY_POLICIES:
            text = _document(place.get(name))
            if text:
                return text
    return None


def arn(item: Item) -> str:
    """Return the ARN of the resource."""
    return str(item.get("arn") or _about(item).get("arn") or item.get("resourceId", ""))


def has_unseen_inline(item: Item) -> bool:
    """Tell whether the record names inline policies without their documents."""
    return not _has_inline(item)


def names_policies(item: Item) -> bool:
    """Tell whether the record of a role says which policies it has, inline and attached."""
    return {_INLINE[ROLE], "attachedManagedPolicies"} <= _about(item).keys()


def is_managed_by_aws(item: Item) -> bool:
    """Tell whether a key is one of AWS's own, whose policy nobody can change."""
    return _about(item).get("keyManager") == "AWS"


def _identity(item: Item, name: str) -> dict[str, Any]:
    about = _about(item)
    attached = (one.get("policyArn", "") for one in _several(about.get("attachedManagedPolicies")))
    boundary = about.get("permissionsBoundary") or {}
    return {
        "arn": arn(item),
        "name": str(about.get(name) or item.get("resourceName") or arn(item).rpartition("/")[2]),
        "inline": {str(one.get("policyName", "")): _document(one.get("policyDocument")) for one in _inline(item)},
        "attached": tuple(attached),
        "boundary_arn": str(boundary.get("permissionsBoundaryArn", "")) if isinstance(boundary, dict) else "",
        "tags": {str(one.get("key")): str(one.get("value")) for one in _several(item.get("tags"))},
    }


def _inline(item: Item) -> list[Mapping[str, Any]]:
    return _several(_about(item).get(_INLINE.get(str(item.get("resourceType")), "")))


def _has_inline(item: Item) -> bool:
    listed = _INLINE.get(str(item.get("resourceType")), "") in _about(item)
    return listed and all(one.get("policyDocument") for one in _inline(item))


def _about(item: Item) -> Mapping[str, Any]:
    found = item.get("configuration")
    return found if isinstance(found, dict) else {}


def _supplement(item: Item) -> Mapping[str, Any]:
    found = item.get("supplementaryConfiguration")
    return found if isinstance(found, dict) else {}


def _several(value: object) -> list[Mapping[str, Any]]:
    found: Iterable[object] = value if isinstance(value, list) else ()
    return [one for one in found if isinstance(one, dict)]


def _document(value: object) -> str:
    """Return the text of a document, decoded if it is percent-encoded; empty if it is none."""
    if not isinstance(value, str):
        return ""
    return unquote(value) if value.lstrip().startswith("%7") else value
