"""Calls that travel side by side, each result deciding at once what to ask next.

Waiting stage by stage would make every bucket wait for the slowest one. Here the calls run in threads and their
results are taken up by the one thread that started them, so what they fill needs no locks.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType
from typing import Self, TypeAlias, TypeVar

T = TypeVar("T")


Heard: TypeAlias = Callable[[int, int], None]
"""Hears how many calls are done, and of how many that are known so far."""


def nobody(done: int, known: int) -> None:
    """Hear nothing."""


class Flow:
    """A bounded number of calls in flight. The first exception ends the flow and is raised by `finish`."""

    def __init__(self, workers: int, heard: Heard = nobody) -> None:
        self._pool = ThreadPoolExecutor(workers)
        # A call that only waits takes a tenth of the memory of one that was submitted; a thread never waits for one.
        self._most = 2 * workers
        self._queue: deque[tuple[Callable[[], None], Callable[[], None]]] = deque()
        self._waiting: dict[Future[None], Callable[[], None]] = {}
        # Not `futures.wait`: it looks at every call under way each time that one ends.
        self._ended: SimpleQueue[Future[None]] = SimpleQueue()
        self._heard = heard
        self._done = 0

    def start(self, call: Callable[[], T], then: Callable[[T], None]) -> None:
        """Send `call`; `then` takes its result in the thread that runs `finish`."""
        results: list[T] = []
        self._queue.append((lambda: results.append(call()), lambda: then(results[0])))
        self._submit()

    def finish(self) -> None:
        """Wait until nothing is in flight, also what the results started."""
        while self._waiting:
            done = [self._ended.get()]
            while not self._ended.empty():
                done.append(self._ended.get())
            taken_up = [(future, self._waiting.pop(future)) for future in done]
            self._submit()
            for future, then in taken_up:
                future.result()
                self._done += 1
                then()
            self._heard(self._done, self._done + len(self._waiting) + len(self._queue))

    def _submit(self) -> None:
        while self._queue and len(self._waiting) < self._most:
            call, then = self._queue.popleft()
            future = self._pool.submit(call)
            self._waiting[future] = then
            future.add_done_callback(self._ended.put)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=kind is None, cancel_futures=True)
