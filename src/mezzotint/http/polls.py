"""How often an account may poll where nothing else limits it: so many times in each second, as Black Forest Labs' polls say."""

from __future__ import annotations

from collections import Counter

from mezzotint.core.accounts import Rate
from mezzotint.http.rates import POLLS
from mezzotint.ports import Clock
from mezzotint.service.rates import Standing


class PollWindow:
    """Windows of one second, not buckets: all are back at the second's end, as was seen there."""

    def __init__(self, limit: int, clock: Clock) -> None:
        self._rate, self._clock = Rate(limit, 1), clock
        self._second, self._taken = 0, Counter[str]()

    def take(self, account: str) -> Standing:
        now = self._clock.now()
        if int(now) != self._second:
            self._second, self._taken = int(now), Counter()
        self._taken[account] += 1
        left, full = self._rate.count - self._taken[account], self._second + 1 - now
        return Standing(POLLS, self._rate, max(left, 0), full, now, 0.0 if left >= 0 else full)
