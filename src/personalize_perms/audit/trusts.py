"""Whom a role's trust policy lets in for Amazon Personalize, and for which account and Region. Pure.

https://docs.aws.amazon.com/personalize/latest/dg/cross-service-confused-deputy-prevention.html
"""

import re
from collections.abc import Iterator
from typing import Final

from personalize_perms import trust
from personalize_perms.audit import statements
from personalize_perms.audit.checks import Spot, Text, found, gathered
from personalize_perms.model.findings import Finding
from personalize_perms.model.inventory import RoleDetail
from personalize_perms.model.regions import PERSONALIZE_REGIONS
from personalize_perms.model.resources import Json, Statement
from personalize_perms.model.settings import Place
from personalize_perms.model.values import dataclass

_EXACT: Final = re.compile(r"(ForAnyValue:)?(String(Equals(IgnoreCase)?|Like)|Arn(Equals|Like))", re.ASCII)
_PARTS: Final = 6


def may_be_assumed(role: RoleDetail) -> bool:
    """Tell whether Amazon Personalize may assume a role: by its name, or because everybody may."""
    return any(_opens(statement) for statement in statements.statements_of(role.trust_json))


def judge_trust(role: RoleDetail, place: Place) -> Iterator[Finding]:
    """Yield what is too wide, or never matches, in the statements that let Personalize in."""
    document = statements.statements_of(role.trust_json)
    spots = [
        spot
        for number, statement in enumerate(document, 1)
        if _opens(statement)
        for spot in _spots(statement, statements.named(statement, number), place)
    ]
    for check, where, about in gathered(spots):
        text = _TEXTS[check]
        yield found(
            check,
            role.arn,
            text.message.format(about=about, account=place.account, region=place.region),
            f"{where} of the trust policy",
            text.remedy.format(arn=role.arn, account=place.account, partition=place.partition),
        )


def _opens(statement: Statement) -> bool:
    if not trust.lets_in(statement):
        return False
    return trust.names_personalize(statement) or statements.is_for_everybody(statement)


def _spots(statement: dict[str, Json], where: str, place: Place) -> Iterator[Spot]:
    if not trust.names_personalize(statement):
        yield Spot("trust-open-to-everybody", where)
        return
    if statements.is_for_everybody(statement):
        yield Spot("trust-open-to-everybody", where)
    if not trust.has_source_condition(statement):
        yield Spot("trust-without-source-conditions", where)
        return
    blocks = [*_blocks(statement)]
    others = sorted(account for account in _named_accounts(blocks) if all(_admits(b, account) for b in blocks))
    others = [account for account in others if account != place.account]
    if others:
        yield Spot("trust-for-another-account", where, ", ".join(others))
    elif not all(_admits(block, place.account) for block in blocks):
        yield Spot("trust-never-matches", where, f"no condition on the source admits the account {place.account}")
    else:
        yield from _regions(blocks, where, place)


def _regions(blocks: "list[_Block]", where: str, place: Place) -> Iterator[Spot]:
    known = PERSONALIZE_REGIONS.get(place.partition, ())
    arns = [block for block in blocks if block.key == "aws:sourcearn"]
    regions = [
        region for region in {*known, place.region} if all(_admits_region(b, region, place.partition) for b in arns)
    ]
    if not regions:
        yield Spot("trust-never-matches", where, "aws:SourceArn names no Region that has Amazon Personalize")
    elif place.region not in regions:
        yield Spot("trust-for-another-region", where, ", ".join(sorted(regions)))


@dataclass(frozen=True, slots=True)
class _Block:
    """One condition on the source: all of a statement's must hold, each by one of its values."""

    key: str
    values: tuple[str, ...]


def _blocks(statement: Statement) -> Iterator[_Block]:
    for operator, key, values in statements.conditions(statement):
        if _EXACT.fullmatch(operator) and key in ("aws:sourceaccount", "aws:sourcearn"):
            yield _Block(key, tuple(values))


def _named_accounts(blocks: list[_Block]) -> set[str]:
    texts = {_account(block, value) for block in blocks for value in block.values}
    return {text for text in texts if re.fullmatch("[0-9]{12}", text)}


def _account(block: _Block, value: str) -> str:
    """Return the account, or the pattern of accounts, that one value names."""
    if block.key == "aws:sourceaccount":
        return value
    parts = value.split(":", _PARTS - 1)
    return parts[4] if len(parts) == _PARTS else "*" if "*" in value else ""


def _admits(block: _Block, account: str) -> bool:
    return any(statements.is_like(account, _account(block, value)) for value in block.values)


def _admits_region(block: _Block, region: str, partition: str) -> bool:
    def admits(value: str) -> bool:
        parts = value.split(":", _PARTS - 1)
        if len(parts) < _PARTS:
            return "*" in value
        wanted = ("arn", partition, "personalize", region)
        return all(statements.is_like(text, pattern) for text, pattern in zip(wanted, parts, strict=False))

    return any(map(admits, block.values))


_TEXTS: Final = {
    "trust-without-source-conditions": Text(
        "lets Amazon Personalize in for any account: there is no condition on aws:SourceAccount or aws:SourceArn",
        "personalize-perms audit --fix trust-without-source-conditions:{arn}",
    ),
    "trust-open-to-everybody": Text(
        "lets everybody assume the role, Amazon Personalize of any account among them",
        "its owner should name the principals one by one; for Amazon Personalize: "
        '{{"Service": "personalize.amazonaws.com"}} with StringEquals aws:SourceAccount {account}',
    ),
    "trust-for-another-account": Text(
        "lets Amazon Personalize in on behalf of other accounts: {about}",
        "its owner should leave {account} alone in aws:SourceAccount, and in the account part of aws:SourceArn: a role "
        "can only be passed within its own account",
    ),
    "trust-never-matches": Text(
        "lets Amazon Personalize in under conditions that never hold here: {about}",
        "its owner should set aws:SourceAccount to {account} and aws:SourceArn to "
        "arn:{partition}:personalize:REGION:{account}:*, or remove the statement",
    ),
    "trust-for-another-region": Text(
        "lets Amazon Personalize in for {about} only, not for {region}",
        "nothing, if the role is used there; else its owner should add arn:{partition}:personalize:REGION:{account}:* "
        "to aws:SourceArn",
    ),
}
"""What each check found, and what to do about it."""
