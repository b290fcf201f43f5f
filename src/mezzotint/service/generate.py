"""One claimed task, from inputs to outcome. A second attempt adopts what the first one already wrote."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from mezzotint import records
from mezzotint._version import __version__
from mezzotint.core import places
from mezzotint.core.catalogue import BFL_MODELS, REPLICATE_MODELS, ModelCard
from mezzotint.core.errors import BadPicture, EngineFailure, Moderated, Unreachable
from mezzotint.core.headers import MAX_BYTES, read_header, whole
from mezzotint.core.images import EncodedImage, ImageFormat, StoredImage
from mezzotint.core.tasks import Claim, Outcome, Status
from mezzotint.ports import BlobStore, Fetcher, Interrupted, Moderator
from mezzotint.service.sizes import Margins, Size, margins_of, size_of
from mezzotint.service.submit import BLOB

DEFAULT_STEPS = 28
DEFAULT_GUIDANCE = 3.0
SEEDS = 2**64
EXTRAS = (
    "raw", "prompt_upsampling", "canny_low_threshold", "canny_high_threshold", "finetune_id", "finetune_strength", "lora_weights", "lora_scale",
    "extra_lora", "extra_lora_scale", "dilate_pixels",
)  # fmt: skip


@dataclass(frozen=True)
class PaintOrder:
    """What a painter is asked for: settled numbers, pictures still as files (parameter name, bytes), the format to answer in."""

    model: str
    prompt: str
    width: int
    height: int
    steps: int
    guidance: float
    seed: int
    format: ImageFormat
    pictures: tuple[tuple[str, bytes], ...] = ()
    strength: float | None = None
    notes: tuple[tuple[str, str], ...] = ()
    extras: tuple[tuple[str, Any], ...] = ()
    careful: bool = False  # an engine may have died of it: if one does again, it must be plain of which picture
    claim: Claim | None = field(default=None, compare=False)  # what it comes from, and `index` which picture of that it is, for whoever has others paint it
    index: int = 0


@dataclass(frozen=True)
class Painted:
    image: EncodedImage
    prompt: str
    engine: str
    seed: int | None = None  # where it is not the one that was asked for


class Painter(Protocol):
    """An engine as the worker sees it: in a process of its own. `engine` is its name, once it is known; `slots`, how many pictures it
    paints at a time."""

    engine: str

    @property
    def slots(self) -> int: ...

    async def paint(self, order: PaintOrder, report: Callable[[int, int], None]) -> Painted:
        """Raises EngineFailure, BadPicture for a picture that cannot be decoded, Interrupted when it was told to stop."""
        ...


@dataclass(frozen=True)
class Workshop:
    """What generating needs."""

    blobs: BlobStore
    fetcher: Fetcher
    moderator: Moderator
    painter: Painter


async def outcome_of(claim: Claim, workshop: Workshop, report: Callable[[int, int], None]) -> Outcome:
    """How the task ends: painted, then kept. See `painted_of`, `kept`."""
    found = await painted_of(claim, workshop, report)
    return found if isinstance(found, Outcome) else await kept(claim, found, workshop.blobs)


async def painted_of(claim: Claim, workshop: Workshop, report: Callable[[int, int], None]) -> Outcome | tuple[Painted, ...]:
    """The pictures that are still to be kept, or how the task ended without one. Pictures that are refused are left out.

    Raises EngineFailure (retryable) and Unavailable where another attempt may do better.
    """
    if claim.attempt > 1 and (adopted := await _adopted(claim, workshop)) is not None:
        return adopted
    try:
        pictures = await _pictures(claim, workshop)
        if reasons := await workshop.moderator.request(claim.inputs):
            return Outcome(Status.REQUEST_MODERATED, reasons=reasons)
        painted, refused = [], dict[str, None]()
        for one in await _all_painted(claim, workshop, pictures, report):
            if isinstance(one, Moderated):
                refused |= dict.fromkeys(one.reasons)
            elif reasons := await workshop.moderator.picture(one.image, claim.inputs):
                refused |= dict.fromkeys(reasons)
            else:
                painted.append(one)
        if not painted:
            return Outcome(Status.CONTENT_MODERATED, reasons=tuple(refused))
    except (Unreachable, BadPicture) as error:
        return Outcome(Status.ERROR, code="bad_picture", message=str(error))
    except Moderated as error:
        return Outcome(Status.REQUEST_MODERATED, reasons=error.reasons)
    except Interrupted:
        return Outcome(Status.CANCELED, code="canceled", message="canceled")
    except EngineFailure as error:
        if error.retryable:
            raise
        return Outcome(Status.ERROR, code=error.code, message=str(error))
    return tuple(painted)


async def _all_painted(
    claim: Claim, workshop: Workshop, pictures: Sequence[tuple[str, bytes]], report: Callable[[int, int], None]
) -> list[Painted | Moderated]:
    """One after the other, or side by side where others paint them; those that are refused when they are painted among them."""
    count = _count(claim)
    if count == 1 or workshop.painter.slots == 1:
        return [await _painted(claim, workshop, pictures, index, report) for index in range(count)]
    tasks = [asyncio.create_task(_painted(claim, workshop, pictures, index, report, keep=True)) for index in range(count)]
    await asyncio.wait(tasks)  # each to its end, since each may cost
    return [task.result() for task in tasks]


async def _painted(
    claim: Claim, workshop: Workshop, pictures: Sequence[tuple[str, bytes]], index: int, report: Callable[[int, int], None], *, keep: bool = False
) -> Painted | Moderated:
    """`keep`: on disk at once, and not painted again where it is, so that a failure of the others costs nothing."""
    if keep and claim.attempt > 1 and (image := await _found(claim, index, workshop.blobs)) is not None:
        return Painted(image, claim.inputs.parameters.get("prompt", ""), workshop.painter.engine)
    try:
        one = await workshop.painter.paint(order_of(claim, pictures, index), _of_all(report, index, _count(claim)))
    except Moderated as error:
        if not error.picture:
            raise
        return error
    if keep:
        await _stored(claim.task, index, one.image, workshop.blobs)
    return one


async def _found(claim: Claim, index: int, blobs: BlobStore) -> EncodedImage | None:
    data = await blobs.get(places.painted(claim.task, index, _format(claim).value))
    if data is None or not whole(data):
        return None
    header = read_header(data[:MAX_BYTES])
    return EncodedImage(data, header.format, header.width, header.height)


def _count(claim: Claim) -> int:
    """How many pictures the task is to have."""
    return int(claim.inputs.parameters.get("num_outputs") or 1)


def _of_all(report: Callable[[int, int], None], index: int, count: int) -> Callable[[int, int], None]:
    """Reports the steps of one picture among those of all."""
    return report if count == 1 else lambda step, steps: report(index * steps + step, count * steps)


async def kept(claim: Claim, painted: Sequence[Painted], blobs: BlobStore) -> Outcome:
    """The pictures on disk. A manifest beside them says what they do not: that they were painted from other words than were given,
    or that some are left out."""
    images = [await _stored(claim.task, index, one.image, blobs) for index, one in enumerate(painted)]
    outcome = _ready(claim, images, painted[0])
    parameters = claim.inputs.parameters
    if (outcome.prompt, outcome.seed) != (parameters.get("prompt", ""), parameters["seed"]) or len(images) < _count(claim):
        await blobs.put(places.manifest(claim.task), records.encode(outcome), replace=True)
    return outcome


def _ready(claim: Claim, images: Sequence[StoredImage], first: Painted | None = None, engine: str = "") -> Outcome:
    """What the first picture was painted from, which is what was asked for where nothing else is known."""
    parameters = claim.inputs.parameters
    seed = parameters["seed"] if first is None or first.seed is None else first.seed
    return Outcome(Status.READY, tuple(images), seed, parameters.get("prompt", "") if first is None else first.prompt, first.engine if first else engine)


def card_named(model: str) -> ModelCard:
    return BFL_MODELS[model] if model in BFL_MODELS else REPLICATE_MODELS[model]


def order_of(claim: Claim, pictures: Sequence[tuple[str, bytes]], index: int = 0) -> PaintOrder:
    """The settled parameters as numbers for an engine; each further picture of a task has the next seed.

    Raises BadPicture if a picture's header is broken.
    """
    card, values = card_named(claim.inputs.model), claim.inputs.parameters
    given: Size | None = None
    if pictures:
        given = read_header(pictures[0][1]).upright
    everything = _all_values(card, values)
    width, height = size_of(card, everything, given)
    prompt, seed = values.get("prompt", ""), (values["seed"] + index) % SEEDS
    steps, guidance = values.get("steps") or DEFAULT_STEPS, values.get("guidance")
    strength = values.get("strength", values.get("image_prompt_strength"))
    notes = {
        "Software": f"mezzotint {__version__}",
        "task": str(claim.task),
        "model": card.name,
        "prompt": prompt,
        "seed": str(seed),
        "steps": str(steps),
        "size": f"{width}x{height}",
    }
    return PaintOrder(
        model=card.name,
        prompt=prompt,
        width=width,
        height=height,
        steps=steps,
        guidance=DEFAULT_GUIDANCE if guidance is None else float(guidance),
        seed=seed,
        format=_format(claim),
        pictures=tuple(pictures),
        strength=strength,
        notes=tuple(notes.items()),
        extras=tuple(_extras(card, values, margins_of(everything, given) if given else None)),
        careful=claim.attempt > 1,
        claim=claim,
        index=index,
    )


def _extras(card: ModelCard, values: dict[str, Any], margins: Margins | None) -> Iterator[tuple[str, Any]]:
    """What only some engines know what to do with. `leaves`: the strength says how far to leave the picture, not how much it counts;
    `unsaid`: dials that neither request nor card sets, so that an engine may set them as suits it; `usual_guidance` and `usual_steps`: the
    card's own, by which an engine tells the scale: guidance of 3 is usual of plain FLUX, 10 to 60 where pictures are filled or followed."""
    yield from ((name, values[name]) for name in EXTRAS if name in values)
    if margins is not None:
        yield "margins", margins
    if "strength" in values:
        yield "leaves", True
    if unsaid := [name for name in ("steps", "guidance") if values.get(name) is None]:
        yield "unsaid", unsaid
    for parameter in card.parameters.values():
        if parameter.meaning in ("guidance", "steps") and parameter.default:
            yield f"usual_{parameter.meaning}", parameter.default


