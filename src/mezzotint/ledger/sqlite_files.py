"""Uploaded files in the SQLite ledger: the part of it that answers `ports.Files`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from mezzotint import records
from mezzotint.core.files import File
from mezzotint.ledger.reader import SQL, Reader
from mezzotint.ledger.terms import no_room
from mezzotint.ledger.writer import Writer
from mezzotint.ports import Clock

LAST = b"\xff" * 16  # no id comes after it


class SqliteFiles(Reader):
    """A base of `SqliteLedger`, which opens the connections."""

    _clock: Clock
    _writer: Writer

    async def add_file(self, file: File, room: int | None) -> None:
        await self._writer.do(lambda connection: self._add_file(connection, file, room))

    def _add_file(self, connection: Any, file: File, room: int | None) -> None:
        whose = {"account": file.account, "now": self._clock.now()}
        if room is not None and (taken := connection.execute(SQL["file_bytes"], whose).fetchone()[0]) + file.size > room:
            raise no_room(file.size, taken, room)
        row = {"id": file.id.bytes, "account": file.account, "expires": file.expires, "size": file.size}
        connection.execute(SQL["add_file"], row | {"details": records.encode(file)})

    async def find_file(self, file: UUID) -> File | None:
        found = self._read_all("find_file", id=file.bytes, now=self._clock.now())
        return records.decode(found[0][0], File) if found else None

    async def files_of(self, account: str, before: UUID | None, count: int, *, after: UUID | None = None, oldest: bool = False) -> list[File]:
        span = {"before": before.bytes if before else LAST, "after": after.bytes if after else b"", "count": count}
        rows = self._read_all("list_oldest_files" if oldest else "list_files", account=account, now=self._clock.now(), **span)
        return [records.decode(row[0], File) for row in (reversed(rows) if oldest else rows)]

    async def drop_file(self, file: UUID, account: str) -> bool:
        which = {"id": file.bytes, "account": account, "now": self._clock.now()}
        return await self._writer.do(lambda connection: connection.execute(SQL["drop_file"], which).fetchone() is not None)

    async def spent_files(self, count: int) -> list[UUID]:
        return [UUID(bytes=row[0]) for row in self._read_all("spent_files", now=self._clock.now(), count=count)]

    async def forget_files(self, files: Sequence[UUID]) -> None:
        await self._writer.do(lambda connection: connection.executemany(SQL["forget_file"], [{"id": file.bytes} for file in files]))
