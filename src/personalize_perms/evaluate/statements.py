"""Documents made ready for questions: read once, then asked many times.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from personalize_perms.documents import parse, statements
from personalize_perms.evaluate.conditions import Condition, Exists, conditions
from personalize_perms.evaluate.context import Facts
from personalize_perms.evaluate.elements import MalformedError, texts
from personalize_perms.evaluate.matching import Test, arn_test, fold, glob
from personalize_perms.evaluate.principals import Named, named
from personalize_perms.evaluate.truth import Truth, any_of, both, negated
from personalize_perms.evaluate.variables import Variable, template
from personalize_perms.model.errors import DocumentError
from personalize_perms.model.resources import Json

_VARIABLES_SINCE = "2012-10-17"
_REMEMBERED = 512
_ELEMENTS = frozenset(
    "Sid Effect Action NotAction Resource NotResource Principal NotPrincipal Condition".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement. What AWS's grammar does not allow is `malformed`: it may allow, deny, or do nothing."""

    number: int
    sid: str
    denies: bool
    actions: tuple[Callable[[str], bool], ...] = ()
    not_actions: bool = False
    resources: tuple[Test, ...] | None = None
    """None if the statement names no resource, as in a trust policy."""
    not_resources: bool = False
    principal: Named | None = None
    not_principal: bool = False
    conditions: tuple[Condition | Exists, ...] = ()
    malformed: str = ""

    def is_about(self, action: str) -> bool:
        """Tell whether it is about an action, given in lower case."""
        return any(matches(action) for matches in self.actions) is not self.not_actions

    def applies(self, resource: str, facts: Facts, *, implied: bool = False) -> Truth:
        """Tell whether its resources and conditions match; with `implied`, it is about the one resource it hangs on."""
        found = self._names(resource, facts) if not implied else True
        for condition in self.conditions:
            if found is False:
                return False
            found = both(found, condition.truth(facts))
        return found

    def _names(self, resource: str, facts: Facts) -> Truth:
        if self.resources is None:
            return False
        if len(self.resources) == 1:
            found = self.resources[0](resource, facts)
        else:
            found = any_of(test(resource, facts) for test in self.resources)
        return negated(found) if self.not_resources else found


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A policy document, compiled; `name` is for people."""

    name: str
    statements: tuple[Statement, ...]
    _by_action: dict[str, tuple[Statement, ...]] = field(default_factory=dict, repr=False, compare=False)

    def about(self, action: str) -> tuple[Statement, ...]:
        """Return the statements that are about an action, those that deny first."""
        found = self._by_action.get(action)
        if found is None:
            lower = fold(action)
            found = tuple(one for one in self.statements if one.malformed or one.is_about(lower))
            found = tuple(sorted(found, key=lambda one: not one.denies))
            if len(self._by_action) < _REMEMBERED:
                self._by_action[action] = found
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A document that exists, or may exist, and may not be read, or not be understood: it may say anything."""

    name: str
    why: str


def compiled(document: Mapping[str, Json], name: str) -> Document:
    """Return a document ready to be asked; raise `DocumentError` if it has no statements."""
    variables = document.get("Version") == _VARIABLES_SINCE
    return Document(
        name=name,
        statements=tuple(
            _statement(number, one, variables=variables) for number, one in enumerate(statements(document), start=1)
        ),
    )


def compiled_text(text: str, name: str) -> Document | Unread:
    """Return the document in a stored text ready to be asked; what cannot be parsed strictly is `Unread`."""
    try:
        return compiled(parse(text), name)
    except DocumentError as error:
        return Unread(name=name, why=str(error))


def _statement(number: int, element: Mapping[str, Json], *, variables: bool) -> Statement:
    sid = element.get("Sid")
    name = sid if isinstance(sid, str) else ""
    try:
        return _understood(number, name, element, variables=variables)
    except MalformedError as error:
        return Statement(number=number, sid=name, denies=True, malformed=str(error))


def _understood(number: int, sid: str, element: Mapping[str, Json], *, variables: bool) -> Statement:
    unknown = element.keys() - _ELEMENTS
    if unknown:
        raise MalformedError(f"there is no element {', '.join(sorted(unknown))}")
    if element.get("Effect") not in ("Allow", "Deny"):
        raise MalformedError("Effect is neither Allow nor Deny")
    # A key policy may hold a statement without an action or a resource: AWS stores it, and it does nothing.
    actions, not_actions = _either(element, "Action")
    resources, not_resources = _either(element, "Resource")
    principal, not_principal = _either(element, "Principal")
    return Statement(
        number=number,
        sid=sid,
        denies=element["Effect"] == "Deny",
        actions=_actions(actions[0]) if actions else (),
        not_actions=not_actions,
        resources=_resources(resources[0], variables=variables) if resources else None,
        not_resources=not_resources,
        principal=named(principal[0]) if principal else None,
        not_principal=not_principal,
        conditions=conditions(element["Condition"], variables=variables) if "Condition" in element else (),
    )


def _either(element: Mapping[str, Json], name: str) -> tuple[list[Json], bool]:
    """Return what stands under a name or under its negation (nothing, or one thing), and whether it is negated."""
    if name in element and f"Not{name}" in element:
        raise MalformedError(f"{name} and Not{name} stand side by side")
    return [element[key] for key in (name, f"Not{name}") if key in element], f"Not{name}" in element


def _actions(value: Json) -> tuple[Callable[[str], bool], ...]:
    return tuple(_action(one) for one in texts(value, "Action"))


@lru_cache(maxsize=4096)
def _action(text: str) -> Callable[[str], bool]:
    parts = template(fold(text), wild=True, variables=False)
    return glob(tuple(part for part in parts if not isinstance(part, Variable)))


def _resources(value: Json, *, variables: bool) -> tuple[Test, ...]:
    return tuple(arn_test(one, variables=variables, expands=True) for one in texts(value, "Resource"))
