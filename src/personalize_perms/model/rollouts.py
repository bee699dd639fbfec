"""One set-up in many accounts: what is wanted of CloudFormation StackSets, and what is there.

Results of hundreds of accounts pass by one at a time; what is kept of them are counts, and who failed and why.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-concepts.html
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import field
from enum import StrEnum
from typing import Final

from personalize_perms.model.changes import Change
from personalize_perms.model.names import InvalidName, account_id, region_name
from personalize_perms.model.values import dataclass

TAG_ROLLOUT: Final = "personalize-perms:rollout"
"""Key of the tag that tells a stack set to be ours. CloudFormation puts it on every role of the stacks, too."""

_PREFIX: Final = "personalize-perms"
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9]+")
_OU: Final = r"ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}|r-[a-z0-9]{4,32}"
_SHARE: Final = r"(0|[1-9][0-9]{0,6})(%?)"
_WHOLE: Final = 100


def description(setup: str) -> str:
    """Return the description of a set-up's stack set."""
    return f"Permissions for Amazon Personalize, set-up {setup}: made by personalize-perms rollout"


def stack_set_name(setup: str) -> str:
    """Return the name of a set-up's stack set: letters, digits and hyphens, and another one for every other set-up."""
    plain = _UNSAFE.sub("-", setup).strip("-")
    # Not a secret, only a mark, as in the Sids of a set-up.
    mark = "" if plain == setup else f"-{zlib.crc32(setup.encode()):08x}"
    return f"{_PREFIX}-{plain}{mark}"


class CallAs(StrEnum):
    """As whom the stack sets of an organisation are managed."""

    SELF = "SELF"
    DELEGATED_ADMIN = "DELEGATED_ADMIN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many accounts: a number, or per cent of them."""

    number: int
    percent: bool

    @classmethod
    def parse(cls, text: str) -> "Share":
        """Return the share in `text`, such as `5` or `10%`."""
        found = re.fullmatch(_SHARE, text)
        if not found or (found[2] and int(found[1]) > _WHOLE):
            raise InvalidName(f"{text!r} is neither a number of accounts, such as 5, nor per cent of them, such as 10%")
        return cls(number=int(found[1]), percent=bool(found[2]))

    def __str__(self) -> str:
        return f"{self.number}%" if self.percent else str(self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """How CloudFormation goes about it: it changes nothing about what is wanted."""

    tolerance: Share
    """In how many accounts of a Region it may fail before the others are not tried any more."""
    concurrent: Share
    """In how many accounts at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A stack set, and where its stacks shall be."""

    setup: str
    """The name of the set-up, which the tag of ownership carries."""
    stack_set: str
    template: str
    description: str
    home: str
    """The Region that the stacks are in. IAM knows no Regions, so there is one stack for each account."""
    regions: tuple[str, ...]
    """The Regions of Amazon Personalize that the documents are for."""
    accounts: tuple[str, ...] = ()
    ous: tuple[str, ...] = ()
    auto_deploy: bool = False
    administration_role: str = ""
    execution_role: str = ""

    @classmethod
    def of(cls, setup: str) -> "Wanted":
        """Return what is known by the name of the set-up alone."""
        about = description(setup)
        return cls(setup=setup, stack_set=stack_set_name(setup), template="", description=about, home="", regions=())

    @property
    def service_managed(self) -> bool:
        """Whether AWS Organizations says which accounts there are, and lets CloudFormation in."""
        return bool(self.ous)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What CloudFormation's last look for drift found, whoever asked for it."""

    status: str
    checked: str
    drifted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StackSet:
    """A stack set as it is."""

    id: str
    name: str
    template: str
    description: str
    tags: Mapping[str, str]
    service_managed: bool
    auto_deploy: bool | None
    """None where AWS does not say."""
    ous: tuple[str, ...]
    administration_role: str
    execution_role: str
    drift: Drift | None
    retains: bool = False
    """Whether stacks stay in accounts that leave: others may have chosen that."""

    def is_of(self, setup: str) -> bool:
        """Tell whether a rollout of the set-up made it: by its tag, or by its description where it has no tags."""
        return self.tags.get(TAG_ROLLOUT) == setup or (not self.tags and self.description == description(setup))


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One operation on a stack set, as AWS describes it."""

    id: str
    action: str
    status: str
    reason: str = ""
    created: str = ""

    @property
    def runs(self) -> bool:
        """Whether it goes on, or waits for its turn."""
        return self.status in ("RUNNING", "QUEUED", "STOPPING")

    def __str__(self) -> str:
        return f"{self.action} {self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One account and Region: what an operation did there, or the state of the stack there."""

    account: str
    region: str
    status: str
    reason: str = ""
    ou: str = ""
    detail: str = ""
    """How the last operation ended there, for the state of a stack."""
    drifted: bool = False

    def __str__(self) -> str:
        return f"{self.account} {self.region}"


_GOOD: Final = frozenset({"SUCCEEDED", "CURRENT"})
_OPEN: Final = frozenset({"PENDING", "RUNNING", "QUEUED"})
_UNTRIED: Final = frozenset({"CANCELLED", "SKIPPED_SUSPENDED_ACCOUNT"})


@dataclass(slots=True)
class Tally:
    """Counts by Region and status, and every spot that failed; nothing is kept of the others."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    failures: list[Spot] = field(default_factory=list)

    def add(self, spot: Spot) -> None:
        """Count one spot."""
        self.counts[spot.region, spot.status] += 1
        if spot.status not in _GOOD | _OPEN | _UNTRIED:
            self.failures.append(spot)

    def _number(self, statuses: Iterable[str]) -> int:
        return sum(count for (_, status), count in self.counts.items() if status in statuses)

    @property
    def total(self) -> int:
        """How many spots there are."""
        return self.counts.total()

    @property
    def good(self) -> int:
        """How many are as they should be."""
        return self._number(_GOOD)

    @property
    def open(self) -> int:
        """How many are not through yet."""
        return self._number(_OPEN)

    @property
    def untried(self) -> int:
        """How many AWS did not try."""
        return self._number(_UNTRIED)

    def by_region(self) -> dict[str, dict[str, int]]:
        """Return the counts by Region, then status, both sorted."""
        found: dict[str, dict[str, int]] = {}
        for (region, status), count in sorted(self.counts.items()):
            found.setdefault(region, {})[status] = count
        return found


class Verb(StrEnum):
    """What one step of a rollout does."""

    CREATE_SET = "create-set"
    UPDATE_SET = "update-set"
    CREATE_STACKS = "create"
    DELETE_STACKS = "delete"
    DELETE_SET = "delete-set"


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutStep:
    """One write, and the line of the plan about it."""

    verb: Verb
    change: Change
    accounts: tuple[str, ...] = ()
    ous: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


def organizational_unit(text: str) -> str:
    """Return `text` if it is the id of an organizational unit, or of an organisation's root."""
    if not re.fullmatch(_OU, text):
        raise InvalidName(
            f"{text!r} is not the id of an organizational unit (ou-abcd-12345678) or of the root (r-abcd)"
        )
    return text


def listed_accounts(text: str) -> tuple[str, ...]:
    """Return the account ids in `text`, separated by commas or white space; the rest of a line after # is a remark."""
    lines = (line.partition("#")[0] for line in text.splitlines())
    return tuple(dict.fromkeys(account_id(word) for line in lines for word in re.split(r"[\s,;]+", line) if word))


def listed_regions(text: str) -> tuple[str, ...]:
    """Return the Regions in `text`, separated by commas or white space."""
    return tuple(dict.fromkeys(region_name(word) for word in re.split(r"[\s,]+", text) if word))
