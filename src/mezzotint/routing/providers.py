"""Providers of the operator's file: who they are, how they are asked, how much of them is used, and what they may cost."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from mezzotint.core.errors import BadSetting
from mezzotint.routing.table import Table, Unspoken, amount, count, listed, mapping, seconds, switch, text

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
LARGEST_KEY = 4096  # bytes of a key's file


class Kind(str, Enum):
    """What a provider speaks."""

    BFL = "bfl"
    COMETAPI = "cometapi"
    REPLICATE = "replicate"
    OPENAI = "openai"
    MEZZOTINT = "mezzotint"


@dataclass(frozen=True)
class _Usual:
    """What holds for a kind unless the file says otherwise."""

    base_url: str
    concurrency: int
    timeout: float = 30.0
    poll: float = 1.0
    idempotent: bool = False


USUAL = {
    Kind.BFL: _Usual("https://api.bfl.ai", 24),  # its documented limit of active tasks
    Kind.COMETAPI: _Usual("https://api.cometapi.com", 24, poll=2.0),
    Kind.REPLICATE: _Usual("https://api.replicate.com", 64),
    Kind.OPENAI: _Usual("", 16, timeout=180.0),  # it answers when the picture is there
    Kind.MEZZOTINT: _Usual("", 128, poll=0.5, idempotent=True),
}


@dataclass(frozen=True)
class Provider:
    """One [providers.NAME]. Seconds and credits (0.01 USD). The key itself is not in it.

    `timeout` is for one request and `deadline` for a picture; `poll` is how long between polls, unless the provider asks for more.
    `idempotent`: it makes one task of requests with one Idempotency-Key. `not_taken` are statuses of a create after which nothing was
    made, beside those that say so everywhere. `webhooks`: orders say where it may tell of their end. `prices` are credits by model, where the provider does not tell them.
    """

    name: str
    kind: Kind
    base_url: str
    key_env: str = ""
    key_file: Path | None = None
    concurrency: int = 16
    timeout: float = 30.0
    deadline: float = 600.0
    poll: float = 1.0
    idempotent: bool = False
    not_taken: tuple[int, ...] = ()
    webhooks: bool = False
    per_day: float | None = None
    per_month: float | None = None
    models: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    prices: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


KNOWN = (
    "kind", "base_url", "key_env", "key_file", "concurrency", "timeout", "deadline", "poll", "idempotent", "not_taken", "webhooks",
    "credits_per_day", "credits_per_month", "models", "prices",
)  # fmt: skip


def read_provider(place: str, name: str, values: Any, folder: Path) -> Provider:
    """`folder` is where relative key files are. Raises BadSetting."""
    table = Table(f"{place}: [providers.{name}]", values)
    if not NAME.fullmatch(name):
        raise table.wrong("a provider's name is made of a-z, 0-9, - and _")
    kind = table.need("kind", _kind)
    usual = USUAL[kind]
    base = table.take("base_url", _address, usual.base_url)
    if not base:
        raise table.wrong(f"base_url is missing: a provider of kind {kind.value} may be anywhere")
    provider = Provider(
        name,
        kind,
        base,
        key_env=table.take("key_env", _variable, ""),
        key_file=table.take("key_file", lambda value: folder / Path(text(value)).expanduser(), None),
        concurrency=table.take("concurrency", count, usual.concurrency),
        timeout=table.take("timeout", seconds, usual.timeout),
        deadline=table.take("deadline", seconds, 600.0),
        poll=table.take("poll", seconds, usual.poll),
        idempotent=table.take("idempotent", switch, usual.idempotent),
        not_taken=table.take("not_taken", _statuses, ()),
        webhooks=table.take("webhooks", switch, False),
        per_day=table.take("credits_per_day", amount, None),
        per_month=table.take("credits_per_month", amount, None),
        models=table.take("models", _names, MappingProxyType({})),
        prices=table.take("prices", _prices, MappingProxyType({})),
    )
    table.end(KNOWN)
    if provider.key_env and provider.key_file:
        raise table.wrong("key_env and key_file: give one of them")
    if provider.webhooks and (wrong := _wrong_with_webhooks(provider)):
        raise table.wrong(wrong)
    return provider


def _wrong_with_webhooks(provider: Provider) -> str:
    """Black Forest Labs answers an order that names a webhook without the address to poll at, which is needed where it has several places."""
    if provider.kind is Kind.OPENAI:
        return "webhooks: a provider of kind openai answers when the picture is there, and has none"
    if provider.kind is Kind.BFL and provider.base_url == USUAL[Kind.BFL].base_url:
        return "webhooks: set base_url to one region too, such as https://api.eu.bfl.ai: with webhooks nothing says which region has an order"
    return ""


def key_of(provider: Provider, environment: Mapping[str, str] = os.environ) -> str:
    """Its API key; empty where it is given none. Raises BadSetting, without the key in it."""
    if provider.key_env:
        key, place = environment.get(provider.key_env, ""), f"the variable {provider.key_env}"
    elif provider.key_file:
        key, place = _content(provider), f"the file {provider.key_file}"
    else:
        return ""
    key = key.strip()
    if not key:
        raise BadSetting(f"provider {provider.name}: {place} holds no key: put the provider's API key there")
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise BadSetting(f"provider {provider.name}: {place} holds characters that no key has: was something else copied along with it?")
    return key


def _content(provider: Provider) -> str:
    if provider.key_file is None:
        return ""
    try:
        with provider.key_file.open("rb") as file:
            return file.read(LARGEST_KEY).decode("utf-8", "replace")
    except OSError as error:
        raise BadSetting(f"provider {provider.name}: its key file {provider.key_file} cannot be read ({error.strerror})") from error


def _kind(value: Any) -> Kind:
    try:
        return Kind(value)
    except ValueError:
        raise ValueError(f"expected one of {', '.join(kind.value for kind in Kind)}") from None


def _address(value: Any) -> str:
    parts = urlsplit(text(value))
    _ = parts.port  # raises for what is no port
    if "@" in parts.netloc:
        raise Unspoken("expected an address without user or password: the key has a place of its own, key_env or key_file")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or " " in value:
        raise ValueError("expected an http or https address without query")
    return str(value).rstrip("/")


def _variable(value: Any) -> str:
    """The likeliest mistake is to write the key itself here, so what is wrong is not repeated."""
    if not VARIABLE.fullmatch(text(value)) or len(value) > 100:
        raise Unspoken("expected the name of an environment variable, such as BFL_API_KEY. Do not write the key itself into the file")
    return str(value)


def _statuses(value: Any) -> tuple[int, ...]:
    found = tuple(listed(value))
    if not all(isinstance(status, int) and 400 <= status <= 599 for status in found):
        raise ValueError("expected HTTP statuses from 400 to 599")
    return found


def _names(value: Any) -> Mapping[str, str]:
    return MappingProxyType({name: text(other) for name, other in mapping(value).items()})


def _prices(value: Any) -> Mapping[str, float]:
    return MappingProxyType({name: amount(price) for name, price in mapping(value).items()})


def in_order(names: Collection[str]) -> str:
    return ", ".join(names) or "none"
