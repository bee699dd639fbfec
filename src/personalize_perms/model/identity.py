"""IAM Identity Center as this program sees it: one instance, its permission sets, and who has them where."""

from collections.abc import Mapping

from personalize_perms.model.resources import PrincipalKind
from personalize_perms.model.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """An instance of Identity Center and its directory."""

    arn: str
    store_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPlace:
    """Where a permission set is: its ARN is AWS's choice, its name is unique in the instance."""

    region: str
    instance_arn: str
    name: str

    def __str__(self) -> str:
        return f"{self.region}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Assignment:
    """A permission set given to a user or group of the directory in one account."""

    account: str
    principal_kind: PrincipalKind
    principal_id: str


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class PolicyReference:
    """A customer managed policy by name and path, whichever account it is looked for in."""

    name: str
    path: str = "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePermissionSet:
    """A permission set, and what it is made of."""

    arn: str
    name: str
    description: str
    tags: Mapping[str, str] | None
    """None where they could not be read."""
    references: frozenset[PolicyReference]
    assignments: frozenset[Assignment]
    accounts: frozenset[str]
    """Where it is provisioned."""
    outdated: frozenset[str]
    """Those of them that have an older form of it."""
    others: tuple[str, ...] = ()
    """What else hangs on it, in words: AWS managed policies, an inline policy, a boundary. Read where it may go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestState:
    """How far AWS is with something that it does on its own time."""

    running: bool
    failure: str = ""
    """AWS's reason, if it failed."""
