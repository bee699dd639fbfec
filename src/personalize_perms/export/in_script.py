"""What the shell script asks Python for: policy documents of others, read strictly, edited and compared.

This file is copied whole into the script of `export aws-cli`, for a machine that has `python3` and no more. So it
imports the standard library only, runs on Python 3.7, and repeats in small what the room `documents` does; the tests
hold the two against each other.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from decimal import Decimal
from typing import Any, NoReturn

NAME_TAG = "personalize-perms"
LEDGER = "personalize-perms:granted-"


def fail(why: str) -> NoReturn:
    """End the script."""
    sys.exit("Error: " + why)


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object with a key twice: which one counts cannot be known."""
    found = dict(pairs)
    if len(found) != len(pairs):
        fail("a document has a key twice in one object, so it is left alone")
    return found


def exact(digits: str) -> float:
    """Refuse a number that would not survive being written again."""
    value = float(digits)
    if Decimal(repr(value)) != Decimal(digits):
        fail("a document has the number " + digits + ", which would not survive being written again")
    return value


def read(path: str) -> Any:
    """Return what an answer of AWS, or a file of this script, holds."""
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def parse(path: str) -> dict[str, Any]:
    """Return the policy document in a file; an empty file stands for none."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if not text.strip():
        return {"Version": "2012-10-17", "Statement": []}
    try:
        found = json.loads(text, object_pairs_hook=once, parse_float=exact, parse_constant=constant)
    except (ValueError, RecursionError):
        fail("a document is not JSON, so it is left alone")
    if not isinstance(found, dict):
        fail("a document is not a JSON object, so it is left alone")
    statements(found)
    return found


def constant(name: str) -> NoReturn:
    """Refuse NaN and the infinities."""
    fail("a document holds " + name + ", which is not JSON")


def statements(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the statements, also of a document whose Statement is one object."""
    found = document.get("Statement")
    several: list[Any] = found if isinstance(found, list) else [found]
    if not all(isinstance(one, dict) and isinstance(one.get("Sid", ""), str) for one in several):
        fail("a document has no Statement that is an object or a list of objects, so it is left alone")
    return several


def write(path: str, value: Any) -> None:
    """Write a value as JSON, ASCII only."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(json.dumps(value, separators=(",", ":")))


def lower(text: str) -> str:
    """Return the text with A-Z in small letters, and nothing else changed."""
    return re.sub("[A-Z]", lambda letter: letter.group().lower(), text)


def folded(value: Any, change: Any) -> Any:
    """Return a string or list of strings as a sorted list without repetition."""
    several = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str) for one in several):
        return {"unlike any list of strings": value}
    return sorted({change(one) for one in several})


def element(name: str, value: Any, partition: str) -> Any:
    """Return an element of a statement so that it is the same however AWS spells it."""

    def root(text: str) -> str:
        return "arn:" + partition + ":iam::" + text + ":root" if re.fullmatch("[0-9]{12}", text) else text

    if name in ("Action", "NotAction"):
        return folded(value, lower)
    if name in ("Resource", "NotResource"):
        return folded(value, str)
    if name in ("Principal", "NotPrincipal") and isinstance(value, dict):
        return {kind: folded(names, root if kind == "AWS" else str) for kind, names in value.items()}
    if name == "Condition" and isinstance(value, dict):
        return {operator: keys(found) for operator, found in value.items()}
    return value


def keys(value: Any) -> Any:
    """Return the keys of a condition operator, sorted, their names in small letters and their values as strings."""
    if not isinstance(value, dict):
        return {"unlike any map of keys": value}
    found = []
    for key, several in value.items():
        listed = several if isinstance(several, list) else [several]
        texts = [json.dumps(one) if isinstance(one, (bool, int, float)) else one for one in listed]
        found.append([lower(key), folded(texts, str)])
    return sorted(found, key=json.dumps)


def normalised(statement: dict[str, Any], partition: str) -> str:
    """Return a text that two statements share only if they mean the same and were not edited."""
    found = {name: element(name, value, partition) for name, value in statement.items()}
    if found.get("Sid") == "":
        del found["Sid"]
    return json.dumps(found, sort_keys=True)


def identity(document: dict[str, Any], partition: str) -> Any:
    """Return what two documents share only if they are the same."""
    rest = {name: value for name, value in document.items() if name not in ("Statement", "Version")}
    counted = Counter(normalised(one, partition) for one in statements(document))
    return counted, document.get("Version") or "2008-10-17", json.dumps(rest, sort_keys=True)


def is_own(statement: dict[str, Any], prefix: str) -> bool:
    """Tell whether a statement is one of this set-up's."""
    return re.fullmatch(re.escape(prefix) + "[A-Z][A-Za-z0-9]*", statement.get("Sid", "")) is not None


def edited(document: dict[str, Any], wanted: list[dict[str, Any]], prefix: str, partition: str) -> dict[str, Any]:
    """Return the document with our statements as wanted, every other one as it is and in its place."""
    missing = {one["Sid"]: one for one in wanted}
    kept = []
    changed = False
    for one in statements(document):
        if not is_own(one, prefix):
            kept.append(one)
            continue
        ours = missing.pop(one["Sid"], None)
        same = ours is not None and normalised(ours, partition) == normalised(one, partition)
        changed = changed or not same
        kept += [one] if same else [ours] if ours is not None else []
    if not changed and not missing:
        return document
    return dict(document, Statement=kept + list(missing.values()))


