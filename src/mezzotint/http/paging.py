"""One page of a list of ours: `status`, `before` and `limit` in the query."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TypeVar

from starlette.requests import Request

from mezzotint.core.errors import InvalidRequest
from mezzotint.core.parameters import Problem

PAGE, LARGEST_PAGE = 20, 100
Word = TypeVar("Word", bound=Enum)
Place = TypeVar("Place")


def page_of(request: Request, words: type[Word], place: Callable[[str], Place | None], what: str) -> tuple[Word | None, Place | None, int]:
    """`words` are what `status` may be; `place` reads `before`, the id of `what`, and is None for what is none. Raises InvalidRequest."""
    query, problems = request.query_params, []
    status = next((word for word in words if word.value == query.get("status")), None)
    if query.get("status") and status is None:
        problems.append(Problem(("status",), f"Input should be one of {', '.join(word.value for word in words)}", "enum", "query"))
    before = place(query["before"]) if query.get("before") else None
    if query.get("before") and before is None:
        problems.append(Problem(("before",), f"Input should be the id of {what}", "value_error", "query"))
    limit = query.get("limit", str(PAGE))
    if not (limit.isascii() and limit.isdigit() and len(limit) <= 3 and 1 <= int(limit) <= LARGEST_PAGE):
        problems.append(Problem(("limit",), f"Input should be a number from 1 to {LARGEST_PAGE}", "int_parsing", "query"))
    if problems:
        raise InvalidRequest(problems)
    return status, before, int(limit)
