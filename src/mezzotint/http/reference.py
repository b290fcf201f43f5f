"""GET /docs: the reference of the API, made from the same document as /openapi.json."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mezzotint.core.schema import Schema
from mezzotint.http import pages
from mezzotint.http.endpoint import route
from mezzotint.http.examples import FILE, KEY, LINK, MESSAGE, TASK, UPLOAD, UPLOADED
from mezzotint.http.markup import Content, Html, element, prose
from mezzotint.http.openapi import document, operations, resolved
from mezzotint.http.pages import Page
from mezzotint.http.requests import Origins

HERE = "docs"
LIMITS = {
    "minimum": "at least {}", "maximum": "at most {}", "multipleOf": "a multiple of {}", "minLength": "at least {} characters",
    "maxLength": "at most {} characters", "minItems": "at least {} entries", "maxItems": "at most {} entries", "format": "format {}",
}  # fmt: skip
WHAT_EXAMPLES_READ = {
    KEY: "a key of this server",
    TASK: "the id that a create was answered with",
    MESSAGE: "an id of GET /v1/webhooks",
    LINK: "in single quotes: result.sample of a finished task, whole",
    UPLOAD: "an id of GET /v1/files",
    UPLOADED: "in single quotes: urls.download of a file, whole",
}
DEEPEST = 3  # objects in objects that are told field by field


class Reference:
    def __init__(self, origins: Origins) -> None:
        self._origins, self._page = origins, Page(reference, pages.HTML)

    def routes(self) -> list[Route]:
        return [route("GET", "/docs", self.show)]

    async def show(self, request: Request) -> Response:
        return self._page.answer(request, self._origins.of(request))


@cache
def reference() -> str:
    """The whole page."""
    told = document()
    surfaces = [_surface(tag, told) for tag in told["tags"]]
    return pages.page("API reference of mezzotint", element("h1", "API reference"), *_introduction(told), *surfaces, _headers(told), _bodies(told), here=HERE)


def _introduction(told: dict[str, Any]) -> Iterator[Html]:
    yield from (
        element("p", prose(paragraph), class_="lead" if not index else None) for index, paragraph in enumerate(told["info"]["description"].split("\n\n"))
    )
    first = "\n".join(f"export {name}=…    # {what}" for name, what in WHAT_EXAMPLES_READ.items())
    yield element("p", "The examples take what they need from your shell; those that send a picture read ", element("code", FILE), " beside you.")
    yield pages.example(first, "What the examples read")
    yield element("p", "Operations: ", *_separated([element("a", tag["name"], href=f"#{_anchor(tag['name'])}") for tag in told["tags"]]), ".")
    field = element("input", type="search", id="filter", autocomplete="off", spellcheck="false", aria_describedby="found")
    label = element("label", "Filter by path, summary or parameter", for_="filter")
    yield element("div", label, field, element("p", "", id="found", role="status"), class_="filter", role="search", hidden=True)


def _separated(links: list[Html]) -> Iterator[Content]:
    for index, link in enumerate(links):
        yield from ((", ",) if index else ())
        yield link


def _anchor(name: str) -> str:
    """An id, of letters that need no escaping in addresses."""
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name).strip("-").lower()


def _surface(tag: dict[str, str], told: dict[str, Any]) -> Html:
    own = [_operation(path, method, each) for path, method, each in operations(told["paths"]) if each["tags"] == [tag["name"]]]
    name = _anchor(tag["name"])
    heading = element("h2", tag["name"], id=f"{name}-heading")
    return element("section", heading, element("p", prose(tag["description"])), *own, id=name, class_="surface", aria_labelledby=f"{name}-heading")


# one operation


def _operation(path: str, method: str, each: dict[str, Any]) -> Html:
    title = f"{method.upper()} {path}"
    heading = [element("span", method.upper(), class_=f"method {method}"), " ", element("code", path), element("span", each["summary"], class_="about")]
    parts: list[Content] = [element("p", prose(each["description"])) if "description" in each else None, _who(each)]
    parts += [*_examples(each, title), _parameters(each), _body(each), *_answers(each)]
    return element("details", element("summary", element("h3", *heading)), element("div", *parts, class_="inside"), id=_anchor(title), class_="operation")


def _who(each: dict[str, Any]) -> Html | None:
    if each.get("security") == []:
        return element("p", "Needs no key.", class_="soft")
    if "security" in each:
        return element("p", "Takes a key, or the token of a polling_url.", class_="soft")
    return None


def _parameters(each: dict[str, Any]) -> Html | None:
    parameters = resolved(each)["parameters"]
    if not parameters:
        return None
    entries = [
        _entry(parameter["name"], parameter["schema"], parameter["description"], parameter["in"], required=parameter.get("required", False))
        for parameter in parameters
    ]
    return element("div", element("h4", "Parameters"), element("dl", *entries, class_="facts wide"))


def _body(each: dict[str, Any]) -> Html | None:
    if "requestBody" not in each:
        return None
    [(media_type, content)] = each["requestBody"]["content"].items()
    schema = _followed(content["schema"])
    return element("div", element("h4", "Body"), element("p", element("code", media_type), class_="soft"), _fields(schema))


def _fields(schema: Schema, depth: int = 1) -> Html | None:
    """What an object holds, field by field."""
    properties = schema.get("properties", {})
    required = schema.get("required", [])
    entries = [_entry(name, each, each.get("description", ""), required=name in required, depth=depth) for name, each in properties.items()]
    return element("dl", *entries, class_="facts wide") if entries else None


def _entry(name: str, schema: Schema, about: str, place: str = "", *, required: bool = False, depth: int = 1) -> list[Content]:
    """`place`: the part of the request."""
    schema = _followed(schema)
    about = about or schema.get("description", "")
    inner = _fields(_inside(schema), depth + 1) if depth < DEEPEST else None
    term = element("dt", element("code", name), element("span", " required", class_="required") if required else None)
    facts = "; ".join(fact for fact in (f"in {place}" if place else "", shape(schema), *_limits(schema)) if fact)
    return [term, element("dd", element("p", prose(about)) if about else None, element("p", facts, class_="soft") if facts else None, inner)]


def _examples(each: dict[str, Any], title: str) -> Iterator[Html]:
    yield element("h4", "Example")
    yield from (pages.example(sample["source"], f"{sample['label']} for {title}") for sample in each["x-codeSamples"])


def _answers(each: dict[str, Any]) -> Iterator[Html]:
    made = [_answer(status, answer) for status, answer in each["responses"].items() if "$ref" not in answer]
    refused = [_refused(status, _followed(answer)) for status, answer in each["responses"].items() if "$ref" in answer]
    if made:
        yield element("h4", "Answers")
        yield element("dl", *made, class_="facts wide")
    yield element("h4", "Errors")
    yield element("dl", *refused, class_="facts wide")


def _answer(status: str, answer: dict[str, Any]) -> list[Content]:
    kinds = [_kind(media_type, content.get("schema", {})) for media_type, content in answer.get("content", {}).items()]
    names = [element("a", element("code", name), href=f"#header-{_anchor(name)}") for name in answer["headers"]]
    told = element("p", "Headers: ", *_separated(names), ".", class_="soft")
    return [element("dt", element("span", status, class_="status")), element("dd", element("p", prose(answer["description"])), *kinds, told)]


def _kind(media_type: str, schema: Schema) -> Html:
    """What an answer's body is; bodies that have a name are told once, below."""
    named = schema.get("$ref", "").rpartition("/")[2]
    what: Content = element("a", named, href=f"#body-{_anchor(named)}") if named else ""
    return element("div", element("p", element("code", media_type), ": " if named else None, what), None if named else _fields(schema))


