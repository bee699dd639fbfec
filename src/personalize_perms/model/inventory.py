"""IAM in bulk: what one call tells about many users, groups, roles and policies of an account.

It lacks what only the single reads tell: tags of policies and descriptions.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""

from collections.abc import Mapping
from dataclasses import field

from personalize_perms.model.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityDetail:
    """The policies of one user, group or role; `inline` is name -> text as it is stored."""

    arn: str
    name: str
    inline: Mapping[str, str] = field(default_factory=dict)
    attached: tuple[str, ...] = ()
    """ARNs of managed policies."""
    boundary_arn: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDetail(IdentityDetail):
    """A user, and the names of its groups."""

    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDetail(IdentityDetail):
    """A group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleDetail(IdentityDetail):
    """A role."""

    role_id: str
    path: str
    trust_json: str
    instance_profiles: tuple[str, ...] = ()
    created: str = ""
    """When it was created, as an ISO 8601 date; empty where that was not read."""
    last_used: str = ""
    """When it was last used, as an ISO 8601 date; empty if never, or not within the time that IAM tracks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDetail:
    """A managed policy with the text of its default version."""

    arn: str
    version_id: str
    document_json: str
    attached_to: int
    """How many users, groups and roles it is attached to."""
    boundary_of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryPage:
    """One page of the answer; `more` tells that others follow."""

    users: tuple[UserDetail, ...] = ()
    groups: tuple[GroupDetail, ...] = ()
    roles: tuple[RoleDetail, ...] = ()
    policies: tuple[PolicyDetail, ...] = ()
    more: bool = False
