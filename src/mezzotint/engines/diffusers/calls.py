"""What each pipeline of diffusers is called with: a table, since no two take the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mezzotint import imaging
from mezzotint.core.errors import BadPicture
from mezzotint.core.images import Pixels

MEGAPIXEL = 1024 * 1024
SHORTEST, LONGEST_RATIO = 64, 8.0  # of a picture that FLUX.2 refers to
LARGE = 512 * 512  # pixels from which Kontext's pictures are brought to one of the sizes that it was taught with


@dataclass(frozen=True)
class Job:
    """What is to be painted, by the pipeline's class. `width` and `height` fit its grid. `leave` is how far to leave the picture, 0 to 1."""

    pipeline: str
    width: int
    height: int
    steps: int
    guidance: float
    picture: Pixels | None = None
    mask: Pixels | None = None
    control: Pixels | None = None
    references: tuple[Pixels, ...] = ()
    leave: float = 1.0

    def but(self, **changes: Any) -> Job:
        return replace(self, **changes)


def _image(job: Job) -> dict[str, Any]:
    return {} if job.picture is None else {"image": imaging.image_of(job.picture)}


def _fitted(job: Job) -> dict[str, Any]:
    """Pictures of exactly the size that is painted."""
    found = {} if job.picture is None else {"image": imaging.image_of(imaging.resize(job.picture, job.width, job.height))}
    if job.mask is not None:
        found["mask_image"] = imaging.image_of(imaging.resize(job.mask, job.width, job.height)).convert("L")
    return found


def _strength(job: Job) -> dict[str, Any]:
    """At least one step is painted: diffusers leaves out the first of them."""
    return {"strength": min(1.0, max(job.leave, 1.0001 / job.steps))}


def _guided(job: Job) -> dict[str, Any]:
    return {"guidance_scale": job.guidance}


def _area(job: Job) -> dict[str, Any]:
    return {"max_area": job.width * job.height, "_auto_resize": job.picture is not None and job.picture.width * job.picture.height >= LARGE}


def _kontext(job: Job) -> dict[str, Any]:
    return _area(job) | ({} if job.picture is None else {"image": imaging.image_of(_at_most(job.picture, MEGAPIXEL))})


def _references(job: Job) -> dict[str, Any]:
    return {"image": [imaging.image_of(_usable(each)) for each in job.references]} if job.references else {}


def _control(job: Job) -> dict[str, Any]:
    return {"control_image": imaging.image_of(imaging.resize(job.control, job.width, job.height))} if job.control is not None else {}


CALLS: Mapping[str, tuple[Callable[[Job], dict[str, Any]], ...]] = {
    "FluxPipeline": (_guided,),
    "FluxImg2ImgPipeline": (_guided, _fitted, _strength),
    "FluxInpaintPipeline": (_guided, _fitted, _strength),
    "FluxFillPipeline": (_guided, _fitted),
    "FluxControlPipeline": (_guided, _control),
    "FluxKontextPipeline": (_guided, _kontext),
    "FluxKontextInpaintPipeline": (_guided, _area, _fitted, _strength),
    "Flux2Pipeline": (_guided, _references),
    "Flux2KleinPipeline": (_guided, _references),
    "Flux2KleinKVPipeline": (_references,),
    "Flux2KleinInpaintPipeline": (_guided, _fitted, _strength),
}


def arguments(job: Job) -> dict[str, Any]:
    """Raises BadPicture for pictures that the pipeline cannot refer to."""
    found: dict[str, Any] = {"width": job.width, "height": job.height, "num_inference_steps": job.steps}
    for part in CALLS[job.pipeline]:
        found |= part(job)
    return found


def _at_most(picture: Pixels, area: int) -> Pixels:
    scale = (area / (picture.width * picture.height)) ** 0.5
    return picture if scale >= 1 else imaging.resize(picture, max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))


def _usable(picture: Pixels) -> Pixels:
    """Large enough for FLUX.2, which refers to nothing that is too small or too long."""
    if max(picture.width, picture.height) > LONGEST_RATIO * min(picture.width, picture.height):
        raise BadPicture(f"the picture of {picture.width} by {picture.height} is too long: at most {LONGEST_RATIO:g} to 1 can be referred to")
    scale = SHORTEST / min(picture.width, picture.height)
    return picture if scale <= 1 else imaging.resize(picture, max(SHORTEST, round(picture.width * scale)), max(SHORTEST, round(picture.height * scale)))
