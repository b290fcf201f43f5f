"""What a request asks for, and which pipeline of diffusers does it on which weights: tables, without PyTorch."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType


class Mode(Enum):
    """What a request asks for. The value is how it is called in messages."""

    TEXT = "text to image"
    PROMPTED = "an image prompt"
    IMAGE = "image to image"
    VARIATION = "variations of a picture"
    FILL = "filling a mask"
    EXPAND = "expanding a picture"
    CANNY = "following edges"
    DEPTH = "following depth"
    EDIT = "editing by instruction"


@dataclass(frozen=True)
class Family:
    """What weights whose model_index.json names one pipeline can do.

    `pipelines` are classes of diffusers by mode; all of one family share their components. `tokens` is the longest prompt. `guidance` and
    `steps` hold where a request does not say; `distilled_steps` are the usual and the most of weights that were distilled to few.
    `several`: it takes a list of pictures.
    """

    name: str
    pipelines: Mapping[Mode, str]
    tokens: int = 512
    guidance: float = 3.5
    steps: int = 28
    distilled_steps: tuple[int, int] = (4, 8)
    several: bool = False


def _family(name: str, **rest: object) -> Family:
    modes: Mapping[Mode, str] = MappingProxyType(dict(rest.pop("pipelines")))  # type: ignore[call-overload]  # a mapping, as below
    return Family(name, modes, **rest)  # type: ignore[arg-type]  # fields by name, which dataclasses check


# by the pipeline that model_index.json names
FAMILIES: Mapping[str, Family] = MappingProxyType({
    "FluxPipeline": _family("FLUX.1", pipelines={
        Mode.TEXT: "FluxPipeline", Mode.PROMPTED: "FluxImg2ImgPipeline", Mode.IMAGE: "FluxImg2ImgPipeline",
        Mode.VARIATION: "FluxImg2ImgPipeline", Mode.FILL: "FluxInpaintPipeline", Mode.EXPAND: "FluxInpaintPipeline",
    }),
    "FluxFillPipeline": _family("FLUX.1 Fill", guidance=30.0, steps=50, pipelines={Mode.FILL: "FluxFillPipeline", Mode.EXPAND: "FluxFillPipeline"}),
    "FluxControlPipeline": _family("FLUX.1 control", guidance=30.0, pipelines={Mode.CANNY: "FluxControlPipeline", Mode.DEPTH: "FluxControlPipeline"}),
    "FluxKontextPipeline": _family("FLUX.1 Kontext", guidance=2.5, pipelines={
        Mode.EDIT: "FluxKontextPipeline", Mode.TEXT: "FluxKontextPipeline", Mode.FILL: "FluxKontextInpaintPipeline", Mode.EXPAND: "FluxKontextInpaintPipeline",
    }),
    "Flux2Pipeline": _family("FLUX.2", guidance=4.0, steps=50, several=True, pipelines={
        Mode.TEXT: "Flux2Pipeline", Mode.EDIT: "Flux2Pipeline", Mode.PROMPTED: "Flux2Pipeline", Mode.VARIATION: "Flux2Pipeline",
    }),
    "Flux2KleinPipeline": _family("FLUX.2 klein", guidance=4.0, steps=50, several=True, pipelines={
        Mode.TEXT: "Flux2KleinPipeline", Mode.EDIT: "Flux2KleinPipeline", Mode.PROMPTED: "Flux2KleinPipeline", Mode.VARIATION: "Flux2KleinPipeline",
        Mode.FILL: "Flux2KleinInpaintPipeline", Mode.EXPAND: "Flux2KleinInpaintPipeline",
    }),
    "Flux2KleinKVPipeline": _family("FLUX.2 klein KV", several=True, pipelines={
        Mode.TEXT: "Flux2KleinKVPipeline", Mode.EDIT: "Flux2KleinKVPipeline", Mode.PROMPTED: "Flux2KleinKVPipeline", Mode.VARIATION: "Flux2KleinKVPipeline",
    }),
})  # fmt: skip

PRIOR = "FluxPriorReduxPipeline"  # it paints nothing: it turns a picture into words for another
KINDS: Collection[str] = (*FAMILIES, PRIOR)


@dataclass(frozen=True)
class Task:
    """What a card asks of weights. `instruction` stands in for the prompt of cards that have none."""

    mode: Mode
    instruction: str = ""


# cards whose mode their pictures do not tell; by name, without the owner
BY_NAME: Mapping[str, Task] = MappingProxyType({
    "flux-pro-1.0-expand": Task(Mode.EXPAND),
    "flux-tools/outpainting-v1": Task(Mode.EXPAND),
    "flux-tools/erase-v1": Task(Mode.FILL, "the empty background, nothing else"),
    "flux-tools/deblur-v1": Task(Mode.EDIT, "Remove the blur: the same picture, sharp and in focus."),
    "flux-tools/vto-v1": Task(Mode.EDIT, "The person from the first image wears the garment from the second image."),
    "flux-tools/vto-v2": Task(Mode.EDIT, "The person from the first image wears the garment from the second image."),
})  # fmt: skip

# else the first picture that is given tells, by its parameter
BY_PICTURE: Mapping[str, Mode] = MappingProxyType({
    "mask": Mode.FILL, "image_prompt": Mode.PROMPTED, "redux_image": Mode.VARIATION, "image": Mode.IMAGE, "images": Mode.EDIT,
    "input_images": Mode.EDIT, "person": Mode.EDIT, "garment": Mode.EDIT,
})  # fmt: skip
CONTROLS = ("control_image", "preprocessed_image")


def task_of(model: str, pictures: Collection[str], *, margins: bool = False) -> Task:
    """What the card `model` asks for with these pictures, named by their parameters. `margins`: there is something to add around one."""
    bare = model.rpartition("black-forest-labs/")[2]
    if bare in BY_NAME:
        return BY_NAME[bare]
    if margins:
        return Task(Mode.EXPAND)
    if "fill" in bare:
        return Task(Mode.FILL)
    if any(name in pictures for name in CONTROLS):
        return Task(Mode.DEPTH if "depth" in bare else Mode.CANNY)
    for name, mode in BY_PICTURE.items():
        if name in pictures:
            return Task(mode)
    return Task(Mode.EDIT if any(name.startswith("input_image") for name in pictures) else Mode.TEXT)
