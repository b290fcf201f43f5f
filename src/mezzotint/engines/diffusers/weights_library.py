"""Which weights there are, and which of them paint what a request asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType

from mezzotint.core.catalogue import BFL_MODELS, REPLICATE_MODELS
from mezzotint.core.errors import EngineFailure
from mezzotint.engines.diffusers.folders import INDEX, Folder, look
from mezzotint.engines.diffusers.loading import place_of
from mezzotint.engines.diffusers.modes import FAMILIES, Mode
from mezzotint.engines.diffusers.published import DEPTH_MODEL, REDUX, preferred
from mezzotint.routing.weights import Weights


@dataclass(frozen=True)
class Library:
    """`weights` by name; `models` says for a model of the API which of them are meant, in order of preference, as patterns of names."""

    weights: Mapping[str, Weights]
    models: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    look: Callable[[Weights], Folder] = field(default=lambda weights: look(place_of(weights), weights.variant))
    _kinds: dict[str, str] = field(default_factory=dict, compare=False)  # by name, of those that were looked at: the hub is not asked twice

    @property
    def warm(self) -> tuple[Weights, ...]:
        return tuple(weights for weights in self.weights.values() if weights.warm)

    def choose(self, model: str, mode: Mode, finetune: str = "") -> Weights:
        """The first of those meant for the model that are here and can do it. Raises EngineFailure."""
        meant = self.meant(model)
        if finetune and (own := self._finetuned(meant, finetune)) is not None:
            return own
        here = [self.weights[name] for name in meant if name in self.weights]
        for weights in here:
            if finetune and finetune not in weights.loras:
                continue
            if self.can(weights, mode):
                return weights
        if finetune and here:
            known = sorted({name for weights in here for name in (*weights.loras, *weights.finetunes)})
            raise EngineFailure(f"no weights for {model} have a finetune called {finetune}; there are: {', '.join(known) or 'none'}", code="unknown_finetune")
        if here:
            raise EngineFailure(f"{', '.join(weights.name for weights in here)} cannot do {mode.value}, which {model} asks for", code="no_weights")
        raise EngineFailure(
            f"there are no weights for {model} here: wanted is {' or '.join(meant) or 'an entry in mezzotint.toml'}; mezzotint doctor tells what there is",
            code="no_weights",
        )

    def meant(self, model: str) -> tuple[str, ...]:
        """Names of weights, the best first: the operator's choice, else that of `published`."""
        card = BFL_MODELS.get(model) or REPLICATE_MODELS.get(model)
        names = card.all_names if card is not None else (model,)
        for pattern, chosen in self.models.items():
            if any(fnmatchcase(name, pattern) for name in names):
                return chosen
        return preferred(model)

    def can(self, weights: Weights, mode: Mode) -> bool:
        if weights.name not in self._kinds:
            self._kinds[weights.name] = self.look(weights).kind
        kind = self._kinds[weights.name]
        return kind in FAMILIES and mode in FAMILIES[kind].pipelines

    def _finetuned(self, meant: Iterable[str], finetune: str) -> Weights | None:
        for name in meant:
            if name in self.weights and (other := self.weights[name].finetunes.get(finetune)):
                return self.weights.get(other)
        return None

    def redux(self, weights: Weights) -> Weights | None:
        return self.weights.get(weights.redux or REDUX)

    def depth(self, weights: Weights) -> Weights | None:
        return self.weights.get(weights.depth or DEPTH_MODEL)


def in_folder(folder: Path) -> dict[str, Weights]:
    """Every folder of weights that lies in a folder, by its own name."""
    if not folder.is_dir():
        return {}
    places = (place for place in sorted(folder.iterdir()) if (place / INDEX).exists() or (place.name == DEPTH_MODEL and place.is_dir()))
    return {place.name: Weights(place.name, folder=place) for place in places}
