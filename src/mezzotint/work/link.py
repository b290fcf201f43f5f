"""A worker's line to the server: six verbs over HTTP, on a local socket or over the network."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from functools import cache
from typing import TypeVar
from uuid import UUID

import httpx2

from mezzotint import records
from mezzotint.core.calls import CallNote, Noted
from mezzotint.core.conditions import Condition
from mezzotint.core.errors import MezzotintError, NotEnlisted
from mezzotint.core.previews import Preview
from mezzotint.core.protocol import LONGEST_WAIT, PREFIX, Beat, Calls, CallsNoted, Enlist, Enlisted, Finish, Finished, Pull, Pulled, Report, Told, trimmed
from mezzotint.core.tasks import Progress, Verdict
from mezzotint.lines import Broken, Lines, TooLarge, Unsent

Answer = TypeVar("Answer")
SECONDS = 10.0
IDLE = 5.0  # seconds that a connection is kept for the next request
LARGEST = 256 * 1024 * 1024  # bytes of an answer: a pull may bring many tasks, each with what it is to be painted from


class LinkDown(MezzotintError):
    """The server cannot be reached, or cannot answer. The worker keeps what it has and tries again."""


class Link:
    def __init__(self, server: str, token: str, socket: str | None = None) -> None:
        """`socket` is the path of a local socket; with it, `server` is only a name."""
        self._lines = Lines(_tls, IDLE, socket)
        self._headers = {"authorization": f"Bearer {token}", "content-type": "application/json", "accept": "application/json"}
        self._server = server.rstrip("/")

    async def enlist(self, worker: str) -> Enlisted:
        return await self._ask("enlist", Enlist(worker), Enlisted)

    async def pull(self, pull: Pull) -> Pulled:
        return await self._ask("pull", pull, Pulled, LONGEST_WAIT + SECONDS)

    async def beat(self, worker: str, epoch: int, held: Sequence[tuple[UUID, int]], providers: Sequence[Condition] = ()) -> Told:
        return await self._ask("beat", Beat(worker, epoch, list(held), list(providers)), Told)

    async def progress(self, progress: Sequence[Progress], previews: Sequence[Preview] = ()) -> Told:
        return await self._ask("progress", trimmed(Report(list(progress), list(previews))), Told)

    async def calls(self, notes: Sequence[CallNote]) -> list[Noted]:
        return (await self._ask("calls", Calls(list(notes)), CallsNoted)).noted

    async def finish(self, verdicts: Sequence[Verdict]) -> list[bool]:
        """Ended tasks and tasks handed back, each by its own verb. Raises LinkDown if any of them was not heard."""
        accepted = [False] * len(verdicts)
        for verb, ended in (("finish", True), ("fail", False)):
            places = [place for place, verdict in enumerate(verdicts) if (verdict.outcome is not None) is ended]
            if places:
                answers = (await self._ask(verb, Finish([verdicts[place] for place in places]), Finished)).accepted
                for place, answer in zip(places, answers, strict=False):
                    accepted[place] = answer
        return accepted

    async def close(self) -> None:
        await self._lines.close()

    async def _ask(self, verb: str, message: object, kind: type[Answer], seconds: float = SECONDS) -> Answer:
        body = records.encode(message)
        try:
            status, _, said = await self._lines.ask("POST", f"{self._server}{PREFIX}/{verb}", self._headers, body, LARGEST, seconds)
        except (Unsent, Broken, TooLarge, asyncio.TimeoutError) as error:
            raise LinkDown(f"the server cannot be reached ({type(error).__name__}: {error})") from error
        if status == 409:
            raise NotEnlisted(said.decode("utf-8", "replace"))
        if status != 200:
            raise LinkDown(f"the server answered {status}: {said[:200].decode('utf-8', 'replace')}")
        try:
            return records.decode(said, kind)
        except ValueError as error:  # something between us answers in the server's place
            raise LinkDown(f"the server's answer cannot be read ({error})") from error


@cache
def _tls() -> ssl.SSLContext:
    """Whoever runs a worker elsewhere may name certificates of their own in the environment."""
    return httpx2.create_ssl_context()