def _all_values(card: ModelCard, values: dict[str, Any]) -> dict[str, Any]:
    """Stored values leave out what is None; sizes are asked for by name."""
    return {parameter.name: values.get(parameter.meaning) for parameter in card.parameters.values()}


async def _pictures(claim: Claim, workshop: Workshop) -> list[tuple[str, bytes]]:
    """The input pictures as files, in the card's order, fetched side by side. Raises Unreachable and BadPicture."""
    references: list[tuple[str, str]] = []
    for parameter in card_named(claim.inputs.model).image_parameters:
        value = claim.inputs.parameters.get(parameter.meaning)
        references += [(parameter.name, entry) for entry in ([value] if isinstance(value, str) else value or [])]
    if not references:
        return []
    files = await asyncio.gather(*(_file(name, reference, workshop) for name, reference in references))
    return [(name, data) for (name, _), data in zip(references, files, strict=True)]


async def _file(name: str, reference: str, workshop: Workshop) -> bytes:
    if reference.startswith(BLOB):
        data = await workshop.blobs.get(reference.removeprefix(BLOB))
        if data is None:
            raise BadPicture(f"{name}: the picture that came with the request is gone")
        return data
    try:
        data = await workshop.fetcher.fetch(reference)
        read_header(data)
    except (Unreachable, BadPicture) as error:
        raise BadPicture(f"{name}: {error}") from error
    return data


