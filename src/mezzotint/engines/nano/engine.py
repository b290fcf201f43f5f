"""nano on the CPU: prompt to vectors, noise to latents, latents to pixels, pixels to the size asked for."""

from __future__ import annotations

import dataclasses
import io
import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from mezzotint import imaging
from mezzotint.core.errors import EngineFailure
from mezzotint.core.images import Pixels
from mezzotint.core.previews import LONGEST, size_within
from mezzotint.engines.nano.adding import Addition, Additions
from mezzotint.engines.nano.apart import ALONE, Apart, Arrangement, box_alone, part_alone
from mezzotint.engines.nano.arranging import Arrangements
from mezzotint.engines.nano.brief import Brief, brief_of
from mezzotint.engines.nano.colours import colours, eight_bits
from mezzotint.engines.nano.controls import HOLE, with_hole
from mezzotint.engines.nano.cutting import cut_out
from mezzotint.engines.nano.filling import Fillings
from mezzotint.engines.nano.finishing import PLAIN, Finish, Finishing, Put
from mezzotint.engines.nano.ideas import Ideas
from mezzotint.engines.nano.latents import TOKEN_PIXELS, PatchCodec, pack, positions, unpack
from mezzotint.engines.nano.looks import BLOCKS
from mezzotint.engines.nano.runtimes import DECODERS, Graph, on_onnxruntime
from mezzotint.engines.nano.sampling import TRAINED, Grid, Keep, Velocity, alone, denoise, grid_for, halves, mixed, noise, schedule
from mezzotint.engines.nano.sealed import Sealed
from mezzotint.engines.nano.sides import Sides
from mezzotint.engines.nano.spots import light_of, spot
from mezzotint.engines.nano.surroundings import enlarged, middle_of, shares
from mezzotint.engines.nano.text import POOLED_SCALE, TOKENS, Prompts, TextEncoder, window_for
from mezzotint.engines.nano.words import KnownWords
from mezzotint.ports import Painting, PaintRequest, Report

GUIDANCE = (1.0, 6.0)  # what the model was taught; requests beyond count as the nearest
USUAL = 2.5  # guidance that suits nano, and what a model's usual one means: 3 of plain FLUX, 60 where pictures are filled
EDITING = 3.0  # the same for edits, of which more is done and no more besides than by less
RAW = 1.5  # guidance of pictures that are to be less processed: softer, more varied, less insistent
PROMPTS_KEPT = 64
DEFAULT_SIDE = 1024

Array = np.ndarray


@dataclass(frozen=True)
class _InHand:
    """The last step of the picture that is painted: tokens at a level, and where the model said that they lead. They are of the grid, which is
    the middle of the whole."""

    tokens: Array
    level: float
    direction: Array
    grid: Grid
    whole: Grid
    size: tuple[int, int]
    finish: Finish


