"""CometAPI's surface: POST /flux/v1/{model}, GET /flux/v1/get_result, and its error envelope."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from mezzotint.core.catalogue import ModelCard, Surface
from mezzotint.core.errors import InvalidRequest, ModelNotServed, NotAuthenticated, Refusal
from mezzotint.core.parameters import Problem
from mezzotint.http.flux_task import WORDS
from mezzotint.service.submit import card_of

__all__ = ["CREATE", "POLL", "SURFACE", "WORDS", "accepted", "parse", "word"]

SURFACE = "comet"
CREATE, POLL = "/flux/v1/{model:path}", "/flux/v1/get_result"
EMPTY_IS_ABSENT = ("webhook_url", "webhook_secret")
# pictures under another word, where clients send one: LiteLLM sends input_image to fill and expand
ALTERNATES = {"image": "input_image"}


def parse(model: str, body: dict[str, Any]) -> dict[str, Any]:
    """The card's parameters out of a create's body. Empty strings for pictures, webhook and secret mean that there is none.

    CometAPI requires a prompt of every model; a model that works on a picture goes without.
    """
    card = card_of(model, Surface.BFL)
    given = dict(body)
    for name, other in ALTERNATES.items():
        if name in card.parameters and other not in card.parameters and not given.get(name) and given.get(other):
            given[name] = given.pop(other)
    optional = (*EMPTY_IS_ABSENT, *(parameter.name for parameter in card.image_parameters))
    given = {name: value for name, value in given.items() if not (value == "" and name in optional)}
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


def accepted(task: UUID, polling_url: str) -> dict[str, Any]:
    """BFL's five keys, then CometAPI's status."""
    return {"id": str(task), "polling_url": polling_url, "cost": None, "input_mp": None, "output_mp": None, "status": "Pending"}


def word(refusal: Refusal, request_id: str) -> dict[str, Any]:
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


def _shown(model: str) -> str:
    return model if len(model) <= 100 else model[:100] + "…"
