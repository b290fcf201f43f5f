"""Replicate's lists, at /v1 and under /replicate/v1: collections, deployments, hardware, trainings, and the search for models."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mezzotint.core.accounts import READ
from mezzotint.core.catalogue import ModelCard
from mezzotint.core.errors import InvalidRequest, NotFound
from mezzotint.core.parameters import Problem
from mezzotint.http.auth import Authenticator
from mezzotint.http.dialects import replicate
from mezzotint.http.endpoint import as_json, route
from mezzotint.http.replicate_models import PREFIXES, card_of, listed
from mezzotint.http.requests import Origins, read_body

COLLECTION = {"slug": "flux", "name": "The FLUX family", "description": "Every model that is served here."}
HARDWARE = {"sku": "local", "name": "What this server runs on"}
FOUND, MOST_FOUND = 20, 50
LONGEST_QUERY = 1000  # bytes


class ReplicateLists:
    """A deployment here is a model under its own name: whoever makes a prediction with one makes it with the model."""

    def __init__(self, authenticator: Authenticator, origins: Origins) -> None:
        self._authenticator, self._origins = authenticator, origins

    def routes(self) -> list[Route]:
        return [route for prefix in PREFIXES for route in self._below(prefix)]

    def _below(self, prefix: str) -> list[Route]:
        def base(request: Request) -> str:
            return self._origins.of(request) + prefix

        async def collections(request: Request) -> Response:
            await self._authenticator.required(request, READ)
            return as_json(replicate.page([COLLECTION]))

        async def collection(request: Request) -> Response:
            await self._authenticator.required(request, READ)
            if request.path_params["slug"] != COLLECTION["slug"]:
                raise NotFound(f"there is no collection {request.path_params['slug'][:100]!r} here; GET /v1/collections lists them")
            return as_json(COLLECTION | {"models": [replicate.show_model(card, base(request), with_version=False) for card in listed()]})

        async def search(request: Request) -> Response:
            await self._authenticator.required(request, READ)
            query, limit = request.query_params.get("query", ""), _limit(request)
            models = [replicate.show_model(card, base(request), with_version=False) for card in matching(query)[:limit]]
            return as_json({"query": query, "models": [{"model": model, "metadata": {}} for model in models], "collections": [], "pages": []})

        async def query(request: Request) -> Response:
            """Replicate's older search: the body is what is looked for."""
            await self._authenticator.required(request, READ)
            text = (await read_body(request, LONGEST_QUERY)).decode("utf-8", "replace")
            return as_json(replicate.page([replicate.show_model(card, base(request), with_version=False) for card in matching(text)]))

        return [
            route("GET", prefix + "/collections", collections),
            route("GET", prefix + "/collections/{slug}", collection),
            route("GET", prefix + "/search", search),
            route("QUERY", prefix + "/models", query),
            route("GET", prefix + "/deployments", self.deployments),
            route("GET", prefix + "/deployments/{owner}/{name}", self.deployment),
            route("GET", prefix + "/hardware", self.hardware),
            route("GET", prefix + "/trainings", self.trainings),
        ]

    async def deployments(self, request: Request) -> Response:
        await self._authenticator.required(request, READ)
        return as_json(replicate.page([_deployed(card) for card in listed()]))

    async def deployment(self, request: Request) -> Response:
        await self._authenticator.required(request, READ)
        return as_json(_deployed(card_of(request)))

    async def hardware(self, request: Request) -> Response:
        await self._authenticator.required(request, READ)
        return as_json([HARDWARE])

    async def trainings(self, request: Request) -> Response:
        """There are none: nothing is trained here."""
        await self._authenticator.required(request, READ)
        return as_json(replicate.page([]))


def matching(query: str) -> list[ModelCard]:
    """Models whose name or description has every word, those first whose name has them all."""
    words = query.lower().split()
    found = [card for card in listed() if all(word in f"{card.name} {card.about}".lower() for word in words)]
    return sorted(found, key=lambda card: not all(word in card.name.lower() for word in words))


def _limit(request: Request) -> int:
    """Raises InvalidRequest."""
    text = request.query_params.get("limit", str(FOUND))
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MOST_FOUND):
        raise InvalidRequest([Problem(("limit",), f"Must be a number from 1 to {MOST_FOUND}", "value_error", "query")])
    return int(text)


def _deployed(card: ModelCard) -> dict[str, Any]:
    owner, _, name = card.name.partition("/")
    release = {
        "number": 1,
        "model": card.name,
        "version": replicate.version_of(card),
        "created_at": replicate.MADE,
        "created_by": {"type": "organization", "username": owner, "name": owner, "github_url": None},
        "configuration": {"hardware": HARDWARE["sku"], "min_instances": 1, "max_instances": 1},
    }
    return {"owner": owner, "name": name, "current_release": release}
