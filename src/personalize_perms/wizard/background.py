"""Work that is done while a person reads and answers: nobody waits for it unless its result is needed."""

import threading
from collections.abc import Callable
from itertools import count
from queue import PriorityQueue
from typing import Final

_WORKERS: Final = 4
_Job = tuple[int, int, Callable[[], None]]


class Background:
    """A few threads that do what matters most first. They end with the program: none holds it up."""

    def __init__(self, workers: int = _WORKERS) -> None:
        self._workers = workers
        self._jobs: PriorityQueue[_Job] = PriorityQueue()
        self._number = count()
        self._started = 0
        self._lock = threading.Lock()
        self._closed = False

    def do(self, job: Callable[[], None], *, priority: int = 0) -> None:
        """Do `job` when its turn comes, those of lower `priority` first; a job must not raise."""
        with self._lock:
            if self._closed:
                return
            self._jobs.put((priority, next(self._number), job))
            if self._started < self._workers:
                self._started += 1
                threading.Thread(target=self._work, daemon=True).start()

    def close(self) -> None:
        """Do nothing more; what is under way ends by itself."""
        with self._lock:
            self._closed = True
            for _ in range(self._started):
                self._jobs.put((0, next(self._number), _nothing))

    def _work(self) -> None:
        while not self._closed:
            _, _, job = self._jobs.get()
            if not self._closed:
                job()


def _nothing() -> None:
    """Wake a thread, so that it ends."""