class NanoEngine:
    """See `ports.Engine`, `ports.Previewing`."""

    name = "nano"

    def __init__(self, threads: int = 0, weights: Path | None = None, runtime: str = "onnxruntime") -> None:
        """Loads the model: about a second. `threads` 0: one per core. `runtime`: one of DECODERS. Raises EngineFailure where the weights
        are missing or altered, or the runtime is not installed."""
        folder = weights or Path(str(resources.files("mezzotint.engines.nano") / "weights"))
        try:
            files = Sealed(folder)
            self.card: dict[str, Any] = json.loads(files.read("model.json"))
            with np.load(io.BytesIO(files.read("codec.npz")), allow_pickle=False) as tensors:
                self._codec = PatchCodec.from_tensors(tensors)
            with np.load(io.BytesIO(files.read("ideas.npz")), allow_pickle=False) as tensors:
                self._ideas = Ideas.from_tensors(tensors, self.card["ideas"])
            self._known, self._finishing = KnownWords.load(files), Finishing.load(files)
            self._arrangements, self._additions = Arrangements.load(files, self._known), Additions.load(files, self._known)
            self._sides, self._fillings = Sides.load(files, self._known), Fillings.load(files, self._known)
            self._transformer = _loaded("transformer.onnx", files, on_onnxruntime, threads)
            self._decoder = _loaded("decoder.onnx", files, DECODERS[runtime], threads)
        except (OSError, ValueError, KeyError) as error:
            raise EngineFailure(f"nano's weights cannot be loaded from {folder}: {error}") from error
        self._encoder = TextEncoder()
        self._prompts: OrderedDict[str, Prompts] = OrderedDict()
        self._in_hand: _InHand | None = None

    def paint(self, request: PaintRequest, report: Report) -> Painting:
        notes = [("engine", f"nano {self.card['version']}"), *self._notes_on(request.prompt)]
        width, height = request.size(DEFAULT_SIDE)
        grid, brief = grid_for(width, height), brief_of(request, (width, height))
        if (finish := self._drawn(request, brief)) is not None:
            pixels = self._drawn_over(imaging.crop(brief.shown[0][0], width, height), finish, report)
            return Painting(pixels, request.prompt, (*notes, *finish.notes()))
        request = self._worded(self._dialled(request, EDITING if brief.edited else USUAL))
        notes.append(("steps", str(request.steps)))
        if (addition := self._addition(request, brief)) is not None:
            return self._added(imaging.crop(brief.shown[0][0], width, height), addition, request, notes, report)
        told, finish = self._told(request, brief, grid)
        brief = self._filled(told, brief)
        arranged = self._arranged(told, brief, grid)
        if arranged.told != request.prompt:
            notes.append(("told", arranged.told))
        pixels = imaging.crop(self._whole(told, arranged, brief, grid, finish, report), width, height)
        return Painting(pixels if brief.canvas is None else brief.canvas.filled(pixels), request.prompt, tuple(notes))

    def _whole(self, told: PaintRequest, arranged: Arrangement, brief: Brief, grid: Grid, finish: Finish, report: Report) -> Pixels:
        """The picture on that grid: what is painted apart, then its middle, then what is around it."""
        middle = self._middle(brief, grid)
        parts = iter(shares(report, arranged.number + 1 + (middle != grid)))
        finish = dataclasses.replace(finish, put=self._things(told, arranged, parts))
        latents = self.latents(told, middle, next(parts), self._hinted(told, brief, middle), finish, arranged.scenes, grid)
        if middle != grid:
            latents = self._surrounded(latents, told, middle, grid, next(parts), finish)
        return finish.of(self.decode(latents), grid)

    def _dialled(self, request: PaintRequest, guidance: float) -> PaintRequest:
        """With as many steps as these weights need, and the `guidance` that suits them or that of raw pictures, where neither request nor
        card says how much. The model's usual ones mean these, too, and more or less guidance than that is in proportion to it."""
        extras, usual = dict(request.extras), self.card.get("usual_steps")
        unsaid = extras.get("unsaid", ())
        if usual is not None and ("steps" in unsaid or request.steps == extras.get("usual_steps")):
            request = dataclasses.replace(request, steps=int(usual))
        if "guidance" in unsaid:
            request = dataclasses.replace(request, guidance=RAW if extras.get("raw") else guidance)
        elif extras.get("usual_guidance"):
            request = dataclasses.replace(request, guidance=guidance * request.guidance / extras["usual_guidance"])
        return request

    def _notes_on(self, prompt: str) -> list[tuple[str, str]]:
        """For the picture's metadata: the words that nano was not taught, each with the thing it knows whose name is the nearest, if one is near."""
        unknown = self._known.unknown(prompt, self._meaning) if self._known is not None else []
        return [("unknown words", ", ".join(map(str, unknown)))] if unknown else []

    def _meaning(self, word: str) -> Array:
        """The word's unit vector (512,)."""
        return np.asarray(self._encoder.encode([word]).pooled[0] / POOLED_SCALE, np.float32)

    def _worded(self, request: PaintRequest) -> PaintRequest:
        """The request in the words that are painted: something where nothing is asked for, the nearest thing that is known where it names
        none, and more where enriching is asked for.

        Where a picture was given, that is what the request is about, and the prompt stays.
        """
        if request.pictures:
            return request
        idea = self._ideas.instead_of(request.prompt, self._encoded(request.prompt).pooled[0], request.seed)
        if idea is None and self._known is not None:
            idea = self._known.nearest(request.prompt, self._meaning)
            if dict(request.extras).get("prompt_upsampling"):
                idea = self._known.enriched(idea, request.seed)
        return request if idea is None else dataclasses.replace(request, prompt=idea)

    def _drawn(self, request: PaintRequest, brief: Brief) -> Finish | None:
        """What one given picture is to get, where no more is asked for and it is made of pictures."""
        return self._finishing.drawn(request.prompt, request.seed) if brief.edited and self._finishing is not None else None

    def _drawn_over(self, picture: Pixels, finish: Finish, report: Report) -> Pixels:
        """There is nothing to paint, and so nothing to preview."""
        self._in_hand = None
        report(1, 1)
        return finish.over(picture, max(BLOCKS, min(picture.width, picture.height) // TRAINED[0] // BLOCKS * BLOCKS))

    def _addition(self, request: PaintRequest, brief: Brief) -> Addition | None:
        """The thing that is to come into the one given picture, where no more is asked for."""
        return self._additions.of(request.prompt) if brief.edited and self._additions is not None else None

    def _added(self, picture: Pixels, addition: Addition, request: PaintRequest, notes: list[tuple[str, str]], report: Report) -> Painting:
        """The picture with the thing in it; there are no previews of what is painted."""
        self._in_hand = None
        shown, unit = colours(picture), max(1, min(picture.width, picture.height) // TRAINED[0])
        thing = Apart(addition.prompts, (spot(shown, unit, addition.wish),), addition.ground, addition.lifted)
        arranged = Arrangement((), (thing,), light_of(shown) if addition.lit else (1.0, 1.0, 1.0))
        put = self._things(dataclasses.replace(request, pictures=()), arranged, shares(report, arranged.number))
        return Painting(Finish(put=put).over(picture, unit), request.prompt, (*notes, ("told", arranged.told)))

    def _told(self, request: PaintRequest, brief: Brief, grid: Grid) -> tuple[PaintRequest, Finish]:
        """The request as the transformer is told of it, and how what it paints is finished."""
        if self._known is None or self._finishing is None or (request.pictures and not brief.edited):
            return request, PLAIN
        if brief.edited:
            prompt, finish = self._finishing.of_edit(request.prompt, request.seed)
        else:
            prompt, finish = self._finishing.of(self._known.at_home(request.prompt, request.seed), request.seed, grid)
        return dataclasses.replace(request, prompt=prompt), finish

    def _hinted(self, told: PaintRequest, brief: Brief, grid: Grid) -> Brief:
        """With a hint of where sun, moon or window is, where no picture was given."""
        if self._sides is None or not brief.from_nothing:
            return brief
        return dataclasses.replace(brief, hint=self._sides.hint(told.prompt, told.seed, grid))

    def _filled(self, told: PaintRequest, brief: Brief) -> Brief:
        """With what nano is told of the hole, if there is one: the nearest thing that it knows where the prompt names none."""
        if brief.canvas is None or self._fillings is None or self._known is None:
            return brief
        return dataclasses.replace(brief, filling=self._fillings.of(self._known.nearest(told.prompt, self._meaning), brief.canvas))

    def _arranged(self, told: PaintRequest, brief: Brief, grid: Grid) -> Arrangement:
        """Which things are painted by themselves, and what else; none where a picture was given."""
        if brief.filling is not None:
            return brief.filling.arranged
        found = self._arrangements.of(told.prompt, told.seed, grid) if self._arrangements is not None and not told.pictures else None
        return found or Arrangement((told.prompt,))

    def _middle(self, brief: Brief, grid: Grid) -> Grid:
        """What is painted first of a picture on that grid: all of it where a picture was given, or nano was not taught to look at pictures."""
        return middle_of(grid) if brief.from_nothing and self.card.get("references") else grid

    def _things(self, told: PaintRequest, arranged: Arrangement, parts: Iterable[Report]) -> tuple[Put, ...]:
        """The things that are painted apart, each in the next of the parts of the work."""
        prompts = [(prompt, thing.lifted) for thing in arranged.things for prompt in thing.prompts]
        shown = [self._alone(dataclasses.replace(told, prompt=prompt), lifted, part) for (prompt, lifted), part in zip(prompts, parts, strict=False)]
        light, put = np.array((*arranged.light, 1), np.float32), list[Put]()
        for thing in arranged.things:
            mine, shown = shown[: len(thing.prompts)], shown[len(thing.prompts) :]
            picture = cut_out(mine, *box_alone(2 * TOKEN_PIXELS, thing.lifted)) * light
            put += [Put(picture, box, thing.ground) for box in thing.boxes]
        return tuple(put)

    def _surrounded(self, latents: Array, told: PaintRequest, middle: Grid, grid: Grid, report: Report, finish: Finish) -> Array:
        """The latents of the picture of which these are the middle. Nano is told of the scenery alone, lest it paint things around it."""
        given, unknown = (pack(each) for each in enlarged(latents, middle, grid))
        empty = self._packed(np.full((grid.rows * TOKEN_PIXELS, grid.columns * TOKEN_PIXELS, 3), HOLE, np.float32))
        fresh = noise(told.seed, given.shape)
        scenery = told.prompt if self._known is None else self._known.scenery(told.prompt)
        seen = given * (1 - unknown) + empty * unknown
        velocity = self._velocity(dataclasses.replace(told, prompt=scenery), grid, [seen])
        velocity = self._watched(velocity, told, grid, grid, finish)
        return unpack(denoise(velocity, fresh, schedule(told.steps), report, _kept(given, fresh, unknown)), grid.rows, grid.columns)

    def _alone(self, request: PaintRequest, lifted: int, report: Report) -> Array:
        """The thing that the request tells of, as large and where nano paints it best, and nothing else, (h, w, 3) in 0..1. There are no
        previews of it."""
        fresh = noise(request.seed, (ALONE.rows * ALONE.columns, self._codec.scale.size * 4))
        velocity = self._watched(alone(self._velocity(request, ALONE, []), ALONE, part_alone(lifted)), request, ALONE, ALONE, None)
        return colours(self.decode(unpack(denoise(velocity, fresh, schedule(request.steps), report), ALONE.rows, ALONE.columns)))

    def latents(
        self,
        request: PaintRequest,
        grid: Grid,
        report: Report,
        brief: Brief | None = None,
        finish: Finish = PLAIN,
        prompts: Sequence[str] = (),
        whole: Grid | None = None,
    ) -> Array:
        """What the request asks for, as latents (32, 2 * rows, 2 * columns). `finish` is what will be made of them: previews have it too.
        `prompts` in place of the request's: one, or one for each half of the picture. `whole`: the grid of the picture of which this is the middle."""
        brief = brief_of(request, request.size(DEFAULT_SIDE)) if brief is None else brief
        if brief.shown and not self.card.get("references"):  # weights that were not taught to look at pictures begin from them
            brief = Brief(start=brief.shown[0][0])
        fresh = noise(request.seed, (grid.rows * grid.columns, self._codec.scale.size * 4))
        start, steps, keep = 1.0, request.steps, None
        seen = [show(imaging.crop(picture, *_pixels_of(grid))) for picture, show in brief.shown]
        if brief.start is not None:
            start = 1.0 - brief.hold
            steps = max(1, round(request.steps * start))
            first = mixed(self._packed(colours(imaging.crop(brief.start, *_pixels_of(grid)))), fresh, start)
        elif brief.canvas is not None:
            canvas = brief.canvas.within(*_pixels_of(grid))
            given, unknown = colours(canvas.picture), canvas.unknown_tokens()
            start = 1.0 - (brief.filling.hold if brief.filling is not None else 0.0)
            steps = max(1, round(request.steps * start))
            keep, first = _kept(self._packed(given), fresh, unknown), mixed(self._packed(colours(canvas.continued())), fresh, start)
            if self.card.get("references"):
                seen = [with_hole(given, canvas.in_patches())]
        else:
            first = fresh if brief.hint is None else fresh + brief.hint
        tokens = [self._packed(each) for each in seen]
        if brief.edited:
            first = fresh + np.float32(self.card.get("hint", 0.0)) * tokens[0]
        told = [self._velocity(dataclasses.replace(request, prompt=prompt), grid, tokens) for prompt in prompts or (request.prompt,)]
        velocity = self._watched(halves(told[0], told[-1], grid) if len(told) > 1 else told[0], request, grid, whole or grid, finish)
        return unpack(denoise(velocity, first, schedule(steps, start), report, keep), grid.rows, grid.columns)

    def _velocity(self, request: PaintRequest, grid: Grid, seen: list[Array]) -> Velocity:
        """The transformer with all that it is told, as a function of tokens and level. `seen` are the references, as tokens of the grid."""
        told, count = self._encoded(request.prompt), grid.rows * grid.columns
        numbers = range(len(seen) + 1)
        feeds = {
            "words": told.tokens[:, : self._window(told)],
            "pooled": told.pooled,
            "guidance": np.array([min(max(request.guidance, GUIDANCE[0]), GUIDANCE[1])], np.float32),
            "places": np.concatenate([positions(grid.rows, grid.columns, number) for number in numbers]),
        }

        def velocity(x: Array, level: float) -> Array:
            tokens = np.concatenate([x, *seen])[None]
            direction: Array = self._transformer(feeds | {"tokens": tokens, "level": np.array([level], np.float32)})[0][:count]
            return direction

        return velocity

    def _watched(self, velocity: Velocity, request: PaintRequest, grid: Grid, whole: Grid, finish: Finish | None) -> Velocity:
        """The same, and previews are of where it led; there are none without a finish."""
        size = request.size(DEFAULT_SIDE)

        def watched(x: Array, level: float) -> Array:
            direction = velocity(x, level)
            self._in_hand = None if finish is None else _InHand(x, level, direction, grid, whole, size, finish)
            return direction

        return watched

    def _window(self, told: Prompts) -> int:
        """How many of the prompt's tokens the transformer is given, padding included."""
        return window_for(int(np.abs(told.tokens[0]).any(-1).sum())) if self.card.get("windows") else TOKENS

    def preview(self) -> Pixels | None:
        """Where the last step leads: its line followed to the end, and decoded the linear way.

        Takes 1 to 3 ms on two cores, where a step takes 12 to 24 and the decoder network 70 to 400.
        """
        hand = self._in_hand
        if hand is None:
            return None
        latents = unpack(hand.tokens - np.float32(hand.level) * hand.direction, hand.grid.rows, hand.grid.columns)
        latents, _ = enlarged(latents, hand.grid, hand.whole)
        shrink = 1
        while max(hand.whole.rows, hand.whole.columns) * TOKEN_PIXELS * hand.finish.view.share >= 2 * shrink * LONGEST:
            shrink *= 2
        return imaging.crop(hand.finish.of(eight_bits(self._codec.decode(latents, shrink)), hand.whole), *size_within(*hand.size))

    def decode(self, latents: Array) -> Pixels:
        """(32, r, c) to a picture of 32r x 32c pixels."""
        painted = self._decoder({"latents": latents[None]})[0]
        return eight_bits(painted.transpose(1, 2, 0))

    def encode(self, picture: Array) -> Array:
        """A picture (h, w, 3) in 0..1, of whole patches, as latents (32, h / 16, w / 16)."""
        return self._codec.encode(picture)

    def _encoded(self, prompt: str) -> Prompts:
        """The last prompts are kept: people try the same words with other seeds."""
        if prompt not in self._prompts:
            self._prompts[prompt] = self._encoder.encode([prompt])
            if len(self._prompts) > PROMPTS_KEPT:
                self._prompts.popitem(last=False)
        self._prompts.move_to_end(prompt)
        return self._prompts[prompt]

    def _packed(self, picture: Array) -> Array:
        """A picture (h, w, 3) in 0..1, of whole tokens, as tokens."""
        return pack(self.encode(picture))


def _pixels_of(grid: Grid) -> tuple[int, int]:
    return grid.columns * TOKEN_PIXELS, grid.rows * TOKEN_PIXELS


def _kept(given: Array, fresh: Array, unknown: Array) -> Keep:
    """Puts the tokens' known numbers back, on their own way from `fresh` to `given`."""
    return lambda x, level: x * unknown + mixed(given, fresh, level) * (1 - unknown)


def _loaded(name: str, files: Sealed, runtime: Callable[[bytes, int], Graph], threads: int) -> Graph:
    graph = files.read(name)
    try:
        return runtime(graph, threads)
    except ValueError as error:
        raise ValueError(f"{name} is {error}") from error
