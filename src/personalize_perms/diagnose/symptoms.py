"""What a symptom is: how AWS says that something failed, what that means, and what to look at."""

from enum import StrEnum
from typing import Final

from personalize_perms.model.examination import Link
from personalize_perms.model.settings import Workflow
from personalize_perms.model.values import dataclass

PERSONALIZE: Final = "https://docs.aws.amazon.com/personalize/latest/dg/"


class Nature(StrEnum):
    """What kind of problem it is; only the first can be solved by a permission."""

    PERMISSION = "permission"
    QUOTA = "quota"
    DATA = "data"
    PARAMETER = "parameter"
    REGION = "Region"
    DOCUMENT = "document"
    """A policy that AWS does not take as it is written."""
    CREDENTIALS = "credentials"
    STATE = "state"
    """Something is not there, is there already, or is busy."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """One row: how AWS says it, and what it means in one line."""

    id: str
    nature: Nature
    meaning: str
    next_step: str
    docs: str
    says: tuple[str, ...] = ()
    """Patterns of the text; named groups give facts."""
    denies: tuple[str, ...] = ()
    """Patterns of whole actions, of which AWS says that somebody is "not authorized to perform" them."""
    by: str = ""
    """With `denies`: a pattern of who is denied."""
    links: tuple[Link, ...] = ()
    """What to look at, the likeliest first; none: the text says it all."""
    workflows: tuple[Workflow, ...] = ()
    """What is done, where the symptom alone tells."""
    weak: bool = False
    """Only a code or a turn of phrase: it counts where nothing beside it says more."""


CHAIN: Final = tuple(link for link in Link if link is not Link.SECOND_OPINION)
"""Every link, in the order in which to look for the one that is broken."""

UNRECOGNISED: Final = Symptom(
    id="unrecognised",
    nature=Nature.UNKNOWN,
    meaning="this text is not among those that are known here, so what it means is not guessed",
    next_step="every link of the chain is looked at instead",
    docs=f"{PERSONALIZE}troubleshooting.html",
    links=CHAIN,
)
