"""What /openapi.json says of what providers tell us."""

from __future__ import annotations

from typing import Any

from mezzotint.core import hooks
from mezzotint.http import examples
from mezzotint.http.openapi_parts import TEXT, headers_of, operation
from mezzotint.http.refusals import OURS

PARTS = (("task", examples.A_TASK), ("order", "0-1"), ("token", "A" * 43))
ABOUT = "An order names this address. What is sent there is not read: the provider is polled at once. Any other address is answered 404."


def paths() -> dict[str, Any]:
    parameters = tuple(
        {"name": name, "in": "path", "required": True, "schema": TEXT, "description": "As in the address.", "example": example} for name, example in PARTS
    )
    hear = operation(
        "provider_news",
        "Where a provider says that an order has come further.",
        OURS,
        {},
        (404, 405, 408, 413, 429),
        about=ABOUT,
        parameters=parameters,
        keyless=True,
    )
    hear["responses"]["204"] = {"description": "It was heard, whatever has become of the order.", "headers": headers_of()}
    return {f"{hooks.PATH}/{{task}}/{{order}}/{{token}}": {"post": hear}}
