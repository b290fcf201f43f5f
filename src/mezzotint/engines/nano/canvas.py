"""A picture with a hole: what is known stays as it is, what is not is painted and set in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from mezzotint import imaging
from mezzotint.core.images import Pixels
from mezzotint.engines.nano.latents import PATCH, pack

Array = np.ndarray
REACH = 8  # pixels that what is known goes on into the hole
FEATHER = 3  # pixels within the hole over which what is painted comes in
FRAMED = 0.25  # of a picture, that is known in the frame of a hole
SOFT = 4  # pixels over which what goes on into the hole is mixed


@dataclass(frozen=True)
class Canvas:
    """`picture`, and where of it nothing is known: `hole` (h, w) bool. `larger`: a picture was made larger, and that is around it."""

    picture: Pixels
    hole: Array
    larger: bool = False

    @classmethod
    def around(cls, picture: Pixels, hole: Array) -> Canvas:
        """The picture with what is known going on a little way into the hole: what was given there is not to be seen, at its edge or mixed into
        what is scaled. Of a transparent picture it would be white."""
        known = np.float32(1) - np.asarray(hole, np.float32)
        weight = _spread(known)
        carried = np.stack([_spread(picture.array[..., channel] * known) / np.maximum(weight, 0.5) for channel in range(3)], -1)
        reached = (hole & (weight > 0.5))[..., None]
        drawn = np.where(reached, np.clip(carried + 0.5, 0, 255), picture.array)
        return cls(Pixels.of(np.asarray(drawn, np.uint8)), hole)

    def at(self, width: int, height: int) -> Canvas:
        """The same at another size: whatever touches the hole belongs to it."""
        if (self.picture.width, self.picture.height) == (width, height):
            return self
        hole = np.asarray(Image.fromarray(self.hole).convert("L").resize((width, height), Image.Resampling.BOX)) > 0
        return Canvas(imaging.resize(self.picture, width, height), hole, self.larger)

    def grown(self, pixels: int) -> Canvas:
        """The hole larger by so many pixels on every side."""
        if pixels <= 0:
            return self
        grown = Image.fromarray(self.hole).convert("L").filter(ImageFilter.MaxFilter(2 * pixels + 1))
        return Canvas(self.picture, np.asarray(grown) > 0)

    def within(self, width: int, height: int) -> Canvas:
        """The canvas as the middle of a picture of width x height, as large as fits; what is beside it is hole. `imaging.crop` takes it out again."""
        scale = min(width / self.picture.width, height / self.picture.height)
        inner = (max(1, min(width, round(self.picture.width * scale))), max(1, min(height, round(self.picture.height * scale))))
        small = self.at(*inner)
        left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
        edges = ((top, height - inner[1] - top), (left, width - inner[0] - left))
        picture = np.pad(small.picture.array, (*edges, (0, 0)), mode="edge")
        return Canvas(Pixels.of(np.ascontiguousarray(picture)), np.pad(small.hole, edges, constant_values=True))

    @property
    def is_frame(self) -> bool:
        """Whether the hole is a frame around the rest, which is not small."""
        part = self.known_part().hole
        return not part.any() and part.size >= FRAMED * self.hole.size

    def known_part(self) -> Canvas:
        """The smallest part in which all is that is known; all of it where nothing is."""
        if self.hole.all():
            return self
        (rows, columns) = (np.nonzero(~self.hole.all(axis))[0] for axis in (1, 0))
        part = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
        return Canvas(Pixels.of(np.ascontiguousarray(self.picture.array[part])), self.hole[part])

    def continued(self) -> Pixels:
        """The picture with what is around the hole going on into it, softly, from beside a place and from above and below it, the nearer the more."""
        picture, hole = self.picture.array.astype(np.float32), self.hole
        while hole.any() and not hole.all():  # twice, where there are corners in which nothing is beside, above or below
            (beside, far), (above, high) = _across(picture, hole), _across(picture.swapaxes(0, 1), hole.T)
            near, close = 1 / (far + 1), 1 / (high.T + 1)
            reached = hole & (near + close > 0)
            mixed = (beside * near[..., None] + above.swapaxes(0, 1) * close[..., None])[reached] / (near + close)[reached, None]
            picture[reached] = mixed
            hole = hole & ~reached
        whole = Image.fromarray((picture + 0.5).astype(np.uint8))
        soft = np.asarray(whole.filter(ImageFilter.GaussianBlur(SOFT)))
        return Pixels.of(np.where(self.hole[..., None], soft, self.picture.array))

    def _touched(self) -> Array:
        """Which patches the hole touches, (h / 16, w / 16) bool. The picture is of whole tokens."""
        rows, columns = self.hole.shape[0] // PATCH, self.hole.shape[1] // PATCH
        return np.asarray(self.hole.reshape(rows, PATCH, columns, PATCH).any((1, 3)))

    def in_patches(self) -> Array:
        """The hole as nano was shown holes: of all patches that it touches, whole, (h, w) bool. Of a patch that is partly grey nano keeps the grey."""
        return np.repeat(np.repeat(self._touched(), PATCH, 0), PATCH, 1)

    def unknown_tokens(self) -> Array:
        """1 where a token's number is of a patch that the hole touches, else 0: (tokens, 128)."""
        return pack(np.repeat(np.asarray(self._touched(), np.float32)[None], 32, 0))

    def filled(self, painted: Pixels) -> Pixels:
        """The picture with the hole as it is in `painted`, of the same size: outside nothing changes, inside it comes in softly."""
        far = Image.fromarray(~self.hole).convert("L").filter(ImageFilter.MaxFilter(2 * FEATHER - 1)).filter(ImageFilter.BoxBlur(FEATHER - 1))
        near: Array = np.asarray(far, np.float32) / 255
        share: Array = np.expand_dims(np.multiply(1 - near, self.hole), -1)
        mixed = self.picture.array + (painted.array.astype(np.float32) - self.picture.array) * share
        return Pixels.of((mixed + 0.5).astype(np.uint8))


