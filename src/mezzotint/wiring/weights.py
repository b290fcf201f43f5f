"""What there is for the diffusers engine, and what is missing: libraries, GPU, driver, every folder of weights, every model without any."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from mezzotint.core.catalogue import CARDS
from mezzotint.core.errors import MezzotintError
from mezzotint.engines.diffusers.folders import Digests, family_modes, look
from mezzotint.engines.diffusers.loading import holding_of
from mezzotint.engines.diffusers.machine import Machine, attention_for, machine
from mezzotint.engines.diffusers.published import DEPTH_MODEL, PUBLISHED
from mezzotint.engines.diffusers.weights_library import Library
from mezzotint.routing import read_routing
from mezzotint.routing.models import DIFFUSERS
from mezzotint.routing.weights import Weights
from mezzotint.settings import Settings
from mezzotint.wiring.adapters import library_of
from mezzotint.wiring.gpus import driver_version, gpus_of

NEEDED = ("torch", "diffusers", "transformers", "accelerate", "peft")
GB = 1e9


@dataclass(frozen=True)
class Look:
    what: str
    good: bool
    said: str


def looks(settings: Settings) -> Iterator[Look]:
    """One after the other, each as soon as it is known. Nothing is fetched, and no weights are loaded. Raises BadSetting."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        yield Look("PyTorch", False, f"{', '.join(missing)} not installed: pip install 'mezzotint[diffusers]'")
    else:
        yield Look("PyTorch", True, ", ".join(f"{name} {_version(name)}" for name in NEEDED))
    tuning = read_routing(settings).tuning
    found = None if missing else machine(tuning.device)
    yield _gpu(found, gpus_of(tuning.gpus), tuning.together)
    library = library_of(settings)
    digests = Digests(settings.folder / "diffusers" / "digests.json")
    for weights in library.weights.values():
        yield _weights(weights, found, digests)
    yield from _models(settings, library)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "of unknown version"


def _gpu(found: Machine | None, gpus: list[str], together: int) -> Look:
    driver = driver_version()
    told = f"driver {driver}, " if driver else ""
    if found is not None and found.is_cuda:
        parts = [f"{found.name}, {found.memory / GB:.0f} GB", f"{told}attention {attention_for(found.capability)}"]
        return Look("GPU", True, ", ".join(parts) + (f", one engine for each {_of(len(gpus), together)}" if len(gpus) > 1 else ""))
    if driver:
        return Look("GPU", False, f"{told}but PyTorch does not see it: install the build of PyTorch for it, and look at CUDA_VISIBLE_DEVICES")
    where = f"PyTorch computes on {found.device}" if found else "there is no driver of NVIDIA"
    return Look("GPU", False, f"{where}: FLUX takes minutes to hours a picture without a GPU")


def _of(gpus: int, together: int) -> str:
    return f"of {gpus}" if together == 1 else f"{together} of {gpus}, which paint together"


def _weights(weights: Weights, found: Machine | None, digests: Digests) -> Look:
    what = f"weights {weights.name}"
    try:
        if weights.folder is None:
            return Look(what, True, f"{weights.hub} on the hub, fetched when it is first asked for")
        if weights.name == DEPTH_MODEL or (weights.folder / "config.json").exists():
            return _depth(what, weights)
        folder = look(weights.folder, weights.variant)
        said = [folder.kind, f"{folder.bytes / GB:.1f} GB", f"sha256 {digests.of(folder)}", "can do " + ", ".join(family_modes(folder.kind))]
        if found is not None:
            said.append(f"held {holding_of(weights, folder, found)}")
        for name, lora in weights.loras.items():
            if not lora.file.exists():
                return Look(what, False, f"the LoRA {name} is missing: there is no {lora.file}")
        return Look(what, True, ", ".join(said))
    except (MezzotintError, OSError) as error:
        return Look(what, False, str(error))


def _depth(what: str, weights: Weights) -> Look:
    files = sorted(weights.folder.glob("*.safetensors")) if weights.folder else []
    if not files:
        return Look(what, False, f"there is no depth model in {weights.folder}: expected safetensors and a config.json of transformers")
    return Look(what, True, f"a depth model, {sum(file.stat().st_size for file in files) / GB:.1f} GB")


def _models(settings: Settings, library: Library) -> Iterator[Look]:
    """What the engine is sent and has no weights for."""
    routing = read_routing(settings)
    sent = [card for card in CARDS if card.listed and routing.of(card).engine == DIFFUSERS]
    lacking: dict[tuple[str, ...], list[str]] = {}
    for card in sent:
        meant = library.meant(card.name)
        if not any(name in library.weights for name in meant):
            lacking.setdefault(meant, []).append(card.name)
    for meant, names in lacking.items():
        places = ", or ".join(f"{name} ({PUBLISHED[name].hub}, {PUBLISHED[name].licence})" if name in PUBLISHED else name for name in meant)
        yield Look("models", False, f"no weights for {', '.join(names)}: put {places or 'some'} into MEZZOTINT_WEIGHTS or mezzotint.toml")
    if sent and not lacking:
        yield Look("models", True, f"there are weights for all {len(sent)} that this engine is sent")
