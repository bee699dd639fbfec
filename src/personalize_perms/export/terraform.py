"""The set-up as Terraform code, for HashiCorp's AWS provider.

What exists is imported. Documents that hold statements of others cannot be destroyed from here: the provider would
delete a whole bucket policy, and put AWS's default in the place of a key policy.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, assert_never

from personalize_perms.export import hcl_text, remarks
from personalize_perms.export import parcel as parcels
from personalize_perms.export.hcl_text import Block, Call, Hcl, Raw
from personalize_perms.export.parcel import Export, Parcel, Part, title
from personalize_perms.export.places import Parameter, Piece, Places, Pseudo, names, snake
from personalize_perms.model.resources import (
    BucketPolicyStatements,
    Json,
    KeyGrant,
    KeyPolicyStatements,
    ManagedPolicy,
    PermissionSet,
    PermissionSetAssignment,
    PolicyAttachment,
    Role,
    TrustPolicyStatements,
)

_PSEUDO: Final = {
    Pseudo.PARTITION: "local.partition",
    Pseudo.REGION: "local.region",
    Pseudo.ACCOUNT: "local.account_id",
}
_HEAD: Final = (
    Block(
        ("terraform",),
        {"required_version": ">= 1.5"},
        (Block(("required_providers",), {"aws": {"source": "hashicorp/aws", "version": ">= 5.100"}}),),
    ),
    Block(("data", "aws_caller_identity", "current"), {}),
    Block(("data", "aws_partition", "current"), {}),
    Block(("data", "aws_region", "current"), {}),
    Block(
        ("locals",),
        {
            "account_id": Raw("data.aws_caller_identity.current.account_id"),
            "partition": Raw("data.aws_partition.current.partition"),
            "region": Raw("data.aws_region.current.id"),
        },
    ),
)
_HOW: Final = (
    "terraform init && terraform plan: look at every line of it before terraform apply.",
    "The import blocks work in the root module only, and may be deleted once they are applied.",
)
_STAYS: Final = (
    "It cannot be destroyed from here, because others need it. To leave: a removed block with destroy = false,",
    "then personalize-perms undo, which takes out only what is ours.",
)
_ROLE_OF_OTHERS: Final = ("description", "max_session_duration", "path", "permissions_boundary", "tags", "tags_all")


def export(parcel: Parcel) -> Export:
    """Return the code, and what is not in it."""
    parcel = parcels.without_identity_center(parcels.without_unknown(parcel))
    text = "\n".join(line.rstrip() for line in _Code(parcel).lines())
    return Export(files={f"{parcel.desired.name}.tf": f"{text}\n"}, left_out=parcel.left_out)


class _Code:
    """One file while it is written."""

    def __init__(self, parcel: Parcel) -> None:
        self._parcel = parcel
        self._places = Places(parcel)
        self._names = names(parcel, snake)
        self._roles = {role.name: f"aws_iam_role.{self._names[title(role)]}" for role in parcel.of_kind(Role)}
        self._policies = {
            policy.arn: f"aws_iam_policy.{self._names[title(policy)]}" for policy in parcel.of_kind(ManagedPolicy)
        }

    def lines(self) -> Iterator[str]:
        """Yield the lines of the file."""
        yield from _comment(remarks.head(self._parcel, "terraform", _HOW))
        yield from _comment(remarks.left_out(self._parcel))
        for one in _HEAD:
            yield ""
            yield from hcl_text.block(one)
        for parameter in self._places.parameters.values():
            yield ""
            values: dict[str, Hcl] = {
                "description": parameter.about,
                "type": Raw("string"),
                "default": parameter.default,
            }
            yield from hcl_text.block(Block(("variable", snake(parameter.name)), values))
        for part in self._parcel.parts:
            yield from self._part(part)
        for name, address in self._roles.items():
            yield ""
            output: dict[str, Hcl] = {"description": f"ARN of the role {name}", "value": Raw(f"{address}.arn")}
            yield from hcl_text.block(Block(("output", f"{self._names_of(address)}_arn"), output))

    @staticmethod
    def _names_of(address: str) -> str:
        return address.partition(".")[2]

    def _part(self, part: Part) -> Iterator[str]:
        kind, attributes, imported = self._resource(part)
        name = self._names[title(part.resource)]
        shared = part.foreign or isinstance(part.resource, parcels.Shared)
        yield ""
        if shared:
            yield from _comment(remarks.owned(part, "this code"))
            yield from _comment(_STAYS)
        yield from hcl_text.block(Block(("resource", kind, name), attributes, tuple(self._lifecycle(part))))
        if part.exists:
            yield ""
            yield from hcl_text.block(Block(("import",), {"to": Raw(f"{kind}.{name}"), "id": imported}))

    def _resource(self, part: Part) -> tuple[str, Mapping[str, Hcl], str]:  # noqa: PLR0911 - one line a kind
        """Return the type, attributes and import id of a part."""
        document = self._document(part)
        match part.resource:
            case ManagedPolicy() as one:
                named = {"name": one.name, "path": "/", "description": one.description}
                return "aws_iam_policy", {**named, "policy": document, "tags": self._tags(one.tags)}, one.arn
            case Role() as one:
                return "aws_iam_role", self._role(one, document), one.name
            case TrustPolicyStatements() as one:
                return "aws_iam_role", {"name": one.role_name, "assume_role_policy": document}, one.role_name
            case PolicyAttachment() as one:
                return self._attachment(one)
            case BucketPolicyStatements() as one:
                return "aws_s3_bucket_policy", {"bucket": one.bucket, "policy": document}, one.bucket
            case KeyPolicyStatements() as one:
                key = one.key_arn.rpartition("/")[2]
                return "aws_kms_key_policy", {"key_id": key, "policy": document, **self._after_roles()}, key
            case KeyGrant() as one:
                return self._grant(part, one)
            case PermissionSet() | PermissionSetAssignment():
                raise TypeError(f"{title(part.resource)} is not in the code")
            case _:
                assert_never(part.resource)

    def _role(self, role: Role, document: Hcl) -> Mapping[str, Hcl]:
        boundary = {"permissions_boundary": _text(self._places.whole(role.boundary_arn))} if role.boundary_arn else {}
        named = {"name": role.name, "path": role.path, "description": role.description}
        return {**named, **boundary, "assume_role_policy": document, "tags": self._tags(role.tags)}

    def _attachment(self, one: PolicyAttachment) -> tuple[str, Mapping[str, Hcl], str]:
        kind = one.principal_kind.value
        role = self._roles.get(one.principal_name) if kind == "role" else None
        policy = self._policies.get(one.policy_arn)
        attributes: dict[str, Hcl] = {
            kind: Raw(f"{role}.name") if role else one.principal_name,
            "policy_arn": Raw(f"{policy}.arn") if policy else one.policy_arn,
        }
        return f"aws_iam_{kind}_policy_attachment", attributes, f"{one.principal_name}/{one.policy_arn}"

    def _grant(self, part: Part, one: KeyGrant) -> tuple[str, Mapping[str, Hcl], str]:
        key = one.key_arn.rpartition("/")[2]
        role = next((self._roles[r.name] for r in self._parcel.of_kind(Role) if r.arn == one.grantee_arn), None)
        grantee = Raw(f"{role}.arn") if role else _text(self._places.pieces(one.grantee_arn))
        attributes: dict[str, Hcl] = {
            "name": one.name,
            "key_id": _text(self._places.whole(key)),
            "grantee_principal": grantee,
            "operations": [*one.operations],
        }
        return "aws_kms_grant", attributes, f"{key}:{part.grant_id}"

    def _after_roles(self) -> Mapping[str, Hcl]:
        """Return what makes a key policy wait for the roles that it names."""
        return {"depends_on": [Raw(address) for address in self._roles.values()]} if self._roles else {}

    def _lifecycle(self, part: Part) -> Iterator[Block]:
        ignored: tuple[str, ...] = ()
        if isinstance(part.resource, TrustPolicyStatements):
            ignored = _ROLE_OF_OTHERS
        elif isinstance(part.resource, Role) and part.exists:
            ignored = ("max_session_duration",)
        shared = part.foreign or isinstance(part.resource, parcels.Shared)
        attributes: dict[str, Hcl] = {"prevent_destroy": True} if shared else {}
        if ignored:
            attributes["ignore_changes"] = [Raw(name) for name in ignored]
        checks = (self._right_account(),) if shared else ()
        if attributes:
            yield Block(("lifecycle",), attributes, checks)

    def _right_account(self) -> Block:
        account = self._parcel.desired.place.account
        return Block(
            ("precondition",),
            {
                "condition": Raw(f"local.account_id == {hcl_text.quoted(account)}"),
                "error_message": f"This document is of the account {account}.",
            },
        )

    def _document(self, part: Part) -> Hcl:
        return Call("jsonencode", {name: self._element(name, value) for name, value in (part.document or {}).items()})

    def _element(self, name: str, value: Json) -> Hcl:
        if name != "Statement" or not isinstance(value, list):
            return _value(value, None)
        return [_value(one, self._places.own(one)) for one in value]

    def _tags(self, tags: Mapping[str, str]) -> Hcl:
        return {key: _text(self._places.tag(key, value)) for key, value in tags.items()}


def _comment(lines: Iterable[str]) -> Iterator[str]:
    return (f"# {line}" for line in lines)


def _value(value: Json, places: Places | None) -> Hcl:
    """Return a value of a document; without `places` to the letter."""
    match value:
        case str():
            return _text(places.pieces(value)) if places else value
        case list():
            return [_value(one, places) for one in value]
        case dict():
            return {key: _value(one, places) for key, one in value.items()}
        case _:
            return value


def _text(pieces: tuple[Piece, ...]) -> Hcl:
    match pieces:
        case (str() as literal,):
            return literal
        case (Pseudo() | Parameter() as only,):
            return Raw(_reference(only))
        case _:
            texts = (hcl_text.literal(one) if isinstance(one, str) else f"${{{_reference(one)}}}" for one in pieces)
            return Raw(f'"{"".join(texts)}"')


def _reference(piece: Pseudo | Parameter) -> str:
    return _PSEUDO[piece] if isinstance(piece, Pseudo) else f"var.{snake(piece.name)}"
