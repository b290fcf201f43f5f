"""Files, uploaded, listed, read, downloaded and deleted, as Replicate's clients do."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
import pytest

from mezzotint.blobs.memory import MemoryBlobs
from mezzotint.core import ids
from mezzotint.core.accounts import ApiKey, digest
from mezzotint.core.errors import Unavailable
from mezzotint.core.headers import MAX_BYTES
from mezzotint.http import cursors
from mezzotint.work.sweeper import Sweeper
from tests.clocks import HandClock
from tests.pictures import a_file
from tests.studio import KEY, OTHER_KEY, Studio, a_studio

FILES = "/v1/files"
PICTURE = a_file()
BEARER, OTHER = {"authorization": f"Bearer {KEY}"}, {"authorization": f"Bearer {OTHER_KEY}"}
DAY = 86_400


async def upload(
    studio: Studio, data: bytes = PICTURE, name: str = "boat.png", path: str = FILES, *, media: str = "image/png", **fields: str
) -> httpx2.Response:
    return await studio.client.post(path, files={"content": (name, data, media)}, data=fields, headers=BEARER)


async def uploaded(studio: Studio, *args: Any, **rest: Any) -> dict[str, Any]:
    response = await upload(studio, *args, **rest)
    assert response.status_code == 201, response.text
    told: dict[str, Any] = response.json()
    return told


async def listed(studio: Studio, url: str = FILES) -> dict[str, Any]:
    response = await studio.client.get(url, headers=BEARER)
    assert response.status_code == 200, response.text
    told: dict[str, Any] = response.json()
    return told


def bytes_kept(studio: Studio) -> list[bytes]:
    assert isinstance(studio.tools.blobs, MemoryBlobs)
    return list(studio.tools.blobs._blobs.values())


# uploading


@pytest.mark.parametrize("path", ["/v1/files", "/replicate/v1/files"])
async def test_an_uploaded_file_is_told_of_whole(studio: Studio, path: str) -> None:
    told = await uploaded(studio, metadata='{"author":{"name":"me"}}', path=path)

    link = told["urls"].pop("download")
    sha256 = hashlib.sha256(PICTURE).hexdigest()
    assert told == {
        "id": told["id"],
        "name": "boat.png",
        "content_type": "image/png",
        "size": len(PICTURE),
        "etag": sha256,
        "checksums": {"sha256": sha256},
        "metadata": {"author": {"name": "me"}},
        "created_at": "2027-01-15T08:00:00.000000Z",
        "expires_at": "2027-01-16T08:00:00.000000Z",
        "urls": {"get": f"http://testserver{path}/{told['id']}"},
    }
    assert ids.read(told["id"])
    assert link.startswith(told["urls"]["get"] + "/download?owner=default&expiry=")
    assert (await studio.client.get(told["urls"]["get"], headers=BEARER)).json()["id"] == told["id"]


async def test_metadata_may_be_a_file_of_its_own(studio: Studio) -> None:
    """As Replicate's JavaScript client sends it."""
    files = {"content": ("blob_1", PICTURE, "application/octet-stream"), "metadata": ("blob", b'{"a":1}', "application/json")}
    response = await studio.client.post(FILES, files=files, headers=BEARER)

    assert (response.status_code, response.json()["metadata"], response.json()["name"]) == (201, {"a": 1}, "blob_1")


@pytest.mark.parametrize(("form", "media"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")])
async def test_a_file_is_what_its_bytes_are_whatever_it_is_called(studio: Studio, form: str, media: str) -> None:
    told = await uploaded(studio, a_file(form), "page.html", media="text/html", type="text/html")

    download = await studio.client.get(told["urls"]["download"])

    assert told["content_type"] == download.headers["content-type"] == media


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("C:\\pictures\\boat.png", "boat.png"),
        ("../../etc/passwd", "passwd"),
        ("a\tb\u202e.png", "ab.png"),
        ("Schiff 船.png", "Schiff 船.png"),
        ("x" * 300, "x" * 255),
    ],
)
async def test_a_name_is_the_last_part_of_it_and_can_be_shown(studio: Studio, given: str, name: str) -> None:
    told = await uploaded(studio, filename=given)

    assert told["name"] == name
    assert (await studio.client.get(told["urls"]["download"])).status_code == 200


async def test_a_file_without_a_name_is_given_one(studio: Studio) -> None:
    told = await uploaded(studio, name="/")

    assert told["name"] == f"{told['id']}.png"


