"""Every conversation with a server, written once and without I/O: generators that yield what to ask and are sent what came back.

`sync.py` and `aio.py` drive them. A flow yields `Ask` (and receives an `Answer`) or `Pause`; what it returns is the caller's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlsplit

from mezzotint.client.errors import (
    BadAnswer,
    LinkExpired,
    RequestFailed,
    TaskCanceled,
    TaskFailed,
    TaskMissing,
    TaskModerated,
    WaitTimeout,
    failure_for,
)

FIRST_POLL, LONGEST_POLL, POLL_GROWTH = 0.1, 2.0, 1.4  # seconds between polls: often at first, then ever less
WAIT: Final = 300.0  # seconds that a wait lasts unless it is told otherwise
RETRIES = 4
RETRY_DELAYS = (0.2, 0.6, 1.5, 3.0)
NOT_TAKEN = (429, 503)  # statuses that say: nothing was accepted, come back
Result = TypeVar("Result")


@dataclass(frozen=True)
class Ask:
    """One request. `keyed` says that the caller's key goes with it; `again`, that it may be sent twice without harm."""

    method: str
    url: str
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    keyed: bool = True
    again: bool = True


@dataclass(frozen=True)
class Pause:
    seconds: float


@dataclass(frozen=True)
class Answer:
    """What came back; `headers` by lower-case name. `status` 0: nothing did, and `error` says why."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    error: str = ""


Flow = Generator["Ask | Pause", "Answer | None", Result]


@dataclass(frozen=True)
class Job:
    """A task that was created. `id` is enough to come back for it, with the same key."""

    id: str
    polling_url: str
    engine: str = ""


@dataclass(frozen=True)
class Snapshot:
    """How a task stands: `state` in the server's words (`Pending` waits or runs), and what it hints at beside."""

    id: str
    state: str
    result: Mapping[str, Any] | None
    details: Any
    progress: float | None = None
    step: tuple[int, int] | None = None
    waiting: int | None = None
    eta: float | None = None
    engine: str = ""
    running: bool = False


@dataclass(frozen=True)
class Picture:
    """A finished picture: where it is, for as long as its link holds, and what made it."""

    task: str
    url: str
    seed: int | None
    prompt: str
    duration: float | None
    engine: str = ""


@dataclass(frozen=True)
class Server:
    """Where to ask, and the conversations."""

    base: str

    def create(self, model: str, parameters: Mapping[str, Any], request_key: str) -> Flow[Job]:
        """One task, however often the request is repeated: `request_key` is its idempotency key."""
        given = {name: value for name, value in parameters.items() if value is not None}
        ask = Ask("POST", f"{self.base}/flux/v1/{quote(model, safe='')}", given, {"idempotency-key": request_key})
        answer = yield from _asked(ask)
        body = _object(answer)
        if not isinstance(body.get("id"), str):
            raise BadAnswer(f"the server accepted something without saying its id: {answer.body[:200]!r}")
        polling_url = body.get("polling_url") or self._poll_url(body["id"])
        return Job(body["id"], polling_url, answer.headers.get("x-mezzotint-engine", ""))

    def poll(self, task: str, polling_url: str | None = None) -> Flow[Snapshot]:
        """How the task stands now. The key goes to our own server only, wherever a polling URL may point."""
        url = polling_url or self._poll_url(task)
        answer = yield from _asked(Ask("GET", url, keyed=self.owns(url)))
        return _snapshot(answer)

    def wait(self, task: str, polling_url: str | None, seconds: float, now: Callable[[], float], watch: Callable[[Snapshot], None]) -> Flow[Picture]:
        """Polls, ever less often, until the task has ended. Raises WaitTimeout, and TaskFailed for an end without a picture."""
        end, delay = now() + seconds, FIRST_POLL
        while True:
            snapshot = yield from self.poll(task, polling_url)
            watch(snapshot)
            if snapshot.state == "Ready":
                return _picture(snapshot)
            if snapshot.state not in ("Pending", "Reasoning", "Generating"):
                raise ending(snapshot)
            left = end - now()
            if left <= 0:
                raise WaitTimeout(task, seconds)
            yield Pause(min(delay, left))
            delay = min(delay * POLL_GROWTH, LONGEST_POLL)

    def download(self, url: str) -> Flow[bytes]:
        """A picture's bytes. No key goes with it: the link is signed."""
        try:
            answer = yield from _asked(Ask("GET", url, keyed=False))
        except RequestFailed as error:
            if error.status in (403, 410):
                raise LinkExpired(f"the link no longer holds ({error.status}): poll the task again for a new one") from error
            raise
        return answer.body

    def read(self, path: str) -> Flow[dict[str, Any]]:
        """One of the server's own documents."""
        return _object((yield from _asked(Ask("GET", self.base + path))))

    def cancel(self, task: str) -> Flow[dict[str, Any]]:
        return _object((yield from _asked(Ask("POST", f"{self.base}/v1/tasks/{quote(task, safe='')}/cancel"))))

    def owns(self, url: str) -> bool:
        """Whether an address is on the origin that the key is for."""
        mine, other = urlsplit(self.base), urlsplit(url)
        return (mine.scheme, mine.netloc) == (other.scheme, other.netloc)

    def _poll_url(self, task: str) -> str:
        return f"{self.base}/flux/v1/get_result?id={quote(task, safe='')}"


