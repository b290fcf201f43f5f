"""What this server answers to, as an OpenAPI 3.1 document made from the catalogue: GET /openapi.json."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mezzotint import records
from mezzotint._version import __version__
from mezzotint.core.catalogue import CARDS, ModelCard, Surface
from mezzotint.core.schema import Schema, model_schema
from mezzotint.http import examples, openapi_files, openapi_lists, openapi_ours, openapi_providers
from mezzotint.http.dialects import openai, replicate
from mezzotint.http.endpoint import JSON, route
from mezzotint.http.openapi_parts import (
    ANY_OBJECT,
    ANYTHING,
    BY_WEB,
    CANCEL_AFTER,
    CREATED,
    CUT,
    DRY_RUN,
    HINTS,
    ID,
    IDEMPOTENCY,
    LABEL,
    MAYBE_TEXT,
    MODEL_NAME,
    NUMBER,
    OWNER,
    PARAMETERS,
    PREFER,
    RATES,
    SCHEMAS,
    TASK_ID,
    TEXT,
    VERSION,
    WAIT,
    YES_OR_NO,
    header_components,
    list_of,
    object_of,
    operation,
    ref,
    refusal_components,
    refused_by,
    the,
)
from mezzotint.http.pages import Page
from mezzotint.http.refusals import BFL, COMET, OPENAI, OURS, REPLICATE, USUAL
from mezzotint.http.requests import Origins

ABOUT = "Flux's task API in the words of CometAPI, Black Forest Labs, Replicate and OpenAI, over one ledger of tasks."
MORE = (
    "A client of any of them works here with this server's address and key in place of its own. A task that was made on one surface is "
    "read on the others. What paints is said by `X-Mezzotint-Engine`, whatever the model is called.\n\nEvery answer has an `X-Request-Id`. Every answer that refuses has a `Link` to a page that explains it, below "
    "`/errors/`, and where waiting helps a `Retry-After`. What takes GET takes HEAD too."
)
SURFACES = {
    COMET: "As CometAPI's Flux routes: its examples run as they are written. Creates answer at once; poll until status is not Pending.",
    BFL: "As Black Forest Labs' own API. Creates answer at once; poll the polling_url until status is not Pending.",
    REPLICATE: "As Replicate's predictions. All of it is below /replicate/v1 as well. Creates answer at once, or after Prefer: wait.",
    OPENAI: "As OpenAI's images. Requests are held until the pictures are there, for ten minutes at most.",
    OURS: "What the others have no words for: models, tasks, events, canceling, usage, and what the server says of itself.",
}
BASES = {  # by surface: the address that its clients know, and what replaces it
    COMET: ("https://api.cometapi.com", USUAL),
    BFL: ("https://api.bfl.ai", USUAL),
    REPLICATE: ("https://api.replicate.com", USUAL),
    OPENAI: ("https://api.openai.com/v1", f"{USUAL}/v1"),
}
CREATING = (402, 403, 405, 408, 413, 415, 422, 429, 503)
FLUX_CREATE = "Answered when the task is on disk. Ask at the polling_url for the picture. Name a webhook_url to be told instead."
POLL = "Always 200 for whoever may ask, also of a task that failed: the body says how it stands. Held until it has ended where wait asks for that."
NOTHING_FOUND = "None can be trained here: the models that take a finetune_id paint without one."


class Document:
    """GET /openapi.json."""

    def __init__(self, origins: Origins) -> None:
        self._origins, self._page = origins, Page(lambda: records.encode(document()).decode(), JSON)

    def routes(self) -> list[Route]:
        return [route("GET", "/openapi.json", self.show)]

    async def show(self, request: Request) -> Response:
        return self._page.answer(request, self._origins.of(request))


@cache
def document() -> dict[str, Any]:
    paths = {
        **_comet(),
        **_bfl(),
        **_replicate(),
        **openapi_files.paths(),
        **openapi_lists.paths(),
        **_openai(),
        **openapi_ours.paths(),
        **openapi_providers.paths(),
    }
    for path, method, each in operations(paths):
        each["x-codeSamples"] = [{"lang": "Shell", "label": "curl", "source": examples.curl(method, path, resolved(each))}]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mezzotint",
            "version": __version__,
            "summary": "A self-hosted Flux image service.",
            "description": f"{ABOUT} {MORE}",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "externalDocs": {"url": "/docs", "description": "The same to read."},
        "servers": [{"url": "/", "description": "Whatever was called."}],
        "tags": [{"name": name, "description": about} for name, about in SURFACES.items()],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS | openapi_files.SCHEMAS | {schema_name(card): model_schema(card) for card in CARDS if card.listed},
            "parameters": PARAMETERS,
            "headers": header_components(),
            "responses": refusal_components(refused_by(paths)),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "The scheme may also be Token or Key, or left out."},
                "x-key": {"type": "apiKey", "in": "header", "name": "x-key", "description": "As Black Forest Labs' clients send it."},
                "polling-token": {"type": "apiKey", "in": "query", "name": "token", "description": "Of a polling_url: it reads this task, and no other."},
            },
        },
        "security": [{"bearer": []}, {"x-key": []}],
    }


def operations(paths: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation of each."""
    return ((path, method, each) for path, item in paths.items() for method, each in item.items() if method in ("get", "post", "delete"))


