"""Webhooks from the outbox to real receivers on this machine, tried again as the clock is wound."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import hashlib
import hmac
import ipaddress
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mezzotint import records
from mezzotint.client.webhooks import verify
from mezzotint.core.errors import LedgerError, Unavailable
from mezzotint.core.signing import account_webhook_secret
from mezzotint.core.tasks import Inputs, NewTask, Task, Verdict
from mezzotint.core.webhooks import ATTEMPTS, DELAYS, Attempt, Delivery, Event, Standing
from mezzotint.ledger.memory import MemoryLedger
from mezzotint.ledger.sqlite import SqliteLedger
from mezzotint.ledger.terms import TAKEN, Terms
from mezzotint.net.guard import Guard
from mezzotint.net.post import CONNECTIONS, SECONDS, GuardedPoster
from mezzotint.ports import Ledger, Limits
from mezzotint.service.tools import Tools
from mezzotint.settings import TABLE
from mezzotint.work import deliveries as module
from mezzotint.work.deliveries import Deliveries
from tests.clocks import HandClock
from tests.receivers import Heard, Receiver, Script, an_unused_port, receiving, saying, sending, silent
from tests.studio import Studio, a_studio
from tests.tasks import a_task, ready
from tests.waiting import until

HERE = (ipaddress.ip_network("127.0.0.0/8"),)


def compose(task: Task, inputs: Inputs, event: Event) -> bytes:
    return records.encode({"id": str(task.id), "status": task.status.value, "prompt": inputs.parameters["prompt"]})


@pytest.fixture
async def here(clock: HandClock) -> AsyncIterator[Studio]:
    """A studio that may reach this machine."""
    made = a_studio(clock, reach=HERE)
    yield made
    await made.client.aclose()


@asynccontextmanager
async def delivering(tools: Tools, *, reach: Sequence[Any] = HERE, seconds: float = 5.0, compose: module.Compose = compose) -> AsyncIterator[Deliveries]:
    """Deliveries that run until the end of the block, where they are broken off as by a crash."""
    poster = GuardedPoster(Guard(reach), seconds=seconds)
    deliveries = Deliveries(tools, poster, compose)
    running = asyncio.create_task(deliveries.run())
    try:
        yield deliveries
        assert not running.done()
    finally:
        broken_off = [running, *deliveries._sending]
        for task in broken_off:
            task.cancel()
        await asyncio.gather(*broken_off, return_exceptions=True)
        await poster.close()


async def an_end(ledger: Ledger, *urls: str, secret: str | None = None) -> list[NewTask]:
    """Tasks that are ready, each owing a webhook."""
    tasks = [a_task("ein Bär \U0001f43b", webhook_url=url) for url in urls]
    tasks = [replace(task, inputs=replace(task.inputs, webhook_secret=secret)) for task in tasks]
    for task in tasks:
        await ledger.submit(task, Limits())
    epoch = await ledger.enlist("w")
    claims = await ledger.claim("w", epoch, ["stub"], len(tasks))
    await ledger.settle([Verdict(claim.task, claim.attempt, ready()) for claim in claims])
    return tasks


def tries(studio: Studio) -> list[tuple[int | None, str]]:
    """What was noted of every attempt."""
    ledger = studio.tools.ledger
    assert isinstance(ledger, MemoryLedger)
    return [(attempt.status, attempt.note) for owed in ledger._outbox.values() for attempt in owed.tries]


def settled(studio: Studio) -> bool:
    ledger = studio.tools.ledger
    assert isinstance(ledger, MemoryLedger)
    return all(owed.settled for owed in ledger._outbox.values())


async def wound(studio: Studio, seconds: float) -> None:
    """The clock, and whoever looks at it."""
    studio.clock.advance(seconds)
    studio.tools.hub.owed()


async def nothing_is_due(studio: Studio) -> bool:
    return not await studio.tools.ledger.due(10)


# what arrives


async def test_a_webhook_is_posted_once_with_the_body_of_its_task(here: Studio) -> None:
    async with receiving(saying(200)) as receiver, delivering(here.tools):
        [task] = await an_end(here.tools.ledger, f"{receiver.url}/hook?a=1")
        here.tools.hub.owed()
        await until(lambda: settled(here), "the webhook to be delivered")

        await wound(here, 7 * 86_400)
        assert await nothing_is_due(here)

    [heard] = receiver.heard
    assert (heard.method, heard.target, heard.headers["content-type"]) == ("POST", "/hook?a=1", "application/json")
    assert json.loads(heard.body) == {"id": str(task.id), "status": "ready", "prompt": "ein Bär \U0001f43b"}
    assert tries(here) == [(200, "")]


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_any_success_counts(here: Studio, status: int) -> None:
    async with receiving(saying(status)) as receiver, delivering(here.tools):
        await an_end(here.tools.ledger, receiver.url)
        here.tools.hub.owed()
        await until(lambda: settled(here), "the webhook to be delivered")

    assert len(receiver.heard) == 1


async def the_one_heard(studio: Studio, secret: str | None) -> Heard:
    async with receiving(saying(200)) as receiver, delivering(studio.tools):
        await an_end(studio.tools.ledger, receiver.url, secret=secret)
        studio.tools.hub.owed()
        await until(lambda: settled(studio), "the webhook to be delivered")
    return receiver.heard[0]


async def test_a_webhook_without_a_secret_is_signed_with_the_accounts(here: Studio) -> None:
    heard = await the_one_heard(here, None)

    secret = account_webhook_secret(here.tools.secret, "default")
    assert verify(heard.body, heard.headers, secret, here.clock.now())["status"] == "ready"
    signed = f"{heard.headers['webhook-id']}.{int(here.clock.now())}.".encode() + heard.body
    mac = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    assert heard.headers["webhook-signature"] == "v1," + base64.b64encode(mac).decode()
    assert not {"x-bfl-signature", "x-webhook-secret"} & set(heard.headers)


async def test_a_webhook_with_a_secret_is_signed_in_both_families(here: Studio) -> None:
    heard = await the_one_heard(here, "ein Geheimnis: Bär")

    assert verify(heard.body, heard.headers, "ein Geheimnis: Bär", here.clock.now())
    assert heard.headers["x-bfl-signature"] == "sha256=" + hmac.new("ein Geheimnis: Bär".encode(), heard.body, hashlib.sha256).hexdigest()
    assert "x-webhook-secret" not in heard.headers


async def test_the_secret_itself_is_sent_only_where_the_operator_says_so(clock: HandClock) -> None:
    studio = a_studio(clock, reach=HERE, echo_secret=True)

    assert (await the_one_heard(studio, "hush")).headers["x-webhook-secret"] == "hush"


# receivers that fail


FAILURES: dict[str, tuple[Script, int | None, str]] = {
    "not found": (saying(404), 404, ""),
    "bad request": (saying(400, b"what is this?"), 400, ""),
    "too many": (saying(429, retry_after="1"), 429, ""),
    "broken": (saying(500), 500, ""),
    "busy": (saying(503), 503, ""),
    "moved": (saying(302, location="http://127.0.0.1:1/elsewhere"), 302, ""),
    "nothing": (sending(b""), None, "RemoteProtocolError"),
    "no HTTP": (sending(b"SSH-2.0-OpenSSH_9.6\r\n"), None, "RemoteProtocolError"),
    "not modified": (saying(304), 304, ""),
    "silent": (silent, None, "no answer within 0.3 seconds"),
}


@pytest.mark.parametrize("case", FAILURES)
async def test_a_receiver_that_fails_is_asked_again_later_under_the_same_id(here: Studio, case: str) -> None:
    script, status, note = FAILURES[case]
    async with receiving(script, saying(200)) as receiver, delivering(here.tools, seconds=0.3 if script is silent else 5.0):
        await an_end(here.tools.ledger, receiver.url)
        here.tools.hub.owed()
        await until(lambda: tries(here), "the first attempt")
        assert not settled(here)
        here.clock.advance(DELAYS[0] - 0.1)
        assert await nothing_is_due(here)

        await wound(here, 0.1 + DELAYS[0] * 0.2)
        await until(lambda: settled(here), "the second attempt")

    [first, second] = tries(here)
    assert (first[0], second) == (status, (200, ""))
    assert first[1].startswith(note)
    one, two = receiver.heard
    assert one.headers["webhook-id"] == two.headers["webhook-id"]
    assert one.body == two.body
    assert int(two.headers["webhook-timestamp"]) > int(one.headers["webhook-timestamp"])
    assert one.headers["webhook-signature"] != two.headers["webhook-signature"]


async def test_a_receiver_that_is_not_there_is_asked_again_later(here: Studio) -> None:
    async with delivering(here.tools):
        await an_end(here.tools.ledger, f"http://127.0.0.1:{an_unused_port()}")
        here.tools.hub.owed()
        await until(lambda: tries(here), "the first attempt")

    assert tries(here)[0][0] is None
    assert not settled(here)


async def test_a_redirect_leads_nowhere(here: Studio) -> None:
    async with receiving(saying(200)) as other, receiving(saying(307, location=other.url)) as receiver, delivering(here.tools):
        await an_end(here.tools.ledger, receiver.url)
        here.tools.hub.owed()
        await until(lambda: tries(here), "the first attempt")

    assert (other.connections, settled(here)) == (0, False)


async def test_an_answer_without_end_is_not_waited_for(here: Studio) -> None:
    async def endless(heard: Heard, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    async with receiving(endless) as receiver, delivering(here.tools):
        await an_end(here.tools.ledger, receiver.url)
        here.tools.hub.owed()
        await until(lambda: settled(here), "the webhook to be delivered")

    assert tries(here) == [(200, "")]


async def test_delays_grow_until_it_is_given_up_in_the_open(here: Studio) -> None:
    async with receiving(saying(500)) as receiver, delivering(here.tools):
        await an_end(here.tools.ledger, receiver.url)
        here.tools.hub.owed()
        await until(lambda: len(tries(here)) == 1, "the first attempt")
        for tried, delay in enumerate(DELAYS, 1):
            here.clock.advance(delay * 0.99)
            assert await nothing_is_due(here), f"attempt {tried + 1} came early"
            await wound(here, delay * 0.22)
            await until(lambda count=tried + 1: len(tries(here)) == count, f"attempt {tried + 1}")  # type: ignore[misc]  # the default holds the number of this round

        assert settled(here)
        await wound(here, 30 * 86_400)
        assert await nothing_is_due(here)

    assert len(receiver.heard) == ATTEMPTS
    assert len({heard.headers["webhook-id"] for heard in receiver.heard}) == 1


async def test_a_receiver_that_is_gone_for_good_is_believed(here: Studio) -> None:
    async with receiving(saying(410)) as receiver, delivering(here.tools):
        await an_end(here.tools.ledger, receiver.url)
        here.tools.hub.owed()
        await until(lambda: tries(here), "the first attempt")

    assert settled(here)
    assert tries(here) == [(410, "the receiver is gone for good, and is not asked again")]


async def test_a_receiver_that_asks_for_a_pause_is_given_it(here: Studio) -> None:
    async with receiving(saying(429, retry_after="3600"), saying(200)) as receiver, delivering(here.tools):
        await an_end(here.tools.ledger, receiver.url)
        here.tools.hub.owed()
        await until(lambda: tries(here), "the first attempt")
        here.clock.advance(3599)
        assert await nothing_is_due(here)
        await wound(here, 1)
        await until(lambda: settled(here), "the second attempt")

    assert len(receiver.heard) == 2


async def test_how_long_a_receiver_took_is_noted(here: Studio) -> None:
    async def slowly(heard: Heard, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)
        await saying(204)(heard, writer)

    async with receiving(slowly) as receiver, delivering(here.tools):
        await an_end(here.tools.ledger, receiver.url)
        here.tools.hub.owed()
        await until(lambda: settled(here), "the webhook to be delivered")

    [message] = await here.tools.ledger.messages_of("default", None, None, 10)
    assert message.tries[0].ms is not None
    assert 200 <= message.tries[0].ms < 5000


async def test_a_dead_letter_that_is_sent_again_arrives_under_its_id_and_signed_anew(here: Studio) -> None:
    async with receiving(saying(410), saying(200)) as receiver, delivering(here.tools):
        await an_end(here.tools.ledger, receiver.url)
        here.tools.hub.owed()
        await until(lambda: settled(here), "it to be given up")
        [dead] = await here.tools.ledger.messages_of("default", Standing.FAILED, None, 10)
        here.clock.advance(86_400)
        await here.tools.ledger.resend(dead.id, "default")
        here.tools.hub.owed()
        await until(lambda: len(tries(here)) == 2, "it to be sent again")

    one, two = receiver.heard
    assert one.headers["webhook-id"] == two.headers["webhook-id"] == dead.id
    secret = account_webhook_secret(here.tools.secret, "default")
    assert verify(two.body, two.headers, secret, here.clock.now()) == json.loads(one.body)


# addresses that may not be reached


async def test_a_private_address_is_not_reached_unless_it_may_be(here: Studio) -> None:
    async with receiving(saying(200)) as receiver:
        await an_end(here.tools.ledger, receiver.url)
        async with delivering(here.tools, reach=()):
            await until(lambda: tries(here), "the first attempt")
        assert receiver.connections == 0
        assert tries(here)[0][0] is None
        assert "private or reserved" in tries(here)[0][1]

        here.clock.advance(DELAYS[0] * 1.2)
        async with delivering(here.tools):
            await until(lambda: settled(here), "the webhook to be delivered")

    assert len(receiver.heard) == 1


# what goes on meanwhile


async def test_a_receiver_that_drags_on_keeps_no_other_waiting(here: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 2)
    monkeypatch.setattr(module, "OF_SLOW_HOST", 10)  # both are at 127.0.0.1
    monkeypatch.setattr(module, "DRAGS", 0.05)
    async with receiving(silent) as slow, receiving(saying(200)) as quick, delivering(here.tools, seconds=10):
        await an_end(here.tools.ledger, *[slow.url] * 3, *[quick.url] * 3)
        here.tools.hub.owed()

        await until(lambda: len(quick.heard) == 3, "the quick one to have its own")

    assert slow.connections <= 3


async def test_many_receivers_that_say_nothing_hold_no_connection_that_another_needs(here: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "OF_SLOW_HOST", module.MOST)  # all are at 127.0.0.1
    monkeypatch.setattr(module, "DRAGS", 0.05)
    async with receiving(silent) as slow, receiving(saying(200)) as quick, delivering(here.tools, seconds=60):
        await an_end(here.tools.ledger, *[slow.url] * 100)
        here.tools.hub.owed()
        await until(lambda: slow.connections == 100, "all of them to be on their way")
        await an_end(here.tools.ledger, quick.url)
        here.tools.hub.owed()

        await until(lambda: quick.heard, "the quick one to have its own")


def test_there_are_connections_for_all_that_is_sent_at_once() -> None:
    assert CONNECTIONS > module.MOST


async def test_to_a_host_that_drags_on_few_are_sent_at_once_and_none_is_forgotten(here: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DRAGS", 0.05)
    open_at_once, most, answer = 0, 0, asyncio.Event()

    async def slowly(heard: Heard, writer: asyncio.StreamWriter) -> None:
        nonlocal open_at_once, most
        open_at_once += 1
        most = max(most, open_at_once)
        await answer.wait()
        open_at_once -= 1
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")

    async with receiving(slowly) as receiver, delivering(here.tools, seconds=10) as deliveries:
        await an_end(here.tools.ledger, receiver.url)
        here.tools.hub.owed()
        await until(lambda: deliveries._dragging, "it to be known as slow")
        await an_end(here.tools.ledger, *[receiver.url] * 9)
        here.tools.hub.owed()
        await until(lambda: open_at_once == module.OF_SLOW_HOST, "all places that it has")
        assert await nothing_is_due(here)  # the others were looked at

        answer.set()
        await until(lambda: len(tries(here)) == module.OF_SLOW_HOST, "those to be answered")
        deliveries._hosts._slow_until.clear()
        await wound(here, module.PUT_OFF * 2)
        await until(lambda: settled(here), "all of them")

    assert most == module.OF_SLOW_HOST
    assert len(receiver.heard) == 10


async def test_a_ledger_that_cannot_be_read_is_waited_out(here: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDLE", 0.01)
    trouble: list[Exception] = [LedgerError("the disk is full"), RuntimeError("a fault of ours")]

    class Troubled(MemoryLedger):
        async def due(self, count: int) -> list[Delivery]:
            if trouble:
                raise trouble.pop()
            return await super().due(count)

    here.tools.ledger.__class__ = Troubled
    async with receiving(saying(200)) as receiver, delivering(here.tools):
        await an_end(here.tools.ledger, receiver.url)

        await until(lambda: settled(here), "the webhook to be delivered")

    assert not trouble


async def test_a_webhook_that_cannot_be_written_stops_no_other(here: Studio) -> None:
    def fragile(task: Task, inputs: Inputs, event: Event) -> bytes:
        if inputs.webhook_url and inputs.webhook_url.endswith("/break"):
            raise RuntimeError("a fault of ours")
        return compose(task, inputs, event)

    async with receiving(saying(200)) as receiver, delivering(here.tools, compose=fragile):
        await an_end(here.tools.ledger, f"{receiver.url}/break", f"{receiver.url}/whole")
        here.tools.hub.owed()

        await until(lambda: receiver.heard, "the other one")

    assert [heard.target for heard in receiver.heard] == ["/whole"]


# the end of the process


async def test_what_was_broken_off_is_sent_again_by_whoever_comes_next(here: Studio) -> None:
    async with receiving(silent, saying(200)) as receiver:
        await an_end(here.tools.ledger, receiver.url)
        async with delivering(here.tools):
            await until(lambda: receiver.heard, "it to be on its way")
        assert await nothing_is_due(here)
        async with delivering(here.tools):
            await until(lambda: settled(here), "the webhook to be delivered, and at once")

    first, second = receiver.heard
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert tries(here) == [(200, "")]  # what was broken off is no attempt


async def test_closing_waits_for_what_is_on_its_way(here: Studio) -> None:
    answer = asyncio.Event()

    async def later(heard: Heard, writer: asyncio.StreamWriter) -> None:
        await answer.wait()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")

    async with receiving(later) as receiver, delivering(here.tools) as deliveries:
        await an_end(here.tools.ledger, receiver.url)
        here.tools.hub.owed()
        await until(lambda: receiver.heard, "it to be on its way")
        closing = asyncio.create_task(deliveries.close())
        answer.set()

        await asyncio.wait_for(closing, 5)

        assert settled(here)


async def test_closing_gives_up_what_drags_on(here: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PARTING", 0.05)
    async with receiving(silent) as receiver, delivering(here.tools) as deliveries:
        await an_end(here.tools.ledger, receiver.url)
        here.tools.hub.owed()
        await until(lambda: receiver.heard, "it to be on its way")

        await asyncio.wait_for(deliveries.close(), 3)

        assert (settled(here), tries(here), deliveries._sending) == (False, [], set())


async def test_the_outbox_survives_a_restart(here: Studio, clock: HandClock, tmp_path: Path) -> None:
    def opened() -> SqliteLedger:
        return SqliteLedger(tmp_path / "ledger.db", clock, Terms())

    async def delivered(receiver: Receiver, count: int) -> None:
        """In one life of the server."""
        ledger = opened()
        async with delivering(replace(here.tools, ledger=ledger)) as deliveries:
            await until(lambda: len(receiver.heard) == count, f"attempt {count}")
            await until(lambda: not deliveries._sending, "it to be recorded")
        await ledger.close()

    async with receiving(saying(500), saying(503), saying(200)) as receiver:
        ledger = opened()
        await an_end(ledger, receiver.url)
        await ledger.close()  # before anything was sent

        await delivered(receiver, 1)
        clock.advance(DELAYS[0] * 1.2)
        await delivered(receiver, 2)
        ledger = opened()
        assert await ledger.due(1) == []  # it waits for its time, not for a start
        await ledger.close()
        clock.advance(DELAYS[1] * 1.2)
        await delivered(receiver, 3)
        clock.advance(DELAYS[-1] * 2)
        ledger = opened()
        assert await ledger.due(1) == []
        await ledger.close()

    assert len({heard.headers["webhook-id"] for heard in receiver.heard}) == 1
    assert len({heard.body for heard in receiver.heard}) == 1


async def test_a_sending_that_cannot_be_recorded_is_sent_again(here: Studio) -> None:
    """At least once: the id tells the receiver."""
    broken = [True]

    class Forgetful(MemoryLedger):
        async def record(self, delivery: Delivery, attempt: Attempt, jitter: float) -> Standing:
            if broken.pop() if broken else False:
                raise LedgerError("the power went")
            return await super().record(delivery, attempt, jitter)

    here.tools.ledger.__class__ = Forgetful
    async with receiving(saying(200)) as receiver, delivering(here.tools) as deliveries:
        await an_end(here.tools.ledger, receiver.url)
        here.tools.hub.owed()
        await until(lambda: receiver.heard and not deliveries._sending, "it to be sent")
        assert not settled(here)
        await wound(here, TAKEN)
        await until(lambda: settled(here), "it to be sent again")

    first, second = receiver.heard
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_a_delivery_is_taken_for_longer_than_a_sending_may_last() -> None:
    [timeout] = [setting for setting in TABLE if setting.name == "webhook_timeout"]
    assert timeout.default == SECONDS
    assert timeout.read("60") + module.PARTING < TAKEN


async def test_what_is_put_off_comes_back_one_after_the_other() -> None:
    """A thousand that wait for a host which drags on are not looked at together every few seconds."""
    hosts = module._Hosts()
    waits = [hosts.later("slow.example") for _ in range(1000)]

    assert waits[0] == pytest.approx(module.PUT_OFF)
    assert waits[100] == pytest.approx(module.PUT_OFF + 100 * module.SPACING, rel=0.01)
    assert waits[-1] == pytest.approx(module.LONGEST_PUT_OFF)
    assert hosts.later("other.example") == pytest.approx(module.PUT_OFF)


async def test_a_retry_is_sent_when_it_is_due_and_not_at_the_next_look(here: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDLE", 60.0)

    class Ticking:
        now = staticmethod(time.time)

    ledger = MemoryLedger(Ticking(), Terms(webhook_delays=(0.2,)))
    tools = dataclasses.replace(here.tools, ledger=ledger)
    async with receiving(saying(500), saying(200)) as receiver, delivering(tools):
        await an_end(ledger, receiver.url)
        tools.hub.owed()

        await until(lambda: len(receiver.heard) == 2, "the second attempt")


async def test_an_outbox_that_cannot_be_taken_back_yet_is_taken_back_later(here: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDLE", 0.01)
    trouble: list[Exception] = [LedgerError("the disk is full"), RuntimeError("a fault of ours")]

    class Troubled(MemoryLedger):
        async def take_back(self) -> int:
            if trouble:
                raise trouble.pop()
            return await super().take_back()

        async def next_due(self) -> float | None:
            raise LedgerError("the disk is full")

    async with receiving(saying(200)) as receiver:
        await an_end(here.tools.ledger, receiver.url)
        assert await here.tools.ledger.due(1)
        here.tools.ledger.__class__ = Troubled
        async with delivering(here.tools):
            await until(lambda: settled(here), "the webhook to be delivered")

    assert not trouble


async def test_a_ledger_that_cannot_record_just_now_is_asked_again_and_nothing_is_sent_twice(here: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSES", (0.01,) * 5)
    broken = [True, True, True]

    class Busy(MemoryLedger):
        async def record(self, delivery: Delivery, attempt: Attempt, jitter: float) -> Standing:
            if broken.pop() if broken else False:
                raise Unavailable("the disk is full")
            return await super().record(delivery, attempt, jitter)

    here.tools.ledger.__class__ = Busy
    async with receiving(saying(200)) as receiver, delivering(here.tools):
        await an_end(here.tools.ledger, receiver.url)
        here.tools.hub.owed()
        await until(lambda: settled(here), "the webhook to be recorded")

        assert len(receiver.heard) == 1
