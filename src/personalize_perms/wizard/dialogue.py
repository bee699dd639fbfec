"""Leads through the questions to the review; knows neither what draws them nor what the answers change."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from personalize_perms import steps
from personalize_perms.model.errors import Cancelled
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


def run(
    settings: Settings,
    given: Mapping[str, str],
    prompter: Prompter,
    discovery: Discovery | None,
    documents: Documents | None = None,
    *,
    news: Callable[[], str] = str,
) -> Settings:
    """Ask what is still open, show a review, and return the settings with the answers.

    `given` tells by field where a setting came from (flag, variable, file); such settings are not asked. Without
    `discovery` every name is typed. `documents` renders what settings lead to, for whoever asks to see it; `news` is
    what has become known by the way, if anything, and is said before the next question. Where nothing is open, nothing
    is shown. Raises `Cancelled` for Ctrl-C.
    """
    state = flow.start(settings, given)
    if flow.current(state) is None:
        return settings
    lists = Lists(discovery)
    prompter.shown = lists.begin
    prompter.say(f"{_WELCOME} {prompter.keys}")
    try:
        return _led_through(state, prompter, lists, documents, news)
    except KeyboardInterrupt:
        raise Cancelled("nothing was changed", hint="the same command starts again") from None
    finally:
        lists.close()
        prompter.shown = prompter.explain = None


def _led_through(
    state: flow.State, prompter: Prompter, lists: Lists, documents: Documents | None, news: Callable[[], str]
) -> Settings:
    asker = Asker(prompter=prompter, lists=lists)
    introduced: set[str] = set()
    while True:
        state = _with_facts(state, lists)
        if documents:
            prompter.explain = partial(preview, state, documents)
        said = news()
        if said:
            prompter.say(said)
        question = flow.current(state)
        try:
            if question is None:
                called_for = _review(state, prompter)
                if called_for is None:
                    return state.settings
                state = flow.reopened(state, called_for)
            else:
                _introduce(question, introduced, prompter)
                state = flow.answered(state, question, asker.ask(state, question))
        except Back:
            state = _before(state, prompter)


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
