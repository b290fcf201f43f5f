"""Every conversation with a server, written once and without I/O: generators that yield what to ask and are sent what came back.

`sync.py` and `aio.py` drive them. A flow yields `Ask` (and receives an `Answer`) or `Pause`; what it returns is the caller's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeGuard, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from mezzotint.client.errors import (
    BadAnswer,
    ClientError,
    LinkExpired,
    NoSuchThing,
    RequestFailed,
    ServerUnreachable,
    TaskCanceled,
    TaskFailed,
    TaskMissing,
    TaskModerated,
    WaitTimeout,
    failure_for,
)

FIRST_POLL, LONGEST_POLL, POLL_GROWTH = 0.1, 2.0, 1.4  # seconds between polls: often at first, then ever less
WAIT: Final = 300.0  # seconds that a wait lasts unless it is told otherwise
RETRY_DELAYS = (0.2, 0.6, 1.5, 3.0)  # seconds before each time that a request is sent again
LONGEST_PAUSE = 30.0  # seconds; a server that wants a longer one is left alone
LEAST_PATIENCE = 1.0  # seconds that a request is given however little time is left, so that one answer can come
PORTS = {"http": 80, "https": 443}
NOT_TAKEN = (429, 503)  # statuses that say: nothing was accepted, come back
NEVER_TAKEN = ("model_not_found",)  # codes beside them that say: there is no such thing, and coming back will not help
Result = TypeVar("Result")


@dataclass(frozen=True)
class Ask:
    """One request, which may be sent twice without harm. `keyed`: the caller's key goes with it. `seconds`: no longer than that."""

    method: str
    url: str
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    keyed: bool = True
    seconds: float | None = None


@dataclass(frozen=True)
class Pause:
    seconds: float


