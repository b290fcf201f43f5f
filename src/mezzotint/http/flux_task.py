"""What BFL's and CometAPI's surfaces share: how a create is read, and the task body, six keys in a fixed order, in six words and no others."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from mezzotint.core.catalogue import BFL_MODELS, ModelCard
from mezzotint.core.tasks import Status
from mezzotint.service.prices import Quote
from mezzotint.service.read import Found

NOT_FOUND = "Task not found"
WORDS: dict[Status, str] = {
    Status.PENDING: "Pending",
    Status.PROCESSING: "Pending",
    Status.READY: "Ready",
    Status.ERROR: "Error",
    Status.REQUEST_MODERATED: "Request Moderated",
    Status.CONTENT_MODERATED: "Content Moderated",
    Status.CANCELED: "Error",
    Status.EXPIRED: "Error",
}
OPTIONAL = ("webhook_url", "webhook_secret")  # and pictures: an empty string is none
# pictures under another word, where clients send one: LiteLLM sends input_image to fill and expand
ALTERNATES = {"image": "input_image"}
OF_FLUX_2 = ("start_time", "prompt", "seed", "sample")  # what its results were seen to hold, in this order
SHOWS_PROGRESS = ("flux-dev",)  # the one model whose polls were seen to carry it


def parse(card: ModelCard, body: dict[str, Any]) -> dict[str, Any]:
    """The card's parameters out of a create's body."""
    given = dict(body)
    for name, other in ALTERNATES.items():
        if name in card.parameters and other not in card.parameters and not given.get(name) and given.get(other):
            given[name] = given.pop(other)
    optional = (*OPTIONAL, *(parameter.name for parameter in card.image_parameters))
    return {name: value for name, value in given.items() if not (value == "" and name in optional)}


def accepted(task: UUID, polling_url: str, quote: Quote) -> dict[str, Any]:
    """The five keys of a create's answer, numbers only for models that are priced by the megapixel."""
    return {"id": str(task), "polling_url": polling_url, "cost": quote.cost, "input_mp": quote.input_mp, "output_mp": quote.output_mp}


def estimated(quote: Quote) -> dict[str, Any]:
    """A dry run's answer: a create's, without a task, and the credits even where creates do not tell them."""
    told = {"id": None, "polling_url": None, "cost": quote.cost, "input_mp": quote.input_mp, "output_mp": quote.output_mp}
    return told | {"credits": quote.credits, "dry_run": True}


def show(found: Found, origin: str) -> dict[str, Any]:
    """The poll's body. A number that is not known is left out of `result`, since strict clients refuse null there."""
    task = found.task
    return {
        "id": str(task.id),
        "status": WORDS[task.status],
        "result": _result(found, origin) if task.status is Status.READY else None,
        "progress": _progress(found),
        "details": _details(found),
        "preview": None,
    }


def missing(text: str) -> dict[str, Any]:
    return {"id": text, "status": NOT_FOUND, "result": None, "progress": None, "details": None, "preview": None}


def _result(found: Found, origin: str) -> dict[str, Any]:
    task, outcome = found.task, found.task.outcome
    if outcome is None:
        return {}
    told: dict[str, Any] = {"sample": found.links(origin)[0], "prompt": outcome.prompt or "", "seed": outcome.seed, "start_time": task.started}
    if task.started is not None and task.finished is not None:
        told |= {"end_time": task.finished, "duration": task.finished - task.started}
    names = OF_FLUX_2 if _is_flux_2(task.model) else tuple(told)
    return {name: told[name] for name in names if told[name] is not None}


def _is_flux_2(model: str) -> bool:
    card = BFL_MODELS.get(model)
    return card is not None and card.family.startswith("flux-2")


def _progress(found: Found) -> float | None:
    progress = found.progress
    if progress is None or found.task.status is not Status.PROCESSING or found.task.model not in SHOWS_PROGRESS:
        return None
    return round(progress.step / progress.steps, 2) if progress.steps else None


def _details(found: Found) -> dict[str, Any] | None:
    outcome = found.task.outcome
    if outcome is None or found.task.status is Status.READY:
        return None
    if found.task.status in (Status.REQUEST_MODERATED, Status.CONTENT_MODERATED):
        return {"Moderation Reasons": list(outcome.reasons)}
    if found.task.status is Status.ERROR:
        return {"error": outcome.message or outcome.code, "code": outcome.code}
    return {"error": outcome.code}
