"""Our own routes: models, tasks, canceling. What the surfaces have no words for."""

from __future__ import annotations

from typing import Any

from starlette.convertors import PathConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mezzotint.core import ids
from mezzotint.core.accounts import CREATE, READ
from mezzotint.core.calls import Call
from mezzotint.core.catalogue import BFL_MODELS, CARDS, REPLICATE_MODELS, ModelCard, Surface
from mezzotint.core.errors import NotFound
from mezzotint.core.schema import model_schema
from mezzotint.core.tasks import Status, Task
from mezzotint.http.auth import Authenticator
from mezzotint.http.dialects import replicate
from mezzotint.http.endpoint import as_json, route
from mezzotint.http.flux import hints
from mezzotint.http.paging import page_of
from mezzotint.http.replicate_models import listing
from mezzotint.http.requests import Origins, preferred_wait
from mezzotint.routing.models import UPSTREAM
from mezzotint.service.cancel import cancel
from mezzotint.service.read import Viewer, find_within
from mezzotint.service.tools import Tools


class _ModelName(PathConvertor):
    """In a route's path: one word, or an owner's and a model's."""

    regex = "[^/]+(?:/[^/]+)?"


register_url_convertor("model_name", _ModelName())


class Native:
    def __init__(self, tools: Tools, authenticator: Authenticator, origins: Origins) -> None:
        self._tools, self._authenticator, self._origins = tools, authenticator, origins

    def routes(self) -> list[Route]:
        return [
            route("GET", "/v1/models", self.models),
            route("GET", "/v1/models/{name:model_name}", self.model),
            route("GET", "/v1/tasks", self.tasks),
            route("GET", "/v1/tasks/{id}", self.task),
            route("POST", "/v1/tasks/{id}/cancel", self.cancel),
        ]

    async def models(self, request: Request) -> Response:
        """Every model that is served; public, as the catalogue is no secret. A list of OpenAI's form, and a page of Replicate's."""
        told = {"object": "list", "data": [_summary(card) for card in CARDS if card.listed]}
        return as_json(told | listing(self._origins.of(request) + "/v1"))

    async def model(self, request: Request) -> Response:
        name = request.path_params["name"]
        card = BFL_MODELS.get(name) or REPLICATE_MODELS.get(name)
        if card is None or not card.listed:
            raise NotFound(f"no model called {name[:100]} is served here; GET /v1/models lists them")
        replicates = replicate.show_model(card, self._origins.of(request) + "/v1") if card.surface is Surface.REPLICATE else {}
        return as_json(replicates | _summary(card) | {"rules": [rule.sentence for rule in card.rules], "schema": model_schema(card)})

    async def tasks(self, request: Request) -> Response:
        key = await self._authenticator.required(request, READ)
        status, before, count = page_of(request, Status, ids.read, "a task")
        tasks = await self._tools.ledger.list_of(key.account, status, before, count)
        after = str(tasks[-1].id) if len(tasks) == count else None
        return as_json({"object": "list", "data": [_shown(task) for task in tasks], "before": after})

    async def task(self, request: Request) -> Response:
        key = await self._authenticator.required(request, READ)
        text = request.path_params["id"]
        found = await find_within(preferred_wait(request), text, Viewer(key), self._tools)
        if found is None:
            raise NotFound(f"there is no task {text[:64]!r}")
        inputs = await self._tools.ledger.inputs(found.task.id)
        body = _shown(found.task) | {"parameters": inputs.parameters if inputs else {}, "images": list(found.links(self._origins.of(request)))}
        if found.task.engine == UPSTREAM:
            body |= {"upstream": [_called(call) for call in await self._tools.ledger.calls_of(found.task.id)]}
        if found.progress is not None and not found.task.status.final:
            body |= {"step": found.progress.step, "steps": found.progress.steps}
        return as_json(body, await hints(found, self._tools))

    async def cancel(self, request: Request) -> Response:
        key = await self._authenticator.required(request, CREATE)
        return as_json(_shown(await cancel(request.path_params["id"], key, self._tools)))


def _summary(card: ModelCard) -> dict[str, Any]:
    return {
        "id": card.name,
        "object": "model",
        "created": 0,
        "owned_by": "black-forest-labs",
        "surface": card.surface.value,
        "family": card.family,
        "about": card.about,
        "aliases": list(card.aliases),
        "retired": card.retired or None,
        "parameters": list(card.parameters),
    }


def _called(call: Call) -> dict[str, Any]:
    """A picture that was ordered from a provider; `cost` in credits, as expected until the provider has said."""
    return {
        "provider": call.provider,
        "model": call.name,
        "id": call.external_id or None,
        "image": call.index,
        "state": call.state.value,
        "ordered_at": call.begun,
        "cost": call.cost,
        "seed": call.seed,
        "prompt": call.prompt,
        "dropped": list(call.dropped),
        "note": call.note or None,
    }


def _shown(task: Task) -> dict[str, Any]:
    outcome = task.outcome
    return {
        "id": str(task.id),
        "short_id": ids.short(task.id),
        "status": task.status.value,
        "cancel_requested": task.cancel_requested,
        "model": task.model,
        "engine": task.engine,
        "surface": task.surface,
        "created_at": task.created,
        "started_at": task.started,
        "finished_at": task.finished,
        "attempt": task.attempt,
        "seed": outcome.seed if outcome else None,
        "error": {"code": outcome.code, "message": outcome.message} if outcome and outcome.code else None,
        "reasons": list(outcome.reasons) if outcome else [],
        "kept_until": task.images_until or None,
    }
