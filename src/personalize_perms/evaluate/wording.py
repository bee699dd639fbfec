"""The one sentence that a decision says to a person."""

from collections.abc import Iterable

from personalize_perms.model.access import Layer, Principal, PrincipalType, Question, StatementRef


def denied(question: Question, by: StatementRef) -> str:
    """Say which statement denies."""
    return f"{_statement(by)} denies {_what(question)} to {_who(question.principal)}."


def allowed(question: Question, by: StatementRef | None) -> str:
    """Say which statement allows; without one, the account's root asks for something of its own."""
    if by is None:
        return f"{_root(question)} may do {_what(question)}: it belongs to the same account and nothing denies it."
    return f"{_statement(by)} allows {_what(question)} to {_who(question.principal)}."


def lacking(question: Question, layer: Layer) -> str:
    """Say in which kind of policy an Allow is missing."""
    return f"No {layer.value} allows {_what(question)} to {_who(question.principal)}."


def root_cannot_assume(question: Question) -> str:
    """Say what no policy can change."""
    return f"{_root(question)} cannot assume a role, whatever the policies say."


def unknown(question: Question, names: Iterable[str], hinges: Iterable[StatementRef]) -> str:
    """Say what would have to be known, and which statements ask for it."""
    what = f"Whether {_who(question.principal)} may do {_what(question)} depends on what is not known"
    asking = f" ({named(hinges)})" if hinges else ""
    return f"{what}: {', '.join(names)}{asking}."


def named(statements: Iterable[StatementRef]) -> str:
    """Return statements as they stand amid a sentence."""
    texts = map(_statement, statements)
    return "; ".join(f"{text[0].lower()}{text[1:]}" for text in texts)


def _root(question: Question) -> str:
    return f"The root user of account {question.principal.account}"


def _who(principal: Principal) -> str:
    if principal.type is PrincipalType.ROOT:
        return f"the root user of account {principal.account}"
    return principal.arn


def _what(question: Question) -> str:
    return f"{question.action} on {question.resource}"


def _statement(by: StatementRef) -> str:
    if by.layer is Layer.GRANT:
        return f"The grant {by.document}"
    named = f" ({by.sid})" if by.sid else ""
    return f"Statement {by.number}{named} of {by.document}"
