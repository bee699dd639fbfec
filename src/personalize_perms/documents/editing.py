"""Our statements in documents that others own: appended, replaced, removed; everything else stays as it is."""

from collections.abc import Callable, Iterable, Mapping

from personalize_perms.documents.comparing import covers, normalised
from personalize_perms.documents.reading import statements
from personalize_perms.model.resources import Json, Statement
from personalize_perms.model.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A document with our statements as wanted, and what that changed, one line a statement."""

    document: dict[str, Json]
    details: tuple[str, ...]
    changed: bool
    foreign: int
    narrows: bool
    """Whether something that ours allowed so far is no longer allowed."""


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
    narrows = False
    existing = statements(document)
    for statement in existing:
        sid = statement.get("Sid")
        if not is_own(sid):
            kept.append(statement)
            continue
        ours = missing.pop(str(sid), None)
        if ours is None:
            narrows = True
            details.append(f"- {sid}")
        elif normalised(ours, partition) == normalised(statement, partition):
            kept.append(statement)
            details.append(f"= {sid}")
        else:
            narrows = narrows or not covers(ours, statement, partition)
            kept.append(dict(ours))
            details.append(f"~ {sid}")
    kept += [dict(statement) for statement in missing.values()]
    details += [f"+ {sid}" for sid in missing]
    changed = any(not line.startswith("=") for line in details)
    foreign = sum(not is_own(statement.get("Sid")) for statement in existing)
    edited: dict[str, Json] = {**document, "Statement": kept} if changed else dict(document)
    return Edit(document=edited, details=tuple(details), changed=changed, foreign=foreign, narrows=narrows)
