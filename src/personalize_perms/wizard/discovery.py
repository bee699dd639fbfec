"""What there is to choose from: listed while earlier questions are answered, kept, and made harmless to show."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from personalize_perms.model.inert import inert
from personalize_perms.wizard.background import Background
from personalize_perms.wizard.prompter import TYPE_IT, Choice
from personalize_perms.wizard.question import Source

if TYPE_CHECKING:
    from personalize_perms.aws.discovery import Choice as LiveChoice
    from personalize_perms.model.live import Read

Listing: TypeAlias = "Read[tuple[LiveChoice, ...]]"

_FIRST: Final = (Source.BUCKETS, Source.SERVICE_ROLES, Source.USERS)
"""What nearly every set-up chooses from: listed as soon as the first question stands on the screen."""
_SOON, _LATER = 0, 1
_SOON_ENOUGH: Final = 1.0
"""Seconds that a question may wait to learn whether one of its answers is possible."""


class Discovery(Protocol):
    """What the wizard needs of an account. Nothing here is called by the thread that asks."""

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

    def read_prefixes(self, bucket: str, prefix: str) -> Listing:
        """Read the prefixes one level below `prefix`; the values are whole prefixes."""

    def read_identity_centers(self) -> Listing:
        """Read the instance of IAM Identity Center."""

    def describe_bucket(self, name: str) -> str:
        """Return what to know of a bucket before it is chosen."""

    def describe_key(self, arn: str) -> str:
        """Return what to know of a key."""

    def describe_role(self, arn: str) -> str:
        """Return what to know of a role."""


class Listed:
    """One list: an offer whose entries arrive at once, and details of each entry when it comes into sight."""

    def __init__(
        self,
        what: str,
        read: Callable[[], Listing],
        describe: Callable[[str], str] | None = None,
        *,
        background: Background,
    ) -> None:
        self._what = what
        self._read = read
        self._describe = describe
        self._background = background
        self._changed = threading.Condition()
        self._begun = False
        self._done = False
        self._problem = ""
        self._listed: tuple[LiveChoice, ...] = ()
        self._notes: dict[str, str] = {}
        self._details: dict[str, str] = {}
        self._asked: set[str] = set()
        self._watchers: list[Callable[[], None]] = []

    def begin(self) -> None:
        """Read the list in the background, unless that has begun."""
        with self._changed:
            begun, self._begun = self._begun, True
        if not begun:
            self._background.do(self._fill, priority=_SOON)

    @property
    def listed(self) -> "tuple[LiveChoice, ...]":
        """What was listed by now."""
        return self._listed

    @property
    def note(self) -> str:
        """What is awaited, or why there is no list."""
        return self._problem if self._done else f"Listing {self._what} ..."

    def detail(self, value: str) -> str:
        """Return what is known of an entry; the first time, more is looked up in the background."""
        noted = self._notes.get(value, "")
        if self._describe is None or not self._done or value.startswith(":"):
            return noted
        with self._changed:
            wanted = value not in self._asked
            self._asked.add(value)
        if wanted:
            self._background.do(lambda: self._look_at(value), priority=_LATER)
        return "; ".join(filter(None, (noted, self._details.get(value, ""))))

    def settled(self, values: Sequence[str], patience: float) -> bool:
        """Wait for the list, and for more about `values`."""
        self.begin()
        until = time.monotonic() + patience
        with self._changed:
            self._changed.wait_for(lambda: self._done, max(until - time.monotonic(), 0.0))
        known = [value for value in values if self._done and not value.startswith(":")] if self._describe else []
        for value in known:
            self.detail(value)
        with self._changed:
            self._changed.wait_for(
                lambda: all(value in self._details for value in known), max(until - time.monotonic(), 0.0)
            )
            return self._done and all(value in self._details for value in known)

    def watch(self, changed: Callable[[], None]) -> None:
        """Let `changed` be called when there is more."""
        self._watchers.append(changed)

    def _fill(self) -> None:
        entries, problem = _listing(self._what, self._read)
        with self._changed:
            self._notes = {entry.value: inert(entry.note) for entry in entries if entry.note}
            self._listed, self._problem, self._done = entries, problem, True
        self._tell()

    def _look_at(self, value: str) -> None:
        try:
            found = self._describe(value) if self._describe else ""
        except Exception as problem:  # noqa: BLE001 - it is a help; the run itself will meet this again and say so
            found = f"{type(problem).__name__} when asked for more"
        with self._changed:
            self._details[value] = inert(found)
        self._tell()

    def _tell(self) -> None:
        with self._changed:
            self._changed.notify_all()
        for watcher in tuple(self._watchers):
            watcher()


class Shown:
    """A list as one question offers it: with entries of the question's own around it, and by name if that is asked."""

    def __init__(
        self, listed: Listed, before: Sequence[Choice] = (), *, by_name: bool = False, extra: Sequence[str] = ()
    ) -> None:
        self._list = listed
        self._before = tuple(before)
        self._by_name = by_name
        self._extra = tuple(extra)
        self._made: tuple[object, tuple[Choice, ...]] = (None, ())

    def entries(self) -> Sequence[Choice]:
        """Return the entries, anew only when the list has changed."""
        listed = self._list.listed
        if self._made[0] is not listed or not self._made[1]:
            found = [Choice(value=self._value(entry), label=inert(entry.label)) for entry in listed]
            known = {choice.value for choice in (*self._before, *found)}
            more = (Choice(value=value, label=inert(value)) for value in self._extra if value not in known)
            self._made = (listed, (*self._before, *more, *found, TYPE_IT))
        return self._made[1]

    @property
    def note(self) -> str:
        """What is awaited, or why there is no list."""
        return self._list.note

    def detail(self, value: str) -> str:
        """Return what the list knows of an entry."""
        return self._list.detail(value)

    def settled(self, values: Sequence[str], patience: float) -> bool:
        """Wait for the list."""
        own = {choice.value for choice in self._before} | set(self._extra)
        return self._list.settled([value for value in values if value not in own], patience)

    def watch(self, changed: Callable[[], None]) -> None:
        """Pass it on to the list."""
        self._list.begin()
        self._list.watch(changed)

    def _value(self, entry: "LiveChoice") -> str:
        return entry.label if self._by_name else entry.value


