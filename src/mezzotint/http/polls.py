"""How often an account may poll: so many times in each second, as the headers of every poll say."""

from __future__ import annotations

import math
from collections import Counter

from mezzotint.core.errors import TooManyRequests
from mezzotint.ports import Clock


class PollWindow:
    """Windows of one second. They are counted in this process: polls are too many to write each down."""

    def __init__(self, limit: int, clock: Clock) -> None:
        self._limit, self._clock = limit, clock
        self._second, self._taken = 0, Counter[str]()

    def take(self, account: str) -> dict[str, str]:
        """Counts a poll; answers the headers that tell what is left. Raises TooManyRequests."""
        now = self._clock.now()
        if int(now) != self._second:
            self._second, self._taken = int(now), Counter()
        self._taken[account] += 1
        left, reset = self._limit - self._taken[account], self._second + 1
        wait = math.ceil(reset - now)
        if left < 0:
            raise TooManyRequests(f"more than {self._limit} polls in one second: wait {wait} s", wait)
        return {
            "retry-after": str(round(reset - now)),
            "x-ratelimit-limit": str(self._limit),
            "x-ratelimit-remaining": str(left),
            "x-ratelimit-reset": f"{float(reset):.4f}",
        }
