"""Send the webhooks that are due, and remember how it went.

What is owed is decided in `core.webhooks` and kept in the outbox; how it travels, in `net.post`. A delivery that is sent and not
recorded, because the power went in between, is sent again: at least once, and the id tells the receiver.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from urllib.parse import urlsplit

import structlog

from mezzotint.core.errors import MezzotintError
from mezzotint.core.signing import account_webhook_secret, bfl_signature, standard_signature, webhook_key
from mezzotint.core.tasks import Inputs, Task
from mezzotint.core.webhooks import Attempt, Delivery
from mezzotint.ports import Poster
from mezzotint.service.tools import Tools

AT_ONCE = 32
IDLE = 5.0  # seconds between looks when nothing wakes us: for retries that come due

log = structlog.get_logger("webhooks")

Compose = Callable[[Task, Inputs], bytes]
"""The body of a task's webhook, in the words of the surface that the task was created on."""


class Deliveries:
    def __init__(self, tools: Tools, poster: Poster, compose: Compose) -> None:
        self._tools, self._poster, self._compose = tools, poster, compose
        self._sending: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """For ever; a failure of the ledger is waited out."""
        while True:
            try:
                room = AT_ONCE - len(self._sending)
                due = await self._tools.ledger.due(room) if room else []
            except MezzotintError as error:
                log.warning("outbox cannot be read", why=str(error))
                due = []
            for delivery in due:
                sending = asyncio.create_task(self.deliver(delivery))
                self._sending.add(sending)
                sending.add_done_callback(self._sent)
            if not due:
                await self._tools.hub.wait_for_outbox(IDLE)

    def _sent(self, sending: asyncio.Task[None]) -> None:
        self._sending.discard(sending)
        self._tools.hub.owed()
        if not sending.cancelled() and (error := sending.exception()) is not None:
            log.error("a delivery failed", exc_info=error)

    async def close(self) -> None:
        """Waits for what is being sent."""
        if self._sending:
            await asyncio.wait(self._sending, timeout=5.0)

    async def deliver(self, delivery: Delivery) -> None:
        """One attempt, recorded."""
        task = await self._tools.ledger.get(delivery.task)
        inputs = await self._tools.ledger.inputs(delivery.task)
        if task is None or inputs is None or inputs.webhook_url is None:
            return
        body = self._compose(task, inputs)
        headers = self._headers(delivery, task, inputs, body)
        reply = await self._poster.post(inputs.webhook_url, body, headers)
        attempt = Attempt(reply.status, reply.note)
        await self._tools.ledger.record(delivery, attempt, random.random())  # noqa: S311 - jitter needs no secrecy
        say = log.info if attempt.delivered else log.warning
        host = urlsplit(inputs.webhook_url).hostname
        say("webhook", id=delivery.id, task=str(task.id), host=host, attempt=delivery.attempt + 1, status=reply.status, note=reply.note)

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
