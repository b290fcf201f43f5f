"""The client that waits."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import httpx2

from mezzotint._version import __version__
from mezzotint.client import configuration
from mezzotint.client.flow import WAIT, Answer, Ask, Flow, Job, Pause, Picture, Server, Snapshot

Result = TypeVar("Result")
Watch = Callable[[Snapshot], None]
AGENT: Final = {"user-agent": f"mezzotint-python/{__version__}"}
# no proxy knows what this machine's own addresses mean to us
DIRECT: Final = {"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None}
HOPELESS = (httpx2.InvalidURL, httpx2.UnsupportedProtocol, httpx2.LocalProtocolError, httpx2.TooManyRedirects, httpx2.DecodingError)


def _ignore(snapshot: Snapshot) -> None:
    del snapshot


class Client:
    """Speaks to a mezzotint, or to whatever else speaks CometAPI's Flux routes.

    with Client() as client:
        picture = client.generate("flux-dev", prompt="a red fox")
        client.save(picture, "fox.jpeg")
    """

    def __init__(self, base_url: str | None = None, api_key: str | None = None, *, timeout: float = 30.0, http: httpx2.Client | None = None) -> None:
        """`timeout` is for one request, in seconds; how long a task may take is said where one waits. `http` brings your own client."""
        self._server = Server(configuration.base_url(base_url))
        self._key = configuration.api_key(api_key)
        self._http = http or httpx2.Client(timeout=timeout, headers=AGENT, mounts=DIRECT, follow_redirects=True)
        self._own = http is None

    @property
    def base_url(self) -> str:
        return self._server.base

    def create(self, model: str, **parameters: Any) -> Job:
        """A new task. Repeating a lost request makes no second one. Raises RequestFailed, ServerUnreachable."""
        return self._drive(self._server.create(model, parameters, uuid.uuid4().hex))

    def poll(self, task: str | Job) -> Snapshot:
        """How a task stands now."""
        return self._drive(self._server.poll(*_named(task)))

    def wait(self, task: str | Job, *, timeout: float = WAIT, watch: Watch = _ignore) -> Picture:
        """Its picture, once there is one; `watch` sees every poll. Raises WaitTimeout, TaskFailed."""
        return self._drive(self._server.wait(*_named(task), timeout, time.monotonic, watch))

    def generate(self, model: str, *, timeout: float = WAIT, watch: Watch = _ignore, **parameters: Any) -> Picture:
        """Create, then wait."""
        return self.wait(self.create(model, **parameters), timeout=timeout, watch=watch)

    def download(self, picture: str | Picture) -> bytes:
        """The file. Raises LinkExpired when its link no longer holds."""
        return self._drive(self._server.download(picture if isinstance(picture, str) else picture.url))

    def save(self, picture: str | Picture, path: str | os.PathLike[str]) -> None:
        """The file, written whole or not at all."""
        from mezzotint.client.files import write_whole

        write_whole(path, self.download(picture))

    def cancel(self, task: str | Job) -> dict[str, Any]:
        return self._drive(self._server.cancel(_named(task)[0]))

    def models(self) -> list[dict[str, Any]]:
        return self._drive(self._server.models())

    def model(self, name: str) -> dict[str, Any]:
        return self._drive(self._server.model(name))

    def tasks(self, limit: int = 20, before: str | None = None) -> list[dict[str, Any]]:
        return self._drive(self._server.tasks(limit, before))

    def task(self, task: str | Job) -> dict[str, Any]:
        return self._drive(self._server.task(_named(task)[0]))

    def usage(self, first: str | None = None, last: str | None = None, by: Sequence[str] = ()) -> dict[str, Any]:
        """What became ready and what it cost, by day, key, model and label, or by those of them that `by` names; days as YYYY-MM-DD,
        both included."""
        return self._drive(self._server.usage(first, last, by))

    def webhooks(self, status: str | None = None, limit: int = 20, before: str | None = None) -> list[dict[str, Any]]:
        """What was sent or is to be, newest first; `status` is pending, delivered or failed."""
        return self._drive(self._server.webhooks(status, limit, before))

    def webhook(self, webhook: str) -> dict[str, Any]:
        """One of them, with its attempts."""
        return self._drive(self._server.webhook(webhook))

    def resend(self, webhook: str) -> dict[str, Any]:
        """Send a webhook again, under its old id."""
        return self._drive(self._server.resend(webhook))

    def webhook_secret(self) -> str:
        """What signs the webhooks of tasks that were given no secret of their own."""
        return self._drive(self._server.webhook_secret())

    def estimate(self, model: str, **parameters: Any) -> float:
        """What a picture would cost, in credits (0.01 USD). Nothing is made."""
        return self._drive(self._server.estimate(model, parameters))

    def close(self) -> None:
        if self._own:
            self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _drive(self, flow: Flow[Result]) -> Result:
        reply: Answer | None = None
        while True:
            try:
                step = flow.send(reply)
            except StopIteration as end:
                result: Result = end.value
                return result
            if isinstance(step, Pause):
                time.sleep(step.seconds)
                reply = None
            else:
                reply = self._ask(step)

    def _ask(self, ask: Ask) -> Answer:
        try:
            answer = self._http.request(ask.method, ask.url, json=ask.body, headers=headers_of(ask, self._key), timeout=patience(ask, self._http.timeout))
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            return unanswered(ask, error)
        return Answer(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.content)


def _named(task: str | Job) -> tuple[str, str | None]:
    return (task, None) if isinstance(task, str) else (task.id, task.polling_url)


def headers_of(ask: Ask, key: str | None) -> dict[str, str]:
    return dict(ask.headers) | ({"authorization": f"Bearer {key}"} if ask.keyed and key else {})


def patience(ask: Ask, usual: httpx2.Timeout) -> httpx2.Timeout:
    """How long to wait for anything to happen: as always, or for as long as this request may take, whichever is shorter."""
    if ask.seconds is None:
        return usual
    limits = {name: ask.seconds if seconds is None else min(seconds, ask.seconds) for name, seconds in usual.as_dict().items()}
    return httpx2.Timeout(**limits)


def unanswered(ask: Ask, error: Exception) -> Answer:
    why = f"{type(error).__name__}: {error}".removesuffix(": ")
    said = f"{_place(ask.url)} cannot be reached ({why}). Is the server running, and is the base URL right?"
    return Answer(0, {}, b"", said, hopeless=isinstance(error, HOPELESS))


def _place(url: str) -> str:
    """An address to show: a query may hold a token, and what stands before the host a password."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "what is no address"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
