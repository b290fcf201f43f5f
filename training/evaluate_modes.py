"""What nano does with pictures, in figures: fills, edits, outlines, nearness, several pictures; and how it reconstructs, varies, and fares.

    python -m training.evaluate_modes --pictures 64 --out modes.json

Every request goes to the shipped runtime as the API would send it, made from examples that training never saw. What was to come out is
known, since the scenes are: the judges tell what is shown, and renders say where it should be. Edits begin with what nano painted, as a
rule with an image prompt: the render of what it is to show.
"""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from mezzotint.core.images import Pixels
from mezzotint.engines.nano.controls import HOLE, outlines
from mezzotint.engines.nano.engine import EDITING, USUAL, NanoEngine
from mezzotint.engines.nano.latents import TOKEN_PIXELS
from mezzotint.engines.nano.layout import SMALL
from mezzotint.ports import PaintRequest
from training import judge_boxes, reporting
from training.cases import SEED, SIDE
from training.draw import draw_scene
from training.edits import Edit
from training.examples import Example, make_example
from training.judging import HEADS, Judges, Opinions, Verdict, box_figures, judged, verdicts
from training.reporting import Dials
from training.scenes import Scene, at_grid, paint, shown

GRID = (8, 8)
UNIT = SIDE // GRID[0]
EDITS = 3  # times as many edits as of the other modes: they are judged by kind
DRAWN = 9  # pixels by which holes are larger than in training
NEAR = 2  # pixels by which an outline may be off, at the size that nano is shown it in
SAME = 0.02  # of colour: what an edit leaves alone differs by less
ELSE = 0.2  # of colour, root mean square over a token: where an edit leaves things alone, more than that is something else
HELD = 0.75  # of the change of the box in which most changed, by a box in which what came may stand as well
LEAST = 0.01  # of colour, by which such a box changed: less than that is nothing new
AROUND = 1  # tokens around such a box that its shadow, or what is like it there, may change
PARTS = ("add", "remove", "replace", "colour")  # kinds of edits that are about a part of the picture
MODELS = {"edit": "flux-kontext-pro", "fill": "flux-pro-1.0-fill", "edges": "flux-pro-1.0-canny", "depth": "flux-pro-1.0-depth", "combine": "flux-2-pro"}
# What of a scene an edit changes, by the head that judges it.
JUDGED = {"time": "time", "colour": "colour", "place": "place", "weather": "weather", "clear": "weather", "look": "look", "replace": "object"}


def decibels(one: np.ndarray, other: np.ndarray) -> float:
    return float(-10 * np.log10(max(float(np.mean((one - other) ** 2)), 1e-10)))


def eight_bits(picture: np.ndarray) -> Pixels:
    return Pixels.of(np.ascontiguousarray((np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)))


def _large(picture: np.ndarray) -> np.ndarray:
    """Twice as large: to the size that is asked for."""
    return np.repeat(np.repeat(picture, 2, 0), 2, 1)


def hole_of(example: Example) -> np.ndarray:
    """Where the picture is to be filled, (512, 512) bool: a little more than in training, where holes end with patches as none do that people draw."""
    hole = Image.fromarray((_large(example.references[0]) == HOLE).all(-1)).convert("L")
    return np.asarray(hole.filter(ImageFilter.MaxFilter(2 * DRAWN + 1))) > 0


def pictures_of(example: Example) -> tuple[tuple[str, Pixels], ...]:
    """The example's pictures under the names that its API has for them."""
    shown = [_large(picture) for picture in example.references]
    if example.mode == "fill":
        return ("image", eight_bits(_large(example.picture))), ("mask", eight_bits(np.repeat(hole_of(example)[..., None], 3, -1)))
    if example.mode == "edges":
        return (("control_image", eight_bits(_large(example.picture))),)
    if example.mode == "depth":
        return (("preprocessed_image", eight_bits(shown[0])),)
    return tuple((f"input_image{'' if number == 0 else f'_{number + 1}'}", eight_bits(picture)) for number, picture in enumerate(shown))


