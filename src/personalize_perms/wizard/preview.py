"""The documents that the answers so far lead to, and what the last answer changed in them. Pure."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from personalize_perms.model.errors import PersonalizePermsError
from personalize_perms.model.inert import inert
from personalize_perms.model.settings import Settings
from personalize_perms.wizard.flow import State

Documents: TypeAlias = Callable[[Settings], Mapping[str, str]]
"""Given settings, the text of each document by its title; raises `PersonalizePermsError` where there is none yet."""

_HEAD: Final = (
    "The documents that your answers make so far. Of shared ones, only what is added; the plan shows the rest."
)
_CHANGED: Final = "Since the answer before: + added, - gone. What is as it was is only named."


def preview(state: State, documents: Documents) -> str:
    """Return the documents of `state`, with marks where the last answer changed them."""
    try:
        now = documents(state.settings)
    except PersonalizePermsError as error:
        return f"There is no document to show yet: {error.message}"
    return "\n".join(_lines(_before(state, documents), now))


def _before(state: State, documents: Documents) -> Mapping[str, str] | None:
    if state.earlier is None:
        return None
    try:
        return documents(state.earlier.settings)
    except PersonalizePermsError:
        return None


def _lines(before: Mapping[str, str] | None, now: Mapping[str, str]) -> Iterator[str]:
    from difflib import ndiff  # noqa: PLC0415 - not for the first question

    yield ""
    yield _HEAD
    former = now if before is None else before
    if former != now:
        yield _CHANGED
    for title, text in now.items():
        yield ""
        if former == now:
            yield f"# {inert(title)}"
            yield from (f"  {inert(line)}" for line in text.split("\n"))
        elif former.get(title) == text:
            yield f"# {inert(title)} (as before)"
        else:
            yield f"# {inert(title)} ({'changed' if title in former else 'new'})"
            marked = ndiff(former.get(title, "").splitlines(), text.splitlines())
            yield from (inert(line.rstrip()) for line in marked if not line.startswith("?"))
    yield from (f"# {inert(title)} (no longer made)" for title in former if title not in now)
    yield ""
