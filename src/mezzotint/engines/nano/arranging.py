"""What prompts tell of that is arranged: things that are painted apart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mezzotint.engines.nano.apart import Arrangement
from mezzotint.engines.nano.fives import Fives
from mezzotint.engines.nano.ones import Ones
from mezzotint.engines.nano.pairs import Pairs
from mezzotint.engines.nano.sampling import Grid
from mezzotint.engines.nano.sealed import Sealed
from mezzotint.engines.nano.words import KnownWords


class Arrangements:
    """`table`: as in `Pairs`."""

    def __init__(self, table: Mapping[str, Any], known: KnownWords) -> None:
        self._pairs, self._fives, self._ones = Pairs(table, known), Fives(table, known), Ones(table, known)

    @classmethod
    def load(cls, files: Sealed, known: KnownWords | None) -> Arrangements | None:
        """None where the weights were made before there were any."""
        table = json.loads(files.read("words.json")) if "words.json" in files else {}
        return cls(table, known) if known is not None and "pairs" in table else None

    def of(self, prompt: str, seed: int, grid: Grid) -> Arrangement | None:
        """None where all of the prompt is painted at once."""
        return self._pairs.of(prompt, seed, grid) or self._fives.of(prompt, grid) or self._ones.of(prompt, grid)
