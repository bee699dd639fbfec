"""Spreads statements over several managed policies, because AWS limits the length of each."""

import json
from collections.abc import Iterable
from itertools import accumulate

from personalize_perms import documents
from personalize_perms.model.errors import LimitExceeded
from personalize_perms.model.resources import Statement


def split(statements: Iterable[Statement], limit: int = documents.MANAGED_POLICY_LIMIT) -> list[tuple[Statement, ...]]:
    """Return the statements in order, in as few documents as their order allows, each within `limit` characters.

    A statement that does not fit as a whole is cut between two of its resources: both parts together allow what it did.
    """
    # A comma precedes every statement but the first; giving the first one its character back keeps the sum exact.
    whole = limit - documents.managed_policy_size(()) + 1
    packed: list[list[Statement]] = [[]]
    room = whole
    for statement in statements:
        rest: Statement | None = statement
        while rest is not None:
            part, left = _fitting(rest, room - 1)
            if part is None and room == whole:
                raise LimitExceeded(
                    f"the statement {rest['Sid']} alone is longer than the {limit} characters of a managed policy",
                    hint="shorten the template, or the names in it",
                )
            if part is None:
                packed.append([])
                room = whole
                continue
            packed[-1].append(part)
            room -= len(documents.compact(part)) + 1
            rest = left
    return [tuple(own) for own in packed if own]


def _fitting(statement: Statement, room: int) -> tuple[Statement | None, Statement | None]:
    if len(documents.compact(statement)) <= room:
        return statement, None
    resources = statement.get("Resource")
    if not isinstance(resources, list):
        return None, statement
    room -= len(documents.compact({**statement, "Resource": []}))
    lengths = accumulate(len(json.dumps(resource)) + 1 for resource in resources)
    count = sum(length - 1 <= room for length in lengths)
    if not count:
        return None, statement
    return {**statement, "Resource": resources[:count]}, {**statement, "Resource": resources[count:]}
