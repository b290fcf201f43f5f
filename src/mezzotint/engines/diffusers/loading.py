"""Weights from a folder or the hub into pipelines of diffusers: safetensors only, quantized and offloaded as there is room."""

from __future__ import annotations

import gc
import inspect
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mezzotint.core.errors import EngineFailure
from mezzotint.engines.diffusers.fitting import ACTIVATIONS, ENCODERS, SPARE, Holding, holding_for
from mezzotint.engines.diffusers.folders import BadWeights, Digests, Folder, look
from mezzotint.engines.diffusers.machine import Machine
from mezzotint.engines.diffusers.modes import FAMILIES, PRIOR, Family, Mode
from mezzotint.routing.weights import NONE, Lora, Weights

# parts of a transformer that stay as they are when it is quantized: small, or sensitive
WHOLE = ("norm", "time_text_embed", "time_guidance_embed", "x_embedder", "context_embedder")
# the same for bitsandbytes, which compares names and not parts of them. It knows layers by their last name too: FLUX.1's last, proj_out, is not
# among these, since others are called so that are a seventh of the weights
WHOLE_BY_NAME = ("norm1", "norm1_context", "norm_out", *WHOLE)
PATTERNS = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja")  # of what is fetched from the hub: no code, no pickles

log = logging.getLogger("mezzotint.diffusers")


@dataclass
class Loaded:
    """Weights, ready to paint. `base` is the pipeline that model_index.json names; the others share its components, without the text encoders."""

    weights: Weights
    folder: Folder
    base: Any
    machine: Machine
    holding: Holding
    digest: Callable[[], str]
    pipelines: dict[str, Any] = field(default_factory=dict)
    words: OrderedDict[Any, Any] = field(default_factory=OrderedDict)
    look: Any = None  # how latents look, once it is known
    loras: dict[str, str] = field(default_factory=dict)  # adapters that are loaded, by name
    modulation: Any = None
    tiles: Any = None

    @property
    def family(self) -> Family:
        return FAMILIES[self.folder.kind]

    @property
    def distilled(self) -> bool:
        """Whether they were made for few steps and take no guidance."""
        if self.folder.kind.startswith("Flux2"):
            return bool(self.base.config.get("is_distilled")) or self.folder.kind == "Flux2KleinKVPipeline"
        return self.folder.kind == "FluxPipeline" and not self.base.transformer.config.guidance_embeds

    def pipeline(self, name: str) -> Any:
        """That class of diffusers over these components."""
        if name not in self.pipelines:
            import diffusers

            kind = getattr(diffusers, name)
            wanted = inspect.signature(kind.__init__).parameters
            shared = {part: component for part, component in self.base.components.items() if part in wanted}
            shared |= {part: None for part in ENCODERS if part in shared}
            if "is_distilled" in wanted:
                shared["is_distilled"] = self.distilled
            made = kind(**shared)
            made.set_progress_bar_config(disable=True)
            self.pipelines[name] = made
        return self.pipelines[name]

    def release(self) -> None:
        """Gives its memory back."""
        self.base.remove_all_hooks()
        self.base = None
        for kept in (self.pipelines, self.words, self.loras):
            kept.clear()
        self.look = self.modulation = self.tiles = None
        free(self.machine)


def free(machine: Machine) -> None:
    gc.collect()
    if machine.is_cuda:
        import torch

        torch.cuda.empty_cache()


def place_of(weights: Weights) -> Path:
    """The folder where they are; those of the hub are fetched if they are not here yet. Raises BadWeights."""
    if weights.folder is not None:
        return weights.folder
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError

    try:
        return Path(snapshot_download(weights.hub, revision=weights.revision or None, allow_patterns=list(PATTERNS)))
    except RepositoryNotFoundError as error:
        raise BadWeights(f"{weights.hub} is not on the hub, or asks for a licence to be accepted there, and for HF_TOKEN here") from error
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        raise BadWeights(f"{weights.hub} cannot be fetched: {error}") from error


def holding_of(weights: Weights, folder: Folder, machine: Machine) -> Holding:
    """Raises BadWeights where there is no way to hold them."""
    sizes = dict(folder.sizes)
    if weights.gguf is not None:
        sizes["transformer"] = weights.gguf.stat().st_size if weights.gguf.exists() else 0
    held = holding_for(sizes, machine.card, NONE if weights.gguf else weights.quantize, weights.offload)
    if held is None:
        raise BadWeights(
            f"{weights.name} ({folder.bytes / 1e9:.0f} GB) does not fit the card ({machine.memory / 1e9:.0f} GB) in any way that its settings allow"
        )
    return held


def room_of(machine: Machine) -> int:
    """Bytes for weights, beside what painting takes."""
    if machine.is_cuda:
        return int(machine.memory * (1 - SPARE) - ACTIVATIONS)
    return int(machine.memory * 0.7)


