"""A task as a stream of server-sent events: GET /v1/tasks/{id}/events."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator
from contextlib import nullcontext
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mezzotint.core.accounts import READ
from mezzotint.core.errors import NotFound
from mezzotint.core.previews import FORMAT, Preview, Wish
from mezzotint.core.tasks import Status
from mezzotint.http.auth import Authenticator
from mezzotint.http.endpoint import route
from mezzotint.http.requests import Origins, switch
from mezzotint.http.streams import STILL_HERE, EventStream, event
from mezzotint.service.read import Found, Viewer, find
from mezzotint.service.tools import Tools

SILENCE = 15.0  # seconds after which a comment shows that the stream lives
END = "end"
NAME = re.compile(r"(\d{1,9})-(?:(begun)|(\d{1,9})|(waiting))", re.ASCII)
Place = tuple[int, int, int]  # attempt; begun, at work, or waiting once more; step
NOWHERE: Place = (-1, 0, 0)
OVER: Place = (1_000_000_000, 0, 0)


class Events:
    def __init__(self, tools: Tools, authenticator: Authenticator, origins: Origins) -> None:
        self._tools, self._authenticator, self._origins = tools, authenticator, origins

    def routes(self) -> list[Route]:
        return [route("GET", "/v1/tasks/{id}/events", self.follow)]

    async def follow(self, request: Request) -> Response:
        """One event for each change, the last one for the end. `Last-Event-ID` leaves out what was heard before; 204 if that was the end.

        An event tells how the task stands when it is written, so that a change which another has overtaken may not be told.

        `?previews=true` asks for `preview` events beside them. These have no id, so that a client which comes back says what it said
        without them.
        """
        token = request.query_params.get("token")
        key = await self._authenticator.optional(request, None if token else READ)
        viewer, watched = Viewer(key, token), switch(request, "previews")
        found = await find(request.path_params["id"], viewer, self._tools)
        if found is None:
            raise NotFound(f"there is no task {request.path_params['id'][:64]!r}")
        if key is None:
            await self._authenticator.count_for(request, found.task)
        task, heard = found.task.id, request.headers.get("last-event-id", "")
        if found.task.status.final and heard == END:
            return Response(status_code=204, headers={"cache-control": "no-store"})  # a browser then comes back no more
        during = self._tools.previews.watching(task, Wish(live=True)) if watched else nullcontext()
        return EventStream(self._stream(task, viewer, self._origins.of(request), heard, watched=watched), during)

    async def _stream(self, task: UUID, viewer: Viewer, origin: str, heard: str, *, watched: bool) -> AsyncIterator[bytes]:
        seen: Preview | None = None
        place = place_of(heard)
        with self._tools.hub.bell(task) as bell:
            while (found := await find(str(task), viewer, self._tools)) is not None:
                name, body = _change(found, origin)
                if (now := place_of(name)) > place:  # a server that was killed meanwhile has forgotten steps which were told
                    place = now
                    yield event(body["status"], body, name)
                if watched and (preview := self._tools.previews.of(found.task)) is not None and preview is not seen:
                    seen = preview
                    yield event("preview", _shown(preview))
                if found.task.status.final:
                    return
                if not await bell.wait(SILENCE):
                    yield STILL_HERE


def _change(found: Found, origin: str) -> tuple[str, dict[str, Any]]:
    """Its id and what it says."""
    task, progress = found.task, found.progress
    body: dict[str, Any] = {"id": str(task.id), "status": task.status.value}
    if task.status.final:
        outcome = task.outcome
        body |= {"images": list(found.links(origin)), "reasons": list(outcome.reasons) if outcome else []}
        if outcome is not None and outcome.code:
            body |= {"error": {"code": outcome.code, "message": outcome.message}}
        return END, body
    if task.status is Status.PROCESSING and progress is not None:
        body |= {"step": progress.step, "steps": progress.steps}
        return f"{task.attempt}-{progress.step}", body
    return f"{task.attempt}-{'begun' if task.status is Status.PROCESSING else 'waiting'}", body


def place_of(name: str) -> Place:
    """Where in its task's life an event stands: ids only go up, on however many streams a client hears them."""
    if name == END:
        return OVER
    match = NAME.fullmatch(name)
    if match is None:
        return NOWHERE
    return int(match[1]), 2 if match[4] else 1 if match[3] else 0, int(match[3] or 0)


def _shown(preview: Preview) -> dict[str, Any]:
    """With the picture as an address that an `img` takes."""
    data = f"data:{FORMAT.media_type};base64,{base64.b64encode(preview.image).decode()}"
    return {"id": str(preview.task), "status": Status.PROCESSING.value, "step": preview.step, "steps": preview.steps, "preview": data}
