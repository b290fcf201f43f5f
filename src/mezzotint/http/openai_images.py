"""OpenAI's routes for images: generations, edits and variations, answered when the pictures are there."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from mezzotint import records
from mezzotint.core.accounts import CREATE, ApiKey
from mezzotint.core.catalogue import ModelCard
from mezzotint.core.errors import InvalidRequest, Refusal
from mezzotint.core.parameters import Problem
from mezzotint.core.tasks import Task
from mezzotint.http.auth import Authenticator
from mezzotint.http.dialects import openai
from mezzotint.http.endpoint import Endpoint
from mezzotint.http.flux import idempotency_key
from mezzotint.http.forms import read_form
from mezzotint.http.health import Door
from mezzotint.http.problems import JSON
from mezzotint.http.requests import Origins, hash_of, json_object, label_of, read_body
from mezzotint.service.read import links, until_final
from mezzotint.service.submit import Submission, submit
from mezzotint.service.tools import Tools

WAIT = 600.0  # seconds that a request is held at most


class OpenAIImages:
    def __init__(self, tools: Tools, authenticator: Authenticator, origins: Origins, door: Door, max_body: int) -> None:
        self._tools, self._authenticator, self._origins = tools, authenticator, origins
        self._door, self._max_body = door, max_body

    def routes(self) -> list[Route]:
        return [
            Route("/v1/images/generations", Endpoint(self.generate), methods=["POST"]),
            Route("/v1/images/edits", Endpoint(self.edit), methods=["POST"]),
            Route("/v1/images/variations", Endpoint(self.vary), methods=["POST"]),
        ]

    async def generate(self, request: Request) -> Response:
        key = await self._authenticator.required(request, CREATE)
        self._door.check()
        raw = await read_body(request, self._max_body)
        body = json_object(raw)
        if not isinstance(body.get("prompt"), str) or not body["prompt"].strip():
            raise InvalidRequest([Problem(("prompt",), "Input should be a text that says what to paint", "missing")])
        card = openai.card_of(_model(body, openai.DEFAULT_MODEL))
        return await self._answer(request, raw, key, card, openai.parse(card, body), body)

    async def edit(self, request: Request) -> Response:
        """A picture and a prompt; with a mask, what is transparent or white in it is painted anew."""
        key, raw, body = await self._form(request)
        pictures, mask = body.pop("image", []), body.pop("mask", [])
        if not pictures:
            raise InvalidRequest([Problem(("image",), "Field required", "missing")])
        card = openai.card_of(_model(body, openai.FILLING_MODEL if mask else openai.EDITING_MODEL))
        body = openai.typed(card, body)
        given = openai.parse(card, body) | openai.with_pictures(card, pictures, mask)
        return await self._answer(request, raw, key, card, given, body)

    async def vary(self, request: Request) -> Response:
        key, raw, body = await self._form(request)
        pictures = body.pop("image", [])
        if not pictures:
            raise InvalidRequest([Problem(("image",), "Field required", "missing")])
        card = openai.card_of(_model(body, openai.VARYING_MODEL))
        body = openai.typed(card, body)
        return await self._answer(request, raw, key, card, openai.parse(card, body) | openai.with_pictures(card, pictures, []), body)

    async def _form(self, request: Request) -> tuple[ApiKey, bytes, dict[str, Any]]:
        """The key, the body, and its fields: files as base64, under the names that clients give lists."""
        key = await self._authenticator.required(request, CREATE)
        self._door.check()
        raw = await read_body(request, self._max_body)
        if request.headers.get("content-type", "").startswith("multipart/"):
            return key, raw, openai.fields(await read_form(request.headers, raw))
        return key, raw, openai.fields(json_object(raw).items())

    async def _answer(self, request: Request, raw: bytes, key: ApiKey, card: ModelCard, given: Mapping[str, Any], body: Mapping[str, Any]) -> Response:
        whole, count = openai.as_base64(body), openai.count(body)
        made = [await self._submitted(request, raw, key, card, given, index, count) for index in range(count)]
        origin = self._origins.of(request)
        if body.get("stream") is True:
            return StreamingResponse(self._events(made, origin), media_type="text/event-stream", headers={"cache-control": "no-store"})
        tasks = [openai.check_end(task) for task in await asyncio.gather(*(until_final(each, WAIT, self._tools) for each in made))]
        pictures = [picture for task in tasks for picture in await self._pictures(task, origin, whole=whole)]
        created = int(min(task.created for task in tasks))
        return Response(records.encode({"created": created, "data": pictures}), 200, {"x-mezzotint-engine": tasks[0].engine}, JSON)

    async def _submitted(self, request: Request, raw: bytes, key: ApiKey, card: ModelCard, given: Mapping[str, Any], index: int, count: int) -> Any:
        """One task a picture. A given seed counts up, so that they differ."""
        repeated = idempotency_key(request)
        seed = given.get("seed")
        if index and isinstance(seed, int) and not isinstance(seed, bool):
            given = {**given, "seed": seed + index}
        submission = Submission(
            model=card.name,
            given=given,
            surface=openai.SURFACE,
            key=key,
            origin=self._origins.of(request),
            idempotency_key=f"{repeated}/{index}" if repeated and count > 1 else repeated,
            request_hash=hash_of(request, raw) if repeated else "",
            label=label_of(request),
        )
        return (await submit(submission, card.surface, self._tools)).task

    async def _pictures(self, task: Task, origin: str, *, whole: bool) -> list[dict[str, Any]]:
        if task.outcome is None:
            return []
        told = []
        for image, address in zip(task.outcome.images, links(task, origin, self._tools, renew=True), strict=True):
            data = await self._tools.blobs.get(image.key) if whole else None
            picture = {"url": address} if data is None else {"b64_json": base64.b64encode(data).decode()}
            told.append(picture | {"revised_prompt": task.outcome.prompt or ""})
        return told

    async def _events(self, made: list[Any], origin: str) -> AsyncIterator[bytes]:
        """One event a picture, as each is there. What goes wrong after the answer has begun is an event too."""
        for each in made:
            try:
                task = openai.check_end(await until_final(each, WAIT, self._tools))
                for picture in await self._pictures(task, origin, whole=True):
                    yield _event("image_generation.completed", {**picture, "created_at": int(task.created), "output_format": openai.format_of(task)})
            except Refusal as error:
                yield _event("error", openai.WORDING.body(error, ""))


def _event(kind: str, body: dict[str, Any]) -> bytes:
    return f"event: {kind}\ndata: ".encode() + records.encode({"type": kind} | body) + b"\n\n"


def _model(body: Mapping[str, Any], otherwise: str) -> str:
    model = body.get("model")
    if model is None or model == "":
        return otherwise
    if not isinstance(model, str):
        raise InvalidRequest([Problem(("model",), "Input should be a valid string", "string_type")])
    return model
