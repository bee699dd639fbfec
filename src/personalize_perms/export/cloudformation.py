"""The set-up as a CloudFormation template.

CloudFormation cannot own a part of a key policy or of a role, has no grants, and puts no tags on managed policies:
what follows from that is said in the template. Bucket policies outlive the stack, since they hold what others need.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-managedpolicy.html
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, assert_never

from personalize_perms.export import parcel as parcels
from personalize_perms.export import remarks, yaml_text
from personalize_perms.export.parcel import Export, Parcel, Part
from personalize_perms.export.places import Parameter, Piece, Places, Pseudo, camel, names
from personalize_perms.export.yaml_text import Tagged, Yaml
from personalize_perms.model.errors import SettingsError
from personalize_perms.model.resources import (
    BucketPolicyStatements,
    Json,
    KeyGrant,
    KeyPolicyStatements,
    ManagedPolicy,
    PermissionSet,
    PermissionSetAssignment,
    PolicyAttachment,
    PrincipalKind,
    Role,
    TrustPolicyStatements,
)

_PSEUDO: Final = {
    Pseudo.PARTITION: "AWS::Partition",
    Pseudo.REGION: "AWS::Region",
    Pseudo.ACCOUNT: "AWS::AccountId",
}
_CANNOT: Final = {
    TrustPolicyStatements: "CloudFormation would own the whole role, and it belongs to others",
    KeyPolicyStatements: "CloudFormation has a key policy only as a part of a key that it owns",
    KeyGrant: "CloudFormation has no KMS grants",
}
_HOLDERS: Final = {PrincipalKind.USER: "Users", PrincipalKind.GROUP: "Groups", PrincipalKind.ROLE: "Roles"}
_TAKE_OVER: Final = (
    "These exist already. Unless this very stack made them, CloudFormation refuses to create them again: first make",
    "the stack of a template with these alone (create-change-set --change-set-type IMPORT), then deploy all of it:",
)
_RETAIN: Final[Mapping[str, Yaml]] = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}


def export(parcel: Parcel) -> Export:
    """Return the template, and what it cannot hold; raise `SettingsError` where that is all of it."""
    parcel = parcels.without_identity_center(parcels.without_unknown(parcel))
    parcel = parcel.without(parcels.leave(parcel, _CANNOT))
    if not parcel.parts:
        left = "; ".join(f"{parcels.title(one.resource)}: {one.why}" for one in parcel.left_out)
        raise SettingsError(
            "CloudFormation can hold nothing of this set-up, and allows no template without resources",
            reason=left,
            hint="personalize-perms export aws-cli holds it, and so does personalize-perms apply",
        )
    text = "\n".join(line.rstrip() for line in _Template(parcel).lines())
    return Export(files={f"{parcel.desired.name}.yaml": f"{text}\n"}, left_out=parcel.left_out)


class _Template:
    """One template while it is written."""

    def __init__(self, parcel: Parcel) -> None:
        self._parcel = parcel
        self._places = Places(parcel)
        self._names = names(parcel, camel)

    def lines(self) -> Iterator[str]:
        """Yield the lines of the template."""
        yield from _comment(remarks.head(self._parcel, "cloudformation", self._how()))
        yield from _comment(remarks.left_out(self._parcel))
        yield 'AWSTemplateFormatVersion: "2010-09-09"'
        about = f"Permissions for Amazon Personalize, set-up {self._parcel.desired.name}"
        yield f"Description: {yaml_text.scalar(about)}"
        parameters = self._places.parameters.values()
        if parameters:
            yield ""
            yield from yaml_text.block({"Parameters": {one.name: _parameter(one) for one in parameters}})
        yield ""
        yield "Resources:"
        for part in self._parcel.parts:
            if not isinstance(part.resource, PolicyAttachment):  # a property of the policy
                yield from self._resource(part)
        yield from self._outputs()

    def _how(self) -> tuple[str, ...]:
        stack = "-".join(re.findall("[A-Za-z0-9]+", self._parcel.desired.name))
        parts = (part for part in self._parcel.parts if not isinstance(part.resource, PolicyAttachment))
        there = [parcels.title(part.resource) for part in parts if part.exists]
        lines = [
            f"aws cloudformation deploy --stack-name {stack} --template-file FILE --capabilities CAPABILITY_NAMED_IAM",
            "CloudFormation puts no tags on managed policies: personalize-perms apply adds them, and nothing else.",
        ]
        if there:
            lines += ["", *_TAKE_OVER]
            lines += [f"  {self._names[one]}: {one}" for one in there]
        return tuple(lines)

    def _resource(self, part: Part) -> Iterator[str]:
        yield ""
        if part.foreign or isinstance(part.resource, BucketPolicyStatements):
            yield from (f"  {line}" for line in _comment(remarks.owned(part, "this stack")))
            yield "  # It is retained when the stack goes: personalize-perms undo takes out only what is ours."
        kept = _RETAIN if part.exists or isinstance(part.resource, BucketPolicyStatements) else {}
        kind, properties = self._properties(part)
        described: dict[str, Yaml] = {"Type": kind, **kept, "Properties": properties}
        yield from yaml_text.block({self._names[parcels.title(part.resource)]: described}, 1)

    def _properties(self, part: Part) -> tuple[str, Mapping[str, Yaml]]:
        document = self._document(part)
        match part.resource:
            case Role() as role:
                return "AWS::IAM::Role", self._role(role, document)
            case ManagedPolicy() as policy:
                return "AWS::IAM::ManagedPolicy", {
                    "ManagedPolicyName": policy.name,
                    "Description": policy.description,
                    "PolicyDocument": document,
                    **self._holders(policy),
                }
            case BucketPolicyStatements() as bucket:
                return "AWS::S3::BucketPolicy", {"Bucket": bucket.bucket, "PolicyDocument": document}
            case (
                PolicyAttachment()
                | TrustPolicyStatements()
                | KeyPolicyStatements()
                | KeyGrant()
                | PermissionSet()
                | PermissionSetAssignment()
            ):
                raise TypeError(f"{parcels.title(part.resource)} is no resource of its own in CloudFormation")
            case _:
                assert_never(part.resource)

    def _role(self, role: Role, document: Yaml) -> Mapping[str, Yaml]:
        boundary = self._places.whole(role.boundary_arn)
        return {
            "RoleName": role.name,
            "Path": role.path,
            "Description": role.description,
            **({"PermissionsBoundary": _text(boundary)} if role.boundary_arn else {}),
            "AssumeRolePolicyDocument": document,
            "Tags": [{"Key": key, "Value": value} for key, value in role.tags.items()],
        }

    def _holders(self, policy: ManagedPolicy) -> Mapping[str, Yaml]:
        made = {role.name: self._names[parcels.title(role)] for role in self._parcel.of_kind(Role)}
        found: dict[str, list[Yaml]] = {}
        for one in self._parcel.of_kind(PolicyAttachment):
            if one.policy_arn == policy.arn:
                ours = made.get(one.principal_name) if one.principal_kind is PrincipalKind.ROLE else None
                holder = Tagged("!Ref", ours) if ours else one.principal_name
                found.setdefault(_HOLDERS[one.principal_kind], []).append(holder)
        return {**found}

    def _document(self, part: Part) -> dict[str, Yaml]:
        document = part.document or {}
        return {name: self._element(name, value) for name, value in document.items()}

    def _element(self, name: str, value: Json) -> Yaml:
        if name != "Statement" or not isinstance(value, list):
            return _value(value, None)
        return [_value(one, self._places.own(one)) for one in value]

    def _outputs(self) -> Iterator[str]:
        outputs: dict[str, Yaml] = {}
        for role in self._parcel.of_kind(Role):
            name = self._names[parcels.title(role)]
            arn = Tagged("!GetAtt", f"{name}.Arn")
            outputs[f"{name}Arn"] = {"Description": f"ARN of the role {role.name}", "Value": arn}
        if outputs:
            yield ""
            yield from yaml_text.block({"Outputs": outputs})


def _comment(lines: Iterable[str]) -> Iterator[str]:
    return (f"# {line}" for line in lines)


def _parameter(parameter: Parameter) -> Mapping[str, Yaml]:
    return {"Type": "String", "Default": parameter.default, "Description": parameter.about}


def _value(value: Json, places: Places | None) -> Yaml:
    """Return a value of a document; without `places` to the letter."""
    match value:
        case str():
            return _text(places.pieces(value) if places else (value,))
        case list():
            return [_value(one, places) for one in value]
        case dict():
            return {key: _value(one, places) for key, one in value.items()}
        case _:
            return value


def _text(pieces: tuple[Piece, ...]) -> Yaml:
    match pieces:
        case (str() as literal,):
            return literal
        case (Pseudo() | Parameter() as only,):
            return Tagged("!Ref", _name(only))
        case _:
            # ${aws:username} and the like are the policy's own, and stay.
            texts = (one.replace("${", "${!") if isinstance(one, str) else f"${{{_name(one)}}}" for one in pieces)
            return Tagged("!Sub", "".join(texts))


def _name(piece: Pseudo | Parameter) -> str:
    return _PSEUDO[piece] if isinstance(piece, Pseudo) else piece.name
