"""What this server answers to, as an OpenAPI 3.1 document made from the catalogue: GET /openapi.json."""

from __future__ import annotations

from functools import cache
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from mezzotint import records
from mezzotint._version import __version__
from mezzotint.core.catalogue import CARDS, ModelCard, Surface
from mezzotint.core.schema import Schema, model_schema
from mezzotint.core.spending import COLUMNS
from mezzotint.core.tasks import Status
from mezzotint.core.webhooks import Event, Standing
from mezzotint.http.dialects import replicate
from mezzotint.http.dialects.openai import MOST_PARTIAL
from mezzotint.http.endpoint import JSON
from mezzotint.http.flux_task import NOT_FOUND, WORDS

ABOUT = "Flux's task API in the words of CometAPI, Black Forest Labs, Replicate and OpenAI, over one ledger of tasks."
PROBLEM_JSON = "application/problem+json"
TEXT: Schema = {"type": "string"}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
NUMBER: Schema = {"type": "number"}
MAYBE_NUMBER: Schema = {"type": ["number", "null"]}
WHOLE: Schema = {"type": "integer"}
ANY_OBJECT: Schema = {"type": "object"}


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


RESULT: Schema = {
    "type": ["object", "null"],
    "properties": {"sample": TEXT, "prompt": TEXT, "seed": WHOLE, "start_time": NUMBER, "end_time": NUMBER, "duration": NUMBER},
}
ATTEMPT = _object(number=WHOLE, at=NUMBER, status={"type": ["integer", "null"]}, error=MAYBE_TEXT, ms=MAYBE_NUMBER)
WEBHOOK = _object(
    id=TEXT,
    task=TEXT,
    event={"enum": [event.value for event in Event]},
    status={"enum": [standing.value for standing in Standing]},
    tried=WHOLE,
    created_at=NUMBER,
    next_attempt_at=MAYBE_NUMBER,
    last_attempt={"anyOf": [_ref("Attempt"), {"type": "null"}]},
    why=MAYBE_TEXT,
)
SCHEMAS: dict[str, Schema] = {
    "Accepted": _object(id=MAYBE_TEXT, polling_url=MAYBE_TEXT, cost=MAYBE_NUMBER, input_mp=MAYBE_NUMBER, output_mp=MAYBE_NUMBER),
    "FluxTask": _object(
        id=TEXT,
        status={"enum": sorted({*WORDS.values(), NOT_FOUND})},
        result=RESULT,
        progress=MAYBE_NUMBER,
        details={"type": ["object", "null"]},
        preview={"type": ["object", "null"]},
    ),
    "Prediction": _object(
        id=TEXT,
        model=TEXT,
        version=TEXT,
        input=ANY_OBJECT,
        logs=TEXT,
        output={"anyOf": [TEXT, _list(TEXT), {"type": "null"}]},
        data_removed={"type": "boolean"},
        error=MAYBE_TEXT,
        source=TEXT,
        status={"enum": sorted({*replicate.WORDS.values(), "aborted"})},
        created_at={"type": "string", "format": "date-time"},
        urls=_object(cancel=TEXT, get=TEXT, web=TEXT),
    ),
    "Images": _object(created=WHOLE, data=_list({"type": "object", "properties": {"url": TEXT, "b64_json": TEXT, "revised_prompt": TEXT}})),
    "Task": _object(id=TEXT, short_id=TEXT, status={"enum": [status.value for status in Status]}, model=TEXT, engine=TEXT, surface=TEXT, created_at=NUMBER),
    "Attempt": ATTEMPT,
    "Webhook": WEBHOOK,
    "WebhookWithAttempts": _object(**WEBHOOK["properties"], url=MAYBE_TEXT, attempts=_list(_ref("Attempt"))),
    "CometError": _object(error=_object(code=TEXT, message=TEXT, type=TEXT)),
    "BflError": _object(detail={"anyOf": [TEXT, _list(_object(type=TEXT, loc=_list({"type": ["string", "integer"]}), msg=TEXT))]}),
    "ReplicateError": _object(detail=TEXT, status=WHOLE),
    "OpenAIError": _object(error=_object(message=TEXT, type=TEXT, param=MAYBE_TEXT, code=MAYBE_TEXT)),
    "Problem": _object(type=TEXT, title=TEXT, status=WHOLE, detail=TEXT, request_id=TEXT),
}
REFUSALS = {
    400: "Something in the request is wrong.",
    401: "No key, or none of this server's.",
    402: "The account's credits or the key's budget do not suffice.",
    403: "The key may not do this.",
    404: "There is no such thing.",
    405: "The path does not take this method.",
    408: "The body stopped coming.",
    413: "The body is too large.",
    422: "A field is wrong, or an Idempotency-Key came before with another body.",
    429: "A limit is reached; Retry-After says when to come back.",
    500: "A fault of the server, or a picture that could not be made.",
    503: "It cannot be taken just now, or nothing of that name is served.",
    504: "The picture was not finished in time; its task goes on.",
}
CREATING = (402, 403, 405, 408, 413, 422, 429, 503)
ID = {"name": "id", "in": "path", "required": True, "schema": TEXT}
TASK_ID = {"name": "id", "in": "query", "required": True, "schema": TEXT}
TOKEN = {"name": "token", "in": "query", "schema": TEXT, "description": "The capability in the polling_url: no key is needed with it."}
WAIT = {
    "name": "wait",
    "in": "query",
    "schema": {"type": "integer", "minimum": 0, "maximum": 999_999},
    "description": "Seconds to hold the answer, at most 60.",
}
PREVIEWS = {"name": "previews", "in": "query", "schema": {"type": "boolean"}, "description": "Send `preview` events too: how the picture looks by now."}
DRY_RUN = {"name": "dry_run", "in": "query", "schema": {"type": "boolean"}, "description": "Check and price it, and make nothing."}
IDEMPOTENCY = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 255}, "description": "Repeats of a request within a day."}
LABEL = {"name": "X-Mezzotint-Label", "in": "header", "schema": {"type": "string", "maxLength": 100}, "description": "By which usage is told apart."}
PREFER = {"name": "Prefer", "in": "header", "schema": TEXT, "description": "`wait` or `wait=n`: hold the answer up to n seconds."}
CANCEL_AFTER = {"name": "Cancel-After", "in": "header", "schema": TEXT, "description": "A duration, such as 1m30s, after which it is given up."}