def _across(picture: Array, hole: Array) -> tuple[Array, Array]:
    """Each row's colours from one known place to the next, (h, w, 3), and how far the nearer of them is, (h, w): endlessly where there is none."""
    places, width = np.arange(hole.shape[1]), hole.shape[1]
    left = np.maximum.accumulate(np.where(hole, -1, places), 1)
    right = np.minimum.accumulate(np.where(hole, width, places)[:, ::-1], 1)[:, ::-1]
    far = np.minimum(np.where(left < 0, np.inf, places - left), np.where(right == width, np.inf, right - places))
    left, right = np.where(left < 0, right, left), np.where(right == width, left, right)
    share = ((places - left) / np.maximum(right - left, 1))[..., None]
    rows = np.arange(hole.shape[0])[:, None]
    return picture[rows, left % width] * (1 - share) + picture[rows, right % width] * share, far


def _spread(values: Array) -> Array:
    """Each number the sum of those at most REACH rows and columns away, (h, w), by running totals."""
    for axis in (0, 1):
        padded = np.pad(np.asarray(values, np.float64), [(REACH + 1, REACH) if axis == each else (0, 0) for each in (0, 1)])
        totals = np.moveaxis(padded.cumsum(axis), axis, 0)
        values = np.moveaxis(totals[2 * REACH + 1 :] - totals[: -2 * REACH - 1], 0, axis)
    return np.asarray(values, np.float32)


def enlarged(picture: Pixels, left: int, top: int, right: int, bottom: int) -> Canvas:
    """The picture with margins of so many pixels to paint, into which its edges go on; below 0 it is cut."""
    across, down = np.arange(-left, picture.width + right), np.arange(-top, picture.height + bottom)
    columns, rows = np.clip(across, 0, picture.width - 1), np.clip(down, 0, picture.height - 1)
    return Canvas(Pixels.of(np.ascontiguousarray(picture.array[rows][:, columns])), (rows != down)[:, None] | (columns != across)[None], larger=True)
