"""The comments in what is handed over: what it is, what it does not hold and who sees to that. Pure."""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from personalize_perms import documents
from personalize_perms.documents import DocumentKind
from personalize_perms.export.parcel import LeftOut, Parcel, Part, title
from personalize_perms.model.inert import inert
from personalize_perms.model.resources import (
    Json,
    KeyGrant,
    KeyPolicyStatements,
    PermissionSet,
    PermissionSetAssignment,
    Statement,
)

MADE_BY: Final = "Made by personalize-perms export"
"""Every export holds this, so that a file may be written again and nothing else is overwritten."""


def head(parcel: Parcel, form: str, how: tuple[str, ...]) -> Iterator[str]:
    """Yield the lines that an export begins with."""
    place = parcel.desired.place
    yield f"{MADE_BY} {form}. Do not edit: change the settings and export again."
    yield f"Set-up {parcel.desired.name}, made for account {place.account}, Region {place.region}."
    if not parcel.portable:
        yield "It holds documents of this account, so it is for this account only."
    if not parcel.seen and not any(parcel.of_kind(KeyPolicyStatements)):
        yield "The account was not read: a KMS key of a bucket is not in here unless you named it with --kms-key."
    yield ""
    yield from how


def left_out(parcel: Parcel) -> Iterator[str]:
    """Yield what the export does not hold: why, our statements, and how they get there."""
    for one in parcel.left_out:
        yield ""
        yield inert(f"NOT IN HERE: {title(one.resource)}")
        yield inert(f"  Why: {one.why}.")
        yield from (f"  {line}" for line in _instead(one))


def _instead(one: LeftOut) -> Iterator[str]:
    statements = getattr(one.resource, "statements", ())
    match one.resource:
        case KeyGrant():
            yield "Run, once the role is there:"
            yield f"  {create_grant(one.resource)}"
        case PermissionSet() | PermissionSetAssignment():
            yield "Run, once the policies are there, from the management account or the delegated administrator:"
            yield "  personalize-perms apply, with the same settings: it keeps what is there already."
        case _:
            yield "Append these statements to the document that is there, and take nothing out of it:"
            yield "personalize-perms apply does that, and so does the script of personalize-perms export aws-cli."
            yield from statement_lines(statements)


def create_grant(grant: KeyGrant) -> str:
    """Return the command that makes a grant; repeated, it is the same grant."""
    return (
        f"aws kms create-grant --key-id {grant.key_arn} --name {grant.name} --grantee-principal {grant.grantee_arn} "
        f"--operations {' '.join(grant.operations)} --region {grant.key_arn.split(':')[3]}"
    )


def statement_lines(statements: tuple[Statement, ...]) -> Iterator[str]:
    """Yield statements as indented JSON."""
    text = json.dumps([dict(statement) for statement in statements], indent=2).replace("\x7f", "\\u007f")
    yield from (f"  {line}" for line in text.split("\n"))


def owned(part: Part, engine: str) -> Iterator[str]:
    """Yield who owns the document of a part from now on."""
    what = title(part.resource)
    yield inert(f"{what}: the WHOLE document, with {_foreign(part.foreign)} of others, as it was when this was made.")
    yield f"From now on {engine} owns all of it: whoever changes it elsewhere loses that change with the next run here."


def _foreign(count: int) -> str:
    return {0: "no statement", 1: "1 statement"}.get(count, f"{count} statements")


def document_json(document: Mapping[str, Json]) -> str:
    """Return a document as indented text, ASCII only."""
    return documents.to_text(DocumentKind.MANAGED_POLICY, document)
