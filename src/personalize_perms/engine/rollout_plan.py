"""What a rollout has to do, from what is wanted and what is there. Pure.

Operation ids are made of what is wanted, not of what is still missing: whoever asks for the same again while it is
under way asks for the same operation. Only an operation that has ended makes room for the next of its kind.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import field, replace
from difflib import unified_diff
from typing import Final

from personalize_perms.model.changes import Action, Change
from personalize_perms.model.rollouts import RolloutStep, Spot, StackSet, Tally, Verb, Wanted, Work
from personalize_perms.model.values import dataclass

_PREFIX: Final = "personalize-perms"
_DIGEST: Final = 20
_SET, _STACKS = "stack-set", "stacks"


@dataclass(slots=True)
class Seen:
    """What passed by while the stacks of a stack set were listed: counts, and what of the targets is not there yet.

    Only of accounts that were named a set is kept; of what is beyond them, numbers.
    """

    wanted: Wanted
    tally: Tally = field(default_factory=Tally)
    regions: Counter[str] = field(default_factory=Counter)
    missing: dict[str, None] = field(init=False)
    behind: dict[str, Spot] = field(default_factory=dict)
    ous: set[str] = field(default_factory=set)
    ous_behind: set[str] = field(default_factory=set)
    beyond: int = 0
    drifted: list[Spot] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._targets = frozenset(self.wanted.accounts)
        self.missing = dict.fromkeys(self.wanted.accounts)

    _targets: frozenset[str] = field(init=False)

    def add(self, stack: Spot) -> None:
        """Take note of one stack."""
        self.tally.add(stack)
        self.regions[stack.region] += 1
        self.missing.pop(stack.account, None)
        if stack.ou:
            self.ous.add(stack.ou)
        if not self.wanted.service_managed and stack.account not in self._targets:
            self.beyond += 1
        elif stack.status != "CURRENT":
            self.behind[stack.account] = stack
            self.ous_behind.add(stack.ou)
        if stack.drifted:
            self.drifted.append(stack)

    def leave(self, accounts: Iterable[str]) -> None:
        """Take those that failed a moment ago for done: whoever runs this again tries them again."""
        for account in accounts:
            gone = self.behind.pop(account, None)
            if gone:
                self.ous_behind.discard(gone.ou)

    @property
    def home(self) -> str:
        """The Region that the stacks are in already, else the one that is wanted: two would meet in IAM."""
        if not self.regions or self.wanted.home in self.regions:
            return self.wanted.home
        return self.regions.most_common(1)[0][0]


def token(wanted: Wanted, attempt: int) -> str:
    """Return the token of the call that creates the stack set."""
    return f"{_PREFIX}-{_digest([wanted.stack_set, *_of_set(wanted)])}-{attempt}"


def operation_prefix(verb: Verb, found: StackSet, wanted: Wanted) -> str:
    """Return what the ids of all operations for the same purpose begin with."""
    about: list[object] = [found.id, verb, sorted(wanted.accounts), sorted(wanted.ous)]
    if verb is not Verb.DELETE_STACKS:
        about += _of_set(wanted)
    return f"{_PREFIX}-{verb}-{_digest(about)}-"


def attempt(operations: Iterable[Work], prefix: str) -> tuple[int, Work | None]:
    """Return the number of the next operation with this prefix, or the one that is under way."""
    number = 0
    for work in operations:
        if work.id.startswith(prefix) and work.id[len(prefix) :].isdigit():
            if work.runs:
                return int(work.id[len(prefix) :]), work
            number = max(number, int(work.id[len(prefix) :]))
    return number + 1, None


def _of_set(wanted: Wanted) -> list[object]:
    roles = [wanted.administration_role, wanted.execution_role]
    return [wanted.setup, wanted.template, wanted.description, wanted.service_managed, wanted.auto_deploy, *roles]


def _digest(about: list[object]) -> str:
    return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:_DIGEST]


def differences(wanted: Wanted, found: StackSet) -> tuple[str, ...]:
    """Return in what the stack set is not as wanted."""
    pairs = {
        "the template": (wanted.template.strip(), found.template.strip()),
        "the description": (wanted.description, found.description),
        "automatic deployment to new accounts": (wanted.auto_deploy, found.auto_deploy),
        "the administration role": (wanted.administration_role, found.administration_role),
        "the execution role": (wanted.execution_role, found.execution_role),
    }
    # A role that is not named is AWS's default, and what AWS does not say is no difference.
    return tuple(
        what for what, (ours, theirs) in pairs.items() if ours not in (theirs, "") and theirs not in ("", None)
    )


def plan(wanted: Wanted, found: StackSet | None, seen: Seen) -> tuple[RolloutStep, ...]:
    """Return the steps that bring all targets to what is wanted; none if they are there."""
    return tuple(_steps(wanted, found, seen))


def _steps(wanted: Wanted, found: StackSet | None, seen: Seen) -> Iterator[RolloutStep]:
    changed = differences(wanted, found) if found else ()
    if found is None:
        yield RolloutStep(verb=Verb.CREATE_SET, change=_change(Action.CREATE, _SET, wanted.stack_set, _model(wanted)))
    elif changed:
        stacks = f"; AWS updates its {seen.tally.total:,} stacks" if seen.tally.total else ""
        why = f"{' and '.join(changed)} changed{stacks}"
        change = _change(Action.UPDATE, _SET, wanted.stack_set, why)
        details = _edits(found.template, wanted.template) if "the template" in changed else ()
        yield RolloutStep(verb=Verb.UPDATE_SET, change=replace(change, details=details))
    # An update goes through those that are behind anyhow.
    behind = {} if changed else seen.behind
    if wanted.service_managed:
        known = {*(found.ous if found else ()), *seen.ous}
        late = set() if changed else seen.ous_behind
        ous = tuple(ou for ou in wanted.ous if ou not in known or ou in late)
        number, targets = len(ous), {"ous": ous}
        what = f"organizational unit{'s' if number != 1 else ''} {', '.join(ous)}"
    else:
        accounts = (*seen.missing, *(account for account in behind if account not in seen.missing))
        number, targets = len(accounts), {"accounts": accounts}
        what = f"{number:,} account{'s' if number != 1 else ''}"
    if number:
        why = f"in {seen.home}" + (f"; {len(behind):,} did not come through before" if behind else "")
        change = _change(Action.CREATE, _STACKS, what, why)
        yield RolloutStep(verb=Verb.CREATE_STACKS, change=change, regions=(seen.home,), **targets)


def plan_undo(wanted: Wanted, found: StackSet, seen: Seen, accounts: Iterable[str]) -> tuple[RolloutStep, ...]:
    """Return the steps that take the rollout back: where `wanted` names targets, only there."""
    return tuple(_undo_steps(wanted, found, seen, tuple(accounts)))


def _undo_steps(wanted: Wanted, found: StackSet, seen: Seen, accounts: tuple[str, ...]) -> Iterator[RolloutStep]:
    narrowed = bool(wanted.accounts or wanted.ous)
    regions = tuple(sorted(seen.regions)) or (wanted.home,)
    if found.service_managed:
        known = tuple(sorted({*found.ous, *seen.ous}))
        ous = tuple(ou for ou in wanted.ous if ou in known) if wanted.ous else known
        what, targets, there = f"organizational units {', '.join(ous)}", {"ous": ous}, bool(ous)
        rest = set(known) - set(ous)
    else:
        what, targets, there = f"{len(accounts):,} accounts", {"accounts": accounts}, bool(accounts)
        rest = {""} if narrowed and seen.beyond else set()
    if there:
        why = f"with their roles and policies, in {', '.join(regions)}"
        change = _change(Action.DELETE, _STACKS, what, why)
        yield RolloutStep(verb=Verb.DELETE_STACKS, change=change, regions=regions, **targets)
    if not rest:
        change = _change(Action.DELETE, _SET, wanted.stack_set, "once it has no stacks any more")
        yield RolloutStep(verb=Verb.DELETE_SET, change=change)


def _edits(before: str, after: str) -> tuple[str, ...]:
    """Return the lines that go and those that come, each with the line above it."""
    head, *lines = unified_diff(before.strip().split("\n"), after.strip().split("\n"), n=1, lineterm="")
    return tuple(line for line in lines[1:] if head)


def _model(wanted: Wanted) -> str:
    if not wanted.service_managed:
        return "with self-managed permissions"
    new = "; accounts that join get it by themselves" if wanted.auto_deploy else ""
    return f"with service-managed permissions{new}"


def _change(action: Action, kind: str, resource: str, reason: str) -> Change:
    return Change(action=action, kind=kind, resource=resource, reason=reason)


def resumed_step(verb: Verb, wanted: Wanted) -> RolloutStep:
    """Return the step that an operation which was under way already stands for."""
    action = {Verb.CREATE_STACKS: Action.CREATE, Verb.DELETE_STACKS: Action.DELETE}.get(verb, Action.UPDATE)
    return RolloutStep(verb=verb, change=_change(action, _STACKS, wanted.stack_set, "it was under way already"))
