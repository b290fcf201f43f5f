"""Send the webhooks that are due, and remember how it went.

What is owed is decided in `core.webhooks` and kept in the outbox; how it travels, in `net.post`. A delivery that is sent and not
recorded, because the power went in between, is sent again: at least once, and the id tells the receiver.

No receiver keeps another one waiting: a sending that drags on gives up its place, and of a host where they drag on few are sent at
once. What is left out is put off for a while, and does not count as an attempt.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from urllib.parse import urlsplit

import structlog

from mezzotint.core.errors import MezzotintError, Unavailable
from mezzotint.core.signing import account_webhook_secret, bfl_signature, standard_signature, webhook_key
from mezzotint.core.tasks import Inputs, Task
from mezzotint.core.webhooks import GONE, Attempt, Delivery, Event
from mezzotint.crash_points import reached
from mezzotint.ports import Poster, Reply
from mezzotint.service.tools import Tools

AT_ONCE = 32  # sendings that have a place
MOST = 200  # sendings, with those that drag on
DRAGS = 1.0  # seconds after which one drags on
OF_SLOW_HOST = 4  # sendings at once to a host where they do
SLOW_FOR = 60.0  # seconds that a host is held to be slow
PUT_OFF = 5.0  # seconds at least that a sending waits which such a host has no place for
LONGEST_PUT_OFF = 90.0
SPACING = DRAGS / OF_SLOW_HOST  # seconds between what is put off: a host that drags on takes no more
PARTING = 5.0  # seconds that closing waits for what is being sent
FAREWELL = "the receiver is gone for good, and is not asked again"
PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)  # seconds between asking the ledger again; all together far less than TAKEN
IDLE = 5.0  # seconds between looks when nothing wakes us
SOON = 0.01  # seconds at least until a retry is looked for: clocks are not that exact

log = structlog.get_logger("webhooks")

Answer = TypeVar("Answer")
Compose = Callable[[Task, Inputs, Event], bytes]
"""The body of a task's webhook about an event, in the words of the surface that the task was created on."""