def load(weights: Weights, folder: Folder, holding: Holding, machine: Machine, digests: Digests) -> Loaded:
    """Raises BadWeights; EngineFailure where something is not installed."""
    import diffusers

    digest = _in_background(lambda: digests.of(folder))
    details: dict[str, Any] = {"dtype": machine.dtype, "use_safetensors": True, "local_files_only": True}
    if weights.variant:
        details["variant"] = weights.variant
    if weights.gguf is not None:
        details["transformer"] = _from_gguf(weights.gguf, folder, machine)
    elif holding.quantize != NONE and folder.kind != PRIOR:
        details["quantization_config"] = quantization(holding.quantize, machine)
    log.info("loading %s from %s, %s", weights.name, folder.path, holding)
    try:
        base = getattr(diffusers, folder.kind).from_pretrained(str(folder.path), **details)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        if type(error).__name__ == "OutOfMemoryError":
            raise
        raise BadWeights(f"{weights.name} cannot be loaded from {folder.path}: {type(error).__name__}: {error}") from error
    base.set_progress_bar_config(disable=True)
    _place(base, holding, machine)
    return Loaded(weights, folder, base, machine, holding, digest)


def _place(base: Any, holding: Holding, machine: Machine) -> None:
    """Every network where it is to be."""
    match holding.offload:
        case "text":
            for name, component in base.components.items():
                if name not in ENCODERS and hasattr(component, "parameters"):
                    component.to(machine.device)
        case "model":
            base.enable_model_cpu_offload(device=machine.device)
        case "blocks":
            stream = machine.is_cuda
            base.enable_group_offload(machine.device, offload_type="leaf_level", use_stream=stream, non_blocking=stream)
        case _:
            base.to(machine.device)


def quantization(word: str, machine: Machine) -> Any:
    """How diffusers quantizes the transformer, and nothing else. Raises EngineFailure where the library for it is not installed."""
    from diffusers import PipelineQuantizationConfig

    kept = list(WHOLE)
    try:
        if word == "nf4":
            import bitsandbytes  # noqa: F401 - diffusers reads with it
            from diffusers import BitsAndBytesConfig

            one: Any = BitsAndBytesConfig(
                load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=machine.dtype, llm_int8_skip_modules=list(WHOLE_BY_NAME)
            )
        else:
            from diffusers import TorchAoConfig
            from torchao.quantization import Float8DynamicActivationFloat8WeightConfig, Float8WeightOnlyConfig, Int8WeightOnlyConfig, PerRow

            if word == "int8":
                way = Int8WeightOnlyConfig(version=2)
            else:
                way = Float8DynamicActivationFloat8WeightConfig(granularity=PerRow()) if machine.card.fp8 else Float8WeightOnlyConfig()
            one = TorchAoConfig(way, modules_to_not_convert=kept)
    except ImportError as error:
        raise EngineFailure(f"{word} needs {error.name}: pip install 'mezzotint[quantized]'", code="bad_weights") from error
    return PipelineQuantizationConfig(quant_mapping={"transformer": one})


def _from_gguf(file: Path, folder: Folder, machine: Machine) -> Any:
    """Raises BadWeights, EngineFailure."""
    import diffusers

    index = diffusers.DiffusionPipeline.load_config(str(folder.path), local_files_only=True)
    kind = getattr(diffusers, index["transformer"][1])
    if not file.exists():
        raise BadWeights(f"there is no {file}")
    try:
        config = diffusers.GGUFQuantizationConfig(compute_dtype=machine.dtype)
        return kind.from_single_file(
            str(file), quantization_config=config, torch_dtype=machine.dtype, config=str(folder.path), subfolder="transformer", local_files_only=True
        )
    except ImportError as error:
        raise EngineFailure(f"{file} needs gguf: pip install 'mezzotint[quantized]'", code="bad_weights") from error
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise BadWeights(f"{file} cannot be loaded: {error}") from error


def use_loras(loaded: Loaded, wanted: list[tuple[str, Lora, float]]) -> None:
    """These with their strengths, and no others. Raises BadWeights for a file that cannot be used."""
    if not wanted and not loaded.loras:
        return
    for name, lora, _ in wanted:
        if name not in loaded.loras:
            _load_lora(loaded, name, lora)
    if wanted:
        loaded.base.enable_lora()
        loaded.base.set_adapters([loaded.loras[name] for name, _, _ in wanted], [strength for _, _, strength in wanted])
    else:
        loaded.base.disable_lora()


def _load_lora(loaded: Loaded, name: str, lora: Lora) -> None:
    if lora.file.suffix != ".safetensors":
        raise BadWeights(f"the LoRA {name} is {lora.file.name}: LoRAs are read as safetensors alone, since other formats may run code")
    adapter = f"lora_{len(loaded.loras)}"
    try:
        loaded.base.load_lora_weights(str(lora.file.parent), weight_name=lora.file.name, adapter_name=adapter, local_files_only=True, use_safetensors=True)
    except ImportError as error:
        raise EngineFailure("LoRAs need peft: pip install 'mezzotint[diffusers]'", code="bad_weights") from error
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise BadWeights(f"the LoRA {name} cannot be used with {loaded.weights.name}: {error}") from error
    loaded.loras[name] = adapter


def _in_background(work: Callable[[], str]) -> Callable[[], str]:
    """Starts it; the result waits for it. What it raises is raised there."""
    found: list[str] = []

    def run() -> None:
        try:
            found.append(work())
        except OSError as error:
            log.warning("no digest: %s", error)
            found.append("")

    thread = threading.Thread(target=run, name="digest", daemon=True)
    thread.start()

    def result() -> str:
        thread.join()
        return found[0] if found else ""

    return result


def find(weights: Weights) -> Folder:
    """Raises BadWeights."""
    return look(place_of(weights), weights.variant)


def can(loaded: Loaded, mode: Mode) -> bool:
    return mode in loaded.family.pipelines
