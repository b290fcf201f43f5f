"""Every refusal as the surfaces answer it: what the pages about errors and /openapi.json say of statuses and bodies."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from mezzotint.core import errors
from mezzotint.core.errors import Refusal
from mezzotint.core.parameters import Problem
from mezzotint.http.dialects import bfl, comet, openai, replicate
from mezzotint.http.images import LINKS
from mezzotint.http.problems import NATIVE, Broken, MethodNotAllowed, Wording, page_of

USUAL = "http://127.0.0.1:8000"  # where a server is unless it was told otherwise: the address in examples
COMET, BFL, REPLICATE, OPENAI, OURS = "CometAPI", "Black Forest Labs", "Replicate", "OpenAI", "mezzotint"
SURFACES: Mapping[str, Wording] = {
    COMET: comet.WORDING,
    BFL: bfl.WORDING,
    REPLICATE: replicate.WORDING,
    OPENAI: openai.WORDING,
    OURS: NATIVE,
}
EVERYWHERE = tuple(SURFACES)
CREATING = (COMET, BFL, REPLICATE, OPENAI)
REQUEST_ID = "20270115093000123456789AbCdEfGh"
EXAMPLES: tuple[tuple[Refusal, tuple[str, ...]], ...] = (
    (errors.InvalidRequest([Problem(("width",), "Input should be a multiple of 32", "multiple_of", limits={"multiple_of": 32})]), EVERYWHERE),
    (errors.NotAuthenticated("Invalid token: send your key as Authorization: Bearer <key>, or as x-key"), EVERYWHERE),
    (errors.PaymentRequired("this picture costs 2.5 credits, and the account has 1"), CREATING),
    (errors.NotAllowed("this key may only see tasks, pictures and usage"), EVERYWHERE),
    (errors.NotFound("there is nothing at /v1/nothing"), EVERYWHERE),
    (MethodNotAllowed("this path does not take DELETE", "GET, HEAD"), EVERYWHERE),
    (errors.BodyTooSlow("nothing of the request's body came for 30 seconds"), EVERYWHERE),
    (errors.BodyTooLarge("the request's body is larger than 33554432 bytes: send pictures by URL, or smaller ones"), EVERYWHERE),
    (errors.UnknownEncoding("the body is packed as 'gzip', which is not undone here: send it as it is"), CREATING),
    (errors.IdempotencyConflict("this Idempotency-Key came before with another request: use a new key for a new request"), CREATING),
    (errors.TooManyRequests("10000 tasks wait already: try again in 5 seconds", 5), EVERYWHERE),
    (errors.HeadersTooLarge("the request's headers have more than 65536 bytes"), EVERYWHERE),
    (errors.ModelNotServed("flux-9"), (COMET, REPLICATE)),
    (openai.NoSuchModel("The model `flux-9` does not exist or you do not have access to it. GET /v1/models lists what is served."), (OPENAI,)),
    (openai.Refused("Your request was rejected by the safety system. (Violence)"), (OPENAI,)),
    (Broken("something went wrong here; it was logged"), EVERYWHERE),
    (openai.NotMade("the engine was ended by SIGKILL"), (OPENAI,)),
    (errors.Unavailable("the server is shutting down: nothing was accepted, try again in a few seconds"), EVERYWHERE),
    (openai.StillAtWork("The picture is not finished yet. It is still being made: GET /v1/tasks/01a3185c-5000-7000-8000-000000000001"), (OPENAI,)),
)  # each with the surfaces that can answer it


@dataclass(frozen=True)
class Told:
    """One refusal in the words of one surface."""

    code: str
    surface: str
    status: int
    body: Any
    retry_after: int | None = None

    @property
    def text(self) -> str:
        """The body as it is read, if not sent: with lines and spaces."""
        return self.body if isinstance(self.body, str) else json.dumps(self.body, indent=2, ensure_ascii=False)


def _told(refusal: Refusal, surface: str) -> Told:
    wording = SURFACES[surface]
    body = wording.body(refusal, REQUEST_ID)
    if wording.page_field:
        body[wording.page_field] = page_of(refusal.code, USUAL)
    return Told(refusal.code, surface, wording.status(refusal), body, refusal.retry_after)


@cache
def every() -> tuple[Told, ...]:
    """What every surface may answer, and links to pictures."""
    links = (Told(denied.code, "Links to pictures", denied.status, denied.sentence) for denied in LINKS.values())
    return (*(_told(refusal, surface) for refusal, surfaces in EXAMPLES for surface in surfaces), *links)


def of_code(code: str) -> Iterator[Told]:
    return (told for told in every() if told.code == code)


def of_status(surface: str, status: int) -> list[Told]:
    return [told for told in every() if (told.surface, told.status) == (surface, status)]
