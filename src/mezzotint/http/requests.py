"""What every surface does with a request before its dialect begins: bounds, JSON, the address that the client called."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import json
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from starlette.requests import Request
from starlette.types import Scope

from mezzotint.core.errors import BodyTooLarge, BodyTooSlow, HeadersTooLarge, InvalidRequest, UnknownEncoding
from mezzotint.core.parameters import Problem

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")
LARGEST_HEADERS = 64 * 1024  # bytes of all values together
BODY_SECONDS = 30.0  # without a byte of a body
BODY_GRACE = 60.0  # seconds that a body may take however small it is
SLOWEST = 8192  # bytes a second on the whole, for one that takes longer
WAIT = re.compile(r"wait(?:\s*=\s*(\d{1,3}))?", re.ASCII)
LONGEST_WAIT = 60
LONGEST_NAME = 200  # of a field: longer ones would only be sent back in complaints
MOST_FIELDS = 1000  # in one object: no model has a tenth of them, and each that is wrong costs a complaint
BOUNDARY = re.compile(r"^multipart/.*;\s*boundary=(?:\"([^\"]+)\"|([^\s;]+))", re.IGNORECASE)
MOST_WISHES = 50  # of one Accept header that are read
QUALITY = re.compile(r"[01](?:\.\d{0,3})?", re.ASCII)
SURROGATE = re.compile(r"\\u[dD][89A-Fa-f]")  # half of a character, if the other half does not follow


async def read_body(request: Request, most: int, grace: float = BODY_GRACE) -> bytes:
    """The body, refused as soon as it is known to be too large: by its length before it is read, else while it comes; and given up where it comes too
    slowly. `grace`: seconds that it may take however small it is."""
    if (packed := header(request, b"content-encoding")) not in ("", "identity"):
        raise UnknownEncoding(f"the body is packed as {packed[:40]!r}, which is not undone here: send it as it is")
    length = header(request, b"content-length")
    if length.isascii() and length.isdigit() and int(length[:20]) > most:
        raise too_large(most)
    parts, size, more = [], 0, True
    with _Patience(grace) as patience:
        while more:
            message = await request.receive()
            if message["type"] == "http.disconnect":
                raise InvalidRequest([Problem((), "The body broke off, or is not put together as HTTP has it", "body_broken")])
            part, more = message.get("body", b""), message.get("more_body", False)
            size += len(part)
            patience.renew(size)
            if size > most:
                raise too_large(most)
            parts.append(part)
    return b"".join(parts)


def check_heads(scope: Scope) -> None:
    """Raises HeadersTooLarge, and InvalidRequest for what two programs could read in two ways, one of them before us: whose host it is.

    Where both lengths come, the server below us has left only the chunks, and ends the connection after them.
    """
    size, host = 0, []
    for name, value in scope["headers"]:
        size += len(value)
        if name == b"host":
            host.append(value)
    if size > LARGEST_HEADERS:
        raise HeadersTooLarge(f"the request's headers have more than {LARGEST_HEADERS} bytes")
    if len(host) > 1 or (not any(host) and scope["http_version"] == "1.1"):
        raise InvalidRequest([Problem(("host",), "Header should come once", "value_error" if len(host) > 1 else "missing", "header")])


def header(request: Request, name: bytes) -> str:
    """The first of that name, which is in lower case; "" where there is none. Creates ask for several: Starlette's Headers cost more."""
    for known, value in request.scope["headers"]:
        if known == name:
            text: str = value.decode("latin-1")
            return text
    return ""


def switch(request: Request, name: str) -> bool:
    """`?name=true`; off where it is not given. Raises InvalidRequest for other words."""
    if not request.scope["query_string"]:
        return False  # as nearly always
    asked = request.query_params.get(name, "false").lower()
    if asked not in ("true", "1", "false", "0"):
        raise InvalidRequest([Problem((name,), "Input should be true or false", "bool_parsing", "query")])
    return asked in ("true", "1")


