"""Signed downloads: who gets a picture, until when, and what comes with it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from mezzotint.blobs.memory import MemoryBlobs
from mezzotint.core import ids
from mezzotint.core.errors import Unavailable
from mezzotint.core.signing import ImageLink
from mezzotint.core.tasks import Outcome, Status
from mezzotint.http import images as module
from mezzotint.service.read import image_url
from mezzotint.work.sweeper import Sweeper
from tests.studio import ORIGIN, Studio
from tests.tasks import an_id


class WatchedBlobs(MemoryBlobs):
    """Notes what is read; `broken` makes it fail."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []
        self.broken = False

    async def get(self, key: str) -> bytes | None:
        self.read.append(key)
        if self.broken:
            raise Unavailable("the disk does not answer")
        return await super().get(key)


@pytest.fixture
def blobs(studio: Studio) -> WatchedBlobs:
    watched = WatchedBlobs()
    for part in (studio.tools, studio.workshop):
        object.__setattr__(part, "blobs", watched)
    return watched


async def a_link(studio: Studio, **body: Any) -> str:
    task = await studio.created(**body)
    await studio.paint()
    link: str = (await studio.poll(task["id"]))["result"]["sample"]
    return link


def signed(studio: Studio, link: ImageLink, extension: str = "jpeg") -> str:
    return image_url(link, extension, ORIGIN, studio.tools)


@pytest.mark.parametrize(("form", "media"), [("jpeg", "image/jpeg"), ("png", "image/png"), ("webp", "image/webp")])
async def test_a_picture_comes_as_what_it_is_and_can_be_nothing_else(studio: Studio, form: str, media: str) -> None:
    model = "flux-2-flex" if form == "webp" else "flux-dev"
    link = await a_link(studio, model=model, output_format=form)

    response = await studio.client.get(link)

    assert response.status_code == 200
    assert response.headers["content-type"] == media
    assert response.headers["content-length"] == str(len(response.content))
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert response.headers["access-control-allow-origin"] == "*"
    name = ids.short(ids.read(urlsplit(link).path.split("/")[2]))  # type: ignore[arg-type]  # an id that was just handed out
    assert response.headers["content-disposition"] == f'inline; filename="{name}.{form}"'
    assert response.headers["etag"] == f'"{hashlib.sha256(response.content).hexdigest()}"'


async def test_a_picture_may_be_kept_as_long_as_its_link_holds(studio: Studio) -> None:
    link = await a_link(studio)
    studio.clock.advance(200)

    assert (await studio.client.get(link)).headers["cache-control"] == "private, max-age=400, immutable"


async def test_head_says_the_same_without_the_picture(studio: Studio) -> None:
    link = await a_link(studio)

    got, head = await studio.client.get(link), await studio.client.head(link)

    assert head.status_code == 200
    assert {**head.headers, "x-request-id": ""} == {**got.headers, "x-request-id": ""}


async def test_a_part_of_a_picture_is_not_to_be_had_and_is_not_promised(studio: Studio) -> None:
    link = await a_link(studio)

    response = await studio.client.get(link, headers={"range": "bytes=0-9"})

    assert (response.status_code, response.headers["accept-ranges"]) == (200, "none")
    assert len(response.content) > 10


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_a_picture_can_only_be_read(studio: Studio, method: str) -> None:
    response = await studio.client.request(method, await a_link(studio))

    assert response.status_code == 405
    assert set(response.headers["allow"].split(", ")) == {"GET", "HEAD"}


# if it is known


@pytest.mark.parametrize("spelling", ["{}", "W/{}", '"other", {}', '"other",W/{}', "*"])
async def test_who_has_the_picture_is_told_so(studio: Studio, spelling: str) -> None:
    link = await a_link(studio)
    first = await studio.client.get(link)

    again = await studio.client.get(link, headers={"if-none-match": spelling.format(first.headers["etag"])})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == first.headers["cache-control"]


