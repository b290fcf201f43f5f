"""What there is to compute on: the device, its memory, and which of diffusers' attention back ends it can use best."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mezzotint.engines.diffusers.fitting import Card
from mezzotint.routing.weights import AUTO

HOPPER, ADA = (9, 0), (8, 9)
# of a capability, the back ends from fast to plain, each with the module that it needs; "" is PyTorch itself. None that fetches its code
# from the hub: those are used where the operator names them.
ATTENTION: tuple[tuple[tuple[int, int], tuple[tuple[str, str], ...]], ...] = (
    ((10, 0), (("_native_cudnn", ""),)),
    (HOPPER, (("_flash_3", "flash_attn_interface"), ("_native_cudnn", ""))),
    ((8, 0), (("flash", "flash_attn"), ("native", ""))),
)

SINGLE = ("_flash_3",)  # back ends that diffusers cannot share out among GPUs


def _installed(module: str) -> bool:
    return not module or importlib.util.find_spec(module) is not None


def attention_for(capability: tuple[int, int] | None, installed: Callable[[str], bool] = _installed, *, together: bool = False) -> str:
    """The fastest back end without loss that is there; `capability` None is a machine without a GPU. `together`: of several GPUs a picture."""
    for least, candidates in ATTENTION:
        if capability is not None and capability >= least:
            return next((name for name, module in candidates if installed(module) and not (together and name in SINGLE)), "native")
    return "native"


@dataclass(frozen=True)
class Machine:
    """`device` as PyTorch calls it; `capability` of a CUDA device; `memory` in bytes, all of it."""

    device: str
    memory: int
    capability: tuple[int, int] | None = None
    name: str = ""

    @property
    def is_cuda(self) -> bool:
        return self.device.startswith("cuda")

    @property
    def card(self) -> Card:
        fp8 = self.capability is not None and self.capability >= ADA
        return Card(self.memory if self.is_cuda else None, fp8, self.is_cuda and _installed("bitsandbytes"))

    @property
    def dtype(self) -> Any:
        """What weights are computed in: bfloat16, where the device does that well."""
        import torch

        return torch.bfloat16 if self.is_cuda else torch.float32


def machine(device: str = AUTO) -> Machine:
    """The first GPU that this process may see, else the processor."""
    import torch

    if device == AUTO:
        device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    if device.startswith("cuda"):
        found = torch.cuda.get_device_properties(device)
        return Machine(device, int(found.total_memory), (found.major, found.minor), found.name)
    import psutil

    return Machine(device, int(psutil.virtual_memory().total))
