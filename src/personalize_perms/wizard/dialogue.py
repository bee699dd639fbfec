"""Leads through the questions to the review; knows neither what draws them nor what the answers change."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from personalize_perms import steps
from personalize_perms.model.errors import Cancelled, SettingsError
from personalize_perms.model.inert import inert
from personalize_perms.model.options import BY_FIELD
from personalize_perms.model.settings import Settings
from personalize_perms.wizard import flow
from personalize_perms.wizard.asking import Asker
from personalize_perms.wizard.discovery import Discovery, Lists
from personalize_perms.wizard.preview import Documents, preview
from personalize_perms.wizard.prompter import Back, Prompter
from personalize_perms.wizard.question import Question

_WELCOME: Final = "Nothing is changed before you confirm the plan."


class Dialogue:
    """One walk through the questions. It may begin before the account is known.

    `given` tells by field where a setting came from (flag, variable, file); such settings are not asked. Where nothing
    is open, nothing is shown. Ctrl-C raises `Cancelled`.
    """

    def __init__(self, settings: Settings, given: Mapping[str, str], prompter: Prompter) -> None:
        self._state = flow.start(settings, given)
        self._prompter = prompter
        self._lists = Lists(None)
        self._documents: Documents | None = None
        self._news: Callable[[], str] = str
        self._introduced: set[str] = set()
        self._welcomed = False

    @property
    def begins_alone(self) -> bool:
        """Whether the first question can be asked without knowing the account."""
        question = flow.current(self._state)
        return bool(question and question.choices and not question.source and not question.only_with)

    def begin(self, shown: Callable[[], None]) -> None:
        """Ask the first question although the account is not known; `shown` is called whenever it was drawn.

        `meet` may be called meanwhile. Raises `Withdrawn` if `shown` took the question away.
        """
        self._prompter.shown, self._documents = shown, _no_documents
        beginning = self._state
        try:
            with _cancelled_by_ctrl_c():
                while self._state is beginning:
                    self._ask_or_stay(beginning)
        finally:
            self._prompter.explain = None
            if self._prompter.shown is shown:
                self._prompter.shown = None

    def meet(
        self, discovery: Discovery | None, documents: Documents | None = None, news: Callable[[], str] = str
    ) -> None:
        """Go on with what is known of the account by now.

        Without `discovery` every name is typed. `documents` renders what settings lead to, for whoever asks to see it;
        `news` is what has become known by the way, if anything, and is said before the next question.
        """
        self._lists = Lists(discovery)
        self._documents = documents
        self._news = news
        self._prompter.shown = self._lists.begin

    def lead(self) -> Settings:
        """Ask what is open, show a review, and return the settings with the answers."""
        if not self._welcomed and flow.current(self._state) is None:
            return self._state.settings
        try:
            with _cancelled_by_ctrl_c():
                while not self._is_settled():
                    pass
                return self._state.settings
        finally:
            self._lists.close()
            self._prompter.shown = self._prompter.explain = None

    def _is_settled(self) -> bool:
        """Ask the next question, or show the review; tell whether the person is content with it."""
        self._state = state = _with_facts(self._state, self._lists)
        said = self._news()
        if said:
            self._prompter.say(said)
        try:
            if flow.current(state) is not None:
                self._ask(state)
                return False
            self._explains(state)
            called_for = _review(state, self._prompter)
        except Back:
            self._state = _before(state, self._prompter)
            return False
        if called_for is not None:
            self._state = flow.reopened(state, called_for)
        return called_for is None

    def _ask(self, state: flow.State) -> None:
        question = flow.current(state)
        if question is None:
            return
        if not self._welcomed:
            self._welcomed = True
            self._prompter.say(f"{_WELCOME} {self._prompter.keys}")
        self._explains(state)
        _introduce(question, self._introduced, self._prompter)
        answer = Asker(prompter=self._prompter, lists=self._lists).ask(state, question)
        self._state = flow.answered(state, question, answer)

    def _ask_or_stay(self, beginning: flow.State) -> None:
        try:
            self._ask(beginning)
        except Back:
            _before(beginning, self._prompter)

    def _explains(self, state: flow.State) -> None:
        """Let a key show the documents of `state`, by what is known of the account when it is pressed."""

        def explain() -> str:
            return preview(state, self._documents or _no_documents)

        self._prompter.explain = explain if self._documents else None


def _no_documents(_: Settings) -> Mapping[str, str]:
    raise SettingsError("AWS has not said yet which account this is")


@contextmanager
def _cancelled_by_ctrl_c() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise Cancelled("nothing was changed", hint="the same command starts again") from None


def _before(state: flow.State, prompter: Prompter) -> flow.State:
    earlier = flow.back(state)
    if earlier is None:
        prompter.say("This is the first question. Ctrl-C leaves.")
    return earlier or state


def _with_facts(state: flow.State, lists: Lists) -> flow.State:
    """Return `state` knowing whether the adopted role lets Amazon Personalize in without conditions."""
    role = str(state.settings.role_arn or "")
    if not role or "tighten_trust" in state.given or not lists.lets_personalize_in(role):
        return state
    return replace(state, open_roles=state.open_roles | {role})


def _introduce(question: Question, introduced: set[str], prompter: Prompter) -> None:
    """Say what the step of `question` is for, once, and explain the question."""
    fields = {question.field, *question.settled_by}
    step = next((step for step in steps.STEPS if not fields.isdisjoint(step.FIELDS)), None)
    prompter.say("")
    if step and step.TITLE not in introduced:
        introduced.add(step.TITLE)
        prompter.say(step.TITLE, title=True)
        prompter.say(step.WHY)
        prompter.say(step.DOCS)
    prompter.say(question.help or BY_FIELD[question.field].help)


def _problems(settings: Settings) -> tuple[str, ...]:
    """Return what a later refusal would be about: it is better said while the answers can still be changed."""
    needed = (f"{BY_FIELD[item.option].flag} is missing: {item.why}" for item in steps.missing(settings))
    return (*steps.conflicts(settings), *needed)


def _review(state: flow.State, prompter: Prompter) -> Question | None:
    """Show every answer, numbered; return the question that the person wants to answer again, if any."""
    lines = flow.review(state)
    prompter.say("")
    prompter.say("Your answers", title=True)
    numbered = list(enumerate(lines, 1))
    _say_lines(prompter, [(number, line) for number, line in numbered if line.source != flow.DEFAULT])
    prompter.say("Left as they usually are")
    _say_lines(prompter, [(number, line) for number, line in numbered if line.source == flow.DEFAULT])

    problems = _problems(state.settings)
    for problem in problems:
        prompter.say(f"To change: {problem}")

    def check(text: str) -> None:
        if not text and problems:
            raise ValueError(f"first change what does not fit: {problems[0]}")
        if text and not (text.isascii() and text.isdecimal() and 1 <= int(text) <= len(lines)):
            raise ValueError(f"press Enter, or type a number from 1 to {len(lines)}")

    chosen = prompter.text("Enter to continue, or the number of an answer to change:", check=check)
    return lines[int(chosen) - 1].question if chosen else None


def _say_lines(prompter: Prompter, lines: Iterable[tuple[int, flow.ReviewLine]]) -> None:
    for number, line in lines:
        prompter.say(f"{number:>3}. {line.question.label}: {inert(line.answer)} ({line.source})")
