"""OpenAI's images surface: sizes as one word, several pictures a request, the answer at the end of it, and its error object."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import gcd
from typing import Any

from mezzotint.core.catalogue import BFL_MODELS, REPLICATE_MODELS, ModelCard, Sizing
from mezzotint.core.errors import InvalidRequest, NotAuthenticated, NotFound, PaymentRequired, Refusal
from mezzotint.core.parameters import Kind, Parameter, Problem
from mezzotint.core.previews import FORMAT as PREVIEW_FORMAT
from mezzotint.core.previews import Preview
from mezzotint.core.rules import read_ratio
from mezzotint.core.tasks import Status, Task
from mezzotint.http import rates
from mezzotint.http.problems import Wording

SURFACE = "openai"
OWN = ("model", "n", "size", "quality", "style", "response_format", "background", "moderation", "output_compression", "stream", "partial_images")
DEFAULT_MODEL, EDITING_MODEL, FILLING_MODEL, VARYING_MODEL = "flux-dev", "flux-kontext-pro", "flux-pro-1.0-fill", "black-forest-labs/flux-redux-dev"
MOST = 10  # pictures of one request
MOST_PARTIAL = 3  # previews of a picture
GENERATION, EDIT = "image_generation", "image_edit"  # what events are named for
QUALITIES = ("low", "medium", "high")  # beside auto
PICTURES = ("image", "mask")
OWN_KINDS = {"n": Kind.INTEGER, "stream": Kind.BOOLEAN, "output_compression": Kind.INTEGER, "partial_images": Kind.INTEGER}
SIZE = re.compile(r"(\d{1,5})x(\d{1,5})", re.ASCII)
JPEG = {"jpeg": "jpg", "jpg": "jpeg"}


class NoSuchModel(NotFound):
    code = "model_not_found"


class Refused(Refusal):
    """Moderation ended the task."""

    code = "moderation_blocked"


class NotMade(Refusal):
    """The task ended without a picture through no fault of the request's."""

    status = 500
    code = "server_error"


class StillAtWork(Refusal):
    status = 504
    code = "timeout"


def card_of(model: str) -> ModelCard:
    """Raises NoSuchModel."""
    card = BFL_MODELS.get(model) or REPLICATE_MODELS.get(model)
    if card is None or not card.listed:
        raise NoSuchModel(f"The model `{model[:100]}` does not exist or you do not have access to it. GET /v1/models lists what is served.")
    return card


def count(body: Mapping[str, Any]) -> int:
    """How many pictures are asked for. Raises InvalidRequest."""
    n = body.get("n")
    if n is None:
        return 1
    if not isinstance(n, int) or isinstance(n, bool) or not 1 <= n <= MOST:
        raise InvalidRequest([Problem(("n",), f"Input should be a whole number from 1 to {MOST}", "int_type")])
    return n


def as_base64(body: Mapping[str, Any]) -> bool:
    """Whether the pictures themselves are wanted and not their addresses. Raises InvalidRequest."""
    form = body.get("response_format")
    if form not in (None, "url", "b64_json"):
        raise InvalidRequest([Problem(("response_format",), "Input should be 'url' or 'b64_json'", "enum")])
    return form == "b64_json"


def partial_images(body: Mapping[str, Any]) -> int:
    """How many previews are asked for. Raises InvalidRequest."""
    wished = body.get("partial_images")
    if wished is None:
        return 0
    if not isinstance(wished, int) or isinstance(wished, bool) or not 0 <= wished <= MOST_PARTIAL:
        raise InvalidRequest([Problem(("partial_images",), f"Input should be a whole number from 0 to {MOST_PARTIAL}", "int_type")])
    return wished


def said(body: Mapping[str, Any]) -> dict[str, Any]:
    """What events repeat of a request."""
    size, quality = body.get("size") or "auto", body.get("quality")
    return {"size": size, "quality": quality if quality in QUALITIES else "auto", "background": "opaque"}


def partial_image(preview: Preview, index: int, now: int) -> dict[str, Any]:
    """Fields of a preview's event. It is a small picture, whatever size was asked for."""
    image = base64.b64encode(preview.image).decode()
    return {"b64_json": image, "partial_image_index": index, "created_at": now, "output_format": PREVIEW_FORMAT.value}


def about(task: Task, index: int) -> dict[str, Any]:
    """Fields of a finished picture's event beside the picture."""
    told: dict[str, Any] = {"created_at": int(task.created), "output_format": format_of(task)}
    if task.outcome is not None:
        image = task.outcome.images[index]
        told["size"] = f"{image.width}x{image.height}"
    return told


def parse(card: ModelCard, body: Mapping[str, Any]) -> dict[str, Any]:
    """The card's parameters out of a request: OpenAI's words translated, the card's own words as they are; a PNG, as there, where nothing is
    said of the format. Raises InvalidRequest."""
    given = {name: value for name, value in body.items() if name in card.parameters and name not in OWN and value is not None}
    size = body.get("size")
    if size not in (None, "", "auto"):
        given = _sized(card, size) | given
    form = card.parameters.get("output_format")
    if form is not None and "png" in form.choices:
        given.setdefault("output_format", "png")
    if form is not None and given.get("output_format") in JPEG and given["output_format"] not in form.choices:
        given["output_format"] = JPEG[given["output_format"]]
    quality = body.get("output_compression")
    if quality is not None and "output_quality" in card.parameters:
        given.setdefault("output_quality", quality)
    return given


