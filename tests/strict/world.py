"""What moto holds, as far as the rules must know it: principals, documents, keys, and who was deleted."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends

from strict.canonical import listed, strictly
from strict.requests import Refused, Request

ACCOUNT = DEFAULT_ACCOUNT_ID
_PRINCIPALS = ("Principal", "NotPrincipal")


@dataclass(frozen=True)
class Stored:
    """One stored document and the way to change it."""

    text: str
    replace: Callable[[str], None]


def iam(request: Request) -> Any:
    return iam_backends[ACCOUNT][request.partition]


def role(request: Request, name: str) -> Any:
    return next((role for role in iam(request).roles.values() if role.name == name), None)


def policy(request: Request, arn: str) -> Any:
    return iam(request).managed_policies.get(arn)


def holders(request: Request) -> Iterator[Any]:
    """All users, groups and roles."""
    backend = iam(request)
    for kind in (backend.users, backend.groups, backend.roles):
        yield from kind.values()


def holder(request: Request) -> Any:
    """The user, group or role that a call names, if there is one."""
    for part, kept in (("RoleName", "roles"), ("UserName", "users"), ("GroupName", "groups")):
        if part in request.params:
            found = getattr(iam(request), kept).values()
            return next((one for one in found if one.name == request.params[part]), None)
    return None


def principals(request: Request) -> set[str]:
    """The ARNs of all users and roles."""
    backend = iam(request)
    return {one.arn for kind in (backend.users, backend.roles) for one in kind.values()}


def bucket(request: Request) -> Any:
    return s3_backends[ACCOUNT][request.partition].buckets.get(request.bucket)


def bucket_regions(request: Request) -> dict[str, str]:
    return {name: found.region_name for name, found in s3_backends[ACCOUNT][request.partition].buckets.items()}


def key(request: Request) -> Any:
    """The key that a call names by id or ARN."""
    backend = kms_backends[ACCOUNT][request.region]
    return backend.keys.get(request.text("KeyId").rpartition("/")[2])


def caller(request: Request) -> str:
    """The ARN of who calls: the user of the access key, else one whom only the account's root stands for."""
    for user in iam(request).users.values():
        if any(key.access_key_id == request.access_key for key in user.access_keys):
            return str(user.arn)
    return f"arn:{request.partition}:sts::{ACCOUNT}:user/moto"


def documents(request: Request) -> Iterator[Stored]:
    """Every stored document that names principals."""
    for found in iam(request).roles.values():
        text = unquote(found.assume_role_policy_document)
        yield Stored(text, lambda new, to=found: setattr(to, "assume_role_policy_document", new))
    for found in s3_backends[ACCOUNT][request.partition].buckets.values():
        if found.policy is not None:
            yield Stored(found.policy.decode(), lambda new, to=found: setattr(to, "policy", new.encode()))
    for found in keys():
        yield Stored(found.policy, lambda new, to=found: setattr(to, "policy", new))


def keys() -> Iterable[Any]:
    return [found for backend in kms_backends[ACCOUNT].values() for found in backend.keys.values()]


def doomed(request: Request) -> tuple[str, str] | None:
    """The ARN and unique id of the role or user that a call wants to delete."""
    found = holder(request) if request.name in ("DeleteRole", "DeleteUser") else None
    return (found.arn, found.id) if found else None


def bury(request: Request, arn: str, unique_id: str) -> None:
    """Put the unique id where documents and grants named a principal that is gone, as AWS shows it from then on.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    for stored in documents(request):
        if arn not in stored.text:
            continue
        try:
            parsed = strictly(stored.text)
        except ValueError:
            continue
        for statement in listed(parsed["Statement"]):
            for element in _PRINCIPALS:
                _rename(statement.get(element), arn, unique_id)
        stored.replace(json.dumps(parsed))
    for found in keys():
        for grant in found.grants.values():
            if grant.grantee_principal == arn:
                grant.grantee_principal = unique_id


def _rename(named: Any, arn: str, unique_id: str) -> None:
    if isinstance(named, dict) and "AWS" in named:
        who = named["AWS"]
        named["AWS"] = [unique_id if one == arn else one for one in who] if isinstance(who, list) else who
        if who == arn:
            named["AWS"] = unique_id


class Newcomers:
    """Who was just made, and is a stranger still to the services that check principals."""

    def __init__(self) -> None:
        self.refusals = 0
        """How often a new user or role is unknown before it is seen everywhere."""
        self.namelessness = 0
        """In how many readings of documents that name it its unique id stands in place of its ARN."""
        self._left: dict[str, int] = {}
        self._nameless: dict[str, tuple[str, int]] = {}

    def welcome(self, request: Request) -> None:
        """Hear of a role or user that was made."""
        found = holder(request) if request.name in ("CreateRole", "CreateUser") else None
        if found and self.refusals:
            self._left[found.arn] = self.refusals
        if found and self.namelessness:
            self._nameless[found.arn] = (found.id, self.namelessness)

    def knows(self, arn: str) -> bool:
        """Tell whether a principal is seen already; being asked is what takes the time."""
        left = self._left.get(arn, 0)
        self._left[arn] = left - 1
        return left <= 0

    def shown(self, text: str) -> str:
        """Return a document as it is shown while a new principal has no name yet."""
        for arn, (unique_id, left) in list(self._nameless.items()):
            if left > 0 and f'"{arn}"' in text:
                self._nameless[arn] = (unique_id, left - 1)
                text = text.replace(f'"{arn}"', f'"{unique_id}"')
        return text

    def check(self, arn: str, refused: Refused) -> None:
        if not self.knows(arn):
            raise refused