@dataclass(frozen=True)
class Answer:
    """What came back; `headers` by lower-case name. `status` 0: nothing did, `error` says why, `hopeless` that nothing ever will."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    error: str = ""
    hopeless: bool = False


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
        ask = Ask("POST", f"{self.base}/flux/v1/{quote(model, safe='/')}", given, {"idempotency-key": request_key})
        answer = yield from _asked(ask)
        body = _object(answer)
        if not isinstance(body.get("id"), str):
            raise BadAnswer(f"the server accepted something without saying its id: {answer.body[:200]!r}")
        polling_url = body.get("polling_url")
        return Job(
            body["id"],
            polling_url if _is_address(polling_url) else self._poll_url(body["id"]),
            answer.headers.get("x-mezzotint-engine", ""),
        )

    def poll(self, task: str, polling_url: str | None = None) -> Flow[Snapshot]:
        """How the task stands now. The key goes to our own server only, wherever a polling URL may point."""
        url = polling_url or self._poll_url(task)
        answer = yield from _asked(Ask("GET", url, keyed=self.owns(url)))
        return _snapshot(task, answer)

    def wait(self, task: str, polling_url: str | None, seconds: float, now: Callable[[], float], watch: Callable[[Snapshot], None]) -> Flow[Picture]:
        """Polls, ever less often, until the task has ended. Raises WaitTimeout, and TaskFailed for an end without a picture."""
        return _about(task, self._wait(task, polling_url, seconds, now, watch))

    def _wait(self, task: str, polling_url: str | None, seconds: float, now: Callable[[], float], watch: Callable[[Snapshot], None]) -> Flow[Picture]:
        end, delay = now() + seconds, FIRST_POLL
        while True:
            snapshot = yield from _within(end, now, self.poll(task, polling_url), WaitTimeout(task, seconds))
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
        if not _is_address(url):
            raise BadAnswer(f"{str(url)[:200]!r} is no address of a picture")
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

    def listing(self, path: str) -> Flow[list[dict[str, Any]]]:
        """The entries of one of the server's own lists."""
        told = yield from self.read(path)
        if not (isinstance(told.get("data"), list) and all(isinstance(entry, dict) for entry in told["data"])):
            raise BadAnswer(f"expected a list at {path}, got {str(told)[:200]}")
        entries: list[dict[str, Any]] = told["data"]
        return entries

    def models(self) -> Flow[list[dict[str, Any]]]:
        return self.listing("/v1/models")

    def model(self, name: str) -> Flow[dict[str, Any]]:
        return self.read(f"/v1/models/{quote(name, safe='/')}")

    def tasks(self, limit: int, before: str | None) -> Flow[list[dict[str, Any]]]:
        return self.listing("/v1/tasks?" + urlencode({"limit": limit} | ({"before": before} if before else {})))

    def task(self, task: str) -> Flow[dict[str, Any]]:
        return self.read(f"/v1/tasks/{quote(task, safe='')}")

    def usage(self, first: str | None, last: str | None, by: Sequence[str]) -> Flow[dict[str, Any]]:
        asked = {name: text for name, text in (("from", first), ("to", last), ("by", ",".join(by))) if text}
        return self.read("/v1/usage" + (f"?{urlencode(asked)}" if asked else ""))

    def estimate(self, model: str, parameters: Mapping[str, Any]) -> Flow[float]:
        url = f"{self.base}/flux/v1/{quote(model, safe='/')}?dry_run=true"
        told = _object((yield from _asked(Ask("POST", url, dict(parameters)))))
        if not isinstance(told.get("credits"), int | float):
            raise BadAnswer(f"expected a price, got {told}")
        return float(told["credits"])

    def cancel(self, task: str) -> Flow[dict[str, Any]]:
        return _object((yield from _asked(Ask("POST", f"{self.base}/v1/tasks/{quote(task, safe='')}/cancel"))))

    def webhooks(self, status: str | None, limit: int, before: str | None) -> Flow[list[dict[str, Any]]]:
        query = {"limit": limit} | {name: value for name, value in (("status", status), ("before", before)) if value}
        return self.listing("/v1/webhooks?" + urlencode(query))

    def webhook(self, webhook: str) -> Flow[dict[str, Any]]:
        return self.read(f"/v1/webhooks/{quote(webhook, safe='')}")

    def resend(self, webhook: str) -> Flow[dict[str, Any]]:
        return _object((yield from _asked(Ask("POST", f"{self.base}/v1/webhooks/{quote(webhook, safe='')}/resend"))))

    def webhook_secret(self) -> Flow[str]:
        told = yield from self.read("/v1/webhooks/default/secret")
        if not isinstance(told.get("key"), str):
            raise BadAnswer(f"expected a secret, got an object with {', '.join(told) or 'nothing'}")
        return str(told["key"])

    def owns(self, url: str) -> bool:
        """Whether an address is on the origin that the key is for."""
        return _origin(url) is not None and _origin(url) == _origin(self.base)

    def _poll_url(self, task: str) -> str:
        return f"{self.base}/flux/v1/get_result?id={quote(task, safe='')}"


def _asked(ask: Ask) -> Flow[Answer]:
    """The answer to a request, asked again where nothing was accepted or nothing can be lost by it. Raises RequestFailed."""
    delays = iter(RETRY_DELAYS)
    while True:
        answer = yield ask
        if answer is None:
            raise BadAnswer("the driver sent no answer")
        if 200 <= answer.status < 300:
            return answer
        failure = failure_of(answer)
        asked_for = getattr(failure, "retry_after", None)
        delay = next(delays, None)
        if delay is None or not _passing(ask, answer, failure) or (asked_for or 0) > LONGEST_PAUSE:
            raise failure
        yield Pause(delay if asked_for is None else asked_for)


def _passing(ask: Ask, answer: Answer, failure: ClientError) -> bool:
    """Whether the same request may fare better a little later."""
    if answer.status == 0:
        return not answer.hopeless
    if getattr(failure, "code", "") in NEVER_TAKEN:
        return False
    return answer.status in NOT_TAKEN or (ask.method == "GET" and answer.status >= 502)


def _within(end: float, now: Callable[[], float], flow: Flow[Result], late: ClientError) -> Flow[Result]:
    """The flow, its requests cut to the time that is left; `late` is raised instead of a pause that would go beyond it."""
    reply: Answer | None = None
    while True:
        try:
            step = flow.send(reply)
        except StopIteration as done:
            result: Result = done.value
            return result
        left = end - now()
        if isinstance(step, Ask):
            reply = yield replace(step, seconds=max(left, LEAST_PATIENCE))
        elif step.seconds > left:
            raise late
        else:
            reply = yield step


