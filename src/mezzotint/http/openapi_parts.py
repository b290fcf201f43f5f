"""What operations in /openapi.json are put together from: schemas, parameters, headers, answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from mezzotint.core.calls import CallState
from mezzotint.core.explanations import EXPLANATIONS
from mezzotint.core.schema import Schema
from mezzotint.core.tasks import Status
from mezzotint.core.webhooks import Event, Standing
from mezzotint.http.dialects import replicate
from mezzotint.http.endpoint import JSON
from mezzotint.http.examples import A_MESSAGE, A_TASK
from mezzotint.http.flux_task import NOT_FOUND, WORDS
from mezzotint.http.intake import LONGEST_IDEMPOTENCY_KEY, LONGEST_LABEL
from mezzotint.http.refusals import BFL, COMET, OPENAI, OURS, REPLICATE, SURFACES, Told, of_status
from mezzotint.http.requests import LONGEST_WAIT

TEXT: Schema = {"type": "string"}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
NUMBER: Schema = {"type": "number"}
MAYBE_NUMBER: Schema = {"type": ["number", "null"]}
WHOLE: Schema = {"type": "integer"}
MAYBE_WHOLE: Schema = {"type": ["integer", "null"]}
YES_OR_NO: Schema = {"type": "boolean"}
ANYTHING: Schema = {}
ANY_OBJECT: Schema = {"type": "object"}
MAYBE_OBJECT: Schema = {"type": ["object", "null"]}


def the(schema: Schema, about: str, **more: Any) -> Schema:
    """A schema with what it means in words."""
    return schema | {"description": about} | more


def object_of(**properties: Schema) -> Schema:
    """With all of these properties, and perhaps others."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def with_optional(schema: Schema, /, **properties: Schema) -> Schema:
    return schema | {"properties": schema["properties"] | properties}


