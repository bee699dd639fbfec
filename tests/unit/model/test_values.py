"""Values behave as the standard library's dataclasses do."""

import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_perms.model import values

Decorator = Callable[[type], type]


def _make(decorate: Callable[..., Decorator]) -> dict[str, type[Any]]:
    """Return the same classes by one maker of dataclasses or the other."""

    @decorate(frozen=True, slots=True, kw_only=True, order=True)
    class Named:
        """Only by name."""

        a: int
        b: str = "b"
        c: tuple[int, ...] = field(default_factory=tuple)
        hidden: int = field(default=0, compare=False, repr=False)

    @decorate(frozen=True, slots=True)
    class Placed:
        """By position too."""

        a: int
        b: str = "b"

        def __str__(self) -> str:
            return "placed"

    @decorate(slots=True, kw_only=True)
    class Changing:
        """Not frozen."""

        a: int
        b: str = "b"
        c: list[int] = field(default_factory=list)

    @decorate(frozen=True, slots=True)
    class Empty:
        """No fields."""

    @decorate(frozen=True, slots=True, kw_only=True)
    class Checked:
        """Looks at itself."""

        a: int

        def __post_init__(self) -> None:
            if self.a < 0:
                raise ValueError("below nothing")

    @decorate(frozen=True, slots=True)
    class Longer(Placed):  # type: ignore[misc, valid-type] # the maker is a variable here
        """Inherits."""

        c: int = 3

    @decorate(frozen=True, slots=True)
    class OwnEquality:
        """Has methods of its own."""

        a: int

        def __eq__(self, other: object) -> bool:
            return isinstance(other, OwnEquality)

        def __hash__(self) -> int:
            return 7

        def __repr__(self) -> str:
            return "own"

    every = [Named, Placed, Changing, Empty, Checked, Longer, OwnEquality]
    return {one.__name__: one for one in every}


OURS = _make(values.dataclass)  # type: ignore[arg-type] # its overloads
THEIRS = _make(dataclasses.dataclass)  # type: ignore[arg-type] # its overloads

_WORDS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("Named", (), {"a": 1}),
    ("Named", (), {"a": 2, "b": "x", "c": (1, 2), "hidden": 9}),
    ("Named", (), {"a": 2, "b": "x", "c": (1, 2), "hidden": 8}),
    ("Named", (), {}),
    ("Named", (1,), {}),
    ("Named", (), {"a": 1, "z": 2}),
    ("Placed", (1,), {}),
    ("Placed", (1, "c"), {}),
    ("Placed", (1,), {"b": "c"}),
    ("Placed", (1,), {"a": 2}),
    ("Placed", (1, "c", 3), {}),
    ("Placed", (), {"b": "c"}),
    ("Changing", (), {"a": 1}),
    ("Changing", (), {"a": 1, "c": [3]}),
    ("Empty", (), {}),
    ("Empty", (1,), {}),
    ("Checked", (), {"a": 1}),
    ("Checked", (), {"a": -1}),
    ("Longer", (1, "b", 2), {}),
    ("Longer", (1,), {}),
    ("OwnEquality", (1,), {}),
    ("OwnEquality", (2,), {}),
]


def _built(classes: dict[str, type[Any]], words: tuple[str, tuple[Any, ...], dict[str, Any]]) -> Any:
    name, placed, named = words
    try:
        return classes[name](*placed, **named)
    except (TypeError, ValueError) as error:
        return type(error)


def _tried(act: Callable[[], object]) -> object:
    try:
        return act()
    except (TypeError, AttributeError) as error:
        return type(error)


@pytest.mark.parametrize("words", _WORDS, ids=str)
def test_a_value_is_built_described_and_taken_apart_as_a_dataclass_is(
    words: tuple[str, tuple[Any, ...], dict[str, Any]],
) -> None:
    ours, theirs = _built(OURS, words), _built(THEIRS, words)
    if isinstance(theirs, type):
        assert ours is theirs
        return
    acts: list[Callable[[Any], object]] = [
        repr,
        str,
        dataclasses.asdict,
        lambda one: _tried(lambda: isinstance(hash(one), int)),
        lambda one: dataclasses.asdict(copy.copy(one)),
        lambda one: dataclasses.asdict(copy.deepcopy(one)),
        lambda one: hasattr(one, "a") and _tried(lambda: setattr(one, "a", 5)),
        lambda one: hasattr(one, "a") and _tried(lambda: delattr(one, "a")),
        lambda one: _tried(lambda: dataclasses.asdict(dataclasses.replace(one, a=6))),
        lambda one: type(one).__match_args__,
        lambda one: [(each.name, each.kw_only) for each in dataclasses.fields(one)],
    ]
    for act in acts:
        assert str(act(ours)) == str(act(theirs))


def test_a_frozen_value_takes_no_attribute_that_it_has_not() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError, match="unheard"):
        OURS["Placed"](1).unheard = 5
    with pytest.raises(AttributeError, match="unheard"):
        OURS["Changing"](a=1).unheard = 5


def test_values_compare_and_hash_as_dataclasses_do() -> None:
    ours = [one for one in (_built(OURS, words) for words in _WORDS) if not isinstance(one, type)]
    theirs = [one for one in (_built(THEIRS, words) for words in _WORDS) if not isinstance(one, type)]
    for one, same in zip(ours, theirs, strict=True):
        for other, same_other in zip(ours, theirs, strict=True):
            assert (one == other) is (same == same_other)
            assert _tried(lambda a=one, b=other: a < b) is _tried(lambda a=same, b=same_other: a < b)  # type: ignore[misc]
            assert _tried(lambda a=one, b=other: a >= b) is _tried(lambda a=same, b=same_other: a >= b)  # type: ignore[misc]
            assert _tried(lambda a=one, b=other: hash(a) == hash(b)) is _tried(  # type: ignore[misc]
                lambda a=same, b=same_other: hash(a) == hash(b)  # type: ignore[misc]
            )


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abc"), st.tuples(st.integers(0, 2))), min_size=2))
def test_values_sort_as_their_fields_do(rows: list[tuple[int, str, tuple[int]]]) -> None:
    named = OURS["Named"]
    found = sorted(named(a=a, b=b, c=c) for a, b, c in rows)
    assert [(one.a, one.b, one.c) for one in found] == sorted(rows)
    assert len(set(found)) == len(set(rows))


@values.dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A value that travels."""

    a: int
    b: tuple[str, ...] = ()


def test_a_value_survives_being_written_and_read() -> None:
    kept = Kept(a=1, b=("x",))
    assert pickle.loads(pickle.dumps(kept)) == kept  # noqa: S301 - our own bytes


def test_a_default_that_nothing_would_set_is_refused() -> None:
    class Hidden:
        """Has a field that is no argument."""

        a: int = field(default=1, init=False)

    with pytest.raises(TypeError, match="is no argument"):
        values.dataclass(frozen=True, slots=True)(Hidden)


def test_only_slots_are_built() -> None:
    with pytest.raises(TypeError, match="slots"):
        values.dataclass(frozen=True, slots=False)
