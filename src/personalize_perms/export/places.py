"""What in our own texts is different in another account: partition, Region, account, buckets, keys. Pure.

Only statements and names of ours are taken apart. What others wrote stays to the letter: nobody knows what they meant.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import field
from enum import Enum
from itertools import chain, count
from typing import Final, TypeAlias, assert_never

from personalize_perms.export.parcel import Parcel, title
from personalize_perms.model import ownership
from personalize_perms.model.resources import (
    BucketPolicyStatements,
    Json,
    KeyGrant,
    KeyPolicyStatements,
    ManagedPolicy,
    PermissionSet,
    PermissionSetAssignment,
    PolicyAttachment,
    Resource,
    Role,
    Statement,
    TrustPolicyStatements,
)
from personalize_perms.model.settings import Place
from personalize_perms.model.values import dataclass

_ARN: Final = re.compile(r"arn:([^:]*):([^:]*):([^:]*):([^:]*):(.*)", re.DOTALL)
_LEDGER_KEY: Final = re.compile(r"([kG])/([a-z0-9-]+)/(.+)")


class Pseudo(Enum):
    """What every engine knows by itself about where it works."""

    PARTITION = "partition"
    REGION = "region"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A value that whoever deploys may choose: CamelCase name, its default, and what it is."""

    name: str
    default: str
    about: str


Piece: TypeAlias = str | Pseudo | Parameter
"""A text is a row of pieces: literal text, and what stands for the rest."""


