"""What a worker is given to paint, how a task ends, and what is left of it on disk. Pictures by the dozen are in tests/http/test_predictions.py."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import pytest

from mezzotint import records
from mezzotint.core import places
from mezzotint.core.catalogue import BFL_MODELS, CARDS, REPLICATE_MODELS, ModelCard
from mezzotint.core.errors import BadPicture, EngineFailure, Unavailable, Unreachable
from mezzotint.core.headers import MAX_BYTES
from mezzotint.core.images import EncodedImage, ImageFormat, StoredImage
from mezzotint.core.tasks import Claim, Inputs, Outcome, Status
from mezzotint.ports import Interrupted
from mezzotint.service.generate import Painted, PaintOrder, Workshop, kept, order_of, outcome_of
from mezzotint.service.submit import Submission, submit
from tests.pictures import a_file, in_base64
from tests.probes import minimal
from tests.service.asking import OWNER
from tests.studio import Studio

EDITING, BLENDING, OPEN = "flux-kontext-pro", "flux-3-image", "black-forest-labs/flux-schnell"
BY_NAME = {card.name: card for card in reversed(CARDS)}
LISTED = [card for card in CARDS if card.listed]
ON_ITS_SIDE = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
LINK = "https://pictures.example/boat.png"


def unheard(step: int, steps: int) -> None:
    """A report to nobody."""


@dataclass
class Web:
    """A fetcher that knows a few pictures."""

    pages: dict[str, bytes | Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        found = self.pages.get(url, Unreachable(f"{url} cannot be reached"))
        if isinstance(found, Exception):
            raise found
        return found


@dataclass
class Easel:
    """A painter that does as it is told, without an engine."""

    does: Callable[[PaintOrder], Painted] = field(default=lambda order: of_words(order.prompt, order))
    engine: str = "easel"
    slots: int = 1
    orders: list[PaintOrder] = field(default_factory=list)

    async def paint(self, order: PaintOrder, report: Callable[[int, int], None]) -> Painted:
        self.orders.append(order)
        report(1, 1)
        return self.does(order)


def of_words(words: str, order: PaintOrder) -> Painted:
    """A picture that says that it was painted from those words."""
    data = a_file(order.format.value, order.width, order.height)
    return Painted(EncodedImage(data, order.format, order.width, order.height), words, "easel")


def failing(error: Exception) -> Easel:
    def fail(order: PaintOrder) -> Painted:
        raise error

    return Easel(fail)


@dataclass
class Strict:
    """A moderator with reasons, and a memory of what it saw."""

    judges_pictures: ClassVar = True
    of_request: tuple[str, ...] = ()
    of_picture: tuple[str, ...] = ()
    seen: list[object] = field(default_factory=list)

    async def request(self, inputs: Inputs) -> tuple[str, ...]:
        self.seen.append(inputs)
        return self.of_request

    async def picture(self, image: EncodedImage, inputs: Inputs) -> tuple[str, ...]:
        self.seen.append(image)
        return self.of_picture


async def a_claim(studio: Studio, model: str = "flux-dev", attempt: int = 1, **given: Any) -> Claim:
    """A request as a worker gets it, all the way through the ledger."""
    card = BY_NAME[model]
    asked = minimal(card) | {"prompt": "a paper boat"} | ({"seed": 7} if "seed" in card.parameters else {}) | given
    accepted = await submit(Submission(card, asked, "comet", OWNER), studio.tools)
    epoch = await studio.tools.ledger.enlist("w")
    claims = await studio.tools.ledger.claim("w", epoch, ["stub"], 100)
    return replace(next(claim for claim in claims if claim.task == accepted.task), attempt=attempt)


def with_pages(studio: Studio, **pages: bytes | Exception) -> Workshop:
    return replace(studio.workshop, fetcher=Web({f"https://pictures.example/{name}.png": found for name, found in pages.items()}))


# what is ordered


async def test_the_settled_numbers_reach_the_painter(studio: Studio) -> None:
    claim = await a_claim(studio, width=512, height=256, steps=3, guidance=2.5, output_format="png")

    await outcome_of(claim, studio.workshop, unheard)

    [order] = studio.painter.orders
    assert (order.model, order.prompt, order.seed) == ("flux-dev", "a paper boat", 7)
    assert (order.width, order.height, order.steps, order.guidance, order.format) == (512, 256, 3, 2.5, ImageFormat.PNG)
    assert order.pictures == ()


@pytest.mark.parametrize("card", LISTED, ids=lambda card: f"{card.surface.value}:{card.name}")
async def test_every_model_can_be_painted_from_the_least_that_is_asked(studio: Studio, card: ModelCard) -> None:
    accepted = await submit(Submission(card, minimal(card), "comet", OWNER), studio.tools)
    epoch = await studio.tools.ledger.enlist("w")
    [claim] = await studio.tools.ledger.claim("w", epoch, ["stub"], 1)

    order = order_of(claim, [(parameter.name, a_file()) for parameter in card.image_parameters if parameter.meaning in claim.inputs.parameters])

    assert claim.task == accepted.task
    assert min(order.width, order.height) >= 64
    assert order.steps >= 1
    assert order.guidance >= 0


async def test_the_files_own_words_say_how_it_was_made(studio: Studio) -> None:
    claim = await a_claim(studio, width=512, height=256, steps=3)

    notes = dict(order_of(claim, []).notes)

    assert notes.pop("Software").startswith("mezzotint ")
    assert notes == {"task": str(claim.task), "model": "flux-dev", "prompt": "a paper boat", "seed": "7", "steps": "3", "size": "512x256"}


async def test_a_second_attempt_is_painted_carefully_and_otherwise_alike(studio: Studio) -> None:
    claim = await a_claim(studio)

    first, second = order_of(claim, []), order_of(replace(claim, attempt=2), [])

    assert (first.careful, second.careful) == (False, True)
    assert replace(second, careful=False) == first


async def test_a_guidance_of_nothing_is_not_the_usual_guidance(studio: Studio) -> None:
    claim = await a_claim(studio)
    unguided = replace(claim, inputs=replace(claim.inputs, parameters=claim.inputs.parameters | {"guidance": 0}))

    assert order_of(unguided, []).guidance == 0.0


@pytest.mark.parametrize(("model", "asked", "extras"), [
    ("flux-dev", {"raw": True}, {"prompt_upsampling": False, "usual_steps": 28, "usual_guidance": 3.0}),
    ("flux-pro-1.1", {"prompt_upsampling": True}, {"prompt_upsampling": True, "unsaid": ["steps", "guidance"]}),
    ("flux-pro-1.0-expand", {"left": 8}, {"prompt_upsampling": False, "margins": (8, 0, 0, 0), "usual_steps": 50, "usual_guidance": 60}),
    ("flux-pro-1.0-canny", {"canny_low_threshold": 7}, {
        "prompt_upsampling": False, "canny_low_threshold": 7, "canny_high_threshold": 200, "usual_steps": 50, "usual_guidance": 30}),
    ("flux-pro-finetuned", {"finetune_strength": 0.5}, {
        "prompt_upsampling": False, "finetune_id": "x", "finetune_strength": 0.5, "usual_steps": 40, "usual_guidance": 2.5}),
    ("black-forest-labs/flux-dev", {"prompt_strength": 0.3}, {"leaves": True, "usual_steps": 28, "usual_guidance": 3}),
    ("black-forest-labs/flux-dev-lora", {"lora_weights": "ink"}, {"lora_weights": "ink", "lora_scale": 1, "extra_lora_scale": 1, "leaves": True,
        "usual_steps": 28, "usual_guidance": 3}),
])  # fmt: skip
async def test_what_only_some_engines_understand_goes_with_the_order(studio: Studio, model: str, asked: dict[str, Any], extras: dict[str, Any]) -> None:
    card = BFL_MODELS.get(model) or REPLICATE_MODELS[model]
    given = minimal(card) | {name: value for name, value in asked.items() if name in card.parameters}
    if "finetune_id" in card.parameters:
        given["finetune_id"] = "x"
    await submit(Submission(card, given, "comet", OWNER), studio.tools)
    [claim] = await studio.tools.ledger.claim("w", await studio.tools.ledger.enlist("w"), ["stub"], 1)

    order = order_of(claim, [(parameter.name, a_file()) for parameter in card.image_parameters if parameter.required])

    assert dict(order.extras) == extras


async def test_replicates_word_for_jpeg_is_jpeg(studio: Studio) -> None:
    outcome = await outcome_of(await a_claim(studio, OPEN, output_format="jpg"), studio.workshop, unheard)

    assert outcome.images[0].format == "jpeg"


# the pictures it is painted from


async def test_pictures_come_in_the_cards_order_from_wherever_they_are(studio: Studio) -> None:
    first, second, third = (a_file(width=width) for width in (64, 128, 192))
    claim = await a_claim(studio, BLENDING, images=[in_base64(first), LINK, in_base64(third)])

    await outcome_of(claim, with_pages(studio, boat=second), unheard)

    assert studio.painter.orders[0].pictures == (("images", first), ("images", second), ("images", third))


async def test_the_first_picture_gives_the_size_as_it_is_seen(studio: Studio) -> None:
    claim = await a_claim(studio, EDITING, input_image=in_base64(a_file("JPEG", 640, 320, exif=ON_ITS_SIDE)))

    await outcome_of(claim, studio.workshop, unheard)

    [order] = studio.painter.orders
    assert order.height / order.width == pytest.approx(2, rel=0.06)


FETCHES: dict[str, tuple[bytes | Exception, str]] = {
    "nowhere": (Unreachable("nobody answers"), "nobody answers"),
    "too much": (BadPicture("sends more than 5 bytes"), "sends more than 5 bytes"),
    "no picture": (b"<html>", "no PNG, JPEG or WebP picture"),
    "half a header": (a_file()[:20], "cut short"),
}


@pytest.mark.parametrize("case", FETCHES)
async def test_a_picture_that_cannot_be_had_ends_the_task_and_says_which(studio: Studio, case: str) -> None:
    found, why = FETCHES[case]
    claim = await a_claim(studio, EDITING, input_image=LINK)

    outcome = await outcome_of(claim, with_pages(studio, boat=found), unheard)

    assert (outcome.status, outcome.code) == (Status.ERROR, "bad_picture")
    assert outcome.message.startswith("input_image: ")
    assert why in outcome.message
    assert not studio.painter.orders


async def test_a_picture_of_the_request_that_is_gone_ends_the_task(studio: Studio) -> None:
    claim = await a_claim(studio, EDITING, input_image=in_base64(a_file()))
    await studio.tools.blobs.delete([places.prefix(claim.task)])

    outcome = await outcome_of(claim, studio.workshop, unheard)

    assert (outcome.status, outcome.message) == (Status.ERROR, "input_image: the picture that came with the request is gone")


async def test_pictures_are_fetched_side_by_side(studio: Studio) -> None:
    both, asked = asyncio.Event(), []

    class Slow:
        async def fetch(self, url: str) -> bytes:
            asked.append(url)
            if len(asked) == 2:
                both.set()
            await both.wait()
            return a_file()

    claim = await a_claim(studio, BLENDING, images=[LINK, LINK + "?2"])

    outcome = await asyncio.wait_for(outcome_of(claim, replace(studio.workshop, fetcher=Slow()), unheard), 5)

    assert outcome.status is Status.READY


# moderation


async def test_a_request_that_is_refused_is_not_painted(studio: Studio) -> None:
    easel = Easel()
    workshop = replace(studio.workshop, moderator=Strict(of_request=("violence", "gore")), painter=easel)

    claim = await a_claim(studio)
    outcome = await outcome_of(claim, workshop, unheard)

    assert outcome == Outcome(Status.REQUEST_MODERATED, reasons=("violence", "gore"))
    assert not easel.orders


async def test_a_picture_that_is_refused_is_not_kept(studio: Studio) -> None:
    claim = await a_claim(studio)

    outcome = await outcome_of(claim, replace(studio.workshop, moderator=Strict(of_picture=("nudity",))), unheard)

    assert outcome == Outcome(Status.CONTENT_MODERATED, reasons=("nudity",))
    assert await studio.tools.blobs.get(places.painted(claim.task, 0, "jpeg")) is None


async def test_the_moderator_sees_the_request_and_the_file_that_would_be_kept(studio: Studio) -> None:
    moderator = Strict()
    claim = await a_claim(studio)

    await outcome_of(claim, replace(studio.workshop, moderator=moderator), unheard)

    inputs, image = moderator.seen
    assert inputs == claim.inputs
    assert isinstance(image, EncodedImage)
    assert image.data == await studio.tools.blobs.get(places.painted(claim.task, 0, "jpeg"))


async def test_a_moderator_that_fails_lets_nothing_through(studio: Studio) -> None:
    class Broken(Strict):
        async def picture(self, image: EncodedImage, inputs: Inputs) -> tuple[str, ...]:
            raise RuntimeError("the moderator is away")

    claim = await a_claim(studio)

    with pytest.raises(RuntimeError):
        await outcome_of(claim, replace(studio.workshop, moderator=Broken()), unheard)

    assert await studio.tools.blobs.get(places.painted(claim.task, 0, "jpeg")) is None


# how it ends


async def test_a_painted_picture_is_kept_and_the_outcome_says_where(studio: Studio) -> None:
    claim = await a_claim(studio, width=512, height=256, output_format="png")

    outcome = await outcome_of(claim, studio.workshop, unheard)

    key = places.painted(claim.task, 0, "png")
    data = await studio.tools.blobs.get(key)
    assert data is not None
    assert outcome == Outcome(Status.READY, (StoredImage(key, "png", 512, 256, len(data), hashlib.sha256(data).hexdigest()),), 7, "a paper boat", "stub")


async def test_the_same_task_painted_elsewhere_gives_the_same_file(studio: Studio) -> None:
    claim = await a_claim(studio)
    first = await outcome_of(claim, studio.workshop, unheard)
    await studio.tools.blobs.delete([places.prefix(claim.task)])

    assert await outcome_of(claim, studio.workshop, unheard) == first


async def test_steps_are_reported(studio: Studio) -> None:
    heard: list[tuple[int, int]] = []

    await outcome_of(await a_claim(studio, steps=3), studio.workshop, lambda step, steps: heard.append((step, steps)))

    assert heard == [(3, 3)]


ENDS: dict[str, tuple[Exception, Outcome]] = {
    "it was told to stop": (Interrupted(), Outcome(Status.CANCELED, code="canceled", message="canceled")),
    "the engine cannot": (EngineFailure("it has no such size", code="no_such_size"), Outcome(Status.ERROR, code="no_such_size", message="it has no such size")),
    "a picture cannot be decoded": (BadPicture("image 0 is broken"), Outcome(Status.ERROR, code="bad_picture", message="image 0 is broken")),
}


@pytest.mark.parametrize("case", ENDS)
async def test_what_another_attempt_would_not_change_is_an_outcome(studio: Studio, case: str) -> None:
    error, expected = ENDS[case]

    assert await outcome_of(await a_claim(studio), replace(studio.workshop, painter=failing(error)), unheard) == expected


@pytest.mark.parametrize("error", [EngineFailure("out of memory", retryable=True), Unavailable("no space"), RuntimeError("?")], ids=str)
async def test_what_another_attempt_may_change_is_raised(studio: Studio, error: Exception) -> None:
    with pytest.raises(type(error)):
        await outcome_of(await a_claim(studio), replace(studio.workshop, painter=failing(error)), unheard)


# another attempt


async def test_a_second_attempt_adopts_what_the_first_one_kept_and_paints_nothing(studio: Studio) -> None:
    claim = await a_claim(studio)
    first = await outcome_of(claim, studio.workshop, unheard)
    easel = Easel(engine="stub")

    assert await outcome_of(replace(claim, attempt=2), replace(studio.workshop, painter=easel), unheard) == first
    assert not easel.orders


async def test_a_picture_from_other_words_is_adopted_with_these_words(studio: Studio) -> None:
    claim = await a_claim(studio)
    upsampling = replace(studio.workshop, painter=Easel(lambda order: of_words("a paper boat, golden hour, 35 mm", order)))
    first = await outcome_of(claim, upsampling, unheard)

    adopted = await outcome_of(replace(claim, attempt=2), studio.workshop, unheard)

    assert adopted == first
    assert adopted.prompt == "a paper boat, golden hour, 35 mm"


async def test_where_the_words_are_the_given_ones_nothing_lies_beside_the_picture(studio: Studio) -> None:
    claim = await a_claim(studio)

    await outcome_of(claim, studio.workshop, unheard)

    assert await studio.tools.blobs.get(places.manifest(claim.task)) is None


@pytest.mark.parametrize("form", ["jpeg", "png", "webp"])
async def test_half_a_picture_is_painted_again_and_written_over(studio: Studio, form: str) -> None:
    claim = await a_claim(studio, "flux-2-pro", output_format=form)
    first = await outcome_of(claim, studio.workshop, unheard)
    key = first.images[0].key
    data = await studio.tools.blobs.get(key)
    assert data is not None
    await studio.tools.blobs.put(key, data[:-1], replace=True)

    assert await outcome_of(replace(claim, attempt=2), studio.workshop, unheard) == first
    assert await studio.tools.blobs.get(key) == data


async def test_half_a_manifest_means_that_it_is_painted_again(studio: Studio) -> None:
    claim = await a_claim(studio)
    upsampling = replace(studio.workshop, painter=Easel(lambda order: of_words("other words", order)))
    first = await outcome_of(claim, upsampling, unheard)
    await studio.tools.blobs.put(places.manifest(claim.task), records.encode(first)[:-5], replace=True)

    assert await outcome_of(replace(claim, attempt=2), upsampling, unheard) == first
    assert records.decode(await studio.tools.blobs.get(places.manifest(claim.task)) or b"", Outcome) == first


async def test_a_first_attempt_adopts_nothing(studio: Studio) -> None:
    claim = await a_claim(studio)
    await outcome_of(claim, studio.workshop, unheard)

    await outcome_of(claim, studio.workshop, unheard)

    assert len(studio.painter.orders) == 2


async def test_of_two_attempts_that_both_paint_the_first_ones_picture_stays(studio: Studio) -> None:
    claim = await a_claim(studio)
    order = order_of(claim, [])
    first = await kept(claim, [of_words("a paper boat", order)], studio.tools.blobs)
    other = Painted(EncodedImage(a_file("JPEG", order.width, order.height, quality=10), order.format, order.width, order.height), "a paper boat", "easel")

    assert await kept(replace(claim, attempt=2), [other], studio.tools.blobs) == first


async def test_a_picture_that_is_larger_than_we_would_take_is_adopted_all_the_same(studio: Studio) -> None:
    claim = await a_claim(studio, output_format="png")
    small = a_file("PNG", 1024, 768)
    large = small[:-12] + len(noise := os.urandom(MAX_BYTES)).to_bytes(4, "big") + b"noIs" + noise + bytes(4) + small[-12:]
    await studio.tools.blobs.put(places.painted(claim.task, 0, "png"), large)

    adopted = await outcome_of(replace(claim, attempt=2), studio.workshop, unheard)

    assert [(image.width, image.height, image.bytes) for image in adopted.images] == [(1024, 768, len(large))]
    assert not studio.painter.orders


async def test_a_disk_that_is_full_ends_no_task(studio: Studio) -> None:
    class Full(type(studio.tools.blobs)):  # type: ignore[misc]  # its class is known only here
        async def put(self, key: str, data: bytes, *, replace: bool = False) -> bool:
            raise Unavailable("no space left on device")

    with pytest.raises(Unavailable):
        await outcome_of(await a_claim(studio), replace(studio.workshop, blobs=Full()), unheard)
