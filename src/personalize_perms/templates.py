"""The only reader of `policies/`: load strictly and render, so that what a reviewer reads there is what is granted.

Placeholders are filled in on the parsed tree, never in text: no value can end a string, and none may hold a
character that widens a policy. Files are read when they are first used, which keeps the offline dry run quick.
"""

import json
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self, TypeAlias

from personalize_perms import documents
from personalize_perms.model.errors import DocumentError, TemplateError
from personalize_perms.model.inert import inert
from personalize_perms.model.resources import Json, Statement
from personalize_perms.model.values import dataclass

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

Value: TypeAlias = str | tuple[str, ...]

_PLACEHOLDER = r"\$\{([A-Z][A-Za-z0-9]*)\}"
_SID = r"[A-Z][A-Za-z0-9]*"
_WIDENING = ("*", "?", "${")
_ALWAYS = frozenset({"Sid", "Effect", "Action"})
_ELEMENTS: Final[Mapping[str, frozenset[str]]] = {
    "user": _ALWAYS | {"Resource"},
    "service-role": _ALWAYS | {"Resource"},
    "trust": _ALWAYS | {"Principal"},
    "bucket": _ALWAYS | {"Principal", "Resource"},
    "key": _ALWAYS | {"Principal", "Resource"},
}
"""What a statement of each folder consists of; only a Condition may be added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a statement is there, and the page of AWS that says so."""

    why: str
    docs: str


class Templates:
    """A folder of policy documents with placeholders such as `${Partition}`, and the reasons for their statements."""

    def __init__(self, root: "Traversable") -> None:
        self._root = root
        self._loaded: dict[str, tuple[Statement, ...]] = {}

    @classmethod
    def load(cls, directory: Path | None) -> Self:
        """Return the templates in `directory`, or those that come with this program."""
        if directory is not None and not directory.is_dir():
            raise TemplateError(
                f"{inert(str(directory))} is not a folder", hint="--policies-dir takes a folder of templates"
            )
        return cls(directory or _packaged())

    def names(self) -> tuple[str, ...]:
        """Return the names of all templates in the folder, sorted."""
        folders = (folder for folder in self._root.iterdir() if folder.name in _ELEMENTS and folder.is_dir())
        files = ((folder.name, file.name) for folder in folders for file in folder.iterdir())
        return tuple(sorted(f"{folder}/{name[:-5]}" for folder, name in files if name.endswith(".json")))

    def statements(self, name: str) -> tuple[Statement, ...]:
        """Return the statements of a template as they are written; raise `TemplateError` for a bad one."""
        if name not in self._loaded:
            self._loaded[name] = self._read(name)
        return self._loaded[name]

    def render(
        self, name: str, values: Mapping[str, Value], *, available: Mapping[str, Value] | None = None
    ) -> tuple[Statement, ...]:
        """Return a template's statements with its placeholders filled in.

        Every one of `values` must be used; those of `available` may be. In a list, a string with a placeholder
        whose value is a tuple becomes one string for each of its items.
        """
        filling = _Filling(name, {**(available or {}), **values})
        rendered = tuple(filling.statement(statement) for statement in self.statements(name))
        unused = sorted(values.keys() - filling.used)
        if unused:
            raise TemplateError(f"{self._path(name)} does not use ${{{unused[0]}}}, so it would grant something else")
        return rendered

    @cached_property
    def reasons(self) -> Mapping[str, Reason]:
        """Why each statement is there, by the Sid in its template; empty for a folder without `reasons.json`."""
        path = self._root / "reasons.json"
        if not path.is_file():
            return {}
        try:
            found = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_without_duplicates)
            return {sid: Reason(why=str(texts["why"]), docs=str(texts["docs"])) for sid, texts in found.items()}
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise TemplateError(
                f"{inert(str(path))} must give each Sid its why and its docs", reason=repr(error)
            ) from None

    def _path(self, name: str) -> str:
        return inert(str(self._root / f"{name}.json"))  # on one line, whatever the folder is called

    def _read(self, name: str) -> tuple[Statement, ...]:
        path = self._path(name)
        try:
            document = documents.parse((self._root / f"{name}.json").read_text(encoding="utf-8"))
            _check_document(document, _ELEMENTS[name.partition("/")[0]])
        except OSError as error:
            raise TemplateError(
                f"there is no template {path}",
                reason=error.strerror or str(error),
                hint="a folder given with --policies-dir needs every template that the settings use",
            ) from None
        except UnicodeDecodeError as error:
            raise TemplateError(f"{path} is not UTF-8", reason=str(error)) from None
        except DocumentError as error:
            raise TemplateError(f"{path}: {error.message}", reason=error.reason) from None
        return tuple(documents.statements(document))


