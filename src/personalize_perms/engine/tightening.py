"""Source conditions on statements of others that let Amazon Personalize in: put on when asked for, and taken off. Pure.

What such a statement was before is remembered by a digest in the set-up's ledger, so that it can be put back from any
machine: taking the conditions off, and the split principals together, must give a statement with that very digest.
The journal's own text of it, where there is one, goes first.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from personalize_perms import documents, trust
from personalize_perms.model.resources import Json, Statement
from personalize_perms.model.values import dataclass

_DIGEST = 16
_ALONE = ({"Service": trust.SERVICE}, {"Service": [trust.SERVICE]})
IsOwn = Callable[[object], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tightened:
    """A trust policy after the conditions went on or off, one line for each change, and what the others were before."""

    document: dict[str, Json]
    details: tuple[str, ...] = ()
    originals: tuple[Statement, ...] = ()


def digest(statement: Statement, partition: str) -> str:
    """Return what a statement is remembered by."""
    return hashlib.sha256(_form(statement, partition).encode()).hexdigest()[:_DIGEST]


def _form(statement: Statement, partition: str) -> str:
    """Return what statements share that mean the same; a condition that says nothing is none."""
    condition = statement.get("Condition")
    if isinstance(condition, dict):
        said = {operator: keys for operator, keys in condition.items() if keys != {}}
        rest = {name: value for name, value in statement.items() if name != "Condition"}
        statement = {**rest, "Condition": said} if said else rest
    return documents.normalised(statement, partition)


def tighten(document: Mapping[str, Json], condition: Json, is_own: IsOwn) -> Tightened:
    """Put `condition` on every statement of others that lets Personalize in without conditions on the source."""
    if not isinstance(condition, dict):
        return Tightened(document=dict(document))
    loose = dict(trust.loose_statements(document, is_own))
    existing = documents.statements(document)
    taken = {statement.get("Sid") for statement in existing}
    result: list[Json] = []
    details: list[str] = []
    originals: list[Statement] = []
    for number, statement in enumerate(existing, 1):
        instead = trust.tighten(statement, condition) if number in loose else None
        for added in (instead or [])[1:]:
            if is_own(added.get("Sid")):
                del added["Sid"]  # nobody may take it for ours
            while added.get("Sid") and added["Sid"] in taken:
                added["Sid"] = f"{added['Sid']}2"
            taken.add(added.get("Sid"))
        result += instead or [statement]
        if instead:
            originals.append(statement)
            split = " and its other principals split off as they were" if len(instead) > 1 else ""
            details.append(f"~ {_name(statement, number)}: source conditions added{split}")
    if not originals:
        return Tightened(document=dict(document))
    return Tightened(document={**document, "Statement": result}, details=tuple(details), originals=tuple(originals))


def loosen(
    document: Mapping[str, Json], digests: Iterable[str], known: Iterable[Statement], is_own: IsOwn, partition: str
) -> Tightened:
    """Put back the statements with these digests; `originals` are those whose present form was changed by others."""
    wanted, texts = dict.fromkeys(digests), [*known]
    result = [*documents.statements(document)]
    former = _Former(wanted, texts, _conditions(result, is_own), is_own, partition)
    details: list[str] = []
    number = 0
    while number < len(result):
        original, places = former.statement(result, number)
        if original:
            first, *others = sorted(places)
            result[first] = original
            result = [statement for place, statement in enumerate(result) if place not in others]
            details.append(f"~ {_name(original, first + 1)}: as it was before its source conditions")
        number += len(places) <= 1  # where one went, the next has come to its place
    by_digest = {digest(one, partition): one for one in texts}
    # What was never tightened, or what its owner put back, is as it was.
    as_before = {digest(one, partition) for one in result if not is_own(one.get("Sid"))}
    changed = (one for one in wanted if one not in former.found | as_before)
    left = tuple(by_digest.get(one, {"Sid": "a statement"}) for one in changed)
    if not details:
        return Tightened(document=dict(document), originals=left)
    return Tightened(document={**document, "Statement": [*result]}, details=tuple(details), originals=left)


class _Former:
    """Tells what a statement with source conditions was before, and where the parts stand that it was made into."""

    def __init__(
        self,
        wanted: Iterable[str],
        known: Iterable[Statement],
        conditions: Iterable[dict[str, Json]],
        is_own: IsOwn,
        partition: str,
    ) -> None:
        self.found: set[str] = set()
        self._wanted = frozenset(wanted)
        self._conditions = [*conditions]
        self._is_own = is_own
        self._partition = partition
        self._known: dict[tuple[str, ...], list[Statement]] = {}
        for original in known:
            for condition in self._conditions:
                if parts := trust.tighten(dict(original), condition):
                    self._known.setdefault(self._forms(parts), []).append(original)

    def statement(self, statements: list[dict[str, Json]], number: int) -> tuple[dict[str, Json] | None, set[int]]:
        """Return what the one with this number was, perhaps together with another one, and both their numbers."""
        if self._is_own(statements[number].get("Sid")):
            return None, set()
        # The two parts were put side by side; somebody may have moved them since.
        for other in (number - 1, number, *range(len(statements))):
            if other >= 0 and not self._is_own(statements[other].get("Sid")):
                original = self._original([statements[one] for one in dict.fromkeys((other, number))])
                if original:
                    return original, {other, number}
        return None, set()

    def _original(self, parts: list[dict[str, Json]]) -> dict[str, Json] | None:
        for former in self._candidates(parts):
            one = digest(former, self._partition)
            if one in self._wanted:
                self.found.add(one)
                return dict(former)
        return None

    def _candidates(self, parts: list[dict[str, Json]]) -> Iterator[Statement]:
        """Yield what is made into just these parts by putting our conditions on it."""
        form = self._forms(parts)
        texts = self._known.get(form, [])
        if texts:
            # Different statements may have become alike: then they stand in the order in which they were.
            yield texts.pop(0) if len(texts) > 1 else texts[0]
        for condition in self._conditions:
            base = _without(parts[-1], condition)
            for former in () if base is None else [base] if len(parts) == 1 else self._joined(parts[0], base):
                again = trust.tighten(former, condition)
                if again and self._forms(again) == form:
                    yield former

    def _joined(self, other: Statement, base: Statement) -> Iterator[dict[str, Json]]:
        """Yield `other` with Personalize among its principals again, if it differs from `base` in nothing else."""
        principal, alone = other.get("Principal"), base.get("Principal") in _ALONE
        forms = {_form({**_unnamed(one), "Principal": None}, self._partition) for one in (other, base)}
        if alone and len(forms) == 1 and isinstance(principal, dict):
            services = principal.get("Service", [])
            listed = services if isinstance(services, list) else [services]
            yield {**other, "Principal": {**principal, "Service": [*listed, trust.SERVICE]}}

    def _forms(self, parts: Sequence[Statement]) -> tuple[str, ...]:
        first, *others = parts
        return tuple(_form(part, self._partition) for part in (first, *map(_unnamed, others)))


def _conditions(statements: Iterable[Statement], is_own: IsOwn) -> Iterator[dict[str, Json]]:
    """Yield the conditions that ours carry, and thus those that were put on others."""
    for statement in statements:
        condition = statement.get("Condition")
        if is_own(statement.get("Sid")) and isinstance(condition, dict):
            yield from (condition, _twin(condition))


def _twin(condition: Mapping[str, Json]) -> dict[str, Json]:
    """Return the other form of our condition, which an earlier run with another --hardening may have used."""
    operators = {"ArnLike": "StringLike", "StringLike": "ArnLike"}
    return {operators.get(operator, operator): keys for operator, keys in condition.items()}


def _without(statement: Statement, condition: Mapping[str, Json]) -> dict[str, Json] | None:
    theirs = statement.get("Condition")
    if not isinstance(theirs, dict):
        return None
    rest: dict[str, Json] = {}
    for operator, keys in theirs.items():
        ours = condition.get(operator)
        folded = {key.lower() for key in ours} if isinstance(ours, dict) else set()
        left = (
            {key: value for key, value in keys.items() if key.lower() not in folded} if isinstance(keys, dict) else keys
        )
        if left or operator not in condition:
            rest[operator] = left
    if rest == theirs:
        return None
    without = {name: value for name, value in statement.items() if name != "Condition"}
    return {**without, "Condition": rest} if rest else without


def _unnamed(statement: Statement) -> dict[str, Json]:
    # The part that was split off got a Sid of its own.
    return {name: value for name, value in statement.items() if name != "Sid"}


def _name(statement: Statement, number: int) -> str:
    return str(statement.get("Sid") or f"statement {number}")