def begun_with(engine: NanoEngine, examples: Sequence[Example], dials: Dials) -> list[np.ndarray]:
    """What edits begin with, (512, 512, 3) in 0..1: painted where the render has things, since it is the image prompt."""
    requests = []
    for number, example in enumerate(examples):
        render = eight_bits(_large(example.references[0]))
        requests.append(PaintRequest("flux-pro-1.1-ultra", example.shown, SIDE, SIDE, *dials, SEED - 1 - number, (("image_prompt", render),)))
    return _painted(engine, requests)


def painted(engine: NanoEngine, examples: Sequence[Example], dials: Dials, begun: Sequence[np.ndarray] = ()) -> list[np.ndarray]:
    """(512, 512, 3) in 0..1 for each; edits are of `begun`, by as much more guidance as suits them."""
    requests = []
    dials = dials._replace(guidance=dials.guidance * EDITING / USUAL) if begun else dials
    for number, example in enumerate(examples):
        given = (("input_image", eight_bits(begun[number])),) if begun else pictures_of(example)
        requests.append(PaintRequest(MODELS[example.mode], example.caption, SIDE, SIDE, *dials, SEED + number, given))
    return _painted(engine, requests)


def _painted(engine: NanoEngine, requests: Sequence[PaintRequest]) -> list[np.ndarray]:
    return [engine.paint(request, lambda *_: None).pixels.array.astype(np.float32) / 255 for request in requests]


def examples_of(mode: str, count: int) -> list[Example]:
    chance = np.random.default_rng([SEED, 50, sorted(MODELS).index(mode)])
    return [make_example(mode, GRID, chance) for _ in range(count)]


def _mean(values: Sequence[float]) -> float | None:
    return round(float(np.mean(values)), 4) if values else None


def fill_figures(examples: Sequence[Example], pictures: Sequence[np.ndarray]) -> dict[str, Any]:
    """How exactly the rest is kept (the least of all), and how like the render the hole became."""
    outside, inside = [], []
    for example, picture in zip(examples, pictures, strict=True):
        hole = hole_of(example)
        given = eight_bits(_large(example.picture)).array.astype(np.float32) / 255
        if not hole.all():
            outside.append(decibels(picture[~hole], given[~hole]))
        inside.append(decibels(picture[hole], given[hole]))
    return {"outside_least_db": round(min(outside), 2), "inside_db": _mean(inside)}


def _within(lines: np.ndarray, others: np.ndarray) -> float:
    """The share of lines that have another within NEAR pixels."""
    padded, near = np.pad(others, NEAR), np.zeros(others.shape, bool)
    for down in range(2 * NEAR + 1):
        for right in range(2 * NEAR + 1):
            near |= padded[down : down + others.shape[0], right : right + others.shape[1]] > 0
    return float(near[lines > 0].mean()) if (lines > 0).any() else 1.0


