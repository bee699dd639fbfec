"""When two statements or documents are the same, whatever AWS did to their spelling.

Equality fails towards "different": a false "equal" would hide an opened bucket.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from personalize_perms.documents.reading import parse, statements
from personalize_perms.model.errors import DocumentError
from personalize_perms.model.resources import Json, Statement

_SPELLED_ALIKE = ("Action", "NotAction")
_UNIQUE_ID = r"A(?:ROA|IDA|GPA|IPA|NPA|NVA|PKA|SCA|SIA|BIA|CCA|KIA)[A-Z0-9]{12,124}"
_ACCOUNT = r"[0-9]{12}"
_UPPER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


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


def digest(text: str, partition: str) -> str:
    """Return a text of fixed length that two stored texts share only if they are the same document.

    Of a text that cannot be parsed it stands for every byte.
    """
    import hashlib  # noqa: PLC0415 - only runs that remember a document need it

    try:
        counted, *rest = _identity(parse(text), partition)
        meant = json.dumps([sorted(counted.elements()), *rest])
    except DocumentError:
        meant = f"not a document: {text}"
    return hashlib.sha256(meant.encode(errors="surrogatepass")).hexdigest()


def _identity(document: Mapping[str, Json], partition: str) -> tuple[Counter[str], str, str]:
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
    None stands for "no document".
    """
    if same_document(text, after, partition):
        return True
    try:
        old, new, found = (
            Counter(normalised(one, partition) for one in (statements(parse(stored)) if stored is not None else ()))
            for stored in (before, after, text)
        )
    except DocumentError:
        return False
    return all(found[one] >= new[one] for one in new - old) and all(found[one] <= new[one] for one in old - new)


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


def covers(new: Statement, old: Statement, partition: str) -> bool:
    """Tell whether `new` allows all that `old` did, because it differs in having more actions or resources only."""
    wide = ("Action", "Resource")
    one, other = ({name: value for name, value in s.items() if name not in wide} for s in (new, old))
    if normalised(one, partition) != normalised(other, partition):
        return False
    return all({*_folded_strings(name, old.get(name))} <= {*_folded_strings(name, new.get(name))} for name in wide)


def _folded_strings(name: str, value: Json) -> list[str]:
    return [text.translate(_UPPER) if name in _SPELLED_ALIKE else text for text in _strings(value) or []]
