"""FLUX.2, klein, FLUX 3 and the flux-tools on BFL's surface. Numbers: BFL's OpenAPI of 2026-04, docs, and 2026 adapter notes."""

from __future__ import annotations

from mezzotint.core.catalogue.shared import (
    AUTO_SIZE,
    FINETUNE_ID,
    FINETUNE_STRENGTH,
    FOUR_MEGAPIXELS,
    GUIDANCE,
    IMAGE,
    INPUT_IMAGE,
    MASK,
    OUTPUT_FORMAT,
    OUTPUT_PNG,
    PROMPT,
    PROMPT_UPSAMPLING,
    SAFETY_TO_5,
    SEED,
    STEPS,
    USER,
    WEBHOOK,
    ModelCard,
    Price,
    Sizing,
    Surface,
    input_images,
    integer,
    picture,
    switch,
    text,
)
from mezzotint.core.parameters import REQUIRED, Kind, Parameter, named
from mezzotint.core.rules import AlphaNeedsFormat, MaxPixels

BFL = Surface.BFL
OPENAPI = "BFL OpenAPI 2026-04, docs.bfl.ai"
NOTES = "docs.bfl.ai and adapter notes of 2026-09"
UNVERIFIED = "newer field, seen in documents only"
AREA = MaxPixels(FOUR_MEGAPIXELS)
BLOB_PATH = text("input_image_blob_path", "A storage path of the original service; not used.", nullable=True)
NEWER = (
    switch("disable_pup", "Turns prompt upsampling off.", nullable=True, note=UNVERIFIED),
    USER,
    switch("transparent_bg", "A transparent background (png or webp).", nullable=True, note=UNVERIFIED),
)
NULLABLE_TEXT = PROMPT.but(default=None, nullable=True)


def _flux2(name: str, about: str, *parameters: Parameter | tuple[Parameter, ...], price: Price, source: str = OPENAPI, **rest: object) -> ModelCard:
    return ModelCard(name, BFL, "flux-2", about, named(*parameters), source, sizing=Sizing.AUTOMATIC, price=price, **rest)  # type: ignore[arg-type]  # fields by name, which dataclasses check


EIGHT = input_images(8)
FLUX2 = (
    _flux2("flux-2-pro", "FLUX.2 [pro]: text to image and editing with up to eight pictures.",
           PROMPT, EIGHT, SEED, AUTO_SIZE, SAFETY_TO_5, OUTPUT_FORMAT, WEBHOOK, NEWER,
           price=Price(3, 1.5, 1.5), rules=(AREA, AlphaNeedsFormat()), comet=True, source=f"{OPENAPI}, recordings, CometAPI"),
    _flux2("flux-2-pro-preview", "FLUX.2 [pro], the next one to come.",
           PROMPT, EIGHT, SEED, AUTO_SIZE, SAFETY_TO_5, OUTPUT_FORMAT, WEBHOOK,
           price=Price(3, 1.5, 1.5), rules=(AREA,)),
    _flux2("flux-2-max", "FLUX.2 [max]: the highest quality.",
           PROMPT, EIGHT, SEED, AUTO_SIZE, SAFETY_TO_5, OUTPUT_FORMAT, WEBHOOK, NEWER,
           price=Price(7, 3, 3), rules=(AREA, AlphaNeedsFormat()), source=f"{OPENAPI}, recordings"),
    _flux2("flux-2-flex", "FLUX.2 [flex]: with steps and guidance to set.",
           PROMPT, PROMPT_UPSAMPLING.but(default=True, nullable=True), EIGHT, BLOB_PATH, SEED, AUTO_SIZE,
           GUIDANCE.but(default=5.0, maximum=10), STEPS.but(default=50), SAFETY_TO_5, OUTPUT_FORMAT, WEBHOOK,
           price=Price(5, 5, 5), rules=(AREA,), comet=True, source=f"{OPENAPI}, CometAPI"),
)  # fmt: skip

KLEIN_PARAMETERS = (PROMPT, *input_images(4), SEED, *AUTO_SIZE, SAFETY_TO_5, OUTPUT_FORMAT, *WEBHOOK)
KLEIN_4B, KLEIN_9B = Price(1.4, 0.1, 0.1), Price(1.5, 0.2, 0.2)


def _klein(name: str, about: str, price: Price, before: tuple[Parameter, ...] = (), source: str = OPENAPI) -> ModelCard:
    return ModelCard(name, BFL, "flux-2-klein", about, named(before, KLEIN_PARAMETERS), source, sizing=Sizing.AUTOMATIC, rules=(AREA,), price=price)


TUNED = (FINETUNE_ID, FINETUNE_STRENGTH.but(note="name and range carried over from FLUX.1; unverified"))
KLEIN = (
    _klein("flux-2-klein-4b", "FLUX.2 [klein] 4B: small and fast.", KLEIN_4B),
    _klein("flux-2-klein-9b", "FLUX.2 [klein] 9B: small and fast.", KLEIN_9B),
    _klein("flux-2-klein-9b-preview", "FLUX.2 [klein] 9B, the next one to come.", KLEIN_9B),
    *(
        _klein(f"flux-2-klein-{size}-finetuned", f"FLUX.2 [klein] {size} with a finetune.", price, TUNED, NOTES)
        for size, price in (
            ("4b", KLEIN_4B), ("9b", KLEIN_9B), ("9b-kv", KLEIN_9B), ("9b-kv-bf16", KLEIN_9B), ("base-4b", KLEIN_4B), ("base-9b", KLEIN_9B),
        )
    ),
)  # fmt: skip

