"""A resolver that asks nobody, and a watch over every connection that is tried."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest


class Names:
    """Knows the names in its table, and spellings of addresses as the system reads them. Each name gives its answers in turn, then its last."""

    def __init__(self) -> None:
        self._system: Callable[..., Any] = socket.getaddrinfo
        self.table: dict[str, list[list[str]]] = {"localhost": [["127.0.0.1"]]}
        self.asked: list[str] = []

    def __call__(self, host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> list[Any]:  # noqa: A002 - the names of getaddrinfo
        try:
            return list(self._system(host, port, family, type, proto, flags | socket.AI_NUMERICHOST))
        except socket.gaierror:
            if flags & socket.AI_NUMERICHOST:
                raise
        name = host if isinstance(host, str) else host.decode()
        name = name.encode("idna").decode().lower().rstrip(".")
        self.asked.append(name)
        if name not in self.table:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        answers = self.table[name]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [entry for address in addresses for entry in self._system(address, port, family, type, proto, flags | socket.AI_NUMERICHOST)]


def no_connections(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every connection is refused before it leaves; the list says where they were going."""
    tried: list[Any] = []

    async def sock_connect(self: Any, sock: Any, address: Any) -> None:
        tried.append(address)
        raise ConnectionRefusedError("no connections in this test")

    monkeypatch.setattr(asyncio.selector_events.BaseSelectorEventLoop, "sock_connect", sock_connect)
    return tried
