"""Train the transformer by rectified flow on the shards of `make_scenes`; on a GPU if there is one, else on the CPU.

    python -m training.train_flow --steps 30000 --cooldown 9000 [--start weights/nano/transformer]

One network learns all modes: reference pictures are further tokens, told apart by the first number of their positions, as Kontext
does. Checkpoints every few hundred steps (model, average, optimisers, step) and goes on from the last one, so it may be stopped at
any time; SIGTERM saves first. The learning rate warms up, stays, and falls to nothing over the last `--cooldown` steps. log.jsonl
has the loss, and now and then the loss of the averaged weights by mode on examples never trained on; snapshots of the averaged
weights are kept for the curve of what more hours bring.
"""

from __future__ import annotations

import argparse
import json
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
import torch
from diffusers import FluxTransformer2DModel
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from training.data import TOKENS_A_BATCH, Batch, Data
from training.home import folder
from training.model import CONFIG, NO_GUIDANCE, new_transformer
from training.provenance import begin_with, note_command

SEED = 7
PARTS = 2  # batches a step, mostly of different modes
WARM_UP = 200
EMA = 0.9995
MUON_RATE, ADAM_RATE = 0.02, 1e-3
NEAR, BEGINNINGS = 0.9, 0.125  # noise levels above the first are painting's beginning; the share of what is learnt that is about it
LOG_EVERY, SAVE_EVERY, JUDGE_EVERY, KEEP_EVERY = 50, 100, 500, 500  # steps


def times(count: int, chance: np.random.Generator) -> np.ndarray:
    """Noise levels in 0..1, most of them in the middle where pictures are decided, a little towards noise.

    One in eight is between `NEAR` and 1: painting begins there, and by the curve alone one in two hundred would be above 0.96.
    """
    curved, near = 1 / (1 + np.exp(-chance.normal(0.3, 1.1, count))), chance.uniform(NEAR, 1.0, count)
    return np.where(chance.random(count) < BEGINNINGS, near, curved).astype(np.float32)


Loss = Callable[[nn.Module, Batch, np.random.Generator], Tensor]


@dataclass(frozen=True)
class Noisy:
    """Latents on the way to noise, by how much, and where that way leads. An edit's noise has a hint of what is edited in it."""

    mixed: Tensor  # (b, tokens, 128)
    levels: Tensor  # (b,)
    towards: Tensor  # noise minus latents


def noised(batch: Batch, chance: np.random.Generator) -> Noisy:
    device = batch.latents.device
    levels = torch.from_numpy(times(len(batch.latents), chance)).to(device)
    noise = torch.from_numpy(chance.standard_normal(tuple(batch.latents.shape), np.float32)).to(device)
    noise = noise if batch.hint is None else noise + batch.hint
    return Noisy(torch.lerp(batch.latents, noise, levels[:, None, None]), levels, noise - batch.latents)


def velocity_of(model: nn.Module, batch: Batch, noisy: Noisy, guidance: Tensor) -> Tensor:
    """What `model` answers (b, tokens, 128), told the captions of `batch` and to heed them by `guidance` (b,)."""
    count = noisy.mixed.shape[1]
    velocity: Tensor = model(
        hidden_states=torch.cat([noisy.mixed, batch.references], 1),
        encoder_hidden_states=batch.words,
        pooled_projections=batch.pooled,
        timestep=noisy.levels,
        guidance=guidance,
        img_ids=torch.cat([batch.positions, batch.reference_positions]),
        txt_ids=torch.zeros(batch.words.shape[1], 3, device=noisy.levels.device),
        return_dict=False,
    )[0][:, :count]
    return velocity


def flow_loss(model: nn.Module, batch: Batch, chance: np.random.Generator) -> Tensor:
    """Error of the velocity (noise minus latents) on the straight line between them."""
    noisy = noised(batch, chance)
    velocity = velocity_of(model, batch, noisy, torch.full_like(noisy.levels, NO_GUIDANCE))
    return batch.error(velocity, noisy.towards)


