"""Calls that travel side by side, each result deciding at once what to ask next.

Waiting stage by stage would make every bucket wait for the slowest one. Here the calls run in threads and their
results are taken up by the one thread that started them, so what they fill needs no locks.
"""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Self, TypeVar

T = TypeVar("T")


class Flow:
    """A bounded number of calls in flight. The first exception ends the flow and is raised by `finish`."""

    def __init__(self, workers: int) -> None:
        self._pool = ThreadPoolExecutor(workers)
        self._waiting: dict[Future[None], Callable[[], None]] = {}

    def start(self, call: Callable[[], T], then: Callable[[T], None]) -> None:
        """Send `call`; `then` takes its result in the thread that runs `finish`."""
        results: list[T] = []
        future = self._pool.submit(lambda: results.append(call()))
        self._waiting[future] = lambda: then(results[0])

    def finish(self) -> None:
        """Wait until nothing is in flight, also what the results started."""
        while self._waiting:
            done, _ = wait(self._waiting, return_when=FIRST_COMPLETED)
            for future in done:
                then = self._waiting.pop(future)
                future.result()
                then()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=kind is None, cancel_futures=True)
