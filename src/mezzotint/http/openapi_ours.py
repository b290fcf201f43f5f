"""What /openapi.json says of our own routes: models, tasks, webhooks, pictures, and what the server says of itself."""

from __future__ import annotations

from typing import Any

from mezzotint.core.schema import Schema
from mezzotint.core.spending import COLUMNS
from mezzotint.core.tasks import Status
from mezzotint.core.webhooks import Standing
from mezzotint.http import examples
from mezzotint.http.openapi_parts import (
    ANY_OBJECT,
    ANYTHING,
    HINTS,
    ID,
    LAST_EVENT,
    MESSAGE_ID,
    MODEL_NAME,
    OWNER,
    PREFER,
    PREVIEWS,
    TEXT,
    WAIT,
    headers_of,
    object_of,
    operation,
    ref,
    the,
)
from mezzotint.http.paging import LARGEST_PAGE, PAGE
from mezzotint.http.problems import help_link, page_of
from mezzotint.http.refusals import OURS, USUAL
from mezzotint.http.spending import FARTHEST, MOST_ROWS

USAGE_LIMIT = f"Rows at most. Without it more than {MOST_ROWS} are refused."


def paths() -> dict[str, Any]:
    days = tuple(
        {"name": name, "in": "query", "schema": {"type": "string", "format": "date"}, "description": f"The {which} day, included."}
        for name, which in (("from", "first"), ("to", "last"))
    )
    forms = (
        {"name": "by", "in": "query", "schema": TEXT, "description": f"What is told apart: one or more of {', '.join(COLUMNS)}, with commas."},
        {"name": "format", "in": "query", "schema": {"enum": ["json", "csv"]}, "description": "csv is a table, as `Accept: text/csv` asks for."},
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": MOST_ROWS}, "description": USAGE_LIMIT},
        {"name": "offset", "in": "query", "schema": {"type": "integer", "minimum": 0, "maximum": FARTHEST}, "description": "Rows to pass over."},
    )
    code = {"name": "code", "in": "path", "required": True, "schema": TEXT, "description": "A code.", "example": "invalid_request"}
    negotiated: dict[str, Any] = {"about": "As whichever of its kinds Accept would rather have.", "keyless": True}
    in_words: dict[str, Any] = negotiated | {"other_types": ("text/plain", "text/html")}
    named = (OWNER, MODEL_NAME)
    one_model = {200: ref("ModelAndParameters")}
    gets = {
        "/v1/models": operation("models", "List models.", OURS, {200: ref("Models")}, (405,), keyless=True),
        "/v1/models/{name}": operation("model", "One model and its parameters.", OURS, one_model, (404, 405), parameters=(MODEL_NAME,), keyless=True),
        "/v1/models/{owner}/{name}": operation(
            "model_of_owner", "One of Replicate's models and its parameters.", OURS, one_model, (404, 405), parameters=named, keyless=True
        ),
        "/v1/tasks": operation("tasks", "List tasks, newest first.", OURS, {200: ref("Tasks")}, (405,), parameters=_page(Status, "Tasks")),
        "/v1/tasks/{id}": operation("task", "Read a task.", OURS, {200: ref("Task")}, (404, 405), parameters=(ID, WAIT, PREFER), told=HINTS),
        "/v1/tasks/{id}/events": _events(),
        "/v1/usage": operation(
            "usage", "What was painted and what it cost.", OURS, {200: ref("Usage")}, (405,), parameters=(*days, *forms), other_types=("text/csv",)
        ),
        "/images/{task}/{name}": _picture(),
        "/errors": operation("errors", "Every code of an error.", OURS, {200: ref("Errors")}, (405,), told=("ETag",), **in_words),
        "/errors/{code}": operation(
            "error",
            "What a code means and what to do.",
            OURS,
            {200: ref("Error")},
            (404, 405),
            parameters=(code,),
            told=("ETag",),
            **in_words,
        ),
        "/healthz": operation("live", "Whether the process answers.", OURS, {200: object_of(ok={"const": True})}, (405,), keyless=True),
        "/health": operation("alive", "As `/healthz`.", OURS, {200: object_of(ok={"const": True})}, (405,), keyless=True),
        "/readyz": operation("ready", "Whether it takes tasks.", OURS, {200: ANY_OBJECT, 503: ANY_OBJECT}, (405,), keyless=True),
        "/metrics": operation("metrics", "For Prometheus.", OURS, {200: TEXT}, (405,), keyless=True, answer_type="text/plain"),
        "/": operation(
            "landing",
            "What this server is, and where to read on.",
            OURS,
            {200: ANY_OBJECT},
            (405,),
            told=("ETag", "Link"),
            other_types=("text/html",),
            **negotiated,
        ),
        "/docs": operation("docs", "The reference of the API, as a page.", OURS, {200: TEXT}, (405,), keyless=True, answer_type="text/html", told=("ETag",)),
        "/llms.txt": operation(
            "llms", "All of this in brief, for language models.", OURS, {200: TEXT}, (405,), keyless=True, answer_type="text/plain", told=("ETag",)
        ),
        "/openapi.json": operation("openapi", "This document.", OURS, {200: ANY_OBJECT}, (405,), keyless=True, told=("ETag",)),
    }
    cancel = operation(
        "cancel",
        "Cancel a task.",
        OURS,
        {200: ref("Task")},
        (404, 405),
        parameters=(ID,),
        about="At once while it waits, between two steps while it is painted.",
    )
    return {path: {"get": each} for path, each in gets.items()} | {"/v1/tasks/{id}/cancel": {"post": cancel}} | _webhooks()


