"""nano with its shipped weights: what it is asked for is what it paints."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mezzotint import imaging
from mezzotint.core.catalogue import CARDS
from mezzotint.core.errors import EngineFailure
from mezzotint.core.images import Pixels
from mezzotint.core.parameters import Kind
from mezzotint.engines.nano.brief import HOLD
from mezzotint.engines.nano.closer import View
from mezzotint.engines.nano.engine import EDITING, RAW, USUAL, NanoEngine
from mezzotint.engines.nano.falling import fallen
from mezzotint.engines.nano.looks import FILTERS
from mezzotint.engines.nano.sampling import Grid
from mezzotint.engines.nano.sealed import DIGESTS, digests_of
from mezzotint.ports import Interrupted, PaintRequest

SQUARE = Grid(8, 8)
WEIGHTS = Path(__file__).parents[3] / "src" / "mezzotint" / "engines" / "nano" / "weights"
NAMES = sorted(file.name for file in WEIGHTS.iterdir() if file.name != DIGESTS)
RED, BLUE = (0.85, 0.1, 0.1), (0.1, 0.1, 0.85)


@pytest.fixture(scope="module")
def nano() -> NanoEngine:
    return NanoEngine(threads=2)


def a_request(prompt: str = "a cat in the snow", **rest: Any) -> PaintRequest:
    details: dict[str, Any] = {"model": "flux-dev", "width": 512, "height": 512, "steps": 8, "guidance": 3.0, "seed": 1} | rest
    return PaintRequest(prompt=prompt, **details)


def painted(nano: NanoEngine, prompt: str = "a cat in the snow", **rest: Any) -> np.ndarray:
    """(h, w, 3) in 0..1."""
    pixels: np.ndarray = nano.paint(a_request(prompt, **rest), lambda *_: None).pixels.array.astype(np.float32) / 255
    return pixels


def plain(colour: tuple[float, float, float], width: int = 256, height: int = 256) -> Pixels:
    return Pixels.of((np.ones((height, width, 3)) * colour * 255).astype(np.uint8))


def difference(one: np.ndarray, two: np.ndarray) -> float:
    """Root of the mean square, in parts of the whole range."""
    return float(np.sqrt(np.mean((one - two) ** 2)))


def test_the_same_request_gives_the_same_picture(nano: NanoEngine) -> None:
    assert np.array_equal(painted(nano), painted(nano))


def test_the_same_request_gives_the_same_picture_in_another_process(nano: NanoEngine) -> None:
    program = (
        "import sys; from mezzotint.engines.nano.engine import NanoEngine; from mezzotint.ports import PaintRequest;"
        "request = PaintRequest('flux-dev', 'a cat in the snow', 512, 512, 8, 3.0, 1);"
        "sys.stdout.buffer.write(NanoEngine(threads=2).paint(request, lambda *_: None).pixels.array.tobytes())"
    )

    other = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, timeout=120).stdout

    assert other == nano.paint(a_request(), lambda *_: None).pixels.array.tobytes()


def test_the_number_of_threads_changes_next_to_nothing(nano: NanoEngine) -> None:
    assert difference(painted(nano), painted(NanoEngine(threads=1))) < 0.02


def test_another_seed_gives_another_picture_of_the_same(nano: NanoEngine) -> None:
    first, second = painted(nano, seed=1), painted(nano, seed=2)

    assert difference(first, second) > 0.02


@pytest.mark.parametrize("seed", [0, 2**31, 2**63, 2**64 - 1])
def test_every_seed_that_a_card_allows_paints(nano: NanoEngine, seed: int) -> None:
    assert painted(nano, seed=seed, steps=1).std() > 0.01


def test_the_prompt_decides(nano: NanoEngine) -> None:
    snow, night = painted(nano, "a cat in the snow"), painted(nano, "a city at night")

    assert snow.mean() > night.mean() + 0.2


def test_more_steps_come_nearer_to_where_many_lead(nano: NanoEngine) -> None:
    many = painted(nano, steps=48)

    assert difference(painted(nano, steps=24), many) < difference(painted(nano, steps=6), many) < difference(painted(nano, steps=1), many)


def test_each_step_is_reported_and_can_be_the_last(nano: NanoEngine) -> None:
    told: list[tuple[int, int]] = []

    def report(step: int, steps: int) -> None:
        told.append((step, steps))
        if step == 3:
            raise Interrupted

    with pytest.raises(Interrupted):
        nano.paint(a_request(steps=9), report)
    assert told == [(1, 9), (2, 9), (3, 9)]


def test_more_guidance_takes_the_picture_further_from_what_no_words_would_give(nano: NanoEngine) -> None:
    wordless = painted(nano, "", guidance=1.0)
    prompt = "a red car in a city at night"

    assert difference(painted(nano, prompt, guidance=5.0), wordless) > difference(painted(nano, prompt, guidance=1.0), wordless)


@pytest.mark.parametrize(("beyond", "most"), [(100.0, 6.0), (0.0, 1.0)])
def test_guidance_beyond_what_was_taught_counts_as_the_nearest(nano: NanoEngine, beyond: float, most: float) -> None:
    assert np.array_equal(painted(nano, guidance=beyond, steps=2), painted(nano, guidance=most, steps=2))


def test_a_given_picture_guides_the_colours(nano: NanoEngine) -> None:
    red, blue = (painted(nano, pictures=(("image_prompt", plain(colour)),), strength=0.7) for colour in (RED, BLUE))

    assert (red[..., 0] - red[..., 2]).mean() > (blue[..., 0] - blue[..., 2]).mean() + 0.2


def test_a_given_picture_counts_by_its_strength(nano: NanoEngine) -> None:
    given = np.ones((512, 512, 3), np.float32) * RED
    away = [difference(painted(nano, pictures=(("image_prompt", plain(RED)),), strength=strength), given) for strength in (0.1, 0.5, 0.9)]

    assert away[0] > away[1] > away[2]


def test_a_given_picture_counts_a_little_where_nothing_is_said(nano: NanoEngine) -> None:
    pictures = (("image_prompt", plain(RED)),)

    assert np.array_equal(painted(nano, pictures=pictures), painted(nano, pictures=pictures, strength=HOLD))


def test_a_prompt_s_strength_is_the_other_way_round(nano: NanoEngine) -> None:
    pictures = (("image", plain(RED)),)

    leaves = painted(nano, pictures=pictures, strength=0.2, extras=(("leaves", True),))

    assert difference(leaves, painted(nano, pictures=pictures, strength=0.8)) < 1e-6


# long pictures


@pytest.mark.parametrize(("width", "height"), [(1568, 672), (1024, 576)])
def test_in_a_wide_picture_a_thing_is_there_once(nano: NanoEngine, width: int, height: int) -> None:
    """Painted at once a fox has another beside it, and a car six wheels."""
    for seed in range(3):
        made = painted(nano, "a red car in the snow", width=width, height=height, seed=seed)
        unit = height / 8
        columns = np.nonzero(((made[..., 0] - made[..., 1] > 0.35) & (made[..., 0] - made[..., 2] > 0.35)).any(0))[0]

        assert abs(columns.mean() - width / 2) < unit
        assert np.ptp(columns) < 6 * unit


def test_a_wide_picture_is_told_of_in_two_parts_and_previews_show_all_of_it(nano: NanoEngine) -> None:
    told: list[tuple[int, int]] = []
    seen: list[Pixels | None] = []

    def report(step: int, steps: int) -> None:
        told.append((step, steps))
        seen.append(nano.preview())

    nano.paint(a_request("two cats on the beach", width=1536, height=512, steps=3), report)

    assert told == [(step, 6) for step in range(1, 7)]
    assert {(preview.width, preview.height) for preview in seen if preview is not None} == {(256, 85)}
    assert None not in seen


def test_where_a_picture_is_given_a_long_one_is_painted_at_once(nano: NanoEngine) -> None:
    told: list[tuple[int, int]] = []
    given = (("input_image", plain(BLUE, 1024, 512)),)

    nano.paint(a_request("make it night", width=1024, height=512, steps=2, pictures=given), lambda *step: told.append(step))

    assert told == [(1, 2), (2, 2)]


# fill, expand, references


def half_masked(width: int = 512, height: int = 512) -> Pixels:
    mask = np.zeros((height, width, 3), np.uint8)
    mask[height // 4 : height * 3 // 4, width // 4 : width * 3 // 4] = 255
    return Pixels.of(mask)


def test_a_fill_paints_the_hole_and_keeps_the_rest_to_the_pixel(nano: NanoEngine) -> None:
    field = nano.paint(a_request("a green field by day"), lambda *_: None).pixels
    mask = half_masked()
    pictures = (("image", field), ("mask", mask))

    filled = nano.paint(a_request("a red car in a green field by day", model="flux-pro-1.0-fill", pictures=pictures, steps=12), lambda *_: None).pixels

    hole = mask.array[..., 0] > 0
    assert np.array_equal(filled.array[~hole], field.array[~hole])
    red = filled.array[..., 0].astype(int) - filled.array[..., 1]
    assert (red[hole] > 60).mean() > 0.08
    assert (red[~hole] > 60).mean() < 0.02


def test_no_grey_of_a_hole_stays_whose_edges_are_within_patches(nano: NanoEngine) -> None:
    field = nano.paint(a_request("a tree in a green field by day", seed=3), lambda *_: None).pixels
    hole = np.zeros((512, 512), bool)
    hole[185:470, 85:430] = True
    mask = Pixels.of(np.repeat(hole[..., None], 3, -1).astype(np.uint8) * 255)

    pictures = (("image", field), ("mask", mask))
    filled = nano.paint(a_request("a red car in a green field by day", model="flux-pro-1.0-fill", pictures=pictures), lambda *_: None).pixels

    grey = np.abs(filled.array.astype(int) - 128).max(-1) < 26
    assert grey[hole].mean() < 0.02


def test_a_hole_without_words_becomes_like_what_is_around_it(nano: NanoEngine) -> None:
    given = plain((0.3, 0.6, 0.3), 512, 512)
    pictures = (("image", given), ("mask", half_masked()))

    erased = nano.paint(a_request("", model="flux-tools/erase-v1", pictures=pictures), lambda *_: None).pixels

    assert difference(erased.array / 255, given.array / 255) < 0.2


def test_an_expanded_picture_is_the_picture_with_more_around_it(nano: NanoEngine) -> None:
    cat = nano.paint(a_request(), lambda *_: None).pixels
    margins = (256, 0, 256, 0)
    rest: dict[str, Any] = {"model": "flux-pro-1.0-expand", "width": 1024, "height": 512, "pictures": (("image", cat),), "extras": (("margins", margins),)}

    wide = nano.paint(a_request(**rest), lambda *_: None).pixels

    assert np.array_equal(wide.array[:, 256:768], cat.array)
    for seam in (256, 768):  # no line where the old ends and the new begins
        jumps = np.abs(np.diff(wide.array.astype(int), axis=1)).mean((0, 2))
        assert jumps[seam - 1] < 12


def with_card(folder: Path, **facts: Any) -> NanoEngine:
    """The shipped weights, where their card says something else as well."""
    folder.mkdir(exist_ok=True)
    for name in NAMES:
        (folder / name).symlink_to(WEIGHTS / name)
    card = json.loads((folder / "model.json").read_text())
    (folder / "model.json").unlink()
    (folder / "model.json").write_text(json.dumps(card | facts))
    (folder / DIGESTS).write_text(digests_of(folder))
    return NanoEngine(threads=2, weights=folder)


@pytest.mark.parametrize(
    ("model", "names"),
    [("flux-kontext-pro", ["input_image"]), ("flux-2-pro", ["input_image", "input_image_2"]), ("flux-pro-1.0-canny", ["control_image"])],
)
def test_pictures_that_are_shown_are_further_tokens(nano: NanoEngine, model: str, names: list[str]) -> None:
    red, blue = (
        painted(nano, model=model, pictures=tuple((name, plain(colour, 320, 256)) for name in names), width=352, height=256, steps=2) for colour in (RED, BLUE)
    )

    assert red.shape == (256, 352, 3)
    if model == "flux-pro-1.0-canny":
        assert np.array_equal(red, blue)  # neither has outlines
    else:
        assert difference(red, blue) > 0.001


@pytest.mark.parametrize(("names", "hinted"), [(["input_image"], True), (["input_image", "input_image_2"], False)])
def test_painting_begins_with_a_hint_of_what_is_edited(tmp_path: Path, names: list[str], hinted: bool) -> None:
    pictures = tuple((name, plain(RED)) for name in names)
    none, some = (painted(with_card(tmp_path / str(hint), hint=hint), model="flux-2-pro", pictures=pictures, steps=2) for hint in (0.0, 0.5))

    assert np.array_equal(none, some) is not hinted


def test_the_shipped_weights_need_eight_steps(nano: NanoEngine) -> None:
    assert nano.card["usual_steps"] == 8


@pytest.mark.parametrize(("unsaid", "steps"), [(["steps", "guidance"], 8), (["guidance"], 5), ([], 5)])
def test_who_does_not_say_how_many_steps_gets_the_usual_number(nano: NanoEngine, unsaid: list[str], steps: int) -> None:
    told: list[tuple[int, int]] = []

    painting = nano.paint(a_request(steps=5, extras=(("unsaid", unsaid),)), lambda *step: told.append(step))

    assert told[-1] == (steps, steps)
    assert dict(painting.notes)["steps"] == str(steps)


@pytest.mark.parametrize(("asked", "usual", "steps"), [(28, 28, 8), (28, 50, 28), (4, 28, 4), (4, 4, 8)])
def test_a_model_s_usual_number_of_steps_means_as_many_as_nano_needs_and_others_themselves(nano: NanoEngine, asked: int, usual: int, steps: int) -> None:
    assert dict(nano.paint(a_request(steps=asked, extras=(("usual_steps", usual),)), lambda *_: None).notes)["steps"] == str(steps)


def test_weights_without_a_usual_number_take_as_many_steps_as_the_model_would(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    with_card(tmp_path, usual_steps=None).paint(a_request(steps=5, extras=(("unsaid", ["steps"]),)), lambda *step: told.append(step))

    assert told[-1] == (5, 5)


def test_a_raw_picture_insists_less_on_the_prompt_unless_it_is_said_how_much(nano: NanoEngine) -> None:
    unsaid: tuple[tuple[str, Any], ...] = (("raw", True), ("unsaid", ["guidance"]))
    said: tuple[tuple[str, Any], ...] = (("raw", True), ("unsaid", []))

    assert np.array_equal(painted(nano, steps=2, extras=unsaid), painted(nano, steps=2, guidance=RAW))
    assert np.array_equal(painted(nano, steps=2, extras=said), painted(nano, steps=2))


@pytest.mark.parametrize(("usual", "asked", "meant"), [(3, 3, USUAL), (5, 5, USUAL), (3, 1.5, 1.25), (60, 60, USUAL), (60, 30, 1.25), (15, 30, 5.0)])
def test_a_model_s_usual_guidance_means_what_suits_nano_and_others_in_proportion(nano: NanoEngine, usual: float, asked: float, meant: float) -> None:
    assert np.array_equal(painted(nano, steps=2, guidance=asked, extras=(("usual_guidance", usual),)), painted(nano, steps=2, guidance=meant))
    assert asked == meant or not np.array_equal(painted(nano, steps=2, guidance=asked), painted(nano, steps=2, guidance=meant))


def test_edits_are_insisted_upon_more(nano: NanoEngine) -> None:
    edit: dict[str, Any] = {"model": "flux-kontext-dev", "steps": 2, "pictures": (("input_image", plain(RED)),)}
    usual: tuple[tuple[str, Any], ...] = (("usual_guidance", 2.5),)
    unsaid: tuple[tuple[str, Any], ...] = (("unsaid", ["guidance"]),)

    meant = painted(nano, guidance=EDITING, **edit)

    assert np.array_equal(painted(nano, guidance=2.5, extras=usual, **edit), meant)
    assert np.array_equal(painted(nano, guidance=2.5, extras=unsaid, **edit), meant)
    assert not np.array_equal(painted(nano, guidance=USUAL, **edit), meant)


def test_guidance_that_nobody_sets_is_what_suits_nano(nano: NanoEngine) -> None:
    unsaid: tuple[tuple[str, Any], ...] = (("unsaid", ["guidance"]),)

    assert np.array_equal(painted(nano, steps=2, guidance=3.0, extras=unsaid), painted(nano, steps=2, guidance=USUAL))


def test_weights_that_were_not_taught_to_look_begin_from_the_picture(tmp_path: Path) -> None:
    blind = with_card(tmp_path, references=False)
    shown, begun = (
        painted(blind, model=model, pictures=((name, plain(RED)),), steps=4) for model, name in (("flux-kontext-pro", "input_image"), ("flux-dev", "image"))
    )

    assert np.array_equal(shown, begun)


def sizes() -> list[tuple[int, int]]:
    """The corners of every card that takes pixels."""
    found = set()
    for card in CARDS:
        sides = [card.parameters.get(name) for name in ("width", "height")]
        if any(side is None or side.kind is not Kind.INTEGER for side in sides):
            continue
        low, high = (int(side.minimum or 64) for side in sides if side), (int(min(side.maximum or 2048, 2048)) for side in sides if side)
        (least_wide, least_high), (most_wide, most_high) = low, high
        found |= {(least_wide, least_high), (most_wide, least_high), (least_wide, most_high), (most_wide, most_high)}
    return sorted(found)


@pytest.mark.parametrize(("width", "height"), [*sizes(), (1024, 768), (1376, 768), (96, 640)])
def test_every_size_that_a_card_allows_is_painted(nano: NanoEngine, width: int, height: int) -> None:
    picture = painted(nano, width=width, height=height, steps=2)

    assert picture.shape == (height, width, 3)
    assert picture.std() > 0.01


def test_without_a_size_it_paints_as_large_as_the_picture_that_was_given(nano: NanoEngine) -> None:
    picture = painted(nano, width=None, height=None, steps=2, pictures=(("input_image", plain(RED, 320, 192)),))

    assert picture.shape == (192, 320, 3)


def blockiness(picture: np.ndarray) -> float:
    """How much more brightness bends at the edges of latents (every 32 pixels) than elsewhere along a row."""
    bends = np.abs(np.diff(picture, 2, axis=1)).mean((0, 2))
    edges = np.concatenate([np.arange(30, 510, 32), np.arange(31, 510, 32)])
    return float(bends[edges].mean() / np.delete(bends, edges).mean())


def test_no_edges_of_blocks_show(nano: NanoEngine) -> None:
    """As they would, were each latent painted for itself: the codec does that, and is what the decoder is held against."""
    latents = nano.latents(a_request(steps=20), SQUARE, lambda *_: None)

    alone = np.repeat(np.repeat(nano._codec.decode(latents), 2, axis=0), 2, axis=1)

    assert blockiness(alone) > 3
    assert blockiness(nano.decode(latents).array.astype(np.float32) / 255) < 2


def a_copy(folder: Path) -> Path:
    for file in WEIGHTS.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


@pytest.mark.parametrize("name", [*NAMES, DIGESTS])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    (a_copy(tmp_path) / name).unlink()

    with pytest.raises(EngineFailure, match=re.escape(name)):
        NanoEngine(weights=tmp_path)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("change", ["a bit", "an end", "a byte more", "another file"])
def test_a_file_that_was_altered_is_refused_before_anything_reads_it(tmp_path: Path, name: str, change: str) -> None:
    data = (a_copy(tmp_path) / name).read_bytes()
    middle = len(data) // 2
    altered = {
        "a bit": data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :],
        "an end": data[:-1],
        "a byte more": data + b"\n",
        "another file": (tmp_path / NAMES[NAMES.index(name) - 1]).read_bytes(),
    }
    (tmp_path / name).write_bytes(altered[change])

    with pytest.raises(EngineFailure, match=rf"{re.escape(name)} is not the file that digests\.json speaks of"):
        NanoEngine(weights=tmp_path)


@pytest.mark.parametrize("noted", ["[]", "{}", "no JSON", '{"codec.npz": null}'])
def test_without_digests_nothing_is_loaded(tmp_path: Path, noted: str) -> None:
    (a_copy(tmp_path) / DIGESTS).write_text(noted)

    with pytest.raises(EngineFailure, match="weights cannot be loaded"):
        NanoEngine(weights=tmp_path)


@pytest.mark.parametrize("data", [b"not a model", b"\x80\x04cposix\nsystem\n", b"PK\x03\x04"], ids=repr)
def test_a_file_that_is_no_model_is_an_engine_s_failure(tmp_path: Path, data: bytes) -> None:
    (a_copy(tmp_path) / "transformer.onnx").write_bytes(data)
    (tmp_path / DIGESTS).write_text(digests_of(tmp_path))

    with pytest.raises(EngineFailure, match=r"transformer\.onnx is not a model"):
        NanoEngine(weights=tmp_path)


def test_arrays_that_hold_objects_are_not_loaded(tmp_path: Path) -> None:
    """Objects in an array are pickles, which run what they say."""
    np.savez(a_copy(tmp_path) / "codec.npz", basis=np.array([{"a": 1}], dtype=object), mean=np.zeros(1), scale=np.zeros(1))
    (tmp_path / DIGESTS).write_text(digests_of(tmp_path))

    with pytest.raises(EngineFailure, match="pickle"):
        NanoEngine(weights=tmp_path)


def test_words_that_were_not_taught_are_noted_with_the_picture(nano: NanoEngine) -> None:
    told, known = (dict(nano.paint(a_request(prompt, steps=1), lambda *_: None).notes) for prompt in ("a dragon on a table", "a cat in the snow"))

    assert told["unknown words"] == "dragon (nearest: dinosaur)"
    assert "unknown words" not in known


def test_the_nearest_known_thing_is_painted_and_the_result_says_so(nano: NanoEngine) -> None:
    asked, meant = (nano.paint(a_request(prompt, steps=2), lambda *_: None) for prompt in ("a motorcycle in a city", "a bicycle in a city"))

    assert asked.prompt == meant.prompt == "a bicycle in a city"
    assert np.array_equal(asked.pixels.array, meant.pixels.array)


def test_upsampling_adds_what_the_prompt_leaves_open_and_says_what_was_painted(nano: NanoEngine) -> None:
    plainly, richly = (nano.paint(a_request("a cat", steps=1, extras=(("prompt_upsampling", wanted),)), lambda *_: None).prompt for wanted in (False, True))

    assert plainly == "a cat"
    assert richly.startswith("a cat ")
    assert richly.endswith(", 3d render")


def test_a_big_thing_is_the_usual_one_seen_closer(nano: NanoEngine) -> None:
    usual, big = (nano.paint(a_request(prompt), lambda *_: None) for prompt in ("a cat in the snow", "a huge cat in the snow"))

    nearer = imaging.resize(View(1 / 6, 1 / 6, 2 / 3).of(usual.pixels), 512, 512)
    assert big.prompt == "a huge cat in the snow"
    assert dict(big.notes)["told"] == "a cat in the snow"
    assert difference(big.pixels.array / 255, nearer.array / 255) < 0.001


@pytest.mark.parametrize("look", sorted(FILTERS))
def test_looks_are_made_of_the_picture_that_is_painted_without_them(nano: NanoEngine, look: str) -> None:
    made = painted(nano, f"a fox in the snow at night, {look}")

    expected = FILTERS[look](painted(nano, "a fox in the snow at night"), 64)
    assert difference(made, expected) < 0.003


def test_leaves_fall_before_the_picture_that_is_painted_without_them(nano: NanoEngine) -> None:
    autumn = painted(nano, "a fox in the forest among falling leaves", seed=6)

    expected = fallen(painted(nano, "a fox in the forest", seed=6), 64, "autumn", np.random.default_rng([2, 2]))
    assert difference(autumn, expected) < 0.003


def test_a_thing_that_is_nowhere_is_painted_where_it_is_at_home_and_the_picture_says_so(nano: NanoEngine) -> None:
    asked = nano.paint(a_request("a camel"), lambda *_: None)
    told = dict(asked.notes)["told"]

    assert asked.prompt == "a camel"
    assert told == "a camel in the desert"
    assert np.array_equal(asked.pixels.array, nano.paint(a_request(told), lambda *_: None).pixels.array)


def test_a_thing_on_another_is_painted_by_itself_and_put_there(nano: NanoEngine) -> None:
    alone, both = (nano.paint(a_request(prompt), lambda *_: None) for prompt in ("a car in the snow", "a cat on a car in the snow"))

    there = (slice(2 * 64, 4 * 64), slice(3 * 64, 5 * 64))
    cat = np.abs(both.pixels.array[there].astype(float) - alone.pixels.array[there]).max(-1) > 40
    both.pixels.array[there] = alone.pixels.array[there]
    assert dict(both.notes)["told"] == "a car in the snow; a cat on a white background"
    assert 0.15 < cat.mean() < 0.8
    assert difference(both.pixels.array / 255, alone.pixels.array / 255) < 0.003


def test_where_two_things_stand_nothing_else_does(nano: NanoEngine) -> None:
    """Prompts without a thing are painted with a blob in the middle."""
    both = painted(nano, "a snowman left of a fir tree on a white background", seed=4)

    between = both[3 * 64 : 6 * 64, 4 * 64 - 20 : 4 * 64 + 20]
    below, above = both[6 * 64 + 30 :], both[:100]
    assert np.abs(between - np.median(above, axis=(0, 1))).mean() < 0.15
    assert np.abs(below - np.median(above, axis=(0, 1))).mean() < 0.1


def test_of_two_things_all_steps_are_told_of_and_previews_show_both(nano: NanoEngine) -> None:
    told: list[tuple[int, int]] = []
    seen: list[Pixels | None] = []

    def report(step: int, steps: int) -> None:
        told.append((step, steps))
        seen.append(nano.preview())

    made = nano.paint(a_request("a cat behind a car in the snow", steps=2), report)

    assert told == [(step, 14) for step in range(1, 15)]
    assert seen[:12] == [None] * 12
    last = seen[-1]
    assert last is not None
    assert difference(imaging.resize(made.pixels, last.width, last.height).array / 255, last.array / 255) < 0.1


def test_two_things_are_the_same_pixels_each_time_and_can_be_canceled(nano: NanoEngine) -> None:
    request = a_request("a cat next to a car in the snow", width=640, height=448, steps=2)

    def report(step: int, steps: int) -> None:
        if step == 3:
            raise Interrupted

    with pytest.raises(Interrupted):
        nano.paint(request, report)
    one, other = (nano.paint(request, lambda *_: None).pixels for _ in range(2))

    assert (one.width, one.height) == (640, 448)
    assert np.array_equal(one.array, other.array)


def test_a_look_and_weather_are_of_both_things(nano: NanoEngine) -> None:
    plain, drawn = (painted(nano, f"a cat on a car in the city{look}", seed=2) for look in ("", ", line drawing"))

    assert difference(drawn, FILTERS["line drawing"](plain, 64)) < 0.003


def test_what_is_told_as_it_was_asked_for_is_not_noted(nano: NanoEngine) -> None:
    assert "told" not in dict(nano.paint(a_request(steps=1), lambda *_: None).notes)


def test_a_picture_that_is_to_have_another_look_stays_what_it_is(nano: NanoEngine) -> None:
    given = nano.paint(a_request(width=1024, height=768), lambda *_: None).pixels
    told: list[tuple[int, ...]] = []

    made = nano.paint(a_request("make it a watercolour", width=1024, height=768, pictures=(("input_image", given),)), lambda *step: told.append(step))

    assert dict(made.notes)["look"] == "watercolour"
    assert told == [(1, 1)]
    assert nano.preview() is None
    assert difference(made.pixels.array / 255, FILTERS["watercolour"](np.asarray(given.array, np.float32) / 255, 768 // 8)) < 0.003


def test_a_picture_in_which_leaves_are_to_fall_stays_what_it_is_behind_them(nano: NanoEngine) -> None:
    given = nano.paint(a_request(width=1024, height=768), lambda *_: None).pixels

    made = nano.paint(a_request("add falling leaves", width=1024, height=768, seed=6, pictures=(("input_image", given),)), lambda *_: None)

    expected = fallen(np.asarray(given.array, np.float32) / 255, 768 // 8, "autumn", np.random.default_rng([2, 2]))
    assert dict(made.notes)["weather"] == "autumn"
    assert difference(made.pixels.array / 255, expected) < 0.003
    assert 0.02 < (made.pixels.array != given.array).any(-1).mean() < 0.4


def test_where_an_edit_asks_for_more_than_leaves_they_fall_before_what_it_paints(nano: NanoEngine) -> None:
    given = (("input_image", nano.paint(a_request("a house in a green field"), lambda *_: None).pixels),)

    autumn, plain = (nano.paint(a_request(prompt, pictures=given), lambda *_: None) for prompt in ("put it in a city in autumn", "put it in a city"))

    expected = fallen(np.asarray(plain.pixels.array, np.float32) / 255, 64, "autumn", np.random.default_rng([1, 2]))
    assert dict(autumn.notes)["told"] == "put it in a city"
    assert difference(autumn.pixels.array / 255, expected) < 0.003


@pytest.mark.parametrize("size", [(512, 512), (1024, 768), (600, 350)])
def test_a_picture_into_which_a_thing_comes_stays_what_it_is_elsewhere(nano: NanoEngine, size: tuple[int, int]) -> None:
    width, height = size
    given = nano.paint(a_request("a cat in the snow", width=width, height=height), lambda *_: None).pixels
    seen: list[tuple[int, int, Pixels | None]] = []

    request = a_request("add a red ball", width=width, height=height, pictures=(("input_image", given),))
    made = nano.paint(request, lambda *step: seen.append((*step, nano.preview())))

    changed = (made.pixels.array != given.array).any(-1)
    rows, columns = np.nonzero(np.abs(made.pixels.array.astype(int) - given.array).max(-1) > 60)
    unit = min(size) / 8
    assert seen == [(step, 24, None) for step in range(1, 25)]
    assert dict(made.notes)["told"] == "a red ball on a white background"
    assert 0.01 < changed.mean() < 0.15
    assert 1.2 * unit < np.ptp(columns) < 2.1 * unit
    assert columns.min() > width / 2 + 1.5 * unit
    assert abs(rows.max() - (made.pixels.height / 2 + 2 * unit)) < 0.5 * unit


def test_a_thing_that_comes_is_the_same_each_time_another_by_another_seed_and_can_be_canceled(nano: NanoEngine) -> None:
    pictures = (("input_image", plain(BLUE)),)

    def report(step: int, steps: int) -> None:
        if step == 9:
            raise Interrupted

    one, again, other = (nano.paint(a_request("add a cat", seed=seed, pictures=pictures), lambda *_: None).pixels.array for seed in (1, 1, 2))
    with pytest.raises(Interrupted):
        nano.paint(a_request("add a cat", pictures=pictures), report)

    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_a_thing_comes_dark_into_a_dark_picture(nano: NanoEngine) -> None:
    by_day, by_night = (0.62, 0.71, 0.71), (0.1, 0.12, 0.2)
    light, dark = (painted(nano, "add a gift", pictures=(("input_image", plain(colour)),))[256:384, 384:] for colour in (by_day, by_night))

    assert (np.abs(light - by_day).max(-1) > 0.2).mean() > 0.3
    assert light[..., 0].max() > dark[..., 0].max() + 0.15


def test_into_several_pictures_nothing_is_put(nano: NanoEngine) -> None:
    pictures = (("input_image", plain(BLUE)), ("input_image_2", plain(RED)))

    made = nano.paint(a_request("add a cat", steps=2, pictures=pictures), lambda *_: None)

    assert "told" not in dict(made.notes)


def test_a_look_can_be_canceled(nano: NanoEngine) -> None:
    def report(step: int, steps: int) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        nano.paint(a_request("make it a watercolour", pictures=(("input_image", plain(RED)),)), report)


def test_a_prompt_about_a_picture_is_told_as_it_is(nano: NanoEngine) -> None:
    shown = nano.paint(a_request("a huge cat, pixel art", steps=2, pictures=(("image_prompt", plain(RED)),), strength=0.5), lambda *_: None)

    assert "told" not in dict(shown.notes)


def test_the_weights_are_small_enough_to_ship() -> None:
    assert sum(file.stat().st_size for file in WEIGHTS.iterdir()) < 30e6


# previews


def likeness(preview: Pixels, picture: Pixels) -> tuple[float, float]:
    """Of a preview to the picture made as small: correlation, and signal to noise in decibels."""
    one = preview.array.astype(np.float64)
    two = imaging.resize(picture, preview.width, preview.height).array.astype(np.float64)
    return float(np.corrcoef(one.ravel(), two.ravel())[0, 1]), float(10 * np.log10(255**2 / np.mean((one - two) ** 2)))


def watched(nano: NanoEngine, **rest: Any) -> tuple[list[Pixels], Pixels]:
    """What is to be seen with each step, but for those of what is painted apart, and the picture."""
    seen: list[Pixels] = []

    def look(step: int, steps: int) -> None:
        preview = nano.preview()
        assert preview is not None or (not seen and step < steps)
        seen.extend([preview] if preview is not None else [])

    return seen, nano.paint(a_request(**rest), look).pixels


@pytest.mark.parametrize(
    ("rest", "small"),
    [
        ({"prompt": "a red fox in the snow"}, (256, 256)),
        ({"prompt": "a paper boat on calm water at sunrise", "width": 1024, "height": 768, "seed": 5}, (256, 192)),
        ({"prompt": "a lighthouse on the beach", "width": 384, "height": 1440}, (68, 256)),
        ({"prompt": "a blue car in the rain", "width": 1440, "height": 320, "steps": 20}, (256, 57)),
        ({"prompt": "a cat", "width": 128, "height": 128}, (128, 128)),
        ({"prompt": "a huge cat in the snow", "width": 1024, "height": 768}, (256, 192)),
        ({"prompt": "a huge cat in the snow, watercolour", "width": 768, "height": 1024}, (192, 256)),
        ({"pictures": (("image_prompt", plain(RED)),), "strength": 0.5}, (256, 256)),
    ],
    ids=["square", "landscape", "high", "wide", "small", "seen closer", "seen closer in a look", "from a picture"],
)
def test_the_last_preview_is_nearly_the_picture(nano: NanoEngine, rest: dict[str, Any], small: tuple[int, int]) -> None:
    seen, picture = watched(nano, **rest)

    correlation, decibels = likeness(seen[-1], picture)

    assert (seen[-1].width, seen[-1].height) == small
    assert correlation > 0.97
    assert decibels > 26


def test_previews_come_ever_nearer_to_the_picture_and_show_its_colours_early(nano: NanoEngine) -> None:
    seen, picture = watched(nano, prompt="a red fox in the snow", steps=28)

    like = [likeness(preview, picture)[0] for preview in seen]

    assert len(seen) == 28
    assert like[9] > 0.8
    assert like[0] < like[9] < like[27]


def test_looking_changes_nothing(nano: NanoEngine) -> None:
    _, picture = watched(nano)

    assert np.array_equal(picture.array, nano.paint(a_request(), lambda *_: None).pixels.array)


def test_an_engine_that_has_painted_nothing_has_nothing_to_show() -> None:
    assert NanoEngine(threads=1).preview() is None