def _asked(ask: Ask) -> Flow[Answer]:
    """The answer to a request, asked again where nothing was accepted or nothing can be lost by it. Raises RequestFailed."""
    for attempt in range(RETRIES + 1):
        answer = yield ask
        if answer is None:
            raise BadAnswer("the driver sent no answer")
        if 200 <= answer.status < 300:
            return answer
        failure = failure_of(answer)
        passing = answer.status in (0, *NOT_TAKEN) or (ask.method == "GET" and answer.status >= 502)
        if not (passing and ask.again) or attempt == RETRIES:
            raise failure
        yield Pause(min(getattr(failure, "retry_after", None) or RETRY_DELAYS[attempt], 30.0))
    raise AssertionError("unreachable")


def failure_of(answer: Answer) -> Exception:
    """An answer that is none, as an exception: whatever envelope it came in."""
    from mezzotint.client.errors import ServerUnreachable

    if answer.status == 0:
        return ServerUnreachable(answer.error)
    message, code = _complaint(answer.body)
    retry_after = answer.headers.get("retry-after", "")
    return failure_for(answer.status)(
        message or f"the server answered {answer.status}",
        answer.status,
        code,
        answer.headers.get("x-request-id"),
        float(retry_after) if retry_after.replace(".", "", 1).isdigit() else None,
    )


def _complaint(body: bytes) -> tuple[str, str]:
    """Message and code from CometAPI's, BFL's, or an RFC 9457 error body."""
    try:
        told = json.loads(body)
    except ValueError:
        return body[:200].decode("utf-8", "replace").strip(), ""
    if not isinstance(told, dict):
        return str(told)[:200], ""
    error = told.get("error")
    if isinstance(error, dict):
        return str(error.get("message", "")), str(error.get("code", ""))
    detail = told.get("detail")
    if isinstance(detail, list):
        return "; ".join(
            f"{'.'.join(map(str, entry.get('loc', [])[1:]))}: {entry.get('msg', '')}" for entry in detail if isinstance(entry, dict)
        ), "invalid_request"
    return str(detail or error or told.get("message") or ""), str(told.get("title", ""))


def _object(answer: Answer) -> dict[str, Any]:
    try:
        told = json.loads(answer.body)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise BadAnswer(f"expected a JSON object, got {answer.body[:200]!r}")
    return told


def _snapshot(answer: Answer) -> Snapshot:
    body, headers = _object(answer), answer.headers
    if not isinstance(body.get("status"), str):
        raise BadAnswer(f"expected a task, got {answer.body[:200]!r}")
    step = headers.get("x-mezzotint-step", "").split("/")
    return Snapshot(
        id=str(body.get("id", "")),
        state=body["status"],
        result=body.get("result"),
        details=body.get("details"),
        progress=body.get("progress"),
        step=(int(step[0]), int(step[1])) if len(step) == 2 and all(part.isdigit() for part in step) else None,
        waiting=_number(headers.get("x-mezzotint-waiting")),
        eta=_number(headers.get("x-mezzotint-eta")),
        engine=headers.get("x-mezzotint-engine", ""),
        running=headers.get("x-mezzotint-state") == "processing",
    )


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdigit() else None


def _picture(snapshot: Snapshot) -> Picture:
    result = snapshot.result or {}
    if not isinstance(result.get("sample"), str):
        raise BadAnswer("the task is ready, but its picture has no address")
    return Picture(snapshot.id, result["sample"], result.get("seed"), str(result.get("prompt") or ""), result.get("duration"), snapshot.engine)


def ending(snapshot: Snapshot) -> TaskFailed:
    """The exception for a task that ended without a picture."""
    details = snapshot.details if isinstance(snapshot.details, dict) else {}
    said = str(details.get("error") or snapshot.details or "no reason was given")
    match snapshot.state:
        case "Request Moderated" | "Content Moderated":
            reasons = tuple(map(str, details.get("Moderation Reasons", ())))
            return TaskModerated(snapshot.id, f"{snapshot.state.lower()}: {', '.join(reasons) or said}", reasons, snapshot.details)
        case "Task not found":
            return TaskMissing(snapshot.id, f"the server knows no task {snapshot.id}, or no longer", snapshot.details)
        case _ if details.get("error") == "canceled":
            return TaskCanceled(snapshot.id, "the task was canceled", snapshot.details)
        case _:
            return TaskFailed(snapshot.id, f"the task failed: {said}", snapshot.details)
