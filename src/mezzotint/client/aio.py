"""The client that awaits: the same conversations as `sync`, driven without blocking."""

from __future__ import annotations

import asyncio
import os
import time
import uuid
from collections.abc import Sequence
from typing import Any, TypeVar

import httpx2

from mezzotint.client import configuration
from mezzotint.client.flow import WAIT, Answer, Ask, Flow, Job, Pause, Picture, Server, Snapshot
from mezzotint.client.sync import AGENT, DIRECT, Watch, _ignore, _named, headers_of, patience, unanswered

Result = TypeVar("Result")


class AsyncClient:
    """See `Client`.

    async with AsyncClient() as client:
        picture = await client.generate("flux-dev", prompt="a red fox")
        await client.save(picture, "fox.jpeg")
    """

    def __init__(self, base_url: str | None = None, api_key: str | None = None, *, timeout: float = 30.0, http: httpx2.AsyncClient | None = None) -> None:
        self._server = Server(configuration.base_url(base_url))
        self._key = configuration.api_key(api_key)
        self._http = http or httpx2.AsyncClient(timeout=timeout, headers=AGENT, mounts=DIRECT, follow_redirects=True)
        self._own = http is None

    @property
    def base_url(self) -> str:
        return self._server.base

    async def create(self, model: str, **parameters: Any) -> Job:
        return await self._drive(self._server.create(model, parameters, uuid.uuid4().hex))

    async def poll(self, task: str | Job) -> Snapshot:
        return await self._drive(self._server.poll(*_named(task)))

    async def wait(self, task: str | Job, *, timeout: float = WAIT, watch: Watch = _ignore) -> Picture:
        return await self._drive(self._server.wait(*_named(task), timeout, time.monotonic, watch))

    async def generate(self, model: str, *, timeout: float = WAIT, watch: Watch = _ignore, **parameters: Any) -> Picture:
        return await self.wait(await self.create(model, **parameters), timeout=timeout, watch=watch)

    async def download(self, picture: str | Picture) -> bytes:
        return await self._drive(self._server.download(picture if isinstance(picture, str) else picture.url))

    async def save(self, picture: str | Picture, path: str | os.PathLike[str]) -> None:
        from mezzotint.client.files import write_whole

        data = await self.download(picture)
        await asyncio.to_thread(write_whole, path, data)

    async def cancel(self, task: str | Job) -> dict[str, Any]:
        return await self._drive(self._server.cancel(_named(task)[0]))

    async def models(self) -> list[dict[str, Any]]:
        return await self._drive(self._server.models())

    async def model(self, name: str) -> dict[str, Any]:
        return await self._drive(self._server.model(name))

    async def tasks(self, limit: int = 20, before: str | None = None) -> list[dict[str, Any]]:
        return await self._drive(self._server.tasks(limit, before))

    async def task(self, task: str | Job) -> dict[str, Any]:
        return await self._drive(self._server.task(_named(task)[0]))

    async def usage(self, first: str | None = None, last: str | None = None, by: Sequence[str] = ()) -> dict[str, Any]:
        return await self._drive(self._server.usage(first, last, by))

    async def webhooks(self, status: str | None = None, limit: int = 20, before: str | None = None) -> list[dict[str, Any]]:
        return await self._drive(self._server.webhooks(status, limit, before))

    async def webhook(self, webhook: str) -> dict[str, Any]:
        return await self._drive(self._server.webhook(webhook))

    async def resend(self, webhook: str) -> dict[str, Any]:
        return await self._drive(self._server.resend(webhook))

    async def webhook_secret(self) -> str:
        return await self._drive(self._server.webhook_secret())

    async def estimate(self, model: str, **parameters: Any) -> float:
        return await self._drive(self._server.estimate(model, parameters))

    async def close(self) -> None:
        if self._own:
            await self._http.aclose()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def _drive(self, flow: Flow[Result]) -> Result:
        reply: Answer | None = None
        while True:
            try:
                step = flow.send(reply)
            except StopIteration as end:
                result: Result = end.value
                return result
            if isinstance(step, Pause):
                await asyncio.sleep(step.seconds)
                reply = None
            else:
                reply = await self._ask(step)

    async def _ask(self, ask: Ask) -> Answer:
        try:
            answer = await self._http.request(ask.method, ask.url, json=ask.body, headers=headers_of(ask, self._key), timeout=patience(ask, self._http.timeout))
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            return unanswered(ask, error)
        return Answer(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.content)
