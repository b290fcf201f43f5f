"""Replicate's routes for predictions, at /v1 and under /replicate/v1."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mezzotint import records
from mezzotint.core.accounts import CREATE, READ
from mezzotint.core.catalogue import REPLICATE_MODELS, ModelCard
from mezzotint.core.errors import InvalidRequest, ModelNotServed, NotFound
from mezzotint.core.parameters import Problem
from mezzotint.core.tasks import Inputs, Task
from mezzotint.http.auth import Authenticator
from mezzotint.http.cursors import Span, read_page
from mezzotint.http.dialects import replicate
from mezzotint.http.endpoint import JSON, Endpoint, as_json
from mezzotint.http.intake import Intake, told_with
from mezzotint.http.outputs import output_of
from mezzotint.http.prediction_streams import stream_url
from mezzotint.http.requests import Origins, json_object, preferred_wait
from mezzotint.service.cancel import cancel
from mezzotint.service.read import Viewer, find_within, gone, until_final
from mezzotint.service.submit import submit
from mezzotint.service.tools import Tools

PREFIXES = ("/v1", "/replicate/v1")
DURATION = re.compile(r"(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s?)?", re.ASCII)
SHORTEST_LIFE = 5  # seconds that Cancel-After leaves a prediction at least


class Predictions:
    def __init__(self, tools: Tools, intake: Intake, authenticator: Authenticator, origins: Origins) -> None:
        self._tools, self._intake, self._authenticator, self._origins = tools, intake, authenticator, origins

    def routes(self) -> list[Route]:
        return [route for prefix in PREFIXES for route in self._below(prefix)]

    def _below(self, prefix: str) -> list[Route]:
        def route(path: str, handler: Callable[[Request, str], Any], method: str) -> Route:
            return Route(prefix + path, Endpoint(lambda request: handler(request, prefix)), methods=[method])

        return [
            route("/predictions", self.create, "POST"),
            route("/models/{model:path}/predictions", self.create_of_model, "POST"),
            route("/deployments/{model:path}/predictions", self.create_of_model, "POST"),
            route("/predictions", self.list, "GET"),
            route("/predictions/{id}", self.get, "GET"),
            route("/predictions/{id}/cancel", self.cancel, "POST"),
        ]

    async def create(self, request: Request, prefix: str) -> Response:
        """By `version`: its 64 digits, with or without the model before them, or the name of a model."""
        return await self._create(request, prefix, None)

    async def create_of_model(self, request: Request, prefix: str) -> Response:
        """A deployment is called as its model is: whoever runs one here runs the model."""
        model = request.path_params["model"].replace("%2F", "/").replace("%2f", "/")
        return await self._create(request, prefix, _named(model))

    async def _create(self, request: Request, prefix: str, card: ModelCard | None) -> Response:
        taken = await self._intake.take(request)
        asked = replicate.read(json_object(taken.body), versioned=card is None)
        version = None
        if card is None:
            card, version = _by_version(asked.version or "")
        wait, life = preferred_wait(request), _life(request)
        submission = taken.submission(
            replicate.SURFACE,
            card,
            replicate.parse(card, asked.input),
            webhook_url=asked.webhook,
            webhook_events=asked.events,
            shown=replicate.shown_input(asked.input),
            version=version,
            deadline=None if life is None else self._tools.clock.now() + life,
        )
        try:
            accepted = await submit(submission, self._tools)
        except InvalidRequest as error:
            raise _in_input(error) from None
        task = await until_final(accepted.task, wait, self._tools)
        if task is None:
            raise NotFound("the prediction is gone")
        early = wait > 0 and not task.status.final
        told = await self._told(task, taken.origin, prefix, status="starting" if early else "")
        return Response(records.encode(told), 202 if early else 201, told_with(accepted), JSON)

    async def get(self, request: Request, prefix: str) -> Response:
        key = await self._authenticator.required(request, READ)
        text = request.path_params["id"]
        found = await find_within(preferred_wait(request), text, Viewer(key), self._tools, removed_too=True)
        if found is None:
            raise NotFound(f"there is no prediction {text[:64]!r}")
        return as_json(await self._told(found.task, self._origins.of(request), prefix))

    async def cancel(self, request: Request, prefix: str) -> Response:
        key = await self._authenticator.required(request, CREATE)
        task = await cancel(request.path_params["id"], key, self._tools)
        return as_json(await self._told(task, self._origins.of(request), prefix))

    async def list(self, request: Request, prefix: str) -> Response:
        """Newest first. `next` and `previous` are the addresses of the pages beside this one, null at either end."""
        key = await self._authenticator.required(request, READ)
        origin, by_web = self._origins.of(request), _by_web(request)

        async def fetch(span: Span, count: int) -> list[Task]:
            return [] if by_web else await self._tools.ledger.list_of(key.account, None, span.before, count, after=span.after, oldest=span.oldest)

        page = await read_page(request, f"{origin}{prefix}/predictions", fetch)
        results = [await self._told(task, origin, prefix, with_files=False) for task in page.entries]
        return as_json(replicate.page(results, page.following, page.previous))

    async def _told(self, task: Task, origin: str, prefix: str, *, status: str = "", with_files: bool = True) -> dict[str, Any]:
        inputs = await self._tools.ledger.inputs(task.id) or Inputs(task.model, {})
        removed = gone(task, self._tools.clock.now())
        output = () if removed else await output_of(task, origin, self._tools, with_files=with_files)
        stream = stream_url(task, origin + prefix, self._tools)
        return replicate.show(task, inputs, output, origin + prefix, removed=removed, status=status, stream=stream)


def _named(model: str) -> ModelCard:
    """Raises NotFound."""
    card = REPLICATE_MODELS.get(model)
    if card is None or not card.listed:
        raise NotFound(f"there is no model {model[:100]!r} here; GET /v1/models lists them")
    return card


def _by_version(text: str) -> tuple[ModelCard, str | None]:
    """The model, and the version where one was given. Raises ModelNotServed."""
    name, _, digits = text.rpartition(":")
    if replicate.VERSION.fullmatch(digits):
        card = replicate.BY_VERSION.get(digits)
        if card is not None and name in ("", *card.all_names):
            return card, digits
    elif not name and (card := REPLICATE_MODELS.get(text)) is not None and card.listed:
        return card, None
    raise ModelNotServed(text[:100])


def _by_web(request: Request) -> bool:
    """Whether only predictions made on the service's own web pages are asked for: there are none. Raises InvalidRequest."""
    source = request.query_params.get("source")
    if source not in (None, "", "web"):
        raise InvalidRequest([Problem(("source",), 'source must be one of the following: "web"', "value_error", "query")])
    return source == "web"


def _life(request: Request) -> int | None:
    """Seconds after which the prediction is given up, by `Cancel-After`. Raises InvalidRequest."""
    text = request.headers.get("cancel-after")
    if text is None:
        return None
    match = DURATION.fullmatch(text.strip())
    hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    life = hours * 3600 + minutes * 60 + seconds
    if life < SHORTEST_LIFE:
        problem = Problem(("Cancel-After",), f"Must be a duration of at least {SHORTEST_LIFE}s, such as 1m30s", "value_error", "header")
        raise InvalidRequest([problem])
    return life


def _in_input(error: InvalidRequest) -> InvalidRequest:
    """The same problems, told where the client sent what they are about."""
    return InvalidRequest([problem if problem.part == "header" else replace(problem, where=_place(problem)) for problem in error.problems])


def _place(problem: Problem) -> tuple[str | int, ...]:
    return ("webhook",) if problem.where == ("webhook_url",) else ("input", *problem.where)