async def _stored(task: UUID, index: int, image: EncodedImage, blobs: BlobStore) -> StoredImage:
    key, data = places.painted(task, index, image.format.value), image.data
    if not await blobs.put(key, data):  # an earlier attempt wrote it, and died before it could say so: the first one stays
        found = await blobs.get(key)
        if found is not None and whole(found):
            data = found
        else:
            await blobs.put(key, data, replace=True)
    return StoredImage(key, image.format.value, image.width, image.height, len(data), hashlib.sha256(data).hexdigest())


async def _adopted(claim: Claim, workshop: Workshop) -> Outcome | None:
    """What an earlier attempt finished and could not report."""
    manifest = await workshop.blobs.get(places.manifest(claim.task))
    if manifest is not None:
        try:
            return records.decode(manifest, Outcome)
        except ValueError:  # cut short by a death: the picture beside it is there, but not what it was painted from
            return None
    images = []
    for index in range(_count(claim)):
        key = places.painted(claim.task, index, _format(claim).value)
        data = await workshop.blobs.get(key)
        if data is None or not whole(data):
            return None
        header = read_header(data[:MAX_BYTES])  # what we paint may be larger than what we take
        images.append(StoredImage(key, header.format.value, header.width, header.height, len(data), hashlib.sha256(data).hexdigest()))
    return _ready(claim, images, engine=workshop.painter.engine)


def _format(claim: Claim) -> ImageFormat:
    return ImageFormat.named(claim.inputs.parameters.get("output_format") or "jpeg")
