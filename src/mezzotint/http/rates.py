"""Limits on how often a key may ask, and how answers tell of them: in headers that each surface's clients know."""

from __future__ import annotations

import math
from collections.abc import MutableMapping
from typing import Any

from mezzotint.core.accounts import ApiKey
from mezzotint.core.errors import TooManyRequests
from mezzotint.ports import Clock
from mezzotint.service.rates import Buckets, Standing
from mezzotint.service.tools import Policy

STANDING = "mezzotint.standing"  # in a request's scope: what the outermost layer tells in headers
CREATES, POLLS = "creates", "polls"
STRANGERS = "requests without a key that holds"
Headers = list[tuple[bytes, bytes]]


class Gate:
    """Counts requests against the limit of their key, or the server's where the key has none of its own."""

    def __init__(self, policy: Policy, clock: Clock) -> None:
        self._buckets = Buckets(clock)
        self.lifted = policy.limits is None
        self._strangers, self._addresses = policy.stranger_rate, Buckets(clock)  # apart: however many come, no key is forgotten for them
        self._usual = {CREATES: policy.create_rate, POLLS: policy.poll_rate}

    def count(self, scope: MutableMapping[str, Any], what: str, key: ApiKey) -> None:
        """Raises TooManyRequests."""
        rate = (key.create_rate if what == CREATES else key.poll_rate) or self._usual[what]
        if rate is not None and not self.lifted:
            check(scope, self._buckets.take(what, key.id, rate))

    def count_stranger(self, scope: MutableMapping[str, Any], address: str) -> None:
        """Of an address that is refused for want of a key. Raises TooManyRequests."""
        if self._strangers is None or self.lifted:
            return
        standing = self._addresses.take(STRANGERS, address, self._strangers)
        if standing.refused:  # else it is told no more than that it needs a key
            check(scope, standing)


def check(scope: MutableMapping[str, Any], standing: Standing) -> None:
    """Raises TooManyRequests for one too many; the answer tells of it either way."""
    scope[STANDING] = standing
    if standing.refused:
        wait = standing.retry_after
        raise TooManyRequests(f"more than {standing.rate.count} {standing.what} in {standing.rate.seconds} s: wait {wait} s", wait)


def ietf(standing: Standing) -> Headers:
    """As draft-ietf-httpapi-ratelimit-headers-11 has them."""
    policy = f'"{standing.what}";q={standing.rate.count};w={standing.rate.seconds}'
    left = f'"{standing.what}";r={standing.left};t={math.ceil(standing.full)}'
    return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", left.encode())]


def bfl(standing: Standing) -> Headers:
    """As Black Forest Labs' polls have them: the reset in Unix seconds, and Retry-After though nothing was refused."""
    headers = [
        (b"x-ratelimit-limit", str(standing.rate.count).encode()),
        (b"x-ratelimit-remaining", str(standing.left).encode()),
        (b"x-ratelimit-reset", f"{standing.now + standing.full:.4f}".encode()),
    ]
    if standing.what == POLLS and not standing.refused:
        headers.append((b"retry-after", str(round(standing.full)).encode()))
    return headers


def openai(standing: Standing) -> Headers:
    """As OpenAI's answers have them: the reset as a duration, such as 6m0s or 120ms."""
    return [
        (b"x-ratelimit-limit-requests", str(standing.rate.count).encode()),
        (b"x-ratelimit-remaining-requests", str(standing.left).encode()),
        (b"x-ratelimit-reset-requests", _duration(standing.full).encode()),
    ]


def _duration(seconds: float) -> str:
    if seconds < 1:
        return f"{math.ceil(seconds * 1000)}ms"
    minutes, rest = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if hours or minutes else "") + f"{rest}s"
