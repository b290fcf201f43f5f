"""How weights are to be held on a card: quantized or not, what of them stays in main memory. A pure function of sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mezzotint.routing.weights import AUTO, NONE

GB = 10**9
ENCODERS = ("text_encoder", "text_encoder_2", "image_encoder")
ACTIVATIONS = 3.0 * GB  # of the transformer at 1 megapixel, with attention that does not write its matrix, and of the decoder
PER_MEGAPIXEL = 1.2 * GB  # for each more
SPARE = 0.04  # of the card: its driver, and what allocation wastes
PARTS = {NONE: 1.0, "fp8": 0.64, "int8": 0.64, "nf4": 0.47}  # of bf16's size: FLUX.1's modulations, a quarter of it, stay as they are


@dataclass(frozen=True)
class Card:
    """What weights are to run on. `memory` in bytes, None: the machine's own, and nothing is offloaded; `fp8`: it multiplies in fp8."""

    memory: int | None
    fp8: bool = False
    nf4: bool = False


@dataclass(frozen=True)
class Holding:
    """How weights are held. `offload` is what waits in main memory while it is not used: nothing, the text encoders, whichever of the
    networks do not compute just now (`model`), or even the transformer's blocks (`blocks`). `resident` in bytes on the card at the most."""

    quantize: str
    offload: str
    resident: int

    def __str__(self) -> str:
        parts = [f"in {self.quantize}"] * (self.quantize != NONE) + [f"{self.offload} offloaded"] * (self.offload != NONE)
        return ", ".join(parts) or "whole"


# what is tried in this order: first what changes nothing, then eight bits, then four, at last what is slow
TRIED = (
    (NONE, NONE), (NONE, "text"), ("eight", NONE), ("eight", "text"), ("eight", "model"), ("nf4", "text"), ("nf4", "model"), (NONE, "blocks"),
)  # fmt: skip


def resident(sizes: Mapping[str, int], quantize: str, offload: str, megapixels: float = 1.0) -> int:
    """Bytes on the card at the most. `sizes` are the components' files, in bf16."""
    shrunk = {name: size * (PARTS[quantize] if name == "transformer" else 1.0) for name, size in sizes.items()}
    work = ACTIVATIONS + PER_MEGAPIXEL * max(0.0, megapixels - 1.0)
    total = sum(shrunk.values())
    encoders = sum(size for name, size in shrunk.items() if name in ENCODERS)
    match offload:
        case "text":  # they come before there is anything else to do
            return int(total - encoders + max(encoders, work))
        case "model":
            return int(max(shrunk.values(), default=0.0) + work)
        case "blocks":
            return int(max((size for name, size in shrunk.items() if name != "transformer"), default=0.0) * 0.25 + work)
        case _:
            return int(total + work)


def holding_for(sizes: Mapping[str, int], card: Card, quantize: str = AUTO, offload: str = AUTO, *, megapixels: float = 1.0) -> Holding | None:
    """The first way that fits and that the settings allow; None where none does. What the settings name is taken as it is named."""
    if card.memory is None:
        return _held(sizes, NONE if quantize == AUTO else quantize, NONE if offload == AUTO else offload, megapixels)
    if AUTO not in (quantize, offload):
        return _held(sizes, quantize, offload, megapixels)
    room = card.memory * (1 - SPARE)
    ways = (_held(sizes, *way, megapixels) for way in _ways(card, quantize, offload))
    return next((held for held in ways if held.resident <= room), None)


def _held(sizes: Mapping[str, int], quantize: str, offload: str, megapixels: float) -> Holding:
    return Holding(quantize, offload, resident(sizes, quantize, offload, megapixels))


def _ways(card: Card, quantize: str, offload: str) -> Iterator[tuple[str, str]]:
    """Those of TRIED that the settings allow, with their words put in."""
    eight, seen = "fp8" if card.fp8 else "int8", set[tuple[str, str]]()
    for tried, moved in TRIED:
        named = eight if tried == "eight" else tried
        if quantize == AUTO and named == "nf4" and not card.nf4:
            continue
        way = (named if quantize == AUTO else quantize, moved if offload == AUTO else offload)
        if way not in seen:
            seen.add(way)
            yield way