async def openapi(request: Request) -> Response:
    del request
    return Response(_encoded(), media_type=JSON)


@cache
def _encoded() -> bytes:
    return records.encode(document())


@cache
def document() -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": "mezzotint", "version": __version__, "description": ABOUT, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "servers": [{"url": "/"}],  # whatever was called
        "paths": {**_comet(), **_bfl(), **_replicate(), **_openai(), **_ours()},
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "x-key": {"type": "apiKey", "in": "header", "name": "x-key"},
            },
        },
        "security": [{"bearer": []}, {"x-key": []}],
    }


def _operation(
    name: str,
    summary: str,
    answers: dict[int, Schema],
    error: str,
    refusals: tuple[int, ...],
    *,
    tag: str,
    parameters: tuple[Schema, ...] = (),
    body: Schema | None = None,
    media_type: str = JSON,
    keyless: bool = False,
    answer_type: str = JSON,
) -> dict[str, Any]:
    """`keyless`: no key is needed."""
    told = {str(status): {"description": "As asked.", "content": {answer_type: {"schema": schema}}} for status, schema in answers.items()}
    error_type = PROBLEM_JSON if error == "ReplicateError" else JSON
    usual = {400, 500, 503} | (set() if keyless else {401, 403, 429}) | ({422} if error in {"BflError", "ReplicateError"} else set())
    for status in sorted({*refusals, *usual} - answers.keys()):
        told[str(status)] = {"description": REFUSALS[status], "content": {error_type: {"schema": _ref(error)}}}
    operation: dict[str, Any] = {"operationId": name, "summary": summary, "tags": [tag], "parameters": list(parameters), "responses": told}
    if body is not None:
        operation["requestBody"] = {"required": True, "content": {media_type: {"schema": body}}}
    return operation | ({"security": []} if keyless else {})