def list_of(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


# schemas

TIME = the(NUMBER, "Unix seconds.")
MAYBE_TIME = the(MAYBE_NUMBER, "Unix seconds.")
LINK = the(TEXT, "A signed address of the picture. It holds for a while; ask again for a new one.", format="uri")
RESULT: Schema = {
    "type": ["object", "null"],
    "description": "The picture, once status is Ready.",
    "properties": {
        "sample": LINK,
        "prompt": the(TEXT, "The prompt that was painted, after upsampling."),
        "seed": the(WHOLE, "It repeats the picture."),
        "start_time": TIME,
        "end_time": TIME,
        "duration": the(NUMBER, "Seconds."),
    },
}
PROBLEM: Schema = object_of(where=list_of({"type": ["string", "integer"]}), what=TEXT, kind=TEXT)
UPSTREAM_CALL = object_of(
    provider=the(TEXT, "By its name in mezzotint.toml."),
    model=the(TEXT, "What the model is called there."),
    id=the(MAYBE_TEXT, "The provider's own."),
    image=the(WHOLE, "Which of the task's pictures, from 0."),
    state={"enum": [state.value for state in CallState]},
    ordered_at=TIME,
    cost=the(NUMBER, "Credits that the provider takes for it, as expected until it has said."),
    seed=the({"type": ["integer", "null"]}, "As the provider said."),
    prompt=the(MAYBE_TEXT, "What the provider painted from, as it said."),
    dropped=the(list_of(TEXT), "Parameters that it was not told, as it does not know them."),
    note=MAYBE_TEXT,
)
TASK_SCHEMA = with_optional(
    object_of(
        id=the(TEXT, "A UUIDv7.", format="uuid"),
        short_id=the(TEXT, "The same in 26 letters and digits, as Replicate's surface shows it."),
        status={"enum": [status.value for status in Status]},
        cancel_requested=YES_OR_NO,
        model=TEXT,
        engine=the(TEXT, "What paints it."),
        surface=the(TEXT, "The surface that it was made on."),
        created_at=TIME,
        started_at=MAYBE_TIME,
        finished_at=MAYBE_TIME,
        attempt=the(WHOLE, "How often it was begun."),
        seed=the({"type": ["integer", "null"]}, "It repeats the picture."),
        error=the(MAYBE_OBJECT, "Why there is no picture: a code, explained at /errors/{code}, and a message."),
        reasons=the(list_of(TEXT), "Why moderation refused it."),
        kept_until=the(MAYBE_NUMBER, "When its pictures are deleted, in Unix seconds."),
    ),
    parameters=the(ANY_OBJECT, "What it is painted from, settled: defaults filled in, a seed drawn."),
    images=list_of(LINK),
    upstream=the(list_of(UPSTREAM_CALL), "What was ordered from providers for it, where they paint it."),
    step=the(WHOLE, "How far it is."),
    steps=WHOLE,
)
MODEL = object_of(
    id=the(TEXT, "The name by which it is called."),
    object={"const": "model"},
    created=WHOLE,
    owned_by=TEXT,
    surface={"enum": ["bfl", "replicate"]},
    family=TEXT,
    about=TEXT,
    aliases=list_of(TEXT),
    retired=the(MAYBE_TEXT, "Since when its makers do not offer it any more."),
    parameters=the(list_of(TEXT), "Their names."),
)
ATTEMPT = object_of(
    number=WHOLE,
    at=TIME,
    status=the({"type": ["integer", "null"]}, "Of the receiver's answer; null where there was none."),
    error=MAYBE_TEXT,
    ms=the(MAYBE_NUMBER, "How long it took."),
)
WEBHOOK = object_of(
    id=the(TEXT, "The same in every attempt, as the header webhook-id."),
    task=TEXT,
    event={"enum": [event.value for event in Event]},
    status=the({"enum": [standing.value for standing in Standing]}, "failed: given up, until it is sent again by hand."),
    tried=WHOLE,
    created_at=TIME,
    next_attempt_at=MAYBE_TIME,
    last_attempt={"anyOf": [ref("Attempt"), {"type": "null"}]},
    why=the(MAYBE_TEXT, "Why it failed."),
)
SCHEMAS: dict[str, Schema] = {
    "Accepted": object_of(
        id=the(MAYBE_TEXT, "The task's; null for a dry run."),
        polling_url=the(MAYBE_TEXT, "Where the task is read, without a key; null for a dry run."),
        cost=the(MAYBE_NUMBER, "In credits of 0.01 USD, for models that are priced by the megapixel."),
        input_mp=MAYBE_NUMBER,
        output_mp=MAYBE_NUMBER,
    ),
    "FluxTask": object_of(
        id=TEXT,
        status=the({"enum": sorted({*WORDS.values(), NOT_FOUND})}, "Pending until the task has ended; all others are final."),
        result=RESULT,
        progress=the(MAYBE_NUMBER, "From 0 to 1, for models that tell it."),
        details=the(MAYBE_OBJECT, "Why there is no picture: error and code (see /errors/{code}), or Moderation Reasons."),
        preview=MAYBE_OBJECT,
    ),
    "Prediction": with_optional(
        object_of(
            id=the(TEXT, "26 letters and digits."),
            model=TEXT,
            version=the(TEXT, "hidden where the model was called by its name."),
            input=ANY_OBJECT,
            logs=TEXT,
            output=the({"anyOf": [TEXT, list_of(TEXT), {"type": "null"}]}, "Links; without TLS data URLs, as Replicate's clients make files of nothing else."),
            data_removed=YES_OR_NO,
            error=MAYBE_TEXT,
            source=TEXT,
            status={"enum": sorted({*replicate.WORDS.values(), "aborted"})},
            created_at={"type": "string", "format": "date-time"},
            urls=object_of(cancel=TEXT, get=TEXT, stream=the(TEXT, "Its events, without a key."), web=TEXT),
        ),
        started_at={"type": "string", "format": "date-time"},
        completed_at={"type": "string", "format": "date-time"},
        metrics=ANY_OBJECT,
    ),
    "Predictions": object_of(previous=MAYBE_TEXT, next=the(MAYBE_TEXT, "The address of the next page."), results=list_of(ref("Prediction"))),
    "Images": object_of(created=WHOLE, data=list_of({"type": "object", "properties": {"url": LINK, "b64_json": TEXT, "revised_prompt": TEXT}})),
    "Task": TASK_SCHEMA,
    "Tasks": object_of(
        object={"const": "list"}, data=list_of(ref("Task")), before=the(MAYBE_TEXT, "Ask for `before` this id to get the next page; null on the last.")
    ),
    "Model": MODEL,
    "Models": object_of(object={"const": "list"}, data=list_of(ref("Model"))),
    "ModelAndParameters": with_optional(
        MODEL, rules=the(list_of(TEXT), "What holds across parameters."), schema=the(ANY_OBJECT, "JSON Schema of a create's body.")
    ),
    "Usage": object_of(
        object={"const": "list"},
        data=list_of(object_of(key=TEXT, model=TEXT, day=TEXT, label=TEXT, tasks=WHOLE, credits=NUMBER)),
        next=the(MAYBE_WHOLE, "The offset of the next page; null after the last."),
        total=object_of(tasks=WHOLE, credits=NUMBER),
        credits_left=the(MAYBE_NUMBER, "Null where there is no limit."),
    ),
    "Attempt": ATTEMPT,
    "Webhook": WEBHOOK,
    "Webhooks": object_of(object={"const": "list"}, data=list_of(ref("Webhook")), before=the(MAYBE_TEXT, "As of tasks.")),
    "WebhookWithAttempts": object_of(
        **WEBHOOK["properties"], url=the(MAYBE_TEXT, "Where it goes, without the query."), attempts=list_of(ref("Attempt"))
    ),
    "Errors": object_of(errors=list_of(ref("Error"))),
    "Error": object_of(
        code=TEXT, url=the(TEXT, "Its page.", format="uri"), told_by=TEXT, means=TEXT
    ),
    "ReplicateModel": object_of(url=TEXT, owner=TEXT, name=TEXT, description=TEXT, visibility=TEXT, latest_version=MAYBE_OBJECT),
    "ReplicateModels": object_of(previous=MAYBE_TEXT, next=MAYBE_TEXT, results=list_of(ref("ReplicateModel"))),
    "Version": object_of(id=TEXT, created_at=TEXT, cog_version=TEXT, openapi_schema=ANY_OBJECT),
    "CometError": object_of(error=object_of(code=TEXT, message=the(TEXT, "The request's id is inside."), type={"const": "comet_api_error"})),
    "BflError": with_optional(
        object_of(detail={"anyOf": [TEXT, list_of(object_of(type=TEXT, loc=list_of({"type": ["string", "integer"]}), msg=TEXT))]}),
        error=TEXT, message=TEXT, retry_after=WHOLE,
    ),
    "ReplicateError": with_optional(object_of(detail=TEXT, status=WHOLE), title=TEXT, invalid_fields=list_of(ANY_OBJECT), retry_after=WHOLE),
    "OpenAIError": object_of(error=object_of(message=TEXT, type=TEXT, param=MAYBE_TEXT, code=MAYBE_TEXT)),
    "Problem": with_optional(
        object_of(
            type=the(TEXT, "The page that explains it.", format="uri"), title=the(TEXT, "Its code."), status=WHOLE, detail=TEXT, request_id=TEXT
        ),
        problems=list_of(PROBLEM),
    ),
}  # fmt: skip

# parameters

ID: Schema = {"name": "id", "in": "path", "required": True, "schema": TEXT, "description": "A task's id, in either of its forms.", "example": A_TASK}
TASK_ID: Schema = {"name": "id", "in": "query", "required": True, "schema": TEXT, "description": "The task's id.", "example": A_TASK}
MESSAGE_ID: Schema = {"name": "id", "in": "path", "required": True, "schema": TEXT, "description": "A webhook's id.", "example": A_MESSAGE}
MODEL_NAME: Schema = {"name": "name", "in": "path", "required": True, "schema": TEXT, "description": "A model's name.", "example": "flux-dev"}
OWNER: Schema = {"name": "owner", "in": "path", "required": True, "schema": TEXT, "description": "Whose model it is.", "example": "black-forest-labs"}
VERSION: Schema = {
    "name": "version",
    "in": "path",
    "required": True,
    "schema": TEXT,
    "description": "64 hexadecimal digits.",
    "example": next(iter(replicate.BY_VERSION)),
}
MOMENT: Schema = {"type": "string", "format": "date-time"}
CUT: tuple[Schema, ...] = (
    {"name": "cursor", "in": "query", "schema": TEXT, "description": "Out of the `next` or the `previous` of another page."},
    {"name": "created_after", "in": "query", "schema": MOMENT, "description": "Only what was made then or later."},
    {"name": "created_before", "in": "query", "schema": MOMENT, "description": "Only what was made earlier."},
)
BY_WEB: Schema = {"name": "source", "in": "query", "schema": {"enum": ["web"]}, "description": "Only what was made on web pages: nothing."}
WAIT: Schema = {
    "name": "wait",
    "in": "query",
    "schema": {"type": "integer", "minimum": 0, "maximum": 999_999},
    "description": f"Hold the answer until the task has ended, or for so many seconds; more than {LONGEST_WAIT} count as {LONGEST_WAIT}.",
}
PREVIEWS: Schema = {"name": "previews", "in": "query", "schema": YES_OR_NO, "description": "Send `preview` events too: how the picture looks by now."}
DRY_RUN: Schema = {"name": "dry_run", "in": "query", "schema": YES_OR_NO, "description": "Check the request and say what it would cost; make nothing."}
IDEMPOTENCY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "maxLength": LONGEST_IDEMPOTENCY_KEY},
    "description": "A name for this request. Sent again within a day, with the same body, it is answered with the task that it made the first time.",
}
LABEL: Schema = {
    "name": "X-Mezzotint-Label",
    "in": "header",
    "schema": {"type": "string", "maxLength": LONGEST_LABEL},
    "description": "A word by which GET /v1/usage tells this use of the key from others.",
}
PREFER: Schema = {
    "name": "Prefer",
    "in": "header",
    "schema": TEXT,
    "description": f"`wait` or `wait=n`: hold the answer until the task has ended, or for n seconds, at most {LONGEST_WAIT}.",
}
CANCEL_AFTER: Schema = {
    "name": "Cancel-After",
    "in": "header",
    "schema": TEXT,
    "description": "A duration such as 1m30s, at least 5s, after which the prediction is given up.",
}
LAST_EVENT: Schema = {"name": "Last-Event-ID", "in": "header", "schema": TEXT, "description": "The id of the last event that was heard: it is not sent again."}
PARAMETERS: dict[str, Schema] = {
    "Id": ID, "TaskId": TASK_ID, "Wait": WAIT, "DryRun": DRY_RUN, "IdempotencyKey": IDEMPOTENCY, "Label": LABEL, "Prefer": PREFER,
    "CancelAfter": CANCEL_AFTER,
}  # fmt: skip  # those that many operations share


