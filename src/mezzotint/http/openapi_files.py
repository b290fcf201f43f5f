"""What /openapi.json says of uploaded files, and of streams, which lie beside them."""

from __future__ import annotations

from typing import Any

from mezzotint.core.schema import Schema
from mezzotint.http.endpoint import JSON
from mezzotint.http.examples import A_FILE
from mezzotint.http.openapi_parts import (
    ANY_OBJECT,
    ANYTHING,
    CUT,
    ID,
    LAST_EVENT,
    MAYBE_TEXT,
    MOMENT,
    TEXT,
    WHOLE,
    headers_of,
    list_of,
    object_of,
    operation,
    ref,
    the,
)
from mezzotint.http.refusals import REPLICATE

SCHEMAS: dict[str, Schema] = {
    "File": object_of(
        id=the(TEXT, "26 letters and digits."),
        name=TEXT,
        content_type=the(TEXT, "What its bytes are, whatever the client said."),
        size=the(WHOLE, "Bytes."),
        etag=TEXT,
        checksums=object_of(sha256=TEXT),
        metadata=the(ANY_OBJECT, "As it was given."),
        created_at=MOMENT,
        expires_at=MOMENT,
        urls=object_of(get=the(TEXT, "Good as a picture in requests, for its owner."), download=the(TEXT, "The bytes, without a key, for a while.")),
    ),
    "Files": object_of(previous=MAYBE_TEXT, next=MAYBE_TEXT, results=list_of(ref("File"))),
}
FILE_ID: Schema = {"name": "id", "in": "path", "required": True, "schema": TEXT, "description": "A file's id.", "example": A_FILE}
LINK: tuple[Schema, ...] = tuple(
    {"name": name, "in": "query", "required": True, "schema": TEXT, "description": "As in the link.", "example": example}
    for name, example in (("owner", "default"), ("expiry", "1800000000"), ("signature", "AAAAAAAAAAAAAAAAAAAAAA"))
)
FORM: Schema = {
    "type": "object",
    "properties": {
        "content": {"type": "string", "contentMediaType": "application/octet-stream", "description": "A PNG, JPEG or WebP picture."},
        "filename": the(TEXT, "Instead of the name that the part has."),
        "metadata": {"type": "string", "contentMediaType": JSON, "description": "A JSON object, to be told with the file."},
        "type": the(TEXT, "Not needed: it shows."),
    },
    "required": ["content"],
}
ABOUT = "A picture that several requests can name by its address, on every surface. It is kept for a day, unless the operator decided otherwise."


def paths() -> dict[str, Any]:
    upload = operation(
        "replicate_files_create",
        "Upload a picture.",
        REPLICATE,
        {201: ref("File")},
        (403, 405, 408, 413, 422, 429, 503),
        about=ABOUT,
        body=FORM,
        body_type="multipart/form-data",
    )
    upload["responses"]["201"]["description"] = "The file."
    delete = operation("replicate_files_delete", "Delete a file.", REPLICATE, {}, (404, 405), parameters=(FILE_ID,))
    delete["responses"]["204"] = {"description": "It is gone.", "headers": headers_of()}
    listing = operation("replicate_files_list", "List files, newest first.", REPLICATE, {200: ref("Files")}, (405, 422), parameters=CUT)
    follow = operation(
        "replicate_stream",
        "Follow a prediction as server-sent events.",
        REPLICATE,
        {200: the(ANYTHING, "Once it has ended: `logs`, an `output` for each picture, `error` where it failed, and `done`.")},
        (404, 405),
        parameters=(ID, LAST_EVENT),
        answer_type="text/event-stream",
        token=True,
    )
    return {
        "/v1/files/{id}/stream": {"get": follow},
        "/v1/files": {"post": upload, "get": listing},
        "/v1/files/{id}/download": {"get": _download()},
        "/v1/files/{id}": {
            "get": operation("replicate_files_get", "Read of a file.", REPLICATE, {200: ref("File")}, (404, 405), parameters=(FILE_ID,)),
            "delete": delete,
        },
    }


def _download() -> dict[str, Any]:
    """By a link, as its owner reads it."""
    made = operation(
        "replicate_files_download", "The bytes of a file, by its link.", REPLICATE, {200: TEXT}, (404, 405), parameters=(FILE_ID, *LINK), keyless=True
    )
    made["responses"]["200"] = {
        "description": "The picture.",
        "headers": headers_of("ETag"),
        "content": {f"image/{form}": {} for form in ("jpeg", "png", "webp")},
    }
    return made
