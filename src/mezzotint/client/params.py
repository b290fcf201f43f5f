"""Typed parameters of every model, GENERATED from the catalogue by scripts/generated.py: do not edit.

    client.generate("flux-dev", **FluxDev(prompt="a red fox", width=512))
"""

from __future__ import annotations

from typing import Literal, TypedDict


class FluxDev(TypedDict, total=False):
    """flux-dev: FLUX.1 [dev]: text to image with every dial."""

    prompt: str
    """What the picture should show."""
    image_prompt: str | None
    """A picture that guides style and content."""
    width: int
    """Pixels across. [256 to 1440; a multiple of 32; default 1024]"""
    height: int
    """Pixels down. [256 to 1440; a multiple of 32; default 768]"""
    steps: int | None
    """Denoising steps: more is finer and slower. [1 to 50; default 28]"""
    prompt_upsampling: bool
    """Let the server enrich the prompt before painting. [default false]"""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    guidance: float | None
    """How closely the picture follows the prompt. [1.5 to 5; default 3.0]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 6; default 2]"""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default jpeg]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""


class FluxPro(TypedDict, total=False):
    """flux-pro: FLUX.1 [pro], the first."""

    prompt: str
    """What the picture should show."""
    image_prompt: str | None
    """A picture that guides style and content."""
    width: int
    """Pixels across. [256 to 1440; a multiple of 32; default 1024]"""
    height: int
    """Pixels down. [256 to 1440; a multiple of 32; default 768]"""
    steps: int | None
    """Denoising steps: more is finer and slower. [1 to 50; default 40]"""
    prompt_upsampling: bool
    """Let the server enrich the prompt before painting. [default false]"""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    guidance: float | None
    """How closely the picture follows the prompt. [1.5 to 5; default 2.5]"""
    interval: float | None
    """Variance: higher is more varied and less faithful. [1 to 4; default 2.0]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 6; default 2]"""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default jpeg]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""


class FluxPro11(TypedDict, total=False):
    """flux-pro-1.1: FLUX 1.1 [pro]: text to image."""

    prompt: str | None
    """What the picture should show."""
    image_prompt: str | None
    """A picture that guides style and content."""
    width: int
    """Pixels across. [256 to 1440; a multiple of 32; default 1024]"""
    height: int
    """Pixels down. [256 to 1440; a multiple of 32; default 768]"""
    prompt_upsampling: bool
    """Let the server enrich the prompt before painting. [default false]"""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 6; default 2]"""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default jpeg]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""


class FluxPro11Ultra(TypedDict, total=False):
    """flux-pro-1.1-ultra: FLUX 1.1 [pro] ultra: about 4 MP, by aspect ratio."""

    prompt: str | None
    """What the picture should show."""
    prompt_upsampling: bool
    """Let the server enrich the prompt before painting. [default false]"""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    aspect_ratio: str
    """Width by height, such as 16:9. [default 16:9]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 6; default 2]"""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default jpeg]"""
    raw: bool
    """Less processed, more natural pictures. [default false]"""
    image_prompt: str | None
    """A picture that guides style and content."""
    image_prompt_strength: float
    """How much the image prompt counts against the prompt. [0 to 1; default 0.1]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""


class FluxPro10Fill(TypedDict, total=False):
    """flux-pro-1.0-fill: Repaints the white part of a mask."""

    image: str
    """The picture to work on. [required]"""
    mask: str | None
    """Where to paint: white is repainted, black is kept; same size as the picture. May be left out when it has alpha."""
    prompt: str | None
    """What the picture should show."""
    steps: int | None
    """Denoising steps: more is finer and slower. [15 to 50; default 50]"""
    prompt_upsampling: bool | None
    """Let the server enrich the prompt before painting. [default false]"""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    guidance: float | None
    """How closely the picture follows the prompt. [1.5 to 100; default 60]"""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default jpeg]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 6; default 2]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""


class FluxPro10Expand(TypedDict, total=False):
    """flux-pro-1.0-expand: Extends a picture beyond its edges."""

    image: str
    """The picture to work on. [required]"""
    top: int | None
    """Pixels to add at the top. [0 to 2048; default 0]"""
    bottom: int | None
    """Pixels to add at the bottom. [0 to 2048; default 0]"""
    left: int | None
    """Pixels to add at the left. [0 to 2048; default 0]"""
    right: int | None
    """Pixels to add at the right. [0 to 2048; default 0]"""
    prompt: str | None
    """What the picture should show."""
    steps: int | None
    """Denoising steps: more is finer and slower. [15 to 50; default 50]"""
    prompt_upsampling: bool | None
    """Let the server enrich the prompt before painting. [default false]"""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    guidance: float | None
    """How closely the picture follows the prompt. [1.5 to 100; default 60]"""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default jpeg]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 6; default 2]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""


class FluxPro10Canny(TypedDict, total=False):
    """flux-pro-1.0-canny: Follows the edges of a picture."""

    prompt: str
    """What the picture should show. [required]"""
    control_image: str | None
    """The picture whose structure is followed."""
    preprocessed_image: str | None
    """A ready-made control picture (edges or depth), used as it is."""
    canny_low_threshold: int | None
    """Edges weaker than this are dropped. [0 to 500; default 50]"""
    canny_high_threshold: int | None
    """Edges stronger than this are kept. [0 to 500; default 200]"""
    prompt_upsampling: bool | None
    """Let the server enrich the prompt before painting. [default false]"""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    steps: int | None
    """Denoising steps: more is finer and slower. [15 to 50; default 50]"""
    output_format: Literal["jpeg", "png"] | None
    """File format of the picture. [jpeg, png; default jpeg]"""
    guidance: float | None
    """How closely the picture follows the prompt. [1 to 100; default 30]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 6; default 2]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""


