"""What each kind of policy says about a question, before the kinds are put together."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from personalize_perms.evaluate.context import Facts
from personalize_perms.evaluate.principals import NOBODY, Reach
from personalize_perms.evaluate.statements import Document, Statement, Unread
from personalize_perms.evaluate.truth import Truth, any_of, both, depends_on, either, negated
from personalize_perms.model.access import Layer, PrincipalType, Question, StatementRef


class Denied(Exception):  # noqa: N818 - not an error: the answer
    """A statement that surely denies, whatever else there is."""

    def __init__(self, statement: StatementRef) -> None:
        super().__init__(statement)
        self.statement = statement


@dataclass(slots=True)
class Say:
    """What one kind of policy says: whether it allows, by which statement, and whether it may deny."""

    layer: Layer
    allows: Truth = False
    by: StatementRef | None = None
    denies: Truth = False
    open: tuple[tuple[StatementRef, frozenset[str]], ...] = ()
    """The statements that may allow or deny, and what each depends on."""

    def allow(self, truth: Truth, by: StatementRef | None) -> None:
        """Take in a statement that allows."""
        if truth is True and self.allows is not True:
            self.by = by
        self._note(truth, by)
        self.allows = either(self.allows, truth)

    def deny(self, truth: Truth, by: StatementRef | None) -> None:
        """Take in a statement that denies, or may; raise `Denied` if it surely does."""
        if truth is True and by:
            raise Denied(by)
        self._note(truth, by)
        self.denies = either(self.denies, truth)

    def _note(self, truth: Truth, by: StatementRef | None) -> None:
        if by and not isinstance(truth, bool):
            self.open = (*self.open, (by, truth))


class Resourced(NamedTuple):
    """What a resource-based policy, or the grants, say by how they reach the principal."""

    direct: Say
    user: Say
    role: Say
    account: Say

    def anyhow(self) -> Say:
        """Return what they say however they reach it, as across accounts."""
        found = Say(self.direct.layer, denies=self.direct.denies)
        for say in self:
            found.allow(say.allows, say.by)
        return found


def said(documents: Iterable[Document | Unread], layer: Layer, facts: Facts) -> Say:
    """Ask the documents of one kind that name no principal; raise `Denied` if one surely denies."""
    found, question = Say(layer), facts.question
    for document in documents:
        if isinstance(document, Unread):
            _take_unknown(found, document.name)
            continue
        for statement in document.about(question.action):
            if statement.malformed:
                _take_unknown(found, _spoiled(document, statement))
            elif statement.denies or found.allows is not True:
                truth = statement.applies(question.resource, facts)
                _take(found, truth, document, statement)
    return found


def _take(say: Say, truth: Truth, document: Document, statement: Statement) -> None:
    if truth is not False:
        (say.deny if statement.denies else say.allow)(truth, ref(say.layer, document, statement))


def _take_unknown(say: Say, name: str) -> None:
    say.allow(depends_on(name), None)
    say.deny(depends_on(name), None)


def _spoiled(document: Document, statement: Statement) -> str:
    return f"statement {statement.number} of {document.name} ({statement.malformed})"


def ref(layer: Layer, document: Document, statement: Statement) -> StatementRef:
    """Return which statement this is."""
    return StatementRef(layer=layer, document=document.name, number=statement.number, sid=statement.sid)


def resource_says(document: Document | Unread | None, facts: Facts, *, implied: bool, bounded: bool) -> Resourced:
    """Ask the resource-based policy; raise `Denied` if it surely denies.

    `implied`: its statements are about the resource that it hangs on. `bounded`: the principal has a permissions
    boundary.
    """
    found = Resourced(*(Say(Layer.RESOURCE) for _ in Reach._fields))
    if document is None:
        return found
    if isinstance(document, Unread):
        _take_unknown(found.direct, document.name)
        return found
    question = facts.question
    for statement in document.about(question.action):
        if statement.malformed:
            _take_unknown(found.direct, _spoiled(document, statement))
        elif statement.denies:
            truth = _hits(statement, question, bounded=bounded)
            if truth is not False:
                truth = both(truth, statement.applies(question.resource, facts, implied=implied))
                _take(found.direct, truth, document, statement)
        elif found.direct.allows is not True:
            _allow(found, statement, document, facts, implied=implied)
    return found


def _allow(found: Resourced, statement: Statement, document: Document, facts: Facts, *, implied: bool) -> None:
    reach = _reaches(statement, facts.question)
    if reach is NOBODY:
        return
    truth = statement.applies(facts.question.resource, facts, implied=implied)
    if truth is False:
        return
    by = ref(Layer.RESOURCE, document, statement)
    for say, reached in zip(found, reach, strict=True):
        if reached is not False:
            say.allow(both(reached, truth), by)


def _reaches(statement: Statement, question: Question) -> Reach:
    """Tell how an Allow reaches the principal; AWS does not support NotPrincipal in one."""
    if statement.principal is None:
        return NOBODY
    if statement.not_principal:
        return Reach(direct=depends_on("NotPrincipal"))
    return statement.principal.reach(question.principal)


def _hits(statement: Statement, question: Question, *, bounded: bool) -> Truth:
    """Tell whether a Deny is meant for the principal."""
    if statement.principal is None:
        return False
    if not statement.not_principal:
        return any_of(statement.principal.reach(question.principal))
    if bounded and question.principal.type in (PrincipalType.USER, PrincipalType.ROLE):
        # Whom NotPrincipal names does not matter then, says AWS.
        return True
    return negated(statement.principal.spares(question.principal))