def camel(text: str) -> str:
    """Return `text` as the letters and digits of a name, each word capitalised."""
    return "".join(word[:1].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", text))


def snake(text: str) -> str:
    """Return `text`, CamelCase or with separators, as lower case words with underscores between."""
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", text)
    return "_".join(re.findall(r"[a-z0-9]+", parted.lower()))


@dataclass(slots=True)
class Places:
    """Takes texts of one parcel apart. A parcel that holds documents of others has no parameters but a boundary."""

    parcel: Parcel
    parameters: dict[str, Parameter] = field(default_factory=dict)
    """By the text that each stands for; filled from the parcel at once, so that the order is the parcel's."""

    def __post_init__(self) -> None:
        if self.parcel.everywhere:
            return
        for role in self.parcel.of_kind(Role):
            if role.boundary_arn:
                self._add("PermissionsBoundaryArn", role.boundary_arn, "Permissions boundary of the roles.")
        if self.parcel.portable:
            for bucket in dict.fromkeys(_buckets(self.parcel)):
                self._add(f"{camel(bucket)}Bucket", bucket, f"Name of the bucket that is {bucket} here.")
            for key in dict.fromkeys(_keys(self.parcel)):
                self._add("KmsKeyId", key, "Id of a KMS key in the account and Region.")

    def _add(self, name: str, default: str, about: str) -> None:
        taken = {parameter.name for text, parameter in self.parameters.items() if text != default}
        free = next(one for one in chain([name], (f"{name}{n}" for n in count(2))) if one not in taken)
        self.parameters.setdefault(default, Parameter(name=free, default=default, about=about))

    @property
    def place(self) -> Place:
        """The account and Region that the parcel was made for."""
        return self.parcel.desired.place

    def own(self, value: Json) -> "Places | None":
        """Return these places for a statement of the set-up's, and None for anything of others."""
        return self if isinstance(value, dict) and self.is_own(value) else None

    def is_own(self, statement: Statement) -> bool:
        """Tell whether a statement is one of the set-up's."""
        return ownership.is_own_sid(statement.get("Sid"), self.parcel.desired.name)

    def whole(self, text: str) -> tuple[Piece, ...]:
        """Return the parameter that stands for all of `text`, or its pieces."""
        return (self.parameters[text],) if text in self.parameters else self.pieces(text)

    def pieces(self, text: str) -> tuple[Piece, ...]:
        """Return the pieces of a text of ours."""
        arn = _ARN.fullmatch(text)
        if arn and arn[1] == self.place.partition:
            return tuple(self._of_arn(*arn.groups()))
        alone: dict[str | None, Pseudo] = {self.place.account: Pseudo.ACCOUNT, self._region: Pseudo.REGION}
        return (alone.get(text, text),)

    @property
    def _region(self) -> str | None:
        """The Region that an engine knows by itself; none where documents name the Regions that they are for."""
        return None if self.parcel.everywhere else self.place.region

    def _of_arn(self, _: str, service: str, region: str, account: str, resource: str) -> Iterator[Piece]:
        local = (region, account) == (self.place.region, self.place.account)
        yield from ("arn:", Pseudo.PARTITION, f":{service}:")
        yield Pseudo.REGION if region == self._region else region
        yield ":"
        yield Pseudo.ACCOUNT if account == self.place.account else account
        yield ":"
        bucket, slash, path = resource.partition("/")
        if service == "s3" and bucket in self.parameters:
            yield from (self.parameters[bucket], f"{slash}{path}")
        elif service == "kms" and local and bucket == "key" and path in self.parameters:
            yield from ("key/", self.parameters[path])
        else:
            yield resource

    def tag(self, key: str, value: str) -> tuple[Piece, ...]:
        """Return the pieces of a tag's value: the ledger names Region and id of each key."""
        if not key.startswith(ownership.TAG_LEDGER):
            return (value,)
        found: list[Piece] = []
        for word in value.split(" "):
            found += [" "] if found else []
            named = _LEDGER_KEY.fullmatch(word)
            if named and named[2] == self.place.region and named[3] in self.parameters:
                found += [f"{named[1]}/", Pseudo.REGION, "/", self.parameters[named[3]]]
            else:
                found.append(word)
        return tuple(found)


def _buckets(parcel: Parcel) -> Iterator[str]:
    prefix = f"arn:{parcel.desired.place.partition}:s3:::"
    for text in _resources(parcel):
        if text.startswith(prefix):
            yield text.removeprefix(prefix).partition("/")[0]


def _keys(parcel: Parcel) -> Iterator[str]:
    local = parcel.desired.place.arn("kms", "key/", regional=True)
    for text in _resources(parcel):
        if text.startswith(local) and text != f"{local}*":
            yield text.removeprefix(local)


def _resources(parcel: Parcel) -> Iterator[str]:
    for policy in parcel.of_kind(ManagedPolicy):
        for statement in policy.statements:
            found = statement.get("Resource")
            yield from (text for text in (found if isinstance(found, list) else [found]) if isinstance(text, str))


def names(parcel: Parcel, spell: Callable[[str], str]) -> dict[str, str]:
    """Return a name of each role, policy, bucket and key in an engine's own spelling, each once, by its title."""
    found: dict[str, str] = {}
    for part in parcel.parts:
        wanted = spell(_called(part.resource))
        taken = set(found.values())
        free = (name for name in chain([wanted], (spell(f"{wanted} {n}") for n in count(2))) if name not in taken)
        found[title(part.resource)] = next(free)
    return found


def _called(resource: Resource) -> str:  # noqa: PLR0911 - one line a kind: a table
    match resource:
        case ManagedPolicy(name=name):
            return f"{name} policy"
        case Role(name=name):
            return f"{name} role" if not name.endswith("role") else name
        case TrustPolicyStatements(role_name=name):
            return f"{name} adopted"
        case PolicyAttachment(policy_arn=arn, principal_kind=kind, principal_name=name):
            return f"{arn.rpartition('/')[2]} {kind} {name}"
        case BucketPolicyStatements(bucket=bucket):
            return f"{bucket} bucket policy"
        case KeyPolicyStatements(key_arn=arn):
            return f"key {arn.rpartition('/')[2]}"
        case KeyGrant(name=name):
            return f"grant {name}"
        case PermissionSet(name=name):
            return f"permission set {name}"
        case PermissionSetAssignment():
            return f"{resource.permission_set} {resource.principal_name} {resource.account}"
        case _:
            assert_never(resource)
