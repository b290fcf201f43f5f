"""A prediction as a stream of server-sent events, as Replicate words them: output, logs, error, done."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import nullcontext
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mezzotint.core import ids
from mezzotint.core.accounts import READ
from mezzotint.core.errors import NotFound
from mezzotint.core.signing import poll_token
from mezzotint.core.tasks import Task
from mezzotint.http.auth import Authenticator
from mezzotint.http.dialects import replicate
from mezzotint.http.endpoint import route
from mezzotint.http.events import SILENCE
from mezzotint.http.outputs import output_of
from mezzotint.http.requests import Origins
from mezzotint.http.streams import STILL_HERE, EventStream
from mezzotint.service.read import Viewer, find
from mezzotint.service.tools import Tools

PREFIXES = ("/v1", "/replicate/v1")
EVENT_ID = re.compile(r"(\d{1,15}):(\d{1,6})", re.ASCII)  # the second in which it ended, and which of its events it is


def stream_url(task: Task, base: str, tools: Tools) -> str:
    """For whoever has it, as a polling URL is. It lies below `files`: by that, Replicate's JavaScript client knows that files come."""
    return f"{base}/files/{ids.short(task.id)}/stream?token={poll_token(tools.secret, task.id)}"


class PredictionStreams:
    def __init__(self, tools: Tools, authenticator: Authenticator, origins: Origins) -> None:
        self._tools, self._authenticator, self._origins = tools, authenticator, origins

    def routes(self) -> list[Route]:
        return [route("GET", prefix + "/files/{id}/stream", self.follow) for prefix in PREFIXES]

    async def follow(self, request: Request) -> Response:
        """Nothing is told before the prediction has ended, as pictures come whole; then all of it, but what `Last-Event-ID` says was
        heard."""
        token, text = request.query_params.get("token"), request.path_params["id"]
        key = await self._authenticator.optional(request, None if token else READ)
        viewer = Viewer(key, token)
        found = await find(text, viewer, self._tools)
        if found is None:
            raise NotFound(f"there is no prediction {text[:64]!r}")
        if key is None:
            await self._authenticator.count_for(request, found.task)
        stream = self._stream(found.task.id, viewer, self._origins.of(request), request.headers.get("last-event-id", ""))
        response = EventStream(stream, nullcontext())
        response.headers["access-control-allow-origin"] = "*"  # with its token it is open to whoever has the address, as pictures are
        return response

    async def _stream(self, task_id: UUID, viewer: Viewer, origin: str, heard: str) -> AsyncIterator[bytes]:
        silent = True  # at first too, so that the answer begins
        with self._tools.hub.bell(task_id) as bell:
            while (found := await find(str(task_id), viewer, self._tools)) is not None and not found.task.status.final:
                if silent:
                    yield STILL_HERE
                silent = not await bell.wait(SILENCE)
        if found is None:
            return
        task = found.task
        told = replicate.stream(task, await output_of(task, origin, self._tools))
        ended = int(task.finished or 0)
        for index in range(_first(heard, ended), len(told)):
            name, data = told[index]
            lines = "".join(f"data: {line}\n" for line in data.split("\n"))
            yield f"event: {name}\nid: {ended}:{index}\n{lines}\n".encode()


def _first(heard: str, ended: int) -> int:
    """Which event is the first that was not heard."""
    match = EVENT_ID.fullmatch(heard)
    return int(match[2]) + 1 if match and int(match[1]) == ended else 0
