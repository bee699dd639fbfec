"""IAM as this program sees it: documents are texts, and what may not be read is a value."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import unquote

from personalize_perms.aws.errors import looked_up
from personalize_perms.aws.iam_writes import IamWrites
from personalize_perms.model.live import Absent, LiveRole, PolicyEntities, PolicyHead, Present, Read, RoleContents
from personalize_perms.model.names import Arn
from personalize_perms.model.resources import PrincipalKind

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_iam.type_defs import RoleTypeDef, TagTypeDef

# One page of the longest kind saves nine calls of ten.
_PAGE: Final = 1000


def document_text(stored: object) -> str:
    """Return the text of a document that IAM sent percent-encoded (RFC 3986).

    A `"` is always encoded there and in every JSON document, so a text that shows one is not encoded: some stand-ins
    for AWS send it as it is. Raises `UnicodeDecodeError` for what is not UTF-8.
    """
    text = str(stored)
    return text if '"' in text else _decoded(text)


@lru_cache(maxsize=128)
def _decoded(text: str) -> str:
    """Remember some: in most accounts many roles have the same trust policy, and an audit reads them all."""
    return unquote(text, errors="strict")


class Iam(IamWrites):
    """Reads and writes of IAM."""

    @property
    def _reads(self) -> "IAMClient":
        return cast("IAMClient", self._session.reader("iam"))

    # Managed policies

    def read_policy_head(self, arn: str) -> Read[PolicyHead]:
        """Read a managed policy without its document."""

        def ask() -> PolicyHead:
            policy = self._reads.get_policy(PolicyArn=arn)["Policy"]
            return PolicyHead(
                arn=policy["Arn"],
                tags=_tags(policy.get("Tags")),
                version_id=policy["DefaultVersionId"],
                boundary_of=policy.get("PermissionsBoundaryUsageCount", 0),
            )

        return looked_up("iam:GetPolicy", arn, ask)

    def read_policy_document(self, arn: str, version_id: str) -> Read[str]:
        """Read the text of one version of a managed policy, as it is stored."""

        def ask() -> str:
            version = self._reads.get_policy_version(PolicyArn=arn, VersionId=version_id)["PolicyVersion"]
            return document_text(version["Document"])

        return looked_up("iam:GetPolicyVersion", arn, ask)

    def read_policy_entities(self, arn: str) -> Read[PolicyEntities]:
        """Read who a managed policy is attached to; use as a permissions boundary is not counted."""

        def ask() -> PolicyEntities:
            paginator = self._reads.get_paginator("list_entities_for_policy")
            pages = list(
                paginator.paginate(
                    PolicyArn=arn, PolicyUsageFilter="PermissionsPolicy", PaginationConfig={"PageSize": _PAGE}
                )
            )
            return PolicyEntities(
                users=tuple(user["UserName"] for page in pages for user in page["PolicyUsers"]),
                groups=tuple(group["GroupName"] for page in pages for group in page["PolicyGroups"]),
                roles=tuple(role["RoleName"] for page in pages for role in page["PolicyRoles"]),
            )

        return looked_up("iam:ListEntitiesForPolicy", arn, ask)

    def read_policy_versions(self, arn: str) -> Read[tuple[str, ...]]:
        """Read the ids of the versions that are not the default, oldest first."""

        def ask() -> tuple[str, ...]:
            paginator = self._reads.get_paginator("list_policy_versions")
            pages = paginator.paginate(PolicyArn=arn, PaginationConfig={"PageSize": _PAGE})
            versions = [version for page in pages for version in page["Versions"]]
            spare = (version["VersionId"] for version in versions if not version["IsDefaultVersion"])
            return tuple(sorted(spare, key=_version_number))

        return looked_up("iam:ListPolicyVersions", arn, ask)

    def read_policy_arns(self) -> Read[tuple[str, ...]]:
        """Read the ARNs of all customer managed policies."""

        def ask() -> tuple[str, ...]:
            pages = self._reads.get_paginator("list_policies").paginate(
                Scope="Local", PaginationConfig={"PageSize": _PAGE}
            )
            return tuple(policy["Arn"] for page in pages for policy in page["Policies"])

        return looked_up("iam:ListPolicies", "*", ask)

    # Roles

    def read_role(self, name: str) -> Read[LiveRole]:
        """Read a role with the text of its trust policy."""

        def ask() -> LiveRole:
            role = self._reads.get_role(RoleName=name)["Role"]
            return LiveRole(
                name=role["RoleName"],
                arn=role["Arn"],
                role_id=role["RoleId"],
                path=role["Path"],
                description=role.get("Description", ""),
                boundary_arn=role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
                tags=_tags(role.get("Tags")),
                trust_json=document_text(role["AssumeRolePolicyDocument"]),
            )

        return looked_up("iam:GetRole", f"role/{name}", ask)

    def read_role_contents(self, name: str) -> Read[RoleContents]:
        """Read all that hangs on a role and would be lost, or be in the way, if it were deleted."""
        attached = self.read_role_policies(name)
        if not isinstance(attached, Present):
            return attached
        inline = looked_up("iam:ListRolePolicies", f"role/{name}", lambda: self._inline_policies(name))
        if not isinstance(inline, Present):
            return inline
        profiles = looked_up("iam:ListInstanceProfilesForRole", f"role/{name}", lambda: self._instance_profiles(name))
        if not isinstance(profiles, Present):
            return profiles
        return Present(
            RoleContents(
                attached_policy_arns=attached.value, inline_policy_names=inline.value, instance_profiles=profiles.value
            )
        )

    def read_role_policies(self, name: str) -> Read[tuple[str, ...]]:
        """Read the ARNs of the managed policies that are attached to a role."""
        return looked_up("iam:ListAttachedRolePolicies", f"role/{name}", lambda: self._role_policies(name))

    def read_inline_policy(self, role: str, name: str) -> Read[str]:
        """Read the text of an inline policy of a role, as it is stored."""

        def ask() -> str:
            return document_text(self._reads.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"])

        return looked_up("iam:GetRolePolicy", f"role/{role}", ask)

    def read_managed_text(self, arn: str) -> Read[str]:
        """Read the text of the default version of a managed policy, AWS's own too."""
        head = self.read_policy_head(arn)
        return self.read_policy_document(arn, head.value.version_id) if isinstance(head, Present) else head

    def read_role_arns(self) -> Read[tuple[str, ...]]:
        """Read the ARNs of all roles."""
        return looked_up("iam:ListRoles", "*", lambda: tuple(role["Arn"] for role in self._roles()))

    def read_role_trusts(self) -> Read[Mapping[str, str]]:
        """Read the text of every role's trust policy, by role ARN."""

        def ask() -> Mapping[str, str]:
            return {role["Arn"]: document_text(role["AssumeRolePolicyDocument"]) for role in self._roles()}

        return looked_up("iam:ListRoles", "*", ask)

    # Users, groups, and what is only referred to

    def read_user_arns(self) -> Read[tuple[str, ...]]:
        """Read the ARNs of all users."""

        def ask() -> tuple[str, ...]:
            pages = self._reads.get_paginator("list_users").paginate(PaginationConfig={"PageSize": _PAGE})
            return tuple(user["Arn"] for page in pages for user in page["Users"])

        return looked_up("iam:ListUsers", "*", ask)

    def read_group_names(self) -> Read[tuple[str, ...]]:
        """Read the names of all groups."""

        def ask() -> tuple[str, ...]:
            pages = self._reads.get_paginator("list_groups").paginate(PaginationConfig={"PageSize": _PAGE})
            return tuple(group["GroupName"] for page in pages for group in page["Groups"])

        return looked_up("iam:ListGroups", "*", ask)

    def read_attached_count(self, kind: PrincipalKind, name: str) -> Read[int]:
        """Read how many managed policies a user, group or role has; Absent if there is no such."""
        action = f"iam:ListAttached{kind.title()}Policies"
        ask: Callable[[], int]
        match kind:
            case PrincipalKind.USER:
                ask = lambda: len(self._user_policies(name))  # noqa: E731 - one line per kind
            case PrincipalKind.GROUP:
                ask = lambda: len(self._group_policies(name))  # noqa: E731
            case PrincipalKind.ROLE:
                ask = lambda: len(self._role_policies(name))  # noqa: E731
        return looked_up(action, f"{kind}/{name}", ask)

    def read_existence(self, arn: str) -> Read[str]:
        """Read whether a user, role, policy or identity provider is there; the value is its ARN as AWS spells it.

        Users and roles are looked up by name in this account: compare the value. Raises `ValueError` for other kinds.
        """
        parsed = Arn.parse(arn)
        kind = parsed.resource.partition("/")[0]
        match kind:
            case "user":
                return looked_up("iam:GetUser", arn, lambda: self._reads.get_user(UserName=parsed.name)["User"]["Arn"])
            case "role":
                return looked_up("iam:GetRole", arn, lambda: self._reads.get_role(RoleName=parsed.name)["Role"]["Arn"])
            case "policy":
                return looked_up("iam:GetPolicy", arn, lambda: self._reads.get_policy(PolicyArn=arn)["Policy"]["Arn"])
            case "saml-provider":
                return looked_up("iam:GetSAMLProvider", arn, lambda: self._saml_provider(arn))
            case "oidc-provider":
                return looked_up("iam:GetOpenIDConnectProvider", arn, lambda: self._oidc_provider(arn))
        raise ValueError(f"{arn} is none of user, role, policy, saml-provider, oidc-provider")

    def read_account_alias(self) -> Read[str]:
        """Read the account's alias: the name that people gave it."""

        def ask() -> str | None:
            aliases = self._reads.list_account_aliases().get("AccountAliases", ())
            return aliases[0] if aliases else None

        found = looked_up("iam:ListAccountAliases", "*", ask)
        if not isinstance(found, Present):
            return found
        return Absent() if found.value is None else Present(found.value)

    def read_quotas(self) -> Read[Mapping[str, int]]:
        """Read the account's quotas and usage of IAM, by AWS's names for them."""

        def ask() -> Mapping[str, int]:
            return {str(name): value for name, value in self._reads.get_account_summary()["SummaryMap"].items()}

        return looked_up("iam:GetAccountSummary", "*", ask)

    # Pages

    def _roles(self) -> "list[RoleTypeDef]":
        pages = self._reads.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": _PAGE})
        return [role for page in pages for role in page["Roles"]]

    def _user_policies(self, name: str) -> tuple[str, ...]:
        pages = self._reads.get_paginator("list_attached_user_policies").paginate(UserName=name)
        return tuple(policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"])

    def _group_policies(self, name: str) -> tuple[str, ...]:
        pages = self._reads.get_paginator("list_attached_group_policies").paginate(GroupName=name)
        return tuple(policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"])

    def _role_policies(self, name: str) -> tuple[str, ...]:
        pages = self._reads.get_paginator("list_attached_role_policies").paginate(RoleName=name)
        return tuple(policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"])

    def _inline_policies(self, name: str) -> tuple[str, ...]:
        pages = self._reads.get_paginator("list_role_policies").paginate(RoleName=name)
        return tuple(policy for page in pages for policy in page["PolicyNames"])

    def _instance_profiles(self, name: str) -> tuple[str, ...]:
        pages = self._reads.get_paginator("list_instance_profiles_for_role").paginate(RoleName=name)
        return tuple(profile["InstanceProfileName"] for page in pages for profile in page["InstanceProfiles"])

    def _saml_provider(self, arn: str) -> str:
        self._reads.get_saml_provider(SAMLProviderArn=arn)
        return arn

    def _oidc_provider(self, arn: str) -> str:
        self._reads.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
        return arn


def _tags(tags: "Iterable[TagTypeDef] | None") -> Mapping[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags or ()}


def _version_number(version_id: str) -> int:
    """Order `v2` before `v10`: creation dates have whole seconds only."""
    return int(version_id.removeprefix("v").partition(".")[0])
