"""Dataclasses whose methods are shared instead of compiled.

The standard library writes the source of six methods for each frozen dataclass and compiles it: about 0.7 ms a class,
and this program has more than two hundred. That was a quarter of what an offline run cost. Here the standard library
still makes the class (its fields, slots and match arguments, so `replace`, `fields`, `asdict` and cattrs know it), and
the methods are closures over the fields. For classes such as those here they do the same; a test compares them.

Compiled methods are quicker to call, 1.4 to 1.9 times: where hundreds of thousands of values are made (`evaluate/` and
`model/access`), the standard library's own decorator is worth its price.
"""

import dataclasses
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

_Getter = Callable[[object], Any]
_Compare = Callable[[object, object], object]
_ORDER = ("__lt__", "__le__", "__gt__", "__ge__")


def _value(
    *, slots: bool, frozen: bool = False, kw_only: bool = False, order: bool = False
) -> Callable[[type[Any]], type[Any]]:
    """Return a decorator that does what `dataclasses.dataclass` does with these flags. Only slots are built."""
    if not slots:
        raise TypeError("only dataclasses with slots are built here")

    def decorate(body: type[Any]) -> type[Any]:
        maker = dataclasses.dataclass(slots=True, kw_only=kw_only, init=False, repr=False, eq=False)
        cls: type[Any] = maker(body)
        every = dataclasses.fields(cls)
        _refuse_unset(cls, every)
        compared = _getter(tuple(one.name for one in every if one.compare))
        methods: dict[str, object] = {
            "__init__": _initialiser(cls, every),
            "__repr__": _describer(every),
            "__eq__": _equals(compared),
            "__hash__": _hashed(compared) if frozen else None,
        }
        if order:
            methods |= {name: _ordered(name, compared) for name in _ORDER}
        if frozen:
            methods |= {"__setattr__": _refuse_to_set, "__delattr__": _refuse_to_delete}
            methods |= {"__getstate__": _state, "__setstate__": _restore}
        for name, method in methods.items():
            if body.__dict__.get(name) is None:
                setattr(cls, name, method)
        return cls

    return decorate


def _getter(names: tuple[str, ...]) -> _Getter:
    return operator.attrgetter(*names) if names else lambda _: ()


def _initialiser(cls: type[Any], every: tuple[dataclasses.Field[Any], ...]) -> Callable[..., None]:
    missing = dataclasses.MISSING
    rows = [(one.name, getattr(cls, one.name).__set__, one.default, one.default_factory) for one in _in_order(every)]
    puts = [put for _, put, _, _ in rows]
    placed = sum(1 for one in every if one.init and not one.kw_only)
    checks = hasattr(cls, "__post_init__")

    def __init__(self: Any, /, *given: object, **named: object) -> None:  # noqa: N807, ANN401 - it becomes the method
        count = len(given)
        if count > placed:
            raise TypeError(f"{cls.__name__}() takes {placed} positional arguments but {count} were given")
        for put, value in zip(puts, given, strict=False):
            put(self, value)
        for name, put, default, factory in rows[count:] if count else rows:
            if name in named:
                put(self, named.pop(name))
            elif default is not missing:
                put(self, default)
            elif factory is not missing:
                put(self, factory())
            else:
                raise TypeError(f"{cls.__name__}() is missing the argument {name!r}")
        if named:
            raise TypeError(f"{cls.__name__}() got an unexpected argument, or one twice: {next(iter(named))!r}")
        if checks:
            self.__post_init__()

    return __init__


def _refuse_unset(cls: type, every: tuple[dataclasses.Field[Any], ...]) -> None:
    """Refuse a field that is no argument and has a default: nothing here would set it."""
    missing = (dataclasses.MISSING, dataclasses.MISSING)
    for one in every:
        if not one.init and (one.default, one.default_factory) != missing:
            raise TypeError(f"{cls.__name__}.{one.name} is no argument: set it in __post_init__, without a default")


def _in_order(every: tuple[dataclasses.Field[Any], ...]) -> list[dataclasses.Field[Any]]:
    """Return the fields that are arguments, those that have a position first."""
    return sorted((one for one in every if one.init), key=lambda one: bool(one.kw_only))


def _describer(every: tuple[dataclasses.Field[Any], ...]) -> Callable[[object], str]:
    shown = tuple(one.name for one in every if one.repr)

    def __repr__(self: object) -> str:  # noqa: N807 - it becomes the method
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

    return __repr__


def _equals(compared: _Getter) -> _Compare:
    def __eq__(self: object, other: object) -> bool:  # noqa: N807 - it becomes the method
        return bool(compared(self) == compared(other)) if other.__class__ is self.__class__ else NotImplemented

    return __eq__


def _hashed(compared: _Getter) -> Callable[[object], int]:
    def __hash__(self: object) -> int:  # noqa: N807 - it becomes the method
        return hash(compared(self))

    return __hash__


def _ordered(name: str, compared: _Getter) -> _Compare:
    compare_them: _Compare = getattr(operator, name)

    def compare(self: object, other: object) -> object:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return compare_them(compared(self), compared(other))

    return compare


def _refuse_to_set(_: object, name: str, __: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[object]:  # noqa: ANN401 - any of the classes built here
    return [getattr(self, one.name) for one in dataclasses.fields(self)]


def _restore(self: Any, state: list[object]) -> None:  # noqa: ANN401 - any of the classes built here
    for one, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, one.name, value)


if TYPE_CHECKING:
    # The type checker sees the standard library's own, whose flags and fields it knows.
    from dataclasses import dataclass
else:
    dataclass = _value
