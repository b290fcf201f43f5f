"""What a request asks of nano beside the prompt: pictures to begin from, to fill, or to be shown. Cards name them in many ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mezzotint import imaging
from mezzotint.core.images import Pixels
from mezzotint.engines.nano.canvas import Canvas, enlarged
from mezzotint.engines.nano.colours import colours
from mezzotint.engines.nano.controls import drawn, guessed_nearness, outlines, shaded
from mezzotint.engines.nano.filling import Filling
from mezzotint.ports import PaintRequest

Array = np.ndarray
HOLD = 0.3  # how much a picture to begin from counts where the request does not say
DEBLUR = 0.75  # the same where sharpening is all that is asked for
CONTROLS = ("control_image", "preprocessed_image")
SHOWN = ("input_image", "images", "person", "garment")  # how names of pictures begin that are shown, not begun from
# The API's thresholds are of eight-bit slopes; scaled so that its defaults, 50 and 200, are what nano was taught with.
LOW_SCALE, HIGH_SCALE = 1000.0, 1667.0

Show = Callable[[Pixels], Array]
"""A picture of the grid's size to what nano is shown of it, (h, w, 3) in 0..1."""


@dataclass(frozen=True)
class Brief:
    """`start`: painting begins from this picture, of which `hold` stays. `canvas`: a picture with a hole to fill, and
    `filling`, what nano is told of it. `shown`: pictures to look at, and what is to be seen of each; `edited`: there is one, and all that the prompt does not name is to stay as it is there.
    `hint`: tokens (n, 128) that the noise has besides where painting begins from nothing."""

    start: Pixels | None = None
    hold: float = HOLD
    canvas: Canvas | None = None
    filling: Filling | None = None
    shown: tuple[tuple[Pixels, Show], ...] = ()
    edited: bool = False
    hint: Array | None = None

    @property
    def from_nothing(self) -> bool:
        """Whether no picture is given."""
        return self.start is None and self.canvas is None and not self.shown


def _outlines_at(low: float, high: float) -> Show:
    return lambda pixels: drawn(outlines(colours(pixels), low / LOW_SCALE, high / HIGH_SCALE))


def _as_lines(pixels: Pixels) -> Array:
    """A ready-made drawing of edges, white on black."""
    return drawn((colours(pixels).mean(-1) > 0.5).astype(np.float32))


def _as_nearness(pixels: Pixels) -> Array:
    """A ready-made map of nearness, near being light."""
    return shaded(colours(pixels).mean(-1))


def _guessed(pixels: Pixels) -> Array:
    return shaded(guessed_nearness(colours(pixels)))


def _control(request: PaintRequest, name: str, picture: Pixels, extras: dict[str, Any]) -> tuple[Pixels, Show]:
    depth, ready = "depth" in request.model, name == "preprocessed_image"
    if depth:
        return picture, _as_nearness if ready else _guessed
    if ready:
        return picture, _as_lines
    low, high = extras.get("canny_low_threshold"), extras.get("canny_high_threshold")
    return picture, _outlines_at(50.0 if low is None else float(low), 200.0 if high is None else float(high))


def _canvas(pictures: dict[str, Pixels], extras: dict[str, Any], size: tuple[int, int]) -> Canvas | None:
    """The picture that is to be filled or enlarged, at the size that is asked for; None where there is none."""
    picture = pictures.get("image") or pictures.get("input_image")
    if picture is None:
        return None
    if extras.get("margins"):
        return enlarged(picture, *extras["margins"]).at(*size)
    mask = pictures.get("mask")
    if mask is None:
        return None
    hole = imaging.resize(mask, picture.width, picture.height).array[..., 0] > 127
    return Canvas.around(picture, Canvas(picture, hole).grown(int(extras.get("dilate_pixels") or 0)).hole).at(*size)


def brief_of(request: PaintRequest, size: tuple[int, int]) -> Brief:
    """What the request's pictures are for; `size` is that of the picture to be painted."""
    extras, pictures = dict(request.extras), dict(request.pictures)
    canvas = _canvas(pictures, extras, size)
    if canvas is not None:
        return Brief(canvas=canvas)
    controls = [_control(request, name, picture, extras) for name, picture in request.pictures if name in CONTROLS]
    if controls:
        return Brief(shown=(controls[-1],))  # one that is ready is used as it is
    shown = tuple((picture, colours) for name, picture in request.pictures if name.startswith(SHOWN))
    if shown:
        return Brief(shown=shown, edited=len(shown) == 1)
    if not request.pictures:
        return Brief()
    return Brief(start=request.pictures[0][1], hold=_hold(request))


def _hold(request: PaintRequest) -> float:
    """How much of the given picture stays, 0 to 0.95: an image prompt's strength says so; Replicate's prompt strength is the other way round."""
    if "deblur" in request.model:
        return DEBLUR
    if request.strength is None:
        return HOLD
    return min(max(1 - request.strength if dict(request.extras).get("leaves") else request.strength, 0.0), 0.95)
