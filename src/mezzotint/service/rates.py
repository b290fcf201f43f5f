"""How often somebody may ask: token buckets, counted in this process. A server is one process, and a restart fills every bucket."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import NamedTuple

from mezzotint.core.accounts import Rate
from mezzotint.ports import Clock

MOST = 10_000  # buckets that are kept; beyond that the one that was looked at longest ago is forgotten, and so is full again
LOOKS = 2  # at other buckets with every request, to forget those that are full again
SLACK = 1e-6  # seconds that floating point may be off


class Standing(NamedTuple):
    """What a limit leaves whoever has just asked. `left` requests now; where this one was one too many, the next may come in `wait`
    seconds. All are back in `full` seconds, counted from `now` in Unix seconds. `what` says what is counted."""

    what: str
    rate: Rate
    left: int
    full: float
    now: float
    wait: float = 0.0

    @property
    def refused(self) -> bool:
        return self.wait > 0

    @property
    def retry_after(self) -> int:
        """Whole seconds after which the next request is taken."""
        return max(1, math.ceil(self.wait - SLACK))


class Buckets:
    """A bucket is one number: when it will be full again. One that is full is not kept at all."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._began = clock, clock.now()
        self._full_at = OrderedDict[tuple[str, str], float]()  # since the beginning: small numbers are more exact

    def take(self, what: str, owner: str, rate: Rate) -> Standing:
        """Counts a request, unless it is one too many."""
        clock = self._clock.now()
        now = clock - self._began
        self._forget_full(now)
        name, step = (what, owner), rate.seconds / rate.count
        used = max(self._full_at.get(name, now) - now, 0.0)
        if used > rate.seconds + SLACK:  # the clock was set back, or the rate is another: nobody is locked out for that
            used = 0.0
        over = used + step - rate.seconds
        if over > SLACK:
            return Standing(what, rate, 0, used, clock, over)
        used += step
        self._full_at[name] = now + used
        return Standing(what, rate, int((rate.seconds - used) / step + 0.001), used, clock)

    def _forget_full(self, now: float) -> None:
        """Looks at a few, in turn: constant work with every request, and no timer."""
        for _ in range(min(LOOKS, len(self._full_at))):
            name, full_at = self._full_at.popitem(last=False)
            if full_at > now and len(self._full_at) < MOST:
                self._full_at[name] = full_at
