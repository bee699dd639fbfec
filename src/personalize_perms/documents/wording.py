"""What a statement means in words, one sentence for each thing that it names. Pure.

Derived from the statement itself, and never more than it says: what has no words here is quoted as it is, and a pair
of an action and a resource that can have no effect is left out. Whether something else denies it is not asked.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from personalize_perms.documents.conditions_in_words import SERVICE, in_words
from personalize_perms.documents.reach import has_effect, texts
from personalize_perms.model.resources import Json, Statement
from personalize_perms.model.values import dataclass

_ANYBODY: Final = "anybody"
HOLDER: Final = "whoever has this policy"
_SERVICES: Final = {
    "personalize": "Amazon Personalize",
    "s3": "Amazon S3",
    "kms": "AWS KMS",
    "iam": "IAM",
    "sts": "AWS STS",
    "cloudwatch": "Amazon CloudWatch",
}
_OBJECT_VERBS: Final = {"s3:getobject": "read", "s3:putobject": "write", "s3:deleteobject": "delete"}
_ASSUMES: Final = {"sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"}
_KINDS: Final = {"user": "the user", "role": "the role", "federated-user": "the federated user"}
_FEW: Final = 4
"""So many actions are named one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is reached: a bucket's or service's name, or the ARN of a key or role."""

    kind: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """One sentence of a statement, in its parts."""

    who: str
    verb: str
    """May, or may not."""
    what: str
    only: str = ""
    """Conditions, in words."""
    target: Target = Target()

    @property
    def deed(self) -> str:
        """The sentence without its subject."""
        return f"{self.verb} {self.what}{f', {self.only}' if self.only else ''}"

    @property
    def sentence(self) -> str:
        """The sentence."""
        return f"{self.who} {self.deed}"


def phrases(statement: Statement, *, holder: str = HOLDER, own: str = "") -> tuple[Phrase, ...]:
    """Return what a statement says.

    `holder` stands for the principal where the document names none; `own` is the ARN of the role or key whose
    policy it is, for which the documents themselves say nothing, or `*`.
    """
    try:
        return tuple(dict.fromkeys(_phrases(statement, holder, own)))
    except (KeyError, TypeError, ValueError):
        return (Phrase(who="a statement", verb="is", what="not put in words here: read it itself"),)


def _phrases(statement: Statement, holder: str, own: str) -> Iterator[Phrase]:
    denies = {"Allow": False, "Deny": True}[str(statement["Effect"])]
    clauses = " and ".join(in_words(statement.get("Condition", {})))
    only = clauses if denies or not clauses else f"only {clauses}"
    resources = _resources(statement, own)
    for who in _who(statement, holder):
        for what, target in _deeds(statement, resources, own):
            if not denies:
                yield Phrase(who=who, verb="may", what=what, only=only, target=target)
                continue
            # "Anybody may not do everything" could be read in two ways.
            subject, verb = ("nobody", "may") if who == _ANYBODY else (who, "may not")
            anything = re.sub("^do everything", "do anything", what)
            yield Phrase(who=subject, verb=verb, what=anything, only=only, target=target)


def _resources(statement: Statement, own: str) -> tuple[str, ...] | None:
    """Return the resources; None: everything but some."""
    if "NotResource" in statement:
        return None
    found = texts(statement.get("Resource", own or "*"))
    return tuple(own if own and one == "*" else one for one in found)


def _deeds(statement: Statement, resources: tuple[str, ...] | None, own: str) -> Iterator[tuple[str, Target]]:
    if resources is None or "NotAction" in statement:
        actions = texts(statement.get("Action", statement.get("NotAction")))
        but = "everything but " if "NotAction" in statement else ""
        where = texts(statement.get("Resource", statement.get("NotResource", "*")))
        except_for = "everything but " if resources is None else ""
        yield f"do {but}{_listed(actions)} on {except_for}{_listed(where)}", Target()
        return
    by_service: dict[str, list[str]] = {}
    for action in texts(statement["Action"]):
        by_service.setdefault(action.partition(":")[0].lower(), []).append(action)
    for service, actions in by_service.items():
        yield from _WORDS.get(service, _others)(tuple(actions), resources, own)


def _who(statement: Statement, holder: str) -> Iterator[str]:
    if "NotPrincipal" in statement:
        yield f"everybody but {_listed(_principals(statement['NotPrincipal']))}"
    elif "Principal" in statement:
        yield from _principals(statement["Principal"])
    else:
        yield holder


def _principals(element: Json) -> list[str]:
    if element == "*":
        return [_ANYBODY]
    if not isinstance(element, dict):
        raise TypeError("not a principal")
    return [_principal(kind, name) for kind, names in element.items() for name in texts(names)]


def _principal(kind: str, name: str) -> str:
    if kind == "Service":
        return "Amazon Personalize" if name == SERVICE else f"the service {name}"
    if kind == "Federated":
        return f"whoever signs in through {name}"
    if kind != "AWS":
        return f"{kind} {name}"
    if name == "*":
        return _ANYBODY
    if re.fullmatch("[0-9]{12}", name) or name.endswith(":root"):
        return f"whoever the account {name} itself allows"
    fields = name.split(":", 5)
    words = _KINDS.get(fields[5].partition("/")[0]) if len(fields) == 6 else None  # noqa: PLR2004 - an ARN has six
    return f"{words} {name}" if words else f"the principal {name}"


def _s3(actions: tuple[str, ...], resources: tuple[str, ...], _: str) -> Iterator[tuple[str, Target]]:
    known = [action for action in actions if action.lower() in {*_OBJECT_VERBS, "s3:listbucket"}]
    objects = [action for action in known if action.lower() in _OBJECT_VERBS]
    for resource in resources:
        path = resource.partition(":::")[2]
        anywhere = "any bucket" if resource == "*" else resource
        target = Target(kind="bucket", name=path.partition("/")[0]) if path else Target()
        if len(objects) < len(known) and has_effect("s3:listbucket", resource):
            yield f"list the objects of {_bucket(path) or anywhere}", target
        reached = [action for action in objects if has_effect(action, resource)]
        if reached:
            verbs = _joined([_OBJECT_VERBS[action.lower()] for action in reached])
            yield f"{verbs} {_objects(path) or f'objects in {anywhere}'}", target
        rest = tuple(action for action in actions if action not in known)
        if rest:
            yield f"do {_acts('s3', rest)} on {resource}", target


def _bucket(path: str) -> str:
    return f"s3://{path}" if path else ""


def _objects(path: str) -> str:
    """Return what a resource of S3 means; empty for one without a bucket."""
    body = path.removesuffix("*")
    if "*" in body or "?" in body:
        return f"objects that match s3://{path}"
    if path.endswith("/*"):
        return f"objects under s3://{body}"
    if path.endswith("*"):
        return f"objects whose names begin with s3://{body}" if "/" in body else f"objects that match s3://{path}"
    return f"the object s3://{path}" if path else ""


def _kms(actions: tuple[str, ...], resources: tuple[str, ...], own: str) -> Iterator[tuple[str, Target]]:
    names = ", ".join(action.partition(":")[2] for action in actions)
    for resource in resources:
        target = Target(kind="key", name=resource) if ":key/" in resource else Target()
        which = "this key" if resource == own else f"the key {resource}" if target.name else f"keys: {resource}"
        yield f"use {which} ({names})", target


def _sts(actions: tuple[str, ...], resources: tuple[str, ...], own: str) -> Iterator[tuple[str, Target]]:
    assumes = [action for action in actions if action.lower() in _ASSUMES]
    rest = tuple(action for action in actions if action not in assumes)
    for resource in resources:
        if assumes:
            which = "this role" if resource == own else f"the role {resource}"
            yield f"take on {which}", Target(kind="role", name=resource)
    if rest:
        yield from _others(rest, tuple("this role" if one == own else one for one in resources), own)


def _iam(actions: tuple[str, ...], resources: tuple[str, ...], own: str) -> Iterator[tuple[str, Target]]:
    rest = tuple(action for action in actions if action.lower() != "iam:passrole")
    if len(rest) < len(actions):
        for resource in resources:
            any_role = "any role" if resource == "*" else f"the role {resource}"
            yield f"pass {any_role}", Target(kind="role", name=resource)
    if rest:
        yield from _others(rest, resources, own)


def _others(actions: tuple[str, ...], resources: tuple[str, ...], _: str) -> Iterator[tuple[str, Target]]:
    service = actions[0].partition(":")[0].lower()
    if service == "cloudwatch" and [action.lower() for action in actions] == ["cloudwatch:putmetricdata"]:
        yield "publish metrics to Amazon CloudWatch", Target(kind="service", name="Amazon CloudWatch")
        return
    where = "" if resources == ("*",) else f" on {_some(resources, 'resources')}"
    yield f"do {_acts(service, actions)}{where}", Target(kind="service", name=_SERVICES.get(service, service))


def _acts(service: str, actions: tuple[str, ...]) -> str:
    """Name actions: all of a service, a few one by one, or many by what they begin with."""
    name = _SERVICES.get(service, service)
    if any(action == "*" for action in actions):
        return "everything"
    if any(action.partition(":")[2] == "*" for action in actions):
        return f"everything in {name}"
    if len(actions) <= _FEW:
        return _listed(actions)
    verbs = dict.fromkeys(found[0] for action in actions if (found := re.findall("[A-Z][a-z]*", action)))
    return f"{len(actions)} actions in {name} ({', '.join(f'{verb}...' for verb in verbs)})"


def _some(names: Iterable[str], kind: str) -> str:
    found = tuple(names)
    return _listed(found) if len(found) <= _FEW else f"{len(found)} {kind}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _joined(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


_WORDS: Final[Mapping[str, Callable[[tuple[str, ...], tuple[str, ...], str], Iterator[tuple[str, Target]]]]] = {
    "s3": _s3,
    "kms": _kms,
    "sts": _sts,
    "iam": _iam,
}