def _page(words: type[Status | Standing], what: str) -> tuple[Schema, ...]:
    """`what`: of which there are pages."""
    limit = {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE}
    return (
        {"name": "status", "in": "query", "schema": {"enum": [word.value for word in words]}, "description": f"{what} of this status only."},
        {"name": "before", "in": "query", "schema": TEXT, "description": f"{what} older than this one: the `before` of the page before."},
        {"name": "limit", "in": "query", "schema": limit, "description": "How many at most."},
    )


def _webhooks() -> dict[str, Any]:
    one = {200: ref("WebhookWithAttempts")}
    page = _page(Standing, "Webhooks")
    again = "As soon as may be, under its old id: a receiver that had it knows it by that."
    return {
        "/v1/webhooks": {"get": operation("webhooks", "List webhooks, newest first.", OURS, {200: ref("Webhooks")}, (405,), parameters=page)},
        "/v1/webhooks/{id}": {"get": operation("webhook", "One webhook and its attempts.", OURS, one, (404, 405), parameters=(MESSAGE_ID,))},
        "/v1/webhooks/{id}/resend": {"post": operation("resend", "Send a webhook again.", OURS, one, (404, 405), about=again, parameters=(MESSAGE_ID,))},
    }


def _events() -> dict[str, Any]:
    told = the(ANYTHING, "An event for each change, its name the status, its data JSON; the last one has the id `end`.")
    summary, stream = "Follow a task as server-sent events.", "text/event-stream"
    made = operation("task_events", summary, OURS, {200: told}, (404, 405), parameters=(ID, PREVIEWS, LAST_EVENT), answer_type=stream, token=True)
    made["responses"]["204"] = {"description": "The end was heard before: there is nothing to come back for.", "headers": headers_of()}
    return made


def _picture() -> dict[str, Any]:
    """A link, as polls hand it out. It is refused in plain words, without a surface's envelope."""
    parameters = tuple(
        {"name": name, "in": where, "required": True, "schema": TEXT, "description": "As in the link.", "example": example}
        for name, where, example in (
            ("task", "path", examples.A_TASK),
            ("name", "path", "sample.jpeg"),
            ("expires", "query", "1800000000"),
            ("signature", "query", "AAAAAAAAAAAAAAAAAAAAAA"),
        )
    )
    made = operation("picture", "A picture, by its signed link.", OURS, {200: TEXT}, (405,), parameters=parameters, keyless=True)
    made["responses"]["200"] = {
        "description": "The picture.",
        "headers": headers_of("ETag"),
        "content": {f"image/{form}": {} for form in ("jpeg", "png", "webp")},
    }
    plain = {"text/plain": {"schema": TEXT}}
    for status, why in ((403, "The signature does not hold."), (410, "The link has expired, or the picture is no longer kept.")):
        example = help_link(page_of("link_invalid" if status == 403 else "link_expired", USUAL))
        made["responses"][str(status)] = {"description": f"{why} Its Link is such as {example}", "headers": headers_of("Link"), "content": plain}
    return made