def resolved(each: dict[str, Any]) -> dict[str, Any]:
    """An operation without references among its parameters."""
    return each | {"parameters": [PARAMETERS[parameter["$ref"].rpartition("/")[2]] if "$ref" in parameter else parameter for parameter in each["parameters"]]}


def schema_name(card: ModelCard) -> str:
    """Of the model's input among the components; those of Replicate have their owner in front."""
    return card.name.replace("/", ".")


def _cards(surface: Surface) -> list[ModelCard]:
    return [card for card in CARDS if card.surface is surface and card.listed]


def _with_prompt(card: ModelCard) -> Schema:
    """CometAPI requires a prompt of what does not work on a picture."""
    schema = model_schema(card)
    if "prompt" not in schema["properties"] or card.needs_picture or "prompt" in schema["required"]:
        return ref(schema_name(card))
    prompt = {name: value for name, value in schema["properties"]["prompt"].items() if name != "default"}
    return schema | {"properties": schema["properties"] | {"prompt": prompt}, "required": ["prompt", *schema["required"]]}


def _about(card: ModelCard) -> str:
    """What a create of the model is to know beside its parameters."""
    facts = [rule.sentence for rule in card.rules]
    if card.aliases:
        facts.append(f"Also called {', '.join(card.aliases)}.")
    if card.retired:
        facts.append(f"Retired by its makers on {card.retired}.")
    facts.append("Unknown fields are refused." if card.strict else "Unknown fields are ignored.")
    return " ".join(facts)


def _flux_create(surface: str, card: ModelCard, body: Schema, refusals: tuple[int, ...]) -> dict[str, Any]:
    made = operation(
        f"{'comet' if surface == COMET else 'bfl'}_{card.name}",
        card.about,
        surface,
        {200: ref("Accepted")},
        refusals,
        about=f"{FLUX_CREATE} {_about(card)}",
        parameters=(DRY_RUN, IDEMPOTENCY, LABEL),
        body=body,
        example=examples.body_of(card),
        told=CREATED,
        model=card.name,
    )
    return {"post": made}


def _comet() -> dict[str, Any]:
    reading = (TASK_ID, WAIT, PREFER)
    poll = operation("comet_get_result", "Read a task.", COMET, {200: ref("FluxTask")}, (405,), about=POLL, parameters=reading, told=HINTS, token=True)
    prices = object_of(success=YES_OR_NO, page={"type": "integer"}, page_size={"type": "integer"}, total={"type": "integer"}, data=list_of(ANY_OBJECT))
    listing = operation("comet_models", "What models cost.", COMET, {200: prices}, (405,), about="In USD for a picture.", keyless=True)
    creates = {f"/flux/v1/{card.name}": _flux_create(COMET, card, _with_prompt(card), CREATING) for card in _cards(Surface.BFL)}
    return {"/flux/v1/get_result": {"get": poll}, **creates, "/api/models": {"get": listing}}


