"""How a set-up recognises its own statements and resources, from any machine and without a state file.

Sids carry the set-up's name and a checksum of it, so neither a statement that a person called `personalizeAccess`
nor one of the set-up `personalize-2` is ever taken for ours. IAM resources carry a tag, and the set-up's first role
policy carries a small ledger of what was granted where, so that it can be taken back.
"""

import base64
import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Final

from personalize_perms.model.identity import Assignment
from personalize_perms.model.resources import PrincipalKind

TAG_NAME: Final = "personalize-perms"
"""Key of the tag whose value is the name of the set-up."""

TAG_RUN: Final = "personalize-perms:run"
"""Key of the tag that names the run that created the resource: it settles "did my lost call create this?"."""

TAG_ACCOUNT: Final = "personalize-perms:account"
"""Key of the tag that names the account of the set-up, on what does not live in an account: permission sets."""

TAG_LEDGER: Final = "personalize-perms:granted-"
"""Keys of the ledger's tags begin with this; a number follows."""

_LEDGER_VALUE = 256
_LEDGER_TAGS = 24
_SET_LEDGER_TAGS = 23
"""A permission set has a tag more of ours, and 50 are the most there, too."""


def sid_prefix(name: str) -> str:
    """Return what every Sid of the set-up `name` begins with: its letters and digits, then a checksum.

    Sids in IAM are A-Z, a-z, 0-9 only, so `team-a` and `teama` differ by the checksum.
    """
    # Not a secret, only a mark: a cryptographic hash would cost more to import than the rest of this module.
    digest = zlib.crc32(name.encode()).to_bytes(4, "big")
    return re.sub(r"[^A-Za-z0-9]", "", name) + base64.b32encode(digest).decode()[:4]


def is_own_sid(sid: object, name: str) -> bool:
    """Tell whether a statement with this Sid was made by the set-up `name`."""
    return isinstance(sid, str) and re.fullmatch(re.escape(sid_prefix(name)) + "[A-Z][A-Za-z0-9]*", sid) is not None


def write_ledger(entries: Iterable[str], most: int = _LEDGER_TAGS) -> dict[str, str]:
    """Return the tags that hold `entries`, each a `kind/name`; raise `ValueError` if they do not fit.

    Tag values allow letters, digits, space and `_.:/=+-@`, so any other character is written as `=HH`.
    """
    encoded = sorted({re.sub(r"[^A-Za-z0-9_.:/+@-]", lambda c: f"={ord(c[0]):02X}", entry) for entry in entries})
    values: list[str] = []
    for entry in encoded:
        if values and len(values[-1]) + 1 + len(entry) <= _LEDGER_VALUE:
            values[-1] += f" {entry}"
        else:
            values.append(entry)
    if len(values) > most:
        raise ValueError(f"{len(encoded)} entries do not fit the set-up's ledger")
    return {f"{TAG_LEDGER}{number}": value for number, value in enumerate(values, 1)}


def read_ledger(tags: Mapping[str, str]) -> frozenset[str]:
    """Return the entries that `write_ledger` put into `tags`."""
    words = (word for key, value in tags.items() if key.startswith(TAG_LEDGER) for word in value.split())
    return frozenset(re.sub(r"=([0-9A-F]{2})", lambda c: chr(int(c[1], 16)), word) for word in words)


_ASSIGNED: Final = {PrincipalKind.GROUP: "g", PrincipalKind.USER: "u"}


def write_set_ledger(policies: Iterable[str], assignments: Iterable[Assignment]) -> dict[str, str]:
    """Return the tags by which a permission set remembers what is ours on it; raise `ValueError` if they do not fit.

    The accounts of one principal share an entry, so that hundreds of them have room.
    """
    accounts: dict[str, list[str]] = {}
    for one in sorted(assignments):
        accounts.setdefault(f"{_ASSIGNED[one.principal_kind]}/{one.principal_id}/", []).append(one.account)
    entries = [f"p/{policy}" for policy in policies]
    for principal, found in accounts.items():
        room = (_LEDGER_VALUE - len(principal) + 1) // (len(found[0]) + 1)
        entries += [principal + "+".join(found[at : at + room]) for at in range(0, len(found), room)]
    return write_ledger(entries, _SET_LEDGER_TAGS)


def read_set_ledger(tags: Mapping[str, str]) -> tuple[frozenset[str], frozenset[Assignment]]:
    """Return the policies and the assignments that `write_set_ledger` put into `tags`."""
    kinds = {letter: kind for kind, letter in _ASSIGNED.items()}
    policies: set[str] = set()
    assignments: set[Assignment] = set()
    for entry in read_ledger(tags):
        letter, _, rest = entry.partition("/")
        principal, _, accounts = rest.partition("/")
        if letter == "p":
            policies.add(rest)
        elif letter in kinds:
            found = accounts.split("+")
            assignments |= {
                Assignment(account=one, principal_kind=kinds[letter], principal_id=principal) for one in found
            }
    return frozenset(policies), frozenset(assignments)