def _about(task: str, flow: Flow[Result]) -> Flow[Result]:
    """The flow; what goes wrong in it says which task it is about, so that the caller can come back to it."""
    try:
        return (yield from flow)
    except ClientError as error:
        error.task = error.task or task
        raise


def failure_of(answer: Answer) -> ClientError:
    """An answer that is none, as an exception: whatever envelope it came in."""
    if answer.status == 0:
        return ServerUnreachable(answer.error)
    message, code = _complaint(answer.body)
    kind = NoSuchThing if code in NEVER_TAKEN else failure_for(answer.status)
    return kind(
        message or f"the server answered {answer.status}",
        answer.status,
        code,
        answer.headers.get("x-request-id"),
        _seconds(answer.headers.get("retry-after", "")),
    )


def _seconds(text: str) -> float | None:
    """Of a Retry-After; None for a date, which says nothing without the server's clock."""
    return float(text) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", text.strip()) else None


def _complaint(body: bytes) -> tuple[str, str]:
    """Message and code from CometAPI's, BFL's, or an RFC 9457 error body."""
    told = _parsed(body)
    if told is None:
        return body[:200].decode("utf-8", "replace").strip(), ""
    if not isinstance(told, dict):
        return str(told)[:200], ""
    error = told.get("error")
    if isinstance(error, dict):
        return str(error.get("message", "")), str(error.get("code", ""))
    detail = told.get("detail")
    if isinstance(detail, list):
        return "; ".join(_problem(entry) for entry in detail), "invalid_request"
    return str(detail or error or told.get("message") or ""), str(told.get("title", ""))


def _problem(entry: Any) -> str:
    """One entry of pydantic's list, without the `body` that each place begins with."""
    if not isinstance(entry, dict):
        return str(entry)
    place = entry.get("loc")
    names = ".".join(map(str, place[1:])) if isinstance(place, list) else ""
    return f"{names}: {entry.get('msg', '')}" if names else str(entry.get("msg", ""))


def _parsed(body: bytes) -> Any:
    """JSON; None for what is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None for what is no address on the web."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in PORTS or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, port or PORTS[parts.scheme]


def _is_address(url: Any) -> TypeGuard[str]:
    return isinstance(url, str) and _origin(url) is not None


def _object(answer: Answer) -> dict[str, Any]:
    told = _parsed(answer.body)
    if not isinstance(told, dict):
        raise BadAnswer(f"expected a JSON object, got {answer.body[:200]!r}")
    return told


def _snapshot(task: str, answer: Answer) -> Snapshot:
    body, headers = _object(answer), answer.headers
    if not isinstance(body.get("status"), str):
        raise BadAnswer(f"expected a task, got {answer.body[:200]!r}")
    step = headers.get("x-mezzotint-step", "").split("/")
    return Snapshot(
        id=task,
        state=body["status"],
        result=body["result"] if isinstance(body.get("result"), dict) else None,
        details=body.get("details"),
        progress=body.get("progress"),
        step=(int(step[0]), int(step[1])) if len(step) == 2 and all(_number(part) is not None for part in step) else None,
        waiting=_number(headers.get("x-mezzotint-waiting")),
        eta=_number(headers.get("x-mezzotint-eta")),
        engine=headers.get("x-mezzotint-engine", ""),
        running=headers.get("x-mezzotint-state") == "processing",
    )


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"[0-9]{1,9}", text) else None


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
            told = details.get("Moderation Reasons") or []
            reasons = tuple(map(str, told if isinstance(told, list) else [told]))
            return TaskModerated(snapshot.id, f"{snapshot.state.lower()}: {', '.join(reasons) or said}", reasons, snapshot.details)
        case "Task not found":
            return TaskMissing(snapshot.id, f"the server knows no task {snapshot.id}, or no longer", snapshot.details)
        case _ if details.get("error") == "canceled":
            return TaskCanceled(snapshot.id, "the task was canceled", snapshot.details)
        case _:
            return TaskFailed(snapshot.id, f"the task failed: {said}", snapshot.details)
