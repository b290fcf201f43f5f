"""The workers' door: pull, beat, progress, calls, finish and fail, for whoever shows the worker token."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mezzotint import records
from mezzotint.core import conditions
from mezzotint.core.errors import InvalidRequest, NotAuthenticated, NotEnlisted
from mezzotint.core.hooks import hook_of
from mezzotint.core.parameters import Problem
from mezzotint.core.protocol import LONGEST_WAIT, PREFIX, Beat, Calls, CallsNoted, Enlist, Enlisted, Finish, Finished, Pull, Pulled, Report, Told, trimmed
from mezzotint.core.tasks import Claim, Status, Verdict
from mezzotint.core.webhooks import Event
from mezzotint.crash_points import reached
from mezzotint.http.auth import token_matches
from mezzotint.http.endpoint import JSON, Handler, route
from mezzotint.http.requests import read_body
from mezzotint.routing.models import UPSTREAM
from mezzotint.service.tools import Tools

Message = TypeVar("Message")
Verb = Callable[[bytes, Request], Awaitable[Any]]
LARGEST = 64 * 1024 * 1024  # every verdict repeats its prompt
MOST_SLOTS = 256
REPORT_EVERY = 30.0  # seconds between reports of providers that say nothing new


class WorkerDoor:
    """Routes for one ledger. `lease` is told to workers, so that they know how often to beat."""

    def __init__(self, tools: Tools, token: str, lease: float) -> None:
        self._tools, self._token, self._lease = tools, token, lease
        self._reports: dict[str, conditions.Findings] = {}  # of providers, as they were written last, by worker

    def routes(self) -> list[Route]:
        verbs: dict[str, Verb] = {
            "enlist": self._enlist,
            "pull": self._pull,
            "beat": self._beat,
            "progress": self._progress,
            "calls": self._calls,
            "finish": self._finish,
            "fail": self._finish,
        }
        return [route("POST", f"{PREFIX}/{name}", self._guarded(verb)) for name, verb in verbs.items()]

    def _guarded(self, verb: Verb) -> Handler:
        async def endpoint(request: Request) -> Response:
            shown = request.headers.get("authorization", "").removeprefix("Bearer ")
            if not token_matches(shown, self._token):
                raise NotAuthenticated("this is the workers' door: show the worker token")
            try:
                return Response(records.encode(await verb(await read_body(request, LARGEST), request)), media_type=JSON)
            except NotEnlisted as error:
                return Response(str(error), 409, media_type="text/plain")
            except OverflowError:
                raise InvalidRequest([Problem((), "a number is larger than a ledger can hold", "int_parsing")]) from None

        return endpoint

    async def _enlist(self, body: bytes, _: Request) -> Enlisted:
        epoch = await self._tools.ledger.enlist(_read(body, Enlist).worker)
        reached("worker enlisted")
        self._tools.hub.queued()  # what the worker held before waits again, or has ended
        self._tools.hub.owed()
        self._tools.hub.any_changed()
        return Enlisted(epoch, self._lease)

    async def _pull(self, body: bytes, request: Request) -> Any:
        """Held open until there is something to claim, the wait is over, or nobody waits any more."""
        pull = _read(body, Pull)
        slots = min(max(pull.slots, 1), MOST_SLOTS)
        loop = asyncio.get_running_loop()
        end = loop.time() + min(max(pull.wait, 0.0), LONGEST_WAIT)
        hub = self._tools.hub
        heard = hub.queue_calls
        claims = await self._tools.ledger.claim(pull.worker, pull.epoch, pull.engines, slots, pull.held, pull.prefer)
        held = [task for task, _ in pull.held or ()]
        news = self._tools.news.take(held)
        gone = asyncio.ensure_future(request.receive())  # its body is read: all that can come is that nobody waits any more
        try:
            while not claims and not news and not gone.done() and (left := end - loop.time()) > 0:
                await hub.wait_for_queue(min(left, 5.0), heard)  # tasks whose delay ends wake nobody
                heard = hub.queue_calls
                if not gone.done():
                    claims = await self._tools.ledger.claim(pull.worker, pull.epoch, pull.engines, slots, None, pull.prefer)
                    news = self._tools.news.take(held)
        finally:
            gone.cancel()
        if claims:
            reached("claim: granted")
        self._began(claims)
        if UPSTREAM in pull.engines and (public := self._tools.policy.public_url):
            claims = [replace(claim, hook=hook_of(self._tools.secret, public, claim.task)) for claim in claims]
        return trimmed(Pulled(claims, self._tools.previews.wishes(claim.task for claim in claims), news))

    def _began(self, claims: list[Claim]) -> None:
        for claim in claims:
            self._tools.hub.moved(claim.task)
        if any(Event.START in claim.inputs.webhook_events for claim in claims):
            self._tools.hub.owed()

    async def _beat(self, body: bytes, _: Request) -> Any:
        beat = _read(body, Beat)
        orders = await self._tools.ledger.beat(beat.worker, beat.epoch, beat.held)
        if beat.providers:
            await self._note_conditions(beat)
        held = [task for task, _ in beat.held]
        return trimmed(Told(list(orders.canceled), list(orders.lost), self._tools.previews.wishes(held), self._tools.news.take(held)))

    async def _note_conditions(self, beat: Beat) -> None:
        """Written where something changed, and now and then, so that it shows how old it is."""
        before, now = self._reports.get(beat.worker), self._tools.clock.now()
        if before is not None and 0 <= now - before.at < REPORT_EVERY and before.same_as(beat.providers):
            return
        await self._tools.ledger.note_conditions(beat.worker, beat.providers)
        self._reports[beat.worker] = conditions.Findings(beat.worker, now, tuple(beat.providers))

    async def _progress(self, body: bytes, _: Request) -> Any:
        """How far tasks are; the answer says which of them were canceled, so that a cancel need not wait for a beat."""
        canceled, report = [], _read(body, Report)
        previews = {(preview.task, preview.attempt): preview for preview in report.previews}
        for progress in report.progress:
            task = await self._tools.ledger.get(progress.task)
            if task is None or task.attempt != progress.attempt or task.status is not Status.PROCESSING:
                continue
            if task.cancel_requested:
                canceled.append(progress.task)
            self._tools.progress.note(progress)
            if (preview := previews.get((progress.task, progress.attempt))) is not None:
                self._tools.previews.show(preview)
            self._tools.hub.moved(progress.task)
        return trimmed(Told(canceled, [], self._tools.previews.wishes(progress.task for progress in report.progress)))

    async def _calls(self, body: bytes, _: Request) -> CallsNoted:
        noted = await self._tools.ledger.note_calls(_read(body, Calls).notes)
        reached("call: noted")
        return CallsNoted(noted)

    async def _finish(self, body: bytes, _: Request) -> Finished:
        verdicts = [_sound(verdict) for verdict in _read(body, Finish).verdicts]
        reached("verdict: heard")
        accepted = await self._tools.ledger.settle(verdicts)
        reached("verdict: settled")
        for verdict in verdicts:
            self._after(verdict)
        if any(verdict.outcome is None for verdict in verdicts):
            self._tools.hub.queued()
        self._tools.hub.owed()
        return Finished(accepted)

    def _after(self, verdict: Verdict) -> None:
        """What is known of a later attempt stays."""
        known = self._tools.progress.of(verdict.task)
        if known is None or known.attempt <= verdict.attempt:
            self._tools.progress.ended(verdict.task, verdict.seconds)
            self._tools.previews.ended(verdict.task)
            self._tools.news.ended(verdict.task)
        self._tools.hub.changed(verdict.task)  # also without an outcome: it may have been the last attempt


def _sound(verdict: Verdict) -> Verdict:
    """A task that is said to be ready without a picture is not: it is tried again."""
    if verdict.outcome is None or verdict.outcome.status is not Status.READY or verdict.outcome.images:
        return verdict
    return Verdict(verdict.task, verdict.attempt, None, "the worker said ready, and named no picture", seconds=verdict.seconds, calls=verdict.calls)


def _read(body: bytes, kind: type[Message]) -> Message:
    try:
        return records.decode(body, kind)
    except ValueError as error:
        raise InvalidRequest([Problem((), f"not a {kind.__name__} message: {error}", "json_invalid")]) from None
