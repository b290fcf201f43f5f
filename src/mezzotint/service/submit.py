"""Check a request, mint a task, store it. When `submit` returns, the task is on disk."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from uuid import UUID

from mezzotint.core import ids, places
from mezzotint.core.accounts import ApiKey
from mezzotint.core.catalogue import BFL_MODELS, REPLICATE_MODELS, ModelCard, Surface
from mezzotint.core.errors import BadPicture, InvalidRequest, MezzotintError, ModelNotServed, NotAllowed
from mezzotint.core.headers import MAX_BYTES, read_header
from mezzotint.core.parameters import Parameter, Problem
from mezzotint.core.tasks import Inputs, NewTask
from mezzotint.core.webhooks import Event
from mezzotint.crash_points import reached
from mezzotint.ports import Limits, Submitted
from mezzotint.routing.models import UPSTREAM
from mezzotint.service.own import own_pictures
from mezzotint.service.prices import Quote, quote
from mezzotint.service.reach import dropped_of
from mezzotint.service.sizes import Size
from mezzotint.service.tools import Tools
from mezzotint.service.validation import validate

SEED_BYTES = 4
BLOB = "blob:"
DATA_URL = re.compile(r"data:image/[a-z.+-]+;base64,", re.IGNORECASE)
WEB = ("http://", "https://")
LONGEST_URL = 8192


@dataclass(frozen=True)
class Submission:
    """A create request translated out of its dialect. `given` uses the card's names; `surface` is the dialect's own name; `shown`
    and `version` as in Inputs; `deadline` in Unix seconds; `label` tells usage apart."""

    card: ModelCard
    given: Mapping[str, Any]
    surface: str
    key: ApiKey
    origin: str = ""
    idempotency_key: str | None = None
    request_hash: str = ""
    webhook_url: str | None = None  # where the surface does not count it among the card's parameters
    webhook_events: tuple[Event, ...] = (Event.COMPLETED,)
    shown: Mapping[str, Any] | None = None
    version: str | None = None
    deadline: float | None = None
    label: str = ""


@dataclass(frozen=True)
class Accepted:
    task: UUID
    quote: Quote
    replayed: bool
    engine: str
    dropped: tuple[str, ...] = ()  # parameters that whoever paints it cannot be told


def card_of(model: str, kind: Surface) -> ModelCard:
    """Raises ModelNotServed."""
    card = (BFL_MODELS if kind is Surface.BFL else REPLICATE_MODELS).get(model)
    if card is None or not card.listed:
        raise ModelNotServed(model)
    return card


@dataclass(frozen=True)
class _Checked:
    """A submission with nothing wrong, and what its task is made of."""

    task: UUID
    inputs: Inputs
    pictures: list[tuple[str, bytes]]
    quote: Quote
    dropped: tuple[str, ...]


async def _checked(submission: Submission, tools: Tools) -> _Checked:
    card = submission.card
    if not card.listed:
        raise ModelNotServed(card.name)
    if submission.key.models and not set(card.all_names) & set(submission.key.models):
        raise NotAllowed(f"this key may not use {card.name}; it may use {', '.join(submission.key.models)}")
    values = validate(card, submission.given)
    task = ids.mint(int(tools.clock.now() * 1000), tools.entropy(ids.RANDOM_BYTES))
    addresses = [text for _, _, text in _given_pictures(card, values) if text[:8].lower().startswith(WEB) and len(text) <= LONGEST_URL]
    own = await own_pictures(addresses, submission.key, submission.origin, tools) if addresses else {}
    pictures = _pictures(card, values, own, tools, task)
    webhook_url = _webhook(submission.webhook_url or values.get("webhook_url"), tools)
    settled = _settle(card, values, tools)
    shown = None if submission.shown is None else dict(submission.shown)
    inputs = Inputs(card.name, settled, submission.origin, webhook_url, values.get("webhook_secret"), shown, submission.version, submission.webhook_events)
    routing = tools.policy.routing
    goes_up = routing is not None and routing.of(card).engine == UPSTREAM
    dropped = dropped_of(card, submission.given, settled, task, routing) if routing is not None and goes_up else ()
    return _Checked(task, inputs, pictures, quote(card, settled, _sizes(card, values, dict(pictures))), dropped)


async def estimate(submission: Submission, tools: Tools) -> Quote:
    """What it would cost. Nothing is stored and nothing is painted; refusals are those of `submit`, but for limits."""
    return (await _checked(submission, tools)).quote


async def submit(submission: Submission, tools: Tools) -> Accepted:
    """Raises a Refusal: InvalidRequest with all problems, ModelNotServed, TooManyRequests, Unavailable …"""
    checked = await _checked(submission, tools)
    new, limits = _new_task(submission, checked, tools), _limits(submission.key, tools.policy.limits)
    if checked.pictures:
        [submitted] = await _store([new], checked.pictures, limits, tools)
    else:  # as nearly always
        submitted = await tools.ledger.submit(new, limits)
    if not submitted.replayed:
        tools.hub.queued()
    return Accepted(submitted.task, checked.quote, submitted.replayed, new.engine, checked.dropped)


async def submit_all(submissions: Sequence[Submission], tools: Tools) -> list[Accepted]:
    """Several of one key at once: all of them, or, where one is refused, none. Raises as `submit` does."""
    checked = [await _checked(submission, tools) for submission in submissions]
    new = [_new_task(submission, each, tools) for submission, each in zip(submissions, checked, strict=True)]
    pictures = [picture for each in checked for picture in each.pictures]
    submitted = await _store(new, pictures, _limits(submissions[0].key, tools.policy.limits), tools)
    if not all(each.replayed for each in submitted):
        tools.hub.queued()
    return [Accepted(made.task, each.quote, made.replayed, task.engine, each.dropped) for made, each, task in zip(submitted, checked, new, strict=True)]


def _new_task(submission: Submission, checked: _Checked, tools: Tools) -> NewTask:
    return NewTask(
        id=checked.task,
        account=submission.key.account,
        key=submission.key.id,
        surface=submission.surface,
        engine=tools.policy.engine_for(submission.card),
        inputs=checked.inputs,
        idempotency_key=submission.idempotency_key,
        request_hash=submission.request_hash,
        deadline=submission.deadline,
        price=0.0 if tools.policy.limits is None else checked.quote.credits,
        label=submission.label,
    )


async def _store(new: list[NewTask], pictures: list[tuple[str, bytes]], limits: Limits, tools: Tools) -> list[Submitted]:
    """Pictures first, then the tasks that refer to them; without the task, no pictures."""
    if not pictures:
        return await _write(new, limits, tools)
    return await asyncio.shield(_store_all(new, pictures, limits, tools))  # a caller may go away; what is half done may not stay so


async def _write(new: list[NewTask], limits: Limits, tools: Tools) -> list[Submitted]:
    return [await tools.ledger.submit(new[0], limits)] if len(new) == 1 else await tools.ledger.submit_all(new, limits)


async def _store_all(new: list[NewTask], pictures: list[tuple[str, bytes]], limits: Limits, tools: Tools) -> list[Submitted]:
    kept = set[UUID]()
    try:
        for key, data in pictures:
            await tools.blobs.put(key, data)
        reached("submit: pictures kept")
        submitted = await _write(new, limits, tools)
        kept = {each.task for each in submitted}
    finally:
        if unused := [places.prefix(task.id) for task in new if task.id not in kept]:
            await tools.blobs.delete(unused)
    return submitted


def _limits(key: ApiKey, limits: Limits | None) -> Limits:
    if limits is None:
        return Limits()
    if key.max_active is None and key.budget is None:
        return limits
    return replace(limits, active=limits.active if key.max_active is None else key.max_active, budget=key.budget)


def _settle(card: ModelCard, values: dict[str, Any], tools: Tools) -> dict[str, Any]:
    """Values by their core names: a seed drawn if none was given, the tolerance clamped and both kept."""
    known = ((meaning, values[name]) for name, meaning in _meanings(card) if values[name] is not None)
    settled: dict[str, Any] = {meaning: list(value) if isinstance(value, tuple) else value for meaning, value in known}
    if settled.get("seed") is None:
        settled["seed"] = int.from_bytes(tools.entropy(SEED_BYTES), "big")
    tolerance = card.parameters.get("safety_tolerance")
    if tolerance is not None and tolerance.maximum is not None and settled["safety_tolerance"] > tolerance.maximum:
        settled["safety_tolerance_requested"] = settled["safety_tolerance"]
        settled["safety_tolerance"] = int(tolerance.maximum)
    return settled


@cache
def _meanings(card: ModelCard) -> tuple[tuple[str, str], ...]:
    """The names of what is painted by, as the card has them and as engines know them."""
    return tuple((name, parameter.meaning) for name, parameter in card.parameters.items() if not name.startswith("webhook_"))


def _webhook(url: str | None, tools: Tools) -> str | None:
    if url is not None and (wrong := tools.judge_address(url, True)) is not None:
        raise InvalidRequest([Problem(("webhook_url",), wrong, "url_parsing")])
    return url


def _pictures(card: ModelCard, values: dict[str, Any], own: Mapping[str, bytes | BadPicture], tools: Tools, task: UUID) -> list[tuple[str, bytes]]:
    """The pictures that came in the request, and those that lie here already, as (key, bytes) to store; in `values` they become
    references. Raises InvalidRequest."""
    stored: list[tuple[str, bytes]] = []
    problems: list[Problem] = []
    for parameter, index, text in _given_pictures(card, values):
        where = (parameter.name,) if index is None else (parameter.name, index)
        try:
            reference = text
            if text in own or not _checked_url(text, tools):
                key = places.given(task, parameter.name, index)
                stored.append((key, _bytes(own[text]) if text in own else decoded(text)))
                reference = BLOB + key
        except MezzotintError as error:
            problems.append(Problem(where, str(error), "value_error"))
            continue
        if index is None:
            values[parameter.name] = reference
        else:
            values[parameter.name] = [*values[parameter.name][:index], reference, *values[parameter.name][index + 1 :]]
    if problems:
        raise InvalidRequest(problems)
    return stored


def _bytes(found: bytes | BadPicture) -> bytes:
    if isinstance(found, BadPicture):
        raise found
    return found


def _sizes(card: ModelCard, values: dict[str, Any], stored: Mapping[str, bytes]) -> list[Size | None]:
    """Of each given picture, None where only its address is known."""
    if not card.price.by_megapixel:
        return []
    found = (stored.get(reference.removeprefix(BLOB)) for _, _, reference in _given_pictures(card, values))
    return [None if data is None else read_header(data).upright for data in found]


def _given_pictures(card: ModelCard, values: dict[str, Any]) -> Iterator[tuple[Parameter, int | None, str]]:
    for parameter in card.image_parameters:
        value = values.get(parameter.name)
        if isinstance(value, str):
            yield parameter, None, value
        elif value:
            yield from ((parameter, index, entry) for index, entry in enumerate(value))


def _checked_url(text: str, tools: Tools) -> bool:
    """Whether it is a URL; raises BadPicture for one that may not be fetched."""
    if not text[:8].lower().startswith(WEB):
        return False
    if len(text) > LONGEST_URL:
        raise BadPicture(f"the picture's URL is longer than {LONGEST_URL} characters")
    if (wrong := tools.judge_address(text, False)) is not None:
        raise BadPicture(wrong)
    return True


def decoded(text: str) -> bytes:
    """Bytes of a picture in base64, bare or as a data URL, its header checked. Raises BadPicture."""
    bare = text[match.end() :] if (match := DATA_URL.match(text)) else text
    if len(bare) > MAX_BYTES * 4 // 3 + 4:
        raise BadPicture(f"the picture is larger than {MAX_BYTES} bytes")
    try:
        data = base64.b64decode(bare, validate=True)
    except (binascii.Error, ValueError):
        raise BadPicture("expected a picture: an http or https URL, base64, or a data:image URL") from None
    read_header(data)
    return data
