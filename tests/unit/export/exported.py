"""Exports read back by parsers that others wrote, with what an engine would put in for its references."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import hcl2
import step_samples as samples
import yaml
from golden_samples import cases, desire

from personalize_perms import documents
from personalize_perms.export.parcel import Parcel, Part, Shared, unseen
from personalize_perms.model.ownership import sid_prefix
from personalize_perms.model.resources import Desired, ManagedPolicy, Resource
from personalize_perms.model.settings import Place, Settings, UserAccess, Workflow

Values = Mapping[str, str]
HOSTILE = (
    {
        "Sid": "Home",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
        "Action": "s3:GetObject",
        "Resource": ["arn:aws:s3:::acme-data/${aws:username}/$${x}/%{y}/%%{z}", "$", "%", "*"],
        "Condition": {
            "StringLike": {"aws:${odd}": ['"\\\n\t', "é\u2028\x7f", "\U0001f600", "no", "!Ref x", "# x", ""]}
        },
    },
    {
        "Effect": "Deny",
        "NotPrincipal": "*",
        "Action": "*",
        "Resource": "111122223333",
        "Unknown": [None, 1.5, True, {}],
    },
)


def settings_for(preset: UserAccess, workflow: Workflow, hardening: str) -> Settings:
    """A set-up with much in it besides."""
    base = cases(samples.AWS)[f"everything-{hardening}"]
    return replace(base, user_access=preset, workflows=(workflow,))


def every_set_up() -> list[tuple[str, Settings, Place]]:
    """Every preset, workflow, hardening and partition."""
    found = []
    forms = product(UserAccess, Workflow, ("documented", "strict"), samples.PLACES.values())
    for preset, workflow, hardening, place in forms:
        base = replace(cases(place)[f"everything-{hardening}"], user_access=preset, workflows=(workflow,))
        found.append((f"{preset}-{workflow}-{hardening}-{place.partition}", base, place))
    return found


def golden(place: Place) -> dict[str, Desired]:
    return {name: desire(settings, place) for name, settings in cases(place).items()}


def merged(desired: Desired) -> Parcel:
    """The parcel of an account in which every document of others holds something that is hard to write."""
    parcel = unseen(desired)
    return replace(parcel, seen=True, parts=tuple(_merged(part) for part in parcel.parts))


def _merged(part: Part) -> Part:
    if not isinstance(part.resource, Shared):
        return part
    whole = {"Version": "2008-10-17", "Id": "${theirs}", "Statement": [*HOSTILE, *part.resource.statements]}
    return replace(part, document=whole, foreign=len(HOSTILE), exists=True)


def with_variables(desired: Desired) -> Desired:
    """A set-up whose own templates (--policies-dir) hold policy variables beside placeholders."""
    home = {"Resource": "arn:aws:s3:::acme-data/${aws:username}/${*}/%{x}/*", "Effect": "Deny", "Action": "s3:*"}
    return replace(desired, resources=tuple(_with(one, home) for one in desired.resources))


def _with(resource: Resource, home: Mapping[str, Any]) -> Resource:
    if not isinstance(resource, ManagedPolicy):
        return resource
    return replace(resource, statements=(*resource.statements, {"Sid": f"{sid_prefix('personalize')}Home", **home}))


def document_of(part: Part) -> Any:
    return json.loads(documents.compact(part.document or {}))


def own_sid(desired: Desired, statement: Mapping[str, Any]) -> bool:
    return str(statement.get("Sid", "")).startswith(sid_prefix(desired.name))


# CloudFormation


class Loader(yaml.SafeLoader):
    """Reads the short forms of intrinsic functions as what they stand for."""


for tag in ("Ref", "Sub", "GetAtt"):
    Loader.add_constructor(f"!{tag}", lambda loader, node, tag=tag: (tag, loader.construct_scalar(node)))


def template(text: str) -> dict[str, Any]:
    return yaml.load(text, Loader)  # noqa: S506 - a SafeLoader


def pseudo(place: Place) -> dict[str, str]:
    return {"AWS::Partition": place.partition, "AWS::Region": place.region, "AWS::AccountId": place.account}


def resolved(value: Any, values: Values) -> Any:
    """Return a value of a template as CloudFormation would hand it to a resource."""
    match value:
        case ("Ref", str() as name):
            return values.get(name, f"ref {name}")
        case ("Sub", str() as text):
            return re.sub(
                r"\$\{(!?)([^}]*)\}", lambda found: f"${{{found[2]}}}" if found[1] else values[found[2]], text
            )
        case dict():
            return {key: resolved(one, values) for key, one in value.items()}
        case list():
            return [resolved(one, values) for one in value]
        case _:
            return value


def parameters(parsed: Mapping[str, Any]) -> dict[str, str]:
    return {name: one["Default"] for name, one in parsed.get("Parameters", {}).items()}


# Terraform

_PART = re.compile(r"\$\$\{|%%\{|\$\{([^}]*)\}|\\(u[0-9a-f]{4}|U[0-9a-f]{8}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}


def code(text: str) -> dict[str, Any]:
    return hcl2.loads(text)


def evaluated(value: Any, values: Values) -> Any:
    """Return a value of HCL as Terraform would hand it to the provider; documents as what they hold."""
    match value:
        case str() if value.startswith("${jsonencode("):
            inner = hcl2.loads(f"x = {value.removeprefix('${jsonencode(').removesuffix(')}')}\n")["x"]
            return evaluated(inner, values)
        case str():
            return _text(value, values)
        case dict():
            return {_text(key, values): evaluated(one, values) for key, one in value.items() if key != "__is_block__"}
        case list():
            return [evaluated(one, values) for one in value]
        case _:
            return value


def _text(text: str, values: Values) -> str:
    def part(found: re.Match[str]) -> str:
        if found[0] in ("$${", "%%{"):
            return found[0][1:]
        if found[1] is not None:
            return values.get(found[1], found[0])
        escape = found[2]
        return chr(int(escape[1:], 16)) if escape[0] in "uU" and len(escape) > 1 else _ESCAPES[escape]

    quoted = text.startswith('"')
    return _PART.sub(part, text[1:-1] if quoted else text)


def terraform_values(place: Place, parsed: Mapping[str, Any]) -> dict[str, str]:
    known = {"local.partition": place.partition, "local.region": place.region, "local.account_id": place.account}
    for block in parsed.get("variable", []):
        for name, one in block.items():
            known[f"var.{evaluated(name, {})}"] = evaluated(one["default"], {})
    return known


def blocks(parsed: Mapping[str, Any], values: Values) -> list[tuple[str, str, dict[str, Any]]]:
    """Type, name and attributes of every resource."""
    return [
        (evaluated(kind, {}), evaluated(name, {}), evaluated(body, values))
        for block in parsed.get("resource", [])
        for kind, named in block.items()
        for name, body in named.items()
    ]


def holds(desired: Desired, kind: type[Resource]) -> bool:
    return any(isinstance(one, kind) for one in desired.resources)
