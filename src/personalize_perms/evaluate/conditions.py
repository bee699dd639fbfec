"""The Condition element: operators, their keys, and how several values count.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from dataclasses import dataclass
from enum import Enum

from personalize_perms.evaluate.context import Facts
from personalize_perms.evaluate.elements import MalformedError, condition_values, mapping
from personalize_perms.evaluate.matching import Test, fold
from personalize_perms.evaluate.operators import OPERATORS
from personalize_perms.evaluate.truth import Truth, agreed, all_of, any_of, depends_on, either, negated
from personalize_perms.model.resources import Json

_IF_EXISTS = "ifexists"


class Over(Enum):
    """How the values of a request count: the key has one, or some of them must hold, or all."""

    ONE = ""
    ANY = "foranyvalue"
    ALL = "forallvalues"


@dataclass(frozen=True, slots=True)
class Condition:
    """One key under one operator: it holds if the request's values match one of the policy's (or, negated, none)."""

    key: str
    tests: tuple[Test, ...]
    negated: bool
    over: Over
    if_exists: bool

    def truth(self, facts: Facts) -> Truth:
        """Tell whether it holds in this request."""
        values = facts.look(self.key)
        if values is not None:
            return self._with(values, facts)
        possible = (self._with(one, facts) for one in facts.possible(self.key))
        return agreed(possible, depends_on(self.key))

    def _with(self, values: tuple[str, ...], facts: Facts) -> Truth:
        if not values:
            return self._without_values()
        if self.over is not Over.ONE and not any(values):
            # To a set operator, nothing but empty texts is no value at all.
            return self.over is Over.ALL
        if self.over is Over.ONE:
            return self._single(values, facts)
        several = [self._one(value, facts) for value in values]
        return all_of(several) if self.over is Over.ALL else any_of(several)

    def _single(self, values: tuple[str, ...], facts: Facts) -> Truth:
        """Tell whether it holds without a set operator: AWS does not say what that makes of several values."""
        if len(values) == 1:
            return self._one(values[0], facts)
        return False if any_of(self._one(value, facts) for value in values) is False else depends_on(self.key)

    def _without_values(self) -> Truth:
        """Tell whether it holds where the request does not have the key."""
        if self.over is Over.ANY and self.if_exists:
            # AWS says both that the operator is false then and that the suffix makes it true.
            return depends_on(self.key)
        return self.if_exists or self.over is Over.ALL or (self.negated and self.over is Over.ONE)

    def _one(self, value: str, facts: Facts) -> Truth:
        """Tell it of one value; a test that could not read a value stands for this key."""
        found: Truth = False
        for test in self.tests:
            now = test(value, facts)
            if now is True:
                found = True
                break
            if now is not False:
                found = either(found, frozenset(name or self.key for name in now))
        return negated(found) if self.negated else found


@dataclass(frozen=True, slots=True)
class Exists:
    """The `Null` operator: the key is there, or it is not."""

    key: str
    there: tuple[bool, ...]

    def truth(self, facts: Facts) -> Truth:
        """Tell whether it holds in this request."""
        if len({*self.there}) > 1:
            return True
        values = facts.look(self.key)
        return depends_on(self.key) if values is None else bool(values) in self.there


def conditions(element: Json, *, variables: bool) -> tuple[Condition | Exists, ...]:
    """Return what a Condition element demands, all of it at once; raise `MalformedError` for what AWS does not know."""
    return tuple(
        _condition(name, key, values, variables=variables)
        for name, keys in mapping(element, "Condition").items()
        for key, values in mapping(keys, name).items()
    )


def _condition(name: str, key: str, values: Json, *, variables: bool) -> Condition | Exists:
    texts, folded, lower = condition_values(values, key), fold(name), fold(key)
    if folded == "null":
        return Exists(lower, tuple(_is_there(text, name) for text in texts))
    prefix, _, base = folded.rpartition(":")
    found = OPERATORS.get(base.removesuffix(_IF_EXISTS))
    try:
        over = Over(prefix)
    except ValueError:
        found = None
    if found is None:
        raise MalformedError(f"there is no condition operator {name}")
    tests = tuple(found.make(text, variables) for text in texts)
    return Condition(lower, tests, found.negated, over, base.endswith(_IF_EXISTS))


def _is_there(text: str, name: str) -> bool:
    if fold(text) not in ("true", "false"):
        raise MalformedError(f"{name} takes true or false, not {text}")
    return fold(text) == "false"
