"""FLUX on diffusers: which weights a request is for, what it is called with, steps told and previews shown, the picture handed over."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mezzotint import imaging
from mezzotint.core.errors import BadPicture, EngineFailure
from mezzotint.core.images import Pixels
from mezzotint.engines.diffusers import controls, previews
from mezzotint.engines.diffusers.calls import Job, arguments
from mezzotint.engines.diffusers.crew import Crew
from mezzotint.engines.diffusers.depth import DepthModel
from mezzotint.engines.diffusers.folders import Digests
from mezzotint.engines.diffusers.heartbeat import Heartbeat
from mezzotint.engines.diffusers.loading import Loaded, find, free, holding_of, load, room_of, use_loras
from mezzotint.engines.diffusers.machine import Machine, machine
from mezzotint.engines.diffusers.modes import CONTROLS, PRIOR, Mode, Task, task_of
from mezzotint.engines.diffusers.outputs import Delivered, delivered, nothing
from mezzotint.engines.diffusers.residents import Residents
from mezzotint.engines.diffusers.speed import keep_compiled, tune
from mezzotint.engines.diffusers.weights_library import Library
from mezzotint.engines.diffusers.words import Words, upsampled, with_picture, words_of
from mezzotint.ports import Painting, PaintRequest, Report
from mezzotint.routing.weights import Lora, Tuning, Weights

DEFAULT_SIDE = 1024
WARM_SIDE = 1024  # the size that is asked for most: code is compiled for it before the first request
GRID = 16  # pixels that the pipelines' sides are multiples of
HOLD = 0.3  # how much an image prompt counts where the request does not say
CANNY = (50, 200)  # thresholds where a request does not say

log = logging.getLogger("mezzotint.diffusers")


class MadeRoom(EngineFailure):
    """Out of memory beside other weights, which are gone now: it may fit when it is tried again."""


class DiffusersEngine:
    """See `ports.Engine`, `ports.Previewing`, `ports.Warming`."""

    name = "diffusers"
    overlaps = True  # see `ports.Overlapping`

    def __init__(
        self, library: Library, tuning: Tuning | None = None, keep: Path | None = None, threads: int = 0, join: Callable[[str], Crew] | None = None
    ) -> None:
        """`keep` is a folder for what is made once: digests and compiled code. `join` makes it one of several that paint each picture together;
        it is called with the setting for the device. Loads nothing yet, but PyTorch."""
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            keep_compiled(keep)
        try:
            import diffusers  # noqa: F401 - its absence is told now
            import torch
        except ImportError as error:
            raise EngineFailure(f"{error.name} is not installed: pip install 'mezzotint[diffusers]'") from error
        _hush()
        if threads:
            torch.set_num_threads(threads)
        self._library, self._tuning = library, tuning or Tuning()
        self._crew = join(self._tuning.device) if join is not None else None
        self._machine: Machine = machine(self._tuning.device) if self._crew is None else self._crew.machine
        self._digests = Digests(keep / "digests.json" if keep else None)
        self._residents: Residents[Loaded] = Residents(room_of(self._machine), Loaded.release)
        self._tuned: dict[str, tuple[str, ...]] = {}
        self._painted_with: dict[str, str] = {}  # weights by model
        self._depth: dict[str, DepthModel] = {}
        self._in_hand: previews.InHand | None = None
        self._shown: Loaded | None = None

    @property
    def loaded(self) -> tuple[str, ...]:
        """Names of the weights that are loaded."""
        return self._residents.names

    @property
    def at_hand(self) -> tuple[str, ...]:
        """Models that were painted with weights that are still loaded; see `ports.Keeping`."""
        return tuple(model for model, name in self._painted_with.items() if name in self._residents.names)

    def warm(self, alive: Callable[[], None]) -> None:
        """Loads what the operator wants loaded, and paints once with it, so that compiled code is there before the first request."""
        for weights in self._library.warm:
            alive()
            try:
                loaded = self._load(weights)
            except EngineFailure as error:  # the others may be asked for
                log.warning("%s cannot be warmed: %s", weights.name, error)
                continue
            if loaded.folder.kind != PRIOR and Mode.TEXT in loaded.family.pipelines:
                self._painted(loaded, Task(Mode.TEXT), PaintRequest("flux-dev", "a paper boat", WARM_SIDE, WARM_SIDE, 2, 3.0, 1), lambda *_: alive())

    def paint(self, request: PaintRequest, report: Report) -> Painting:
        extras = dict(request.extras)
        report(0, request.steps)
        task = task_of(request.model, [name for name, _ in request.pictures], margins=bool(extras.get("margins")))
        with Heartbeat(report, request.steps) as heart:

            def stepped(step: int, steps: int) -> None:
                heart.stop()
                report(step, steps)

            weights = self._library.choose(request.model, task.mode, str(extras.get("finetune_id") or ""))
            try:
                return self._once(weights, task, request, stepped)
            except Exception as error:
                if not out_of_memory(error):
                    raise
                why = str(error).partition("\n")[0]
            if self._crew is not None:
                raise self._too_large(why, MadeRoom if self._alone(weights) else EngineFailure)  # another try is one of all together
            return self._again(weights, task, request, stepped, why)

    def _alone(self, weights: Weights) -> bool:
        """Gives it the card to itself; whether it had not before."""
        self._in_hand = None
        others = self._residents.drop_others(weights.name)
        free(self._machine)
        return others

    @staticmethod
    def _too_large(why: str, kind: type[EngineFailure] = EngineFailure) -> EngineFailure:
        return kind(f"the card is out of memory ({why}): ask for a smaller picture, or set quantize or offload", code="out_of_memory")

    def _again(self, weights: Weights, task: Task, request: PaintRequest, report: Report, why: str) -> Painting:
        """Once more with the card to itself, where it was not; else the picture is too large for it, and the next may not be."""
        if self._alone(weights):
            try:
                return self._once(weights, task, request, report)
            except Exception as error:
                if not out_of_memory(error):
                    raise
            free(self._machine)
        raise self._too_large(why)

    def _once(self, weights: Weights, task: Task, request: PaintRequest, report: Report) -> Painting:
        loaded = self._load(weights)
        self._painted_with[request.model] = weights.name
        use_loras(loaded, self._loras(loaded.weights, dict(request.extras)))
        return self._painted(loaded, task, request, report)

    def preview(self) -> Pixels | None:
        """Where the last step leads, by a linear map: a hundredth of the decoder's time."""
        hand, loaded = self._in_hand, self._shown
        if hand is None or loaded is None:
            return None
        if loaded.look is None:
            loaded.look = previews.colours_of(loaded.base, loaded.machine.device)
        return hand.seen(loaded.look)

    # weights

    def _load(self, weights: Weights, beside: str = "") -> Loaded:
        if (found := self._residents.get(weights.name)) is not None:
            return found
        folder = find(weights)
        holding = holding_of(weights, folder, self._machine)
        self._residents.make_room(holding.resident, keep=beside)
        return self.take(load(weights, folder, holding, self._machine, self._digests))

    def take(self, loaded: Loaded) -> Loaded:
        """Weights that are loaded already, tuned and kept."""
        done = () if loaded.folder.kind == PRIOR else tune(loaded, self._tuning)
        if self._crew is not None and loaded.folder.kind != PRIOR:
            done += self._crew.share(loaded)
        self._tuned[loaded.weights.name] = done
        self._residents.put(loaded.weights.name, loaded, loaded.holding.resident)
        return loaded

    def _loras(self, weights: Weights, extras: Mapping[str, Any]) -> list[tuple[str, Lora, float]]:
        """Those that the request names, with their strengths. Raises EngineFailure for one that is not known."""
        wanted: list[tuple[str, Any]] = []
        finetune = str(extras.get("finetune_id") or "")
        if finetune in weights.loras:  # else the weights themselves are the finetune: the library has judged it
            wanted.append((finetune, extras.get("finetune_strength")))
        wanted += [
            (str(extras[name]), extras.get(strength))
            for name, strength in (("lora_weights", "lora_scale"), ("extra_lora", "extra_lora_scale"))
            if extras.get(name)
        ]
        found = []
        for name, strength in wanted:
            lora = weights.loras.get(name)
            if lora is None:
                known = ", ".join(weights.loras) or "none"
                raise EngineFailure(f"{weights.name} has no LoRA or finetune called {name}; it has: {known}", code="unknown_finetune")
            found.append((name, lora, lora.strength if strength is None else float(strength)))
        return found

    # painting

    def _painted(self, loaded: Loaded, task: Task, request: PaintRequest, report: Report) -> Painting:
        extras = dict(request.extras)
        prompt = task.instruction or request.prompt
        if extras.get("prompt_upsampling"):
            prompt = upsampled(loaded, prompt)
            prompt = prompt if self._crew is None else self._crew.same(prompt)
        width, height = request.size(DEFAULT_SIDE)
        steps, guidance = _dials(loaded, request, extras)
        words, reads = self._words(loaded, task, request, prompt)
        job, mask = self._job(loaded, task, request, reads, (width, height, steps, guidance))
        pixels = self._run(loaded, job, words, request.seed, report)
        if mask is not None:
            pixels = pixels.over(mask[0], mask[1])
        notes = {
            "engine": f"diffusers {loaded.weights.name}",
            "weights": f"{loaded.weights.hub or loaded.folder.path.name} sha256 {loaded.digest()}",
            "pipeline": ", ".join((job.pipeline, *self._tuned.get(loaded.weights.name, ()), *_in_tiles(loaded), str(loaded.holding))),
            "steps": str(job.steps),
            "guidance": f"{guidance:g}",
        } | ({"loras": ", ".join(f"{name} {strength:g}" for name, _, strength in self._loras(loaded.weights, extras))} if loaded.loras else {})
        return Painting(pixels.fitted(width, height), prompt, tuple(notes.items()))

    def _words(self, loaded: Loaded, task: Task, request: PaintRequest, prompt: str) -> tuple[Words, bool]:
        """The prompt encoded; and whether Redux has read the image prompt into it."""
        words = words_of(loaded, prompt)
        if task.mode not in (Mode.PROMPTED, Mode.VARIATION) or words.pooled is None or not request.pictures:
            return words, False
        redux = self._library.redux(loaded.weights)
        if redux is None:
            return words, False
        strength = 1.0 if request.strength is None else request.strength
        return with_picture(words, self._load(redux, loaded.weights.name), request.pictures[0][1], strength, alone=task.mode is Mode.VARIATION), True

    def _job(
        self, loaded: Loaded, task: Task, request: PaintRequest, reads: bool, dials: tuple[int, int, int, float]
    ) -> tuple[Job, tuple[Pixels, Pixels] | None]:
        """What the pipeline is called with; and picture and mask, where what the mask does not cover is kept. Raises BadPicture."""
        extras, given = dict(request.extras), dict(request.pictures)
        width, height, steps, guidance = dials
        pipeline = loaded.family.pipelines[Mode.TEXT if reads else task.mode]
        job = Job(pipeline, _up(width), _up(height), steps, guidance)
        pictures = tuple(pixels for _, pixels in request.pictures)
        match task.mode:
            case Mode.TEXT:
                return job, None
            case Mode.PROMPTED | Mode.IMAGE | Mode.VARIATION | Mode.EDIT:
                if reads:
                    return job, None
                if loaded.family.several:
                    return job.but(references=pictures), None
                one = controls.side_by_side(pictures) if pictures and task.mode is Mode.EDIT else next(iter(pictures), None)
                return job.but(picture=one, leave=_leave(request, task.mode)), None
            case Mode.FILL:
                picture = given.get("image") or pictures[0]
                mask = given.get("mask")
                if mask is None:
                    raise BadPicture("mask: give a mask, or a picture that is transparent where it is to be painted")
                mask = controls.dilated(mask, int(extras["dilate_pixels"])) if extras.get("dilate_pixels") else mask
                picture, mask = (imaging.resize(each, job.width, job.height) for each in (picture, mask))
                return job.but(picture=picture, mask=mask), (picture, mask)
            case Mode.EXPAND:
                canvas = controls.expanded(pictures[0], tuple(extras.get("margins") or (0, 0, 0, 0)), job.width, job.height)
                return job.but(picture=canvas.picture, mask=canvas.mask), (canvas.picture, canvas.mask)
            case Mode.CANNY | Mode.DEPTH:
                return job.but(control=self._control(loaded, task.mode, given, extras)), None

    def _control(self, loaded: Loaded, mode: Mode, given: Mapping[str, Pixels], extras: Mapping[str, Any]) -> Pixels:
        """The ready-made control picture, or one made of the picture."""
        if (made := given.get(CONTROLS[1])) is not None:
            return made
        picture = given[CONTROLS[0]]
        if mode is Mode.CANNY:
            low, high = (extras.get(f"canny_{word}_threshold") for word in ("low", "high"))
            return controls.canny(picture, CANNY[0] if low is None else low, CANNY[1] if high is None else high)
        place = self._library.depth(loaded.weights)
        if place is None:
            raise EngineFailure("no depth model is configured: send the depth picture itself, or name one by depth in [weights]", code="no_weights")
        if place.name not in self._depth:
            self._depth[place.name] = DepthModel(place, self._machine)
        return self._depth[place.name](picture)

    def _run(self, loaded: Loaded, job: Job, words: Words, seed: int, report: Report) -> Delivered:
        import torch

        pipeline = loaded.pipeline(job.pipeline)
        scale = pipeline.vae_scale_factor * 2
        self._in_hand, self._shown = previews.InHand((job.width, job.height), (job.height // scale, job.width // scale)), loaded
        call = arguments(job) | words.arguments
        if job.pipeline not in GUIDED_BY_DIFFERENCE:
            call.pop("negative_prompt_embeds", None)
        if loaded.distilled and "guidance_scale" in call:
            call["guidance_scale"] = 1.0
        if loaded.modulation is not None:
            loaded.modulation.begin(lambda: pipeline.scheduler.timesteps[pipeline.scheduler.begin_index or 0 :])
        pace = Pace(loaded.machine)
        hand = self._in_hand

        def stepped(_: Any, step: int, __: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            scheduler = pipeline.scheduler
            levels = scheduler.sigmas
            hand.step(tensors["latents"], levels[min(scheduler.step_index or 0, len(levels) - 1)])
            pace.step()
            report(step + 1, pipeline.num_timesteps)
            return {}

        try:
            generator = torch.Generator("cpu").manual_seed(seed)
            decoded = self._crew is None or self._crew.leads
            kind = "pt" if decoded else "latent"
            (picture,) = pipeline(**call, generator=generator, callback_on_step_end=stepped, output_type=kind, return_dict=False)
            return delivered(picture[0], loaded.machine) if decoded else nothing(job.width, job.height)
        finally:
            self._in_hand = None
            _settle(loaded)


GUIDED_BY_DIFFERENCE = ("Flux2KleinPipeline", "Flux2KleinInpaintPipeline")


@dataclass
class Pace:
    """Keeps this program at most a step ahead of the card, so that what it tells is nearly so and a cancel comes in time."""

    machine: Machine
    last: Any = None

    def step(self) -> None:
        if not self.machine.is_cuda:
            return
        import torch

        event = torch.cuda.Event()
        event.record()
        if self.last is not None:
            self.last.synchronize()
        self.last = event


def _hush() -> None:
    """No bars and no advice in the log: what is said there is for the operator."""
    import diffusers
    import transformers

    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()


def _in_tiles(loaded: Loaded) -> tuple[str, ...]:
    return (f"in tiles of {loaded.tiles.used}",) if loaded.tiles is not None and loaded.tiles.used else ()


def _settle(loaded: Loaded) -> None:
    """After a picture, also one that was stopped in the middle."""
    if loaded.base is None:
        return
    if getattr(loaded.base.transformer, "is_cache_enabled", False):
        loaded.base.transformer._reset_stateful_cache()  # noqa: SLF001 - diffusers does so itself, but not when it is stopped
    if loaded.holding.offload == "model":
        loaded.base.maybe_free_model_hooks()


def _dials(loaded: Loaded, request: PaintRequest, extras: Mapping[str, Any]) -> tuple[int, float]:
    """Steps and guidance: the request's, or what suits the weights where it does not say."""
    left = extras.get("unsaid") or ()
    family = loaded.family
    guidance = family.guidance if "guidance" in left else request.guidance
    if loaded.distilled:
        usual, most = family.distilled_steps
        return (loaded.weights.steps or usual if "steps" in left else min(request.steps, most)), guidance
    return (loaded.weights.steps or family.steps if "steps" in left else request.steps), guidance


def _leave(request: PaintRequest, mode: Mode) -> float:
    """How far to leave the picture: Replicate's prompt strength says so; an image prompt's strength is the other way round."""
    if request.strength is None:
        return 1 - HOLD
    return request.strength if dict(request.extras).get("leaves") or mode is Mode.IMAGE else 1 - request.strength


def _up(side: int) -> int:
    return -(-side // GRID) * GRID


def out_of_memory(error: BaseException) -> bool:
    """The card's: where the machine's own memory is used up, a fresh process is the better remedy."""
    return type(error).__name__ == "OutOfMemoryError"
