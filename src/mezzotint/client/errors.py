"""What can go wrong for a caller, as one tree under MezzotintError.

ClientError                `task` is the id of the task it is about, where it is about one
  ServerUnreachable        no answer came
  RequestFailed            the server answered with an error; `status`, `code`, `request_id`, `retry_after`
    BadRequest             400, 413, 422  something in the request is wrong
    AuthenticationFailed   401, 403
    LimitReached           402, 429  credit, rate or queue
    NoSuchThing            404, and 503 for a model that is not served
    ServerFailed           500 and above
  BadAnswer                the server answered with something that is no answer
  WaitTimeout              the task was not done in time; it goes on, and `task` resumes it
  TaskFailed               the task ended without a picture; `details`
    TaskModerated          it was refused; `reasons`
    TaskCanceled
    TaskMissing            the server does not know it, or no longer
  LinkExpired              the picture's link no longer holds: poll again for a new one
"""

from __future__ import annotations

from typing import Any

from mezzotint.core.errors import MezzotintError


class ClientError(MezzotintError):
    """The base of them all. `task` is the id of the task that it is about: with it one can come back."""

    task = ""


class ServerUnreachable(ClientError):
    """No answer came. The message says where none came from, and why."""


class BadAnswer(ClientError):
    """The server answered with something that is no answer."""


class RequestFailed(ClientError):
    """The server answered with an error. `retry_after` is in seconds, where it said so."""

    def __init__(self, message: str, status: int, code: str = "", request_id: str | None = None, retry_after: float | None = None) -> None:
        self.status, self.code, self.request_id, self.retry_after = status, code, request_id, retry_after
        super().__init__(message)


class BadRequest(RequestFailed):
    """Something in the request is wrong; the message names it."""


class AuthenticationFailed(RequestFailed):
    """There was no key, it is not a key of this server, or it may not do this."""


class LimitReached(RequestFailed):
    """Credit, rate or queue."""


class NoSuchThing(RequestFailed):
    """The server has nothing of that name."""


class ServerFailed(RequestFailed):
    """The server could not do it."""


class WaitTimeout(ClientError):
    """The task was not done in time. It goes on, and can be waited for again."""

    def __init__(self, task: str, seconds: float) -> None:
        self.task = task
        super().__init__(f"task {task} was not done after {seconds:g} seconds; it goes on, and can be waited for again by its id")


class TaskFailed(ClientError):
    """The task ended without a picture."""

    def __init__(self, task: str, message: str, details: Any = None) -> None:
        self.task, self.details = task, details
        super().__init__(message)


class TaskModerated(TaskFailed):
    """The request or the picture was refused; `reasons` are the moderation's own words."""

    def __init__(self, task: str, message: str, reasons: tuple[str, ...], details: Any = None) -> None:
        self.reasons = reasons
        super().__init__(task, message, details)


class TaskCanceled(TaskFailed):
    """It was canceled, by whoever has the key."""


class TaskMissing(TaskFailed):
    """The server does not know it, or no longer."""


class LinkExpired(ClientError):
    """A picture's link no longer holds: poll its task again for a new one."""


BY_STATUS = {
    400: BadRequest,
    401: AuthenticationFailed,
    402: LimitReached,
    403: AuthenticationFailed,
    404: NoSuchThing,
    413: BadRequest,
    422: BadRequest,
    429: LimitReached,
}


def failure_for(status: int) -> type[RequestFailed]:
    """The class for an answer's status: every status of 400 and above has one."""
    return BY_STATUS.get(status, ServerFailed if status >= 500 else BadRequest)
