"""How long anything here waits, and how often it asks, in seconds: the one place for patience.

What a caller hands over (`wait_seconds`) bounds every wait; these numbers say how it is spent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

# A wait asks again after this part of what it has waited: so much, at most, is waited in vain.
SHARE = 0.29
SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
# Right after a write a look would see nothing yet.
JUST_WRITTEN = 0.75
# A wait says every so often what it waits for.
SAY_EVERY = 10.0

# A list that was read so lately serves another caller too.
MAX_AGE = 3.0
# A refresh of many resources is one look at the zone, however long the engine takes for it.
REFRESH_AGE = 30.0
# Lists lag behind what was written: what they do not show may be there all the same.
LIST_LAG = 30.0
# What a run that died has uploaded is looked for in the lists during this time.
LONGEST_LIST_LAG = timedelta(hours=1)
# What was uploaded at another time than ours is somebody else's: so much may two clocks differ.
CLOCK_SKEW = timedelta(minutes=5)

# A lone change of bindings waits MOMENT for others; when several ran together in the last LATELY,
# it waits until as many have queued, at most LONGEST, and at most QUIET after the last one came.
MOMENT = 0.05
QUIET = 0.25
LONGEST = 1.5
LATELY = 10.0

# One request: to connect, and from then on until something comes.
CONNECT = 5.0
SILENCE = 30.0
# One answer, from its first byte to its last.
LONGEST_ANSWER = 60.0
# The request quota, where no `wait_seconds` bounds the wait: a window of Cloudflare's.
QUOTA_WAIT = 300.0
# One request with all its repetitions.
PATIENCE = 900.0


def pause_after(waited: float) -> float:
    """The seconds until a wait that has lasted for `waited` seconds asks again."""
    return min(max(SHARE * waited, SHORTEST_PAUSE), LONGEST_PAUSE)


@dataclass(frozen=True)
class Retry:
    """How a failed request is repeated: the pauses before each repetition, and what for."""

    pauses: tuple[float, ...]
    why: str


CONFLICT = Retry((5.0,) * 12, "another change of this zone's certificates to end")
FRESH_TOKEN = Retry((1.0, 2.0, 4.0), "Cloudflare to know the token")
SERVER = Retry((1.0, 2.0, 4.0, 8.0, 15.0), "Cloudflare to recover")
THROTTLED = Retry((5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0), "Cloudflare's request quota")
