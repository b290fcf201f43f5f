"""Black Forest Labs' dialect, and CometAPI's and mezzotint's, which are the same but for paths and keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from mezzotint.core.calls import Call
from mezzotint.core.errands import ProviderAnswer, ProviderRequest
from mezzotint.engines.upstream.words import (
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
    bare,
    check_id,
    json_request,
    link_of,
    number_of,
    question,
    read_id,
    read_object,
    seed_of,
    text_of,
)
from mezzotint.routing import Kind

PENDING = ("Pending", "Reasoning", "Generating")
MODERATED = {"Request Moderated": False, "Content Moderated": True}  # whether that is about the picture
FAILED = ("Error", "Failed")
NOT_FOUND = "Task not found"
CLUSTERS = ".bfl.ai"
LONG_POLL = 10.0  # seconds that another mezzotint holds a poll


@dataclass(frozen=True)
class Flux:
    """`prefix` is before every path; `bearer`: the key is a bearer token, not `x-key`."""

    prefix: str
    bearer: bool
    repeats: bool = False  # it knows Idempotency-Key, polls that wait, and cancels
    follows: bool = True  # its polling_url is used, where that is its own

    @property
    def holds(self) -> bool:
        return self.repeats

    def headers(self, desk: Desk) -> dict[str, str]:
        if not desk.key:
            return {}
        return {"authorization": f"Bearer {desk.key}"} if self.bearer else {"x-key": desk.key}

    def create(self, desk: Desk, order: Order) -> ProviderRequest:
        body = dict(order.said.values) | {name: bare(data) for name, data in order.said.pictures}
        if order.webhook:
            body["webhook_url"] = order.webhook
        again = {"idempotency-key": order.request_key} if desk.provider.idempotent else {}
        return json_request(desk, f"{self.prefix}/{quote(order.name, safe='/')}", body, self.headers(desk) | again)

    def created(self, answer: ProviderAnswer) -> Word:
        told = read_object(answer)
        return Taken(read_id(told), text_of(told.get("polling_url")) or "", number_of(told.get("cost")))

    def refusal(self, answer: ProviderAnswer) -> Refused | None:
        del answer
        return None

    def poll(self, desk: Desk, call: Call) -> ProviderRequest:
        url = call.polling_url if self.follows and self._may_follow(desk, call.polling_url) else self._poll_url(desk, call)
        if self.repeats and not desk.provider.webhooks:
            url += f"{'&' if '?' in url else '?'}wait={LONG_POLL:g}"
        asked = question(desk, url, self.headers(desk))
        if not asked.own and self._may_follow(desk, url):  # another cluster of the same provider
            return ProviderRequest("GET", url, self.headers(desk), None, asked.seconds, own=False)
        return asked

    def _poll_url(self, desk: Desk, call: Call) -> str:
        return f"{desk.base}{self.prefix}/get_result?id={quote(call.external_id, safe='')}"

    @staticmethod
    def _may_follow(desk: Desk, url: str) -> bool:
        if not url or desk.owns(url):
            return bool(url)
        here, there = urlsplit(desk.base), urlsplit(url)
        return there.scheme == "https" and all((parts.hostname or "").endswith(CLUSTERS) for parts in (here, there))

    def polled(self, answer: ProviderAnswer, call: Call) -> Word:
        told = read_object(answer)
        check_id(told, call)
        status = told.get("status")
        if status in PENDING:
            return Waiting(number_of(told.get("progress")))
        if status == "Ready":
            return _ready(told)
        if status in MODERATED:
            return Refused(_reasons(told.get("details")), MODERATED[status])
        if status in FAILED:
            return Failed(_error(told))
        if status == NOT_FOUND:
            return Missing()
        raise Junk(f"it says status {str(status)[:80]!r}")

    def cancel(self, desk: Desk, call: Call) -> ProviderRequest | None:
        if not self.repeats:
            return None
        return json_request(desk, f"/v1/tasks/{quote(call.external_id, safe='')}/cancel", {}, self.headers(desk))

    def check(self, desk: Desk) -> ProviderRequest | None:
        path = "/v1/models" if desk.provider.kind is Kind.COMETAPI else "/v1/credits"
        return question(desk, desk.base + path, self.headers(desk), most=4 * 1024 * 1024)


def _ready(told: Mapping[str, Any]) -> Ready:
    result = told.get("result")
    if not isinstance(result, dict):
        raise Junk("it says ready, without a result")
    return Ready(link_of(result.get("sample")), b"", seed_of(result.get("seed")), text_of(result.get("prompt")), number_of(told.get("cost")))


def _reasons(details: Any) -> tuple[str, ...]:
    if isinstance(details, dict):
        details = details.get("Moderation Reasons", [])
    listed = details if isinstance(details, list) else [details]
    return tuple(text for entry in listed if (text := text_of(entry)) is not None)


def _error(told: Mapping[str, Any]) -> str:
    details = told.get("details")
    if isinstance(details, dict):
        details = details.get("error")
    result = told.get("result")
    return text_of(details) or text_of(told.get("error")) or text_of(result.get("error") if isinstance(result, dict) else None) or "it gave no reason"


BFL = Flux("/v1", bearer=False)
COMETAPI = Flux("/flux/v1", bearer=True, follows=False)
MEZZOTINT = Flux("/v1", bearer=True, repeats=True)
