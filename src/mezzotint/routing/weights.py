"""What an operator says about weights: where they are, how they are to be held, and what is done to be fast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mezzotint.routing.table import Table, amount, count, mapping, one_of, switch, text

AUTO = "auto"
NONE = "none"
ALWAYS = "always"
QUANTIZE = (AUTO, NONE, "fp8", "int8", "nf4")
OFFLOAD = (AUTO, NONE, "text", "model", "blocks")
COMPILE = (AUTO, NONE, "blocks", "whole")
TILES = (AUTO, NONE, ALWAYS)
SAFE = ".safetensors"


@dataclass(frozen=True)
class Lora:
    """One [weights.NAME.loras.NAME]: a file of safetensors, and how much it counts where a request does not say."""

    file: Path
    strength: float = 1.0


@dataclass(frozen=True)
class Weights:
    """One [weights.NAME]: in a local `folder`, or on the `hub` under that id.

    `gguf` is a file that stands in for the transformer. `finetunes` are other weights, by the finetune's id. `redux` and `depth` name the
    weights that make words of an image prompt and depth of a control picture. `warm`: loaded before the first request.
    `steps` are painted where a request does not say; 0: as many as suit the family.
    """

    name: str
    folder: Path | None = None
    hub: str = ""
    revision: str = ""
    variant: str = ""
    quantize: str = AUTO
    offload: str = AUTO
    gguf: Path | None = None
    loras: Mapping[str, Lora] = field(default_factory=lambda: MappingProxyType({}))
    finetunes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    redux: str = ""
    depth: str = ""
    warm: bool = False
    steps: int = 0


@dataclass(frozen=True)
class Tuning:
    """[diffusers]: what holds for all weights. `attention` is a back end of diffusers' own name; `step_cache` the threshold of its
    FirstBlockCache, 0: none. `fused` projections and `modulation` made ahead change no picture beyond rounding. `gpus` are
    those that paint, each with an engine of its own, or so many of them `together`. `tiles`: whether large pictures are
    decoded piece by piece."""

    attention: str = AUTO
    compile: str = AUTO
    step_cache: float = 0.0
    fused: bool = True
    modulation: bool = True
    gpus: str = AUTO
    device: str = AUTO
    together: int = 1
    tiles: str = AUTO


KNOWN = ("folder", "hub", "revision", "variant", "quantize", "offload", "gguf", "loras", "finetunes", "redux", "depth", "warm", "steps")
TUNABLE = ("attention", "compile", "step_cache", "fused", "modulation", "gpus", "device", "together", "tiles")


def read_weights(place: str, name: str, values: Any, base: Path) -> Weights:
    """`base` is where relative paths begin. Raises BadSetting."""
    where = f"{place}: [weights.{name}]"
    table = Table(where, values)

    def path(value: Any) -> Path:
        return base / Path(text(value)).expanduser()

    found = Weights(
        name,
        folder=table.take("folder", path, None),
        hub=table.take("hub", _hub, ""),
        revision=table.take("revision", text, ""),
        variant=table.take("variant", text, ""),
        quantize=table.take("quantize", one_of(*QUANTIZE), AUTO),
        offload=table.take("offload", one_of(*OFFLOAD), AUTO),
        gguf=table.take("gguf", path, None),
        loras=table.take("loras", lambda value: _loras(f"{where} loras", value, path), MappingProxyType({})),
        finetunes=table.take("finetunes", lambda value: MappingProxyType({key: text(other) for key, other in mapping(value).items()}), MappingProxyType({})),
        redux=table.take("redux", text, ""),
        depth=table.take("depth", text, ""),
        warm=table.take("warm", switch, False),
        steps=table.take("steps", count, 0),
    )
    table.end(KNOWN)
    if (found.folder is None) == (not found.hub):
        raise table.wrong("give folder or hub, one of the two")
    if found.gguf is not None and found.quantize not in (AUTO, NONE):
        raise table.wrong("gguf and quantize: what is in a GGUF file is quantized already")
    return found


def _hub(value: Any) -> str:
    owner, slash, name = text(value).partition("/")
    if not (owner and slash and name) or "/" in name or " " in value:
        raise ValueError("expected an id of the hub, such as black-forest-labs/FLUX.1-dev")
    return str(value)


def _loras(place: str, value: Any, path: Any) -> Mapping[str, Lora]:
    return MappingProxyType({name: _lora(f"{place}.{name}", entry, path) for name, entry in mapping(value).items()})


def _lora(place: str, value: Any, path: Any) -> Lora:
    table = Table(place, {"file": value} if isinstance(value, str) else value)
    lora = Lora(table.need("file", path), table.take("strength", amount, 1.0))
    table.end(("file", "strength"))
    if lora.file.suffix != SAFE:
        raise table.wrong(f"file = {str(lora.file)!r}: LoRAs are read as safetensors alone, since other formats may run code")
    return lora


def read_tuning(place: str, values: Any) -> Tuning:
    """Raises BadSetting."""
    table = Table(f"{place}: [diffusers]", values)
    found = Tuning(
        attention=table.take("attention", text, AUTO),
        compile=table.take("compile", one_of(*COMPILE), AUTO),
        step_cache=table.take("step_cache", _threshold, 0.0),
        fused=table.take("fused", switch, True),
        modulation=table.take("modulation", switch, True),
        gpus=table.take("gpus", _gpus, AUTO),
        device=table.take("device", one_of(AUTO, "cuda", "mps", "cpu"), AUTO),
        together=table.take("together", count, 1),
        tiles=table.take("tiles", one_of(*TILES), AUTO),
    )
    table.end(TUNABLE)
    if found.together > 1 and found.step_cache:
        raise table.wrong("together and step_cache: each GPU would leave out other steps")
    if found.gpus != AUTO and len(found.gpus.split(",")) % found.together:
        raise table.wrong(f"gpus = {found.gpus!r}: cannot be divided into groups of {found.together} that paint together")
    return found


def _threshold(value: Any) -> float:
    found = amount(value)
    if found > 1:
        raise ValueError("expected a threshold from 0 to 1, such as 0.08")
    return found


def _gpus(value: Any) -> str:
    if text(value) != AUTO and not all(part.strip().isdigit() for part in value.split(",")):
        raise ValueError("expected auto, or numbers of GPUs such as 0,1")
    return str(value)
