"""Replicate's dialect: predictions, made and polled. CometAPI and mezzotint take them too, and tell of them in Black Forest Labs' words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from mezzotint.core.calls import Call
from mezzotint.core.errands import ProviderAnswer, ProviderRequest
from mezzotint.engines.upstream import flux
from mezzotint.engines.upstream.words import (
    IN_TEXT,
    Desk,
    Failed,
    Junk,
    Missing,
    Order,
    Ready,
    Refused,
    Taken,
    Waiting,
    Word,
    check_id,
    data_url,
    decoded,
    json_request,
    link_of,
    question,
    read_id,
    read_object,
    text_of,
)

WAITING = ("starting", "processing")
STOPPED = ("canceled", "aborted")
MODERATION = re.compile(r"NSFW|flagged as sensitive|E005|safety|moderat", re.IGNORECASE)
OF_THE_REQUEST = re.compile(r"\b(input|prompt)\b|flagged as sensitive", re.IGNORECASE)


@dataclass(frozen=True)
class Replicate:
    """`told_by`: whoever says how a prediction stands, where that is another dialect of the same provider."""

    prefix: str = "/v1"
    told_by: flux.Flux | None = None

    @property
    def holds(self) -> bool:
        return self.told_by is not None and self.told_by.holds

    @staticmethod
    def headers(desk: Desk) -> dict[str, str]:
        return {"authorization": f"Bearer {desk.key}"} if desk.key else {}

    def create(self, desk: Desk, order: Order) -> ProviderRequest:
        body: dict[str, Any] = {"input": _inputs(order)}
        if order.webhook:
            body |= {"webhook": order.webhook, "webhook_events_filter": ["completed"]}
        again = {"idempotency-key": order.request_key} if desk.provider.idempotent else {}
        path = f"{self.prefix}/models/{quote(order.name, safe='/')}/predictions"
        return json_request(desk, path, body, self.headers(desk) | again, most=IN_TEXT)

    def created(self, answer: ProviderAnswer) -> Word:
        told = read_object(answer)
        urls = told.get("urls")
        return Taken(read_id(told), (text_of(urls.get("get")) if isinstance(urls, dict) else None) or "")

    def refusal(self, answer: ProviderAnswer) -> Refused | None:
        del answer
        return None

    def poll(self, desk: Desk, call: Call) -> ProviderRequest:
        if self.told_by is not None:
            return self.told_by.poll(desk, call)
        url = call.polling_url if call.polling_url and desk.owns(call.polling_url) else self._url(desk, call)
        return question(desk, url, self.headers(desk), most=IN_TEXT)

    def _url(self, desk: Desk, call: Call) -> str:
        return f"{desk.base}{self.prefix}/predictions/{quote(call.external_id, safe='')}"

    def polled(self, answer: ProviderAnswer, call: Call) -> Word:
        if self.told_by is not None:
            return self.told_by.polled(answer, call)
        if answer.status == 404:
            return Missing()
        told = read_object(answer)
        check_id(told, call)
        status = told.get("status")
        if status in WAITING:
            return Waiting()
        if status == "succeeded":
            return _ready(told)
        if status == "failed":
            return _failed(text_of(told.get("error")) or "it gave no reason")
        if status in STOPPED:
            return Failed(f"the prediction was {status} there")
        raise Junk(f"it says status {str(status)[:80]!r}")

    def cancel(self, desk: Desk, call: Call) -> ProviderRequest | None:
        return json_request(desk, f"{self.prefix}/predictions/{quote(call.external_id, safe='')}/cancel", {}, self.headers(desk), most=IN_TEXT)

    def check(self, desk: Desk) -> ProviderRequest | None:
        return question(desk, f"{desk.base}{self.prefix}/account", self.headers(desk))


def _inputs(order: Order) -> dict[str, Any]:
    """Pictures as data URLs; those of one name are a list where the parameter takes one."""
    inputs: dict[str, Any] = dict(order.said.values)
    for name, data in order.said.pictures:
        if name in order.said.lists:
            inputs.setdefault(name, []).append(data_url(data))
        else:
            inputs[name] = data_url(data)
    return inputs


def _ready(told: Mapping[str, Any]) -> Word:
    output = told.get("output")
    first = output[0] if isinstance(output, list) and output else output
    if told.get("data_removed") is True:
        return Failed("the provider has deleted the picture already")
    if isinstance(first, str) and first.startswith("data:"):
        return Ready(data=decoded(first))
    return Ready(link_of(first))


def _failed(error: str) -> Word:
    if MODERATION.search(error):
        return Refused((error,), picture=not OF_THE_REQUEST.search(error))
    return Failed(error)


REPLICATE = Replicate()
OF_COMETAPI = Replicate("/replicate/v1", flux.COMETAPI)
OF_MEZZOTINT = Replicate("/v1", flux.Flux("/v1", bearer=True, repeats=True, follows=False))
