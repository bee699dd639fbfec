"""The algebra of policy documents: parse strictly, compare, append, remove, measure. Pure.

Others own most of what stands in a bucket, key or trust policy. So statements stay a list (never a map by Sid),
existing ones keep their text and order, and equality fails towards "different": it only answers "is ours already
there", "did someone change it" and "did the write land".
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NoReturn

from personalize_perms.model.errors import DocumentError
from personalize_perms.model.resources import Json, Statement

VERSION: Final = "2012-10-17"
MANAGED_POLICY_LIMIT: Final = 6144
"""Characters of a managed policy, white space not counted."""

_MAX_TEXT = 1_000_000
_MAX_DEPTH = 40
_MAX_DIGITS = 400
_SPELLED_ALIKE = ("Action", "NotAction")
_UNIQUE_ID = r"A(?:ROA|IDA|GPA|IPA|NPA|NVA|PKA|SCA|SIA|BIA|CCA|KIA)[A-Z0-9]{12,124}"
_ACCOUNT = r"[0-9]{12}"
_DELETE = "\x7f"
_UPPER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


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


def parse(text: str) -> dict[str, Json]:
    """Return the policy document in `text`, or raise `DocumentError` with why it must not be edited.

    Refused: duplicate keys (the last one would silently win), anything that is not a JSON object with statements,
    documents that are too large or too deep, and numbers that would not survive being written again.
    """
    if len(text) > _MAX_TEXT:
        raise DocumentError(f"the document has {len(text)} characters")
    try:
        document = json.loads(
            text,
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse_constant,
            parse_int=_whole_number,
            parse_float=_exact_number,
        )
    except RecursionError:
        raise DocumentError("the document is nested too deeply") from None
    except ValueError as error:
        raise DocumentError("the document is not JSON", reason=str(error)) from None
    if _depth(document) > _MAX_DEPTH:
        raise DocumentError("the document is nested too deeply")
    if not isinstance(document, dict):
        raise DocumentError("the document is not a JSON object")
    for statement in statements(document):
        if not isinstance(statement.get("Sid", ""), str):
            raise DocumentError("a statement's Sid is not a string")
    return document


def _without_duplicates(pairs: Sequence[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise DocumentError(f"the key {twice!r} stands twice in one object: which one counts cannot be known")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise DocumentError(f"{name} is not JSON")


def _whole_number(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise DocumentError(f"a number has {len(digits)} digits")
    return int(digits)


def _exact_number(digits: str) -> float:
    from decimal import Decimal  # noqa: PLC0415 - hardly any policy holds a fraction

    value = float(digits)
    if len(digits) > _MAX_DIGITS or not math.isfinite(value) or Decimal(repr(value)) != Decimal(digits):
        raise DocumentError(f"the number {digits[:40]} would not survive being written again")
    return value


def _depth(value: Json) -> int:
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return depth


def statements(document: Mapping[str, Json]) -> list[dict[str, Json]]:
    """Return the statements of a document, also of one whose `Statement` is a single object."""
    found = document.get("Statement")
    several = found if isinstance(found, list) else [found]
    whole = [statement for statement in several if isinstance(statement, dict)]
    if len(whole) != len(several):
        raise DocumentError("the document has no Statement that is an object or a list of objects")
    return whole


def new_document(own: Iterable[Statement]) -> dict[str, Json]:
    """Return a document of our statements alone."""
    return {"Version": VERSION, "Statement": [dict(statement) for statement in own]}


# Comparing


def normalised(statement: Statement, partition: str) -> str:
    """Return a text that two statements share only if they mean the same to AWS and were not edited.

    Folded: order and repetition in lists, a string for a one-element list, letter case of actions and condition
    keys (ASCII only), booleans and numbers for their strings in conditions, an account id for its root's ARN,
    an empty Sid for none. Everything else, unknown elements above all, must be equal to the letter.
    """
    folded = {name: _fold_element(name, value, partition) for name, value in statement.items()}
    if folded.get("Sid") == "":
        del folded["Sid"]
    return json.dumps(folded, sort_keys=True)


def _fold_element(name: str, value: Json, partition: str) -> Json:
    if name in (*_SPELLED_ALIKE, "Resource", "NotResource"):
        return _fold_list(value, lower=name in _SPELLED_ALIKE)
    if name in ("Principal", "NotPrincipal") and isinstance(value, dict):
        return {kind: _fold_principals(kind, values, partition) for kind, values in value.items()}
    if name == "Condition" and isinstance(value, dict):
        return {operator: _fold_keys(keys) for operator, keys in value.items()}
    return value


def _strings(value: Json) -> list[str] | None:
    several = value if isinstance(value, list) else [value]
    texts = [item for item in several if isinstance(item, str)]
    return texts if len(texts) == len(several) else None


def _fold_list(value: Json, *, lower: bool) -> Json:
    texts = _strings(value)
    if texts is None:
        return {"unlike any list of strings": value}
    return [*sorted({text.translate(_UPPER) if lower else text for text in texts})]


def _fold_principals(kind: str, value: Json, partition: str) -> Json:
    texts = _strings(value)
    if texts is None:
        return {"unlike any list of strings": value}
    if kind == "AWS":
        texts = [f"arn:{partition}:iam::{text}:root" if re.fullmatch(_ACCOUNT, text) else text for text in texts]
    return [*sorted(set(texts))]


def _fold_keys(keys: Json) -> Json:
    if not isinstance(keys, dict):
        return {"unlike any map of keys": keys}
    folded: list[Json] = []
    for key, value in keys.items():
        several = value if isinstance(value, list) else [value]
        texts = [json.dumps(item) if isinstance(item, bool | int | float) else item for item in several]
        folded.append([key.translate(_UPPER), _fold_list([*texts], lower=False)])
    return sorted(folded, key=json.dumps)


def same_document(one: str | None, other: str | None, partition: str) -> bool:
    """Tell whether two stored texts are the same document, whatever AWS did to order and spelling.

    None stands for "no document". Texts that cannot be parsed are the same only if they are equal.
    """
    if one == other or one is None or other is None:
        return one == other
    try:
        return _identity(parse(one), partition) == _identity(parse(other), partition)
    except DocumentError:
        return False


def _identity(document: Mapping[str, Json], partition: str) -> tuple[object, ...]:
    rest = {name: value for name, value in document.items() if name not in ("Statement", "Version")}
    version = document.get("Version") or "2008-10-17"
    return (
        Counter(normalised(statement, partition) for statement in statements(document)),
        json.dumps(version),
        json.dumps(rest, sort_keys=True),
    )


def carries(text: str | None, before: str | None, after: str | None, partition: str) -> bool:
    """Tell whether what a write changed from `before` to `after` is in the stored `text`.

    Everything that was added is there, and nothing that was removed; what others changed meanwhile does not matter.
    """
    if text is None or after is None:
        return text == after
    if same_document(text, after, partition):
        return True
    try:
        old, new, found = (
            Counter(normalised(statement, partition) for statement in statements(parse(stored)))
            for stored in (before or compact({"Statement": []}), after, text)
        )
    except DocumentError:
        return False
    return not (new - old) - found and not (old - new) & found


def dead_principals(own: Iterable[Statement]) -> list[str]:
    """Return the unique ids that stand where a deleted user's or role's ARN stood.

    AWS refuses to store a document with such a principal again, whoever's statement it is in.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    found: list[str] = []
    for statement in own:
        for element in (statement.get("Principal"), statement.get("NotPrincipal")):
            values = element.get("AWS") if isinstance(element, dict) else None
            found += [text for text in _strings(values) or [] if re.fullmatch(_UNIQUE_ID, text)]
    return found