def optimisers(model: FluxTransformer2DModel) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the blocks, halves of them so that two cores may step at once; AdamW for modulations, embeddings,
    norms and biases."""
    matrices: list[nn.Parameter] = []
    rest: list[nn.Parameter] = []
    for name, weight in model.named_parameters():
        inner = "blocks." in name and weight.ndim == 2 and ".norm" not in name
        (matrices if inner else rest).append(weight)
    return [
        *(torch.optim.Muon(matrices[half::2], lr=MUON_RATE, weight_decay=0.01, momentum=0.95) for half in range(2)),
        torch.optim.AdamW(rest, lr=ADAM_RATE, betas=(0.9, 0.98), weight_decay=0.0, fused=torch.cuda.is_available()),
    ]


def _step(optimiser: torch.optim.Optimizer) -> None:
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)


def rate(step: int, steps: int, cooldown: int) -> float:
    return min(1.0, (step + 1) / WARM_UP, max(0.0, (steps - step) / max(1, cooldown)))


def keeps(step: int, steps: int, cooldown: int) -> float:
    """Share of the average that a step leaves: it looks back some 2,000 steps, but a tenth of a cooldown, to end with what that found."""
    return min(EMA, max(0.0, 1 - 10 / cooldown)) if step >= steps - cooldown else EMA


def random_at(*step: int) -> np.random.Generator:
    """What is drawn from it depends on nothing else: of a step, or of a part of one, from 1 on."""
    return np.random.default_rng([SEED, *step])


def side_by_side(device: torch.device) -> ThreadPoolExecutor:
    """Where the parts of a step are learnt: on a processor all at once, each on cores of its own, as much of it uses one core anyway."""
    if device.type != "cpu":
        return ThreadPoolExecutor(1)
    return ThreadPoolExecutor(PARTS, initializer=torch.set_num_threads, initargs=(max(1, torch.get_num_threads() // PARTS),))


class Run:
    """A training run: everything that a checkpoint holds."""

    def __init__(self, home: Path, device: torch.device, loss: Loss = flow_loss, *, single: bool = False) -> None:
        torch.manual_seed(SEED)
        self.loss, self.single = loss, single
        self.home, self.step, self.samples, self.seconds = home, 0, 0, 0.0
        self.processor = 0.0  # seconds of all its threads: what it cost on a machine that did other things, too
        self.model = new_transformer().to(device).train()
        self.ema = {name: weight.detach().clone() for name, weight in self.model.state_dict().items()}
        self.optimisers = optimisers(self.model)
        self.chance = random_at(0)
        self.threads = side_by_side(device)

    @property
    def checkpoint(self) -> Path:
        return self.home / "checkpoint.pt"

    def resume(self) -> None:
        if not self.checkpoint.exists():
            return
        saved = torch.load(self.checkpoint, map_location=next(self.model.parameters()).device, weights_only=True)
        self.model.load_state_dict(saved["model"])
        self.ema = saved["ema"]
        for optimiser, state in zip(self.optimisers, saved["optimisers"], strict=True):
            optimiser.load_state_dict(state)
        self.step, self.samples, self.seconds, self.processor = saved["step"], saved["samples"], saved["seconds"], saved.get("processor", 0.0)
        self.chance = random_at(self.step)

    def start_from(self, checkpoint: Path) -> None:
        """Begins a new run where the averaged weights of another one are, and what went into those counts; or at a diffusers folder."""
        if checkpoint.is_dir():
            weights = load_file(checkpoint / "diffusion_pytorch_model.safetensors")
            self.model.load_state_dict({name: weight.float() for name, weight in weights.items()})
            self.ema = {name: weight.detach().clone() for name, weight in self.model.state_dict().items()}
            self.samples, self.seconds = begin_with(self.home, checkpoint)
            return
        saved = torch.load(checkpoint, map_location=next(self.model.parameters()).device, weights_only=True)
        self.model.load_state_dict(saved["ema"])
        self.ema = saved["ema"]
        self.samples, self.seconds = saved["samples"], saved["seconds"]

    def save(self) -> None:
        unfinished = self.checkpoint.with_suffix(".part")
        state = {
            "config": {key: list(value) if isinstance(value, tuple) else value for key, value in CONFIG.items()},
            "model": self.model.state_dict(),
            "ema": self.ema,
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "step": self.step,
            "samples": self.samples,
            "seconds": self.seconds,
            "processor": self.processor,
        }
        torch.save(state, unfinished)
        unfinished.replace(self.checkpoint)

    def keep(self) -> None:
        """The averaged weights as they are now, in half precision, beside the checkpoint."""
        halves = {name: weight.half().contiguous() for name, weight in self.ema.items()}
        save_file(halves, self.home / f"average-{self.step:06d}.safetensors", {"samples": str(self.samples), "seconds": str(round(self.seconds))})

    def advance(self, batches: list[Batch], scale: float, kept: float = EMA) -> float:
        """One optimiser step on all batches at `scale` times the full rate, with `kept` of the average as it was; the loss."""
        for optimiser, full in zip(self.optimisers, (MUON_RATE, MUON_RATE, ADAM_RATE), strict=True):
            for group in optimiser.param_groups:
                group["lr"] = full * scale
        total = sum(self.threads.map(self._learn, batches, count(1))) / len(batches)
        for weight in self.model.parameters():
            if weight.grad is not None:
                weight.grad /= len(batches)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        list(self.threads.map(_step, self.optimisers))
        kept = min(kept, (self.step + 1) / (self.step + 10))
        with torch.no_grad():
            for name, value in self.model.state_dict().items():
                self.ema[name].lerp_(value, 1 - kept)
        self.step += 1
        self.samples += sum(len(batch.latents) for batch in batches)
        return total

    def _learn(self, batch: Batch, part: int) -> float:
        """Adds to the gradients; the loss. Parts may run at once: which of two comes first is all the same to their sum."""
        with self._precision(batch.latents.device):
            loss = self.loss(self.model, batch, random_at(self.step, part))
        loss.backward()
        return float(loss.detach())

    def _precision(self, device: torch.device) -> torch.autocast:
        return torch.autocast(device.type, torch.bfloat16, enabled=not self.single)

    def note(self, **entry: object) -> None:
        facts = {"step": self.step, "samples": self.samples, "seconds": round(self.seconds), "processor": round(self.processor), **entry}
        with (self.home / "log.jsonl").open("a") as log:
            log.write(json.dumps(facts) + "\n")

    def judged(self, validation: Data) -> dict[str, float]:
        """The loss of the averaged weights by mode, on examples that are never trained on and with noise that is always the same."""
        model = new_transformer().to(validation.device)
        model.load_state_dict(self.ema)
        losses = {}
        for shard in validation.shards.values():
            chance = random_at(0)
            batch = validation.batch(shard, np.arange(len(shard.latents)))
            with torch.no_grad(), self._precision(validation.device):
                losses[shard.mode] = round(float(np.mean([float(self.loss(model, batch, chance)) for _ in range(2)])), 4)
        return losses


@dataclass
class Stop:
    """Whether somebody asked the run to end."""

    asked: bool = False

    def ask(self, *_: object) -> None:
        self.asked = True


def train(run: Run, data: Data, steps: int, cooldown: int, peak: float = 1.0, validation: Data | None = None) -> None:
    """Goes on until `steps`, or until SIGTERM, with a checkpoint at the end."""
    losses: list[float] = []
    stop, began, spent = Stop(), time.monotonic(), time.process_time()
    signal.signal(signal.SIGTERM, stop.ask)
    if validation is not None and run.step == 0:
        run.note(validation=run.judged(validation))
    while run.step < steps and not stop.asked:
        batches, when = [data.draw(run.chance) for _ in range(PARTS)], (run.step, steps, cooldown)
        losses.append(run.advance(batches, peak * rate(*when), keeps(*when)))
        now, used = time.monotonic(), time.process_time()
        run.seconds, run.processor = run.seconds + now - began, run.processor + used - spent
        began, spent = now, used
        if run.step % LOG_EVERY == 0:
            run.note(loss=round(float(np.mean(losses)), 4))
            losses.clear()
        if run.step % SAVE_EVERY == 0:
            run.save()
            data.refresh()
        if validation is not None and (run.step % JUDGE_EVERY == 0 or run.step == WARM_UP // 2):
            run.note(validation=run.judged(validation))
        if run.step % KEEP_EVERY == 0:
            run.keep()
    run.note()
    run.save()
    run.keep()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=30_000)
    parser.add_argument("--cooldown", type=int, default=9_000)
    parser.add_argument("--run", default="flow")
    parser.add_argument("--peak", type=float, default=1.0, help="of the full learning rate; less for weights that are to change little")
    parser.add_argument("--tokens", type=int, default=TOKENS_A_BATCH, help="of a batch; a GPU wants some hundred thousand")
    parser.add_argument("--single", action="store_true", help="in float32, which is quicker on a processor without AMX")
    parser.add_argument("--start", type=Path, help="checkpoint, or diffusers folder, whose weights a new run begins with")
    arguments = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    run = Run(folder(arguments.run), device, single=arguments.single)
    if arguments.start and not run.checkpoint.exists():
        run.start_from(arguments.start)
    run.resume()
    note_command(run.home, f"step {run.step}, {run.samples} samples")
    data = Data(folder("examples"), device, arguments.tokens)
    train(run, data, arguments.steps, arguments.cooldown, arguments.peak, validation=Data(folder("validation"), device))


if __name__ == "__main__":
    main()