@pytest.mark.parametrize(
    ("fields", "data", "field"),
    [
        ({}, b"%PDF-1.7", "content"),
        ({}, b"", "content"),
        ({}, PICTURE[:20], "content"),
        ({}, a_file(width=6000, height=4000), "content"),
        ({"metadata": "[]"}, PICTURE, "metadata"),
        ({"metadata": "{"}, PICTURE, "metadata"),
        ({"metadata": '{"a":1,"a":2}'}, PICTURE, "metadata.a"),
        ({"metadata": json.dumps({"a": "b" * 20_000})}, PICTURE, "metadata"),
        ({"metadata": '{"a":' * 2000 + "1" + "}" * 2000}, PICTURE, "metadata"),
    ],
    ids=["pdf", "empty", "cut", "large", "list", "broken", "twice", "long", "deep"],
)
async def test_what_is_wrong_is_named_and_nothing_is_kept(studio: Studio, fields: dict[str, str], data: bytes, field: str) -> None:
    response = await upload(studio, data, **fields)

    assert response.status_code == 422, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert [problem["field"] for problem in response.json()["invalid_fields"]] == [field]
    assert (bytes_kept(studio), (await listed(studio))["results"]) == ([], [])


@pytest.mark.parametrize(("body", "media"), [(b"{}", "application/json"), (PICTURE, "image/png"), (b"content=a", "application/x-www-form-urlencoded")])
async def test_what_is_no_form_is_refused(studio: Studio, body: bytes, media: str) -> None:
    response = await studio.client.post(FILES, content=body, headers=BEARER | {"content-type": media})

    assert (response.status_code, response.json()["invalid_fields"][0]["type"]) == (422, "form_invalid")


async def test_a_form_without_a_file_or_with_two_is_refused(studio: Studio) -> None:
    none = await studio.client.post(FILES, files={"file": ("a.png", PICTURE)}, headers=BEARER)
    two = await studio.client.post(FILES, files=[("content", ("a.png", PICTURE)), ("content", ("b.png", PICTURE))], headers=BEARER)

    assert [(response.status_code, response.json()["detail"]) for response in (none, two)] == [
        (422, "- content: content is required: the file\n"),
        (422, "- content: Field is given more than once\n"),
    ]


async def test_a_file_that_no_model_would_take_is_too_large(studio: Studio) -> None:
    response = await upload(studio, PICTURE + bytes(MAX_BYTES))

    assert response.status_code == 413
    assert str(MAX_BYTES) in response.json()["detail"]


async def test_a_body_that_is_too_large_is_not_read() -> None:
    studio = a_studio(HandClock(), max_body=1000)

    assert (await upload(studio, a_file() + bytes(2000))).status_code == 413


async def test_an_account_has_so_much_room_and_gets_it_back(studio: Studio) -> None:
    studio = a_studio(HandClock(), files_room=len(PICTURE) + 10)
    first = await uploaded(studio)

    refused = await upload(studio)
    assert (refused.status_code, len(bytes_kept(studio))) == (413, 1)
    assert "delete some" in refused.json()["detail"]
    assert (await studio.client.post(FILES, files={"content": ("a", PICTURE)}, headers=OTHER)).status_code == 201

    await studio.client.delete(first["urls"]["get"], headers=BEARER)
    await uploaded(studio)


async def test_a_store_in_trouble_is_said_and_no_file_is_told_of(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any, **__: Any) -> bool:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(studio.tools.blobs, "put", broken)

    assert (await upload(studio)).status_code == 503
    assert (await listed(studio))["results"] == []


# whose it is


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("GET", ""), ("GET", "/{id}"), ("DELETE", "/{id}")])
async def test_every_route_but_the_download_needs_a_key(studio: Studio, method: str, path: str) -> None:
    told = await uploaded(studio)

    response = await studio.client.request(method, FILES + path.format(id=told["id"]))

    assert (response.status_code, response.json()["title"]) == (401, "Unauthenticated")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_anothers_file_is_not_there(studio: Studio, method: str) -> None:
    told = await uploaded(studio)

    response = await studio.client.request(method, told["urls"]["get"], headers=OTHER)

    assert (response.status_code, response.json()["detail"]) == (404, f"there is no file '{told['id']}': it may have expired")
    assert (await studio.client.get(FILES, headers=OTHER)).json()["results"] == []
    assert (await studio.client.get(told["urls"]["get"], headers=BEARER)).status_code == 200


async def test_a_key_that_may_only_read_neither_uploads_nor_deletes(studio: Studio) -> None:
    told = await uploaded(studio)
    await studio.tools.ledger.add_key(ApiKey("r", "default", "", 0.0, scopes=("read",)), digest("readonly"))
    reader = {"authorization": "Bearer readonly"}

    refused = await studio.client.post(FILES, files={"content": ("a", PICTURE)}, headers=reader)

    assert (refused.status_code, (await studio.client.delete(told["urls"]["get"], headers=reader)).status_code) == (403, 403)
    assert (await studio.client.get(told["urls"]["get"], headers=reader)).status_code == 200


