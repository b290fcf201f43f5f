"""Accounts, and the keys that speak for them. A key's text is shown once; only its digest is kept."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache

PREFIX = "mz_"
KEY_SHAPE = re.compile(r"mz_[0-9a-f]{48}")  # scannable in logs and repositories
LONGEST_KEY = 512
DEFAULT_ACCOUNT = "default"
READ, CREATE = "read", "create"
SCOPES = {READ: "see tasks, pictures and usage", CREATE: "make tasks and cancel them"}
RATE = re.compile(r"([1-9][0-9]{0,5})/([smhd])", re.ASCII)
SPANS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True)
class Rate:
    """So many requests in so many seconds. All of them may come at once; then they come back one by one."""

    count: int
    seconds: int

    def __str__(self) -> str:
        return f"{self.count}/{next(unit for unit, seconds in SPANS.items() if seconds == self.seconds)}"


@lru_cache
def read_rate(text: str) -> Rate:
    """Raises ValueError."""
    match = RATE.fullmatch(text)
    if match is None:
        raise ValueError("expected requests per second, minute, hour or day, such as 10/s or 600/m")
    return Rate(int(match[1]), SPANS[match[2]])


@dataclass(frozen=True)
class ApiKey:
    """A key as the ledger knows it. `id` is a public handle (the digest's first 16 hex digits); `expires` is Unix seconds."""

    id: str
    account: str
    name: str
    created: float
    expires: float | None = None
    revoked: bool = False
    max_active: int | None = None  # tasks waiting or running at once
    scopes: tuple[str, ...] = ()  # what it may do; empty: everything
    models: tuple[str, ...] = ()  # what it may paint with; empty: all
    budget: float | None = None  # credits that it may spend in all
    spent: float = 0.0
    create_rate: Rate | None = None  # how often it may make tasks; None: as the server's setting says
    poll_rate: Rate | None = None  # the same for everything else

    def may(self, scope: str) -> bool:
        return not self.scopes or scope in self.scopes

    def valid(self, now: float) -> bool:
        return not self.revoked and (self.expires is None or now < self.expires)


@dataclass(frozen=True)
class Usage:
    """Tasks that became ready on one day (UTC, YYYY-MM-DD), and their credits; "" is what was not told apart."""

    key: str
    model: str
    day: str
    label: str
    tasks: int
    credits: float


def digest(key: str) -> str:
    """SHA-256 in hex. Keys are long and random, so a slow hash would only slow us."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def handle(key_digest: str) -> str:
    return key_digest[:16]


def new_key(entropy: bytes) -> str:
    """A key of 24 random bytes."""
    if len(entropy) != 24:
        raise ValueError(f"a key takes 24 random bytes, got {len(entropy)}")
    return PREFIX + entropy.hex()
