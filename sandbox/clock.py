"""Time as whole microseconds since 1970 in UTC, from a clock that tests can move."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Instant = int
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FOREVER: Instant = 2**62


def wall_clock() -> Instant:
    return time.time_ns() // 1000


class Clock:
    """Real time plus an offset; a frozen clock moves only by `advance` and by `tick`."""

    def __init__(self, frozen: bool = False, wall: Callable[[], Instant] = wall_clock) -> None:
        self.frozen = frozen
        self._wall = wall
        self._stopped = wall()
        self.offset = 0
        self.latest = 0

    def now(self) -> Instant:
        base = self._stopped if self.frozen else self._wall()
        return max(base + self.offset, self.latest)

    def tick(self) -> Instant:
        """An instant later than now: no two changes share one, nor one with something that was due,
        so that the log of what was presented sees each state even while the clock is frozen."""
        self.latest = self.now() + 1
        return self.latest

    def advance(self, seconds: float) -> Instant:
        if seconds < 0:
            raise ValueError("advance: the clock only moves forward")
        base = self._stopped if self.frozen else self._wall()
        # From the latest tick on: what is due in two seconds is due after two seconds.
        self.offset = self.now() + microseconds(seconds) - base
        return self.now()

    def restart(self) -> None:
        """Back to real time; a frozen clock stops again at this moment."""
        self._stopped = self._wall()
        self.offset = self.latest = 0

    def resume(self, offset: int, latest: Instant) -> None:
        """Continue after a restart, never earlier than the last recorded change."""
        self.offset, self.latest = offset, latest


def microseconds(seconds: float) -> int:
    return round(seconds * 1_000_000)


def instant_of(moment: datetime) -> Instant:
    return (moment - EPOCH) // timedelta(microseconds=1)


def rfc3339(instant: Instant) -> str:
    """Writes a time as Cloudflare does: UTC, at most six fractional digits, no trailing zeros."""
    text = stamp(instant)[:-1].rstrip("0").rstrip(".")
    return text + "Z"


def stamp(instant: Instant) -> str:
    """RFC 3339 in UTC with exactly six fractional digits, so that texts sort as times do."""
    moment = EPOCH + timedelta(microseconds=instant)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"
