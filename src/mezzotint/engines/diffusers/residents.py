"""Which weights are loaded, where there is room for some: the least recently used makes room for what is asked for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Loaded = TypeVar("Loaded")


@dataclass
class _Resident(Generic[Loaded]):
    loaded: Loaded
    bytes: int


class Residents(Generic[Loaded]):
    """`room` in bytes. `release` is told what has to go."""

    def __init__(self, room: int, release: Callable[[Loaded], None]) -> None:
        self._room, self._release = room, release
        self._residents: OrderedDict[str, _Resident[Loaded]] = OrderedDict()  # the least recently used first

    @property
    def names(self) -> tuple[str, ...]:
        """The most recently used last."""
        return tuple(self._residents)

    def get(self, name: str) -> Loaded | None:
        """And it is now the most recently used."""
        found = self._residents.get(name)
        if found is None:
            return None
        self._residents.move_to_end(name)
        return found.loaded

    def make_room(self, size: int, keep: str = "") -> None:
        """For so many bytes more, if that can be; what is larger than all the room gets all of it. `keep` is in use, and stays."""
        for name in [name for name in self._residents if name != keep]:
            if self._fits(size):
                return
            self._release(self._residents.pop(name).loaded)

    def _fits(self, size: int) -> bool:
        return sum(resident.bytes for resident in self._residents.values()) + size <= self._room

    def put(self, name: str, loaded: Loaded, size: int) -> None:
        self._residents[name] = _Resident(loaded, size)

    def drop_others(self, name: str) -> bool:
        """Whether there were any: what is left when one alone has run out of memory."""
        others = [other for other in self._residents if other != name]
        for other in others:
            self._release(self._residents.pop(other).loaded)
        return bool(others)
