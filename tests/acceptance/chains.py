"""A mezzotint in front of another: a gateway whose providers are, in each dialect, one and the same mezzotint behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.acceptance.servers import KEY, Server, serving

KINDS = ("bfl", "cometapi", "replicate", "openai", "mezzotint")
REACHING = {"MEZZOTINT_REACH": "127.0.0.0/8"}


def operators_file(models: Mapping[str, Any], providers: Mapping[str, Mapping[str, Any]]) -> str:
    """As TOML."""
    lines = ["[models]", *(f'"{name}" = {_toml(value)}' for name, value in models.items())]
    for name, values in providers.items():
        lines += [f"[providers.{name}]", *(f"{key} = {_toml(value)}" for key, value in values.items())]
    return "\n".join([*lines, ""])


def _toml(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return "{" + ", ".join(f'"{name}" = {_toml(each)}' for name, each in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(_toml, value)) + "]"
        case str():
            return f'"{value}"'
    return str(value)


def provider_at(url: str, kind: str, **more: Any) -> dict[str, Any]:
    """In each dialect, as its own base URL would be written."""
    base = f"{url}/v1" if kind == "openai" else url
    return {"kind": kind, "base_url": base, "key_env": "BEHIND_KEY", "poll": 0.05} | more


def through(*providers: str) -> dict[str, Any]:
    return {"engine": "upstream", "providers": list(providers)}


@contextmanager
def a_gateway(folder: Path, config: str, **settings: str) -> Iterator[Server]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mezzotint.toml").write_text(config)
    with serving(folder, **(REACHING | {"BEHIND_KEY": KEY} | settings)) as server:
        yield server


@dataclass
class Chain:
    front: Server
    behind: Server


@contextmanager
def a_chain(folder: Path, models: Mapping[str, Any], *kinds: str, engine: str = "stub", **settings: str) -> Iterator[Chain]:
    """Each kind is a provider of that name."""
    with serving(folder / "behind", MEZZOTINT_ENGINE=engine) as behind:
        config = operators_file(models, {kind: provider_at(behind.url, kind) for kind in kinds})
        with a_gateway(folder / "front", config, **settings) as front:
            yield Chain(front, behind)
