"""Accounts, their keys, credits and usage in the ledger that is kept in memory: the part of it that answers `ports.Keys`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mezzotint.core.accounts import ApiKey, Usage
from mezzotint.core.spending import COLUMNS
from mezzotint.core.tasks import NewTask
from mezzotint.ledger.memory_base import Entry, MemoryBase
from mezzotint.ledger.rows import day_of
from mezzotint.ledger.terms import Terms, no_credits, over_budget
from mezzotint.ports import Clock, Limits


class MemoryKeys(MemoryBase):
    """A base of `MemoryLedger`."""

    def __init__(self, clock: Clock, terms: Terms) -> None:
        super().__init__(clock, terms)
        self._keys: dict[str, ApiKey] = {}
        self._used: dict[tuple[str, str, str, str, str], tuple[int, float]] = {}
        self._credits: dict[str, float | None] = {}
        self._spent: dict[str, float] = {}

    async def find_key(self, digest: str) -> ApiKey | None:
        self._open()
        return None if digest not in self._keys else self._with_spent(self._keys[digest])

    def _with_spent(self, key: ApiKey) -> ApiKey:
        return replace(key, spent=self._spent.get(key.id, 0.0))

    async def add_key(self, key: ApiKey, digest: str) -> None:
        self._open()
        self._keys[digest] = key

    async def revoke_key(self, key_id: str) -> bool:
        self._open()
        for digest, key in self._keys.items():
            if key.id == key_id:
                self._keys[digest] = replace(key, revoked=True)
                return True
        return False

    async def expire_key(self, key_id: str, at: float) -> bool:
        self._open()
        for digest, key in self._keys.items():
            if key.id == key_id:
                self._keys[digest] = replace(key, expires=at if key.expires is None else min(at, key.expires))
                return True
        return False

    async def credits_of(self, account: str) -> float | None:
        self._open()
        return self._credits.get(account)

    async def set_credits(self, account: str, left: float | None) -> None:
        self._open()
        self._credits[account] = left

    async def usage_of(self, account: str, first: str, last: str, by: Sequence[str], count: int, start: int = 0) -> list[Usage]:
        sums: dict[tuple[str, ...], tuple[int, float]] = {}
        for named, tasks, spent in self._usage(account, first, last):
            told = tuple(named[name] for name in by)
            before = sums.get(told, (0, 0.0))
            sums[told] = before[0] + tasks, before[1] + spent
        nothing = dict.fromkeys(COLUMNS, "")
        found = [Usage(**(nothing | dict(zip(by, told, strict=True))), tasks=tasks, credits=spent) for told, (tasks, spent) in sorted(sums.items())]
        return found[start : start + count]

    async def usage_total(self, account: str, first: str, last: str) -> tuple[int, float]:
        used = self._usage(account, first, last)
        return sum(tasks for _, tasks, _ in used), sum(spent for _, _, spent in used)

    def _usage(self, account: str, first: str, last: str) -> list[tuple[dict[str, str], int, float]]:
        self._open()
        return [
            ({"day": day, "key": key, "model": model, "label": label}, tasks, spent)
            for (owner, day, key, model, label), (tasks, spent) in self._used.items()
            if owner == account and first <= day <= last
        ]

    async def keys_of(self, account: str | None) -> list[ApiKey]:
        self._open()
        return sorted((self._with_spent(key) for key in self._keys.values() if account in (None, key.account)), key=lambda key: (key.created, key.id))

    def _take_price(self, task: NewTask, limits: Limits) -> float:
        """What the account paid."""
        left, spent = self._credits.get(task.account), self._spent.get(task.key, 0.0)
        if task.price and left is not None and left < task.price:
            raise no_credits(task.price, left)
        if task.price and limits.budget is not None and spent + task.price > limits.budget:
            raise over_budget(task.price, limits.budget - spent)
        held = 0.0 if left is None else task.price
        self._take(task, held, task.price if limits.budget is not None else 0.0)
        return held

    def _take(self, task: NewTask, paid: float, spent: float) -> None:
        """A negative number gives back."""
        if (left := self._credits.get(task.account)) is not None:
            self._credits[task.account] = left - paid
        self._spent[task.key] = self._spent.get(task.key, 0.0) + spent

    def _give_back(self, entry: Entry) -> None:
        has_budget = any(key.id == entry.task.key and key.budget is not None for key in self._keys.values())
        self._take(entry.new, -entry.held, -entry.new.price if has_budget else 0.0)

    def _note_use(self, entry: Entry, now: float) -> None:
        day = day_of(now)
        name = (entry.task.account, day, entry.task.key, entry.task.model, entry.new.label)
        tasks, spent = self._used.get(name, (0, 0.0))
        self._used[name] = tasks + 1, spent + entry.new.price