class FluxPro10Depth(TypedDict, total=False):
    """flux-pro-1.0-depth: Follows the depth of a picture."""

    prompt: str
    """What the picture should show. [required]"""
    control_image: str | None
    """The picture whose structure is followed."""
    preprocessed_image: str | None
    """A ready-made control picture (edges or depth), used as it is."""
    prompt_upsampling: bool | None
    """Let the server enrich the prompt before painting. [default false]"""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    steps: int | None
    """Denoising steps: more is finer and slower. [15 to 50; default 50]"""
    output_format: Literal["jpeg", "png"] | None
    """File format of the picture. [jpeg, png; default jpeg]"""
    guidance: float | None
    """How closely the picture follows the prompt. [1 to 100; default 15]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 6; default 2]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""


class FluxKontextPro(TypedDict, total=False):
    """flux-kontext-pro: Edits a picture by instruction, or paints from text."""

    prompt: str
    """What the picture should show. [required]"""
    input_image: str | None
    """A picture to edit or to refer to."""
    input_image_2: str | None
    """Picture 2 to refer to."""
    input_image_3: str | None
    """Picture 3 to refer to."""
    input_image_4: str | None
    """Picture 4 to refer to."""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    aspect_ratio: str | None
    """Width by height, such as 16:9."""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default png]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""
    prompt_upsampling: bool
    """Let the server enrich the prompt before painting. [default false]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 6; default 2]"""


class FluxKontextMax(TypedDict, total=False):
    """flux-kontext-max: Edits a picture by instruction, at the highest quality."""

    prompt: str
    """What the picture should show. [required]"""
    input_image: str | None
    """A picture to edit or to refer to."""
    input_image_2: str | None
    """Picture 2 to refer to."""
    input_image_3: str | None
    """Picture 3 to refer to."""
    input_image_4: str | None
    """Picture 4 to refer to."""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    aspect_ratio: str | None
    """Width by height, such as 16:9."""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default png]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""
    prompt_upsampling: bool
    """Let the server enrich the prompt before painting. [default false]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 6; default 2]"""


class FluxPro10FillFinetuned(TypedDict, total=False):
    """flux-pro-1.0-fill-finetuned: Fill with a finetune."""

    finetune_id: str
    """Which finetune to use. [required]"""
    finetune_strength: float
    """How much the finetune counts. [0 to 2; default 1.1]"""
    image: str
    """The picture to work on. [required]"""
    mask: str | None
    """Where to paint: white is repainted, black is kept; same size as the picture. May be left out when it has alpha."""
    prompt: str
    """What the picture should show."""
    steps: int
    """Denoising steps: more is finer and slower. [15 to 50; default 50]"""
    prompt_upsampling: bool
    """Let the server enrich the prompt before painting. [default false]"""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    guidance: float
    """How closely the picture follows the prompt. [1.5 to 100; default 60]"""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default jpeg]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 6; default 2]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""


class FluxPro11UltraFinetuned(TypedDict, total=False):
    """flux-pro-1.1-ultra-finetuned: Ultra with a finetune."""

    finetune_id: str
    """Which finetune to use. [required]"""
    finetune_strength: float
    """How much the finetune counts. [0 to 2; default 1.2]"""
    prompt: str | None
    """What the picture should show."""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    aspect_ratio: str
    """Width by height, such as 16:9. [default 16:9]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 6; default 2]"""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default jpeg]"""
    image_prompt: str | None
    """A picture that guides style and content."""
    image_prompt_strength: float
    """How much the image prompt counts against the prompt. [0 to 1; default 0.1]"""
    prompt_upsampling: bool
    """Let the server enrich the prompt before painting. [default false]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""


class FluxProFinetuned(TypedDict, total=False):
    """flux-pro-finetuned: FLUX.1 [pro] with a finetune."""

    finetune_id: str
    """Which finetune to use. [required]"""
    finetune_strength: float
    """How much the finetune counts. [0 to 2; default 1.1]"""
    prompt: str
    """What the picture should show."""
    image_prompt: str | None
    """A picture that guides style and content."""
    width: int
    """Pixels across. [256 to 1440; a multiple of 32; default 1024]"""
    height: int
    """Pixels down. [256 to 1440; a multiple of 32; default 768]"""
    steps: int | None
    """Denoising steps: more is finer and slower. [1 to 50; default 40]"""
    prompt_upsampling: bool
    """Let the server enrich the prompt before painting. [default false]"""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    guidance: float | None
    """How closely the picture follows the prompt. [1.5 to 5; default 2.5]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 6; default 2]"""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default jpeg]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""


class FluxPro10DepthFinetuned(TypedDict, total=False):
    """flux-pro-1.0-depth-finetuned: Depth with a finetune."""

    finetune_id: str
    """Which finetune to use. [required]"""
    finetune_strength: float
    """How much the finetune counts. [0 to 2; default 1.1]"""
    prompt: str
    """What the picture should show. [required]"""
    control_image: str | None
    """The picture whose structure is followed."""
    prompt_upsampling: bool | None
    """Let the server enrich the prompt before painting. [default false]"""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    steps: int | None
    """Denoising steps: more is finer and slower. [15 to 50; default 50]"""
    output_format: Literal["jpeg", "png"] | None
    """File format of the picture. [jpeg, png; default jpeg]"""
    guidance: float | None
    """How closely the picture follows the prompt. [1 to 100; default 15]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 6; default 2]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""


