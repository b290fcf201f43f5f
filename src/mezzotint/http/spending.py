"""What things cost and what was spent: ours, and the routes that CometAPI's and Black Forest Labs' clients ask."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mezzotint.core.accounts import READ
from mezzotint.core.catalogue import CARDS, ModelCard
from mezzotint.core.errors import InvalidRequest, NotFound
from mezzotint.core.parameters import Problem
from mezzotint.core.spending import COLUMNS, ENDING, rows, table
from mezzotint.http.auth import Authenticator
from mezzotint.http.endpoint import JSON, as_json, route
from mezzotint.http.requests import Origins, json_object, read_body
from mezzotint.service.tools import Tools

DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
UNLIMITED = 1_000_000.0  # credits that are told where there is no limit: clients want a number
CREDIT = 0.01  # USD
SMALL_BODY = 10_000
MOST_ROWS, FARTHEST = 10_000, 100_000_000  # rows of usage in one answer, and how far into them one may begin
TOO_MUCH = f"There are more than {MOST_ROWS} rows: ask for fewer days, tell less apart with by, or ask for pages with limit and offset"
CSV = "text/csv; charset=utf-8; header=present"
TABLE_HEADERS = {"content-disposition": 'attachment; filename="usage.csv"', "vary": "accept"}


class Spending:
    def __init__(self, tools: Tools, authenticator: Authenticator, origins: Origins) -> None:
        self._tools, self._authenticator, self._origins = tools, authenticator, origins

    def routes(self) -> list[Route]:
        return [
            route("GET", "/v1/usage", self.usage),
            route("GET", "/v1/credits", self.credits),
            route("GET", "/api/models", self.prices),
            route("GET", "/v1/my_finetunes", self.finetunes),
            route("GET", "/v1/finetune_details", self.finetune),
            route("POST", "/v1/delete_finetune", self.delete_finetune),
        ]

    async def usage(self, request: Request) -> Response:
        """Tasks that became ready and their credits; `from` and `to` are days, both included, and `by` says what is told apart.

        Whoever asks for no page gets all of it or, where that is too much for one answer, a refusal: never a part that looks whole.
        """
        key = await self._authenticator.required(request, READ)
        (first, last), by, as_table = _days(request), _by(request), _wants_table(request)
        limit, offset = _page(request)
        ledger, most = self._tools.ledger, limit or MOST_ROWS
        used = await ledger.usage_of(key.account, first, last, by, most + 1, offset)
        if len(used) > most and limit is None:
            raise InvalidRequest([Problem(("limit",), TOO_MUCH, "too_long", "query")])
        used, following = used[:most], offset + most if len(used) > most else None
        if as_table:
            link = {} if following is None else {"link": f'<{_next_page(request, following)}>; rel="next"'}
            return Response("".join(line + ENDING for line in table(rows(used, by), by)), 200, TABLE_HEADERS | link, CSV)
        tasks, spent = await ledger.usage_total(key.account, first, last)
        told = {"object": "list", "data": rows(used, by), "next": following, "total": {"tasks": tasks, "credits": spent}}
        return as_json(told | {"credits_left": await ledger.credits_of(key.account)}, {"vary": "accept"})

    async def credits(self, request: Request) -> Response:
        """What the account has left; of a key with a budget no more than that leaves it."""
        key = await self._authenticator.required(request, READ)
        left = await self._tools.ledger.credits_of(key.account)
        purses = [left, None if key.budget is None else max(0.0, key.budget - key.spent)]
        return as_json({"credits": min((purse for purse in purses if purse is not None), default=UNLIMITED)})

    async def prices(self, request: Request) -> Response:
        """CometAPI's public list."""
        base = self._origins.of(request)
        data = [_priced(card, base) for card in CARDS if card.listed]
        return as_json({"success": True, "page": 0, "page_size": 0, "total": len(data), "data": data})

    async def finetunes(self, request: Request) -> Response:
        await self._authenticator.required(request, READ)
        return as_json({"finetunes": []})

    async def finetune(self, request: Request) -> Response:
        await self._authenticator.required(request, READ)
        if not request.query_params.get("finetune_id"):
            raise InvalidRequest([Problem(("finetune_id",), "Field required", "missing", "query")])
        raise NotFound("there are no finetunes here")

    async def delete_finetune(self, request: Request) -> Response:
        await self._authenticator.required(request, READ)
        if "finetune_id" not in json_object(await read_body(request, SMALL_BODY)):
            raise InvalidRequest([Problem(("finetune_id",), "Field required", "missing")])
        raise NotFound("there are no finetunes here")


def _by(request: Request) -> tuple[str, ...]:
    """What usage is told apart by; everything where nobody asks. Raises InvalidRequest."""
    asked = request.query_params.get("by")
    if asked is None:
        return COLUMNS
    names = tuple(asked.split(","))
    if len(set(names)) != len(names) or not set(names) <= set(COLUMNS):
        raise InvalidRequest([Problem(("by",), f"Input should be one or more of {', '.join(COLUMNS)}, with commas between them", "enum", "query")])
    return names


def _page(request: Request) -> tuple[int | None, int]:
    """How many rows are asked for, None where nobody says, and from which on. Raises InvalidRequest."""
    found: list[int | None] = []
    for name, least, most in (("limit", 1, MOST_ROWS), ("offset", 0, FARTHEST)):
        asked = request.query_params.get(name)
        if asked is not None and not (asked.isascii() and asked.isdigit() and len(asked) <= 9 and least <= int(asked) <= most):
            raise InvalidRequest([Problem((name,), f"Input should be a number from {least} to {most}", "int_parsing", "query")])
        found.append(None if asked is None else int(asked))
    return found[0], found[1] or 0


def _next_page(request: Request, offset: int) -> str:
    """Relative to the address that was called."""
    return "?" + urlencode(dict(request.query_params) | {"offset": str(offset)})


def _wants_table(request: Request) -> bool:
    """By `format`, or where `Accept` names CSV and not JSON. Raises InvalidRequest."""
    asked = request.query_params.get("format")
    if asked not in (None, "csv", "json"):
        raise InvalidRequest([Problem(("format",), "Input should be 'csv' or 'json'", "enum", "query")])
    accepted = request.headers.get("accept", "").lower()
    return asked == "csv" or (asked is None and "text/csv" in accepted and JSON not in accepted)


def _days(request: Request) -> tuple[str, str]:
    """Raises InvalidRequest."""
    found = []
    for name, otherwise in (("from", "0000-01-01"), ("to", "9999-12-31")):
        day = request.query_params.get(name, otherwise)
        if not _is_day(day) and day != otherwise:
            raise InvalidRequest([Problem((name,), "Input should be a day, such as 2027-01-15", "date_parsing", "query")])
        found.append(day)
    return found[0], found[1]


def _is_day(text: str) -> bool:
    try:
        return DAY.fullmatch(text) is not None and datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=timezone.utc) is not None
    except ValueError:
        return False


def _priced(card: ModelCard, base: str) -> dict[str, Any]:
    per_request = None if card.price.first is None else round(card.price.first * CREDIT, 6)
    return {
        "id": card.name,
        "provider": "Black Forest Labs",
        "model_type": "image",
        "features": ["image-to-image" if card.needs_picture else "text-to-image"],
        "pricing": {"currency": "USD", "input": None, "output": None, "per_request": per_request, "per_second": None},
        "api_doc_url": f"{base}/v1/models/{card.name}",
    }