def _referred(parameter: Schema) -> Schema:
    name = next((name for name, each in PARAMETERS.items() if each is parameter), None)
    return parameter if name is None else {"$ref": f"#/components/parameters/{name}"}


# headers

HEADERS: dict[str, tuple[str, Schema]] = {
    "X-Request-Id": ("Names this request in the server's log.", TEXT),
    "Link": ('Of a refusal, the page that explains it: `<…/errors/{code}>; rel="help"`.', TEXT),
    "Retry-After": ("Seconds after which to come back.", WHOLE),
    "Allow": ("The methods that the path takes.", TEXT),
    "X-Mezzotint-Engine": ("What paints it, such as nano: nobody shall take it for another model.", TEXT),
    "X-Mezzotint-State": ("pending or processing, which the body does not tell apart; absent when the task has ended.", TEXT),
    "X-Mezzotint-Step": ("How far it is: step/steps.", TEXT),
    "X-Mezzotint-Waiting": ("How many tasks are in the queue, while this one is.", WHOLE),
    "X-Mezzotint-Eta": ("Seconds that it may still take.", WHOLE),
    "X-Mezzotint-Dropped": ("Parameters of the request that the provider of this model is not told, as it does not know them.", TEXT),
    "Idempotent-Replayed": ("true where the task had been made by an earlier request with the same Idempotency-Key.", TEXT),
    "X-RateLimit-Limit": ("Polls that an account has in a second.", WHOLE),
    "X-RateLimit-Remaining": ("Polls that it has left in this one.", WHOLE),
    "X-RateLimit-Reset": ("When the next second begins, in Unix seconds.", NUMBER),
    "ETag": ("Names these bytes, for If-None-Match.", TEXT),
}
ALWAYS = frozenset({"X-Request-Id", "ETag"})  # where they are described
CREATED = ("X-Mezzotint-Engine", "X-Mezzotint-Dropped", "Idempotent-Replayed")
HINTS = ("X-Mezzotint-Engine", "X-Mezzotint-State", "X-Mezzotint-Step", "X-Mezzotint-Waiting", "X-Mezzotint-Eta")
RATES = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After")