# Editing


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A document with our statements as wanted, and what that changed, one line a statement."""

    document: dict[str, Json]
    details: tuple[str, ...]
    changed: bool
    foreign: int


def edit(
    document: Mapping[str, Json], wanted: Iterable[Statement], is_own: Callable[[object], bool], partition: str
) -> Edit:
    """Return `document` with our statements as `wanted` and every other one as it is, in its place.

    Ours are recognised by Sid. One that is as wanted keeps its place and its spelling; one that differs is replaced
    where it stands; one that is missing is appended; one that is no longer wanted, or stands twice, goes.
    """
    missing = {str(statement["Sid"]): statement for statement in wanted}
    kept: list[Json] = []
    details: list[str] = []
    changed = False
    foreign = 0
    for statement in statements(document):
        sid = statement.get("Sid")
        if not is_own(sid):
            kept.append(statement)
            foreign += 1
            continue
        ours = missing.pop(str(sid), None)
        if ours is None:
            details.append(f"- {sid}")
        elif normalised(ours, partition) == normalised(statement, partition):
            kept.append(statement)
            details.append(f"= {sid}")
            continue
        else:
            kept.append(dict(ours))
            details.append(f"~ {sid}")
        changed = True
    kept += [dict(statement) for statement in missing.values()]
    details += [f"+ {sid}" for sid in missing]
    edited: dict[str, Json] = dict(document)
    if changed or missing:
        edited["Statement"] = kept
    return Edit(document=edited, details=tuple(details), changed=changed or bool(missing), foreign=foreign)


# Measuring and writing


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