def fields(sent: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """A form's fields by name; pictures, which clients send as `image`, `image[]` or `image[0]`, always as a list."""
    told: dict[str, Any] = {}
    for name, value in sent:
        bare = name.partition("[")[0]
        if bare in PICTURES:
            told.setdefault(bare, []).extend(value if isinstance(value, list) else [value] if value else [])
        else:
            told[name] = value
    return told


def typed(card: ModelCard, body: Mapping[str, Any]) -> dict[str, Any]:
    """A form's texts as the numbers and switches that they spell; what spells none stays, and is refused as a text."""
    return {name: _typed(_kind(card, name), value) if isinstance(value, str) else value for name, value in body.items()}


def _kind(card: ModelCard, name: str) -> Kind:
    return OWN_KINDS.get(name) or (card.parameters[name].kind if name in card.parameters else Kind.STRING)


def _typed(kind: Kind, text: str) -> Any:
    if kind is Kind.BOOLEAN:
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)
    if kind is Kind.INTEGER and re.fullmatch(r"-?[0-9]{1,20}", text):
        return int(text)
    if kind is Kind.NUMBER and re.fullmatch(r"-?[0-9]{1,20}(\.[0-9]{1,20})?", text):
        return float(text)
    return text


def with_pictures(card: ModelCard, pictures: Sequence[Any], masks: Sequence[Any]) -> dict[str, Any]:
    """Where the card takes them. Raises InvalidRequest for more than it takes."""
    places = [parameter for parameter in card.image_parameters if parameter.name != "mask"]
    given: dict[str, Any] = {}
    if places and places[0].kind is Kind.STRINGS:
        given[places[0].name] = list(pictures)
    elif len(pictures) > len(places):
        raise InvalidRequest([Problem(("image",), f"{card.name} takes {len(places) or 'no'} pictures, and {len(pictures)} came", "too_long")])
    else:
        given |= {place.name: picture for place, picture in zip(places, pictures, strict=False)}
    if masks:
        if "mask" not in card.parameters:
            raise InvalidRequest([Problem(("mask",), f"{card.name} takes no mask; {FILLING_MODEL} does", "extra_forbidden")])
        given["mask"] = masks[0]
    return given


def format_of(task: Task) -> str:
    return task.outcome.images[0].format if task.outcome is not None and task.outcome.images else "jpeg"


def _sized(card: ModelCard, size: Any) -> dict[str, Any]:
    match = SIZE.fullmatch(size) if isinstance(size, str) else None
    if match is None:
        raise InvalidRequest([Problem(("size",), "Input should be 'auto' or WIDTHxHEIGHT, such as 1024x1024", "value_error")])
    width, height = int(match[1]), int(match[2])
    if not width or not height:
        raise InvalidRequest([Problem(("size",), "Neither side may be 0", "value_error")])
    if card.sizing in (Sizing.PIXELS, Sizing.AUTOMATIC):
        return {"width": width, "height": height}
    ratio = card.parameters.get("aspect_ratio")
    return {} if ratio is None else {"aspect_ratio": _nearest(ratio, width, height)}


def _nearest(parameter: Parameter, width: int, height: int) -> str:
    """The ratio itself where any may be given, else the nearest of the choices."""
    wished = Fraction(width, height)
    ratios = {choice: found for choice in parameter.choices if (found := read_ratio(choice)) is not None}
    if not ratios:
        divisor = gcd(width, height)
        return f"{width // divisor}:{height // divisor}"
    return min(ratios, key=lambda choice: max(ratios[choice] / wished, wished / ratios[choice]))


def check_end(task: Task | None) -> Task:
    """The task if it has its picture. Raises what became of it otherwise."""
    if task is None:
        raise NotMade("the task is gone")
    if not task.status.final:
        raise StillAtWork(f"The picture is not finished yet. It is still being made: GET /v1/tasks/{task.id}")
    outcome = task.outcome
    if task.status is Status.READY and outcome is not None:
        return task
    if task.status in (Status.REQUEST_MODERATED, Status.CONTENT_MODERATED):
        reasons = ", ".join(outcome.reasons) if outcome else ""
        raise Refused(f"Your request was rejected by the safety system. ({reasons})")
    message = (outcome.message or outcome.code) if outcome else task.status.value
    if outcome is not None and outcome.code == "bad_picture":
        raise InvalidRequest([Problem((), message)])
    raise NotMade(message)


def _word(refusal: Refusal, request_id: str) -> dict[str, Any]:
    del request_id  # in the header
    kind, code, parameter = "invalid_request_error", refusal.code, None
    match refusal:
        case InvalidRequest():
            parameter = ".".join(map(str, refusal.problems[0].where)) or None if refusal.problems else None
        case NotAuthenticated():
            code = "invalid_api_key" if refusal.presented else "missing_api_key"
        case Refused():
            kind = "image_generation_user_error"
        case PaymentRequired():  # its own 429 would be tried again, and again in vain
            kind = code = "insufficient_quota"
        case _ if refusal.status == 429:
            kind = "requests"
        case _ if refusal.status >= 500:
            kind = "server_error"
    return {"error": {"message": str(refusal), "type": kind, "param": parameter, "code": code}}


WORDING = Wording(_word, told_limits=rates.openai)
