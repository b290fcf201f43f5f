"""Paint with a checkpoint, in PyTorch: for looking at a run and for measuring it. The package paints with its own runtime.

python -m training.sampling --run flow --out grid.png
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from mezzotint.engines.nano.latents import positions, unpack
from mezzotint.engines.nano.text import TextEncoder, window_for
from training.contact import contact_sheet
from training.fit_latents import load_codec
from training.home import folder
from training.model import NO_GUIDANCE, load_ema

PROMPTS = (
    "A paper boat floating on calm water at sunrise.", "ein fantastisches bild", "Hello", "a red car in a city at night",
    "a cat in the snow", "three yellow tulips in a green field", "a lighthouse by the sea at sunset", "a rocket in space",
    "a big blue elephant on the beach", "a cup of coffee on a wooden table", "ein grüner Dinosaurier in der Wüste", "sahilde kırmızı bir şemsiye, gün batımında",
    "a snowman in winter at night", "two penguins in the snow", "a small house in the mountains", "a purple balloon",
    "a horse in a meadow at dawn", "a pizza on a table", "a green guitar on the left on a plain background", "an owl in a forest at night",
    "a cat in the desert", "a purple car in the mountains", "a yellow paper boat on the sea", "a castle on the beach at sunset",
)  # fmt: skip


def schedule(steps: int, shift: float) -> np.ndarray:
    """Noise levels from 1 to 0, `shift` above 1 spending more steps on much noise."""
    plain = np.linspace(1, 0, steps + 1)
    return shift * plain / (1 + (shift - 1) * plain)


class Sampler:
    """A transformer with its text encoder. `guidance` above 1 runs it twice a step unless `distilled`."""

    def __init__(self, model: nn.Module, *, distilled: bool = False) -> None:
        self.model, self.distilled = model, distilled
        self.encoder = TextEncoder()

    def latents(self, prompts: Sequence[str], grid: tuple[int, int], seeds: Sequence[int], steps: int, guidance: float, shift: float = 1.5) -> list[np.ndarray]:
        """(32, 2 * rows, 2 * columns) for each prompt."""
        columns, rows = grid
        chances = [np.random.default_rng(seed) for seed in seeds]
        noise = np.stack([chance.standard_normal((rows * columns, 128), np.float32) for chance in chances])
        painted = self.walked(noise, prompts, grid, schedule(steps, shift), guidance)
        return [unpack(tokens, rows, columns) for tokens in painted]

    def walked(self, tokens: np.ndarray, prompts: Sequence[str], grid: tuple[int, int], levels: np.ndarray, guidance: float) -> np.ndarray:
        """Noisy `tokens` (n, rows * columns, 128) from the first of the levels to the last."""
        columns, rows = grid
        told, empty = self.encoder.encode(prompts), self.encoder.encode([""] * len(prompts))
        window = window_for(int(np.abs(told.tokens).any(-1).sum(1).max()))
        x, places = torch.from_numpy(tokens), torch.from_numpy(positions(rows, columns))
        with torch.no_grad():
            for now, after in itertools.pairwise(levels):
                heard = guidance if self.distilled else NO_GUIDANCE
                velocity = self._velocity(x, told.tokens[:, :window], told.pooled, now, heard, places)
                if guidance != 1 and not self.distilled:
                    bare = self._velocity(x, empty.tokens[:, :window], empty.pooled, now, heard, places)
                    velocity = bare + guidance * (velocity - bare)
                x = x + (after - now) * velocity
        walked: np.ndarray = x.numpy()
        return walked

    def _velocity(self, x: Tensor, words: np.ndarray, pooled: np.ndarray, level: float, guidance: float, places: Tensor) -> Tensor:
        return self.model(
            hidden_states=x,
            encoder_hidden_states=torch.from_numpy(words),
            pooled_projections=torch.from_numpy(pooled),
            timestep=torch.full((len(x),), level, dtype=torch.float32),
            guidance=torch.full((len(x),), guidance, dtype=torch.float32),
            img_ids=places,
            txt_ids=torch.zeros(words.shape[1], 3),
            return_dict=False,
        )[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", default="flow")
    parser.add_argument("--out", type=Path, default=Path("grid.png"))
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--guidance", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--distilled", action="store_true")
    arguments = parser.parse_args()
    sampler = Sampler(load_ema(folder(arguments.run) / "checkpoint.pt"), distilled=arguments.distilled)
    codec = load_codec()
    seeds = [arguments.seed + number for number in range(len(PROMPTS))]
    latents = sampler.latents(PROMPTS, (11, 8), seeds, arguments.steps, arguments.guidance)
    contact_sheet([codec.decode(each) for each in latents], PROMPTS, 4).save(arguments.out)


if __name__ == "__main__":
    main()
