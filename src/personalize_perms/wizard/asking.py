"""Puts one question through a prompter: builds its list, falls back to typing, and checks what is typed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from personalize_perms.model.inert import inert
from personalize_perms.model.names import InvalidName, bucket_name
from personalize_perms.model.options import BY_FIELD
from personalize_perms.wizard import flow
from personalize_perms.wizard.discovery import Lists
from personalize_perms.wizard.prompter import TYPE_IT, Choice, Prompter
from personalize_perms.wizard.question import Answer, Kind, Question
from personalize_perms.wizard.questions import NEW_ROLE

_ONE_OF_US: Final = frozenset({TYPE_IT.value, NEW_ROLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Asks by `prompter`, offering what is in `lists`."""

    prompter: Prompter
    lists: Lists

    def ask(self, state: flow.State, question: Question) -> Answer:
        """Return the answer to `question`; it may raise `Back`."""
        if question.ahead:
            self.lists.start(question.ahead)
        match question.kind:
            case Kind.ONE:
                return self._one(state, question)
            case Kind.MANY | Kind.PLACES:
                return self._many(state, question)
            case Kind.TEXT:
                return self._text(state, question)
            case Kind.CONFIRM:
                preset = bool(flow.proposal(state, question))
                return ("true",) if self.prompter.confirm(question.text, default=preset) else ()
            case Kind.PREFIXES:
                return self._prefixes(state, question)

    def _one(self, state: flow.State, question: Question) -> Answer:
        choices = self._choices(question)
        chosen = self.prompter.choose(question.text, choices, default=next(iter(flow.proposal(state, question)), ""))
        if chosen == TYPE_IT.value:
            return self._text(state, question)
        return () if chosen == NEW_ROLE else (chosen,)

    def _many(self, state: flow.State, question: Question) -> Answer:
        proposed = flow.proposal(state, question)
        choices = self._choices(question)
        known = {choice.value for choice in choices}
        extra = tuple(Choice(value=value, label=inert(value)) for value in proposed if value not in known)
        required = question.required(state.view)
        if not (known - _ONE_OF_US) and not extra:
            return self._typed(question, required=required)
        chosen = self.prompter.choose_many(question.text, (*extra, *choices), default=proposed, required=required)
        picked = tuple(value for value in chosen if value != TYPE_IT.value)
        if len(picked) == len(chosen):
            return picked
        return tuple(dict.fromkeys((*picked, *self._typed(question, required=not picked))))

    def _choices(self, question: Question) -> tuple[Choice, ...]:
        if question.choices and not question.source:
            return tuple(choice for choice in question.choices if self._is_offered(question, choice))
        if not question.source:
            return (TYPE_IT,)
        if not self.lists.is_read(question.source):
            self.prompter.say(f"Listing {question.source} …")
        found = self.lists.find(question.source)
        if found.problem:
            self.prompter.say(found.problem)
        return (*question.choices, *found.choices, TYPE_IT)

    def _is_offered(self, question: Question, choice: Choice) -> bool:
        source = dict(question.only_with).get(choice.value)
        return source is None or bool(self.lists.find(source).choices)

    def _text(self, state: flow.State, question: Question) -> Answer:
        check = _check(question)
        optional = not question.required(state.view)

        def accepted(text: str) -> None:
            if text or not optional:
                check(text)

        preset = next(iter(flow.proposal(state, question)), "")
        text = self.prompter.text(_what_to_type(question), default=preset, check=accepted)
        return (text,) if text else ()

    def _typed(self, question: Question, *, required: bool) -> Answer:
        """Return what is typed, one to a line; an empty line ends it."""
        check = _check(question)
        found: list[str] = []

        def accepted(text: str) -> None:
            if text or (required and not found):
                check(text)

        while text := self.prompter.text(
            _next_to_type(question, another=bool(found), required=required), check=accepted
        ):
            found.append(text)
        return tuple(dict.fromkeys(found))

    def _prefixes(self, state: flow.State, question: Question) -> Answer:
        places = state.answers[question.after[0]]
        locations: list[str] = []
        for place in places:
            if "/" in place:
                locations.append(place)
                continue
            for known in flow.prefixes(state, question, place):
                prefix = self.prompter.text(
                    f"s3://{place}/ - {question.text}", default=known, check=_prefix_check(question, place)
                )
                locations.append(_location(place, prefix))
        return tuple(dict.fromkeys(locations))


def _check(question: Question) -> Callable[[str], object]:
    """Return what objects to a typed answer: the parser of the option."""
    if question.kind is Kind.PLACES:
        return lambda text: _parse(question.field, text if text.startswith("s3://") else f"s3://{bucket_name(text)}")
    return lambda text: _parse(question.field, text)


def _parse(field: str, text: str) -> object:
    parse = BY_FIELD[field].parse
    return parse(text) if parse else text


def _prefix_check(question: Question, bucket: str) -> Callable[[str], object]:
    def check(prefix: str) -> object:
        if prefix.startswith("s3://"):
            raise InvalidName("write only what comes after the bucket")
        return _parse(question.field, _location(bucket, prefix))

    return check


def _location(bucket: str, prefix: str) -> str:
    return f"s3://{bucket}/{prefix}" if prefix else f"s3://{bucket}"


def _what_to_type(question: Question) -> str:
    option = BY_FIELD[question.field]
    if question.kind is not Kind.TEXT:
        return f"{question.label} ({option.metavar}):"
    return f"{question.text} (empty: {option.default})" if option.default else question.text


def _next_to_type(question: Question, *, another: bool, required: bool) -> str:
    what = "BUCKET or s3://BUCKET/PREFIX" if question.kind is Kind.PLACES else BY_FIELD[question.field].metavar
    if another:
        return f"Another {what} (empty: no more):"
    return f"{question.label}, {what}:" if required else f"{question.label}, {what} (empty: none):"
