"""Accounts, their keys, credits and usage in the SQLite ledger: the part of it that answers `ports.Keys`."""

from __future__ import annotations

from collections.abc import Sequence

from mezzotint.core.accounts import ApiKey, Usage
from mezzotint.core.spending import COLUMNS
from mezzotint.ledger.reader import SQL, Reader
from mezzotint.ledger.rows import key_of, row_of_key
from mezzotint.ledger.sqlite_connections import Connection
from mezzotint.ledger.writer import Writer
from mezzotint.ports import Clock


class SqliteKeys(Reader):
    """A base of `SqliteLedger`, which opens the connections."""

    _clock: Clock
    _writer: Writer

    async def find_key(self, digest: str) -> ApiKey | None:
        row = self._read("find_key", digest=digest)
        return None if row is None else key_of(row)

    async def add_key(self, key: ApiKey, digest: str) -> None:
        await self._writer.do(lambda connection: self._add_key(connection, key, digest))

    @staticmethod
    def _add_key(connection: Connection, key: ApiKey, digest: str) -> None:
        connection.execute(SQL["add_account"], {"id": key.account, "now": key.created})
        connection.execute(SQL["add_key"], row_of_key(key, digest))

    async def revoke_key(self, key_id: str) -> bool:
        return await self._writer.do(lambda connection: connection.execute(SQL["revoke_key"], {"id": key_id}).fetchone() is not None)

    async def expire_key(self, key_id: str, at: float) -> bool:
        return await self._writer.do(lambda connection: connection.execute(SQL["expire_key"], {"id": key_id, "at": at}).fetchone() is not None)

    async def credits_of(self, account: str) -> float | None:
        row = self._read("credits_of", account=account)
        return None if row is None else row["credits"]

    async def set_credits(self, account: str, left: float | None) -> None:
        new = {"account": account, "now": self._clock.now(), "credits": left}
        await self._writer.do(lambda connection: connection.execute(SQL["set_credits"], new))

    async def usage_of(self, account: str, first: str, last: str, by: Sequence[str], count: int, start: int = 0) -> list[Usage]:
        told = {f"by_{name}": name in by for name in COLUMNS}
        order = {f"order_{place}": by[place] if place < len(by) else "" for place in range(len(COLUMNS))}
        rows = self._read_all("usage_of", account=account, first=first, last=last, count=count, start=start, **told, **order)
        return [Usage(**dict(row)) for row in rows]

    async def usage_total(self, account: str, first: str, last: str) -> tuple[int, float]:
        row = self._read("usage_total", account=account, first=first, last=last)
        return row["tasks"], row["credits"]

    async def keys_of(self, account: str | None) -> list[ApiKey]:
        return [key_of(row) for row in self._read_all("list_keys", account=account)]
