"""What is asked of the C library is only asked where it is known."""

import ctypes
from typing import Any

import pytest

from personalize_perms.aws import allocator


class Library:
    def __init__(self) -> None:
        self.asked: dict[int, int] = {}

    def mallopt(self, what: int, value: int) -> int:
        self.asked[what] = value
        return 1


def test_glibc_is_asked_to_keep_one_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library()
    monkeypatch.setattr(allocator, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda _: library)
    allocator.keep_little()
    assert library.asked == {-8: 1, -3: 65536, -1: 65536}


def test_another_library_is_asked_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocator, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    allocator.keep_little()


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_another_system_is_asked_nothing(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(allocator, "platform", system)
    monkeypatch.setattr(ctypes, "CDLL", refuse)
    allocator.keep_little()
