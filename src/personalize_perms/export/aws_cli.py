"""The set-up as a POSIX shell script for the AWS CLI, and the script that takes it back.

Unlike the other engines, a script can put our statements into documents of others on the spot: it reads, appends,
writes and reads back. So it leaves nothing out, and needs to know nothing of the account.
"""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import resources
from typing import Final, assert_never

from personalize_perms import documents
from personalize_perms.export import remarks
from personalize_perms.export.parcel import Export, LeftOut, Parcel, title, without_identity_center
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

_LOOSE: Final = (
    "--tighten-trust: our statements are added, but those of others are tightened by personalize-perms apply only"
)
_HOW: Final = (
    "Needs aws and python3. Reads each document of others, appends our statements, writes it and reads it back;",
    "stops at the first error. Run it again to go on: what is as it should be is left alone.",
)
_HOW_BACK: Final = (
    "Needs aws and python3. Takes out our statements, grants, attachments, policies and roles; leaves what others",
    "changed, use or rely on, and says so. See first that no dataset or job of Amazon Personalize uses the role still.",
)
_END: Final = "END_OF_FILE"


def export(parcel: Parcel) -> Export:
    """Return the script and the one that takes it back, and what they cannot do."""
    parcel = without_identity_center(parcel)
    gone = [one.resource for one in parcel.left_out]
    wanted = [resource for resource in parcel.desired.resources if resource not in gone]
    loose = [one for one in wanted if isinstance(one, TrustPolicyStatements) and one.tighten]
    left_out = (*parcel.left_out, *(LeftOut(resource=one, why=_LOOSE) for one in loose))
    parcel = replace(parcel, left_out=left_out)
    name = parcel.desired.name
    return Export(
        files={
            f"{name}-setup.sh": _script(parcel, _HOW, _source("setup.sh"), _forth(wanted)),
            f"{name}-undo.sh": _script(replace(parcel, left_out=()), _HOW_BACK, _source("undo.sh"), _back(wanted)),
        },
        left_out=left_out,
    )


def _script(parcel: Parcel, how: tuple[str, ...], functions: str, steps: Iterator[str]) -> str:
    return "\n".join((*_beginning(parcel, how), functions, "", "check_account", *steps, ""))


def _beginning(parcel: Parcel, how: tuple[str, ...]) -> Iterator[str]:
    desired, place = parcel.desired, parcel.desired.place
    yield "#!/bin/sh"
    for line in (*remarks.head(parcel, "aws-cli", how), *remarks.left_out(parcel)):
        yield f"# {line}".rstrip()
    yield ""
    values = {
        "setup": desired.name,
        "prefix": ownership.sid_prefix(desired.name),
        "account": place.account,
        "region": place.region,
        "partition": place.partition,
    }
    yield from (f"{name}={shlex.quote(value)}" for name, value in values.items())
    yield ""
    yield _source("common.sh")
    yield ""
    yield from _file("documents.py", _source("in_script.py"))


def _source(name: str) -> str:
    """Return a file of this room as it stands in the script: without its first line where that is for a linter."""
    text = (resources.files(__package__) / name).read_text(encoding="utf-8")
    return text.removeprefix("# shellcheck shell=sh\n").rstrip("\n")


def _file(name: str, text: str) -> Iterator[str]:
    yield f"cat >\"$work/{name}\" <<'{_END}'"
    yield text
    yield _END


def _forth(wanted: Sequence[Resource]) -> Iterator[str]:
    ordered = sorted(wanted, key=_rank)
    for number, resource in enumerate(ordered, 1):
        yield ""
        yield from _step(resource, f"{number}.json", f"{number}-about.json")


def _back(wanted: Sequence[Resource]) -> Iterator[str]:
    # The policy that remembers what was granted is the last of the policies to go.
    ordered = sorted(wanted, key=_rank, reverse=True)
    for number, resource in enumerate(ordered, 1):
        yield ""
        yield from _step(resource, f"{number}.json", f"{number}-about.json")
    yield ""
    yield "finish"


def _rank(resource: Resource) -> int:  # noqa: PLR0911 - one line a kind: a table
    """Return when a resource is made: providers before consumers."""
    match resource:
        case Role():
            return 0
        case ManagedPolicy():
            return 1
        case TrustPolicyStatements():
            return 2
        case PolicyAttachment():
            return 3
        case KeyPolicyStatements():
            return 4
        case KeyGrant():
            return 5
        case BucketPolicyStatements():
            return 6
        case PermissionSet() | PermissionSetAssignment():
            raise TypeError(f"{title(resource)} is not in the script")
        case _:
            assert_never(resource)


def _step(resource: Resource, document: str, about: str) -> Iterator[str]:
    """Yield the files that one function of the scripts needs, and its call."""
    match resource:
        case ManagedPolicy() as one:
            described = {"PolicyName": one.name, "Path": "/", "Description": one.description, "Tags": _tags(one.tags)}
            yield from (*_document(document, one.statements), *_json(about, described))
            yield _call("managed_policy", one.name, one.arn, files=(document, about))
        case Role() as one:
            yield from (*_document(document, one.statements), *_json(about, _described(one)))
            yield _call("role", one.name, one.arn, files=(document, about))
        case TrustPolicyStatements() as one:
            yield from _document(document, one.statements)
            yield _call("adopted_role", one.role_name, one.role_arn, files=(document,))
        case PolicyAttachment() as one:
            yield _call("attachment", one.principal_kind.value, one.principal_name, one.policy_arn)
        case BucketPolicyStatements() as one:
            yield from _document(document, one.statements)
            yield _call("bucket_policy", one.bucket, files=(document,))
        case KeyPolicyStatements() as one:
            yield from _document(document, one.statements)
            yield _call("key_policy", one.key_arn, files=(document,))
        case KeyGrant() as one:
            yield _call("grant", one.key_arn, one.name, one.grantee_arn, *one.operations)
        case PermissionSet() | PermissionSetAssignment():
            raise TypeError(f"{title(resource)} is not in the script")
        case _:
            assert_never(resource)


def _described(role: Role) -> dict[str, Json]:
    boundary: dict[str, Json] = {"PermissionsBoundary": role.boundary_arn} if role.boundary_arn else {}
    named: dict[str, Json] = {"RoleName": role.name, "Path": role.path, "Description": role.description}
    return {**named, **boundary, "Tags": _tags(role.tags)}


def _tags(tags: Mapping[str, str]) -> Json:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _document(name: str, statements: tuple[Statement, ...]) -> Iterator[str]:
    return _json(name, documents.new_document(statements))


def _json(name: str, value: Mapping[str, Json]) -> Iterator[str]:
    return _file(name, remarks.document_json(value))


def _call(function: str, *words: str, files: tuple[str, ...] = ()) -> str:
    quoted = (shlex.quote(word) for word in words)
    return " ".join((function, *quoted, *(f'"$work/{name}"' for name in files)))
