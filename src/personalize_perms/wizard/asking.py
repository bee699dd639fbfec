"""Puts one question through a prompter: builds its list, falls back to typing, and checks what is typed."""

from collections.abc import Callable, Sequence
from typing import Final

from personalize_perms.model.inert import inert
from personalize_perms.model.names import InvalidName, bucket_name
from personalize_perms.model.options import BY_FIELD
from personalize_perms.model.values import dataclass
from personalize_perms.wizard import flow
from personalize_perms.wizard.discovery import Lists
from personalize_perms.wizard.prompter import OPEN, TYPE_IT, UP, Choice, Fixed, Offer, Prompter, typed_into
from personalize_perms.wizard.question import Answer, Kind, Question
from personalize_perms.wizard.questions import NEW_ROLE

_HERE: Final = ":here"
_SILENCE: Final = 0.3
_PATIENCE: Final = 2.0
"""Seconds after which it is said what is awaited, and after which the question is put all the same.

Keys that are pressed meanwhile wait, too: they are meant for the list. Later it fills while the question stands there.
"""


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
        proposed = flow.proposal(state, question)
        offer = self._offer(question, proposed)
        if offer is None:
            return self._text(state, question)
        chosen = self.prompter.choose(question.text, offer, default=next(iter(proposed), ""))
        typed = typed_into(chosen)
        if typed is not None:
            return self._text(state, question, typed)
        return () if chosen == NEW_ROLE else (chosen,)

    def _many(self, state: flow.State, question: Question) -> Answer:
        proposed = flow.proposal(state, question)
        offer = self._offer(question, proposed)
        required = question.required(state.view)
        if offer is None:
            return self._typed(question, required=required)
        chosen = self.prompter.choose_many(question.text, offer, default=proposed, required=required)
        picked = tuple(value for value in chosen if typed_into(value) is None)
        if len(picked) == len(chosen):
            return picked
        begun = next(typed for value in chosen if (typed := typed_into(value)) is not None)
        return tuple(dict.fromkeys((*picked, *self._typed(question, required=not picked, begun=begun))))

    def _offer(self, question: Question, extra: Sequence[str]) -> Offer | None:
        """Return what can be chosen from; None, once the reason is said, where everything must be typed."""
        if question.choices and not question.source:
            return Fixed(tuple(choice for choice in question.choices if self._is_offered(question, choice)))
        shown = self.lists.offer(question.source, question.choices, extra) if question.source else None
        if shown is None:
            own = (*question.choices, *(Choice(value=value, label=inert(value)) for value in extra))
            return Fixed((*own, TYPE_IT)) if own else None
        if self._is_there(shown) and len(shown.entries()) == 1:
            if shown.note:
                self.prompter.say(shown.note)
            return None
        return shown

    def _is_there(self, offer: Offer) -> bool:
        """Tell whether all entries are there by now; soon enough is waited for."""
        if offer.settled((), _SILENCE):
            return True
        self.prompter.say(offer.note)
        return offer.settled((), _PATIENCE)

    def _is_offered(self, question: Question, choice: Choice) -> bool:
        source = dict(question.only_with).get(choice.value)
        return source is None or self.lists.has_any(source)

    def _text(self, state: flow.State, question: Question, begun: str = "") -> Answer:
        check = _check(question)
        optional = not question.required(state.view)

        def accepted(text: str) -> None:
            if text or not optional:
                check(text)

        preset = begun or next(iter(flow.proposal(state, question)), "")
        text = self.prompter.text(_what_to_type(question), default=preset, check=accepted)
        return (text,) if text else ()

    def _typed(self, question: Question, *, required: bool, begun: str = "") -> Answer:
        """Return what is typed, one to a line; an empty line ends it. What is `begun` stands in the first."""
        check = _check(question)
        found: list[str] = []

        def accepted(text: str) -> None:
            if text or (required and not found):
                check(text)

        while text := self.prompter.text(
            _next_to_type(question, another=bool(found), required=required),
            default="" if found else begun,
            check=accepted,
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
            known = flow.prefixes(state, question, place)
            locations += [_location(place, self._prefix(question, place, prefix)) for prefix in known]
        return tuple(dict.fromkeys(locations))

    def _prefix(self, question: Question, bucket: str, known: str) -> str:
        """Return the prefix that is found by looking around in the bucket, or typed."""
        level = ""
        while True:
            here = Choice(value=_HERE, label=f"everything under {inert(level)}" if level else "the whole bucket")
            more = (Choice(value=known, label=inert(known)),) if known and not level else ()
            offer = self.lists.prefixes(bucket, level, (here, *more))
            text = f"s3://{bucket}/{inert(level)} - {question.text}"
            if offer is None or (self._is_there(offer) and len(offer.entries()) == 2 + len(more) and not level):
                if offer and offer.note:
                    self.prompter.say(offer.note)
                return self._typed_prefix(question, bucket, known)
            chosen = self.prompter.choose(text, offer, default=known or _HERE, opens=True)
            typed = typed_into(chosen)
            if typed is not None:
                return self._typed_prefix(question, bucket, typed or level or known, taken=bool(typed))
            if chosen == UP:
                level = level.rstrip("/").rpartition("/")[0]
                level += "/" if level else ""
            elif chosen.startswith(OPEN):
                level = chosen.removeprefix(OPEN)
            else:
                return level if chosen == _HERE else chosen

    def _typed_prefix(self, question: Question, bucket: str, begun: str, *, taken: bool = False) -> str:
        """Return what is typed; what was `taken` as it is already only needs to be a prefix."""
        check = _prefix_check(question, bucket)
        if taken:
            try:
                check(begun)
            except ValueError as problem:
                self.prompter.say(f"Not accepted: {problem}")
            else:
                return begun
        text = f"s3://{bucket}/ - {question.text} (such as data/; empty: the whole bucket)"
        return self.prompter.text(text, default=begun, check=check)


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