PERSON = picture("person", "The person to dress.", default=REQUIRED, nullable=False)
GARMENT = PERSON.but(name="garment", about="What the person should wear.")


def _offset(axis: str, way: str) -> Parameter:
    return integer(f"reference_offset_{axis}", f"Where the picture lies on the new canvas, {way}; null is centred.", nullable=True)


def _try_on(version: str) -> ModelCard:
    return ModelCard(
        f"flux-tools/vto-{version}", BFL, "flux-tools", "Dresses a person in a garment.",
        named(NULLABLE_TEXT, PERSON, GARMENT, SEED, SAFETY_TO_5, OUTPUT_FORMAT, USER, WEBHOOK), NOTES, sizing=Sizing.INPUT,
    )  # fmt: skip


TOOLS = (
    ModelCard(
        "flux-tools/erase-v1", BFL, "flux-tools", "Removes what a mask covers.",
        named(IMAGE, MASK.but(default=REQUIRED, nullable=False), integer("dilate_pixels", "Grow the mask by so many pixels.", 0, 25, default=10),
              SEED, SAFETY_TO_5, OUTPUT_PNG, USER, WEBHOOK),
        NOTES, sizing=Sizing.INPUT,
    ),
    ModelCard(
        "flux-tools/outpainting-v1", BFL, "flux-tools", "Paints a larger picture around one.",
        named(
            INPUT_IMAGE.but(default=REQUIRED, nullable=False),
            integer("width", "Pixels across of the new canvas.", 64, default=REQUIRED),
            integer("height", "Pixels down of the new canvas.", 64, default=REQUIRED),
            _offset("x", "pixels from the left"), _offset("y", "pixels from the top"),
            switch("auto_crop", "Cut what lies outside the canvas instead of refusing it.", default=False),
            text("mode", "Quality against speed.", default="high", choices=("high", "fast")),
            NULLABLE_TEXT, SAFETY_TO_5, OUTPUT_PNG,
        ),
        NOTES, rules=(AREA,), strict=True,
    ),
    ModelCard("flux-tools/deblur-v1", BFL, "flux-tools", "Sharpens a picture.",
              named(IMAGE, SEED, SAFETY_TO_5, OUTPUT_PNG, WEBHOOK), NOTES, sizing=Sizing.INPUT),
    _try_on("v1"),
    _try_on("v2"),
)  # fmt: skip

SAFETY_TO_4 = SAFETY_TO_5.but(maximum=4)
VERSION = text("version", "A version of the model to pin.", nullable=True)
FLUX3_RATIOS = ("auto", "21:9", "2:1", "16:9", "3:2", "7:5", "4:3", "5:4", "1:1", "4:5", "3:4", "5:7", "2:3", "9:16", "1:2", "9:21")
VIDEO_RATIOS = ("auto", "21:9", "2:1", "16:9", "4:3", "1:1", "3:4", "9:16")

FLUX3 = (
    ModelCard(
        "flux-3-image", BFL, "flux-3", "FLUX 3: text to image and editing, up to 4K.",
        named(
            PROMPT.but(min_length=1),
            Parameter("images", Kind.STRINGS, "One picture or up to ten, as URL or bare base64.", nullable=True, image=True, min_items=1, max_items=10,
                      also=("one string",)),
            text("aspect_ratio", "Width by height, or auto.", default="auto", choices=FLUX3_RATIOS),
            text("resolution", "How large the picture is.", default="1k", choices=("768sq", "1k", "1.5k", "2k", "4k")),
            switch("grounding", "Let the original service look things up; not used.", default=True),
            SAFETY_TO_4, VERSION,
        ),
        NOTES, sizing=Sizing.FORMAT, price=Price(4.8, by_size=(("768sq", 4.1), ("1k", 4.8), ("2k", 10.0), ("4k", 60.7))), strict=True,
    ),
    ModelCard(
        "flux-3-video", BFL, "flux-3", "FLUX 3 video: not an image model; its card is kept for gateways, this server paints none.",
        named(
            text("mode", "What to make.", default=REQUIRED, choices=("t2v", "i2v", "v2v", "draft_enhance"), note="long aliases exist"),
            NULLABLE_TEXT.but(note="required except for draft_enhance"),
            Parameter("keyframes", Kind.ANYTHING, "Pictures, or pairs of second and picture.", nullable=True, note="i2v"),
            text("start_video", "The video to go on from.", nullable=True, note="v2v"),
            text("draft_cache", "The draft to finish.", nullable=True, note="draft_enhance"),
            text("resolution", "How large the video is.", choices=("hd", "fhd", "qhd", "uhd")),
            integer("duration", "Seconds, or auto.", 5, 20, also=("auto",)),
            text("aspect_ratio", "Width by height, or auto.", default="auto", choices=VIDEO_RATIOS),
            switch("generate_audio", "Make sound too.", default=True),
            SAFETY_TO_4,
            switch("draft", "A quick draft.", default=False),
            VERSION,
        ),
        NOTES, sizing=Sizing.FORMAT, strict=True, listed=False,
    ),
)  # fmt: skip

CARDS = (*FLUX2, *KLEIN, *TOOLS, *FLUX3)
