"""Rules across parameters. Each says itself in a sentence, for docs and forms, and finds the Problem in given values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

from mezzotint.core.parameters import Problem

Values = Mapping[str, Any]


class Rule(Protocol):
    @property
    def sentence(self) -> str: ...

    def check(self, values: Values) -> Problem | None:
        """The problem, if there is one. `values` are settled: types and single ranges already hold."""
        ...


def read_ratio(text: str) -> Fraction | None:
    """`16:9` as a fraction of width by height; None if it is not of that form."""
    width, colon, height = text.partition(":")
    if not (colon and width.isascii() and height.isascii() and width.isdigit() and height.isdigit()):
        return None
    if len(width) > 6 or len(height) > 6 or int(width) == 0 or int(height) == 0:
        return None
    return Fraction(int(width), int(height))


@dataclass(frozen=True)
class RatioBetween:
    """`aspect_ratio` is W:H between two ratios."""

    low: str
    high: str
    words: tuple[str, ...] = ()  # accepted beside a ratio

    @property
    def sentence(self) -> str:
        words = "".join(f", or {word}" for word in self.words)
        return f"aspect_ratio is written W:H, between {self.low} and {self.high}{words}."

    def check(self, values: Values) -> Problem | None:
        text = values.get("aspect_ratio")
        if text is None or text in self.words:
            return None
        ratio, low, high = read_ratio(text), read_ratio(self.low), read_ratio(self.high)
        if ratio is None or low is None or high is None or not low <= ratio <= high:
            return Problem(("aspect_ratio",), f"Aspect ratio should be W:H between {self.low} and {self.high}")
        return None


@dataclass(frozen=True)
class MaxPixels:
    """Width times height is bounded."""

    pixels: int

    @property
    def sentence(self) -> str:
        return f"width times height is at most {self.pixels} pixels."

    def check(self, values: Values) -> Problem | None:
        width, height = values.get("width") or 0, values.get("height") or 0
        if width * height > self.pixels:
            return Problem(("width",), f"Width times height should be at most {self.pixels} pixels, but {width} x {height} is {width * height}")
        # one side alone is bounded too: the other can not be less than the least side
        if max(width, height) > self.pixels // 64:
            return Problem(("width" if width > height else "height",), f"Side should be at most {self.pixels // 64}")
        return None


@dataclass(frozen=True)
class OneOf:
    """At least one of several parameters is given."""

    names: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return f"One of {' and '.join(self.names)} is required."

    def check(self, values: Values) -> Problem | None:
        if any(values.get(name) for name in self.names):
            return None
        return Problem((self.names[0],), f"Field required: give {' or '.join(self.names)}", "missing")


@dataclass(frozen=True)
class AlphaNeedsFormat:
    """A transparent background needs a format that has one."""

    @property
    def sentence(self) -> str:
        return "transparent_bg needs output_format png or webp."

    def check(self, values: Values) -> Problem | None:
        if values.get("transparent_bg") and values.get("output_format") not in ("png", "webp"):
            return Problem(("transparent_bg",), "Transparent background needs output_format png or webp")
        return None


@dataclass(frozen=True)
class CustomNeedsSize:
    """`aspect_ratio: custom` takes its size from width and height."""

    @property
    def sentence(self) -> str:
        return "aspect_ratio custom needs width and height; otherwise they are not used."

    def check(self, values: Values) -> Problem | None:
        if values.get("aspect_ratio") != "custom":
            return None
        for name in ("width", "height"):
            if not values.get(name):
                return Problem((name,), "Field required with aspect_ratio custom", "missing")
        return None
