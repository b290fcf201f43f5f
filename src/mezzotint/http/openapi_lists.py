"""What /openapi.json says of Replicate's lists, in which there is little to list."""

from __future__ import annotations

from typing import Any

from mezzotint.core.schema import Schema
from mezzotint.http.openapi_parts import ANY_OBJECT, MAYBE_TEXT, MODEL_NAME, OWNER, TEXT, list_of, object_of, operation, ref
from mezzotint.http.refusals import REPLICATE
from mezzotint.http.replicate_lists import COLLECTION, MOST_FOUND

PAGE = object_of(previous=MAYBE_TEXT, next=MAYBE_TEXT, results=list_of(ANY_OBJECT))
MODELS = list_of(ref("ReplicateModel"))
NAMED = (OWNER, MODEL_NAME | {"example": "flux-schnell"})
SLUG: Schema = {"name": "slug", "in": "path", "required": True, "schema": TEXT, "description": "Which one.", "example": COLLECTION["slug"]}
ASKED: tuple[Schema, ...] = (
    {"name": "query", "in": "query", "schema": TEXT, "description": "Words that the name or the description has."},
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": MOST_FOUND}, "description": "How many at most."},
)
ROWS: dict[str, tuple[str, str, Schema, tuple[Schema, ...]]] = {
    "/v1/collections": ("replicate_collections", "List collections: there is one.", PAGE, ()),
    "/v1/collections/{slug}": ("replicate_collection", "The models of a collection.", object_of(slug=TEXT, name=TEXT, models=MODELS), (SLUG,)),
    "/v1/deployments": ("replicate_deployments", "List deployments: every model, under its own name.", PAGE, ()),
    "/v1/deployments/{owner}/{name}": ("replicate_deployed", "A model as a deployment.", object_of(owner=TEXT, name=TEXT, current_release=ANY_OBJECT), NAMED),
    "/v1/hardware": ("replicate_hardware", "List hardware: there is one.", list_of(object_of(sku=TEXT, name=TEXT)), ()),
    "/v1/trainings": ("replicate_trainings", "List trainings: there are none.", PAGE, ()),
    "/v1/search": ("replicate_search", "Find models.", object_of(query=TEXT, models=list_of(object_of(model=ref("ReplicateModel")))), ASKED),
    "/v1/models/{owner}/{name}/examples": ("replicate_examples", "Predictions to learn from: there are none.", PAGE, NAMED),
}


def paths() -> dict[str, Any]:
    made = {
        path: {"get": operation(name, summary, REPLICATE, {200: answer}, (404, 405), parameters=parameters)}
        for path, (name, summary, answer, parameters) in ROWS.items()
    }
    readme = operation("replicate_readme", "What a model is, in Markdown.", REPLICATE, {200: TEXT}, (404, 405), parameters=NAMED, answer_type="text/plain")
    return made | {"/v1/models/{owner}/{name}/readme": {"get": readme}}
