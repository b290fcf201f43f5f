"""Pictures that a request names by an address of this server: taken from where they lie."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from mezzotint.core import ids
from mezzotint.core.accounts import ApiKey
from mezzotint.core.errors import InvalidRequest
from mezzotint.core.files import File
from mezzotint.core.signing import ImageLink
from mezzotint.service.files import drop, keep, link_to
from mezzotint.service.read import image_url
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


CALLED = [HERE, "http://127.0.0.1:8000", "http://localhost:8000", "https://pictures.example.com", "https://example.com/below/a/proxy"]


@pytest.mark.parametrize("origin", CALLED)
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


# pictures that were painted here


async def painted(studio: Studio, origin: str = HERE, key: ApiKey = OWNER, **given: Any) -> tuple[UUID, str, bytes]:
    """A task that is ready, the link to its picture, and the picture."""
    accepted = await ask(studio.tools, key=key, width=256, height=256, **given)
    await studio.paint()
    task = await studio.tools.ledger.get(accepted.task)
    assert task is not None
    assert task.outcome is not None
    [image] = task.outcome.images
    data = await studio.tools.blobs.get(image.key)
    assert data is not None
    link = ImageLink(task.id, 0, int(studio.clock.now()) + 600)
    return task.id, image_url(link, image.format, origin, studio.tools), data


@pytest.mark.parametrize("origin", CALLED)
async def test_a_painted_picture_is_found_by_its_link_whatever_the_server_is_called(studio: Studio, tools: Tools, origin: str) -> None:
    _, link, data = await painted(studio, origin)

    accepted = await ask(tools, EDITING, input_image=link)

    assert await given(tools, (await inputs_of(tools, accepted)).parameters["input_image"]) == data


async def test_a_link_to_a_painted_picture_is_good_for_whoever_has_it(studio: Studio, tools: Tools) -> None:
    _, link, data = await painted(studio)

    accepted = await ask(tools, EDITING, input_image=link, key=STRANGER)

    assert await given(tools, (await inputs_of(tools, accepted)).parameters["input_image"]) == data


async def test_a_painted_picture_stays_with_the_task_that_was_made_of_it(studio: Studio, tools: Tools) -> None:
    task, link, data = await painted(studio)
    accepted = await ask(tools, EDITING, input_image=link)
    await tools.blobs.delete([f"{(await tools.ledger.get(task)).outcome.images[0].key}"])  # type: ignore[union-attr]  # it was just painted
    studio.clock.advance(601)

    await studio.paint()

    assert studio.painter.orders[-1].pictures == (("input_image", data),)
    assert (await studio.poll(str(accepted.task)))["status"] == "Ready"


@pytest.mark.parametrize("key", [OWNER, STRANGER], ids=["the owner", "another"])
@pytest.mark.parametrize(
    ("old", "new"),
    [("signature=", "signature=A"), ("expires=", "expires=9"), ("sample.", "sample-1."), ("?", "?expires=1&signature=x#"), ("signature", "sign")],
)
async def test_without_a_signature_that_holds_nobody_paints_from_it(studio: Studio, tools: Tools, key: ApiKey, old: str, new: str) -> None:
    _, link, _ = await painted(studio)

    assert await refused(tools, link.replace(old, new), key) == "The signature of this link does not hold"


async def test_a_link_that_has_expired_or_whose_picture_is_gone_says_so(studio: Studio, tools: Tools) -> None:
    _, link, _ = await painted(studio)
    studio.clock.advance(600)

    assert await refused(tools, link) == "This link has expired. Its owner gets a new one by polling the task again"
    task, _, _ = await painted(studio)
    studio.clock.advance(86_400)
    late = image_url(ImageLink(task, 0, int(studio.clock.now()) + 600), "jpeg", HERE, tools)
    assert await refused(tools, late) == "This picture is no longer kept"


async def test_a_painted_picture_that_is_larger_than_what_is_taken_is_refused(studio: Studio, tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    _, link, data = await painted(studio)
    monkeypatch.setattr("mezzotint.core.headers.MAX_BYTES", len(data) - 1)

    assert "at most" in await refused(tools, link)


async def test_a_picture_of_another_server_is_fetched_or_refused_as_any_other(studio: Studio, tools: Tools) -> None:
    _, link, _ = await painted(studio, "https://example.com")
    theirs = link.replace("signature=", "signature=A")
    accepted = await ask(tools, EDITING, input_image=theirs)

    assert (await inputs_of(tools, accepted)).parameters["input_image"] == theirs
    await studio.paint()
    assert "private or reserved" in await refused(tools, theirs.replace("https://example.com", "http://127.0.0.1"))
