"""The condition operators: how one value of a policy is compared with one value of a request.

A value that is not what its operator compares (a number that is none) never decides: what AWS does with it is not
documented, so the condition is unknown.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import base64
import binascii
import ipaddress
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from personalize_perms.evaluate.context import Facts
from personalize_perms.evaluate.matching import Test, arn_test, fold, text_test
from personalize_perms.evaluate.truth import Truth, depends_on

Make: TypeAlias = Callable[[str, bool], Test]
"""Makes the test of one value of a policy; the flag says whether policy variables have a meaning in it."""

UNREADABLE: Truth = depends_on("")
"""What a test says of values that it cannot read; the empty name stands for the condition's key."""

_NUMBER = re.compile(r"[+-]?[0-9]{1,400}(\.[0-9]{1,400})?", re.ASCII)
_EPOCH = re.compile(r"[0-9]{5,11}", re.ASCII)
_DATE = re.compile(
    r"[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?)?)?",
    re.ASCII,
)
_BOOLS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator: its test, and whether it holds where the test fails."""

    make: Make
    negated: bool = False


def _string(*, wild: bool = False, folded: bool = False) -> Make:
    return lambda text, variables: text_test(text, wild=wild, variables=variables, folded=folded)


def _arn(text: str, variables: bool) -> Test:  # noqa: FBT001 - as every Make
    return arn_test(text, variables=variables, expands=False)


def _read(parse: Callable[[str], Any], compare: Callable[[Any, Any], bool]) -> Make:
    """Make the tests of values that are read before they are compared."""

    def make(text: str, _: bool) -> Test:  # noqa: FBT001 - as every Make
        wanted = parse(text)

        def test(value: str, _: Facts) -> Truth:
            given = parse(value)
            return UNREADABLE if wanted is None or given is None else compare(given, wanted)

        return test

    return make


def _number(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _moment(text: str) -> datetime | None:
    """Read a date as W3C's profile of ISO 8601 writes it, or seconds since 1970; a date without a zone is in UTC."""
    try:
        if _EPOCH.fullmatch(text):
            return datetime.fromtimestamp(int(text), UTC)
        if not _DATE.fullmatch(text):
            return None
        whole = text + "-01-01"[len(text) - 4 :] if len(text) < len("2026-01-01") else text
        found = datetime.fromisoformat(whole)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _bool(text: str) -> bool | None:
    return _BOOLS.get(fold(text))


def _binary(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(text: str) -> _Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _inside(given: _Network, wanted: _Network) -> bool:
    return given.version == wanted.version and given.subnet_of(wanted)  # type: ignore[arg-type]


def _family(name: str, negated: str, make: Make) -> dict[str, Operator]:
    return {name: Operator(make), negated: Operator(make, negated=True)}


def _ordered(kind: str, parse: Callable[[str], Any]) -> dict[str, Operator]:
    return {
        **_family(f"{kind}Equals", f"{kind}NotEquals", _read(parse, operator.eq)),
        f"{kind}LessThan": Operator(_read(parse, operator.lt)),
        f"{kind}LessThanEquals": Operator(_read(parse, operator.le)),
        f"{kind}GreaterThan": Operator(_read(parse, operator.gt)),
        f"{kind}GreaterThanEquals": Operator(_read(parse, operator.ge)),
    }


OPERATORS: Mapping[str, Operator] = {
    fold(name): found
    for name, found in {
        **_family("StringEquals", "StringNotEquals", _string()),
        **_family("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", _string(folded=True)),
        **_family("StringLike", "StringNotLike", _string(wild=True)),
        **_ordered("Numeric", _number),
        **_ordered("Date", _moment),
        "Bool": Operator(_read(_bool, operator.eq)),
        "BinaryEquals": Operator(_read(_binary, operator.eq)),
        **_family("IpAddress", "NotIpAddress", _read(_network, _inside)),
        **_family("ArnEquals", "ArnNotEquals", _arn),
        **_family("ArnLike", "ArnNotLike", _arn),
    }.items()
}
"""Every operator but `Null`, by its name in lower case."""
