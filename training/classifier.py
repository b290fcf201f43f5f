"""A judge that is no part of nano: a small network that tells from a picture what is in it, trained on renders of its own.

    python -m training.classifier --steps 3000

It sees scenes that the transformer never saw, spoiled as generated pictures are (blurred, noisy, of changed contrast, squeezed
through the latents), so that it judges what is shown and not how cleanly.
"""

from __future__ import annotations

import argparse
import json
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mezzotint.engines.nano.latents import TOKEN_PIXELS
from training.draw import draw_scene
from training.fit_latents import load_codec
from training.home import folder
from training.phrases import LOOKS, PLACES, TIMES, WEATHERS
from training.scenes import Scene, at_grid, canonical, paint
from training.vocabulary import COLOURS, NOUNS

SIDE = 128
SEED = 4242
SHARD = 2000
RATE = 2e-3
WEIGHTS, CEILINGS = "classifier.pt", "ceilings.json"
HEADS: dict[str, tuple[str, ...]] = {
    "object": tuple(noun.name for noun in NOUNS),
    "place": tuple(place.name for place in PLACES),
    "time": (*(time.name for time in TIMES), "none"),
    "colour": (*(colour.name for colour in COLOURS), "own"),
    "count": ("1", "2", "3", "4", "5"),
    "second": ("none", *(noun.name for noun in NOUNS)),
    "relation": ("none", "left of", "behind", "under", "on", "with small"),
    "weather": ("none", *(weather.name for weather in WEATHERS)),
    "look": tuple(look.name for look in LOOKS),
    "backdrop": ("none", "gradient", *(colour.name for colour in COLOURS)),
}
# What a head says where there is nothing to see of its kind, and the heads that are of one kind of thing alone.
NOTHING = {"time": "none", "colour": "own", "second": "none", "relation": "none", "weather": "none", "look": "3d", "backdrop": "none"}
ALONE = ("object", "colour", "count")


def answers(scene: Scene) -> dict[str, int]:
    """What a right judgement of the scene is, by head: of the two things, the first is the one that `canonical` puts first."""
    scene = canonical(scene)
    right = {
        "object": scene.thing,
        "place": scene.place,
        "time": scene.time or "none",
        "colour": scene.colour or "own",
        "count": str(scene.count),
        "second": scene.second or "none",
        "relation": scene.relation or "none",
        "weather": scene.weather or "none",
        "look": scene.look,
        "backdrop": scene.backdrop or "none",
    }
    return {head: HEADS[head].index(word) for head, word in right.items()}


def labels_of(scenes: Sequence[Scene]) -> dict[str, np.ndarray]:
    """The right judgements, (n,) by head."""
    right = [answers(scene) for scene in scenes]
    return {head: np.array([each[head] for each in right]) for head in HEADS}


def counted(head: str, labels: dict[str, np.ndarray]) -> np.ndarray:
    """Where a head counts, (n,): where there is something to see, and one thing to say it of."""
    rows = np.ones(len(labels[head]), bool)
    if head in ALONE:
        rows &= labels["second"] == HEADS["second"].index(NOTHING["second"])
    if head in NOTHING:
        rows &= labels[head] != HEADS[head].index(NOTHING[head])
    return rows


def share(right: np.ndarray, rows: np.ndarray) -> float | None:
    """Of right ones among `rows`; None where there are none."""
    return round(float(right[rows].mean()), 4) if rows.any() else None


class Classifier(nn.Module):
    """(b, 3, 128, 128) in 0..1 to logits per head."""

    def __init__(self) -> None:
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
        self.heads = nn.ModuleDict({head: nn.Linear(width * 2, len(words)) for head, words in HEADS.items()})

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        features = self.body(x - 0.5)
        pooled = torch.cat([features.mean((2, 3)), features.amax((2, 3))], 1)
        return {head: layer(pooled) for head, layer in self.heads.items()}


def small(pixels: np.ndarray) -> np.ndarray:
    """(h, w, 3) of a multiple of 128 a side to (128, 128, 3) by averaging."""
    factor = pixels.shape[0] // SIDE
    return pixels.reshape(SIDE, factor, SIDE, factor, 3).mean((1, 3))


def anything(_: Scene) -> bool:
    return True


# What a render must have, and how often: what is rare in prompts must be known as well as the rest.
WANTED: tuple[tuple[Callable[[Scene], bool], float], ...] = (
    (anything, 0.3),
    (lambda scene: scene.colour is not None, 0.15),
    (lambda scene: scene.weather is not None, 0.15),
    (lambda scene: scene.look != "3d", 0.2),
    (lambda scene: scene.second is not None, 0.2),
)


def drawn_evenly(chance: np.random.Generator) -> Scene:
    wanted = WANTED[chance.choice(len(WANTED), p=[share for _, share in WANTED])][0]
    while True:
        scene = draw_scene(chance, may_hold_out=True)
        if wanted(scene):
            return at_grid(scene, 8, 8)