class _Patience:
    """Ends a block in which a body does not come, or comes too slowly, with BodyTooSlow.

    It has BODY_SECONDS for each part, and for all of them `grace` or the time that what came takes at SLOWEST: whoever would keep a
    connection for long must send much. A timer of the loop, as `asyncio.wait_for` would start a task for every part of every body.
    """

    def __init__(self, grace: float) -> None:
        self._grace, self._size, self._why = grace, 0, ""

    def __enter__(self) -> _Patience:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._began = self._heard = self._loop.time()
        self._timer = self._loop.call_later(min(BODY_SECONDS, self._grace), self._end)
        return self

    def renew(self, size: int) -> None:
        """So many bytes have come by now."""
        self._heard, self._size = self._loop.time(), size

    def _end(self) -> None:
        """The timer is set again where something came meanwhile: not for every part, of which most bodies have one."""
        silent = self._heard + BODY_SECONDS
        slow = self._began + max(self._grace, self._size / SLOWEST)
        now = self._loop.time()
        left = min(silent, slow) - now
        if left > 0:
            self._timer = self._loop.call_later(left, self._end)
            return
        dripped = f"of the request's body {self._size} bytes came within {now - self._began:.0f} seconds, which is too slow"
        self._why = f"nothing of the request's body came for {BODY_SECONDS:g} seconds" if silent <= slow else dripped
        if self._task is not None:
            self._task.cancel()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._timer.cancel()
        if self._why and kind is asyncio.CancelledError:
            if self._task is not None and hasattr(self._task, "uncancel"):
                self._task.uncancel()
            raise BodyTooSlow(self._why) from error


def preferred_wait(request: Request) -> int:
    """Whole seconds that the answer may be held, by `Prefer: wait`, `Prefer: wait=n` or `?wait=n`; 0 where nobody asks for that.

    Raises InvalidRequest for a query that is no such number; a header is a wish.
    """
    asked = request.query_params.get("wait")
    if asked is not None:
        if not (asked.isascii() and asked.isdigit() and len(asked) <= 6):
            raise InvalidRequest([Problem(("wait",), "Input should be a whole number of seconds", "int_parsing", "query")])
        return min(int(asked), LONGEST_WAIT)
    for preference in request.headers.get("prefer", "").split(","):
        if match := WAIT.fullmatch(preference.strip()):
            return min(int(match[1]), LONGEST_WAIT) if match[1] else LONGEST_WAIT
    return 0


def has_already(request: Request, tag: str) -> bool:
    """Whether the client says that it has what is tagged so; caches on the way may have weakened the tag."""
    return any(given.strip().removeprefix("W/") in (tag, "*") for given in request.headers.get("if-none-match", "").split(","))


def accepted(request: Request, *kinds: str) -> str:
    """The one of these media types that the client would rather have; the first where it does not say, or takes none of them."""
    wishes = [_wish(part) for part in request.headers.get("accept", "*/*").split(",")[:MOST_WISHES]]

    def worth(kind: str) -> tuple[float, int]:
        exactness, q = max(((2 - pattern.count("*"), q) for pattern, q in wishes if _matches(pattern, kind)), default=(0, 0.0))
        return q, exactness

    return max(kinds, key=worth)


def _wish(part: str) -> tuple[str, float]:
    """A part of an Accept header: a pattern, and how much it is wished for, from 0 to 1."""
    pattern, *rest = (piece.strip().lower() for piece in part.split(";"))
    q = next((piece[2:] for piece in rest if piece.startswith("q=")), "1")
    return pattern, float(q) if QUALITY.fullmatch(q) else 0.0


def _matches(pattern: str, kind: str) -> bool:
    return pattern in (kind, kind.partition("/")[0] + "/*", "*/*")


