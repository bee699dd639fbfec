"""The wizard as a pure state machine: which question is open, what an answer changes, what going back restores.

Nothing here asks, draws or calls AWS. A state never changes; going back is taking up the earlier one.
"""

from collections.abc import Mapping
from dataclasses import field, fields, replace
from typing import Final

from personalize_perms.model.names import S3Location
from personalize_perms.model.options import BY_FIELD, texts
from personalize_perms.model.settings import Settings
from personalize_perms.model.values import dataclass
from personalize_perms.wizard.question import Answer, Kind, Question, View, ways
from personalize_perms.wizard.questions import BY_ID, QUESTIONS

DEFAULT: Final = "default"
"""The source of what nobody gave."""
_DEFAULTS: Final = Settings()


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything that is known at one point of the dialogue."""

    base: Settings
    given: Mapping[str, str]
    """Setting -> where it came from, for what flags, variables and the settings file gave."""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    remembered: Mapping[str, Answer] = field(default_factory=dict)
    """Every answer ever given, so that a question asked again proposes it."""
    asking: str = ""
    """The question that the person called for, if any."""
    open_roles: frozenset[str] = frozenset()
    """Roles known to let Amazon Personalize in without source conditions."""
    earlier: "State | None" = field(default=None, repr=False)

    @property
    def settings(self) -> Settings:
        """The settings, with every answer so far."""
        values: dict[str, object] = {}
        for question in QUESTIONS:
            if question.id in self.answers:
                answer = self.answers[question.id]
                values |= {name: getattr(_DEFAULTS, name) for name in question.resets(answer)}
                values |= _values(question, answer)
        return Settings(**({each.name: getattr(self.base, each.name) for each in fields(Settings)} | values))

    @property
    def view(self) -> View:
        """What the conditions of the questions see."""
        settings = self.settings
        return View(settings=settings, answers=self.answers, open_role=str(settings.role_arn) in self.open_roles)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewLine:
    """One answer as the review shows it."""

    question: Question
    answer: str
    source: str


def start(settings: Settings, given: Mapping[str, str]) -> State:
    """Return the state before the first question."""
    return State(base=settings, given=given)


def current(state: State) -> Question | None:
    """Return the question to ask now, or None where nothing is open."""
    if state.asking:
        return BY_ID[state.asking]
    view = state.view
    return next((question for question in QUESTIONS if _is_open(state, view, question)), None)


def answered(state: State, question: Question, answer: Answer) -> State:
    """Return the state after `answer`; what depended on another answer, or no longer counts, is forgotten."""
    dependents = _dependents(question.id)
    answers = {key: value for key, value in state.answers.items() if key not in dependents} | {question.id: answer}
    after = replace(
        state, answers=answers, remembered={**state.remembered, question.id: answer}, asking="", earlier=state
    )
    view = after.view
    return replace(after, answers={key: value for key, value in answers.items() if BY_ID[key].relevant(view)})


def reopened(state: State, question: Question) -> State:
    """Return the state in which `question` is asked again."""
    answers = {key: value for key, value in state.answers.items() if key != question.id}
    return replace(state, answers=answers, asking=question.id, earlier=state)


def back(state: State) -> State | None:
    """Return the state before the last answer, or None at the beginning. What was typed is still proposed."""
    return state.earlier and replace(state.earlier, remembered=state.remembered)


def proposal(state: State, question: Question) -> Answer:
    """Return what Enter takes: the earlier answer, the setting as it is, or the question's own proposal."""
    if question.id in state.remembered:
        return state.remembered[question.id]
    if question.id == "delivery":
        return ways(state.base)[:1] or question.proposal
    locations = getattr(state.base, question.field) if question.kind is Kind.PLACES else ()
    if locations:
        return tuple(dict.fromkeys(location.bucket for location in locations))
    return texts(state.base, BY_FIELD[question.field]) or question.proposal


def prefixes(state: State, question: Question, bucket: str) -> Answer:
    """Return the prefixes known for `bucket`, at least one, to propose."""
    known = state.remembered.get(question.id) or texts(state.base, BY_FIELD[question.field])
    locations = [S3Location.parse(text) for text in known]
    return tuple(location.prefix for location in locations if location.bucket == bucket) or ("",)


def review(state: State) -> tuple[ReviewLine, ...]:
    """Return every answer that counts, with its source; what is at its default comes last."""
    view = state.view
    lines = [_line(state, view, question) for question in QUESTIONS if question.label and question.relevant(view)]
    return tuple(sorted(lines, key=lambda line: line.source == DEFAULT))


def _is_open(state: State, view: View, question: Question) -> bool:
    if question.id in state.answers or not (question.relevant(view) and question.asked(view)):
        return False
    given = _still_given(state)
    taken_over = {BY_ID[key].field for key in state.answers}
    return question.field not in given - taken_over and given.isdisjoint(question.settled_by)


def _still_given(state: State) -> frozenset[str]:
    """Return the settings that were given and that no answer has put back to their defaults."""
    lost = {name for key, answer in state.answers.items() for name in BY_ID[key].resets(answer)}
    return frozenset(state.given) - lost


def _dependents(changed: str) -> frozenset[str]:
    found = {changed}
    for question in QUESTIONS:
        if not found.isdisjoint(question.after):
            found.add(question.id)
    return frozenset(found - {changed})


def _values(question: Question, answer: Answer) -> dict[str, object]:
    if question.id == "delivery":
        return {"require_mfa": answer == ("users-mfa",)}
    option = BY_FIELD[question.field]
    if option.parse is None:
        return {question.field: bool(answer)}
    if question.kind is Kind.PLACES:
        answer = tuple(place if "/" in place else f"s3://{place}" for place in answer)
    parsed = tuple(option.parse(text) for text in answer)
    if option.repeatable:
        return {question.field: tuple(dict.fromkeys(parsed))}
    return {question.field: parsed[0] if parsed else getattr(_DEFAULTS, question.field)}


def _line(state: State, view: View, question: Question) -> ReviewLine:
    return ReviewLine(question=question, answer=_shown(view, question), source=_source(state, question))


def _shown(view: View, question: Question) -> str:
    if question.id == "delivery":
        labels = {choice.value: choice.label for choice in question.choices}
        return "; ".join(labels[way] for way in view.ways or ("none",))
    settings = view.settings
    computed = {
        "role_name": settings.service_role_name,
        "user_policy_name": settings.user_policy,
        "role_arn": str(settings.role_arn or "a new one"),
        "tighten_trust": "yes" if settings.tighten_trust else "no",
    }
    option = BY_FIELD[question.field]
    return computed.get(question.field) or ", ".join(texts(settings, option)) or option.default or "none"


def _source(state: State, question: Question) -> str:
    answering = {question.id} | {each.id for each in QUESTIONS if question.field and each.field == question.field}
    if not answering.isdisjoint(state.answers):
        return "you"
    given = _still_given(state)
    return next((state.given[name] for name in (question.field, *question.settled_by) if name in given), DEFAULT)
