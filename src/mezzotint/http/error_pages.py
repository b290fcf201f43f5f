"""GET /errors and /errors/{code}: what a code means, why it comes, what to do, and how each surface says it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mezzotint.core.errors import NotFound
from mezzotint.core.explanations import BY_ANY_WORD, EXPLANATIONS, Carrier, Explanation
from mezzotint.http import pages
from mezzotint.http.endpoint import JSON, route
from mezzotint.http.markup import Html, element, prose
from mezzotint.http.pages import Leaf, Page
from mezzotint.http.problems import page_of
from mezzotint.http.refusals import USUAL, Told, of_code
from mezzotint.http.requests import Origins

HERE = "errors"


class ErrorPages:
    def __init__(self, origins: Origins) -> None:
        self._origins = origins
        self._list = Leaf(Page(_list_text, pages.TEXT), Page(_list_json, JSON), Page(_list_page, pages.HTML))  # text for people at a terminal
        self._pages = {code: _shown(each) for code, each in EXPLANATIONS.items()}

    def routes(self) -> list[Route]:
        return [route("GET", "/errors", self.list), route("GET", "/errors/{code}", self.page)]

    async def list(self, request: Request) -> Response:
        return self._list.answer(request, self._origins.of(request))

    async def page(self, request: Request) -> Response:
        explanation = BY_ANY_WORD.get(request.path_params["code"])
        if explanation is None:
            raise NotFound("no error has that code; GET /errors lists them")
        return self._pages[explanation.code].answer(request, self._origins.of(request))


def _shown(explanation: Explanation) -> Leaf:
    return Leaf(
        Page(lambda: _text(explanation), pages.TEXT),
        Page(lambda: json.dumps(_facts(explanation), ensure_ascii=False), JSON),
        Page(lambda: _page(explanation), pages.HTML),
    )


# the list


def _by_carrier() -> Iterator[tuple[Carrier, list[Explanation]]]:
    for carrier in Carrier:
        yield carrier, [each for each in EXPLANATIONS.values() if each.carrier is carrier]


def _list_page() -> str:
    parts: list[Html] = [
        element("h1", "Errors"),
        element("p", "Every code that an answer or a task may carry. An answer that refuses names its page in a Link header."),
    ]
    for carrier, explanations in _by_carrier():
        entries = [[element("dt", _link(each)), element("dd", each.means)] for each in explanations]
        parts += [element("h2", carrier.value), element("dl", *(part for entry in entries for part in entry), class_="facts")]
    return pages.page("Errors of mezzotint", *parts, here=HERE)


def _link(explanation: Explanation) -> Html:
    return element("a", element("code", explanation.code), href=f"errors/{explanation.code}")


def _list_text() -> str:
    parts = [f"{carrier.value}\n" + "".join(f"  {each.code}: {each.means}\n" for each in explanations) for carrier, explanations in _by_carrier()]
    return "\n".join([*parts, f"Each has a page: {page_of('', USUAL)}CODE\n"])


def _list_json() -> str:
    return json.dumps({"errors": [_facts(each, briefly=True) for each in EXPLANATIONS.values()]}, ensure_ascii=False)


# one page


def _facts(explanation: Explanation, *, briefly: bool = False) -> dict[str, Any]:
    brief = {"code": explanation.code, "url": page_of(explanation.code, USUAL), "told_by": explanation.carrier.value, "means": explanation.means}
    if briefly:
        return brief
    told = [{"surface": each.surface, "status": each.status, "retry_after": each.retry_after, "body": each.body} for each in of_code(explanation.code)]
    return brief | {"also": list(explanation.also), "why": list(explanation.why), "what_to_do": list(explanation.then), "answers": told}


def _text(explanation: Explanation) -> str:
    lines = [explanation.code, "", explanation.means, "", "Why it comes", *_items(explanation.why), "", "What to do", *_items(explanation.then)]
    told = [f"{each.surface}: {each.status}" for each in of_code(explanation.code)]
    return "\n".join([*lines, *(["", "Status by surface", *_items(told)] if told else []), ""])


def _items(sentences: Any) -> Iterator[str]:
    return (f"* {sentence}" for sentence in sentences)


def _page(explanation: Explanation) -> str:
    told = list(of_code(explanation.code))
    parts: list[Html | None] = [
        element("h1", element("code", explanation.code)),
        element("p", explanation.means, class_="lead"),
        element("p", "Some surfaces tell it as ", *_codes(explanation.also), ".") if explanation.also else None,
        element("h2", "Why it comes"),
        element("ul", *(element("li", prose(sentence)) for sentence in explanation.why)),
        element("h2", "What to do"),
        element("ul", *(element("li", prose(sentence)) for sentence in explanation.then)),
    ]
    if told:
        parts += [element("h2", "How it is told"), element("div", *map(_told, told), class_="told")]
    elif explanation.carrier is Carrier.TASK:
        parts.append(element("p", "Polls tell it in ", element("code", "details.code"), ", GET /v1/tasks/{id} in ", element("code", "error.code"), "."))
    return pages.page(f"{explanation.code}: an error of mezzotint", *parts, here=None, up="../")


def _codes(words: tuple[str, ...]) -> Iterator[Html | str]:
    for index, word in enumerate(words):
        yield from ((" or ",) if index else ())
        yield element("code", word)


def _told(told: Told) -> Html:
    """The answer of one surface."""
    later = f", with Retry-After, such as {told.retry_after}" if told.retry_after is not None else ""
    heading = element("h3", f"{told.surface}: ", element("span", str(told.status), class_="status"), later)
    return element("section", heading, pages.example(told.text, f"{told.surface}'s body"))
