"""Both clients against a real server: the one that waits, and the one that awaits, driven from here by an event loop of its own."""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from pytest_httpserver import HTTPServer

from mezzotint import (
    AsyncClient,
    AuthenticationFailed,
    BadAnswer,
    BadRequest,
    Client,
    LinkExpired,
    NoSuchThing,
    Picture,
    ServerUnreachable,
    Snapshot,
    TaskCanceled,
    TaskMissing,
    WaitTimeout,
)
from mezzotint.client import flow
from mezzotint.client.webhooks import verify
from mezzotint.core.catalogue import CARDS
from mezzotint.core.headers import read_header
from tests.acceptance.servers import KEY, Server, serving
from tests.acceptance.test_serving import receiver
from tests.receivers import an_unused_port

SMALL: dict[str, Any] = {"prompt": "a boat", "width": 256, "height": 256, "seed": 7, "steps": 50}
SLOW = "15"  # seconds for a picture that nobody waits for
Connect = Callable[..., Any]


class Awaiting:
    """An AsyncClient whose methods may be called like a Client's."""

    def __init__(self, portal: BlockingPortal, *arguments: Any, **details: Any) -> None:
        self._portal, self._client = portal, AsyncClient(*arguments, **details)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        return lambda *given, **named: self._portal.call(partial(method, *given, **named))


@pytest.fixture(params=["Client", "AsyncClient"])
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Makes clients of one kind, and closes them."""
    with start_blocking_portal() as portal:
        made: list[Any] = []

        def make(server: Server | str, key: str | None = KEY, **details: Any) -> Any:
            url = server if isinstance(server, str) else server.url
            made.append(Client(url, key, **details) if request.param == "Client" else Awaiting(portal, url, key, **details))
            return made[-1]

        yield make
        for client in made:
            client.close()


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("quick"), MEZZOTINT_REACH="127.0.0.0/8") as server:
        yield server


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that takes longer for a picture than any test."""
    with serving(tmp_path_factory.mktemp("slow"), MEZZOTINT_STUB_SECONDS=SLOW, MEZZOTINT_GRACE="0") as server:
        yield server


@pytest.fixture
def no_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "RETRY_DELAYS", ())


# the two of them


def methods(kind: type) -> dict[str, list[str]]:
    named = {name: getattr(kind, name) for name in vars(kind) if not name.startswith("_")}
    return {name: [str(one) for one in inspect.signature(found).parameters.values()] for name, found in named.items() if callable(found)}


def test_both_have_the_same_methods_which_take_the_same() -> None:
    assert methods(Client) == methods(AsyncClient)
    assert list(inspect.signature(Client).parameters) == list(inspect.signature(AsyncClient).parameters)


# pictures


def test_words_become_a_picture(quick: Server, connect: Connect) -> None:
    seen: list[Snapshot] = []

    picture = connect(quick).generate("flux-dev", watch=seen.append, **SMALL)

    assert (picture.seed, picture.prompt, picture.engine) == (7, "a boat", "stub")
    assert picture.duration is not None
    assert [snapshot.state for snapshot in seen][-1] == "Ready"
    assert {snapshot.id for snapshot in seen} == {picture.task}


def test_a_picture_is_downloaded_and_saved(quick: Server, connect: Connect, tmp_path: Path) -> None:
    client = connect(quick)
    picture = client.generate("flux-dev", output_format="png", **SMALL)

    data = client.download(picture)
    client.save(picture, tmp_path / "boat.png")
    client.save(picture.url, str(tmp_path / "again.png"))

    header = read_header(data)
    assert (header.format, header.width, header.height) == ("png", 256, 256)
    assert (tmp_path / "boat.png").read_bytes() == (tmp_path / "again.png").read_bytes() == data


def test_a_task_is_created_now_and_waited_for_later_by_its_id(quick: Server, connect: Connect) -> None:
    job = connect(quick).create("flux-dev", **SMALL)

    by_id, by_job = connect(quick).wait(job.id), connect(quick).wait(job)

    assert job.engine == "stub"
    assert by_id.task == by_job.task == job.id
    assert connect(quick).poll(job.id).state == "Ready"


def test_a_task_can_be_waited_for_without_the_key_where_one_has_its_address(quick: Server, connect: Connect) -> None:
    job = connect(quick).create("flux-dev", **SMALL)

    assert connect(quick, key=None).wait(job).task == job.id


def test_one_client_makes_many_pictures_at_once(quick: Server) -> None:
    with Client(quick.url, KEY) as client, ThreadPoolExecutor(6) as threads:
        made = [task.result() for task in [threads.submit(client.generate, "flux-dev", prompt="a boat", seed=seed) for seed in range(6)]]

    assert [picture.seed for picture in made] == list(range(6))
    assert len({picture.task for picture in made}) == 6


