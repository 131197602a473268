"""What the API's parts need from the process that runs them: time, a voice, and leave to write."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import TypeVar

from .errors import StillWaiting
from .polling import JUST_WRITTEN, MAX_AGE, SAY_EVERY, pause_after

T = TypeVar("T")


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Clock:
    """Time as an argument: `now` is aware UTC, `monotonic` and `sleep` are in seconds."""

    now: Callable[[], datetime] = _utc_now
    monotonic: Callable[[], float] = monotonic
    sleep: Callable[[float], None] = sleep


@dataclass(frozen=True)
class Runtime:
    """What a client needs from its process.

    `say` shows a line to the person at the terminal; `raise_if_engine_gone` raises when nothing
    may be written any more; `jitter` answers a number from 0 to 1.
    """

    clock: Clock
    say: Callable[[str], None]
    raise_if_engine_gone: Callable[[], None]
    jitter: Callable[[], float] = random.random

    def wait(self, seconds: float, why: str, is_over: Callable[[], bool] = lambda: False) -> None:
        """Sleeps in slices of ten seconds; each says what is waited for, and may end the wait."""
        ends = self.clock.monotonic() + seconds
        while (left := ends - self.clock.monotonic()) > 0 and not is_over():
            if left > SAY_EVERY:
                self.say(f"waiting for {why}: {left:.0f} s")
            self.clock.sleep(min(left, SAY_EVERY))
            self.raise_if_engine_gone()

    def poll(
        self,
        look: Callable[[float], T | None],
        what: str,
        seconds: float,
        next_step: str,
        *,
        written_ago: float | None = None,
    ) -> T:
        """Polls `look(max_age)` until it answers something; `StillWaiting` after `seconds`.

        One poll of a list serves all who wait: `look` passes `max_age` on to the list. Right
        after writing, a look would see nothing yet: where it is known how many seconds ago this
        process wrote what is waited for, the first look has a pause before it.
        """
        clock = self.clock
        start = said = clock.monotonic()
        pause = 0.0 if written_ago is None else max(JUST_WRITTEN - written_ago, 0.0)
        clock.sleep(pause)
        while (found := look(pause * 0.9 or MAX_AGE)) is None:
            passed = clock.monotonic() - start
            pause = pause_after(passed)
            if passed + pause > seconds:
                raise StillWaiting(f"waited {passed:.0f} s in vain for {what}", next_step)
            if clock.monotonic() - said >= SAY_EVERY:
                said = clock.monotonic()
                self.say(f"waiting for {what} ({passed:.0f} s of at most {seconds:.0f} s)")
            clock.sleep(pause)
            self.raise_if_engine_gone()
        return found