@pytest.mark.parametrize("tags", ["", '"other"', '""', "W/", '"*"', ","])
async def test_who_has_another_picture_gets_this_one(studio: Studio, tags: str) -> None:
    response = await studio.client.get(await a_link(studio), headers={"if-none-match": tags})

    assert response.status_code == 200


async def test_knowing_the_picture_is_no_way_past_the_expiry(studio: Studio) -> None:
    link = await a_link(studio)
    studio.clock.advance(601)

    assert (await studio.client.get(link, headers={"if-none-match": "*"})).status_code == 410


# signature and expiry


async def test_a_link_holds_until_its_second_and_not_beyond(studio: Studio) -> None:
    link = await a_link(studio)
    studio.clock.advance(599.999)
    assert (await studio.client.get(link)).status_code == 200

    studio.clock.advance(0.001)

    assert (await studio.client.get(link)).status_code == 410


def altered(link: str) -> dict[str, str]:
    path, _, query = link.partition("?")
    expires, signature = (part.partition("=")[2] for part in query.split("&"))
    other = an_id()
    return {
        "no query": path,
        "no signature": f"{path}?expires={expires}",
        "an empty signature": f"{path}?expires={expires}&signature=",
        "a shorter signature": f"{path}?expires={expires}&signature={signature[:-1]}",
        "a longer signature": f"{path}?expires={expires}&signature={signature}A",
        "another letter": f"{path}?expires={expires}&signature={'B' if signature[0] == 'A' else 'A'}{signature[1:]}",
        "in capitals": f"{path}?expires={expires}&signature={signature.swapcase()}",
        "beyond ASCII": f"{path}?expires={expires}&signature=%C3%A9",
        "no text": f"{path}?expires={expires}&signature=%ff%fe",
        "signed twice": f"{path}?expires={expires}&signature={signature}&signature=x",
        "later": f"{path}?expires={int(expires) + 1}&signature={signature}",
        "for ever": f"{path}?expires={'9' * 30}&signature={signature}",
        "a fraction": f"{path}?expires={expires}.0&signature={signature}",
        "signs": f"{path}?expires=%2B{expires}&signature={signature}",
        "other digits": f"{path}?expires=%D9%A3&signature={signature}",
        "a second expiry": f"{path}?expires={expires}&expires={int(expires) + 9}&signature={signature}",
        "another task": f"{ORIGIN}/images/{other}/sample.jpeg?{query}",
        "no task": f"{ORIGIN}/images/nonsense/sample.jpeg?{query}",
        "another picture": f"{path.replace('sample.', 'sample-1.')}?{query}",
        "another name": f"{path.replace('sample.jpeg', 'outcome.json')}?{query}",
        "a path": f"{path.replace('sample.jpeg', '..%2f..%2fetc%2fpasswd')}?{query}",
        "a line behind the name": f"{path}%0a?{query}",
    }


@pytest.mark.parametrize("case", altered(f"{ORIGIN}/images/x/sample.jpeg?expires=1&signature=abc"))
async def test_an_altered_link_is_refused_before_storage_is_touched(studio: Studio, blobs: WatchedBlobs, case: str) -> None:
    link = await a_link(studio)

    response = await studio.client.get(altered(link)[case])

    assert response.status_code in (403, 404)
    assert response.headers["content-type"].partition(";")[0] in ("text/plain", "application/json")
    assert not blobs.read


async def test_an_expired_link_is_refused_before_storage_is_touched(studio: Studio, blobs: WatchedBlobs) -> None:
    link = await a_link(studio)
    studio.clock.advance(601)

    assert (await studio.client.get(link)).status_code == 410
    assert not blobs.read


