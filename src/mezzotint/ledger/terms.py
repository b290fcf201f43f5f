"""What every ledger holds tasks to."""

from __future__ import annotations

from dataclasses import dataclass

from mezzotint.core.errors import BodyTooLarge, IdempotencyConflict, NotEnlisted, PaymentRequired, TooManyRequests
from mezzotint.core.webhooks import DELAYS, Attempt, Standing

SHARE = 9  # times the places that are free a key's tasks may be: alone it fills nine tenths of the queue, and something is left for others
AHEAD = 8  # tasks at the head of the queue of which a worker may take those first that it prefers
PATIENCE = 30.0  # seconds after which a task is not passed over any more for one that somebody prefers
TAKEN = 90.0  # seconds that a delivery taken by a sender is not offered to another: longer than a send may last


@dataclass(frozen=True)
class Terms:
    """Seconds; `attempts` is how often a task is tried; `keep_images` and `keep_tasks` 0: for ever; `webhook_delays` between attempts."""

    lease: float = 15.0
    attempts: int = 5
    keep_images: float = 86_400.0
    keep_tasks: float = 30 * 86_400.0
    webhook_delays: tuple[float, ...] = DELAYS


def request_differs() -> IdempotencyConflict:
    return IdempotencyConflict("this Idempotency-Key came before with another request: use a new key for a new request")


def forgotten(attempt: Attempt) -> Standing:
    """How a message stands that was settled and forgotten while another sender still had it."""
    return Standing.DELIVERED if attempt.delivered else Standing.FAILED


def queue_full(waiting: int) -> TooManyRequests:
    return TooManyRequests(f"the queue is full: {waiting} tasks wait. Nothing was accepted, try again later", retry_after=5)


def queue_crowded(waiting: int) -> TooManyRequests:
    message = f"the queue is nearly full: {waiting} tasks wait, and most are this key's. Nothing was accepted, try again later"
    return TooManyRequests(message, retry_after=5)


def too_many_active(active: int) -> TooManyRequests:
    return TooManyRequests(f"this key has {active} tasks waiting or running, which is its limit: wait for one to end", retry_after=2)


def no_credits(price: float, left: float) -> PaymentRequired:
    return PaymentRequired(f"this costs {price:g} credits, and the account has {left:g} left")


def over_budget(price: float, left: float) -> PaymentRequired:
    return PaymentRequired(f"this costs {price:g} credits, and this key has {max(left, 0.0):g} left of its budget")


def no_room(size: int, taken: int, room: int) -> BodyTooLarge:
    return BodyTooLarge(f"the file has {size} bytes, and the account's files take {taken} of {room} already: delete some, or wait until they expire")


def not_enlisted(worker: str, epoch: int) -> NotEnlisted:
    return NotEnlisted(f"epoch {epoch} of worker {worker} has passed: it was replaced, or never enlisted")
