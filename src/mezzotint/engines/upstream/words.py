"""What a provider can say, whatever its words are; and what every dialect needs to read and write them."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeGuard

from mezzotint import records
from mezzotint.client.flow import Answer, Server, failure_of
from mezzotint.core.calls import Call
from mezzotint.core.errands import ProviderAnswer, ProviderRequest
from mezzotint.core.headers import sniff
from mezzotint.core.translation import Translation
from mezzotint.routing import Provider

LONGEST_ID = 200
LONGEST_TEXT = 4000  # characters of a provider's prompt or complaint that are kept
DATA_URL = re.compile(r"data:image/[a-z.+-]+;base64,", re.ASCII | re.IGNORECASE)
LARGEST_PICTURE = 20 * 1024 * 1024  # bytes
IN_TEXT = LARGEST_PICTURE * 4 // 3 + 64 * 1024  # bytes of an answer that has a picture in it


class Junk(Exception):
    """An answer that is none: nothing follows from it."""


@dataclass(frozen=True)
class Taken:
    """The order was accepted. `cost` in credits, where the provider says."""

    id: str
    polling_url: str = ""
    cost: float | None = None


@dataclass(frozen=True)
class Waiting:
    """`progress` from 0 to 1."""

    progress: float | None = None


@dataclass(frozen=True)
class Ready:
    """The picture, or where it is."""

    link: str = ""
    data: bytes = b""
    seed: int | None = None
    prompt: str | None = None
    cost: float | None = None


@dataclass(frozen=True)
class Refused:
    """Moderated: the request, or the picture."""

    reasons: tuple[str, ...]
    picture: bool


@dataclass(frozen=True)
class Failed:
    message: str


@dataclass(frozen=True)
class Missing:
    """The provider knows no such task."""


Word = Taken | Waiting | Ready | Refused | Failed | Missing


@dataclass(frozen=True)
class Desk:
    """A provider as a dialect sees it: who it is, and the key."""

    provider: Provider
    key: str

    @property
    def base(self) -> str:
        return self.provider.base_url

    def owns(self, url: str) -> bool:
        """Whether an address is on the provider's origin, where the key may go."""
        return Server(self.base).owns(url)


@dataclass(frozen=True)
class Order:
    """What is ordered: `name` is the model there; `said` its parameters there. `request_key` is the same whenever it is sent again, and so is
    `webhook`: where the provider may tell of its end, or nothing."""

    name: str
    said: Translation
    size: tuple[int, int]
    request_key: str
    webhook: str = ""


class Dialect(Protocol):
    """How one kind of provider is spoken to. Reading raises Junk."""

    @property
    def holds(self) -> bool:
        """Whether its polls are held until there is something to tell."""
        ...

    def create(self, desk: Desk, order: Order) -> ProviderRequest: ...

    def created(self, answer: ProviderAnswer) -> Word:
        """Of an answer 2xx."""
        ...

    def refusal(self, answer: ProviderAnswer) -> Refused | None:
        """Of an answer 4xx, where that is how it moderates."""
        ...

    def poll(self, desk: Desk, call: Call) -> ProviderRequest: ...

    def polled(self, answer: ProviderAnswer, call: Call) -> Word: ...

    def cancel(self, desk: Desk, call: Call) -> ProviderRequest | None:
        """None where it cannot be told."""
        ...

    def check(self, desk: Desk) -> ProviderRequest | None:
        """A question that costs nothing and needs the key; None where there is none."""
        ...


def json_request(desk: Desk, path: str, body: Mapping[str, Any], headers: Mapping[str, str], *, most: int = 64 * 1024) -> ProviderRequest:
    data = records.encode(body)
    return ProviderRequest("POST", desk.base + path, {"content-type": "application/json", **headers}, data, desk.provider.timeout, most)


def question(desk: Desk, url: str, headers: Mapping[str, str], *, most: int = 64 * 1024) -> ProviderRequest:
    """The key is left out where it may not go."""
    own = desk.owns(url)
    return ProviderRequest("GET", url, headers if own else {}, None, desk.provider.timeout, most, own)


def read_object(answer: ProviderAnswer) -> dict[str, Any]:
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        raise Junk(f"expected JSON, got {answer.body[:80]!r}") from None
    if not isinstance(told, dict):
        raise Junk(f"expected an object, got {answer.body[:80]!r}")
    return told


def read_id(told: Mapping[str, Any]) -> str:
    found = told.get("id")
    if not isinstance(found, str) or not 0 < len(found) <= LONGEST_ID or not found.isprintable():
        raise Junk(f"it accepted something without a usable id: {str(found)[:80]!r}")
    return found


def check_id(told: Mapping[str, Any], call: Call) -> None:
    """Somebody else's picture must not become ours."""
    if told.get("id", call.external_id) != call.external_id:
        raise Junk(f"it was asked for {call.external_id} and answered with {str(told['id'])[:80]}")


def text_of(value: Any) -> str | None:
    return value[:LONGEST_TEXT] if isinstance(value, str) and value else None


def seed_of(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**64 else None


def number_of(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9 else None


def link_of(value: Any) -> str:
    if not isinstance(value, str) or not value.startswith(("https://", "http://")) or len(value) > 8192:
        raise Junk(f"it says ready, without the address of a picture: {str(value)[:80]!r}")
    return value


def decoded(text: Any) -> bytes:
    """A picture in base64, bare or as a data URL."""
    if not isinstance(text, str):
        raise Junk("it says ready, and the picture is no text")
    bare = text[found.end() :] if (found := DATA_URL.match(text)) else text
    try:
        return base64.b64decode(bare, validate=True)
    except (binascii.Error, ValueError):
        raise Junk("it says ready, and the picture is no base64") from None


def bare(data: bytes) -> str:
    return base64.b64encode(data).decode()


def data_url(data: bytes) -> str:
    found = sniff(data)
    return f"data:{found.media_type if found else 'application/octet-stream'};base64,{bare(data)}"


def complaint(answer: ProviderAnswer, desk: Desk) -> str:
    """What a provider says is wrong, whatever envelope it says it in; without the key, should it repeat that."""
    said = str(failure_of(Answer(answer.status, answer.headers, answer.body)))[:LONGEST_TEXT]
    return said.replace(desk.key, "[key]") if desk.key else said


def is_text(value: Any) -> TypeGuard[str]:
    return isinstance(value, str)
