"""Two set-ups that share a bucket and a key, changed at the same moment by two processes: neither loses anything."""

import random
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from account import DATA, Account, Document, document, root_keeps
from fake_aws import FakeAws

from faults import accounts
from faults.processes import Ended, Runs
from strict import statements

SHARED = ("--input", f"s3://{DATA}/in/", "--kms-key", "alias/data")
MOST_APART = 0.15
"""Seconds between the two starts, at the most."""
THEIRS = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": f"arn:aws:s3:::{DATA}/*"}
Words = tuple[str, ...]


def apply(name: str) -> Words:
    own = ("--role-name", f"{name}-role", "--user-policy-name", f"{name}-people")
    return ("apply", "--yes", *SHARED, "--name", name, *own)


def undo(name: str) -> Words:
    return ("undo", "--yes", "--name", name)


@dataclass
class Shared:
    """The account with what both set-ups write to."""

    account: Account
    runs: Runs
    folder: Path
    key: str

    def statements(self) -> Counter[str]:
        """All statements of the bucket's and of the key's policy."""
        texts = {"bucket": self.account.bucket_text(), "key": self.account.key_text(self.key)}
        return Counter(f"{where}: {form}" for where, text in texts.items() if text for form in statements(text))

    def run(self, machine: str, words: Words) -> None:
        ended = self.runs.run(self.folder / machine, *words)
        assert ended.code == 0, ended

    def at_once(self, pair: Sequence[Words], machines: Sequence[str], seed: int) -> list[Ended]:
        """Start both, a random moment apart, and return how each ended."""
        chance = random.Random(seed)
        delays = [0.0, chance.uniform(0.0, MOST_APART)]
        chance.shuffle(delays)
        started = [
            self.runs.start(self.folder / machine, *words, delay=delay)
            for machine, words, delay in zip(machines, pair, delays, strict=True)
        ]
        return [run.wait() for run in started]


@pytest.fixture
def shared(aws: FakeAws, account: Account, runs: Runs, tmp_path: Path) -> Shared:
    account.bucket(DATA, document({"Sid": "Theirs", **THEIRS}, Id="theirs"))
    key = account.key(document(root_keeps(), {**root_keeps(), "Sid": "Second", "Action": "kms:Decrypt"}))
    account.kms.create_alias(AliasName="alias/data", TargetKeyId=key)
    return Shared(account, runs, tmp_path, key)


@dataclass(frozen=True)
class Wanted:
    """What a run alone adds to the shared documents, and what it takes from them."""

    added: Counter[str]
    removed: Counter[str]

    def is_there(self, found: Counter[str]) -> bool:
        return self.added <= found and not self.removed & found


def pairs(number: int) -> list[object]:
    """A few pairs for every run of the tests, and many for a long one."""
    return [number, pytest.param(number * 20, marks=pytest.mark.long)]


SAME, DIFFERENT = ("a", "a"), ("a", "b")


@pytest.mark.parametrize("number", pairs(15))
def test_on_one_machine_one_waits_for_the_other(number: int, shared: Shared) -> None:
    gave_up = collide(shared, (apply("one"), apply("two")), SAME, number)
    assert gave_up == []


@pytest.mark.parametrize("number", pairs(25))
def test_on_two_machines_both_are_there_or_one_says_that_it_stopped(number: int, shared: Shared) -> None:
    collide(shared, (apply("one"), apply("two")), DIFFERENT, number)


@pytest.mark.parametrize("number", pairs(10))
def test_one_is_taken_back_while_the_other_is_made(number: int, shared: Shared) -> None:
    shared.run("b", apply("two"))
    collide(shared, (apply("one"), undo("two")), DIFFERENT, number)


def collide(shared: Shared, pair: Sequence[Words], machines: Sequence[str], number: int) -> list[Ended]:
    """Run a pair of commands at once, `number` times from the same start; return how those ended that gave up.

    Who says that it is done has its statements there, nobody else's are missing, and once whoever gave up was run
    again, everything is as if one had followed the other.
    """
    start, gave_up, lost = _Start(shared), [], []
    wanted = [start.alone(machine, words) for machine, words in zip(machines, pair, strict=True)]
    foreign = start.statements - wanted[0].removed - wanted[1].removed
    end = start.one_after_the_other(machines, pair)
    for seed in range(number):
        start.put_back()
        ended = shared.at_once(pair, machines, seed)
        found = shared.statements()
        for run, want in zip(ended, wanted, strict=True):
            if run.code == 0 and not want.is_there(found):
                lost.append(f"pair {seed}: not there: {want} {run.said}")
        if not foreign <= found:
            lost.append(f"pair {seed}: foreign statements: {foreign - found} {ended}")
        for run, machine, words in zip(ended, machines, pair, strict=True):
            if run.code != 0:
                gave_up.append(run)
                shared.run(machine, words)
        if accounts.meaning() != end:
            lost.append(f"pair {seed}: another end: {accounts.meaning()} {ended}")
    assert lost == []
    return gave_up


class _Start:
    """The account and the machines' states as they are now, to go back to."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._account = accounts.keep()
        self.statements = shared.statements()
        for machine in DIFFERENT:
            (shared.folder / machine / "state").mkdir(parents=True, exist_ok=True)
            shutil.copytree(shared.folder / machine / "state", shared.folder / f"{machine}-kept")

    def put_back(self) -> None:
        accounts.put_back(self._account)
        for machine in DIFFERENT:
            shutil.rmtree(self._shared.folder / machine / "state")
            shutil.copytree(self._shared.folder / f"{machine}-kept", self._shared.folder / machine / "state")

    def alone(self, machine: str, words: Words) -> Wanted:
        self.put_back()
        self._shared.run(machine, words)
        found = self._shared.statements()
        assert found != self.statements
        return Wanted(added=found - self.statements, removed=self.statements - found)

    def one_after_the_other(self, machines: Sequence[str], pair: Sequence[Words]) -> Document:
        self.put_back()
        for machine, words in zip(machines, pair, strict=True):
            self._shared.run(machine, words)
        return accounts.meaning()
