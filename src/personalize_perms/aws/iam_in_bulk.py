"""IAM for whoever needs every policy of an identity: answered from one bulk call where an account fits into it.

The single reads stay as they are, and serve where the bulk call is refused or the account is larger than a page: then
a thousand roles would be read for the sake of one.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain

from personalize_perms.aws.errors import AwsError, looked_up
from personalize_perms.aws.iam import Iam, document_text
from personalize_perms.aws.iam_inventory import read_inventory
from personalize_perms.aws.session import AwsSession
from personalize_perms.model.inventory import IdentityDetail, InventoryPage, UserDetail
from personalize_perms.model.live import PolicyEntities, Present, Read, RoleContents
from personalize_perms.model.resources import PrincipalKind

_TITLES = {PrincipalKind.USER: "User", PrincipalKind.GROUP: "Group", PrincipalKind.ROLE: "Role"}


class IamInBulk(Iam):
    """Reads of IAM; the bulk call is sent at once, beside whatever else is asked."""

    def __init__(self, session: AwsSession) -> None:
        super().__init__(session)
        self.refused = ""
        """Why the bulk call was of no use, once it was answered."""
        pool = ThreadPoolExecutor(1)
        self._page: Future[InventoryPage | None] = pool.submit(self._read_page)
        pool.shutdown(wait=False)

    def _read_page(self) -> InventoryPage | None:
        try:
            page = next(read_inventory(self._session))
        except AwsError as error:
            # What is wrong beyond this call, the single reads meet again and say.
            self.refused = f"{error.action}: {error.code}: {error.message}"
            return None
        if page.more:
            self.refused = "the account has more users, roles and policies than one call tells"
            return None
        return page

    # What the page tells, instead of a call

    def read_policy_document(self, arn: str, version_id: str) -> Read[str]:
        """Read the text of one version of a managed policy, as it is stored."""
        page = self._page.result()
        for policy in page.policies if page else ():
            if (policy.arn, policy.version_id) == (arn, version_id):
                return Present(policy.document_json)
        return super().read_policy_document(arn, version_id)

    def read_policy_entities(self, arn: str) -> Read[PolicyEntities]:
        """Read who a managed policy is attached to; use as a permissions boundary is not counted."""
        page = self._page.result()
        if page is None or all(policy.arn != arn for policy in page.policies):
            return super().read_policy_entities(arn)
        return Present(
            PolicyEntities(
                users=tuple(one.name for one in page.users if arn in one.attached),
                groups=tuple(one.name for one in page.groups if arn in one.attached),
                roles=tuple(one.name for one in page.roles if arn in one.attached),
            )
        )

    def read_role_contents(self, name: str) -> Read[RoleContents]:
        """Read all that hangs on a role."""
        page = self._page.result()
        for role in page.roles if page else ():
            if role.name == name:
                return Present(
                    RoleContents(
                        attached_policy_arns=role.attached,
                        inline_policy_names=tuple(role.inline),
                        instance_profiles=role.instance_profiles,
                    )
                )
        return super().read_role_contents(name)

    # The policies of an identity

    def read_attached(self, kind: PrincipalKind, name: str) -> Read[tuple[str, ...]]:
        """Read the ARNs of the managed policies of a user, group or role."""
        detail = self._detail(kind, name)
        if detail:
            return Present(detail.attached)
        asks: Mapping[PrincipalKind, Callable[[str], tuple[str, ...]]] = {
            PrincipalKind.USER: self._user_policies,
            PrincipalKind.GROUP: self._group_policies,
            PrincipalKind.ROLE: self._role_policies,
        }
        ask = asks[kind]
        return looked_up(f"iam:ListAttached{_TITLES[kind]}Policies", f"{kind}/{name}", lambda: ask(name))

    def read_inline(self, kind: PrincipalKind, name: str) -> Read[Mapping[str, str]]:
        """Read the inline policies of a user, group or role: their texts by name."""
        detail = self._detail(kind, name)
        if detail:
            return Present(detail.inline)
        who = {f"{_TITLES[kind]}Name": name}

        def ask() -> tuple[str, ...]:
            pages = self._reads.get_paginator(f"list_{kind}_policies").paginate(**who)  # type: ignore[call-overload]
            return tuple(policy for page in pages for policy in page["PolicyNames"])

        names: Read[tuple[str, ...]] = looked_up(f"iam:List{_TITLES[kind]}Policies", f"{kind}/{name}", ask)
        if not isinstance(names, Present):
            return names

        def texts() -> Mapping[str, str]:
            get = getattr(self._reads, f"get_{kind}_policy")
            return {each: document_text(get(**who, PolicyName=each)["PolicyDocument"]) for each in names.value}

        return looked_up(f"iam:Get{_TITLES[kind]}Policy", f"{kind}/{name}", texts)

    def read_groups(self, user: str) -> Read[tuple[str, ...]]:
        """Read the names of the groups that a user is in."""
        detail = self._detail(PrincipalKind.USER, user)
        if isinstance(detail, UserDetail):
            return Present(detail.groups)

        def ask() -> tuple[str, ...]:
            pages = self._reads.get_paginator("list_groups_for_user").paginate(UserName=user)
            return tuple(group["GroupName"] for page in pages for group in page["Groups"])

        return looked_up("iam:ListGroupsForUser", f"user/{user}", ask)

    def read_identity(self, kind: PrincipalKind, name: str) -> Read[tuple[str, str]]:
        """Read the ARN of a user or role, and that of its permissions boundary, which may be empty."""
        detail = self._detail(kind, name)
        if detail:
            return Present((detail.arn, detail.boundary_arn))

        def ask() -> tuple[str, str]:
            found = (
                self._reads.get_user(UserName=name)["User"]
                if kind is PrincipalKind.USER
                else self._reads.get_role(RoleName=name)["Role"]
            )
            return found["Arn"], found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")

        return looked_up(f"iam:Get{_TITLES[kind]}", f"{kind}/{name}", ask)

    def _detail(self, kind: PrincipalKind, name: str) -> IdentityDetail | None:
        page = self._page.result()
        if page is None:
            return None
        found = {PrincipalKind.USER: page.users, PrincipalKind.GROUP: page.groups, PrincipalKind.ROLE: page.roles}
        return next((one for one in chain(found[kind]) if one.name == name), None)
