"""Every error that mezzotint raises on purpose, as one tree.

    MezzotintError
      Refusal                  a request that cannot be served; each has a status and a code
        InvalidRequest         400  something in the request is wrong; carries every Problem
        NotAuthenticated       401  no key, or not a key of this server
        PaymentRequired        402  the account's credit or budget is used up
        NotAllowed             403  the key may not do this
        NotFound               404
        BodyTooSlow            408
        BodyTooLarge           413
        UnknownEncoding        415  the body is packed in a way that is not undone here
        IdempotencyConflict    422  the same Idempotency-Key came before with another body
        TooManyRequests        429  a limit is reached, or the queue is full; says when to come back
        HeadersTooLarge        431
        ModelNotServed         503  no such model here
        Unavailable            503  the ledger or the disk cannot take it just now; says when to come back
      BadSetting               a setting that cannot be used
      EngineFailure            a picture could not be painted; says whether another attempt may help
      Moderated                a provider refuses a request, or a picture
      Unreachable              an address that may not be, or could not be, reached
      BadPicture               bytes that are no picture we accept
      LedgerError              the ledger cannot be used
      NotEnlisted              a worker's epoch has passed: it must enlist again

What each code means to whoever gets it is told in `core.explanations`. The client's errors, which speak of answers rather than of causes, are in `mezzotint.client.errors`.
"""

from __future__ import annotations

from collections.abc import Sequence

from mezzotint.core.parameters import Problem

MOST_PROBLEMS = 50  # that one answer tells


class MezzotintError(Exception):
    """The base of them all. The message is for people: what, where, what to do."""


class Refusal(MezzotintError):
    status = 400
    code = "invalid_request"
    retry_after: int | None = None  # seconds


class InvalidRequest(Refusal):
    """`problems` are what is wrong, in the order of the request: all of it, unless that would fill pages."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems[:MOST_PROBLEMS])
        more = len(problems) - len(self.problems)
        super().__init__("; ".join(str(problem) for problem in self.problems) + (f"; and {more} more" if more else ""))


class NotAuthenticated(Refusal):
    """`presented`: whether a key came at all."""

    status = 401
    code = "invalid_token"

    def __init__(self, message: str, *, presented: bool = False) -> None:
        self.presented = presented
        super().__init__(message)


class PaymentRequired(Refusal):
    status = 402
    code = "insufficient_credits"


class NotAllowed(Refusal):
    status = 403
    code = "permission_denied"


class NotFound(Refusal):
    status = 404
    code = "not_found"


class BodyTooSlow(Refusal):
    status = 408
    code = "body_too_slow"


class BodyTooLarge(Refusal):
    status = 413
    code = "body_too_large"


class UnknownEncoding(Refusal):
    status = 415
    code = "unknown_encoding"


class HeadersTooLarge(Refusal):
    status = 431
    code = "headers_too_large"


class TooManyRequests(Refusal):
    status = 429
    code = "rate_limit_exceeded"

    def __init__(self, message: str, retry_after: int = 1) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class ModelNotServed(Refusal):
    status = 503
    code = "model_not_found"

    def __init__(self, model: str) -> None:
        self.model = model
        super().__init__(f"no model called {model} is served here")


class Unavailable(Refusal):
    status = 503
    code = "unavailable"

    def __init__(self, message: str, retry_after: int = 5) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class IdempotencyConflict(Refusal):
    """The same Idempotency-Key came before with another body."""

    status = 422
    code = "idempotency_key_reused"


class BadSetting(MezzotintError):
    pass


class EngineFailure(MezzotintError):
    """`unused`: the attempt came to nothing and does not count, as nobody had time for it; `delay` in seconds until the next."""

    def __init__(self, message: str, *, code: str = "engine_failed", retryable: bool = False, unused: bool = False, delay: float = 1.0) -> None:
        self.code = code
        self.retryable = retryable or unused
        self.unused, self.delay = unused, delay
        super().__init__(message)


class Moderated(MezzotintError):
    """A provider refuses the request, or the picture that it made; `reasons` are fit to show."""

    def __init__(self, reasons: Sequence[str], *, picture: bool) -> None:
        self.reasons, self.picture = tuple(reasons), picture
        super().__init__(", ".join(reasons))


class Unreachable(MezzotintError):
    pass


class BadPicture(MezzotintError):
    pass


class LedgerError(MezzotintError):
    pass


class NotEnlisted(MezzotintError):
    pass
