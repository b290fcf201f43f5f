"""A small network that tells from a picture what is in it: the judges of nano are two of them, trained apart from it on renders.

What a judge looks at and tells is its own (`judge_pictures`, `judge_boxes`); how it is made, taught and asked is here. It sees pictures
spoiled as generated ones are (blurred, noisy, of changed contrast, a little aside), so that it judges what is shown and not how cleanly.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F

from training.home import folder

SEED = 4242
SHARD = 2000
RATE = 2e-3
BATCH = 64
WEIGHTS, CEILINGS = "classifier.safetensors", "ceilings.json"
SHIPPED = Path(__file__).parents[1] / "weights" / "judges"  # those by which the figures of the repository came about

Heads = Mapping[str, tuple[str, ...]]
Labels = Mapping[str, np.ndarray]  # by head, (n,): the numbers of the right words


@dataclass(frozen=True)
class Judge:
    """One kind of judge: its `name` is its folder's; `heads` are what it tells, and of which words each chooses one."""

    name: str
    heads: Heads
    renders: Callable[[np.random.Generator, int], tuple[np.ndarray, Labels]]  # of so many scenes: pictures (n, side, side, 3) uint8, and the labels
    counted: Callable[[str, Labels], np.ndarray]  # in which pictures there is something for a head to see, (n,)

    @property
    def home(self) -> Path:
        return folder(self.name)

    @property
    def kept(self) -> Path:
        """The folder of its weights and ceilings: of the judge that was made here, else of the one in the repository."""
        return self.home if (self.home / WEIGHTS).exists() else SHIPPED / self.name


class Classifier(nn.Module):
    """(b, 3, side, side) in 0..1 to logits per head; the side is a multiple of 32."""

    def __init__(self, heads: Heads) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        width = 3
        for following in (32, 64, 128, 192, 256):
            layers += [
                nn.Conv2d(width, following, 3, padding=1),
                nn.BatchNorm2d(following),
                nn.ReLU(),
                nn.Conv2d(following, following, 3, stride=2, padding=1),
                nn.BatchNorm2d(following),
                nn.ReLU(),
            ]
            width = following
        self.body = nn.Sequential(*layers)
        self.heads = nn.ModuleDict({head: nn.Linear(width * 2, len(words)) for head, words in heads.items()})

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        features = self.body(x - 0.5)
        pooled = torch.cat([features.mean((2, 3)), features.amax((2, 3))], 1)
        return {head: layer(pooled) for head, layer in self.heads.items()}


def numbered(right: Sequence[Mapping[str, str]], heads: Heads) -> dict[str, np.ndarray]:
    """Right words by head, as labels."""
    return {head: np.array([words.index(each[head]) for each in right], int) for head, words in heads.items()}


def seen(head: str, labels: Labels, heads: Heads, nothing: Mapping[str, tuple[str, ...]]) -> np.ndarray:
    """Where a head has something to see, (n,): where the right word is none of those that say there is `nothing` of its kind."""
    return ~np.isin(labels[head], [heads[head].index(word) for word in nothing.get(head, ())])


def share(right: np.ndarray, rows: np.ndarray) -> float | None:
    """Of right ones among `rows`; None where there are none."""
    return round(float(right[rows].mean()), 4) if rows.any() else None


def spoiled(x: Tensor, generator: torch.Generator) -> Tensor:
    """As generated pictures are: softer, noisier, of another contrast, a fortieth aside."""
    if torch.rand((), generator=generator) < 0.6:
        factor = float(torch.rand((), generator=generator)) * 0.6 + 0.4
        x = F.interpolate(F.interpolate(x, scale_factor=factor, mode="bilinear", antialias=True), size=x.shape[-2:], mode="bilinear")
    x = x + torch.randn(x.shape, generator=generator) * torch.rand((len(x), 1, 1, 1), generator=generator) * 0.08
    gain = 1 + (torch.rand((len(x), 3, 1, 1), generator=generator) - 0.5) * 0.24
    x = (x - 0.5) * gain + 0.5 + (torch.rand((len(x), 3, 1, 1), generator=generator) - 0.5) * 0.1
    most = x.shape[-1] // 40
    shift = [int(v) for v in torch.randint(-most, most + 1, (2,), generator=generator)]
    return torch.roll(x, shift, (2, 3)).clamp(0, 1)


def load(judge: Judge) -> Classifier:
    classifier = Classifier(judge.heads)
    classifier.load_state_dict({name: weight.float() for name, weight in load_file(judge.kept / WEIGHTS).items()})
    classifier.eval()
    return classifier


