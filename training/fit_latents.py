"""Fit the patch codec: principal components of the scenes' 16 x 16 patches. Closed form, well under a minute.

python -m training.fit_latents [--scenes 2500]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from mezzotint.engines.nano.latents import CHANNELS, PATCH, TOKEN_PIXELS, PatchCodec
from training.draw import draw_scene
from training.home import folder
from training.scenes import at_grid, paint

SEED = 1
CODEC = "codec.safetensors"
SHIPPED = Path(__file__).parents[1] / "weights" / "nano" / CODEC


def load_codec() -> PatchCodec:
    """The one that was fitted here, else the one of the shipped weights."""
    fitted = folder("codec") / CODEC
    return PatchCodec.from_tensors(load_file(fitted if fitted.exists() else SHIPPED))


def patches_of(pixels: np.ndarray) -> np.ndarray:
    rows, columns = pixels.shape[0] // PATCH, pixels.shape[1] // PATCH
    patches: np.ndarray = (pixels.reshape(rows, PATCH, columns, PATCH, 3) * 2 - 1).transpose(0, 2, 1, 3, 4)
    return patches.reshape(rows * columns, -1)


def fit(scenes: int) -> PatchCodec:
    """Components by falling variance; each is divided by the root of its deviation, which keeps the strong ones strong.

    Full whitening would ask the transformer to be as exact about faint texture as about shape; none would drown the
    texture. The common factor brings the mean variance to one, the noise's.
    """
    chance = np.random.default_rng(SEED)
    size = PATCH * PATCH * 3
    total, square, count = np.zeros(size), np.zeros((size, size)), 0
    for _ in range(scenes):
        patches = patches_of(paint(at_grid(draw_scene(chance), 8, 8), TOKEN_PIXELS)).astype(np.float64)
        total += patches.sum(0)
        square += patches.T @ patches
        count += len(patches)
    mean = total / count
    values, vectors = np.linalg.eigh(square / count - np.outer(mean, mean))
    deviation = np.sqrt(values[::-1][:CHANNELS])
    basis = vectors[:, ::-1][:, :CHANNELS].T
    basis *= np.sign(basis.sum(1, keepdims=True))
    scale = np.sqrt(deviation)
    scale *= np.sqrt(np.mean((deviation / scale) ** 2))
    print(f"kept {values[::-1][:CHANNELS].sum() / values.sum():.4f} of the variance; deviations after scaling {np.round(deviation / scale, 2)}")
    return PatchCodec(basis.astype(np.float32), mean.astype(np.float32), scale.astype(np.float32))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=2500)
    codec = fit(parser.parse_args().scenes)
    tensors = {"basis": codec.basis, "mean": codec.mean, "scale": codec.scale}
    save_file({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}, folder("codec") / CODEC)  # it writes memory as it lies
    codec = load_codec()
    chance = np.random.default_rng(SEED + 1)
    errors = []
    for _ in range(100):
        pixels = paint(at_grid(draw_scene(chance), 8, 8), TOKEN_PIXELS)
        errors.append(10 * np.log10(1 / np.mean((codec.decode(codec.encode(pixels)) - pixels) ** 2)))
    print(f"linear reconstruction of 100 unseen scenes: {np.mean(errors):.2f} dB")


if __name__ == "__main__":
    main()