def make_renders(target: Path, seed: int, size: int) -> None:
    """Renders, and for half of them what the linear codec makes of them."""
    codec, chance = load_codec(), np.random.default_rng([SEED, seed])
    pictures, scenes = [], []
    for _ in range(size):
        scene = drawn_evenly(chance)
        pixels = paint(scene, TOKEN_PIXELS)
        if chance.random() < 0.5:
            pixels = np.clip(codec.decode(codec.encode(pixels)), 0, 1)
        pictures.append((small(pixels) * 255).astype(np.uint8))
        scenes.append(scene)
    np.savez(target, pictures=np.stack(pictures), **labels_of(scenes))


def spoiled(x: Tensor, generator: torch.Generator) -> Tensor:
    """As generated pictures are: softer, noisier, of another contrast, a pixel or two aside."""
    if torch.rand((), generator=generator) < 0.6:
        factor = float(torch.rand((), generator=generator)) * 0.6 + 0.4
        x = F.interpolate(F.interpolate(x, scale_factor=factor, mode="bilinear", antialias=True), size=x.shape[-2:], mode="bilinear")
    x = x + torch.randn(x.shape, generator=generator) * torch.rand((len(x), 1, 1, 1), generator=generator) * 0.08
    gain = 1 + (torch.rand((len(x), 3, 1, 1), generator=generator) - 0.5) * 0.24
    x = (x - 0.5) * gain + 0.5 + (torch.rand((len(x), 3, 1, 1), generator=generator) - 0.5) * 0.1
    shift = [int(v) for v in torch.randint(-3, 4, (2,), generator=generator)]
    return torch.roll(x, shift, (2, 3)).clamp(0, 1)


def load_classifier() -> Classifier:
    classifier = Classifier()
    classifier.load_state_dict(torch.load(folder("classifier") / WEIGHTS, map_location="cpu", weights_only=True))
    return classifier.eval()


@torch.no_grad()
def judge(classifier: Classifier, pictures: np.ndarray) -> dict[str, np.ndarray]:
    """(n, 128, 128, 3) in 0..1 to logits per head, (n, words)."""
    parts = [classifier(torch.from_numpy(pictures[at : at + 64]).permute(0, 3, 1, 2).float()) for at in range(0, len(pictures), 64)]
    return {head: torch.cat([part[head] for part in parts]).numpy() for head in HEADS}


def ceilings(told: dict[str, np.ndarray], labels: dict[str, np.ndarray]) -> dict[str, float | None]:
    """How often the judge itself is right about renders, by head, counted as pictures are."""
    return {head: share(told[head].argmax(1) == labels[head], counted(head, labels)) for head in HEADS}


def load_ceilings() -> dict[str, float | None]:
    told: dict[str, float | None] = json.loads((folder("classifier") / CEILINGS).read_text())
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--renders", type=int, default=24_000)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--more", action="store_true", help="go on from the classifier that is there, at half the rate")
    arguments = parser.parse_args()
    home, shard = folder("classifier"), min(SHARD, arguments.renders)
    todo = [(home / f"{part:03d}.npz", part, shard) for part in range(arguments.renders // shard + 1) if not (home / f"{part:03d}.npz").exists()]
    with ProcessPoolExecutor(arguments.workers) as pool:
        list(pool.map(make_renders, *zip(*todo, strict=True))) if todo else None
    files = [np.load(path) for path in sorted(home.glob("*.npz"))]
    *train, test = files  # the last shard is never trained on
    pictures = np.concatenate([file["pictures"] for file in train])
    labels = {head: np.concatenate([file[head] for file in train]) for head in HEADS}
    torch.manual_seed(SEED)
    classifier = Classifier().to(memory_format=torch.channels_last)  # two thirds of the time on a processor
    generator, chance = torch.Generator().manual_seed(SEED), np.random.default_rng(SEED)
    if arguments.more:
        classifier.load_state_dict(torch.load(home / WEIGHTS, map_location="cpu", weights_only=True))
    optimiser = torch.optim.AdamW(classifier.parameters(), weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE / 2 if arguments.more else RATE, arguments.steps)
    for step in range(arguments.steps):
        rows = chance.integers(0, len(pictures), 64)
        x = spoiled(torch.from_numpy(pictures[rows]).permute(0, 3, 1, 2).float() / 255, generator).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            told = classifier(x)
        loss = sum(F.cross_entropy(told[head].float(), torch.from_numpy(labels[head][rows])) for head in HEADS)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[union-attr]  # sum() of tensors is one
        optimiser.step()
        schedule.step()
        if (step + 1) % 200 == 0:
            print(step + 1, f"{float(loss):.3f}", flush=True)
    classifier.eval()
    torch.save(classifier.state_dict(), home / WEIGHTS)
    told = judge(classifier, test["pictures"].astype(np.float32) / 255)
    (home / CEILINGS).write_text(json.dumps(ceilings(told, {head: test[head] for head in HEADS})))
    print((home / CEILINGS).read_text())


if __name__ == "__main__":
    main()
