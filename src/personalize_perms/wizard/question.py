"""What a question is, and what its conditions may look at.

An answer is kept as the texts that a person would type as a flag's value; an empty one means the default. The parsers
of the options turn it into the setting, so the wizard can accept nothing that the command line would refuse.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, TypeAlias

from personalize_perms.model.settings import Settings
from personalize_perms.model.values import dataclass
from personalize_perms.wizard.prompter import Choice

Answer: TypeAlias = tuple[str, ...]


class Kind(StrEnum):
    """How a question is put."""

    ONE = "one"
    MANY = "many"
    TEXT = "text"
    CONFIRM = "confirm"
    PLACES = "places"
    """Buckets, chosen, or whole S3 locations, typed."""
    PREFIXES = "prefixes"
    """The prefix in each bucket that was chosen."""


class Source(StrEnum):
    """A list that comes from the account."""

    BUCKETS = "buckets"
    KEYS = "keys"
    SERVICE_ROLES = "roles that trust Amazon Personalize"
    USERS = "users"
    USER_NAMES = "names of users"
    GROUPS = "groups"
    IDENTITY_CENTER = "instances of Identity Center"


class Way(StrEnum):
    """How people get the user policy."""

    USERS = "users"
    USERS_WITH_MFA = "users-mfa"
    IDENTITY_CENTER = "identity-center"
    SAML = "saml"
    OIDC = "oidc"
    ROLE = "role"
    GROUP = "group"
    USER = "user"
    NONE = "none"


WAY_FIELDS: Final[Mapping[Way, str]] = {
    Way.USERS: "assumable_by",
    Way.IDENTITY_CENTER: "permission_set",
    Way.SAML: "saml_provider",
    Way.OIDC: "oidc_provider",
    Way.ROLE: "attach_roles",
    Way.GROUP: "attach_groups",
    Way.USER: "attach_users",
}
"""The setting that says to whom, for each way but the two that another one covers."""


def ways(settings: Settings) -> Answer:
    """Return how people get the user policy by these settings."""
    chosen = [way for way, field in WAY_FIELDS.items() if getattr(settings, field)]
    return tuple(Way.USERS_WITH_MFA if way is Way.USERS and settings.require_mfa else way for way in chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a condition sees: the settings as they are by now, the answers behind them, and one fact of the account."""

    settings: Settings
    answers: Mapping[str, Answer]
    open_role: bool = False
    """Whether the adopted role lets Amazon Personalize in without source conditions."""

    @property
    def ways(self) -> Answer:
        """How people get the user policy, by the answer or by the settings."""
        return self.answers.get("delivery") or ways(self.settings)


Condition: TypeAlias = Callable[[View], bool]


def always(_: View) -> bool:
    """Hold whatever was answered."""
    return True


def never(_: View) -> bool:
    """Hold for no answer: asked only from the review, or optional."""
    return False


def _nothing(_: Answer) -> Answer:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One row of the table."""

    id: str
    field: str = ""
    """The setting that is answered; empty for a question that only leads to others."""
    kind: Kind
    text: str
    label: str = ""
    """Its name in the review; empty where another line shows the answer."""
    help: str = ""
    """A line of explanation; without it, the help of the flag."""
    choices: tuple[Choice, ...] = ()
    source: Source | None = None
    only_with: tuple[tuple[str, Source], ...] = ()
    """Entries that are offered only where a list of the account is not empty."""
    ahead: Source | None = None
    """A list that a question soon after this one needs: it is read meanwhile."""
    relevant: Condition = always
    """Whether the answer counts at all."""
    asked: Condition = always
    """Whether a relevant question is asked of itself, not only from the review."""
    required: Condition = always
    proposal: Answer = ()
    """What Enter takes where nothing else is known."""
    settled_by: Answer = ()
    """Settings that, when given, answer this question too."""
    resets: Callable[[Answer], Answer] = _nothing
    """The settings that go back to their defaults with this answer."""
    after: Answer = ()
    """Questions whose change asks this one again."""
