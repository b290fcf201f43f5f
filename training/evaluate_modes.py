"""What nano does with pictures, in figures: fills, edits, outlines, nearness, several pictures; and how it reconstructs, varies, and fares.

    python -m training.evaluate_modes --pictures 64 --out modes.json

Every request goes to the shipped runtime as the API would send it, made from examples that training never saw. What was to come out is
known, since the scenes are: the judges tell what is shown, and renders say where it should be.
"""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from mezzotint.core.images import Pixels
from mezzotint.engines.nano.controls import HOLE, outlines
from mezzotint.engines.nano.engine import NanoEngine
from mezzotint.engines.nano.latents import TOKEN_PIXELS
from mezzotint.ports import PaintRequest
from training import reporting
from training.cases import SEED, SIDE
from training.draw import draw_scene
from training.examples import Example, make_example
from training.judging import HEADS, Judges, Opinions, Verdict, box_figures, judged, verdicts
from training.scenes import at_grid, paint

GRID = (8, 8)
UNIT = SIDE // GRID[0]
NEAR = 2  # pixels by which an outline may be off, at the size that nano is shown it in
SAME = 0.02  # of colour: what an edit leaves alone differs by less
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


def pictures_of(example: Example) -> tuple[tuple[str, Pixels], ...]:
    """The example's pictures under the names that its API has for them."""
    shown = [_large(picture) for picture in example.references]
    if example.mode == "fill":
        hole = (shown[0] == HOLE).all(-1)
        return ("image", eight_bits(_large(example.picture))), ("mask", eight_bits(np.repeat(hole[..., None], 3, -1)))
    if example.mode == "edges":
        return (("control_image", eight_bits(_large(example.picture))),)
    if example.mode == "depth":
        return (("preprocessed_image", eight_bits(shown[0])),)
    return tuple((f"input_image{'' if number == 0 else f'_{number + 1}'}", eight_bits(picture)) for number, picture in enumerate(shown))


def painted(engine: NanoEngine, examples: Sequence[Example], steps: int) -> list[np.ndarray]:
    """(512, 512, 3) in 0..1 for each."""
    pictures = []
    for number, example in enumerate(examples):
        request = PaintRequest(MODELS[example.mode], example.caption, SIDE, SIDE, steps, 3.0, SEED + number, pictures_of(example))
        pictures.append(engine.paint(request, lambda *_: None).pixels.array.astype(np.float32) / 255)
    return pictures


def examples_of(mode: str, count: int) -> list[Example]:
    chance = np.random.default_rng([SEED, 50, sorted(MODELS).index(mode)])
    return [make_example(mode, GRID, chance) for _ in range(count)]


def _mean(values: Sequence[float]) -> float | None:
    return round(float(np.mean(values)), 4) if values else None


def fill_figures(examples: Sequence[Example], pictures: Sequence[np.ndarray]) -> dict[str, Any]:
    """How exactly the rest is kept (the least of all), and how like the render the hole became."""
    outside, inside = [], []
    for example, picture in zip(examples, pictures, strict=True):
        hole = (_large(example.references[0]) == HOLE).all(-1)
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


def _edit_done(found: dict[str, Verdict], number: int, example: Example, picture: np.ndarray) -> float | None:
    """How far an edit was done, 0..1: what came stands with what was there; where something went it is more as without it; else by the one head
    that can tell. None where none can."""
    assert example.edit is not None
    if example.edit.kind == "add":
        return float(found["object"].right[number] == 1)
    if example.edit.kind == "remove":
        before, after = _large(example.references[0]), _large(example.picture)
        gone = np.abs(before - after).max(-1) >= SAME
        return float(decibels(picture[gone], after[gone]) > decibels(picture[gone], before[gone]))
    head = JUDGED.get(example.edit.kind)
    return float(found[head].right[number]) if head is not None and example.scene.second is None else None