def merge(live: str, wanted: str, prefix: str, partition: str, new: str) -> str:
    """Write the document in `live` with our statements as in `wanted`; say whether that changes it.

    Without a file of wanted statements, ours are taken out; `empty` says that nothing is left then.
    """
    document = parse(live)
    result = edited(document, statements(parse(wanted)) if wanted else [], prefix, partition)
    write(new, result)
    if result is document:
        return "same"
    return "changed" if statements(result) else "empty"


def foreign(live: str, prefix: str) -> str:
    """Say how many statements of a document are of others."""
    return str(sum(not is_own(one, prefix) for one in statements(parse(live))))


def equal(one: str, other: str, partition: str) -> str:
    """Say whether two documents are the same, however AWS spells them."""
    same = identity(parse(one), partition) == identity(parse(other), partition)
    return "same" if same else "different"


def at(answer: str, path: tuple[str, ...]) -> Any:
    """Return what an answer holds at a path, None if it does not."""
    found = read(answer)
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def field(answer: str, *path: str) -> str:
    """Say what an answer holds at a path; nothing if it does not."""
    found = at(answer, path)
    return "" if found is None else str(found)


def document(answer: str, live: str, *path: str) -> str:
    """Write the policy document that an answer holds, which the AWS CLI shows as text or decoded."""
    found = at(answer, path)
    with open(live, "w", encoding="utf-8") as file:
        file.write(found if isinstance(found, str) else json.dumps(found))
    return ""


def tagged(answer: str, *path: str) -> dict[str, str]:
    """Return the tags that an answer holds at a path."""
    return {tag["Key"]: tag["Value"] for tag in at(answer, path) or []}


def owner(answer: str, live: str, prefix: str, name: str, *path: str) -> str:
    """Say whether this set-up made a role or policy: by its tag, or by the Sids of all its statements."""
    tags = tagged(answer, *path)
    own = statements(parse(live))
    ours = bool(own) and all(is_own(one, prefix) for one in own)
    return "ours" if (tags[NAME_TAG] == name if NAME_TAG in tags else ours) else "of others"


def ledger(tags: dict[str, str]) -> set[str]:
    """Return what the set-up remembers to have granted."""
    return {word for key, value in tags.items() if key.startswith(LEDGER) for word in value.split()}


def packed(words: set[str]) -> dict[str, str]:
    """Return the tags that hold these words, none longer than 256 characters."""
    values: list[str] = []
    for word in sorted(words):
        if values and len(values[-1]) + 1 + len(word) <= 256:
            values[-1] += " " + word
        else:
            values.append(word)
    return {LEDGER + str(number): value for number, value in enumerate(values, 1)}


def tags(answer: str, about: str, new: str, *path: str) -> str:
    """Write the tags that are missing or differ; what was granted before stays remembered."""
    live = tagged(answer, *path)
    wanted = tagged(about, "Tags")
    words = ledger(wanted)
    if words:
        wanted = {key: value for key, value in wanted.items() if not key.startswith(LEDGER)}
        wanted.update(packed(words | ledger(live)))
    add = [{"Key": key, "Value": value} for key, value in wanted.items() if live.get(key) != value]
    write(new, add)
    return "changed" if add else "same"


def description(answer: str, about: str, new: str) -> str:
    """Write the request that gives a role its description; say whether it differs."""
    found, wanted = at(answer, ("Role", "Description")) or "", read(about)
    write(new, {"RoleName": wanted["RoleName"], "Description": wanted["Description"]})
    return "same" if found == wanted["Description"] else "changed"


def forgotten(answer: str, about: str, *path: str) -> str:
    """Say what the set-up remembers to have granted and this script does not know of."""
    return " ".join(sorted(ledger(tagged(answer, *path)) - ledger(tagged(about, "Tags"))))


def listed(answer: str, name: str, key: str) -> str:
    """Say what the objects in a list of an answer have under a key, one a line."""
    return "\n".join(str(one[key]) if key else str(one) for one in at(answer, (name,)) or [])


def holders(answer: str) -> str:
    """Say who has a policy."""
    found = read(answer)
    kinds = (("PolicyUsers", "UserName"), ("PolicyGroups", "GroupName"), ("PolicyRoles", "RoleName"))
    return " ".join(one[key] for kind, key in kinds for one in found.get(kind) or [])


def spare(answer: str) -> str:
    """Say the ids of the versions of a policy that are not its default, one a line."""
    return "\n".join(one["VersionId"] for one in read(answer)["Versions"] if not one["IsDefaultVersion"])


def grants(answer: str, prefix: str) -> str:
    """Say id, name and grantee of this set-up's grants, one a line."""
    own = [one for one in read(answer)["Grants"] if (one.get("Name") or "").startswith(prefix + "-")]
    return "\n".join(one["GrantId"] + " " + one["Name"] + " " + one["GranteePrincipal"] for one in own)


COMMANDS = (merge, foreign, equal, field, document, owner, tags, description, forgotten, listed, holders, spare, grants)


if __name__ == "__main__":
    said = {command.__name__: command for command in COMMANDS}[sys.argv[1]](*sys.argv[2:])
    if said:
        sys.stdout.write(said + "\n")
