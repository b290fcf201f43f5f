"""One of several processes that paint a picture together, a device each: the tokens are shared out by diffusers' own context parallelism.

Each rank has all of the weights and runs the whole pipeline on the same inputs, but computes only its own part of the tokens; before and
after attention they exchange heads for tokens (Ulysses). All ranks have all of the prediction after each step, so that their latents stay
equal; rank 0 alone decodes them.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from mezzotint.core.errors import EngineFailure
from mezzotint.engines.diffusers.folders import BadWeights
from mezzotint.engines.diffusers.loading import Loaded
from mezzotint.engines.diffusers.machine import Machine, machine
from mezzotint.routing.weights import AUTO

PATIENCE = timedelta(minutes=30)  # for another rank, which may still read weights; whether it lives is watched from outside
ALONE = "Flux2KleinKVPipeline"  # it keeps keys from step to step, of which diffusers knows no share: each rank paints by itself
MOVED = ("model", "blocks")  # ways to offload whose hooks and those of context parallelism have not been tried together

log = logging.getLogger("mezzotint.diffusers")


@dataclass(frozen=True)
class Crew:
    """`config` is diffusers' ParallelConfig, set up. `machine` is this rank's, with as much memory as that of the rank that has least."""

    rank: int
    size: int
    machine: Machine
    config: Any

    @classmethod
    def joined(cls, rank: int, size: int, place: Path, device: str = AUTO) -> Crew:
        """Waits for the others, which meet at the file `place`. Every rank calls it once."""
        import torch
        import torch.distributed as dist
        from diffusers import ContextParallelConfig
        from diffusers.models._modeling_parallel import ParallelConfig
        from torch.distributed.device_mesh import init_device_mesh

        found = machine(device)
        if found.device == "mps" or (found.is_cuda and torch.cuda.device_count() < size):
            there = torch.cuda.device_count() if found.is_cuda else 1
            raise EngineFailure(f"together = {size}, but PyTorch sees {there} of {found.device} here", code="bad_weights")
        if found.is_cuda:
            found = machine(f"cuda:{rank}")
            torch.cuda.set_device(rank)
        # small things that the host has to know go by gloo also where tensors go by nccl: nothing waits for a GPU then
        dist.init_process_group("cpu:gloo,cuda:nccl" if found.is_cuda else "gloo", init_method=f"file://{place}", rank=rank, world_size=size, timeout=PATIENCE)
        least = torch.tensor([found.memory])
        dist.all_reduce(least, op=dist.ReduceOp.MIN)
        kind = "cuda" if found.is_cuda else found.device
        config = ParallelConfig(context_parallel_config=ContextParallelConfig(ulysses_degree=size))
        mesh = init_device_mesh(kind, mesh_shape=(1, size), mesh_dim_names=("ring", "ulysses"))
        config.setup(rank, size, torch.device(found.device), mesh=mesh)
        return cls(rank, size, replace(found, memory=int(least)), config)

    @property
    def leads(self) -> bool:
        return self.rank == 0

    def agreed(self, stop: bool) -> bool:
        """Whether the leading rank wants to stop. Every rank asks it at the same step."""
        import torch
        import torch.distributed as dist

        said = torch.tensor([int(stop)])
        dist.broadcast(said, src=0)
        return bool(said)

    def same(self, text: str) -> str:
        """The leading rank's, for all: what a language model writes may differ from GPU to GPU."""
        import torch.distributed as dist

        found = [text]
        dist.broadcast_object_list(found, src=0, device="cpu")
        return found[0]

    def share(self, loaded: Loaded) -> tuple[str, ...]:
        """Has the transformer compute its part of the tokens; says so, for the metadata of pictures. Raises BadWeights."""
        if loaded.folder.kind == ALONE:
            return ()
        if loaded.holding.offload in MOVED:
            raise BadWeights(f"{loaded.weights.name} is held with offload = {loaded.holding.offload!r}, with which several GPUs cannot paint together")
        transformer = loaded.base.transformer
        heads = transformer.config.num_attention_heads
        if heads % self.size:
            raise BadWeights(f"{loaded.weights.name} has {heads} attention heads, which {self.size} GPUs cannot share evenly: set together to a divisor")
        _Shared(transformer, self)
        return (f"on {self.size} devices together",)


class _Shared:
    """A transformer's tokens shared out. What diffusers does, but for two things: every transformer uses one mesh, since making one is an
    exchange of its own, and diffusers cannot make it without a GPU (it divides by their number); and parts need not be equal in gloo."""

    def __init__(self, transformer: Any, crew: Crew) -> None:
        self._crew, self._tokens = crew, 0

        def resolved(config: Any) -> Any:
            transformer._parallel_config = config  # noqa: SLF001 - as diffusers' own does
            return config

        transformer._resolve_parallel_config = resolved  # noqa: SLF001 - see above
        try:
            # its own plan, but for the gathering, which `_gathered` does
            transformer.enable_parallelism(config=crew.config, cp_plan={"": transformer._cp_plan[""]})  # noqa: SLF001 - diffusers shows it nowhere else
        except ValueError as error:  # an attention back end that cannot
            raise BadWeights(str(error)) from error
        transformer.register_forward_pre_hook(self._begun, with_kwargs=True)
        transformer.proj_out.register_forward_hook(self._gathered)

    def _begun(self, _: Any, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        """Notes how many tokens there are. Parts of equal length are exchanged without asking how long they are."""
        self._tokens = (given[0] if given else named["hidden_states"]).shape[1]
        lengths = (self._tokens, named["encoder_hidden_states"].shape[1])
        self._crew.config.context_parallel_config.ulysses_anything = any(length % self._crew.size for length in lengths)

    def _gathered(self, _: Any, __: Any, part: Any) -> Any:
        """(1, all tokens, channels) of every rank's part, filled up to the longest: gloo gathers equal ones alone."""
        import torch
        import torch.distributed as dist

        size = self._crew.size
        lengths = [self._tokens // size + (rank < self._tokens % size) for rank in range(size)]  # as torch.tensor_split shares out
        filled = torch.nn.functional.pad(part, (0, 0, 0, lengths[0] - part.shape[1])).contiguous()
        parts = [torch.empty_like(filled) for _ in lengths]
        dist.all_gather(parts, filled)
        return torch.cat([each[:, :length] for each, length in zip(parts, lengths, strict=True)], dim=1)
