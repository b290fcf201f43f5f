"""A task as a stream of server-sent events: GET /v1/tasks/{id}/events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from mezzotint import records
from mezzotint.core.accounts import READ
from mezzotint.core.errors import NotFound
from mezzotint.core.tasks import Status
from mezzotint.http.auth import Authenticator
from mezzotint.http.endpoint import route
from mezzotint.http.requests import Origins
from mezzotint.service.read import Found, Viewer, find
from mezzotint.service.tools import Tools

SILENCE = 15.0  # seconds after which a comment shows that the stream lives
MEDIA_TYPE = "text/event-stream"


class Events:
    def __init__(self, tools: Tools, authenticator: Authenticator, origins: Origins) -> None:
        self._tools, self._authenticator, self._origins = tools, authenticator, origins

    def routes(self) -> list[Route]:
        return [route("GET", "/v1/tasks/{id}/events", self.follow)]

    async def follow(self, request: Request) -> Response:
        """One event for each change, the last one for the end. `Last-Event-ID` leaves out what was heard before."""
        token = request.query_params.get("token")
        viewer = Viewer(await self._authenticator.optional(request, None if token else READ), token)
        found = await find(request.path_params["id"], viewer, self._tools)
        if found is None:
            raise NotFound(f"there is no task {request.path_params['id'][:64]!r}")
        stream = self._stream(found, viewer, self._origins.of(request), request.headers.get("last-event-id", ""))
        return StreamingResponse(stream, media_type=MEDIA_TYPE, headers={"cache-control": "no-store", "x-accel-buffering": "no"})

    async def _stream(self, found: Found | None, viewer: Viewer, origin: str, heard: str) -> AsyncIterator[bytes]:
        while found is not None:
            name, body = _event(found, origin)
            if name != heard:
                heard = name
                yield f"id: {name}\nevent: {body['status']}\ndata: ".encode() + records.encode(body) + b"\n\n"
            else:
                yield b": still here\n\n"
            if found.task.status.final:
                return
            await self._tools.hub.wait_for_task(found.task.id, SILENCE)
            found = await find(str(found.task.id), viewer, self._tools)


def _event(found: Found, origin: str) -> tuple[str, dict[str, Any]]:
    """Its id and what it says."""
    task, progress = found.task, found.progress
    body: dict[str, Any] = {"id": str(task.id), "status": task.status.value}
    if task.status.final:
        outcome = task.outcome
        body |= {"images": list(found.links(origin)), "reasons": list(outcome.reasons) if outcome else []}
        if outcome is not None and outcome.code:
            body |= {"error": {"code": outcome.code, "message": outcome.message}}
        return "end", body
    if task.status is Status.PROCESSING and progress is not None:
        body |= {"step": progress.step, "steps": progress.steps}
        return f"{task.attempt}-{progress.step}", body
    return f"{task.attempt}-{'begun' if task.status is Status.PROCESSING else 'waiting'}", body