def save(judge: Judge, classifier: Classifier) -> None:
    """In half precision: two bytes a weight, for judges that go into the repository."""
    save_file({name: weight.half().contiguous() for name, weight in classifier.state_dict().items()}, judge.home / WEIGHTS)


def load_ceilings(judge: Judge) -> dict[str, float | None]:
    """How often the judge itself is right about renders that it was not taught, by head."""
    told: dict[str, float | None] = json.loads((judge.kept / CEILINGS).read_text())
    return told


def tell(classifier: Classifier, pictures: np.ndarray) -> dict[str, np.ndarray]:
    """(n, side, side, 3) in 0..1 to logits per head, (n, words)."""
    with torch.no_grad():
        parts = [classifier(torch.from_numpy(pictures[at : at + BATCH]).permute(0, 3, 1, 2).float()) for at in range(0, len(pictures), BATCH)]
    return {head: torch.cat([part[head] for part in parts]).numpy() for head in classifier.heads}


def ceilings(judge: Judge, told: Mapping[str, np.ndarray], labels: Labels) -> dict[str, float | None]:
    """The shares of what is `told` rightly, by head, counted as of pictures."""
    return {head: share(told[head].argmax(1) == labels[head], judge.counted(head, labels)) for head in judge.heads}


def make_shard(judge: Judge, number: int, scenes: int) -> None:
    pictures, labels = judge.renders(np.random.default_rng([SEED, number]), scenes)
    unfinished = judge.home / f"{number:03d}.part.npz"
    arrays: dict[str, Any] = {"pictures": pictures, **labels}
    np.savez(unfinished, **arrays)
    unfinished.rename(judge.home / f"{number:03d}.npz")


def make_shards(judge: Judge, scenes: int, workers: int) -> list[Any]:
    """Of renders, those that are missing; the last of them is to test with."""
    shard = min(SHARD, scenes)
    todo = [number for number in range(scenes // shard + 1) if not (judge.home / f"{number:03d}.npz").exists()]
    with ProcessPoolExecutor(workers) as pool:
        for done in [pool.submit(make_shard, judge, number, shard) for number in todo]:
            done.result()
    return [np.load(path) for path in sorted(judge.home.glob("???.npz"))]


def teach(classifier: Classifier, pictures: np.ndarray, labels: Labels, *, steps: int, rate: float, single: bool) -> None:
    classifier.to(memory_format=torch.channels_last)  # two thirds of the time on a processor
    classifier.train()
    generator, chance = torch.Generator().manual_seed(SEED), np.random.default_rng(SEED)
    optimiser = torch.optim.AdamW(classifier.parameters(), weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, steps)
    for step in range(1, steps + 1):
        rows = chance.integers(0, len(pictures), BATCH)
        x = spoiled(torch.from_numpy(pictures[rows]).permute(0, 3, 1, 2).float() / 255, generator).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=not single):
            told = classifier(x)
        loss = torch.stack([F.cross_entropy(told[head].float(), torch.from_numpy(labels[head][rows])) for head in told]).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 200 == 0:
            print(step, f"{float(loss.detach()):.3f}", flush=True)
    classifier.eval()


def ship(judge: Judge) -> None:
    (SHIPPED / judge.name).mkdir(parents=True, exist_ok=True)
    for name in (WEIGHTS, CEILINGS):
        shutil.copyfile(judge.home / name, SHIPPED / judge.name / name)


def command(judge: Judge, description: str | None, *, scenes: int, steps: int) -> None:
    """Renders, teaches and tests a judge as the command line says."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--renders", type=int, default=scenes)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--more", action="store_true", help="go on from the judge that is there, at half the rate")
    parser.add_argument("--single", action="store_true", help="in float32, which is quicker on a processor without AMX")
    parser.add_argument("--ship", action="store_true", help="into weights/judges: what evaluations ask where no other judge was made")
    arguments = parser.parse_args()
    *train, test = make_shards(judge, arguments.renders, arguments.workers)
    pictures = np.concatenate([file["pictures"] for file in train])
    labels = {head: np.concatenate([file[head] for file in train]) for head in judge.heads}
    torch.manual_seed(SEED)
    classifier = load(judge) if arguments.more else Classifier(judge.heads)
    teach(classifier, pictures, labels, steps=arguments.steps, rate=RATE / 2 if arguments.more else RATE, single=arguments.single)
    save(judge, classifier)
    told = tell(load(judge), test["pictures"].astype(np.float32) / 255)
    (judge.home / CEILINGS).write_text(json.dumps(ceilings(judge, told, {head: test[head] for head in judge.heads})))
    print((judge.home / CEILINGS).read_text())
    if arguments.ship:
        ship(judge)
