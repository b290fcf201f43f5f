"""OpenAI's routes for images: generations, edits and variations, answered when the pictures are there."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mezzotint import records
from mezzotint.core.catalogue import ModelCard
from mezzotint.core.errors import InvalidRequest, Refusal
from mezzotint.core.parameters import Problem
from mezzotint.core.previews import Wish
from mezzotint.core.tasks import Task
from mezzotint.http.dialects import openai
from mezzotint.http.endpoint import JSON, route
from mezzotint.http.forms import read_form
from mezzotint.http.intake import Intake, Taken, told_with
from mezzotint.http.requests import json_object
from mezzotint.http.streams import EventStream, event
from mezzotint.service.integrity import picture
from mezzotint.service.read import links, previews_of, until_final
from mezzotint.service.submit import Submission, submit_all
from mezzotint.service.tools import Tools

WAIT = 600.0  # seconds that a request is held at most


@dataclass(frozen=True)
class _Stream:
    """An answer in events: their kind, how many previews of each picture, and what each of them repeats of the request."""

    kind: str
    partials: int
    origin: str
    said: dict[str, Any]


class OpenAIImages:
    def __init__(self, tools: Tools, intake: Intake) -> None:
        self._tools, self._intake = tools, intake

    def routes(self) -> list[Route]:
        return [
            route("POST", "/v1/images/generations", self.generate),
            route("POST", "/v1/images/edits", self.edit),
            route("POST", "/v1/images/variations", self.vary),
        ]

    async def generate(self, request: Request) -> Response:
        taken = await self._intake.take(request)
        body = json_object(taken.body)
        if not isinstance(body.get("prompt"), str) or not body["prompt"].strip():
            raise InvalidRequest([Problem(("prompt",), "Input should be a text that says what to paint", "missing")])
        card = openai.card_of(_model(body, openai.DEFAULT_MODEL))
        return await self._answer(taken, card, openai.parse(card, body), body)

    async def edit(self, request: Request) -> Response:
        """A picture and a prompt; with a mask, what is transparent or white in it is painted anew."""
        taken, body = await self._form(request)
        pictures, mask = body.pop("image", []), body.pop("mask", [])
        if not pictures:
            raise InvalidRequest([Problem(("image",), "Field required", "missing")])
        card = openai.card_of(_model(body, openai.FILLING_MODEL if mask else openai.EDITING_MODEL))
        body = openai.typed(card, body)
        given = openai.parse(card, body) | openai.with_pictures(card, pictures, mask)
        return await self._answer(taken, card, given, body, openai.EDIT)

    async def vary(self, request: Request) -> Response:
        taken, body = await self._form(request)
        pictures = body.pop("image", [])
        if not pictures:
            raise InvalidRequest([Problem(("image",), "Field required", "missing")])
        card = openai.card_of(_model(body, openai.VARYING_MODEL))
        body = openai.typed(card, body)
        return await self._answer(taken, card, openai.parse(card, body) | openai.with_pictures(card, pictures, []), body)

    async def _form(self, request: Request) -> tuple[Taken, dict[str, Any]]:
        """The body's fields: files as base64, under the names that clients give lists."""
        taken = await self._intake.take(request)
        if request.headers.get("content-type", "").startswith("multipart/"):
            return taken, openai.fields(await read_form(request.headers, taken.body))
        return taken, openai.fields(json_object(taken.body).items())

    async def _answer(self, taken: Taken, card: ModelCard, given: Mapping[str, Any], body: Mapping[str, Any], kind: str = openai.GENERATION) -> Response:
        whole, partials, count = openai.as_base64(body), openai.partial_images(body), openai.count(body)
        submission = taken.submission(openai.SURFACE, card, given)
        accepted = await submit_all([_numbered(submission, index) for index in range(count)], self._tools)
        made = [each.task for each in accepted]
        headers = told_with(accepted[0])
        if body.get("stream") is True:
            return self._streamed(made, _Stream(kind, partials, taken.origin, openai.said(body)), headers)
        ends = (until_final(each.task, WAIT, self._tools, fresh=not each.replayed) for each in accepted)
        tasks = [openai.check_end(task) for task in await asyncio.gather(*ends)]
        pictures = [picture for task in tasks for picture in await self._pictures(task, taken.origin, whole=whole)]
        created = int(min(task.created for task in tasks))
        return Response(records.encode({"created": created, "data": pictures}), 200, headers, JSON)

    def _streamed(self, made: list[UUID], stream: _Stream, headers: dict[str, str]) -> Response:
        """Each task is watched from its making, so that the worker knows it with the claim, until the stream is over."""
        with ExitStack() as watching:
            for task in made if stream.partials else ():
                watching.enter_context(self._tools.previews.watching(task, Wish(spread=stream.partials)))
            response = EventStream(self._events(made, stream), watching.pop_all())
        response.headers.update(headers)
        return response

    async def _pictures(self, task: Task, origin: str, *, whole: bool) -> list[dict[str, Any]]:
        if task.outcome is None:
            return []
        told = []
        for image, address in zip(task.outcome.images, links(task, origin, self._tools, renew=True), strict=True):
            data = await picture(image, self._tools.blobs) if whole else None
            shown = {"url": address} if data is None else {"b64_json": base64.b64encode(data).decode()}
            told.append(shown | {"revised_prompt": task.outcome.prompt or ""})
        return told

    async def _events(self, made: list[UUID], stream: _Stream) -> AsyncIterator[bytes]:
        """The previews that were asked for, then one event a picture, as each is there. What goes wrong after the answer has begun is an
        event too."""
        for each in made:
            end, index = time.monotonic() + WAIT, 0
            async for preview in previews_of(each, stream.partials, WAIT, self._tools):
                yield _event(f"{stream.kind}.partial_image", openai.partial_image(preview, index, int(self._tools.clock.now())) | stream.said)
                index += 1
            try:
                task = openai.check_end(await until_final(each, end - time.monotonic(), self._tools))
                for number, picture in enumerate(await self._pictures(task, stream.origin, whole=True)):
                    yield _event(f"{stream.kind}.completed", stream.said | picture | openai.about(task, number))
            except Refusal as error:
                yield _event("error", openai.WORDING.body(error, ""))


def _numbered(submission: Submission, index: int) -> Submission:
    """One of several: a given seed counts up, so that they differ, and each is repeated for itself. The first is known by the
    caller's own idempotency key, so that another request under it is noticed; the others by keys that no header can hold."""
    if not index:
        return submission
    repeated, seed = submission.idempotency_key, submission.given.get("seed")
    if repeated:
        submission = replace(submission, idempotency_key=f"{repeated}\n{index}")
    if isinstance(seed, int) and not isinstance(seed, bool):
        submission = replace(submission, given={**submission.given, "seed": seed + index})
    return submission


def _event(kind: str, body: dict[str, Any]) -> bytes:
    return event(kind, {"type": kind} | body)


def _model(body: Mapping[str, Any], otherwise: str) -> str:
    model = body.get("model")
    if model is None or model == "":
        return otherwise
    if not isinstance(model, str):
        raise InvalidRequest([Problem(("model",), "Input should be a valid string", "string_type")])
    return model