def _cards(surface: Surface) -> list[ModelCard]:
    return [card for card in CARDS if card.surface is surface and card.listed]


def _with_prompt(card: ModelCard) -> Schema:
    """CometAPI requires a prompt of what does not work on a picture."""
    schema = model_schema(card)
    if "prompt" in schema["properties"] and not card.needs_picture and "prompt" not in schema["required"]:
        schema["required"] = ["prompt", *schema["required"]]
    return schema


def _comet() -> dict[str, Any]:
    details: dict[str, Any] = {"error": "CometError", "tag": "CometAPI"}
    poll = _operation("comet_get_result", "Read a task.", {200: _ref("FluxTask")}, refusals=(405,), parameters=(TASK_ID, TOKEN, WAIT), **details)
    paths = {"/flux/v1/get_result": {"get": poll}}
    for card in _cards(Surface.BFL):
        create = _operation(
            f"comet_{card.name}",
            card.about,
            {200: _ref("Accepted")},
            refusals=CREATING,
            parameters=(DRY_RUN, IDEMPOTENCY, LABEL),
            body=_with_prompt(card),
            **details,
        )
        paths[f"/flux/v1/{card.name}"] = {"post": create}
    prices = _operation("comet_models", "What models cost.", {200: ANY_OBJECT}, refusals=(405,), keyless=True, **details)
    return paths | {"/api/models": {"get": prices}}


def _bfl() -> dict[str, Any]:
    details: dict[str, Any] = {"error": "BflError", "tag": "Black Forest Labs"}
    poll = _operation("bfl_get_result", "Read a task.", {200: _ref("FluxTask")}, refusals=(405, 422, 429), parameters=(TASK_ID, TOKEN, WAIT), **details)
    paths = {"/v1/get_result": {"get": poll}}
    for card in _cards(Surface.BFL):
        create = _operation(
            f"bfl_{card.name}",
            card.about,
            {200: _ref("Accepted")},
            refusals=(*CREATING, 404),
            parameters=(DRY_RUN, IDEMPOTENCY, LABEL),
            body=model_schema(card),
            **details,
        )
        paths[f"/v1/{card.name}"] = {"post": create}
    which = {"name": "finetune_id", "in": "query", "required": True, "schema": TEXT}
    plain = {
        "/v1/credits": _operation("bfl_credits", "What is left to spend.", {200: _object(credits=NUMBER)}, refusals=(405,), **details),
        "/v1/my_finetunes": _operation("bfl_my_finetunes", "There are none.", {200: _object(finetunes=_list(TEXT))}, refusals=(405,), **details),
        "/v1/finetune_details": _operation("bfl_finetune_details", "There are none.", {}, refusals=(404, 405, 422), parameters=(which,), **details),
    }
    delete = _operation("bfl_delete_finetune", "There are none.", {}, refusals=(404, 405, 408, 413, 422), body=_object(finetune_id=TEXT), **details)
    return paths | {path: {"get": operation} for path, operation in plain.items()} | {"/v1/delete_finetune": {"post": delete}}


def _prediction_body(schema: Schema, **more: Schema) -> Schema:
    events = _list({"enum": list(replicate.EVENTS)})
    properties = {"input": schema, "stream": {"type": "boolean"}, "webhook": MAYBE_TEXT, "webhook_events_filter": events} | more
    return {"type": "object", "properties": properties, "required": ["input", *more], "additionalProperties": False}