def _bfl() -> dict[str, Any]:
    reading = (TASK_ID, WAIT, PREFER)
    told = (*HINTS, *RATES)
    poll = operation("bfl_get_result", "Read a task.", BFL, {200: ref("FluxTask")}, (405, 422, 429), about=POLL, parameters=reading, told=told, token=True)
    creates = {f"/v1/{card.name}": _flux_create(BFL, card, ref(schema_name(card)), (*CREATING, 404)) for card in _cards(Surface.BFL)}
    which = {"name": "finetune_id", "in": "query", "required": True, "schema": TEXT, "description": "Any.", "example": "my-finetune"}
    credit = object_of(credits=the(NUMBER, "Of 0.01 USD; a million where there is no limit."))
    plain = {
        "/v1/credits": operation("bfl_credits", "What is left to spend.", BFL, {200: credit}, (405,)),
        "/v1/my_finetunes": operation("bfl_my_finetunes", "There are none.", BFL, {200: object_of(finetunes=list_of(TEXT))}, (405,), about=NOTHING_FOUND),
        "/v1/finetune_details": operation("bfl_finetune_details", "There are none.", BFL, {}, (404, 405, 422), about=NOTHING_FOUND, parameters=(which,)),
    }
    body, example = object_of(finetune_id=TEXT), {"finetune_id": "my-finetune"}
    refusals = (404, 405, 408, 413, 422)
    delete = operation("bfl_delete_finetune", "There are none.", BFL, {}, refusals, about=NOTHING_FOUND, body=body, example=example)
    gets = {path: {"get": each} for path, each in plain.items()}
    return {"/v1/get_result": {"get": poll}, **creates, **gets, "/v1/delete_finetune": {"post": delete}}


def _prediction_body(schema: Schema, **more: Schema) -> Schema:
    events = the(list_of({"enum": list(replicate.EVENTS)}), "What the webhook is told; start and completed where nothing is named.")
    properties = {
        "input": schema,
        "stream": the(YES_OR_NO, "Taken and not used."),
        "webhook": the(MAYBE_TEXT, "Where to POST the prediction."),
        "webhook_events_filter": events,
    } | more
    return {"type": "object", "properties": properties, "required": ["input", *more], "additionalProperties": False}


def _replicate() -> dict[str, Any]:
    made = {201: ref("Prediction"), 202: ref("Prediction")}
    headers = (PREFER, CANCEL_AFTER, IDEMPOTENCY, LABEL)
    told = CREATED
    schnell = next(card for card in _cards(Surface.REPLICATE) if card.name.endswith("flux-schnell"))
    by_version = {"version": schnell.name, "input": examples.body_of(schnell)}
    version = the(TEXT, "The version's 64 digits, with or without `owner/name:` before them; or owner/name alone.")
    body = _prediction_body(ANY_OBJECT, version=version)
    create = operation(
        "replicate_create", "Make a prediction by version.", REPLICATE, made, CREATING, parameters=headers, body=body, example=by_version, told=told
    )
    listing = operation("replicate_list", "List predictions, newest first.", REPLICATE, {200: ref("Predictions")}, (405, 422), parameters=(*CUT, BY_WEB))
    one = {200: ref("Prediction")}
    named = (OWNER, MODEL_NAME | {"example": "flux-schnell"})
    secret = object_of(key=the(TEXT, "whsec_ and base64, as Standard Webhooks has it."))
    gets = {
        "/v1/predictions/{id}": operation("replicate_get", "Read a prediction.", REPLICATE, one, (404, 405), parameters=(ID, WAIT)),
        "/v1/account": operation("replicate_account", "Who the key speaks for.", REPLICATE, {200: object_of(type=TEXT, username=TEXT, name=TEXT)}, (405,)),
        "/v1/webhooks/default/secret": operation("replicate_webhook_secret", "What signs webhooks.", REPLICATE, {200: secret}, (405,)),
        "/replicate/v1/models": operation("replicate_models", "List models.", REPLICATE, {200: ref("ReplicateModels")}, (405,)),
        "/replicate/v1/models/{owner}/{name}": operation(
            "replicate_model", "One model.", REPLICATE, {200: ref("ReplicateModel")}, (404, 405), parameters=named
        ),
        "/v1/models/{owner}/{name}/versions": operation(
            "replicate_versions",
            "The versions of a model: one.",
            REPLICATE,
            {200: object_of(previous=MAYBE_TEXT, next=MAYBE_TEXT, results=list_of(ref("Version")))},
            (404, 405),
            parameters=named,
        ),
        "/v1/models/{owner}/{name}/versions/{version}": operation(
            "replicate_version",
            "One version, and the schema of its inputs.",
            REPLICATE,
            {200: ref("Version")},
            (404, 405),
            parameters=(*_of_first_version(), VERSION),
        ),
    }
    cancel = operation("replicate_cancel", "Cancel a prediction.", REPLICATE, one, (404, 405), parameters=(ID,))
    deployed = operation(
        "replicate_deployment",
        "Make a prediction by deployment, which is its model here.",
        REPLICATE,
        made,
        (*CREATING, 404),
        parameters=(*named, *headers),
        body=_prediction_body(ANY_OBJECT),
        example={"input": examples.body_of(schnell)},
        told=told,
    )
    paths: dict[str, Any] = {"/v1/predictions": {"post": create, "get": listing}}
    paths |= {path: {"get": each} for path, each in gets.items()}
    paths |= {"/v1/predictions/{id}/cancel": {"post": cancel}, "/v1/deployments/{owner}/{name}/predictions": {"post": deployed}}
    for card in _cards(Surface.REPLICATE):
        paths[f"/v1/models/{card.name}/predictions"] = {
            "post": operation(
                f"replicate_{card.name}",
                card.about,
                REPLICATE,
                made,
                (*CREATING, 404),
                about=_about(card),
                parameters=headers,
                body=_prediction_body(ref(schema_name(card))),
                example={"input": examples.body_of(card)},
                told=told,
                model=card.name,
            )
        }
    return paths