@pytest.mark.parametrize("text", ["nonsense", "0" * 26, "0" * 40, "%00", "..%2f"])
async def test_what_is_no_file_is_not_there(studio: Studio, text: str) -> None:
    for method in ("GET", "DELETE"):
        assert (await studio.client.request(method, f"{FILES}/{text}", headers=BEARER)).status_code == 404


# listing and deleting


async def test_files_are_listed_by_pages_newest_first(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cursors, "PAGE", 2)
    made = [(await uploaded(studio))["id"] for _ in range(3)]

    first = await listed(studio)
    second = await listed(studio, first["next"])

    assert [[each["id"] for each in page["results"]] for page in (first, second)] == [made[:0:-1], made[:1]]
    assert (first["previous"], second["next"]) == (None, None)
    assert [each["id"] for each in (await listed(studio, second["previous"]))["results"]] == made[:0:-1]


async def test_a_deleted_file_is_gone_at_once_and_its_bytes_with_the_next_sweep(studio: Studio) -> None:
    told = await uploaded(studio)

    deleted = await studio.client.delete(told["urls"]["get"], headers=BEARER)

    assert (deleted.status_code, deleted.content) == (204, b"")
    for url in (told["urls"]["get"], told["urls"]["download"]):
        assert (await studio.client.get(url, headers=BEARER)).status_code == 404
    assert (await studio.client.delete(told["urls"]["get"], headers=BEARER)).status_code == 404
    assert await Sweeper(studio.tools).sweep() == 1
    assert bytes_kept(studio) == []


async def test_a_file_expires(studio: Studio) -> None:
    told = await uploaded(studio)
    studio.clock.advance(DAY - 1)
    assert (await studio.client.get(told["urls"]["get"], headers=BEARER)).status_code == 200
    assert await Sweeper(studio.tools).sweep() == 0

    studio.clock.advance(1)

    assert (await studio.client.get(told["urls"]["get"], headers=BEARER)).status_code == 404
    assert await Sweeper(studio.tools).sweep() == 1
    assert bytes_kept(studio) == []


# downloading


async def test_a_link_gives_the_bytes_to_whoever_has_it(studio: Studio) -> None:
    told = await uploaded(studio, filename='Schiff "1".png')

    response = await studio.client.get(told["urls"]["download"])

    assert (response.status_code, response.content) == (200, PICTURE)
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "private, max-age=600"
    assert response.headers["content-disposition"] == f"inline; filename=\"{told['id']}.png\"; filename*=UTF-8''Schiff%20%221%22.png"
    known = await studio.client.get(told["urls"]["download"], headers={"if-none-match": response.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")


async def test_a_link_ends_and_its_owner_gets_another(studio: Studio) -> None:
    told = await uploaded(studio)
    studio.clock.advance(600)

    again = (await studio.client.get(told["urls"]["get"], headers=BEARER)).json()

    assert (await studio.client.get(told["urls"]["download"])).status_code == 404
    assert (await studio.client.get(again["urls"]["download"])).content == PICTURE


async def test_no_link_holds_longer_than_its_file(studio: Studio) -> None:
    told = await uploaded(studio)
    studio.clock.advance(DAY - 5)

    link = (await studio.client.get(told["urls"]["get"], headers=BEARER)).json()["urls"]["download"]

    assert dict(parse_qsl(urlsplit(link).query))["expiry"] == str(int(studio.clock.now()) + 5)


@pytest.mark.parametrize(
    "changed",
    [
        {"owner": "other"},
        {"owner": "default\0"},
        {"expiry": "1800009999"},
        {"expiry": "soon"},
        {"expiry": "-1"},
        {"expiry": "9" * 30},
        {"signature": "A" * 43},
        {"signature": ""},
        {"signature": "é"},
    ],
    ids=repr,
)
async def test_a_link_that_was_changed_leads_nowhere(studio: Studio, changed: dict[str, str]) -> None:
    link = urlsplit((await uploaded(studio))["urls"]["download"])

    response = await studio.client.get(f"{link.path}?{urlencode(dict(parse_qsl(link.query)) | changed)}")

    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")


async def test_a_link_leads_to_no_other_file_and_its_parts_are_all_needed(studio: Studio) -> None:
    one, two = [urlsplit((await uploaded(studio))["urls"]["download"]) for _ in range(2)]
    query = dict(parse_qsl(one.query))
    lacking = [urlencode({name: value for name, value in query.items() if name != left_out}) for left_out in query]

    answers = [await studio.client.get(f"{two.path}?{one.query}"), *[await studio.client.get(f"{one.path}?{text}") for text in lacking]]

    assert [response.status_code for response in answers] == [404] * 4


async def test_a_file_whose_bytes_are_lost_is_not_there(studio: Studio) -> None:
    told = await uploaded(studio)
    studio.tools.blobs._blobs.clear()  # type: ignore[attr-defined]  # as when somebody tidied the folder

    assert (await studio.client.get(told["urls"]["download"])).status_code == 404
