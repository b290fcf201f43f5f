"""Every page is sound HTML, is safe to show, leads nowhere but here, and is sent once."""

from __future__ import annotations

import gzip
import itertools
import re
from urllib.parse import urldefrag, urljoin

import httpx2
import pytest
from starlette.requests import Request

from mezzotint.core.explanations import EXPLANATIONS
from mezzotint.http import pages
from mezzotint.http.markup import element
from mezzotint.http.pages import FILES, Page
from mezzotint.http.refusals import USUAL
from tests.http.test_requests import a_request
from tests.studio import ORIGIN, Studio
from tests.webpages import Reader, is_elsewhere

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
PATHS = ["/", "/docs", "/errors", *(f"/errors/{code}" for code in EXPLANATIONS)]
TEXTS = ["/llms.txt", "/openapi.json", *(f"/docs/{name}" for name in FILES)]
NASTY = """'"><script>alert(`1`)</script>&amp;"""


async def read(studio: Studio, path: str) -> Reader:
    response = await studio.client.get(path, headers=BROWSER)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return Reader(response.text)


@pytest.mark.parametrize("path", PATHS)
async def test_a_page_is_sound(studio: Studio, path: str) -> None:
    page = await read(studio, path)

    assert len(set(page.ids)) == len(page.ids)
    assert {target[1:] for target in page.targets if target.startswith("#")} <= set(page.ids)
    assert [len(page.all(tag)) for tag in ("html", "title", "h1", "main", "header", "footer")] == [1] * 6
    assert page.all("html")[0]["lang"] == "en"
    headings = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert all(following - heading <= 1 for heading, following in itertools.pairwise(headings)), "a level is left out"
    labels = {each["for"] for each in page.all("label")}
    assert {each["id"] for each in page.all("input")} == labels
    assert all(each.get("aria-label") for each in (*page.all("button"), *page.all("nav")))


@pytest.mark.parametrize("path", PATHS)
async def test_a_page_leads_nowhere_but_here_and_nothing_leads_to_nowhere(studio: Studio, path: str) -> None:
    page = await read(studio, path)

    assert [target for target in page.targets if is_elsewhere(target, ORIGIN)] == []
    places: dict[str, set[str]] = {}
    for target in page.targets:
        place, fragment = urldefrag(urljoin(ORIGIN + path, target))
        places.setdefault(place, set()).add(fragment)
    for place, fragments in places.items():
        response = await studio.client.get(place, headers=BROWSER)
        assert response.status_code == 200, place
        if fragments - {""}:
            assert fragments - {""} <= set(Reader(response.text).ids), place


@pytest.mark.parametrize("path", PATHS)
async def test_a_page_runs_nothing_but_files_of_ours(studio: Studio, path: str) -> None:
    page = await read(studio, path)

    policy = (await studio.client.get(path, headers=BROWSER)).headers["content-security-policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none';")
    assert page.all("style") == []
    assert all(each.get("src") for each in page.all("script"))
    assert [name for _, attributes in page.elements for name in attributes if name == "style" or name.startswith("on")] == []


@pytest.mark.parametrize("path", [*PATHS[:4], *TEXTS])
async def test_what_is_known_already_is_not_sent_again(studio: Studio, path: str) -> None:
    first = await studio.client.get(path, headers=BROWSER)

    again = await studio.client.get(path, headers=BROWSER | {"if-none-match": first.headers["etag"]})
    other = await studio.client.get(path, headers=BROWSER | {"if-none-match": '"other"'})

    assert (again.status_code, again.content, other.status_code) == (304, b"", 200)
    assert again.headers["etag"] == first.headers["etag"] == other.headers["etag"]


@pytest.mark.parametrize("path", [*PATHS[:4], *TEXTS])
async def test_a_page_is_safe_to_show(studio: Studio, path: str) -> None:
    response = await studio.client.get(path, headers=BROWSER)

    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-cache"
    assert set(response.headers["vary"].split(", ")) == {"accept", "accept-encoding"}