def _of_first_version() -> tuple[Schema, Schema]:
    """The parameters that name the model of the version that VERSION gives as an example."""
    owner, _, name = replicate.BY_VERSION[VERSION["example"]].name.partition("/")
    return OWNER | {"example": owner}, MODEL_NAME | {"example": name}


def _openai() -> dict[str, Any]:
    common = {
        "model": the(TEXT, "Any name of GET /v1/models; its own parameters, such as seed, may stand beside these."),
        "n": the({"type": ["integer", "null"], "minimum": 1, "maximum": openai.MOST}, "How many pictures.", default=1),
        "size": the({"type": ["string", "null"]}, "auto, or WIDTHxHEIGHT."),
        "response_format": the({"enum": ["url", "b64_json", None]}, "Links, or the pictures themselves.", default="url"),
    }
    prompt = the({"type": "string", "minLength": 1}, "What the picture should show.")
    common |= {
        "stream": the(YES_OR_NO, "Answer with server-sent events, one for each picture.", default=False),
        "partial_images": the({"type": ["integer", "null"], "minimum": 0, "maximum": openai.MOST_PARTIAL}, "With stream: previews of each picture.", default=0),
    }
    generate = {"type": "object", "properties": {"prompt": prompt} | common, "required": ["prompt"]}
    file: Schema = {"type": "string", "contentMediaType": "application/octet-stream"}
    picture = {"image": the(list_of(file), "One picture or several.")}
    mask = the(file, "What is transparent or white in it is painted anew.")
    edit = {**picture, "mask": mask, "prompt": the(TEXT, "What to change.", example="Make it night."), **common}
    to_make = {"model": openai.DEFAULT_MODEL, "prompt": examples.PROMPT, "size": "1024x768"}
    made = _images("openai_generate", "Make pictures.", body=generate, example=to_make)
    changed = _images("openai_edit", "Change a picture.", body=_form(edit), body_type="multipart/form-data")
    varied = _images("openai_vary", "Vary a picture.", body=_form({**picture, **common}), body_type="multipart/form-data")
    return {"/v1/images/generations": {"post": made}, "/v1/images/edits": {"post": changed}, "/v1/images/variations": {"post": varied}}


def _form(properties: dict[str, Schema]) -> Schema:
    return {"type": "object", "properties": properties, "required": ["image"]}


def _images(name: str, summary: str, **body: Any) -> dict[str, Any]:
    """A create that is answered with its pictures, at once or as events."""
    told, parameters = CREATED, (IDEMPOTENCY, LABEL)
    made = operation(name, summary, OPENAI, {200: ref("Images")}, (*CREATING, 404, 504), parameters=parameters, told=told, **body)
    made["responses"]["200"]["content"]["text/event-stream"] = {
        "schema": the(ANYTHING, "With stream: previews as partial_image, each picture as completed, or error.")
    }
    return made