class Lists:
    """The lists of one account, each read once; without an account there are none."""

    def __init__(self, discovery: Discovery | None) -> None:
        self._discovery = discovery
        self._background = Background()
        self._lists: dict[object, Listed] = {}

    def begin(self) -> None:
        """List what nearly everybody chooses from; nobody waits for it."""
        for source in _FIRST if self._discovery else ():
            self._of(source).begin()

    def start(self, source: Source) -> None:
        """Begin to read a list while the person thinks about something else."""
        if self._discovery:
            self._of(source).begin()

    def has_any(self, source: Source) -> bool:
        """Tell whether there is anything of that kind; what is not known soon counts as none."""
        if self._discovery is None:
            return False
        listed = self._of(source)
        return listed.settled((), _SOON_ENOUGH) and bool(listed.listed)

    def close(self) -> None:
        """List nothing more."""
        self._background.close()

    def offer(self, source: Source, before: Sequence[Choice] = (), extra: Sequence[str] = ()) -> Shown | None:
        """Return the entries of `source` after those of `before` and the `extra` values; None without an account."""
        if self._discovery is None:
            return None
        return Shown(self._of(source), before, by_name=source is Source.USER_NAMES, extra=extra)

    def prefixes(self, bucket: str, prefix: str, before: Sequence[Choice]) -> Shown | None:
        """Return what is one level below a prefix; None without an account."""
        if self._discovery is None:
            return None
        where, discovery = (bucket, prefix), self._discovery
        if where not in self._lists:
            what = f"what is in s3://{bucket}/{prefix}"
            self._lists[where] = Listed(
                inert(what), lambda: discovery.read_prefixes(bucket, prefix), background=self._background
            )
        return Shown(self._lists[where], before)

    def lets_personalize_in(self, role_arn: str) -> bool:
        """Tell whether this role is known to let Amazon Personalize in without source conditions."""
        if self._discovery is None:
            return False
        roles = self._of(Source.SERVICE_ROLES)
        while not roles.settled((), 1.0):
            pass
        return any(entry.is_open for entry in roles.listed if entry.value == role_arn)

    def _of(self, source: Source) -> Listed:
        source = Source.USERS if source is Source.USER_NAMES else source
        if source not in self._lists and self._discovery:
            read, describe = _readers(self._discovery)[source]
            self._lists[source] = Listed(f"the {source}", read, describe, background=self._background)
        return self._lists[source]


def _readers(discovery: Discovery) -> "Mapping[Source, tuple[Callable[[], Listing], Callable[[str], str] | None]]":
    return {
        Source.BUCKETS: (discovery.read_buckets, discovery.describe_bucket),
        Source.KEYS: (discovery.read_keys, discovery.describe_key),
        Source.SERVICE_ROLES: (discovery.read_service_roles, discovery.describe_role),
        Source.USERS: (discovery.read_users, None),
        Source.GROUPS: (discovery.read_groups, None),
        Source.IDENTITY_CENTER: (discovery.read_identity_centers, None),
    }


def _listing(what: str, reader: Callable[[], Listing]) -> "tuple[tuple[LiveChoice, ...], str]":
    """Return what `reader` reads; no failure of a list ends the wizard, because everything can be typed."""
    from personalize_perms.model.live import Absent, Present, Unreadable  # noqa: PLC0415 - not for the first question

    try:
        read = reader()
    except Exception as error:  # noqa: BLE001 - the run itself will meet this again, where it can be said in full
        return (), f"{what[0].upper()}{what[1:]} could not be listed ({inert(str(error))}): type it."
    match read:
        case Present(value=entries):
            return entries, ""
        case Unreadable(action=action):
            return (), f"Not allowed to list {what} ({action}): type it."
        case Absent():
            return (), ""
