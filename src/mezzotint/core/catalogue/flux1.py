"""FLUX.1 on the BFL-like surfaces: text to image, tools, Kontext, finetunes. Numbers: BFL's OpenAPI of 2026-04 and docs."""

from __future__ import annotations

from mezzotint.core.catalogue.shared import (
    ASPECT_RATIO,
    CANNY_HIGH,
    CANNY_LOW,
    CONTROL_IMAGE,
    FINETUNE_ID,
    FINETUNE_STRENGTH,
    FOUR_MEGAPIXELS,
    GUIDANCE,
    IMAGE,
    IMAGE_PROMPT,
    IMAGE_PROMPT_STRENGTH,
    INTERVAL,
    MASK,
    NULLABLE_PROMPT,
    OPTIONAL_PROMPT,
    OUTPUT_FORMAT,
    OUTPUT_OLD,
    OUTPUT_PNG,
    PREPROCESSED_IMAGE,
    PROMPT,
    PROMPT_UPSAMPLING,
    RAW,
    SAFETY_TOLERANCE,
    SEED,
    SIZE,
    STEPS,
    TOOL_STEPS,
    WEBHOOK,
    ModelCard,
    Price,
    Sizing,
    Surface,
    input_images,
    integer,
)
from mezzotint.core.parameters import Parameter, named
from mezzotint.core.rules import OneOf, RatioBetween

BFL = Surface.BFL
OPENAPI = "BFL OpenAPI 2026-04, docs.bfl.ai"
OLDER = "docs.bfl.ai, BFL's Python client"
RETIRED = "2025-10-31"
NULLABLE_UPSAMPLING = PROMPT_UPSAMPLING.but(nullable=True)
FILL_GUIDANCE = GUIDANCE.but(default=60, maximum=100)
CANNY_GUIDANCE = GUIDANCE.but(default=30, minimum=1, maximum=100)
DEPTH_GUIDANCE = CANNY_GUIDANCE.but(default=15)
ULTRA_RATIO = ASPECT_RATIO.but(default="16:9")
KONTEXT_RATIO = ASPECT_RATIO.but(nullable=True)
MARGINS = tuple(integer(side, f"Pixels to add at the {side}.", 0, 2048, default=0, nullable=True) for side in ("top", "bottom", "left", "right"))
ULTRA = RatioBetween("9:21", "21:9")
KONTEXT = RatioBetween("3:7", "7:3")
CONTROLLED = OneOf(("control_image", "preprocessed_image"))

TEXT_TO_IMAGE = (
    ModelCard(
        "flux-dev", BFL, "flux-1", "FLUX.1 [dev]: text to image with every dial.",
        named(OPTIONAL_PROMPT, IMAGE_PROMPT, SIZE, STEPS, PROMPT_UPSAMPLING, SEED, GUIDANCE, SAFETY_TOLERANCE, OUTPUT_FORMAT, WEBHOOK),
        f"{OPENAPI}, recordings, CometAPI", price=Price(2.5), comet=True,
    ),
    ModelCard(
        "flux-pro", BFL, "flux-1", "FLUX.1 [pro], the first.",
        named(OPTIONAL_PROMPT, IMAGE_PROMPT, SIZE, STEPS.but(default=40), PROMPT_UPSAMPLING, SEED, GUIDANCE.but(default=2.5), INTERVAL,
              SAFETY_TOLERANCE, OUTPUT_FORMAT, WEBHOOK),
        f"{OLDER}, CometAPI", price=Price(5), aliases=("flux-pro-1.0",), retired=RETIRED, comet=True,
    ),
    ModelCard(
        "flux-pro-1.1", BFL, "flux-1", "FLUX 1.1 [pro]: text to image.",
        named(NULLABLE_PROMPT, IMAGE_PROMPT, SIZE, PROMPT_UPSAMPLING, SEED, SAFETY_TOLERANCE, OUTPUT_FORMAT, WEBHOOK),
        f"{OPENAPI}, CometAPI", price=Price(4), comet=True,
    ),
    ModelCard(
        "flux-pro-1.1-ultra", BFL, "flux-1", "FLUX 1.1 [pro] ultra: about 4 MP, by aspect ratio.",
        named(NULLABLE_PROMPT, PROMPT_UPSAMPLING, SEED, ULTRA_RATIO, SAFETY_TOLERANCE, OUTPUT_FORMAT, RAW, IMAGE_PROMPT, IMAGE_PROMPT_STRENGTH, WEBHOOK),
        f"{OPENAPI}, CometAPI", sizing=Sizing.RATIO, pixels=FOUR_MEGAPIXELS, rules=(ULTRA,), price=Price(6), aliases=("flux-pro-1.1-raw",), comet=True,
    ),
)  # fmt: skip

