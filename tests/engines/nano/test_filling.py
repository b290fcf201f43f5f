"""What nano is told of a picture with a hole, and where in it a thing goes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.core.images import Pixels
from mezzotint.engines.nano.canvas import Canvas, enlarged
from mezzotint.engines.nano.engine import NanoEngine
from mezzotint.engines.nano.filling import BESIDE, LEAST, Fillings, hidden, hole_box
from mezzotint.engines.nano.seen import Places, Seen
from mezzotint.engines.nano.words import KnownWords
from mezzotint.ports import PaintRequest
from tests.engines.nano.test_engine import WEIGHTS, a_request

KNOWN = KnownWords(json.loads((WEIGHTS / "words.json").read_text("utf-8")), np.load(WEIGHTS / "words.npz")["things"])
BEACH = Seen(
    {"en": "on the beach", "de": "am Strand", "tr": "sahilde"}, {"en": "at night", "de": "bei Nacht", "tr": "gece"}, dict.fromkeys(("en", "de", "tr"), "")
)


class Shown(Places):
    """Sees the same in every picture."""

    def __init__(self, seen: Seen | None) -> None:
        self._seen = seen

    def of(self, canvas: Canvas) -> Seen | None:
        return self._seen


def fillings(seen: Seen | None) -> Fillings:
    return Fillings(json.loads((WEIGHTS / "words.json").read_text("utf-8")), KNOWN, Shown(seen))


def a_canvas(top: int, bottom: int, left: int, right: int, width: int = 512, height: int = 512) -> Canvas:
    hole = np.zeros((height, width), bool)
    hole[top:bottom, left:right] = True
    return Canvas(Pixels.of(np.full((height, width, 3), 90, np.uint8)), hole)


MIDDLE = a_canvas(100, 420, 100, 420)  # with room for a thing where nano paints one by itself
LEFT = a_canvas(200, 440, 20, 240)


# what nano is told


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("a penguin", "a penguin on the beach at night"),
        ("ein roter Apfel.", "ein roter Apfel am Strand bei Nacht"),
        ("iki kedi", "iki kedi sahilde gece"),
        ("a penguin by day", "a penguin by day on the beach"),
        ("a penguin on the beach", "a penguin on the beach at night"),
        ("a penguin in the snow", "a penguin in the snow"),
        ("dört pembe top", "dört pembe top on the beach at night"),  # a word that English has as well
    ],
)
def test_nano_is_told_what_is_seen_where_the_prompt_leaves_it_open(prompt: str, told: str) -> None:
    filling = fillings(BEACH).of(prompt, MIDDLE)

    assert filling.arranged.scenes == (told,)
    assert (filling.arranged.things, filling.hold) == ((), 0)


@pytest.mark.parametrize(
    "prompt", ["", "remove the car", "no people", "erase the cat.", "entferne das Auto", "arabayı kaldır", "seamless background", "more sand"]
)
def test_where_no_thing_is_asked_for_what_is_behind_things_is_painted(prompt: str) -> None:
    filling = fillings(BEACH).of(prompt, MIDDLE)

    assert filling.arranged.scenes == ("a lighthouse on the right on the beach at night", "a lighthouse on the left on the beach at night")
    assert (filling.arranged.things, filling.hold) == ((), 0)


def test_what_is_told_of_the_scenery_counts_more_than_what_is_seen() -> None:
    assert fillings(BEACH).of("in the snow, watercolour", MIDDLE).arranged.scenes[0] == "a lighthouse on the right in the snow watercolour painting"
    assert fillings(None).of("am Strand", MIDDLE).arranged.scenes[1] == "a lighthouse on the left on the beach"


def test_where_nobody_knows_the_place_what_is_around_goes_on_into_the_hole() -> None:
    filling = fillings(None).of("remove the car", MIDDLE)

    assert (filling.arranged.scenes, filling.hold) == (("",), BESIDE)


def test_around_a_picture_that_is_made_larger_it_always_does() -> None:
    larger = enlarged(MIDDLE.picture, 100, 0, 100, 50)
    for prompt in ("", "a penguin"):
        assert fillings(BEACH).of(prompt, larger).hold == BESIDE
    assert fillings(BEACH).of("a penguin", larger).arranged.things == ()


def test_a_frame_of_a_hole_without_words_is_filled_as_such() -> None:
    framed = a_canvas(0, 512, 0, 512)
    framed.hole[100:400, 100:400] = False

    assert fillings(BEACH).of("", framed).hold == BESIDE
    assert fillings(BEACH).of("a penguin on the beach", framed).hold == 0


# a thing in the hole


def test_a_thing_in_a_hole_elsewhere_is_painted_apart_before_what_is_behind_it() -> None:
    arranged = fillings(BEACH).of("ein roter Apfel", LEFT).arranged

    assert arranged.scenes == ("a lighthouse on the right on the beach at night", "a lighthouse on the left on the beach at night")
    (thing,) = arranged.things
    assert (thing.prompts[0], thing.ground) == ("a red apple on a white background", "beach")
    assert arranged.light < (0.8, 0.8, 0.9)  # as at night


def test_so_it_is_in_any_hole_of_a_picture_that_shows_no_known_place() -> None:
    filling = fillings(None).of("ein roter Apfel", MIDDLE)

    assert filling.arranged.told == "a red apple on a white background"
    assert filling.hold == BESIDE


@pytest.mark.parametrize("prompt", ["two cats", "a cat and a dog", "a cat with a gizmo"])
def test_of_what_is_more_than_one_thing_all_is_painted_at_once(prompt: str) -> None:
    assert fillings(BEACH).of(prompt, LEFT).arranged.things == ()


@given(st.integers(200, 900), st.integers(200, 900), st.tuples(*[st.floats(0, 1)] * 4), st.booleans())
@settings(max_examples=200, deadline=None)
def test_the_box_is_in_the_hole(width: int, height: int, edges: tuple[float, ...], flies: bool) -> None:
    (top, bottom), (left, right) = sorted(round(edge * height) for edge in edges[:2]), sorted(round(edge * width) for edge in edges[2:])
    canvas = a_canvas(top, bottom, left, right, width, height)

    box = hole_box(canvas, flies)

    if box is None:
        assert min(bottom - top, right - left) < (LEAST + 0.3) * min(width, height) / 8
    else:
        assert hidden(canvas, box) > 0.9
        assert box.side >= LEAST


def test_it_stands_on_the_line_on_which_things_stand_where_there_is_room_and_else_at_the_hole_s_foot() -> None:
    standing, above, below = (hole_box(canvas, flies=False) for canvas in (a_canvas(64, 480, 64, 250), a_canvas(0, 200, 300, 500), a_canvas(400, 512, 0, 300)))

    assert standing is not None
    assert above is not None
    assert below is not None
    assert standing.row == 6
    assert 0.9 * 200 / 64 < above.row < 200 / 64
    assert 6 < below.row < 8


def test_what_flies_is_in_the_middle_of_the_hole() -> None:
    box = hole_box(a_canvas(64, 480, 64, 250), flies=True)

    assert box is not None
    assert abs(box.row - box.side / 2 - (64 + 480) / 2 / 64) < 0.02


def test_a_hole_that_is_a_ring_or_a_speck_has_no_room() -> None:
    ring = a_canvas(50, 450, 50, 450)
    ring.hole[80:420, 80:420] = False

    assert hole_box(ring, flies=False) is None
    assert hole_box(a_canvas(100, 130, 100, 400), flies=False) is None
    assert hole_box(a_canvas(0, 0, 0, 0), flies=False) is None


# through the engine


@pytest.fixture(scope="module")
def nano() -> NanoEngine:
    return NanoEngine(threads=2)


def filled(nano: NanoEngine, picture: Pixels, hole: np.ndarray, prompt: str) -> tuple[np.ndarray, dict[str, str]]:
    mask = Pixels.of(np.repeat(hole[..., None], 3, -1).astype(np.uint8) * 255)
    request: PaintRequest = a_request(prompt, model="flux-pro-1.0-fill", pictures=(("image", picture), ("mask", mask)), seed=4)
    painting = nano.paint(request, lambda *_: None)
    return painting.pixels.array / np.float32(255), dict(painting.notes)


@pytest.mark.parametrize("prompt", ["a red car in a green field by day", "a black horse on the beach at sunset"])
def test_without_words_the_thing_in_the_hole_is_gone(nano: NanoEngine, prompt: str) -> None:
    """And nothing came in its place: rows go on from the left of it to the right."""
    picture = nano.paint(a_request(prompt, seed=2), lambda *_: None).pixels
    hole = a_canvas(140, 440, 90, 430).hole

    erased, notes = filled(nano, picture, hole, "")

    def busy(shown: np.ndarray) -> float:
        return float(np.abs(shown[140:440, 90:430] - np.median(shown[140:440, :60], 1, keepdims=True)).mean())

    before = busy(picture.array / np.float32(255))
    assert busy(erased) < 0.4 * before
    assert notes["told"].startswith("a lighthouse on the right ")


def test_a_whole_thing_comes_where_the_hole_is(nano: NanoEngine) -> None:
    field = nano.paint(a_request("a green field by day"), lambda *_: None).pixels
    hole = a_canvas(280, 430, 20, 170).hole

    made, notes = filled(nano, field, hole, "a red apple")

    red = made[..., 0] - made[..., 1] > 0.3
    assert not red[~hole].any()
    rows, columns = np.nonzero(red)
    assert np.ptp(rows) > 60
    assert np.ptp(columns) > 80
    assert np.abs(columns.mean() - 95) < 16
    assert "a red apple on a white background" in notes["told"]


def test_a_picture_is_made_larger_without_words_in_its_own_colours(nano: NanoEngine) -> None:
    picture = nano.paint(a_request("a cat on the beach at sunset", seed=3), lambda *_: None).pixels
    request = a_request("", model="flux-pro-1.0-expand", width=768, height=512, pictures=(("image", picture),), extras=(("margins", (128, 0, 128, 0)),))

    wide = nano.paint(request, lambda *_: None).pixels.array / np.float32(255)

    for beside, edge in ((slice(0, 120), 128), (slice(648, 768), 639)):
        apart = np.abs(np.median(wide[:, beside], 1) - wide[:, edge])
        assert apart.mean() < 0.05
