"""How long is waited, and until when."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator

from mezzotint.core.errands import ProviderAnswer

LONGEST_BACKOFF = 20.0  # seconds


class Deadline:
    """Time since an errand was first taken up; what earlier attempts used counts."""

    def __init__(self, used: float) -> None:
        self._began = time.monotonic() - used

    def over(self, seconds: float) -> bool:
        return self.left(seconds) <= 0

    def left(self, seconds: float) -> float:
        return self._began + seconds - time.monotonic()


def backoff(first: float) -> Iterator[float]:
    """Seconds that grow, with jitter, so that those that failed together do not come again together."""
    delay = first
    while True:
        yield delay * random.uniform(0.7, 1.3)  # noqa: S311 - it spreads load, and keeps no secret
        delay = min(delay * 2, LONGEST_BACKOFF)


def retry_after(answer: ProviderAnswer) -> float:
    """Seconds of a Retry-After; 0 for a date, or none."""
    text = answer.headers.get("retry-after", "").strip()
    return float(text) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", text, re.ASCII) else 0.0