def _packaged() -> "Traversable":
    package = Path(__file__).parent
    if (package / "policies").is_dir():
        return package / "policies"
    checkout = package.parent.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / "policies").is_dir():
        return checkout / "policies"
    # A zipped package. This import costs several milliseconds, so it is made only here.
    from importlib.resources import files  # noqa: PLC0415

    return files(__package__) / "policies"


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _check_document(document: Mapping[str, Json], elements: frozenset[str]) -> None:
    if set(document) != {"Version", "Statement"} or document["Version"] != documents.VERSION:
        raise DocumentError(f'a template has "Version": "{documents.VERSION}" and "Statement", and nothing else')
    if not isinstance(document["Statement"], list) or not document["Statement"]:
        raise DocumentError("Statement must be a list of at least one statement")
    seen: set[Json] = set()
    for statement in documents.statements(document):
        _check_statement(statement, elements)
        if statement["Sid"] in seen:
            raise DocumentError(f"the Sid {statement['Sid']} stands twice")
        seen.add(statement["Sid"])


def _check_statement(statement: Statement, elements: frozenset[str]) -> None:
    sid = statement.get("Sid")
    if not isinstance(sid, str) or not re.fullmatch(_SID, sid):
        raise DocumentError(f"the Sid {sid!r} is not a capital letter followed by letters and digits (A-Z, a-z, 0-9)")
    if set(statement) - {"Condition"} != elements:
        wanted = ", ".join(sorted(elements))
        raise DocumentError(f"{sid} must have exactly {wanted}, and may have Condition; it has {', '.join(statement)}")
    if statement["Effect"] != "Allow":
        raise DocumentError(f"the Effect of {sid} must be Allow")
    actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    if not actions or not all(isinstance(action, str) and action for action in actions):
        raise DocumentError(f"the Action of {sid} must be a text or a list of texts")
    if "Principal" in statement:
        _check_principal(sid, statement["Principal"])


def _check_principal(sid: str, principal: Json) -> None:
    if not isinstance(principal, dict) or not principal:
        raise DocumentError(f"the Principal of {sid} must name its kind: AWS, Service or Federated")
    for value in principal.values():
        names = value if isinstance(value, list) else [value]
        if not names or not all(isinstance(name, str) and name and "*" not in name for name in names):
            raise DocumentError(f"the Principal of {sid} must be made of concrete names, without '*'")


class _Filling:
    """One rendering: which values there are, and which were used."""

    def __init__(self, name: str, values: Mapping[str, Value]) -> None:
        self._name = name
        self._values = values
        for placeholder, value in values.items():
            _check_value(placeholder, value)
        self.used: set[str] = set()

    def statement(self, statement: Statement) -> Statement:
        return {key: self._node(value) for key, value in statement.items()}

    def _node(self, node: Json) -> Json:
        match node:
            case str():
                return self._one(node)
            case list():
                items = [item for inner in node for item in self._items(inner)]
                if node and not items:
                    raise TemplateError(f"nothing is left of a list in the template {self._name}")
                return items
            case dict():
                filled = {self._one(key): self._node(value) for key, value in node.items()}
                if len(filled) != len(node):
                    raise TemplateError(f"two keys of the template {self._name} become the same")
                return filled
            case _:
                return node

    def _items(self, item: Json) -> list[Json]:
        return [*self._texts(item)] if isinstance(item, str) else [self._node(item)]

    def _one(self, text: str) -> str:
        several = self._several(text)
        if several:
            raise TemplateError(f"${{{several}}} in the template {self._name} has several values: put it into a list")
        return self._fill(text, "")

    def _texts(self, text: str) -> list[str]:
        several = self._several(text)
        return [self._fill(text, item) for item in self._values[several]] if several else [self._fill(text, "")]

    def _several(self, text: str) -> str | None:
        names = dict.fromkeys(re.findall(_PLACEHOLDER, text))
        unknown = next((name for name in names if name not in self._values), None)
        if unknown:
            raise TemplateError(f"the template {self._name} has the unknown placeholder ${{{unknown}}}")
        self.used.update(names)
        several = [name for name in names if isinstance(self._values[name], tuple)]
        if len(several) > 1:
            raise TemplateError(f"{text!r} in the template {self._name} has two placeholders with several values")
        return several[0] if several else None

    def _fill(self, text: str, item: str) -> str:
        def value(found: re.Match[str]) -> str:
            filled = self._values[found[1]]
            return filled if isinstance(filled, str) else item

        return re.sub(_PLACEHOLDER, value, text)


def _check_value(name: str, value: Value) -> None:
    for text in (value,) if isinstance(value, str) else value:
        if not text or any(part in text for part in _WIDENING):
            raise TemplateError(f"the value {text!r} of ${{{name}}} would widen a policy")
