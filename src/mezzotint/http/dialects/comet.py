"""CometAPI's surface: POST /flux/v1/{model}, GET /flux/v1/get_result, and its error envelope."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from mezzotint.core.catalogue import ModelCard
from mezzotint.core.errors import InvalidRequest, ModelNotServed, NotAuthenticated, Refusal
from mezzotint.core.parameters import Problem
from mezzotint.http import flux_task
from mezzotint.http.problems import Wording
from mezzotint.service.prices import Quote

SURFACE = "comet"
CREATE, POLL = "/flux/v1/{model:path}", "/flux/v1/get_result"


def parse(card: ModelCard, body: dict[str, Any]) -> dict[str, Any]:
    """CometAPI requires a prompt of every model; a model that works on a picture goes without."""
    given = flux_task.parse(card, body)
    _check_prompt(card, given)
    return given


def _check_prompt(card: ModelCard, given: dict[str, Any]) -> None:
    if "prompt" not in card.parameters or card.needs_picture:
        return
    prompt = given.get("prompt")
    if prompt is None and card.parameters["prompt"].nullable and "prompt" in given:
        prompt = ""
    if "prompt" not in given:
        raise InvalidRequest([Problem(("prompt",), "Field required", "missing")])
    if isinstance(prompt, str) and not prompt.strip():
        raise InvalidRequest([Problem(("prompt",), "String should have at least 1 character that is no space", "string_too_short")])


def accepted(task: UUID, polling_url: str, quote: Quote) -> dict[str, Any]:
    """BFL's five keys, then CometAPI's status."""
    return flux_task.accepted(task, polling_url, quote) | {"status": "Pending"}


def _word(refusal: Refusal, request_id: str) -> dict[str, Any]:
    """A refusal in CometAPI's envelope, the request id inside the message as there."""
    if isinstance(refusal, ModelNotServed):
        code, message = (
            refusal.code,
            f"no available channel for group default and model {_shown(refusal.model)} (distributor); GET /v1/models lists what is served",
        )
    elif isinstance(refusal, NotAuthenticated):
        code, message = "", str(refusal)
    else:
        code, message = refusal.code, str(refusal)
    return {"error": {"code": code, "message": f"{message} (request id: {request_id})", "type": "comet_api_error"}}


WORDING = Wording(_word)


def _shown(model: str) -> str:
    return model if len(model) <= 100 else model[:100] + "…"
