"""Pictures that a request names by an address of this server: taken from where they lie."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mezzotint.core import ids
from mezzotint.core.accounts import ApiKey
from mezzotint.core.errors import InvalidRequest
from mezzotint.core.files import File
from mezzotint.service.files import drop, keep, link_to
from mezzotint.service.submit import BLOB, estimate, submit
from mezzotint.service.tools import Tools
from mezzotint.work.sweeper import Sweeper
from tests.pictures import a_file, in_base64
from tests.service.asking import OWNER, STRANGER, a_submission, ask, inputs_of
from tests.studio import Studio

HERE = "http://here"  # the origin of what is asked
PICTURE = a_file(width=200, height=100)
EDITING, BLENDING = "flux-kontext-pro", "flux-3-image"


@pytest.fixture
def tools(studio: Studio) -> Tools:
    return studio.tools


async def kept(tools: Tools, key: ApiKey = OWNER) -> File:
    return await keep(PICTURE, "boat.png", {}, key, tools)


def address(file: File, origin: str = HERE, prefix: str = "/v1") -> str:
    return f"{origin}{prefix}/files/{ids.short(file.id)}"


def linked(file: File, tools: Tools, **changed: Any) -> str:
    link = replace(link_to(file, tools), **changed)
    return f"{address(file)}/download?owner={link.owner}&expiry={link.expires}&signature={link_to(file, tools).signature(tools.secret)}"


async def given(tools: Tools, reference: str) -> bytes | None:
    assert reference.startswith(BLOB)
    return await tools.blobs.get(reference.removeprefix(BLOB))


@pytest.mark.parametrize("origin", [HERE, "http://127.0.0.1:8000", "http://localhost:8000", "https://pictures.example.com"])
@pytest.mark.parametrize("prefix", ["/v1", "/replicate/v1"])
async def test_a_file_is_found_whatever_the_server_is_called(tools: Tools, origin: str, prefix: str) -> None:
    accepted = await ask(tools, EDITING, input_image=address(await kept(tools), origin, prefix))

    assert await given(tools, (await inputs_of(tools, accepted)).parameters["input_image"]) == PICTURE


async def test_its_bytes_are_the_tasks_own_and_stay_when_the_file_goes(studio: Studio, tools: Tools) -> None:
    file = await kept(tools)
    accepted = await ask(tools, EDITING, input_image=address(file))
    await drop(str(file.id), OWNER, tools)
    await Sweeper(tools).sweep()

    await studio.paint()

    [(name, data)] = studio.painter.orders[0].pictures
    assert (name, data) == ("input_image", PICTURE)
    assert (await studio.poll(str(accepted.task)))["status"] == "Ready"


async def test_some_of_a_list_may_be_files(tools: Tools) -> None:
    file = await kept(tools)
    pictures = [address(file), in_base64(a_file()), "https://example.com/a.png", f"{address(file)}?x", address(file)]
    accepted = await ask(tools, BLENDING, images=pictures)

    references = (await inputs_of(tools, accepted)).parameters["images"]

    assert [await given(tools, each) for each in references[:2]] == [PICTURE, a_file()]
    assert references[2] == "https://example.com/a.png"
    assert [await given(tools, each) for each in references[3:]] == [PICTURE, PICTURE]


async def test_a_file_counts_in_the_price_as_the_picture_that_it_is(tools: Tools) -> None:
    file = await keep(a_file(width=1024, height=1024), "", {}, OWNER, tools)
    inline = a_submission("flux-2-pro", input_image=in_base64(a_file(width=1024, height=1024)))

    assert await estimate(a_submission("flux-2-pro", input_image=address(file)), tools) == await estimate(inline, tools)


async def refused(tools: Tools, url: str, key: ApiKey = OWNER) -> str:
    with pytest.raises(InvalidRequest) as error:
        await ask(tools, EDITING, input_image=url, key=key)
    [problem] = error.value.problems
    assert problem.where == ("input_image",)
    assert await tools.ledger.waiting() == 0
    return problem.sentence


@pytest.mark.parametrize("why", ["never was", "another's", "dropped", "expired"])
async def test_a_file_that_is_not_there_for_the_caller_is_said_to_be_missing(studio: Studio, tools: Tools, why: str) -> None:
    file = await kept(tools, STRANGER if why == "another's" else OWNER)
    if why == "never was":
        file = replace(file, id=ids.mint(0, bytes(10)))
    if why == "dropped":
        await drop(str(file.id), OWNER, tools)
    if why == "expired":
        studio.clock.advance(86_400)

    assert await refused(tools, address(file)) == f"there is no file '{ids.short(file.id)}': it may have expired"


async def test_a_file_whose_bytes_are_lost_is_said_to_be_gone(tools: Tools) -> None:
    file = await kept(tools)
    tools.blobs._blobs.clear()  # type: ignore[attr-defined]  # as when somebody tidied the folder

    assert await refused(tools, address(file)) == "the file is gone"


async def test_a_link_is_good_for_whoever_has_it(studio: Studio, tools: Tools) -> None:
    file = await kept(tools)

    accepted = await ask(tools, EDITING, input_image=linked(file, tools), key=STRANGER)

    assert await given(tools, (await inputs_of(tools, accepted)).parameters["input_image"]) == PICTURE


@pytest.mark.parametrize("changed", [{"owner": "other"}, {"expires": 2_000_000_000}])
async def test_a_link_that_does_not_hold_is_none(tools: Tools, changed: dict[str, Any]) -> None:
    file = await kept(tools)

    assert "there is no file" in await refused(tools, linked(file, tools, **changed), STRANGER)


async def test_an_address_that_only_looks_like_ours_is_fetched_or_refused_as_any_other(tools: Tools) -> None:
    unknown = ids.short(ids.mint(0, bytes(10)))
    accepted = await submit(a_submission(EDITING, input_image=f"https://example.com/v1/files/{unknown}"), tools)

    assert (await inputs_of(tools, accepted)).parameters["input_image"] == f"https://example.com/v1/files/{unknown}"
    with pytest.raises(InvalidRequest, match="private or reserved"):
        await ask(tools, EDITING, input_image=f"http://127.0.0.1/v1/files/{unknown}")