async def test_a_signature_of_another_server_does_not_hold(studio: Studio) -> None:
    link = await a_link(studio)
    task = ids.read(urlsplit(link).path.split("/")[2])
    assert task is not None
    stranger = replace(studio.tools, secret=b"t" * 32)

    assert (await studio.client.get(image_url(ImageLink(task, 0, 1_800_000_600), "jpeg", ORIGIN, stranger))).status_code == 403


# what a good signature does not give


async def test_a_picture_that_is_not_there_is_gone(studio: Studio) -> None:
    link = await a_link(studio)
    task = ids.read(urlsplit(link).path.split("/")[2])
    assert task is not None
    good = ImageLink(task, 0, 1_800_000_600)
    assert (await studio.client.get(signed(studio, good))).status_code == 200

    for address in (
        signed(studio, replace(good, index=1)),
        signed(studio, replace(good, index=99)),
        signed(studio, good, "png"),
        signed(studio, replace(good, task=an_id())),
    ):
        assert (await studio.client.get(address)).status_code == 410, address


async def test_a_task_that_has_no_picture_yet_or_never_will_gives_none(studio: Studio) -> None:
    waiting = ids.read((await studio.created())["id"])
    assert waiting is not None
    link = signed(studio, ImageLink(waiting, 0, 1_800_000_600))

    assert (await studio.client.get(link)).status_code == 410
    await studio.end(Outcome(Status.ERROR, code="engine_failed"))
    assert (await studio.client.get(link)).status_code == 410


async def test_a_picture_past_its_time_is_gone_though_the_sweeper_was_not_there_yet(studio: Studio) -> None:
    link = await a_link(studio)
    task = ids.read(urlsplit(link).path.split("/")[2])
    assert task is not None
    longer = signed(studio, ImageLink(task, 0, 1_900_000_000))
    assert (await studio.client.get(longer)).status_code == 200

    studio.clock.advance(86_400)

    assert (await studio.client.get(longer)).status_code == 410
    await Sweeper(studio.tools).sweep()
    assert (await studio.client.get(longer)).status_code == 410


# storage


async def test_a_picture_that_many_ask_for_is_read_once(studio: Studio, blobs: WatchedBlobs) -> None:
    link = await a_link(studio)

    answers = [await studio.client.get(link) for _ in range(5)]

    assert len({answer.content for answer in answers}) == 1
    assert len(blobs.read) == 1


def test_what_is_kept_in_memory_has_a_bound() -> None:
    cache = module._Cache(100)
    for number in range(10):
        for _ in range(2):  # the second is none more
            cache.put(str(number), bytes(25))
    cache.put("large", bytes(26))

    assert [name for name in (*"0123456789", "large") if cache.get(name)] == ["6", "7", "8", "9"]


def test_what_was_asked_for_last_is_kept_longest() -> None:
    cache = module._Cache(100)
    for name in "abcd":
        cache.put(name, bytes(25))
    cache.get("a")
    cache.put("e", bytes(25))

    assert [name for name in "abcde" if cache.get(name)] == ["a", "c", "d", "e"]


async def test_storage_that_does_not_answer_is_503_and_says_when_to_come_back(studio: Studio, blobs: WatchedBlobs) -> None:
    link = await a_link(studio)
    blobs.broken = True

    response = await studio.client.get(link)

    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
    blobs.broken = False
    assert (await studio.client.get(link)).status_code == 200


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: data[:-9] + b"!" + data[-8:], lambda data: b""])
async def test_a_picture_that_was_damaged_where_it_is_kept_is_not_handed_out(studio: Studio, blobs: WatchedBlobs, damage: Callable[[bytes], bytes]) -> None:
    link = await a_link(studio, width=512, height=512, output_format="png")
    [(key, whole)] = [(key, data) for key, data in blobs._blobs.items() if key.endswith(".png")]

    blobs._blobs[key] = damage(whole)
    refused = await studio.client.get(link)
    blobs._blobs[key] = whole
    restored = await studio.client.get(link)

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "60")
    assert b"damaged" in refused.content
    assert restored.content == whole
