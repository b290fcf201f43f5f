"""A worker's line to the server: six verbs over HTTP, on a local socket or over the network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

import httpx2

from mezzotint import records
from mezzotint.core.calls import CallNote, Noted
from mezzotint.core.errors import MezzotintError, NotEnlisted
from mezzotint.core.previews import Preview
from mezzotint.core.protocol import LONGEST_WAIT, PREFIX, Beat, Calls, CallsNoted, Enlist, Enlisted, Finish, Finished, Pull, Pulled, Report, Told, trimmed
from mezzotint.core.tasks import Progress, Verdict

Answer = TypeVar("Answer")
SECONDS = 10.0


class LinkDown(MezzotintError):
    """The server cannot be reached, or cannot answer. The worker keeps what it has and tries again."""


class Link:
    def __init__(self, server: str, token: str, socket: str | None = None) -> None:
        """`socket` is the path of a local socket; with it, `server` is only a name.

        Asks the transport itself: a client would look for redirects, cookies and credentials of which there are none, which cost as
        much as the request.
        """
        self._transport = httpx2.AsyncHTTPTransport(uds=socket) if socket else httpx2.AsyncHTTPTransport()
        self._headers = {"authorization": f"Bearer {token}", "content-type": "application/json", "accept": "application/json"}
        self._server = server.rstrip("/")
        self._urls: dict[str, httpx2.URL] = {}  # by verb

    async def enlist(self, worker: str) -> Enlisted:
        return await self._ask("enlist", Enlist(worker), Enlisted)

    async def pull(self, pull: Pull) -> Pulled:
        return await self._ask("pull", pull, Pulled, LONGEST_WAIT + SECONDS)

    async def beat(self, worker: str, epoch: int, held: Sequence[tuple[UUID, int]]) -> Told:
        return await self._ask("beat", Beat(worker, epoch, list(held)), Told)

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
        await self._transport.aclose()

    def _request(self, verb: str, message: object, seconds: float) -> httpx2.Request:
        if verb not in self._urls:
            self._urls[verb] = httpx2.URL(f"{self._server}{PREFIX}/{verb}")
        patience = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds)}
        return httpx2.Request("POST", self._urls[verb], headers=self._headers, content=records.encode(message), extensions=patience)

    async def _ask(self, verb: str, message: object, kind: type[Answer], seconds: float = SECONDS) -> Answer:
        try:
            response = await self._transport.handle_async_request(self._request(verb, message, seconds))
            await response.aread()
        except httpx2.HTTPError as error:
            raise LinkDown(f"the server cannot be reached ({type(error).__name__}: {error})") from error
        if response.status_code == 409:
            raise NotEnlisted(response.text)
        if response.status_code != 200:
            raise LinkDown(f"the server answered {response.status_code}: {response.text[:200]}")
        try:
            return records.decode(response.content, kind)
        except ValueError as error:  # something between us answers in the server's place
            raise LinkDown(f"the server's answer cannot be read ({error})") from error
