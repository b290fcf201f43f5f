"""Addresses at which providers may say that an order has come further: each signed for one order, and nothing but a reason to look.

What a provider says there is not read: the answer to a poll is the truth. So whoever learns of such an address can have one poll made, and
a signature over what is said would protect nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from mezzotint.core import ids
from mezzotint.core.signing import order_key, order_token, same

PATH = "/v1/providers/news"
ORDER = re.compile(r"(0|[1-9][0-9]{0,2})-([1-9][0-9]{0,4})", re.ASCII)


@dataclass(frozen=True)
class News:
    """That the `number`th order for picture `index` of a task may have come further."""

    task: UUID
    index: int
    number: int


@dataclass(frozen=True)
class Hook:
    """What a worker makes the addresses of a task's orders from, the same for every attempt: `key` signs them."""

    url: str
    key: str

    def address(self, index: int, number: int) -> str:
        order = f"{index}-{number}"
        return f"{self.url}/{order}/{order_token(self.key, order)}"


def hook_of(secret: bytes, public_url: str, task: UUID) -> Hook:
    return Hook(f"{public_url}{PATH}/{task}", order_key(secret, task))


def heard(secret: bytes, task: str, order: str, token: str) -> News | None:
    """What an address says whose parts these are; None for one that we did not make."""
    found, parts = ids.read(task), ORDER.fullmatch(order)
    if found is None or parts is None or not same(order_token(order_key(secret, found), order), token):
        return None
    return News(found, int(parts[1]), int(parts[2]))