class FluxPro10CannyFinetuned(TypedDict, total=False):
    """flux-pro-1.0-canny-finetuned: Canny with a finetune."""

    finetune_id: str
    """Which finetune to use. [required]"""
    finetune_strength: float
    """How much the finetune counts. [0 to 2; default 1.1]"""
    prompt: str
    """What the picture should show. [required]"""
    control_image: str | None
    """The picture whose structure is followed."""
    canny_low_threshold: int | None
    """Edges weaker than this are dropped. [0 to 500; default 50]"""
    canny_high_threshold: int | None
    """Edges stronger than this are kept. [0 to 500; default 200]"""
    prompt_upsampling: bool | None
    """Let the server enrich the prompt before painting. [default false]"""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    steps: int | None
    """Denoising steps: more is finer and slower. [15 to 50; default 50]"""
    output_format: Literal["jpeg", "png"] | None
    """File format of the picture. [jpeg, png; default jpeg]"""
    guidance: float | None
    """How closely the picture follows the prompt. [1 to 100; default 30]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 6; default 2]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""


class Flux2Pro(TypedDict, total=False):
    """flux-2-pro: FLUX.2 [pro]: text to image and editing with up to eight pictures."""

    prompt: str
    """What the picture should show. [required]"""
    input_image: str | None
    """A picture to edit or to refer to."""
    input_image_2: str | None
    """Picture 2 to refer to."""
    input_image_3: str | None
    """Picture 3 to refer to."""
    input_image_4: str | None
    """Picture 4 to refer to."""
    input_image_5: str | None
    """Picture 5 to refer to."""
    input_image_6: str | None
    """Picture 6 to refer to."""
    input_image_7: str | None
    """Picture 7 to refer to."""
    input_image_8: str | None
    """Picture 8 to refer to."""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    width: int | None
    """Pixels across; 0, null or absent: automatic. [at least 64; a multiple of 16; default 0]"""
    height: int | None
    """Pixels down; 0, null or absent: automatic. [at least 64; a multiple of 16; default 0]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 5; default 2]"""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default jpeg]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""
    disable_pup: bool | None
    """Turns prompt upsampling off."""
    user: str | None
    """Your own tag for the end user."""
    transparent_bg: bool | None
    """A transparent background (png or webp)."""


class Flux2ProPreview(TypedDict, total=False):
    """flux-2-pro-preview: FLUX.2 [pro], the next one to come."""

    prompt: str
    """What the picture should show. [required]"""
    input_image: str | None
    """A picture to edit or to refer to."""
    input_image_2: str | None
    """Picture 2 to refer to."""
    input_image_3: str | None
    """Picture 3 to refer to."""
    input_image_4: str | None
    """Picture 4 to refer to."""
    input_image_5: str | None
    """Picture 5 to refer to."""
    input_image_6: str | None
    """Picture 6 to refer to."""
    input_image_7: str | None
    """Picture 7 to refer to."""
    input_image_8: str | None
    """Picture 8 to refer to."""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    width: int | None
    """Pixels across; 0, null or absent: automatic. [at least 64; a multiple of 16; default 0]"""
    height: int | None
    """Pixels down; 0, null or absent: automatic. [at least 64; a multiple of 16; default 0]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 5; default 2]"""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default jpeg]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""


class Flux2Max(TypedDict, total=False):
    """flux-2-max: FLUX.2 [max]: the highest quality."""

    prompt: str
    """What the picture should show. [required]"""
    input_image: str | None
    """A picture to edit or to refer to."""
    input_image_2: str | None
    """Picture 2 to refer to."""
    input_image_3: str | None
    """Picture 3 to refer to."""
    input_image_4: str | None
    """Picture 4 to refer to."""
    input_image_5: str | None
    """Picture 5 to refer to."""
    input_image_6: str | None
    """Picture 6 to refer to."""
    input_image_7: str | None
    """Picture 7 to refer to."""
    input_image_8: str | None
    """Picture 8 to refer to."""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    width: int | None
    """Pixels across; 0, null or absent: automatic. [at least 64; a multiple of 16; default 0]"""
    height: int | None
    """Pixels down; 0, null or absent: automatic. [at least 64; a multiple of 16; default 0]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 5; default 2]"""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default jpeg]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""
    disable_pup: bool | None
    """Turns prompt upsampling off."""
    user: str | None
    """Your own tag for the end user."""
    transparent_bg: bool | None
    """A transparent background (png or webp)."""


class Flux2Flex(TypedDict, total=False):
    """flux-2-flex: FLUX.2 [flex]: with steps and guidance to set."""

    prompt: str
    """What the picture should show. [required]"""
    prompt_upsampling: bool | None
    """Let the server enrich the prompt before painting. [default true]"""
    input_image: str | None
    """A picture to edit or to refer to."""
    input_image_2: str | None
    """Picture 2 to refer to."""
    input_image_3: str | None
    """Picture 3 to refer to."""
    input_image_4: str | None
    """Picture 4 to refer to."""
    input_image_5: str | None
    """Picture 5 to refer to."""
    input_image_6: str | None
    """Picture 6 to refer to."""
    input_image_7: str | None
    """Picture 7 to refer to."""
    input_image_8: str | None
    """Picture 8 to refer to."""
    input_image_blob_path: str | None
    """A storage path of the original service; not used."""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    width: int | None
    """Pixels across; 0, null or absent: automatic. [at least 64; a multiple of 16; default 0]"""
    height: int | None
    """Pixels down; 0, null or absent: automatic. [at least 64; a multiple of 16; default 0]"""
    guidance: float | None
    """How closely the picture follows the prompt. [1.5 to 10; default 5.0]"""
    steps: int | None
    """Denoising steps: more is finer and slower. [1 to 50; default 50]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 5; default 2]"""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default jpeg]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""


class Flux2Klein4b(TypedDict, total=False):
    """flux-2-klein-4b: FLUX.2 [klein] 4B: small and fast."""

    prompt: str
    """What the picture should show. [required]"""
    input_image: str | None
    """A picture to edit or to refer to."""
    input_image_2: str | None
    """Picture 2 to refer to."""
    input_image_3: str | None
    """Picture 3 to refer to."""
    input_image_4: str | None
    """Picture 4 to refer to."""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    width: int | None
    """Pixels across; 0, null or absent: automatic. [at least 64; a multiple of 16; default 0]"""
    height: int | None
    """Pixels down; 0, null or absent: automatic. [at least 64; a multiple of 16; default 0]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 5; default 2]"""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default jpeg]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""


class Flux2Klein9b(TypedDict, total=False):
    """flux-2-klein-9b: FLUX.2 [klein] 9B: small and fast."""

    prompt: str
    """What the picture should show. [required]"""
    input_image: str | None
    """A picture to edit or to refer to."""
    input_image_2: str | None
    """Picture 2 to refer to."""
    input_image_3: str | None
    """Picture 3 to refer to."""
    input_image_4: str | None
    """Picture 4 to refer to."""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    width: int | None
    """Pixels across; 0, null or absent: automatic. [at least 64; a multiple of 16; default 0]"""
    height: int | None
    """Pixels down; 0, null or absent: automatic. [at least 64; a multiple of 16; default 0]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 5; default 2]"""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default jpeg]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""


class Flux2Klein9bPreview(TypedDict, total=False):
    """flux-2-klein-9b-preview: FLUX.2 [klein] 9B, the next one to come."""

    prompt: str
    """What the picture should show. [required]"""
    input_image: str | None
    """A picture to edit or to refer to."""
    input_image_2: str | None
    """Picture 2 to refer to."""
    input_image_3: str | None
    """Picture 3 to refer to."""
    input_image_4: str | None
    """Picture 4 to refer to."""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    width: int | None
    """Pixels across; 0, null or absent: automatic. [at least 64; a multiple of 16; default 0]"""
    height: int | None
    """Pixels down; 0, null or absent: automatic. [at least 64; a multiple of 16; default 0]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 5; default 2]"""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default jpeg]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""


class Flux2Klein4bFinetuned(TypedDict, total=False):
    """flux-2-klein-4b-finetuned: FLUX.2 [klein] 4b with a finetune."""

    finetune_id: str
    """Which finetune to use. [required]"""
    finetune_strength: float
    """How much the finetune counts. [0 to 2; default 1.1]"""
    prompt: str
    """What the picture should show. [required]"""
    input_image: str | None
    """A picture to edit or to refer to."""
    input_image_2: str | None
    """Picture 2 to refer to."""
    input_image_3: str | None
    """Picture 3 to refer to."""
    input_image_4: str | None
    """Picture 4 to refer to."""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    width: int | None
    """Pixels across; 0, null or absent: automatic. [at least 64; a multiple of 16; default 0]"""
    height: int | None
    """Pixels down; 0, null or absent: automatic. [at least 64; a multiple of 16; default 0]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 5; default 2]"""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default jpeg]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""


class Flux2Klein9bFinetuned(TypedDict, total=False):
    """flux-2-klein-9b-finetuned: FLUX.2 [klein] 9b with a finetune."""

    finetune_id: str
    """Which finetune to use. [required]"""
    finetune_strength: float
    """How much the finetune counts. [0 to 2; default 1.1]"""
    prompt: str
    """What the picture should show. [required]"""
    input_image: str | None
    """A picture to edit or to refer to."""
    input_image_2: str | None
    """Picture 2 to refer to."""
    input_image_3: str | None
    """Picture 3 to refer to."""
    input_image_4: str | None
    """Picture 4 to refer to."""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    width: int | None
    """Pixels across; 0, null or absent: automatic. [at least 64; a multiple of 16; default 0]"""
    height: int | None
    """Pixels down; 0, null or absent: automatic. [at least 64; a multiple of 16; default 0]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 5; default 2]"""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default jpeg]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""


class Flux2Klein9bKvFinetuned(TypedDict, total=False):
    """flux-2-klein-9b-kv-finetuned: FLUX.2 [klein] 9b-kv with a finetune."""

    finetune_id: str
    """Which finetune to use. [required]"""
    finetune_strength: float
    """How much the finetune counts. [0 to 2; default 1.1]"""
    prompt: str
    """What the picture should show. [required]"""
    input_image: str | None
    """A picture to edit or to refer to."""
    input_image_2: str | None
    """Picture 2 to refer to."""
    input_image_3: str | None
    """Picture 3 to refer to."""
    input_image_4: str | None
    """Picture 4 to refer to."""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    width: int | None
    """Pixels across; 0, null or absent: automatic. [at least 64; a multiple of 16; default 0]"""
    height: int | None
    """Pixels down; 0, null or absent: automatic. [at least 64; a multiple of 16; default 0]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 5; default 2]"""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default jpeg]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""


class Flux2Klein9bKvBf16Finetuned(TypedDict, total=False):
    """flux-2-klein-9b-kv-bf16-finetuned: FLUX.2 [klein] 9b-kv-bf16 with a finetune."""

    finetune_id: str
    """Which finetune to use. [required]"""
    finetune_strength: float
    """How much the finetune counts. [0 to 2; default 1.1]"""
    prompt: str
    """What the picture should show. [required]"""
    input_image: str | None
    """A picture to edit or to refer to."""
    input_image_2: str | None
    """Picture 2 to refer to."""
    input_image_3: str | None
    """Picture 3 to refer to."""
    input_image_4: str | None
    """Picture 4 to refer to."""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    width: int | None
    """Pixels across; 0, null or absent: automatic. [at least 64; a multiple of 16; default 0]"""
    height: int | None
    """Pixels down; 0, null or absent: automatic. [at least 64; a multiple of 16; default 0]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 5; default 2]"""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default jpeg]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""


class Flux2KleinBase4bFinetuned(TypedDict, total=False):
    """flux-2-klein-base-4b-finetuned: FLUX.2 [klein] base-4b with a finetune."""

    finetune_id: str
    """Which finetune to use. [required]"""
    finetune_strength: float
    """How much the finetune counts. [0 to 2; default 1.1]"""
    prompt: str
    """What the picture should show. [required]"""
    input_image: str | None
    """A picture to edit or to refer to."""
    input_image_2: str | None
    """Picture 2 to refer to."""
    input_image_3: str | None
    """Picture 3 to refer to."""
    input_image_4: str | None
    """Picture 4 to refer to."""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    width: int | None
    """Pixels across; 0, null or absent: automatic. [at least 64; a multiple of 16; default 0]"""
    height: int | None
    """Pixels down; 0, null or absent: automatic. [at least 64; a multiple of 16; default 0]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 5; default 2]"""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default jpeg]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""


class Flux2KleinBase9bFinetuned(TypedDict, total=False):
    """flux-2-klein-base-9b-finetuned: FLUX.2 [klein] base-9b with a finetune."""

    finetune_id: str
    """Which finetune to use. [required]"""
    finetune_strength: float
    """How much the finetune counts. [0 to 2; default 1.1]"""
    prompt: str
    """What the picture should show. [required]"""
    input_image: str | None
    """A picture to edit or to refer to."""
    input_image_2: str | None
    """Picture 2 to refer to."""
    input_image_3: str | None
    """Picture 3 to refer to."""
    input_image_4: str | None
    """Picture 4 to refer to."""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    width: int | None
    """Pixels across; 0, null or absent: automatic. [at least 64; a multiple of 16; default 0]"""
    height: int | None
    """Pixels down; 0, null or absent: automatic. [at least 64; a multiple of 16; default 0]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 5; default 2]"""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default jpeg]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""


class FluxToolsEraseV1(TypedDict, total=False):
    """flux-tools/erase-v1: Removes what a mask covers."""

    image: str
    """The picture to work on. [required]"""
    mask: str
    """Where to paint: white is repainted, black is kept; same size as the picture. May be left out when it has alpha. [required]"""
    dilate_pixels: int
    """Grow the mask by so many pixels. [0 to 25; default 10]"""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 5; default 2]"""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default png]"""
    user: str | None
    """Your own tag for the end user."""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""


class FluxToolsOutpaintingV1(TypedDict, total=False):
    """flux-tools/outpainting-v1: Paints a larger picture around one."""

    input_image: str
    """A picture to edit or to refer to. [required]"""
    width: int
    """Pixels across of the new canvas. [at least 64; required]"""
    height: int
    """Pixels down of the new canvas. [at least 64; required]"""
    reference_offset_x: int | None
    """Where the picture lies on the new canvas, pixels from the left; null is centred."""
    reference_offset_y: int | None
    """Where the picture lies on the new canvas, pixels from the top; null is centred."""
    auto_crop: bool
    """Cut what lies outside the canvas instead of refusing it. [default false]"""
    mode: Literal["high", "fast"]
    """Quality against speed. [high, fast; default high]"""
    prompt: str | None
    """What the picture should show."""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 5; default 2]"""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default png]"""


class FluxToolsDeblurV1(TypedDict, total=False):
    """flux-tools/deblur-v1: Sharpens a picture."""

    image: str
    """The picture to work on. [required]"""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 5; default 2]"""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default png]"""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""


class FluxToolsVtoV1(TypedDict, total=False):
    """flux-tools/vto-v1: Dresses a person in a garment."""

    prompt: str | None
    """What the picture should show."""
    person: str
    """The person to dress. [required]"""
    garment: str
    """What the person should wear. [required]"""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 5; default 2]"""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default jpeg]"""
    user: str | None
    """Your own tag for the end user."""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""


class FluxToolsVtoV2(TypedDict, total=False):
    """flux-tools/vto-v2: Dresses a person in a garment."""

    prompt: str | None
    """What the picture should show."""
    person: str
    """The person to dress. [required]"""
    garment: str
    """What the person should wear. [required]"""
    seed: int | None
    """Repeats a picture; drawn at random when absent. [0 to 2^64-1]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 5; default 2]"""
    output_format: Literal["jpeg", "png", "webp"] | None
    """File format of the picture. [jpeg, png, webp; default jpeg]"""
    user: str | None
    """Your own tag for the end user."""
    webhook_url: str | None
    """Where to POST the result when the task ends."""
    webhook_secret: str | None
    """Signs what is sent to webhook_url."""


class Flux3Image(TypedDict, total=False):
    """flux-3-image: FLUX 3: text to image and editing, up to 4K."""

    prompt: str
    """What the picture should show. [required]"""
    images: list[str] | str | None
    """One picture or up to ten, as URL or bare base64."""
    aspect_ratio: Literal["auto", "21:9", "2:1", "16:9", "3:2", "7:5", "4:3", "5:4", "1:1", "4:5", "3:4", "5:7", "2:3", "9:16", "1:2", "9:21"]
    """Width by height, or auto. [auto, 21:9, 2:1, 16:9, 3:2, 7:5, 4:3, 5:4, 1:1, 4:5, 3:4, 5:7, 2:3, 9:16, 1:2, 9:21; default auto]"""
    resolution: Literal["768sq", "1k", "1.5k", "2k", "4k"]
    """How large the picture is. [768sq, 1k, 1.5k, 2k, 4k; default 1k]"""
    grounding: bool
    """Let the original service look things up; not used. [default true]"""
    safety_tolerance: int
    """Moderation from 0 (strictest) to 6; higher than the model's top counts as its top. [0 to 4; default 2]"""
    version: str | None
    """A version of the model to pin."""


ModelName = Literal["flux-dev", "flux-pro", "flux-pro-1.1", "flux-pro-1.1-ultra", "flux-pro-1.0-fill", "flux-pro-1.0-expand", "flux-pro-1.0-canny", "flux-pro-1.0-depth", "flux-kontext-pro", "flux-kontext-max", "flux-pro-1.0-fill-finetuned", "flux-pro-1.1-ultra-finetuned", "flux-pro-finetuned", "flux-pro-1.0-depth-finetuned", "flux-pro-1.0-canny-finetuned", "flux-2-pro", "flux-2-pro-preview", "flux-2-max", "flux-2-flex", "flux-2-klein-4b", "flux-2-klein-9b", "flux-2-klein-9b-preview", "flux-2-klein-4b-finetuned", "flux-2-klein-9b-finetuned", "flux-2-klein-9b-kv-finetuned", "flux-2-klein-9b-kv-bf16-finetuned", "flux-2-klein-base-4b-finetuned", "flux-2-klein-base-9b-finetuned", "flux-tools/erase-v1", "flux-tools/outpainting-v1", "flux-tools/deblur-v1", "flux-tools/vto-v1", "flux-tools/vto-v2", "flux-3-image"]
