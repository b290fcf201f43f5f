"""Pages of a listing, as Replicate cuts them: newest first, a hundred at a time, `next` to older ones and `previous` to newer ones."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Generic, Protocol, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request

from mezzotint.core import ids
from mezzotint.core.errors import InvalidRequest
from mezzotint.core.parameters import Problem

PAGE = 100
OFFSET = re.compile(r"(T.+) (\d\d:\d\d)$")  # a plus that was written into a query as it is reads as a space
NEWER = "r"  # before the id of a cursor that leads back, to newer ones
LAST_ID = 2**128 - 1
LAST_MILLISECOND = 2**48 - 1


class Entry(Protocol):
    @property
    def id(self) -> UUID: ...


Listed = TypeVar("Listed", bound=Entry)


@dataclass(frozen=True)
class Span:
    """What of a listing is asked for: what lies between two ids, none of them included; the newest of it, or the `oldest`."""

    before: UUID | None = None
    after: UUID | None = None
    oldest: bool = False


@dataclass(frozen=True)
class Page(Generic[Listed]):
    entries: Sequence[Listed]
    following: str | None
    previous: str | None


async def read_page(request: Request, url: str, fetch: Callable[[Span, int], Awaitable[list[Listed]]]) -> Page[Listed]:
    """The page that a request asks for by `cursor`, `created_after` and `created_before`; `url` is the address of the listing.

    Raises InvalidRequest.
    """
    cursor, oldest = _cursor(request)
    created = {name: text for name in ("created_after", "created_before") if (text := request.query_params.get(name))}
    bounds = {name: _milliseconds(name, text) for name, text in created.items()}
    before, after = _first_of(bounds.get("created_before")), _before_first_of(bounds.get("created_after"))
    if cursor is not None and oldest:
        after = cursor if after is None else max(cursor, after)
    elif cursor is not None:
        before = cursor if before is None else min(cursor, before)
    found = await fetch(Span(before, after, oldest), PAGE + 1)  # one more says whether there is another page
    more, entries = len(found) > PAGE, found[-PAGE:] if oldest else found[:PAGE]

    def address(text: str) -> str:
        return f"{url}?{urlencode(created | {'cursor': text})}"

    # around an empty page, the cursor's own entry is the nearest that there may be
    older = ids.short(entries[-1].id) if entries else ids.short(_next_to(cursor, 1))
    newer = NEWER + (ids.short(entries[0].id) if entries else ids.short(_next_to(cursor, -1)))
    return Page(entries, address(older) if more or oldest else None, address(newer) if (more if oldest else cursor is not None) else None)


def _cursor(request: Request) -> tuple[UUID | None, bool]:
    """The id where the page begins, and whether it leads to newer ones."""
    text = request.query_params.get("cursor")
    if not text:
        return None, False
    newer = len(text) == ids.SHORT_LENGTH + len(NEWER) and text.startswith(NEWER)
    found = ids.read(text.removeprefix(NEWER) if newer else text)
    if found is None:
        raise InvalidRequest([Problem(("cursor",), "cursor is none that was handed out here", "value_error", "query")])
    return found, newer


def _next_to(cursor: UUID | None, step: int) -> UUID:
    return UUID(int=min(max((cursor.int if cursor else 0) + step, 0), LAST_ID))


def _milliseconds(name: str, text: str) -> int:
    """Unix milliseconds of a day or a time in ISO 8601. Raises InvalidRequest."""
    try:
        moment = datetime.fromisoformat(re.sub("Z$", "+00:00", OFFSET.sub(r"\1+\2", text)))
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()
    except (ValueError, OverflowError):
        raise InvalidRequest([Problem((name,), "Must be a date and time, such as 2027-01-15T08:00:00Z", "value_error", "query")]) from None
    return min(max(int(seconds * 1000), 0), LAST_MILLISECOND)


def _first_of(milliseconds: int | None) -> UUID | None:
    """The lowest id of a millisecond."""
    return None if milliseconds is None else UUID(int=milliseconds << 80)


def _before_first_of(milliseconds: int | None) -> UUID | None:
    return None if milliseconds is None else _next_to(_first_of(milliseconds), -1)
