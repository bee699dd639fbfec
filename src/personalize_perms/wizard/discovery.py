"""What there is to choose from: listed when a question first needs it, kept, and made harmless to show."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Thread, current_thread
from typing import TYPE_CHECKING, Protocol, TypeAlias

from personalize_perms.aws.errors import AwsError
from personalize_perms.model.inert import inert
from personalize_perms.model.live import Absent, Present, Read, Unreadable
from personalize_perms.wizard.prompter import Choice
from personalize_perms.wizard.question import Source

if TYPE_CHECKING:
    from personalize_perms.aws.discovery import Choice as LiveChoice

Listing: TypeAlias = "Read[tuple[LiveChoice, ...]]"


class Discovery(Protocol):
    """What the wizard needs of an account."""

    def read_buckets(self) -> Listing:
        """Read the buckets."""

    def read_keys(self) -> Listing:
        """Read the KMS keys."""

    def read_service_roles(self) -> Listing:
        """Read the roles that trust Amazon Personalize."""

    def read_users(self) -> Listing:
        """Read the users; the values are ARNs, the labels names."""

    def read_groups(self) -> Listing:
        """Read the groups."""

    def read_identity_centers(self) -> Listing:
        """Read the instance of IAM Identity Center."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A list to choose from, or why there is none."""

    choices: tuple[Choice, ...] = ()
    problem: str = ""


class Lists:
    """The lists of one account, each read once; of no account, all empty."""

    def __init__(self, discovery: Discovery | None) -> None:
        self._discovery = discovery
        self._read: dict[Source, tuple[tuple[LiveChoice, ...], str]] = {}
        self._started: dict[Source, Thread] = {}

    def is_read(self, source: Source) -> bool:
        """Tell whether `find` answers without a call."""
        return self._discovery is None or _shared(source) in self._read

    def start(self, source: Source) -> None:
        """Begin to read a list while the person thinks about something else."""
        if not self.is_read(source) and source not in self._started:
            self._started[source] = Thread(target=self._listed, args=(source,), daemon=True)
            self._started[source].start()

    def find(self, source: Source) -> Found:
        """Return the entries of `source`."""
        listed, problem = self._listed(source)
        by_name = source is Source.USER_NAMES
        choices = tuple(
            Choice(value=entry.label if by_name else entry.value, label=inert(entry.label)) for entry in listed
        )
        return Found(choices=choices, problem=problem)

    def lets_personalize_in(self, role_arn: str) -> bool:
        """Tell whether this role is known to let Amazon Personalize in without source conditions."""
        listed, _ = self._listed(Source.SERVICE_ROLES)
        return any(entry.is_open for entry in listed if entry.value == role_arn)

    def _listed(self, source: Source) -> "tuple[tuple[LiveChoice, ...], str]":
        source = _shared(source)
        if self._discovery is None:
            return (), ""
        under_way = self._started.get(source)
        if under_way and under_way is not current_thread():
            under_way.join()
        if source not in self._read:
            self._read[source] = _listing(source, _readers(self._discovery)[source])
        return self._read[source]


def _shared(source: Source) -> Source:
    return Source.USERS if source is Source.USER_NAMES else source


def _readers(discovery: Discovery) -> Mapping[Source, Callable[[], Listing]]:
    return {
        Source.BUCKETS: discovery.read_buckets,
        Source.KEYS: discovery.read_keys,
        Source.SERVICE_ROLES: discovery.read_service_roles,
        Source.USERS: discovery.read_users,
        Source.GROUPS: discovery.read_groups,
        Source.IDENTITY_CENTER: discovery.read_identity_centers,
    }


def _listing(source: Source, reader: Callable[[], Listing]) -> "tuple[tuple[LiveChoice, ...], str]":
    """Return what `reader` reads; no failure of a list ends the wizard, because everything can be typed."""
    try:
        read = reader()
    except AwsError as error:
        return (), f"The {source} could not be listed ({inert(str(error))}): type it."
    match read:
        case Present(value=entries):
            return entries, ""
        case Unreadable(action=action):
            return (), f"Not allowed to list the {source} ({action}): type it."
        case Absent():
            return (), ""