def header_components() -> dict[str, Schema]:
    return {name: {"description": about, "schema": schema, "required": name in ALWAYS} for name, (about, schema) in HEADERS.items()}


def headers_of(*names: str) -> dict[str, Schema]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-Id", *names)}


# answers that refuse

KINDS = {COMET: "CometError", BFL: "BflError", REPLICATE: "ReplicateError", OPENAI: "OpenAIError", OURS: "Problem"}
NOT_HTTP: Schema = {"description": "What came was not HTTP. There is no body."}


def _refusal(told: Sequence[Told], surface: str, status: int) -> Schema:
    names = ["Link", *(["Retry-After"] if any(each.retry_after is not None for each in told) else []), *(["Allow"] if status == 405 else [])]
    examples = {each.code: {"summary": EXPLANATIONS[each.code].means, "value": each.body} for each in told}
    content = {SURFACES[surface].media_type: {"schema": ref(KINDS[surface]), "examples": examples}}
    return {"description": " ".join(f"{each.code}: {EXPLANATIONS[each.code].means}" for each in told), "headers": headers_of(*names), "content": content}


def refusal_components(wanted: Iterable[tuple[str, int]]) -> dict[str, Schema]:
    """Raises ValueError for a status that the surface has no refusal for, but for 400, which HTTP itself has."""
    made = {}
    for surface, status in sorted(set(wanted)):
        told = of_status(surface, status)
        if not told and status != 400:
            raise ValueError(f"nothing is refused with {status} on the surface of {surface}")
        made[_refusal_name(surface, status)] = _refusal(told, surface, status) if told else NOT_HTTP
    return made


