"""Replicate's routes about models and about the caller, at /v1 and under /replicate/v1."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mezzotint.core.accounts import READ
from mezzotint.core.catalogue import CARDS, REPLICATE_MODELS, ModelCard, Surface
from mezzotint.core.errors import NotFound
from mezzotint.core.signing import account_webhook_secret
from mezzotint.http.auth import Authenticator
from mezzotint.http.dialects import replicate
from mezzotint.http.endpoint import as_json, route
from mezzotint.http.requests import Origins
from mezzotint.service.tools import Tools

PREFIX = "/replicate/v1"
PREFIXES = ("/v1", PREFIX)


class ReplicateModels:
    """Below /v1 the addresses of models are shared with ours (`http.native`), which answers with these objects too."""

    def __init__(self, tools: Tools, authenticator: Authenticator, origins: Origins) -> None:
        self._tools, self._authenticator, self._origins = tools, authenticator, origins

    def routes(self) -> list[Route]:
        everywhere = {
            "/models/{owner}/{name}/versions": self.versions,
            "/models/{owner}/{name}/versions/{version}": self.version,
            "/models/{owner}/{name}/readme": self.readme,
            "/models/{owner}/{name}/examples": self.examples,
            "/account": self.account,
            "/webhooks/default/secret": self.webhook_secret,
        }
        below = {"/models": self.models, "/models/{owner}/{name}": self.model}
        return [route("GET", prefix + path, handler) for prefix in PREFIXES for path, handler in everywhere.items()] + [
            route("GET", PREFIX + path, handler) for path, handler in below.items()
        ]

    async def models(self, request: Request) -> Response:
        await self._authenticator.required(request, READ)
        return as_json(listing(self._origins.of(request) + PREFIX))

    async def model(self, request: Request) -> Response:
        await self._authenticator.required(request, READ)
        return as_json(replicate.show_model(card_of(request), self._origins.of(request) + PREFIX))

    async def versions(self, request: Request) -> Response:
        await self._authenticator.required(request, READ)
        return as_json(replicate.page([replicate.show_version(card_of(request))]))

    async def version(self, request: Request) -> Response:
        await self._authenticator.required(request, READ)
        card, asked = card_of(request), request.path_params["version"]
        if asked != replicate.version_of(card):
            raise NotFound(f"{card.name} has no version {asked[:100]!r}")
        return as_json(replicate.show_version(card))

    async def readme(self, request: Request) -> Response:
        await self._authenticator.required(request, READ)
        return Response(replicate.readme(card_of(request)), media_type="text/plain")

    async def examples(self, request: Request) -> Response:
        """There are none: nobody's predictions are shown to others."""
        await self._authenticator.required(request, READ)
        card_of(request)
        return as_json(replicate.page([]))

    async def account(self, request: Request) -> Response:
        key = await self._authenticator.required(request, READ)
        return as_json({"type": "organization", "username": key.account, "name": key.name or key.account, "github_url": None})

    async def webhook_secret(self, request: Request) -> Response:
        """What signs the webhooks of this account, where the request gave no secret of its own."""
        key = await self._authenticator.required(request, READ)
        return as_json({"key": account_webhook_secret(self._tools.secret, key.account)})


def listing(base: str) -> dict[str, Any]:
    """Replicate's page of every model."""
    return replicate.page([replicate.show_model(card, base, with_version=False) for card in listed()])


def listed() -> list[ModelCard]:
    return [card for card in CARDS if card.surface is Surface.REPLICATE and card.listed]


def card_of(request: Request) -> ModelCard:
    """The model that a path names. Raises NotFound."""
    name = f"{request.path_params['owner']}/{request.path_params['name']}"
    card = REPLICATE_MODELS.get(name)
    if card is None or not card.listed:
        raise NotFound(f"there is no model {name[:100]!r} here; GET /v1/models lists them")
    return card
