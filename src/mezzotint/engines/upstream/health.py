"""How a provider is doing, by what it did: whether to ask it now, and if not, when. Known to one process, and only while it runs."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from mezzotint.core.conditions import LONGEST_ERROR, Condition, State

FAILURES = 5  # in a row, after which it is left alone for a while
REST, LONGEST_REST = 2.0, 60.0  # seconds: the first time, and however often
LONGEST_HOLD = 300.0  # seconds that a provider may ask to be left alone for
BARRED = 30.0  # seconds that one which refuses us is not asked

log = structlog.get_logger("upstream")


class Health:
    """A circuit breaker: closed while all is well; open after FAILURES in a row; after a rest one call is let through to see."""

    def __init__(self, name: str, now: Callable[[], float] = time.monotonic) -> None:
        self._name, self._now = name, now
        self._failures, self._rest = 0, REST
        self._until, self._trying, self._barred = 0.0, 0.0, 0.0
        self.why = ""
        self._answered = self._failed = 0
        self._answered_at: float | None = None
        self._failed_at: float | None = None

    @property
    def condition(self) -> Condition:
        state = State.REFUSING if self.barred else State.RESTING if self.wait() > 0 else State.WELL
        return Condition(
            self._name, state, self._answered, self._failed, self._since(self._answered_at), self._since(self._failed_at), self.why[:LONGEST_ERROR]
        )

    def _since(self, at: float | None) -> float | None:
        return None if at is None else round(self._now() - at, 1)

    def _note_failure(self, why: str) -> None:
        self.why, self._trying = why, 0.0
        self._failed, self._failed_at = self._failed + 1, self._now()

    def wait(self) -> float:
        """Seconds until it may be asked; 0: now."""
        left = self._until - self._now()
        if left > 0:
            return left
        return REST / 4 if self._trying > self._now() else 0.0

    @property
    def barred(self) -> bool:
        """It refused us a moment ago, whatever was asked."""
        return self._barred > self._now()

    def begin(self) -> None:
        """A call is made. While it is not known to be well, it is the only one."""
        self._trying = self._now() + LONGEST_REST if self._failures >= FAILURES else 0.0

    def good(self) -> None:
        if self._failures >= FAILURES:
            log.info("provider is well again", provider=self._name)
        self._failures, self._rest, self._trying = 0, REST, 0.0
        self._answered, self._answered_at = self._answered + 1, self._now()

    def bad(self, why: str) -> None:
        self._failures += 1
        self._note_failure(why)
        if self._failures >= FAILURES:
            self._until = max(self._until, self._now() + self._rest)
            log.warning("provider is left alone", provider=self._name, seconds=self._rest, failures=self._failures, why=why)
            self._rest = min(self._rest * 2, LONGEST_REST)

    def hold(self, seconds: float, why: str) -> None:
        """It asked to be left alone."""
        self._until = max(self._until, self._now() + min(max(seconds, 0.0), LONGEST_HOLD))
        self._note_failure(why)

    def bar(self, why: str) -> None:
        """It will have nothing of us, which an operator must see to."""
        if not self.barred:
            log.error("provider refuses us", provider=self._name, why=why)
        self._note_failure(why)
        self._barred = self._now() + BARRED
