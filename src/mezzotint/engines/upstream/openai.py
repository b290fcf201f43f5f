"""OpenAI's dialect: the answer to the request is the picture. There is nothing to poll, and nothing to come back to."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mezzotint.core.calls import Call
from mezzotint.core.errands import ProviderAnswer, ProviderRequest
from mezzotint.core.headers import sniff
from mezzotint.engines.upstream.words import IN_TEXT, Desk, Junk, Order, Ready, Refused, Word, decoded, json_request, link_of, question, read_object, text_of

MODERATED = ("moderation_blocked", "content_policy_violation", "content_filter")


@dataclass(frozen=True)
class OpenAI:
    holds: bool = False

    @staticmethod
    def headers(desk: Desk) -> dict[str, str]:
        return {"authorization": f"Bearer {desk.key}"} if desk.key else {}

    def create(self, desk: Desk, order: Order) -> ProviderRequest:
        again = {"idempotency-key": order.request_key} if desk.provider.idempotent else {}
        body = {"model": order.name, "prompt": order.said.values.get("prompt", ""), "n": 1, "size": f"{order.size[0]}x{order.size[1]}"}
        if not order.said.pictures:
            return json_request(desk, "/images/generations", body, self.headers(desk) | again, most=IN_TEXT)
        boundary = secrets.token_hex(16)
        headers = self.headers(desk) | again | {"content-type": f"multipart/form-data; boundary={boundary}"}
        data = _form(body, order.said.pictures, boundary)
        return ProviderRequest("POST", f"{desk.base}/images/edits", headers, data, desk.provider.timeout, IN_TEXT)

    def created(self, answer: ProviderAnswer) -> Word:
        told = read_object(answer)
        data = told.get("data")
        first = data[0] if isinstance(data, list) and data else None
        if not isinstance(first, dict):
            raise Junk("it answered without a picture")
        prompt = text_of(first.get("revised_prompt"))
        if first.get("b64_json"):
            return Ready(data=decoded(first["b64_json"]), prompt=prompt)
        return Ready(link_of(first.get("url")), prompt=prompt)

    def refusal(self, answer: ProviderAnswer) -> Refused | None:
        try:
            error = read_object(answer).get("error")
        except Junk:
            return None
        if not isinstance(error, dict) or error.get("code") not in MODERATED:
            return None
        return Refused((text_of(error.get("message")) or str(error["code"]),), picture=False)

    def poll(self, desk: Desk, call: Call) -> ProviderRequest:
        raise Junk(f"{desk.provider.name} has nothing to poll, but call {call.number} of {call.task} waits there")

    def polled(self, answer: ProviderAnswer, call: Call) -> Word:
        raise Junk(f"call {call.number} of {call.task} was answered {answer.status}, and there was nothing to ask")

    def cancel(self, desk: Desk, call: Call) -> ProviderRequest | None:
        del desk, call
        return None

    def check(self, desk: Desk) -> ProviderRequest | None:
        return question(desk, f"{desk.base}/models", self.headers(desk), most=4 * 1024 * 1024)


def _form(fields: Mapping[str, Any], pictures: Sequence[tuple[str, bytes]], boundary: str) -> bytes:
    """multipart/form-data. One picture is `image`, several are `image[]`."""
    name = "image[]" if sum(name != "mask" for name, _ in pictures) > 1 else "image"
    parts = [_part(boundary, f'name="{field}"', str(value).encode()) for field, value in fields.items()]
    for number, (place, data) in enumerate(pictures):
        kind = sniff(data)
        extension = kind.value if kind else "bin"
        where = f'name="{"mask" if place == "mask" else name}"; filename="{number}.{extension}"\r\nContent-Type: image/{extension}'
        parts.append(_part(boundary, where, data))
    return b"".join([*parts, f"--{boundary}--\r\n".encode()])


def _part(boundary: str, where: str, data: bytes) -> bytes:
    return f"--{boundary}\r\nContent-Disposition: form-data; {where}\r\n\r\n".encode() + data + b"\r\n"


OPENAI = OpenAI()
