"""However many accounts there are, one page of them is held at a time."""

import threading
import tracemalloc
from typing import Any, cast

from personalize_perms.aws.stack_sets import Page, StackSets
from personalize_perms.engine.pace import Clock, Pace
from personalize_perms.engine.rollout_plan import Seen
from personalize_perms.engine.rollout_reading import Reading
from personalize_perms.model.rollouts import Spot, Wanted

PAGES, PAGE = 60, 100
MOST = 300_000
"""Bytes; all of the accounts at once take about two millions."""


class Many:
    """Six thousand accounts, of which one in six hundred failed."""

    def read_stacks(self, _: str, token: str) -> Page:
        number = int(token or 0)
        accounts = (f"{number * PAGE + one:012}" for one in range(PAGE))
        reason = "r" * 100
        page = [
            Spot(
                account=account,
                region="eu-west-1",
                status="CURRENT" if int(account) % 600 else "OUTDATED",
                reason=reason,
            )
            for account in accounts
        ]
        return page, str(number + 1) if number + 1 < PAGES else ""

    def read_results(self, name: str, _: str, token: str) -> Page:
        return self.read_stacks(name, token)


def peak(read: Any) -> int:
    tracemalloc.start()
    try:
        read()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_results_and_stacks_pass_by() -> None:
    pace = Pace(Clock(), threading.Event(), lambda *_: None)
    reading = Reading(cast(StackSets, Many()), "set", lambda: pace)
    wanted = Wanted(setup="x", stack_set="x", template="", description="", home="eu-west-1", regions=())
    tally = reading.tally("one")
    assert (tally.total, len(tally.failures)) == (PAGES * PAGE, 10)
    assert peak(lambda: reading.tally("one")) < MOST
    seen: list[Seen] = []
    assert peak(lambda: seen.append(reading.seen(wanted))) < MOST
    assert seen[0].tally.good == PAGES * PAGE - 10
