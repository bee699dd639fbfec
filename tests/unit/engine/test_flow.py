"""Calls that travel side by side: bounded, each result taken up at once, and how far they are is heard."""

import threading

import pytest

from personalize_perms.engine.flow import Flow


def test_results_are_taken_up_in_the_thread_that_waits_and_may_start_more() -> None:
    taken: list[int] = []
    threads: set[int] = set()

    def take(number: int) -> None:
        taken.append(number)
        threads.add(threading.get_ident())
        if number < 100:
            flow.start(lambda: number + 100, take)

    with Flow(3) as flow:
        for number in range(50):
            flow.start(lambda number=number: number, take)  # type: ignore[misc]
        flow.finish()
    assert sorted(taken) == [*range(50), *range(100, 150)]
    assert threads == {threading.get_ident()}


def test_no_more_travel_at_once_than_there_are_workers_and_few_are_handed_over_early() -> None:
    lock, now, most = threading.Lock(), 0, 0

    def call() -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        with lock:
            now -= 1

    with Flow(4) as flow:
        for _ in range(500):
            flow.start(call, lambda _: None)
            assert len(flow._waiting) <= 8
        flow.finish()
    assert 1 <= most <= 4


def test_the_first_failure_ends_the_flow() -> None:
    asked: list[int] = []

    def fail() -> None:
        raise ValueError("no")

    def run() -> None:
        with Flow(1) as flow:
            flow.start(fail, lambda _: None)
            for number in range(100):
                flow.start(lambda number=number: asked.append(number), lambda _: None)  # type: ignore[misc]
            flow.finish()

    with pytest.raises(ValueError, match="no"):
        run()
    assert len(asked) < 100


def test_how_far_it_is_is_heard_and_ends_with_all() -> None:
    heard: list[tuple[int, int]] = []
    with Flow(2, lambda done, known: heard.append((done, known))) as flow:
        for _ in range(20):
            flow.start(lambda: None, lambda _: None)
        flow.finish()
    assert heard == sorted(heard)
    assert heard[-1] == (20, 20)