def edit_figures(judges: Opinions, examples: Sequence[Example], pictures: Sequence[np.ndarray]) -> dict[str, Any]:
    """How often an edit is done, by kind, where that can be told; and how what it leaves alone is kept."""
    found = verdicts(judges, pictures, [example.scene for example in examples])
    done: dict[str, list[float]] = {}
    kept, like = [], []
    for number, (example, picture) in enumerate(zip(examples, pictures, strict=True)):
        assert example.edit is not None
        share = _edit_done(found, number, example, picture)
        if share is not None:
            done.setdefault(example.edit.kind, []).append(share)
        before, after = _large(example.references[0]), _large(example.picture)
        same = np.abs(before - after).max(-1) < SAME
        if same.mean() > 0.1:
            kept.append(decibels(picture[same], before[same]))
        like.append(decibels(picture, after))
    every = [each for kind in done.values() for each in kind]
    return {
        "done": _mean(every),
        "done_by_kind": {kind: _mean(each) for kind, each in sorted(done.items())},
        "kept_db": _mean(kept),
        "like_render_db": _mean(like),
    }


def reconstruction(engine: NanoEngine, count: int) -> float:
    """Mean PSNR of unseen scenes through latents and decoder, at the decoder's size."""
    chance, found = np.random.default_rng([SEED, 60]), []
    for _ in range(count):
        scene = at_grid(draw_scene(chance), *GRID)
        decoded = engine.decode(engine.encode(paint(scene, TOKEN_PIXELS))).array.astype(np.float32) / 255
        found.append(decibels(decoded, paint(scene, UNIT)))
    return round(float(np.mean(found)), 2)


def diversity(engine: NanoEngine, steps: int, seeds: int) -> float:
    """How much pictures of one prompt differ by their seed: the mean over prompts of the mean distance between any two, root mean square."""
    prompts, apart = ("a cat in a field", "a car in a city at night", "a boat on the water at sunset", "a house"), []
    for prompt in prompts:
        pictures = [
            engine.paint(PaintRequest("flux-dev", prompt, SIDE, SIDE, steps, 3.0, seed), lambda *_: None).pixels.array / np.float32(255)
            for seed in range(seeds)
        ]
        apart += [float(np.sqrt(np.mean((one - other) ** 2))) for number, one in enumerate(pictures) for other in pictures[:number]]
    return round(float(np.mean(apart)), 4)


def evaluate_modes(engine: NanoEngine, pictures: int, steps: int) -> dict[str, Any]:
    judges = Judges.load()
    figures: dict[str, Any] = {}
    for mode in MODELS:
        began, examples = time.perf_counter(), examples_of(mode, pictures)
        made = painted(engine, examples, steps)
        seconds, scenes = time.perf_counter() - began, [example.scene for example in examples]
        shown = judged(judges, made, scenes)
        figures[mode] = {head: shown[head] for head in (*HEADS, "both") if shown[head] is not None}
        if mode in ("fill", "edges", "depth"):
            figures[mode] |= box_figures(made, scenes)
        figures[mode] |= {"pictures": pictures, "seconds": round(seconds / pictures, 3)}
        if mode == "fill":
            figures[mode] |= fill_figures(examples, made)
        if mode == "edges":
            figures[mode] |= edge_figures(examples, made)
        if mode == "edit":
            figures[mode] |= edit_figures(judges, examples, made)
        print(mode, json.dumps(figures[mode]), flush=True)
    figures["reconstruction_db"] = reconstruction(engine, pictures)
    figures["diversity"] = diversity(engine, steps, 4)
    figures["largest_memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return figures


def main() -> None:
    arguments = reporting.evaluation(__doc__, counted="--pictures", usual=64).parse_args()
    engine = reporting.engine_of(arguments)
    figures = evaluate_modes(engine, arguments.pictures, arguments.steps)
    print(json.dumps({name: figures[name] for name in ("reconstruction_db", "diversity", "largest_memory_mb")}))
    reporting.write(arguments.out, engine, steps=arguments.steps, modes=figures)


if __name__ == "__main__":
    main()