def _replicate() -> dict[str, Any]:
    details: dict[str, Any] = {"error": "ReplicateError", "tag": "Replicate"}
    made = {201: _ref("Prediction"), 202: _ref("Prediction")}
    headers = (PREFER, CANCEL_AFTER, IDEMPOTENCY, LABEL)
    page = _object(previous=MAYBE_TEXT, next=MAYBE_TEXT, results=_list(_ref("Prediction")))
    cursor = {"name": "cursor", "in": "query", "schema": TEXT}
    body = _prediction_body(ANY_OBJECT, version=TEXT)
    paths: dict[str, Any] = {
        "/v1/predictions": {
            "post": _operation("replicate_create", "Make a prediction by version.", made, refusals=CREATING, parameters=headers, body=body, **details),
            "get": _operation("replicate_list", "List predictions, newest first.", {200: page}, refusals=(405, 422), parameters=(cursor,), **details),
        },
        "/v1/predictions/{id}": {
            "get": _operation("replicate_get", "Read a prediction.", {200: _ref("Prediction")}, refusals=(404, 405), parameters=(ID, WAIT), **details)
        },
        "/v1/predictions/{id}/cancel": {
            "post": _operation("replicate_cancel", "Cancel a prediction.", {200: _ref("Prediction")}, refusals=(404, 405), parameters=(ID,), **details)
        },
        "/v1/account": {
            "get": _operation("replicate_account", "Who the key speaks for.", {200: _object(type=TEXT, username=TEXT)}, refusals=(405,), **details)
        },
        "/v1/webhooks/default/secret": {
            "get": _operation("replicate_webhook_secret", "What signs webhooks.", {200: _object(key=TEXT)}, refusals=(405,), **details)
        },
    }
    for card in _cards(Surface.REPLICATE):
        create = _operation(
            f"replicate_{card.name}", card.about, made, refusals=(*CREATING, 404), parameters=headers, body=_prediction_body(model_schema(card)), **details
        )
        paths[f"/v1/models/{card.name}/predictions"] = {"post": create}
    return paths


def _openai() -> dict[str, Any]:
    details: dict[str, Any] = {"error": "OpenAIError", "tag": "OpenAI", "parameters": (IDEMPOTENCY, LABEL)}
    refusals = (*CREATING, 404, 504)
    common = {
        "model": TEXT,
        "n": {"type": ["integer", "null"], "minimum": 1, "maximum": 10},
        "size": {"type": ["string", "null"], "description": "auto, or WIDTHxHEIGHT."},
        "response_format": {"enum": ["url", "b64_json", None]},
        "stream": {"type": "boolean", "description": "Answer with server-sent events, one for each picture."},
    }
    partial = {"type": ["integer", "null"], "minimum": 0, "maximum": MOST_PARTIAL, "description": "With `stream`: previews of each picture."}
    common["partial_images"] = partial
    generate = {"type": "object", "properties": {"prompt": {"type": "string", "minLength": 1}} | common, "required": ["prompt"]}
    file: Schema = {"type": "string", "contentMediaType": "application/octet-stream"}
    form = {"type": "object", "properties": {"image": _list(file), "mask": file, "prompt": TEXT} | common, "required": ["image"]}
    images = {200: _ref("Images")}
    return {
        "/v1/images/generations": {"post": _operation("openai_generate", "Make pictures.", images, refusals=refusals, body=generate, **details)},
        "/v1/images/edits": {
            "post": _operation("openai_edit", "Change a picture.", images, refusals=refusals, body=form, media_type="multipart/form-data", **details)
        },
        "/v1/images/variations": {
            "post": _operation("openai_vary", "Vary a picture.", images, refusals=refusals, body=form, media_type="multipart/form-data", **details)
        },
    }


