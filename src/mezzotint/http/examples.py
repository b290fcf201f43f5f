"""Examples that work: a body for every create, and the curl command for every operation."""

from __future__ import annotations

import json
import shlex
from typing import Any

from mezzotint.core.catalogue import ModelCard
from mezzotint.core.parameters import Kind, Parameter
from mezzotint.core.rules import OneOf
from mezzotint.http.endpoint import JSON
from mezzotint.http.refusals import USUAL

PROMPT = "A paper boat floating on calm water at sunrise."
PICTURE = (  # 64 x 64 pixels of light blue, the least that is worth working on
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAIAAAAlC+aJAAAAT0lEQVR42u3PQQkAAAgEsIttHOMYywi+hcEKLNXzWgQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"
    "BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQELguaqwHDpKr5RgAAAABJRU5ErkJggg=="
)
KEY, TASK, MESSAGE, LINK, FILE = (
    "MEZZOTINT_API_KEY",
    "TASK_ID",
    "WEBHOOK_ID",
    "PICTURE_URL",
    "picture.png",
)  # what the commands read: variables, and a file beside them
UPLOAD, UPLOADED = "FILE_ID", "FILE_URL"
A_TASK, A_MESSAGE, A_FILE = "01a3185c-5000-7000-8000-000000000001", "msg_01mcc5rm00e008000000000001", "01mcc5rm00e008000000000002"
READ_AS = {A_TASK: f"${TASK}", A_MESSAGE: f"${MESSAGE}", A_FILE: f"${UPLOAD}"}  # ids, which are others on every server
BY_LINK = {"/images/{task}/{name}": f'-o picture.jpeg "${LINK}"', "/v1/files/{id}/download": f'-o picture.png "${UPLOADED}"'}


def body_of(card: ModelCard) -> dict[str, Any]:
    """The least that the model takes, and a prompt where it reads one."""
    needed = [parameter for parameter in card.parameters.values() if parameter.required or parameter.name == "prompt"]
    needed += [card.parameters[rule.names[0]] for rule in card.rules if isinstance(rule, OneOf) and rule.names[0] != "prompt"]
    return {parameter.name: _value(parameter) for parameter in needed}


def _value(parameter: Parameter) -> Any:
    """Raises ValueError for one that nobody has thought of yet."""
    if parameter.name == "prompt":
        return PROMPT
    if parameter.image:
        return [PICTURE] if parameter.kind is Kind.STRINGS else PICTURE
    if parameter.choices:
        return parameter.choices[0]
    if parameter.kind is Kind.STRING:
        return f"my-{parameter.name.removesuffix('_id').replace('_', '-')}"
    if parameter.minimum is not None:
        return parameter.minimum
    raise ValueError(f"there is no example of {parameter.name}")


def curl(method: str, path: str, operation: dict[str, Any]) -> str:
    """The operation from a terminal, at the usual address. Its key and ids are variables; parameters must not be references."""
    if path in BY_LINK:
        return f"curl -s {BY_LINK[path]}"
    content = next(iter(operation.get("requestBody", {}).get("content", {}).items()), None)
    arguments = [f'"{_address(path, operation)}"', *_key(operation)]
    if content is None and method != "get":
        arguments.insert(0, f"-X {method.upper()}")
    if content is not None:
        arguments += _body(*content)
    if "text/event-stream" in operation["responses"].get("200", {}).get("content", {}):
        arguments.insert(0, "-N")
    return "curl -s " + " \\\n  ".join(_together(arguments))


def _together(arguments: list[str]) -> list[str]:
    """Options that stand before the address stay on its line."""
    first = next(index for index, argument in enumerate(arguments) if argument.startswith('"'))
    return [" ".join(arguments[: first + 1]), *arguments[first + 1 :]]


def _address(path: str, operation: dict[str, Any]) -> str:
    parameters = [parameter for parameter in operation["parameters"] if parameter.get("required")]
    for parameter in parameters:
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", _shown(parameter))
    query = "&".join(f"{parameter['name']}={_shown(parameter)}" for parameter in parameters if parameter["in"] == "query")
    return f"{USUAL}{path}" + (f"?{query}" if query else "")


def _shown(parameter: dict[str, Any]) -> str:
    return READ_AS.get(parameter["example"], str(parameter["example"]))


def _key(operation: dict[str, Any]) -> list[str]:
    return [] if operation.get("security") == [] else [f'-H "Authorization: Bearer ${KEY}"']


def _body(media_type: str, content: dict[str, Any]) -> list[str]:
    if media_type == JSON:
        return ['-H "Content-Type: application/json"', f"-d {shlex.quote(json.dumps(content['example']))}"]
    fields = content["schema"]["properties"]
    sent = [f"{name}=@{FILE}" for name in content["schema"]["required"]]
    return [f"-F {shlex.quote(field)}" for field in (*sent, *(f"{name}={each['example']}" for name, each in fields.items() if "example" in each))]