def edge_figures(examples: Sequence[Example], pictures: Sequence[np.ndarray]) -> dict[str, Any]:
    """The shares of the wanted outlines that are there, and of those there that were wanted."""
    found, wanted = [], []
    for example, picture in zip(examples, pictures, strict=True):
        mine = outlines(picture.reshape(SIDE // 2, 2, SIDE // 2, 2, 3).mean((1, 3)))
        theirs = outlines(example.picture)
        found.append(_within(theirs, mine))
        wanted.append(_within(mine, theirs))
    return {"outlines_found": _mean(found), "outlines_wanted": _mean(wanted)}


def _taken(edit: Edit) -> Scene:
    """The scene before with nothing but what the edit takes away."""
    other = {"second": "thing", "thing": "second"}[edit.after.hidden or "thing"]
    return replace(edit.before, hidden=other if edit.before.second else None)


def _changes(example: Example) -> np.ndarray:
    """How much each pixel (512, 512) should change, by the renders: most of all colours."""
    return np.asarray(_large(np.abs(example.references[0] - example.picture).max(-1)))


def _boxes_of_change(begun: np.ndarray, picture: np.ndarray) -> list[tuple[float, float]]:
    """Columns and rows (see `Placed`) of the small boxes in which most changed, in halves of a token: where something came, if it did."""
    half = UNIT // 2
    change = np.abs(picture - begun).max(-1).reshape(SIDE // half, half, SIDE // half, half).mean((1, 3))
    side = 2 * SMALL
    held = np.lib.stride_tricks.sliding_window_view(change, (side, side)).mean((2, 3))
    rows, columns = np.nonzero(held >= max(HELD * held.max(), LEAST))
    return [(column / 2, (row + side) / 2) for row, column in zip(rows.tolist(), columns.tolist(), strict=True)]


def _came(judges: Opinions, edit: Edit, begun: np.ndarray, picture: np.ndarray) -> bool:
    """Whether what was to come is seen where something did, wherever that is: nothing is said of where."""
    scene = replace(edit.after, hidden="thing")
    [usual] = shown(scene)
    if not (boxes := _boxes_of_change(begun, picture)):
        return False
    pictures = [np.roll(picture, round((usual.row - row) * UNIT), 0) for _, row in boxes]  # to the row in which the scene has it
    scenes = [replace(scene, moved=scene.moved + column - usual.column) for column, _ in boxes]
    return bool(judge_boxes.right(judges.of_boxes(pictures, scenes), scenes)["object"].any())


def _same(example: Example, begun: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """Which pixels (512, 512) the edit is to leave alone: where a thing comes is up to whoever paints."""
    if example.edit is None or example.edit.kind != "add":
        return np.asarray(_changes(example) < SAME)
    same = np.ones((SIDE, SIDE), bool)
    for column, row in _boxes_of_change(begun, picture):
        top, left = max(row - SMALL - AROUND, 0), max(column - AROUND, 0)
        same[round(top * UNIT) : round((row + AROUND) * UNIT), round(left * UNIT) : round((column + SMALL + AROUND) * UNIT)] = False
    return same


def _edit_done(found: dict[str, Verdict], taken: dict[str, Verdict], number: int, example: Example, begun: np.ndarray, picture: np.ndarray) -> float | None:
    """How far an edit by which nothing comes was done, 0..1. Where something went the picture is more as without it and it is not seen
    (`taken` judges by it); anything else is told by one head. None where none can."""
    assert example.edit is not None
    if example.edit.kind == "remove":
        gone, after = _changes(example) >= SAME, _large(example.picture)
        more_like_after = decibels(picture[gone], after[gone]) > decibels(picture[gone], begun[gone])
        return float(more_like_after and taken["object"].right[number] == 0)
    head = JUDGED.get(example.edit.kind)
    return float(found[head].right[number]) if head is not None and example.scene.second is None else None


def _nothing_else(same: np.ndarray, begun: np.ndarray, picture: np.ndarray) -> bool:
    """Whether no token of all that is to stay the `same` became something else."""
    tokens = (SIDE // UNIT, UNIT, SIDE // UNIT, UNIT)
    apart = np.sqrt(np.square(picture - begun).mean(-1).reshape(tokens).mean((1, 3)))
    return bool((apart[same.reshape(tokens).all((1, 3))] < ELSE).all())


def edit_figures(judges: Opinions, examples: Sequence[Example], begun: Sequence[np.ndarray], pictures: Sequence[np.ndarray]) -> dict[str, Any]:
    """How often an edit of `begun` is done, by kind, where that can be told; how often what it leaves alone is kept to the pixel, how well it
    is elsewhere, and how often nothing of it became something else."""
    edits = [example.edit for example in examples if example.edit is not None]
    found, taken = verdicts(judges, pictures, [edit.after for edit in edits]), verdicts(judges, pictures, [_taken(edit) for edit in edits])
    done: dict[str, list[float]] = {}
    kept, exact, only = list[float](), list[float](), list[float]()
    for number, (example, edit) in enumerate(zip(examples, edits, strict=True)):
        before, picture = begun[number], pictures[number]
        came = edit.kind == "add"
        share = float(_came(judges, edit, before, picture)) if came else _edit_done(found, taken, number, example, before, picture)
        if share is not None:
            done.setdefault(edit.kind, []).append(share)
        same = _same(example, before, picture)
        if same.mean() > 0.1:
            exact.append(float((picture[same] == before[same]).all()))
            kept += [decibels(picture[same], before[same])] * (not exact[-1])
        if edit.kind in PARTS:
            only.append(float(_nothing_else(same, before, picture)))
    every = [each for kind in done.values() for each in kind]
    return {
        "done": _mean(every),
        "done_by_kind": {kind: _mean(each) for kind, each in sorted(done.items())},
        "number_by_kind": {kind: len(each) for kind, each in sorted(done.items())},
        "kept_exactly": _mean(exact),
        "kept_db": _mean(kept),
        "nothing_else": _mean(only),
    }


def reconstruction(engine: NanoEngine, count: int) -> float:
    """Mean PSNR of unseen scenes through latents and decoder, at the decoder's size."""
    chance, found = np.random.default_rng([SEED, 60]), []
    for _ in range(count):
        scene = at_grid(draw_scene(chance), *GRID)
        decoded = engine.decode(engine.encode(paint(scene, TOKEN_PIXELS))).array.astype(np.float32) / 255
        found.append(decibels(decoded, paint(scene, UNIT)))
    return round(float(np.mean(found)), 2)


def diversity(engine: NanoEngine, dials: Dials, seeds: int) -> float:
    """How much pictures of one prompt differ by their seed: the mean over prompts of the mean distance between any two, root mean square."""
    prompts, apart = ("a cat in a field", "a car in a city at night", "a boat on the water at sunset", "a house"), []
    for prompt in prompts:
        pictures = [
            engine.paint(PaintRequest("flux-dev", prompt, SIDE, SIDE, *dials, seed), lambda *_: None).pixels.array / np.float32(255) for seed in range(seeds)
        ]
        apart += [float(np.sqrt(np.mean((one - other) ** 2))) for number, one in enumerate(pictures) for other in pictures[:number]]
    return round(float(np.mean(apart)), 4)


def evaluate_modes(engine: NanoEngine, pictures: int, dials: Dials) -> dict[str, Any]:
    judges = Judges.load()
    figures: dict[str, Any] = {}
    for mode in MODELS:
        examples = examples_of(mode, pictures * EDITS if mode == "edit" else pictures)
        begun = begun_with(engine, examples, dials) if mode == "edit" else []
        began = time.perf_counter()
        made = painted(engine, examples, dials, begun)
        seconds, scenes = time.perf_counter() - began, [example.scene for example in examples]
        found = judged(judges, made, scenes)
        figures[mode] = {head: found[head] for head in (*HEADS, "both") if found[head] is not None}
        if mode in ("fill", "edges", "depth"):
            figures[mode] |= box_figures(made, scenes)
        figures[mode] |= {"pictures": len(made), "seconds": round(seconds / len(made), 3)}
        if mode == "fill":
            figures[mode] |= fill_figures(examples, made)
        if mode == "edges":
            figures[mode] |= edge_figures(examples, made)
        if mode == "edit":
            figures[mode] |= edit_figures(judges, examples, begun, made)
        print(mode, json.dumps(figures[mode]), flush=True)
    figures["reconstruction_db"] = reconstruction(engine, pictures)
    figures["diversity"] = diversity(engine, dials, 4)
    figures["largest_memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return figures


def main() -> None:
    arguments = reporting.evaluation(__doc__, counted="--pictures", usual=64).parse_args()
    engine, dials = reporting.engine_of(arguments), reporting.dials_of(arguments)
    figures = evaluate_modes(engine, arguments.pictures, dials)
    print(json.dumps({name: figures[name] for name in ("reconstruction_db", "diversity", "largest_memory_mb")}))
    reporting.write(arguments.out, engine, dials, modes=figures)


if __name__ == "__main__":
    main()