def _ours() -> dict[str, Any]:
    details: dict[str, Any] = {"error": "Problem", "tag": "mezzotint"}
    days = tuple({"name": name, "in": "query", "schema": {"type": "string", "format": "date"}} for name in ("from", "to"))
    forms = (
        {"name": "by", "in": "query", "schema": TEXT, "description": f"What is told apart: one or more of {', '.join(COLUMNS)}, with commas."},
        {"name": "format", "in": "query", "schema": {"enum": ["json", "csv"]}, "description": "csv is a table, as `Accept: text/csv` asks for."},
    )
    name = {"name": "name", "in": "path", "required": True, "schema": TEXT}
    listed = _object(object={"const": "list"}, data=_list(_ref("Task")), before=MAYBE_TEXT)
    models = _object(object={"const": "list"}, data=_list(ANY_OBJECT))
    usage = _object(object={"const": "list"}, data=_list(ANY_OBJECT), total=_object(tasks=WHOLE, credits=NUMBER), credits_left=MAYBE_NUMBER)
    gets = {
        "/v1/models": _operation("models", "List models.", {200: models}, refusals=(405,), keyless=True, **details),
        "/v1/models/{name}": _operation(
            "model", "One model and its parameters.", {200: ANY_OBJECT}, refusals=(404, 405), parameters=(name,), keyless=True, **details
        ),
        "/v1/tasks": _operation("tasks", "List tasks, newest first.", {200: listed}, refusals=(405,), parameters=_page(Status), **details),
        "/v1/tasks/{id}": _operation("task", "Read a task.", {200: _ref("Task")}, refusals=(404, 405), parameters=(ID, WAIT), **details),
        "/v1/tasks/{id}/events": _operation(
            "task_events",
            "Follow a task as server-sent events.",
            {200: {}},
            refusals=(404, 405),
            parameters=(ID, TOKEN, PREVIEWS),
            answer_type="text/event-stream",
            **details,
        ),
        "/v1/usage": _operation("usage", "What was painted and what it cost.", {200: usage}, refusals=(405,), parameters=(*days, *forms), **details),
        "/healthz": _operation("live", "Whether the process answers.", {200: _object(ok={"const": True})}, refusals=(405,), keyless=True, **details),
        "/readyz": _operation("ready", "Whether it takes tasks.", {200: ANY_OBJECT, 503: ANY_OBJECT}, refusals=(405,), keyless=True, **details),
        "/metrics": _operation("metrics", "For Prometheus.", {200: TEXT}, refusals=(405,), keyless=True, answer_type="text/plain", **details),
        "/errors": _operation("errors", "Every code of an error.", {200: ANY_OBJECT}, refusals=(405,), keyless=True, **details),
        "/errors/{code}": _operation(
            "error",
            "What one code means and what to do.",
            {200: ANY_OBJECT},
            refusals=(404, 405),
            parameters=({"name": "code", "in": "path", "required": True, "schema": TEXT},),
            keyless=True,
            **details,
        ),
        "/openapi.json": _operation("openapi", "This document.", {200: ANY_OBJECT}, refusals=(405,), keyless=True, **details),
    }
    cancel = _operation("cancel", "Cancel a task.", {200: _ref("Task")}, refusals=(404, 405), parameters=(ID,), **details)
    others = {"/v1/tasks/{id}/cancel": {"post": cancel}} | _webhooks(details)
    return {path: {"get": operation} for path, operation in gets.items()} | others


def _page(words: type[Status | Standing]) -> tuple[Schema, ...]:
    return (
        {"name": "status", "in": "query", "schema": {"enum": [word.value for word in words]}},
        {"name": "before", "in": "query", "schema": TEXT},
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100}},
    )


def _webhooks(details: dict[str, Any]) -> dict[str, Any]:
    listed = _object(object={"const": "list"}, data=_list(_ref("Webhook")), before=MAYBE_TEXT)
    one = {200: _ref("WebhookWithAttempts")}
    return {
        "/v1/webhooks": {"get": _operation("webhooks", "List webhooks, newest first.", {200: listed}, refusals=(405,), parameters=_page(Standing), **details)},
        "/v1/webhooks/{id}": {"get": _operation("webhook", "One webhook and its attempts.", one, refusals=(404, 405), parameters=(ID,), **details)},
        "/v1/webhooks/{id}/resend": {"post": _operation("resend", "Send a webhook again.", one, refusals=(404, 405), parameters=(ID,), **details)},
    }
