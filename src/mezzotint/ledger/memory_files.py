"""Uploaded files in the ledger that is kept in memory: the part of it that answers `ports.Files`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from mezzotint.core.files import File
from mezzotint.ledger.memory_base import MemoryBase
from mezzotint.ledger.terms import Terms, no_room
from mezzotint.ports import Clock


class MemoryFiles(MemoryBase):
    """A base of `MemoryLedger`."""

    def __init__(self, clock: Clock, terms: Terms) -> None:
        super().__init__(clock, terms)
        self._files: dict[UUID, File] = {}

    def _kept(self, account: str) -> list[File]:
        now = self._open()
        return [file for file in self._files.values() if file.account == account and file.expires > now]

    async def add_file(self, file: File, room: int | None) -> None:
        taken = sum(kept.size for kept in self._kept(file.account))
        if room is not None and taken + file.size > room:
            raise no_room(file.size, taken, room)
        self._files[file.id] = file

    async def find_file(self, file: UUID) -> File | None:
        now, found = self._open(), self._files.get(file)
        return found if found is not None and found.expires > now else None

    async def files_of(self, account: str, before: UUID | None, count: int, *, after: UUID | None = None, oldest: bool = False) -> list[File]:
        within = [file for file in self._kept(account) if (before is None or file.id < before) and (after is None or file.id > after)]
        chosen = sorted(within, key=lambda file: file.id, reverse=not oldest)[:count]
        return chosen[::-1] if oldest else chosen

    async def drop_file(self, file: UUID, account: str) -> bool:
        now, found = self._open(), await self.find_file(file)
        if found is None or found.account != account:
            return False
        self._files[file] = replace(found, expires=now)
        return True

    async def spent_files(self, count: int) -> list[UUID]:
        now = self._open()
        return [file.id for file in sorted(self._files.values(), key=lambda file: file.expires) if file.expires <= now][:count]

    async def forget_files(self, files: Sequence[UUID]) -> None:
        self._open()
        for file in files:
            self._files.pop(file, None)
