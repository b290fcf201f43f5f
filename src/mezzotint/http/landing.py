"""GET / and GET /llms.txt: what this server is, for people who stray here and for language models."""

from __future__ import annotations

import json
from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mezzotint._version import __version__
from mezzotint.core.catalogue import CARDS, Surface
from mezzotint.core.explanations import EXPLANATIONS
from mezzotint.http import pages
from mezzotint.http.endpoint import JSON, route
from mezzotint.http.examples import KEY
from mezzotint.http.markup import Content, element
from mezzotint.http.openapi import ABOUT, BASES, SURFACES, document, operations
from mezzotint.http.pages import Leaf, Page
from mezzotint.http.refusals import USUAL, of_code
from mezzotint.http.requests import Origins

LINKS = {  # by path: what is there
    "docs": "The API reference: every operation, its parameters, answers and errors, and an example that runs.",
    "errors": "What every error means and what to do.",
    "openapi.json": "The same as the reference, for programs (OpenAPI 3.1).",
    "llms.txt": "All of it in brief, for language models.",
}
KEYS = "Send a key as `Authorization: Bearer <key>` or as `x-key: <key>`. The operator makes keys with `mezzotint keys create`."
FOUND = {"link": '<openapi.json>; rel="service-desc", <docs>; rel="service-doc"'}  # RFC 8631
FIRST_MODEL = "/flux/v1/flux-dev"


class Landing:
    def __init__(self, origins: Origins) -> None:
        self._origins = origins
        self._landing = Leaf(Page(_as_json, JSON), Page(_as_page, pages.HTML))
        self._llms = Page(llms, pages.TEXT)

    def routes(self) -> list[Route]:
        return [route("GET", "/", self.landing), route("GET", "/llms.txt", self.llms)]

    async def landing(self, request: Request) -> Response:
        return self._landing.answer(request, self._origins.of(request), FOUND)

    async def llms(self, request: Request) -> Response:
        return self._llms.answer(request, self._origins.of(request))


def _as_json() -> str:
    surfaces = [{"name": name, "about": about, "base_url": _base(name)} for name, about in SURFACES.items()]
    links = {path.partition(".")[0]: f"{USUAL}/{path}" for path in LINKS}
    return json.dumps({"name": "mezzotint", "version": __version__, "about": ABOUT, "surfaces": surfaces, "links": links}, ensure_ascii=False)


def _base(surface: str) -> str:
    return BASES[surface][1] if surface in BASES else USUAL


def _as_page() -> str:
    surfaces = [[element("dt", name), element("dd", element("p", *_where(name)), element("p", about, class_="soft"))] for name, about in SURFACES.items()]
    links = [[element("dt", element("a", f"/{path}", href=path)), element("dd", about)] for path, about in LINKS.items()]
    return pages.page(
        "mezzotint",
        element("h1", "mezzotint"),
        element("p", "A self-hosted Flux image service. ", ABOUT, class_="lead"),
        element("h2", "Point a client at it"),
        element("p", "Keep your client; change its address, and give it a key of this server."),
        element("dl", *surfaces, class_="facts wide"),
        element("h2", "A first picture"),
        pages.example(_first(), "A first picture, with curl"),
        element("p", "The answer has a ", element("code", "polling_url"), ". Ask there until ", element("code", "status"), " is Ready."),
        element("h2", "Read on"),
        element("dl", *links, class_="facts wide"),
        here="",
    )


def _where(surface: str) -> Iterator[Content]:
    yield element("code", _base(surface))
    if surface in BASES:
        yield from (" in place of ", element("code", BASES[surface][0]))


def _first() -> str:
    [sample] = document()["paths"][FIRST_MODEL]["post"]["x-codeSamples"]
    return f"export {KEY}=mz_…\n{sample['source']}"


# for language models, as llmstxt.org has it


def llms() -> str:
    parts = (_head(), _addresses(), _places(), _routes(), *_models(), _errors())
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _head() -> Iterator[str]:
    yield "# mezzotint"
    yield ""
    yield f"> A self-hosted Flux image service. {ABOUT}"
    yield ""
    yield f"{KEYS} Models, prices, errors and the pages below need none; nor does a polling_url, whose token reads its one task."
    yield ""
    yield "A create on CometAPI's or Black Forest Labs' surface is answered with an `id` and a `polling_url`: GET it (add `&wait=30` to have the answer held) until `status` is not Pending. Ready has `result.sample`, a link that holds for some minutes; any other status is final and has `details`. What paints is said by the header `X-Mezzotint-Engine`, whatever the model is called."


def _addresses() -> Iterator[str]:
    yield "## Base URLs"
    yield ""
    for name, about in SURFACES.items():
        instead = f" in place of {BASES[name][0]}" if name in BASES else ""
        yield f"- {name}: {_base(name)}{instead}. {about}"


def _places() -> Iterator[str]:
    yield "## Documentation"
    yield ""
    for path, about in LINKS.items():
        yield f"- [/{path}]({USUAL}/{path}): {about}"


def _routes() -> Iterator[str]:
    yield "## Routes"
    yield ""
    told: dict[str, str] = {}
    for path, method, each in operations(document()["paths"]):
        model = each.get("x-mezzotint-model")
        line = f"{method.upper()} {path.replace(model, '{model}') if model else path}"
        told.setdefault(line, "Make a picture with one of the models below." if model else each["summary"])
    yield from (f"- `{line}` {summary}" for line, summary in told.items())


def _models() -> Iterator[list[str]]:
    for surface, title, path in (
        (Surface.BFL, "CometAPI and Black Forest Labs", "/flux/v1/{model} or /v1/{model}"),
        (Surface.REPLICATE, "Replicate", "/v1/models/{model}/predictions"),
    ):
        cards = [f"- [{card.name}]({USUAL}/v1/models/{card.name}): {card.about}" for card in CARDS if card.surface is surface and card.listed]
        yield [f"## Models of {title}: POST {path}", "", *cards]


def _errors() -> Iterator[str]:
    yield "## Errors"
    yield ""
    yield "A refusal has a status, a body in the words of its surface, a `Link` header to the page that explains it, and `Retry-After` where waiting helps. A wrong field, on each surface:"
    yield ""
    yield from (f"- {told.surface}, {told.status}: `{json.dumps(told.body)}`" for told in of_code("invalid_request"))
    yield ""
    yield from (f"- [{code}]({USUAL}/errors/{code}): {each.means}" for code, each in EXPLANATIONS.items())