def _refused(status: str, answer: dict[str, Any]) -> list[Content]:
    examples = [code for content in answer.get("content", {}).values() for code in content["examples"]]
    links = [element("a", element("code", code), href=f"errors/{code}") for code in examples]
    return [element("dt", element("span", status, class_="status")), element("dd", element("p", *_separated(links)) if links else answer["description"])]


# what is told once


def _headers(told: dict[str, Any]) -> Html:
    entries = [
        [element("dt", element("code", name), id=f"header-{_anchor(name)}"), element("dd", prose(header["description"]))]
        for name, header in told["components"]["headers"].items()
    ]
    return element("section", element("h2", "Headers of answers"), element("dl", *entries, class_="facts wide"), id="headers")


def _bodies(told: dict[str, Any]) -> Html:
    """Those that operations answer with or refuse in, by name."""
    answered = {name for _, _, each in operations(told["paths"]) for answer in each["responses"].values() for name in _names(_followed(answer))}
    parts = []
    for name in sorted(answered):
        schema = told["components"]["schemas"][name]
        parts += [element("h3", name, id=f"body-{_anchor(name)}"), _fields(schema)]
    return element("section", element("h2", "Bodies of answers"), *parts, id="bodies")


def _names(value: Any) -> Iterator[str]:
    """Schemas that are referred to anywhere in it."""
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(each, str) and each.startswith("#/components/schemas/"):
            yield each.rpartition("/")[2]
        else:
            yield from _names(each)


# schemas in words


def _followed(schema: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    found: Any = document()
    for part in schema["$ref"].split("/")[1:]:
        found = found[part]
    return dict(found)


def _inside(schema: Schema) -> Schema:
    """The object whose fields are worth telling: itself, or what a list holds."""
    return _followed(schema["items"]) if "items" in schema else schema


def shape(schema: Schema) -> str:
    """Its type, and its choices, in words."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " or ".join(shape(each) + "".join(f" ({limit})" for limit in _limits(each)) for each in schema["anyOf"])
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return "one of " + ", ".join(json.dumps(choice) for choice in schema["enum"])
    kind = schema.get("type", "anything")
    words = " or ".join(kind) if isinstance(kind, list) else str(kind)
    return f"{words} of {shape(schema['items'])}" if "items" in schema else words


def _limits(schema: Schema) -> Iterator[str]:
    for name, words in LIMITS.items():
        if name in schema:
            yield words.format(schema[name])
    if "default" in schema:
        yield f"default {json.dumps(schema['default'], ensure_ascii=False)}"
