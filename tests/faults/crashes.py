"""A walk over every call of one run of the program: killed there, then run again, and, separately, taken back.

Two points that leave the same account and the same journals behind cannot differ in what follows, so what follows is
tried once for both: most reads come before the first write, and what is killed after an answer is where the next call
is killed before it.
"""

import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from account import Account, Document
from fake_aws import Answer, Call, FakeAws, Handler, Moment

from faults import accounts
from faults.processes import Ended, Runs
from personalize_perms.engine import journals

KILLED = -9
UNDO = ("undo", "--yes")
Words = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """The runs before, the run that is killed, and another run that may follow it as well as the same again."""

    killed: Words
    earlier: tuple[Words, ...] = ()
    otherwise: Words = UNDO
    leads_to: Literal["the beginning", "the earlier runs"] = "the beginning"
    """How the account is after `otherwise`."""
    fault: tuple[str, Handler] | None = None
    """What AWS answers to the first call of an operation, in the run that is killed alone."""
    only: tuple[str, ...] = ()
    """The operations at which it is killed; empty: at all."""


@dataclass(frozen=True)
class Point:
    """A moment of the `nth` call of an operation."""

    name: str
    nth: int
    moment: Moment

    def __str__(self) -> str:
        return f"{self.moment} {self.name} {self.nth}"


@dataclass
class Walk:
    """One scenario in one account, which is filled already as others left it."""

    aws: FakeAws
    account: Account
    runs: Runs
    folder: Path
    scenario: Scenario
    killed: list[Point] = field(default_factory=list)
    unreached: list[Point] = field(default_factory=list)
    """Reads that a run made once and another did not: what is read again depends on what is slow."""
    failures: list[str] = field(default_factory=list)
    """All of them, so that a walk tells everything that it saw."""
    _followed: set[str] = field(default_factory=set)
    _silent: set[str] = field(default_factory=set)
    """States of the account in which a run was seen to write nothing; no intent is open in any of them."""
    _kept: dict[str, accounts.Kept] = field(default_factory=dict)

    def walk(self) -> "Walk":
        beginning = self._state()
        for words in self.scenario.earlier:
            self._undisturbed(words)
        self._keep("start")
        before = self._state()
        self._elsewhere = beginning if self.scenario.leads_to == "the beginning" else before
        self._effects = self._undisturbed(self.scenario.killed)
        self._end = self._state()
        for point in self._points():
            self._put_back("start")
            self._kill_at(point)
        return self

    def _points(self) -> list[Point]:
        self._put_back("start")
        self._be_faulty()
        self._run(self.scenario.killed)
        seen: Counter[str] = Counter()
        found = []
        for call in list(self.aws.calls):
            seen[call.name] += 1
            if self.scenario.only and call.name not in self.scenario.only:
                continue
            moments: tuple[Moment, ...] = ("before", "lost", "answered") if call.writes else ("before",)
            found += [Point(call.name, seen[call.name], moment) for moment in moments]
        return found

    def _be_faulty(self) -> None:
        if self.scenario.fault:
            name, handler = self.scenario.fault
            self.aws.on(name, handler)

    def _kill_at(self, point: Point) -> None:
        started = threading.Event()

        def kill() -> Answer:
            started.wait(10)
            return self.aws.kill()

        self._clear()
        self.aws.at((point.name, point.nth), point.moment, kill)
        self._be_faulty()
        run = self.runs.start(self.folder, *self.scenario.killed)
        self.aws.pid = run.pid
        started.set()
        ended = run.wait()
        self.aws.be_idle()
        self.aws.forget()
        if ended.code == KILLED:
            self.killed.append(point)
            self._follow(point)
        elif Call("", point.name, "").writes:
            self._fail(point, f"the run never came there: {ended}")
        else:
            self.unreached.append(point)

    def _follow(self, point: Point) -> None:
        left, effects = self._left(), self._written()
        self._expect_once(point, effects)
        if left in self._followed:
            return
        self._followed.add(left)
        self._keep("killed")
        self._run_again(point, effects)
        self._put_back("killed")
        self._run_otherwise(point)

    def _run_again(self, point: Point, effects: Counter[str]) -> None:
        again = self._run(self.scenario.killed)
        effects += self._written()
        self._expect(point, again.code == 0, f"the same again: {again}")
        self._expect(point, self._state() == self._end, f"the same again ended elsewhere: {self._differs(self._end)}")
        self._expect(point, not self._open(), f"open intents: {self._open()}")
        self._expect_once(point, effects)
        if (here := str(self._state())) not in self._silent:
            self._silent.add(here)
            third = self._run(self.scenario.killed)
            self._expect(point, third.code == 0 and not self.aws.writes, f"a third run wrote {self.aws.writes}")

    def _run_otherwise(self, point: Point) -> None:
        ended = self._run(self.scenario.otherwise)
        same = self._state() == self._elsewhere
        self._expect(point, ended.code == 0, f"{self.scenario.otherwise}: {ended}")
        self._expect(point, same, f"{self.scenario.otherwise} left: {self._differs(self._elsewhere)}\n{ended.said}")
        self._expect(point, not self._open(), f"open intents after {self.scenario.otherwise}: {self._open()}")

    def _expect_once(self, point: Point, effects: Counter[str]) -> None:
        """Expect that nothing took effect more often than in one undisturbed run."""
        if self.scenario.fault:
            return  # what was taken back after the failure is made once more
        more = effects - self._effects
        self._expect(point, not more, f"took effect more often than in one undisturbed run: {dict(more)}")

    def _expect(self, point: Point, holds: bool, why: str) -> None:  # noqa: FBT001 - it reads like an assertion
        if not holds:
            self._fail(point, why)

    def _fail(self, point: Point, why: str) -> None:
        self.failures.append(f"killed {point}: {why}")

    # Runs

    def _undisturbed(self, words: Words) -> Counter[str]:
        ended = self._run(words)
        assert ended.code == 0, ended
        return self._written()

    def _run(self, words: Words) -> Ended:
        self._clear()
        ended = self.runs.run(self.folder, *words)
        self.aws.be_idle()
        return ended

    def _clear(self) -> None:
        self.aws.calls.clear()
        self.aws.strict.effects.clear()

    def _written(self) -> Counter[str]:
        """How often each operation took effect in the last run."""
        return Counter(effect.split()[0] for effect in self.aws.strict.effects)

    # What is there

    def _state(self) -> Document:
        return accounts.meaning()

    def _differs(self, wanted: Document) -> str:
        found = self._state()
        kinds = [kind for kind in found if found[kind] != wanted[kind]]
        return "; ".join(f"{kind}: {found[kind]} instead of {wanted[kind]}" for kind in kinds)

    def _left(self) -> str:
        """What a killed run leaves to the next: the account and the journals, without what differs from run to run."""
        written = [[(e.operation.__class__.__name__, e.resource, e.status) for e in run] for run in self._journals()]
        return f"{self._state()} {written}"

    def _open(self) -> list[str]:
        return [entry.resource for run in self._journals() for entry in run if entry.status is None]

    def _journals(self) -> Iterator[tuple[journals.Entry, ...]]:
        for folder in sorted(self.folder.glob("state/personalize-perms/journal/*/")):
            yield from (run.entries for run in journals.read_runs(folder))

    def _keep(self, label: str) -> None:
        self._kept[label] = accounts.keep()
        _copy(self.folder / "state", self.folder / label)

    def _put_back(self, label: str) -> None:
        accounts.put_back(self._kept[label])
        _copy(self.folder / label, self.folder / "state")


def _copy(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    source.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source, target)
