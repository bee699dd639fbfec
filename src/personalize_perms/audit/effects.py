"""Statements that look as if they did something: actions on resources that they never work on, actions that are none.

Pure. IAM stores them without a word.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from personalize_perms.audit import statements
from personalize_perms.model.resources import Json

_ON_BUCKETS: Final = frozenset({"s3:listbucket", "s3:getbucketlocation", "s3:listbucketmultipartuploads"})
_ON_OBJECTS: Final = frozenset(
    {"s3:getobject", "s3:putobject", "s3:deleteobject", "s3:getobjectversion", "s3:abortmultipartupload"}
)
_SERVICE: Final = "personalize:"


def idle_actions(listed: Sequence[tuple[str, dict[str, Json]]]) -> Iterator[tuple[str, str]]:
    """Yield the place of each Allow with an action that works on none of its resources, and what is wrong there.

    `listed` are the statements that speak about the same principal, each with where it stands: what another one of
    them grants rightly is only said twice.
    """
    allowing = [(where, statement) for where, statement in listed if statements.allows(statement)]
    for where, statement in allowing:
        for action in statements.listed(statement.get("Action")):
            wrong = _misplaced(action.lower(), statement)
            elsewhere = any(
                statements.covers_action(other, action) and not _misplaced(action.lower(), other)
                for _, other in allowing
                if other is not statement
            )
            if wrong and not elsewhere:
                yield where, f"{action} has no effect: {wrong}"


def _misplaced(action: str, statement: dict[str, Json]) -> str:
    """Return why an action works on none of a statement's resources, or nothing."""
    resources = statements.listed(statement.get("Resource"))
    if not resources or "NotResource" in statement:
        return ""
    if action in _ON_BUCKETS and not any(map(_may_be_bucket, resources)):
        return "it works on the bucket itself (arn:PARTITION:s3:::BUCKET), and the statement names objects only"
    if action in _ON_OBJECTS and not any(map(_may_be_object, resources)):
        return "it works on objects (arn:PARTITION:s3:::BUCKET/*), and the statement names the bucket only"
    return ""


def _may_be_bucket(pattern: str) -> bool:
    # A slash in a pattern is one in the resource, and no bucket has one.
    return "/" not in pattern


def _may_be_object(pattern: str) -> bool:
    return "/" in pattern or "*" in pattern or "?" in pattern


def misspelt(listed: Iterable[dict[str, Json]], known: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Yield the number of each statement with an action of Amazon Personalize that does not exist, and the action.

    `known` are the actions by their names in lower case. What names the right spelling beside the wrong one works.
    """
    for number, statement in enumerate(listed, 1):
        for element in ("Action", "NotAction"):
            actions = statements.listed(statement.get(element))
            lower = [action.lower() for action in actions]
            for action, folded in zip(actions, lower, strict=True):
                if not folded.startswith(_SERVICE) or any(statements.is_like(one, folded) for one in known):
                    continue
                if not any(right != folded and _is_meant(folded, right) for right in lower):
                    yield number, action


def meant(wrong: str, known: Mapping[str, str]) -> str:
    """Return the action that is spelled most like a wrong one, if any is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - only where something is misspelt

    near = get_close_matches(wrong.lower(), known, n=1, cutoff=0.8)
    return known[near[0]] if near else ""


def _is_meant(wrong: str, right: str) -> bool:
    """Tell whether `right` is what a page of AWS's guide spells as `wrong`: without the plural."""
    return right == f"{wrong}s" or statements.is_like(f"{wrong}s", right)
