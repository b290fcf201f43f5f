"""Routes and layers, composed in the open."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mezzotint.core.errors import NotFound, Refusal
from mezzotint.http.auth import Authenticator
from mezzotint.http.dialects import bfl, comet, openai, replicate
from mezzotint.http.endpoint import route
from mezzotint.http.error_pages import ErrorPages
from mezzotint.http.events import Events
from mezzotint.http.files import UploadedFiles
from mezzotint.http.flux import BFL, COMET, Flux
from mezzotint.http.health import Door, Health
from mezzotint.http.images import Images
from mezzotint.http.intake import Intake
from mezzotint.http.landing import Landing
from mezzotint.http.native import Native
from mezzotint.http.openai_images import OpenAIImages
from mezzotint.http.openapi import Document
from mezzotint.http.outer import REQUEST_ID, Outer
from mezzotint.http.pages import Files
from mezzotint.http.paths import Paths
from mezzotint.http.prediction_streams import PredictionStreams
from mezzotint.http.predictions import Predictions
from mezzotint.http.problems import NATIVE, MethodNotAllowed, Wording, answer, as_refusal
from mezzotint.http.providers import Providers
from mezzotint.http.reference import Reference
from mezzotint.http.replicate_lists import ReplicateLists
from mezzotint.http.replicate_models import ReplicateModels
from mezzotint.http.requests import BODY_GRACE, Origins, check_heads
from mezzotint.http.spending import Spending
from mezzotint.http.webhooks import Webhooks
from mezzotint.http.worker import WorkerDoor
from mezzotint.service.tools import Tools

OURS = ("/v1/models", "/v1/tasks", "/v1/usage", "/v1/webhooks", "/v1/providers", "/v1/worker")
REPLICATES = re.compile(
    r"/replicate/.*|/v1/models/.+/(?:predictions|readme|examples|versions(?:/.*)?)"
    r"|/v1/(?:predictions|deployments|account|webhooks/default/secret|files|collections|hardware|search|trainings)(?:/.*)?",
    re.DOTALL,  # a path may hold a line's end
)


@dataclass(frozen=True)
class Front:
    """What the HTTP layer needs beside the service's tools."""

    authenticator: Authenticator
    origins: Origins
    door: Door
    max_body: int
    worker_token: str
    lease: float
    remote_workers: bool = False  # the workers' door is on the public port too
    body_grace: float = BODY_GRACE


class Worded:
    """ASGI layer: whatever is raised below is answered in the words of the surface that was called."""

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        self._app, self._origins = app, origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self  # then the router raises what it cannot route, and it is worded here
        try:
            check_heads(scope)
            await self._app(scope, receive, send)
        except ClientDisconnect:
            return  # in the middle of an answer: nobody is left to hear the rest
        except Exception as error:
            refusal = _routing_refusal(error, scope) or as_refusal(error)
            if refusal is None:
                raise
            response = answer(refusal, wording_for(scope["path"]), scope[REQUEST_ID], self._origins.of(Request(scope)))
            await response(scope, receive, send)


def _routing_refusal(error: Exception, scope: Scope) -> Refusal | None:
    """The router's own refusals in our tree."""
    if not isinstance(error, HTTPException):
        return None
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        return MethodNotAllowed(f"{scope['path'][:200]} does not take {scope['method']}", allowed)
    return NotFound(f"there is nothing at {scope['path'][:200]}")


def wording_for(path: str) -> Wording:
    """Whose words a path is answered in. Below /v1 all that is neither ours nor Replicate's nor OpenAI's is Black Forest Labs'."""
    if path.startswith(("/flux/", "/api/")):
        return comet.WORDING
    if path.startswith("/v1/images/"):
        return openai.WORDING
    if REPLICATES.fullmatch(path):
        return replicate.WORDING
    return bfl.WORDING if path.startswith("/v1/") and not path.startswith(OURS) else NATIVE


def _layered(routes: Sequence[Route], registry: CollectorRegistry, origins: Origins) -> ASGIApp:
    """Outermost first: ids and measurements; words for refusals; routes."""
    return Outer(Worded(Paths(routes), origins), registry, wording_for, origins)


def public_app(tools: Tools, front: Front) -> ASGIApp:
    """All that the world sees."""
    registry = CollectorRegistry()
    intake = Intake(front.authenticator, front.origins, front.door, front.max_body, front.body_grace)
    health = Health(tools, front.door, registry)
    routes: list[Route] = [
        *Flux(COMET, tools, intake, front.authenticator, front.origins).routes(),  # first, as routes are tried in turn
        *Flux(BFL, tools, intake, front.authenticator, front.origins).routes(),
        *UploadedFiles(tools, intake, front.authenticator, front.origins).routes(),
        *PredictionStreams(tools, front.authenticator, front.origins).routes(),
        *Predictions(tools, intake, front.authenticator, front.origins).routes(),
        *ReplicateModels(tools, front.authenticator, front.origins).routes(),
        *ReplicateLists(front.authenticator, front.origins).routes(),
        *OpenAIImages(tools, intake).routes(),
        route("GET", "/images/{task}/{name}", Images(tools, front.origins)),
        *Events(tools, front.authenticator, front.origins).routes(),
        *Spending(tools, front.authenticator, front.origins).routes(),
        *Webhooks(tools, front.authenticator).routes(),
        *Providers(tools, front.authenticator, front.body_grace).routes(),
        *Native(tools, front.authenticator, front.origins).routes(),
        *(WorkerDoor(tools, front.worker_token, front.lease).routes() if front.remote_workers else ()),
        route("GET", "/healthz", health.live),
        route("GET", "/health", health.live),  # as other servers of OpenAI's routes call it
        route("GET", "/readyz", health.ready),
        route("GET", "/metrics", health.metrics),
        *Document(front.origins).routes(),  # pages come last: nobody is in a hurry for them
        *Landing(front.origins).routes(),
        *Reference(front.origins).routes(),
        *Files(front.origins).routes(),
        *ErrorPages(front.origins).routes(),
    ]
    return _layered(routes, registry, front.origins)


def worker_app(tools: Tools, front: Front) -> ASGIApp:
    """What the server's own worker sees, on a socket of its own: no flood at the front door keeps it waiting."""
    return _layered(WorkerDoor(tools, front.worker_token, front.lease).routes(), CollectorRegistry(), front.origins)
