"""The Flux task routes, create and poll, in the words of CometAPI or of Black Forest Labs."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from starlette.convertors import PathConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mezzotint import records
from mezzotint.core.accounts import READ
from mezzotint.core.catalogue import BFL_MODELS, ModelCard, Surface
from mezzotint.core.errors import InvalidRequest
from mezzotint.core.parameters import Problem
from mezzotint.core.tasks import Status
from mezzotint.http import flux_task
from mezzotint.http.auth import Authenticator
from mezzotint.http.dialects import bfl, comet
from mezzotint.http.endpoint import JSON, as_json, route
from mezzotint.http.intake import Intake, told_with
from mezzotint.http.polls import PollWindow
from mezzotint.http.rates import STANDING, check
from mezzotint.http.requests import Origins, json_object, preferred_wait, switch
from mezzotint.service.prices import Quote
from mezzotint.service.read import Found, Viewer, find, find_within, polling_url
from mezzotint.service.submit import card_of, estimate, submit
from mezzotint.service.tools import Tools


class _ServedModel(PathConvertor):
    """In a route's path: a model's name. On Black Forest Labs' surface others are no paths at all, whoever asks."""

    regex = "|".join(re.escape(name) for name in sorted(BFL_MODELS, key=len, reverse=True) if BFL_MODELS[name].listed)


register_url_convertor("bfl_model", _ServedModel())


@dataclass(frozen=True)
class Dialect:
    """What differs from one surface to the other."""

    surface: str
    create: str  # the route's path
    poll: str
    parse: Callable[[ModelCard, dict[str, Any]], dict[str, Any]]
    accepted: Callable[[UUID, str, Quote], dict[str, Any]]
    polls_per_second: int = 0  # of an account whose keys have no limit of their own; 0: not limited


COMET = Dialect(comet.SURFACE, comet.CREATE, comet.POLL, comet.parse, comet.accepted)
BFL = Dialect(bfl.SURFACE, bfl.CREATE, bfl.POLL, flux_task.parse, flux_task.accepted, polls_per_second=bfl.POLLS_PER_SECOND)


class Flux:
    def __init__(self, dialect: Dialect, tools: Tools, intake: Intake, authenticator: Authenticator, origins: Origins) -> None:
        self._dialect, self._tools, self._intake = dialect, tools, intake
        self._authenticator, self._origins = authenticator, origins
        limited = dialect.polls_per_second and tools.policy.limits is not None
        self._polls = PollWindow(dialect.polls_per_second, tools.clock) if limited else None

    def routes(self) -> list[Route]:
        dialect = self._dialect
        return [route("GET", dialect.poll, self.poll), route("POST", dialect.create, self.create)]

    async def create(self, request: Request) -> Response:
        """Answered once the task is on disk."""
        if request.scope["path"] == self._dialect.poll:  # or it would be a model that is not served, which clients try again
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        taken = await self._intake.take(request)
        card = card_of(request.path_params["model"], Surface.BFL)
        submission = taken.submission(self._dialect.surface, card, self._dialect.parse(card, json_object(taken.body)))
        if is_dry_run(request):
            return as_json(flux_task.estimated(await estimate(submission, self._tools)))
        accepted = await submit(submission, self._tools)
        url = polling_url(accepted.task, self._dialect.poll, taken.origin, self._tools)
        return as_json(self._dialect.accepted(accepted.task, url, accepted.quote), told_with(accepted))

    async def poll(self, request: Request) -> Response:
        """Always 200 for whoever may ask: what there is to know is in the body. Held, where that is asked for, until the task has ended."""
        token = request.query_params.get("token")
        key = await self._authenticator.optional(request, None if token else READ)
        text = request.query_params.get("id")
        if not text:
            raise InvalidRequest([Problem(("id",), "Field required: poll with ?id=<task id>", "missing", "query")])
        wait, viewer = preferred_wait(request), Viewer(key, token)
        found = await find(text, viewer, self._tools)
        if found is not None:  # counted before it is held
            if key is None:
                await self._authenticator.count_for(request, found.task)
            if self._polls is not None and STANDING not in request.scope:
                check(request.scope, self._polls.take(found.task.account))
            if wait:
                found = await find_within(wait, text, viewer, self._tools)
        if found is None:
            return Response(records.encode(flux_task.missing(text[:64])), media_type=JSON)
        return as_json(flux_task.show(found, self._origins.of(request)), await hints(found, self._tools))


def is_dry_run(request: Request) -> bool:
    """`?dry_run=true`: check the request and say what it would cost. Raises InvalidRequest for other words."""
    return switch(request, "dry_run")


async def hints(found: Found, tools: Tools) -> dict[str, str]:
    """What bodies that must stay as they are elsewhere cannot say: the engine, the step, how many wait, how long it may take."""
    headers = {"x-mezzotint-engine": found.task.engine}
    if found.task.status.final:
        return headers
    headers["x-mezzotint-state"] = found.task.status.value
    each = tools.progress.seconds_per_task
    if found.task.status is Status.PENDING:
        waiting = await tools.ledger.waiting()
        headers["x-mezzotint-waiting"] = str(waiting)
        if each:
            headers["x-mezzotint-eta"] = str(math.ceil(each * (waiting + 1)))
    elif found.progress is not None:
        headers["x-mezzotint-step"] = f"{found.progress.step}/{found.progress.steps}"
        if each and found.progress.steps:
            headers["x-mezzotint-eta"] = str(math.ceil(each * (1 - found.progress.step / found.progress.steps)))
    return headers
