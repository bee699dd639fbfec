"""How long a change may take, and how long it waits in between: bounded, jittered, visible, and ended by Ctrl-C."""

import random
import time
from collections.abc import Callable
from threading import Event
from typing import Final

from personalize_perms.model.values import dataclass

DEADLINE: Final = 120.0
"""Seconds that one change may take, all waiting included: about what IAM needs at its slowest."""
LONG_DEADLINE: Final = 300.0
"""Seconds for what AWS does on its own time after it took the call, in another account perhaps."""
MAX_SENDS: Final = 8
LOOKS: Final = (0, 1, 4, 16)
"""Pauses before each look for what a lost call may have done, as multiples of the first pause."""
EQUAL_READS: Final = 3
"""How often the same strange text must be read in a row until it is believed."""
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE, _LONGEST_BACKOFF = 8.0, 40.0
_MOST = 16
"""Doublings of a pause, at the most: more is no number any more."""


@dataclass(slots=True)
class Clock:
    """Time, replaceable in tests. `wait` ends early when its event is set."""

    now: Callable[[], float] = time.monotonic
    wait: Callable[[Event, float], object] = Event.wait
    jitter: Callable[[float, float], float] = random.uniform


class Pace:
    """The time of one change, from its first call on."""

    def __init__(
        self, clock: Clock, stopping: Event, say: Callable[[str, float, float], None], deadline: float = DEADLINE
    ) -> None:
        self.clock = clock
        self._stopping = stopping
        self._say = say
        self._deadline = deadline
        self.started = clock.now()

    @property
    def elapsed(self) -> float:
        """Seconds since the change began."""
        return self.clock.now() - self.started

    @property
    def stopped(self) -> bool:
        """Whether the person wants no more to be sent."""
        return self._stopping.is_set()

    @property
    def over(self) -> bool:
        """Whether nothing more is waited for."""
        return self.stopped or self.elapsed >= self._deadline

    def pause(self, seconds: float, why: str) -> bool:
        """Wait, never beyond the deadline; return False at once if nothing more is waited for."""
        if self.over:
            return False
        self._say(why, self.elapsed, self._deadline)
        self.quietly(seconds)
        return True

    def quietly(self, seconds: float) -> None:
        """Wait for what is no news: shorter if the person stops the run, never beyond the deadline."""
        left = self._deadline - self.elapsed
        if seconds > 0 and left > 0:
            self.clock.wait(self._stopping, min(seconds, left))

    def backoff(self, number: int) -> float:
        """Return a random pause before sending the `number`th time again, so that many callers do not come at once."""
        return self.clock.jitter(0.0, min(_FIRST_PAUSE * 2.0 ** min(number + 1, _MOST), _LONGEST_BACKOFF))

    def even(self, number: int) -> float:
        """Return a pause for something new to be seen everywhere: half a longest one at the most."""
        longest = min(_FIRST_PAUSE * 2.0 ** min(number, _MOST), _LONGEST_PAUSE / 2)
        return self.clock.jitter(longest / 2, longest)


def growing(number: int) -> float:
    """Return the pause before the `number`th reading (from 0) of what is not there yet."""
    return min(_FIRST_PAUSE * 2.0 ** min(number, _MOST), _LONGEST_PAUSE)


def looks() -> tuple[float, ...]:
    """Return the pauses before each look for what a lost call may have done."""
    return tuple(_FIRST_PAUSE * factor for factor in LOOKS)