TOOLS = (
    ModelCard(
        "flux-pro-1.0-fill", BFL, "flux-1-tools", "Repaints the white part of a mask.",
        named(IMAGE, MASK, NULLABLE_PROMPT, TOOL_STEPS, NULLABLE_UPSAMPLING, SEED, FILL_GUIDANCE, OUTPUT_FORMAT, SAFETY_TOLERANCE, WEBHOOK),
        f"{OPENAPI}, CometAPI", sizing=Sizing.INPUT, price=Price(5), aliases=("flux-fill",), comet=True,
    ),
    ModelCard(
        "flux-pro-1.0-expand", BFL, "flux-1-tools", "Extends a picture beyond its edges.",
        named(IMAGE, MARGINS, NULLABLE_PROMPT, TOOL_STEPS, NULLABLE_UPSAMPLING, SEED, FILL_GUIDANCE, OUTPUT_FORMAT, SAFETY_TOLERANCE, WEBHOOK),
        OPENAPI, sizing=Sizing.EXPANDED,
    ),
    ModelCard(
        "flux-pro-1.0-canny", BFL, "flux-1-tools", "Follows the edges of a picture.",
        named(PROMPT, CONTROL_IMAGE, PREPROCESSED_IMAGE, CANNY_LOW, CANNY_HIGH, NULLABLE_UPSAMPLING, SEED, TOOL_STEPS, OUTPUT_OLD,
              CANNY_GUIDANCE, SAFETY_TOLERANCE, WEBHOOK),
        f"{OLDER}, CometAPI", sizing=Sizing.INPUT, rules=(CONTROLLED,), price=Price(5), retired=RETIRED, comet=True,
    ),
    ModelCard(
        "flux-pro-1.0-depth", BFL, "flux-1-tools", "Follows the depth of a picture.",
        named(PROMPT, CONTROL_IMAGE, PREPROCESSED_IMAGE, NULLABLE_UPSAMPLING, SEED, TOOL_STEPS, OUTPUT_OLD, DEPTH_GUIDANCE, SAFETY_TOLERANCE, WEBHOOK),
        f"{OLDER}, CometAPI", sizing=Sizing.INPUT, rules=(CONTROLLED,), price=Price(5), retired=RETIRED, comet=True,
    ),
)  # fmt: skip


def _kontext(name: str, about: str, price: float, aliases: tuple[str, ...] = ()) -> ModelCard:
    return ModelCard(
        name, BFL, "flux-1-kontext", about,
        named(PROMPT, input_images(4), SEED, KONTEXT_RATIO, OUTPUT_PNG, WEBHOOK, PROMPT_UPSAMPLING, SAFETY_TOLERANCE),
        f"{OPENAPI}, CometAPI", sizing=Sizing.RATIO, rules=(KONTEXT,), price=Price(price), aliases=aliases, comet=True,
    )  # fmt: skip


KONTEXTS = (
    _kontext("flux-kontext-pro", "Edits a picture by instruction, or paints from text.", 4, ("flux-kontext",)),
    _kontext("flux-kontext-max", "Edits a picture by instruction, at the highest quality.", 8),
)


def _finetuned(base: str, about: str, *parameters: Parameter | tuple[Parameter, ...], strength: float = 1.1, **rest: object) -> ModelCard:
    return ModelCard(f"{base}-finetuned", BFL, "finetuned", about, named(FINETUNE_ID, FINETUNE_STRENGTH.but(default=strength), *parameters), OPENAPI, **rest)  # type: ignore[arg-type]  # fields by name, which dataclasses check


FINETUNED = (
    _finetuned(
        "flux-pro-1.0-fill", "Fill with a finetune.",
        IMAGE, MASK, OPTIONAL_PROMPT, TOOL_STEPS.but(nullable=False), PROMPT_UPSAMPLING, SEED, FILL_GUIDANCE.but(nullable=False), OUTPUT_FORMAT,
        SAFETY_TOLERANCE, WEBHOOK, sizing=Sizing.INPUT,
    ),
    _finetuned(
        "flux-pro-1.1-ultra", "Ultra with a finetune.",
        NULLABLE_PROMPT, SEED, ULTRA_RATIO, SAFETY_TOLERANCE, OUTPUT_FORMAT, IMAGE_PROMPT, IMAGE_PROMPT_STRENGTH, PROMPT_UPSAMPLING, WEBHOOK,
        strength=1.2, sizing=Sizing.RATIO, pixels=FOUR_MEGAPIXELS, rules=(ULTRA,),
    ),
    _finetuned(
        "flux-pro", "FLUX.1 [pro] with a finetune.",
        OPTIONAL_PROMPT, IMAGE_PROMPT, SIZE, STEPS.but(default=40), PROMPT_UPSAMPLING, SEED, GUIDANCE.but(default=2.5), SAFETY_TOLERANCE,
        OUTPUT_FORMAT, WEBHOOK, retired=RETIRED,
    ),
    _finetuned(
        "flux-pro-1.0-depth", "Depth with a finetune.",
        PROMPT, CONTROL_IMAGE, NULLABLE_UPSAMPLING, SEED, TOOL_STEPS, OUTPUT_OLD, DEPTH_GUIDANCE, SAFETY_TOLERANCE, WEBHOOK,
        sizing=Sizing.INPUT, rules=(OneOf(("control_image",)),), retired=RETIRED,
    ),
    _finetuned(
        "flux-pro-1.0-canny", "Canny with a finetune.",
        PROMPT, CONTROL_IMAGE, CANNY_LOW, CANNY_HIGH, NULLABLE_UPSAMPLING, SEED, TOOL_STEPS, OUTPUT_OLD, CANNY_GUIDANCE, SAFETY_TOLERANCE, WEBHOOK,
        sizing=Sizing.INPUT, rules=(OneOf(("control_image",)),), retired=RETIRED,
    ),
)  # fmt: skip

CARDS = (*TEXT_TO_IMAGE, *TOOLS, *KONTEXTS, *FINETUNED)
