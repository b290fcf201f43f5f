"""What the grammars of all three languages share: choosing, and which facts of a scene are said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np

Chance: TypeAlias = np.random.Generator
Item = TypeVar("Item")


@dataclass(frozen=True)
class Facts:
    """Which of a scene's facts a caption mentions; `camera`: its size as a distance, `filler`: a word that says nothing."""

    place: bool = True
    time: bool = True
    size: bool = True
    camera: bool = False
    look: bool = True
    filler: bool = False


def pick(chance: Chance, items: Sequence[Item]) -> Item:
    return items[int(chance.integers(len(items)))]


def phrase(chance: Chance, forms: Sequence[str]) -> str:
    """The plainest form often, the others now and then."""
    return forms[0] if chance.random() < 0.4 else pick(chance, forms)


def joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)
