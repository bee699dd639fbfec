"""What a statement says, element by element: which actions, which resources, for whom. Pure.

Conditions are looked at only where their meaning is certain; `evaluate` decides what they let through.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Final

from personalize_perms import documents, trust
from personalize_perms.model.errors import DocumentError
from personalize_perms.model.resources import Json, Statement

_ACCOUNT: Final = re.compile(r"(?:arn:[^:]*:(?:iam|sts)::)?([0-9]{12})(?::.*)?", re.ASCII)
_NOT_ABOUT_WHO: Final = frozenset(
    {
        *("aws:securetransport", "aws:multifactorauthpresent", "aws:multifactorauthage", "aws:currenttime"),
        *("aws:epochtime", "aws:requestedregion", "aws:useragent", "aws:referer", "aws:tagkeys", "s3:prefix"),
        *("s3:max-keys", "s3:delimiter", "s3:x-amz-acl", "s3:x-amz-server-side-encryption", "s3:tlsversion"),
    }
)
"""Condition keys that say how or when, and never who: under these alone everybody still comes in."""


def statements_of(text: str) -> list[dict[str, Json]]:
    """Return the statements of a stored document; none for a text that nobody can read strictly."""
    try:
        return documents.statements(documents.parse(text))
    except DocumentError:
        return []


def listed(value: Json) -> list[str]:
    """Return the texts of an element that is one or several."""
    several = value if isinstance(value, list) else [value]
    return [one for one in several if isinstance(one, str)]


def allows(statement: Statement) -> bool:
    """Tell whether it is an Allow."""
    return statement.get("Effect") == "Allow"


def named(statement: Statement, number: int) -> str:
    """Return how a person finds a statement in its document."""
    sid = statement.get("Sid")
    return f"statement {number} ({sid})" if isinstance(sid, str) and sid else f"statement {number}"


def is_like(value: str, pattern: str) -> bool:
    """Tell whether `value` matches a pattern with `*` and `?`; letter case counts."""
    if "*" not in pattern and "?" not in pattern:
        return value == pattern
    return pattern == "*" or fnmatchcase(value, pattern.replace("[", "[[]"))


def covers_action(statement: Statement, action: str) -> bool:
    """Tell whether an action is among those of a statement; their letter case does not count."""
    if "NotAction" in statement:
        return not any(is_like(action.lower(), one.lower()) for one in listed(statement["NotAction"]))
    return any(is_like(action.lower(), one.lower()) for one in listed(statement.get("Action")))


def covers_resource(statement: Statement, resource: str) -> bool:
    """Tell whether a resource is among those of a statement."""
    if "NotResource" in statement:
        return not any(is_like(resource, one) for one in listed(statement["NotResource"]))
    return any(is_like(resource, one) for one in listed(statement.get("Resource")))


def grants(statement: Statement, action: str, resource: str) -> bool:
    """Tell whether a statement allows an action on a resource, conditions aside."""
    return allows(statement) and covers_action(statement, action) and covers_resource(statement, resource)


def principals(statement: Statement, kind: str) -> list[str]:
    """Return whom a statement names of one kind: `AWS`, `Service` or `Federated`."""
    principal = statement.get("Principal")
    if principal == "*":
        return ["*"] if kind == "AWS" else []
    return listed(principal.get(kind)) if isinstance(principal, dict) else []


def names_service(statement: Statement) -> bool:
    """Tell whether a statement names the service principal of Amazon Personalize."""
    return trust.SERVICE in principals(statement, "Service")


def is_for_everybody(statement: Statement) -> bool:
    """Tell whether a statement lets in everybody: no principal is left out, and no condition may say who."""
    everybody = "*" in principals(statement, "AWS") or (allows(statement) and "NotPrincipal" in statement)
    return everybody and all(key in _NOT_ABOUT_WHO for key in condition_keys(statement))


def condition_keys(statement: Statement) -> Iterator[str]:
    """Yield the condition keys of a statement, in lower case."""
    for _, key, _ in conditions(statement):
        yield key


def conditions(statement: Statement) -> Iterator[tuple[str, str, list[str]]]:
    """Yield operator, key in lower case, and values of every condition of a statement."""
    found = statement.get("Condition")
    for operator, keys in found.items() if isinstance(found, Mapping) else ():
        for key, values in keys.items() if isinstance(keys, Mapping) else ():
            yield operator, key.lower(), listed(values)


def accounts(statement: Statement) -> list[str]:
    """Return the accounts whose identities a statement names."""
    found = (_ACCOUNT.fullmatch(name) for name in principals(statement, "AWS"))
    return [*dict.fromkeys(match[1] for match in found if match)]
