"""Documents as they are stored: their text, and what of it counts against AWS's limits."""

import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from personalize_perms.model.resources import Json, Statement

VERSION: Final = "2012-10-17"
MANAGED_POLICY_LIMIT: Final = 6144
"""Characters of a managed policy, white space not counted."""

_DELETE = "\x7f"


class DocumentKind(StrEnum):
    """The kinds of documents, by the names that the JSON output promises."""

    MANAGED_POLICY = "managed-policy"
    TRUST_POLICY = "trust-policy"
    BUCKET_POLICY = "bucket-policy"
    KEY_POLICY = "key-policy"


LIMITS: Final[Mapping[DocumentKind, int]] = {
    DocumentKind.MANAGED_POLICY: MANAGED_POLICY_LIMIT,
    DocumentKind.TRUST_POLICY: 2048,
    DocumentKind.BUCKET_POLICY: 20 * 1024,
    DocumentKind.KEY_POLICY: 32 * 1024,
}
"""AWS's default limits: characters for IAM, bytes for bucket and key policies."""


def new_document(own: Iterable[Statement]) -> dict[str, Json]:
    """Return a document of our statements alone."""
    return {"Version": VERSION, "Statement": [dict(statement) for statement in own]}


def compact(document: Mapping[str, Json]) -> str:
    """Return the shortest text of a document; ASCII only, and inert on a terminal."""
    return json.dumps(document, separators=(",", ":")).replace(_DELETE, "\\u007f")


def size(kind: DocumentKind, document: Mapping[str, Json]) -> int:
    """Return what AWS counts against the limit of this kind, at the most."""
    text = compact(document)
    if kind in (DocumentKind.BUCKET_POLICY, DocumentKind.KEY_POLICY):
        return len(text.encode())
    return len(text)


def managed_policy_size(own: Iterable[Statement]) -> int:
    """Return the characters of a managed policy with these statements, as counted against `MANAGED_POLICY_LIMIT`."""
    return size(DocumentKind.MANAGED_POLICY, new_document(own))


def to_text(kind: DocumentKind, document: Mapping[str, Json]) -> str:
    """Return the text that is stored: indented where that fits AWS's limit, else compact.

    IAM does not count white space in managed policies; the other kinds may.
    """
    indented = json.dumps(document, indent=2).replace(_DELETE, "\\u007f")
    if kind is DocumentKind.MANAGED_POLICY or len(indented) <= LIMITS[kind]:
        return indented
    return compact(document)
