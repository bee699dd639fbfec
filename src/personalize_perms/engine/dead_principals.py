"""Takes users and roles that were deleted out of a document: they let nobody in, and AWS stores it no more. Pure.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from collections.abc import Mapping

from personalize_perms import documents
from personalize_perms.model.errors import DocumentError
from personalize_perms.model.resources import Json


def without_dead(document: Mapping[str, Json]) -> tuple[dict[str, Json], tuple[str, ...]]:
    """Return the document without deleted principals, and a line for each statement that this changes.

    An Allow that names nobody else goes as a whole. A Deny, and what stands under NotPrincipal, is left as it is: whom
    it keeps out, or leaves alone, is for its owner to say.
    """
    kept: list[Json] = []
    details: list[str] = []
    for number, statement in enumerate(documents.statements(document), 1):
        dead = frozenset(documents.dead_principals([statement]))
        if not dead or statement.get("Effect") != "Allow" or "NotPrincipal" in statement:
            kept.append(statement)
            continue
        name = statement.get("Sid") or f"statement {number}"
        left = _left(statement["Principal"], dead)
        if left:
            kept.append({**statement, "Principal": left})
            details.append(f"~ {name}: without {', '.join(sorted(dead))}")
        else:
            details.append(f"- {name}: it names deleted users and roles only: {', '.join(sorted(dead))}")
    return ({**document, "Statement": kept} if details else dict(document)), tuple(details)


def text_without_dead(text: str | None) -> str | None:
    """Return a stored text as AWS would still store it: without deleted principals; None: nothing is left of it."""
    if text is None:
        return None
    try:
        document, details = without_dead(documents.parse(text))
    except DocumentError:
        return text
    if not details:
        return text
    return documents.compact(document) if document["Statement"] else None


def _left(principal: Json, dead: frozenset[str]) -> dict[str, Json]:
    assert isinstance(principal, dict)  # noqa: S101 - only there dead principals are found
    found: dict[str, Json] = {}
    for kind, names in principal.items():
        several = names if isinstance(names, list) else [names]
        alive = [name for name in several if not (isinstance(name, str) and name in dead)]
        if alive:
            found[kind] = names if isinstance(names, str) else alive
    return found