def _refusal_name(surface: str, status: int) -> str:
    return f"{KINDS[surface]}{status}"


# operations

KEY: list[dict[str, list[str]]] = [{"bearer": []}, {"x-key": []}]
KEY_OR_TOKEN = [*KEY, {"polling-token": []}]


def operation(
    name: str,
    summary: str,
    surface: str,
    answers: dict[int, Schema],
    refusals: tuple[int, ...],
    *,
    about: str = "",
    parameters: tuple[Schema, ...] = (),
    body: Schema | None = None,
    body_type: str = JSON,
    example: Any = None,
    answer_type: str = JSON,
    other_types: tuple[str, ...] = (),
    told: tuple[str, ...] = (),
    keyless: bool = False,
    token: bool = False,
    model: str = "",
) -> dict[str, Any]:
    """`about`: more than the summary says. `example`: a body that is taken. `told`: headers of the answer; `other_types`: as what it may be had too. `keyless`: no key is needed;
    `token`: the token of a polling_url does as well. `model`: which one it calls."""
    usual = {400, 431, 500, 503} | (set() if keyless else {401, 403, 429}) | ({422} if surface in (BFL, REPLICATE) else set())
    refused = sorted({*refusals, *usual} - answers.keys() - ({401} if surface == BFL else set()))
    responses: dict[str, Schema] = {
        str(status): {
            "description": _said(status),
            "headers": headers_of(*told),
            "content": {answer_type: {"schema": schema}, **{kind: {"schema": TEXT} for kind in other_types}},
        }
        for status, schema in answers.items()
    }
    responses |= {str(status): {"$ref": f"#/components/responses/{_refusal_name(surface, status)}"} for status in refused}
    made: dict[str, Any] = {"operationId": name, "summary": summary, "tags": [surface]}
    if about:
        made["description"] = about
    made |= {"parameters": [_referred(parameter) for parameter in parameters], "responses": responses}
    if body is not None:
        made["requestBody"] = {"required": True, "content": {body_type: {"schema": body} | ({} if example is None else {"example": example})}}
    if keyless or token:
        made["security"] = [] if keyless else KEY_OR_TOKEN
    if model:
        made["x-mezzotint-model"] = model
    return made


def _said(status: int) -> str:
    return {201: "The prediction, as it stands.", 202: "It is not finished yet; the wait is over.", 503: "It takes no tasks now; why."}.get(status, "As asked.")


def refused_by(paths: dict[str, Any]) -> Iterable[tuple[str, int]]:
    """Surfaces and statuses of every refusal that operations refer to."""
    for item in paths.values():
        for each in item.values():
            if isinstance(each, dict):
                yield from ((each["tags"][0], int(status)) for status, answer in each["responses"].items() if "$ref" in answer)