async def test_large_pages_are_packed_for_who_can_unpack_them(studio: Studio) -> None:
    request = {"accept": "text/html", "host": "testserver"}
    async with studio.client.stream("GET", "/docs", headers=request | {"accept-encoding": "gzip, br"}) as packed:
        raw = b"".join([part async for part in packed.aiter_raw()])
    plain = await studio.client.get("/docs", headers=request | {"accept-encoding": "identity"})

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(raw) == plain.content
    assert len(raw) < len(plain.content) / 10
    assert packed.headers["etag"] != plain.headers["etag"]


# the address that was called


@pytest.mark.parametrize("path", ["/", "/docs", "/errors/invalid_request", "/llms.txt", "/openapi.json"])
async def test_examples_are_for_the_address_that_was_called(studio: Studio, path: str) -> None:
    texts = [(await studio.client.get(path, headers=BROWSER | {"host": host})).text for host in ("pictures.example", "[::1]:9000")]

    assert all(USUAL not in text for text in texts)
    assert "http://pictures.example" in texts[0]
    assert "http://[::1]:9000" in texts[1]
    assert texts[0].replace("http://pictures.example", "") == texts[1].replace("http://[::1]:9000", "")


@pytest.mark.parametrize("host", ["x<script>", 'x"y', "a b", "x'", "$(id)"])
async def test_what_is_no_host_is_written_nowhere(studio: Studio, host: str) -> None:
    response = await studio.client.get("/docs", headers=BROWSER | {"host": host})

    assert f"{ORIGIN}/flux/v1/flux-dev" in response.text
    assert len(Reader(response.text).all("script")) == 1


def sent(page: Page, origin: str) -> str:
    request: Request = a_request()
    return bytes(page.answer(request, origin).body).decode()


def test_an_operators_own_address_cannot_be_more_than_an_address() -> None:
    page = Page(lambda: pages.page("x", element("p", f"curl {USUAL}/x", title=USUAL), here=""), pages.HTML)

    shown = Reader(sent(page, f"https://host/{NASTY}"))

    assert len(shown.all("script")) == 1
    assert "'" not in shown.all("p")[0]["title"]  # type: ignore[operator]  # it has a title
    assert "$(" not in sent(page, "https://host/$(id)")


def test_a_page_is_made_once_and_only_when_it_is_wanted() -> None:
    made: list[int] = []

    def make() -> str:
        made.append(1)
        return USUAL

    page = Page(make, pages.TEXT)

    assert made == []
    assert [sent(page, f"http://host{number}") for number in range(9)] == [f"http://host{number}" for number in range(9)]
    assert made == [1]


def test_whatever_is_shown_is_shown_as_text() -> None:
    text = pages.page(NASTY, element("h1", NASTY), pages.example(NASTY, NASTY), here="docs")

    shown = Reader(text)

    assert shown.texts.count(NASTY) == 3
    assert len(shown.all("script")) == 1
    assert shown.all("pre")[0]["aria-label"] == NASTY


@pytest.mark.parametrize("name", ["x.css", "..%2fapp.py", "pages.css%00", "Pages.css", "%2e%2e"])
async def test_no_other_file_is_to_be_had(studio: Studio, name: str) -> None:
    assert (await studio.client.get(f"/docs/{name}")).status_code == 404


@pytest.mark.parametrize("name", FILES)
def test_files_name_no_other_host(name: str) -> None:
    text = pages._reader(name)().replace('xmlns="http://www.w3.org/2000/svg"', "")

    assert re.findall(r"(?:https?:)?//[\w.]+\.\w+|@import|url\(", text) == []


async def test_head_says_the_same(studio: Studio) -> None:
    for path in ("/", "/docs", "/errors", "/llms.txt"):
        got: httpx2.Response = await studio.client.get(path)
        head = await studio.client.head(path)

        assert head.status_code == 200
        assert {**head.headers, "x-request-id": ""} == {**got.headers, "x-request-id": ""}