async def _patiently(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """Asks a ledger that cannot answer just now again: a webhook that was sent and not recorded would be sent once more."""
    for delay in PAUSES:
        try:
            return await ask()
        except Unavailable:
            await asyncio.sleep(delay)
    return await ask()


class _Hosts:
    """How many sendings each receiver has, and which take their time."""

    def __init__(self) -> None:
        self._busy: Counter[str] = Counter()
        self._slow_until: dict[str, float] = {}
        self._place_at: dict[str, float] = {}  # when the next one that is put off comes again

    def full(self, host: str) -> bool:
        return self._busy[host] >= OF_SLOW_HOST and self._slow_until.get(host, 0.0) > time.monotonic()

    def drags(self, host: str) -> None:
        now = time.monotonic()
        self._slow_until = {name: until for name, until in self._slow_until.items() if until > now} | {host: now + SLOW_FOR}

    def later(self, host: str) -> float:
        """Seconds to put off what it has no place for: one after the other, and not all at once after the same while."""
        now = time.monotonic()
        place = max(now + PUT_OFF, self._place_at.get(host, 0.0) + SPACING)
        self._place_at = {name: at for name, at in self._place_at.items() if at > now} | {host: min(place, now + LONGEST_PUT_OFF)}
        return self._place_at[host] - now

    @contextmanager
    def sending(self, host: str) -> Iterator[None]:
        self._busy[host] += 1
        try:
            yield
        finally:
            self._busy[host] -= 1
            if not self._busy[host]:
                del self._busy[host]


class Deliveries:
    def __init__(self, tools: Tools, poster: Poster, compose: Compose) -> None:
        self._tools, self._poster, self._compose = tools, poster, compose
        self._sending: set[asyncio.Task[None]] = set()
        self._dragging = 0  # of those
        self._hosts = _Hosts()

    async def run(self) -> None:
        """For ever; a failure of the ledger is waited out. What a server that died had in hand is sent first."""
        taken_back = False
        while True:
            taken_back = taken_back or await self._take_back()
            heard = self._tools.hub.outbox_calls
            due = await self._due()
            for delivery in due:
                sending = asyncio.create_task(self.deliver(delivery))
                self._sending.add(sending)
                sending.add_done_callback(self._sent)
            if not due:
                await self._tools.hub.wait_for_outbox(await self._patience(), heard)

    async def _take_back(self) -> bool:
        """Whether it was done. Ours is the only server on this ledger, or it would not have started."""
        try:
            lost = await self._tools.ledger.take_back()
        except Exception:
            log.exception("outbox cannot be written")
            return False
        if lost:
            log.info("webhooks taken back", count=lost)
        return True

    async def _patience(self) -> float:
        """Seconds until the next retry comes due, if that is sooner than we look anyway."""
        try:
            left = await self._tools.ledger.next_due()
        except MezzotintError as error:
            log.warning("outbox cannot be read", why=str(error))
            return IDLE
        except Exception:
            log.exception("outbox cannot be read")
            return IDLE
        return IDLE if left is None else min(max(left, SOON), IDLE)

    async def _due(self) -> list[Delivery]:
        """As many as there are places for."""
        room = min(AT_ONCE - (len(self._sending) - self._dragging), MOST - len(self._sending))
        try:
            return await self._tools.ledger.due(room) if room > 0 else []
        except MezzotintError as error:
            log.warning("outbox cannot be read", why=str(error))
        except Exception:
            log.exception("outbox cannot be read")  # a fault of ours, which is no reason to stop serving
        return []

    def _sent(self, sending: asyncio.Task[None]) -> None:
        self._sending.discard(sending)
        self._tools.hub.owed()
        error = None if sending.cancelled() else sending.exception()
        if isinstance(error, MezzotintError):  # it is still owed, and offered again
            log.warning("a delivery was not recorded", why=str(error))
        elif error is not None:
            log.error("a delivery failed", exc_info=error)

    async def close(self) -> None:
        """Waits for what is being sent, and gives up what drags on: it is still owed."""
        if not self._sending:
            return
        _, late = await asyncio.wait(self._sending, timeout=PARTING)
        for sending in late:
            sending.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def deliver(self, delivery: Delivery) -> None:
        """One attempt, recorded; nothing where its host is busy with too much that drags on."""
        task = await _patiently(lambda: self._tools.ledger.get(delivery.task))
        inputs = await _patiently(lambda: self._tools.ledger.inputs(delivery.task))
        if task is None or inputs is None or inputs.webhook_url is None:
            return
        host = urlsplit(inputs.webhook_url).hostname or ""
        if self._hosts.full(host):
            await self._tools.ledger.put_off(delivery, self._hosts.later(host))
            return
        body = self._compose(task, inputs, delivery.event)
        headers = self._headers(delivery, task, inputs, body)
        began = time.monotonic()
        with self._hosts.sending(host):
            reached("webhook: taken")
            reply = await self._posted(inputs.webhook_url, host, body, headers)
        reached("webhook: posted")
        ms = round((time.monotonic() - began) * 1000, 1)
        attempt = Attempt(reply.status, reply.note or (FAREWELL if reply.status == GONE else ""), ms, reply.retry_after)
        jitter = random.random()  # noqa: S311 - jitter needs no secrecy
        standing = await _patiently(lambda: self._tools.ledger.record(delivery, attempt, jitter))
        reached("webhook: recorded")
        say = log.info if attempt.delivered else log.warning
        about = {"id": delivery.id, "task": str(task.id), "host": host, "attempt": delivery.attempt + 1, "standing": standing.value}
        say("webhook", **about, status=attempt.status, note=attempt.note, ms=ms)

    async def _posted(self, url: str, host: str, body: bytes, headers: dict[str, str]) -> Reply:
        posting = asyncio.create_task(self._poster.post(url, body, headers))
        try:
            done, _ = await asyncio.wait([posting], timeout=DRAGS)
            if done:
                return posting.result()
            self._hosts.drags(host)
            self._dragging += 1
            self._tools.hub.owed()
            try:
                return await posting
            finally:
                self._dragging -= 1
        finally:
            posting.cancel()

    def _headers(self, delivery: Delivery, task: Task, inputs: Inputs, body: bytes) -> dict[str, str]:
        """Both families: Standard Webhooks always, BFL's where the request gave a secret."""
        given = inputs.webhook_secret
        secret = given or account_webhook_secret(self._tools.secret, task.account)
        timestamp = int(self._tools.clock.now())
        headers = {
            "content-type": "application/json",
            "webhook-id": delivery.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": standard_signature(webhook_key(secret), delivery.id, timestamp, body),
        }
        if given:
            headers["x-bfl-signature"] = bfl_signature(given, body)
            if self._tools.policy.echo_secret:
                headers["x-webhook-secret"] = given
        return headers