def too_large(most: int) -> BodyTooLarge:
    return BodyTooLarge(f"the request's body is larger than {most} bytes: send pictures by URL, or smaller ones")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object that says a thing twice says nothing clear: which one counts would depend on who reads it."""
    if len(pairs) > MOST_FIELDS:
        raise InvalidRequest([Problem((), f"An object has more than {MOST_FIELDS} fields", "too_long")])
    table = dict(pairs)
    if any(len(name) > LONGEST_NAME for name in table):
        raise InvalidRequest([Problem((), f"A field's name is longer than {LONGEST_NAME} characters", "string_too_long")])
    if len(table) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        shown = twice.encode(errors="replace").decode()  # half a character is not refused before the whole body is read
        raise InvalidRequest([Problem((shown,), "Field is given more than once", "duplicate_key")])
    return table


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is no JSON number")


_decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)


def json_object(body: bytes) -> dict[str, Any]:
    """The body as a JSON object. Raises InvalidRequest for anything else, saying where it breaks."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise bad_json(f"not UTF-8 at byte {error.start}") from None
    try:
        value, end = _decoder.raw_decode(text, len(text) - len(text.lstrip(" \t\r\n")))
    except json.JSONDecodeError as error:
        raise bad_json(f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise bad_json("nested too deeply") from None
    except ValueError as error:
        raise bad_json(str(error).split(";")[0]) from None
    if text[end:].strip(" \t\r\n"):
        raise bad_json(f"something follows the object at character {end}")
    if SURROGATE.search(text):
        _check_whole_characters(value)
    if not isinstance(value, dict):
        raise InvalidRequest([Problem((), "Input should be a JSON object", "dict_type")])
    return value


def _check_whole_characters(value: Any) -> None:
    """JSON can spell half a character, which is no text: it could be neither stored nor sent back."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise bad_json("a lone surrogate, which is half of a character") from None
    except RecursionError:
        raise bad_json("nested too deeply") from None


def bad_json(why: str) -> InvalidRequest:
    return InvalidRequest([Problem((), f"The body is not valid JSON: {why}", "json_invalid")])


def hash_of(request: Request, body: bytes) -> str:
    """What makes two requests the same one for an idempotency key: the path and the body, byte for byte, but for what divides a form's
    parts, which clients draw anew for each request."""
    if (match := BOUNDARY.search(header(request, b"content-type"))) is not None:
        body = body.replace(b"--" + (match[1] or match[2]).encode("latin-1"), b"")
    return hashlib.sha256(request.scope["path"].encode() + b"\0" + body).hexdigest()


class Origins:
    """The address that a client called, as it is to be written in links."""

    def __init__(self, public_url: str, trusted: Iterable[Network], fallback: str) -> None:
        self._public_url, self._trusted, self.fallback = public_url, tuple(trusted), fallback

    def of(self, request: Request) -> str:
        """The setting if there is one; else what the client or a trusted proxy says it called, if that is a host at all."""
        if self._public_url:
            return self._public_url
        scheme, host = request.scope["scheme"], header(request, b"host")
        if self._trusted and self._from_proxy(request):
            host = _first(request.headers.get("x-forwarded-host")) or host
            scheme = _first(request.headers.get("x-forwarded-proto")) or scheme
        return _origin(scheme, host) or self.fallback

    def _from_proxy(self, request: Request) -> bool:
        if request.client is None:
            return False
        try:
            peer = ipaddress.ip_address(request.client.host)
        except ValueError:
            return False
        return any(peer in network for network in self._trusted if network.version == peer.version)


@lru_cache(maxsize=256)
def _origin(scheme: str, host: str) -> str | None:
    """None for what is no host at all: it would be written into links as it is."""
    return f"{scheme}://{host}" if scheme in ("http", "https") and HOST.fullmatch(host) else None


def _first(value: str | None) -> str:
    """Of the chain that proxies make, the first: what the client itself called."""
    return value.split(",")[0].strip() if value else ""