def test_one_client_awaits_many_pictures_at_once(quick: Server) -> None:
    async def make() -> list[Any]:
        async with AsyncClient(quick.url, KEY) as client:
            return await asyncio.gather(*(client.generate("flux-dev", prompt="a boat", seed=seed) for seed in range(6)))

    made = asyncio.run(make())

    assert [picture.seed for picture in made] == list(range(6))
    assert len({picture.task for picture in made}) == 6


# what is wrong


def test_what_is_wrong_with_a_request_is_said(quick: Server, connect: Connect) -> None:
    with pytest.raises(BadRequest, match="width") as refused:
        connect(quick).create("flux-dev", prompt="a boat", width=1)

    assert refused.value.status in (400, 422)
    assert refused.value.request_id


def test_a_model_that_is_not_there_is_not_asked_for_twice(quick: Server, connect: Connect) -> None:
    began = time.monotonic()

    with pytest.raises(NoSuchThing, match="flux-none"):
        connect(quick).create("flux-none", prompt="a boat")
    with pytest.raises(NoSuchThing, match="flux-none"):
        connect(quick).model("flux-none")
    assert time.monotonic() - began < sum(flow.RETRY_DELAYS)


@pytest.mark.parametrize("key", [None, "mz_another"])
def test_without_a_key_of_the_server_nothing_is_made(quick: Server, connect: Connect, key: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MEZZOTINT_API_KEY", "COMETAPI_KEY", "BFL_API_KEY"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(AuthenticationFailed):
        connect(quick, key).create("flux-dev", **SMALL)


def test_a_task_that_is_not_there_is_told_apart(quick: Server, connect: Connect) -> None:
    with pytest.raises(TaskMissing):
        connect(quick).wait("01900000-0000-7000-8000-000000000000")
    with pytest.raises(NoSuchThing):
        connect(quick).task("01900000-0000-7000-8000-000000000000")


def test_a_link_that_was_altered_does_not_hold(quick: Server, connect: Connect) -> None:
    picture = connect(quick).generate("flux-dev", **SMALL)

    with pytest.raises(LinkExpired):
        connect(quick).download(picture.url[:-4] + "AAAA")


def test_a_server_that_is_not_there_is_named_without_what_is_secret(connect: Connect, no_retries: None) -> None:
    port = an_unused_port()

    with pytest.raises(ServerUnreachable, match=f"127.0.0.1:{port}/flux/v1/flux-dev cannot be reached") as refused:
        connect(f"http://user:secret@127.0.0.1:{port}").create("flux-dev", **SMALL)
    assert "secret" not in str(refused.value)


# tasks and models


def test_the_models_are_those_of_the_catalogue(quick: Server, connect: Connect) -> None:
    client = connect(quick)

    assert {entry["id"] for entry in client.models()} == {card.name for card in CARDS if card.listed}
    assert "width" in client.model("flux-dev")["schema"]["properties"]


def test_tasks_are_listed_newest_first_and_page_by_page(quick: Server, connect: Connect) -> None:
    client = connect(quick)
    made = [client.generate("flux-dev", **SMALL).task for _ in range(3)]

    assert [task["id"] for task in client.tasks(3)] == made[::-1]
    assert [task["id"] for task in client.tasks(1, before=made[1])] == made[:1]
    assert client.task(made[0])["status"] == "ready"


def test_a_task_is_canceled_and_whoever_waits_for_it_is_told(slow: Server, connect: Connect) -> None:
    client = connect(slow)
    job = client.create("flux-dev", **SMALL)

    def cancel_once_it_runs(snapshot: Snapshot) -> None:
        if snapshot.running and not canceled:
            canceled.append(other.cancel(job))

    canceled: list[dict[str, Any]] = []
    other = Client(slow.url, KEY)
    with pytest.raises(TaskCanceled) as ended:
        client.wait(job, watch=cancel_once_it_runs)

    other.close()
    assert ended.value.task == job.id
    assert client.task(job)["status"] == "canceled"


def test_a_wait_that_is_too_short_says_how_to_come_back(slow: Server, connect: Connect) -> None:
    client = connect(slow)
    job = client.create("flux-dev", **SMALL)

    with pytest.raises(WaitTimeout, match=job.id) as late:
        client.wait(job, timeout=0.2)

    assert late.value.task == job.id
    client.cancel(job.id)


# absences


class Absence:
    """Kills a server when its task is first seen, and starts it, quicker, once it was asked for in vain."""

    def __init__(self, server: Server) -> None:
        self._server, self._gone, self._missed = server, threading.Event(), threading.Event()
        self._return = threading.Thread(target=self._come_back)

    def watch(self, _: Snapshot) -> None:
        if not self._gone.is_set():
            self._server.kill_all()
            self._gone.set()
            self._return.start()

    def asked(self, _: httpx2.Request) -> None:
        if self._gone.is_set():
            self._missed.set()

    async def asked_async(self, request: httpx2.Request) -> None:
        self.asked(request)

    def _come_back(self) -> None:
        assert self._missed.wait(20)
        self._server.settings["MEZZOTINT_STUB_SECONDS"] = "0"
        self._server.start()

    def over(self) -> bool:
        self._return.join(30)
        return self._missed.is_set()


async def generated_over(absence: Absence, url: str) -> Picture:
    async with httpx2.AsyncClient(event_hooks={"request": [absence.asked_async]}, trust_env=False) as http:
        return await AsyncClient(url, KEY, http=http).generate("flux-dev", watch=absence.watch, **SMALL)


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_wait_goes_on_over_a_restart_of_the_server(tmp_path: Path, kind: type) -> None:
    with serving(tmp_path, MEZZOTINT_STUB_SECONDS=SLOW) as server:
        absence = Absence(server)
        if kind is AsyncClient:
            picture = asyncio.run(generated_over(absence, server.url))
        else:
            with httpx2.Client(event_hooks={"request": [absence.asked]}, trust_env=False) as http:
                picture = Client(server.url, KEY, http=http).generate("flux-dev", watch=absence.watch, **SMALL)

        assert absence.over()
        with Client(server.url, KEY) as client:
            assert [task["id"] for task in client.tasks()] == [picture.task]
            assert client.task(picture.task)["status"] == "ready"


# the way there


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_proxies_of_the_environment_do_not_matter_for_this_machine(quick: Server, connect: Connect, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    nowhere = f"http://127.0.0.1:{an_unused_port()}"
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, nowhere)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    client = connect(f"http://{host}:{quick.port}")

    assert client.download(client.generate("flux-dev", **SMALL))


def test_a_client_that_was_brought_along_is_used_and_left_open(quick: Server) -> None:
    asked: list[str] = []
    with httpx2.Client(event_hooks={"request": [lambda request: asked.append(request.url.path)]}, trust_env=False) as http:
        with Client(quick.url, KEY, http=http) as client:
            client.models()

        assert asked == ["/v1/models"]
        assert not http.is_closed


def test_it_says_who_it_is(connect: Connect, no_retries: None) -> None:
    with receiver(200) as hook:
        with pytest.raises(BadAnswer, match="expected a JSON object"):
            connect(f"http://127.0.0.1:{hook.server_port}").create("flux-dev", **SMALL)

        headers, body = hook.received[0]
    assert headers["user-agent"].startswith("mezzotint-python/")
    assert headers["authorization"] == f"Bearer {KEY}"
    assert b'"a boat"' in body


def test_the_key_does_not_follow_a_redirect_to_another_server(connect: Connect, httpserver: HTTPServer) -> None:
    with receiver(200) as elsewhere:
        httpserver.expect_request("/flux/v1/flux-dev").respond_with_data("", 307, {"location": f"http://127.0.0.1:{elsewhere.server_port}/"})
        with pytest.raises(BadAnswer):
            connect(httpserver.url_for("").rstrip("/")).create("flux-dev", **SMALL)

        headers, _ = elsewhere.received[0]
    assert httpserver.log[0][0].headers["authorization"] == f"Bearer {KEY}"
    assert "authorization" not in {name.lower() for name in headers}


# webhooks


def test_a_webhook_of_the_server_is_known_by_its_signature(quick: Server, connect: Connect) -> None:
    secret = "whsec_c2VjcmV0IG9mIG1pbmU="
    with receiver() as hook:
        task = connect(quick).generate("flux-dev", webhook_url=f"http://127.0.0.1:{hook.server_port}/", webhook_secret=secret, **SMALL).task
        end = time.monotonic() + 15
        while not hook.received and time.monotonic() < end:
            time.sleep(0.01)
        headers, body = hook.received[0]

    assert verify(body, headers, secret, time.time())["task_id"] == task


def test_webhooks_are_listed_read_and_sent_again(quick: Server, connect: Connect) -> None:
    client = connect(quick)
    with receiver(410) as hook:
        task = client.generate("flux-dev", webhook_url=f"http://127.0.0.1:{hook.server_port}/", **SMALL).task
        end = time.monotonic() + 15
        while not (failed := client.webhooks("failed", limit=1)) and time.monotonic() < end:
            time.sleep(0.01)
        [listed] = failed
        again = client.resend(listed["id"])
        while len(hook.received) < 2 and time.monotonic() < end:
            time.sleep(0.01)

    assert (listed["task"], again["id"], again["status"]) == (task, listed["id"], "pending")
    assert client.webhook(listed["id"])["attempts"][0]["status"] == 410
    assert client.webhooks("failed", before=listed["id"]) == []
    assert client.webhook_secret().startswith("whsec_")
    with pytest.raises(NoSuchThing):
        client.webhook("msg_" + "0" * 26)
