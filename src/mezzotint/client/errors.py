"""What can go wrong for a caller, as one tree under MezzotintError.

ClientError
  ServerUnreachable        no answer came
  RequestFailed            the server answered with an error; `status`, `code`, `request_id`, `retry_after`
    BadRequest             400, 413, 422  something in the request is wrong
    AuthenticationFailed   401, 403
    LimitReached           402, 429  credit, rate or queue
    NoSuchThing            404
    ServerFailed           500 and above
  BadAnswer                the server answered with something that is no answer
  WaitTimeout              the task was not done in time; it goes on, and `task` resumes it
  TaskFailed               the task ended without a picture; `task`, `details`
    TaskModerated          it was refused; `reasons`
    TaskCanceled
    TaskMissing            the server does not know it, or no longer
  LinkExpired              the picture's link no longer holds: poll again for a new one
"""

from __future__ import annotations

from typing import Any

from mezzotint.core.errors import MezzotintError


class ClientError(MezzotintError):
    pass


class ServerUnreachable(ClientError):
    pass


class BadAnswer(ClientError):
    pass


class RequestFailed(ClientError):
    def __init__(self, message: str, status: int, code: str = "", request_id: str | None = None, retry_after: float | None = None) -> None:
        self.status, self.code, self.request_id, self.retry_after = status, code, request_id, retry_after
        super().__init__(message)


class BadRequest(RequestFailed):
    pass


class AuthenticationFailed(RequestFailed):
    pass


class LimitReached(RequestFailed):
    pass


class NoSuchThing(RequestFailed):
    pass


class ServerFailed(RequestFailed):
    pass


class WaitTimeout(ClientError):
    def __init__(self, task: str, seconds: float) -> None:
        self.task = task
        super().__init__(f"task {task} was not done after {seconds:g} seconds; it goes on, and can be waited for again by its id")


class TaskFailed(ClientError):
    def __init__(self, task: str, message: str, details: Any = None) -> None:
        self.task, self.details = task, details
        super().__init__(message)


class TaskModerated(TaskFailed):
    def __init__(self, task: str, message: str, reasons: tuple[str, ...], details: Any = None) -> None:
        self.reasons = reasons
        super().__init__(task, message, details)


class TaskCanceled(TaskFailed):
    pass


class TaskMissing(TaskFailed):
    pass


class LinkExpired(ClientError):
    pass


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
