"""The published weights that this engine knows: where they are, under which licence, and which models of the API they stand in for.

Nothing here is the model that the API's name speaks of, where that is a [pro], [max] or [flex]: those are not published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

OWNER = "black-forest-labs/"
DEV = "FLUX.1 [dev] Non-Commercial"
DEV2 = "FLUX [dev] Non-Commercial v2"
APACHE = "Apache-2.0"


@dataclass(frozen=True)
class Published:
    """`size` is of the files in bf16, in GB; `hub` is its id on the hub."""

    name: str
    licence: str
    size: float
    hub: str


def _ours(name: str, licence: str, size: float) -> Published:
    return Published(name, licence, size, OWNER + name)


PUBLISHED: Mapping[str, Published] = MappingProxyType({each.name: each for each in (
    _ours("FLUX.1-dev", DEV, 34), _ours("FLUX.1-schnell", APACHE, 34), _ours("FLUX.1-Krea-dev", DEV, 34), _ours("FLUX.1-Fill-dev", DEV, 34),
    _ours("FLUX.1-Canny-dev", DEV, 34), _ours("FLUX.1-Depth-dev", DEV, 34), _ours("FLUX.1-Kontext-dev", DEV, 34), _ours("FLUX.1-Redux-dev", DEV, 1),
    _ours("FLUX.2-dev", DEV2, 113), _ours("FLUX.2-klein-4B", APACHE, 16), _ours("FLUX.2-klein-9B", DEV2, 35), _ours("FLUX.2-klein-base-4B", APACHE, 16),
    _ours("FLUX.2-klein-base-9B", DEV2, 35), _ours("FLUX.2-klein-9b-kv", DEV2, 35),
    Published("Depth-Anything-V2-Small-hf", APACHE, 0.1, "depth-anything/Depth-Anything-V2-Small-hf"),
)})  # fmt: skip

REDUX, DEPTH_MODEL = "FLUX.1-Redux-dev", "Depth-Anything-V2-Small-hf"
_TEXT = ("FLUX.1-dev", "FLUX.1-Krea-dev", "FLUX.1-schnell", "FLUX.2-klein-4B")
_SCHNELL = ("FLUX.1-schnell", "FLUX.2-klein-4B")
_FILL = ("FLUX.1-Fill-dev", "FLUX.1-dev", "FLUX.1-schnell", "FLUX.2-klein-4B")
_KONTEXT = ("FLUX.1-Kontext-dev", "FLUX.2-klein-4B", "FLUX.2-klein-9B", "FLUX.2-dev")
_FLUX2 = ("FLUX.2-dev", "FLUX.2-klein-9B", "FLUX.2-klein-4B")
_KLEIN_4B, _KLEIN_9B = ("FLUX.2-klein-4B", "FLUX.2-klein-9B"), ("FLUX.2-klein-9B", "FLUX.2-klein-4B")
_TOOLS = ("FLUX.2-klein-9B", "FLUX.2-klein-4B", "FLUX.2-dev")

# by the beginning of a model's name, without its owner; the first that fits. The weights in the order in which they are preferred.
DEFAULTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("flux-schnell", _SCHNELL), ("flux-redux-schnell", _SCHNELL), ("flux-krea-dev", ("FLUX.1-Krea-dev", "FLUX.1-dev")),
    ("flux-pro-1.0-fill", _FILL), ("flux-pro-1.0-expand", _FILL), ("flux-fill", _FILL), ("flux-tools/erase", _FILL), ("flux-tools/outpainting", _FILL),
    ("flux-pro-1.0-canny", ("FLUX.1-Canny-dev",)), ("flux-canny", ("FLUX.1-Canny-dev",)),
    ("flux-pro-1.0-depth", ("FLUX.1-Depth-dev",)), ("flux-depth", ("FLUX.1-Depth-dev",)),
    ("flux-kontext", _KONTEXT), ("flux-tools/deblur", _KONTEXT), ("flux-tools/vto", _TOOLS),
    ("flux-2-klein-base-4b", ("FLUX.2-klein-base-4B",)), ("flux-2-klein-base-9b", ("FLUX.2-klein-base-9B",)),
    ("flux-2-klein-9b-base", ("FLUX.2-klein-base-9B",)), ("flux-2-klein-9b-kv", ("FLUX.2-klein-9b-kv", "FLUX.2-klein-9B")),
    ("flux-2-klein-9b", _KLEIN_9B), ("flux-2-klein-4b", _KLEIN_4B), ("flux-2", _FLUX2), ("flux-3", _FLUX2), ("flux", _TEXT),
)  # fmt: skip


def preferred(model: str) -> tuple[str, ...]:
    """The weights that may stand in for a model of the API, the best first."""
    bare = model.removeprefix(OWNER)
    return next((weights for beginning, weights in DEFAULTS if bare.startswith(beginning)), ())
