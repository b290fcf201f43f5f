"""mezzotint: a self-hosted Flux image service. This is its client; `mezzotint serve` is the rest.

from mezzotint import Client

with Client() as client:
    picture = client.generate("flux-dev", prompt="A paper boat floating on calm water at sunrise.")
    client.save(picture, "boat.jpeg")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mezzotint._version import __version__

if TYPE_CHECKING:
    from mezzotint.client.aio import AsyncClient
    from mezzotint.client.errors import (
        AuthenticationFailed,
        BadAnswer,
        BadRequest,
        ClientError,
        LimitReached,
        LinkExpired,
        NoSuchThing,
        RequestFailed,
        ServerFailed,
        ServerUnreachable,
        TaskCanceled,
        TaskFailed,
        TaskMissing,
        TaskModerated,
        WaitTimeout,
    )
    from mezzotint.client.flow import Job, Picture, Snapshot
    from mezzotint.client.sync import Client
    from mezzotint.core.errors import MezzotintError

_HOMES = {
    "AsyncClient": "mezzotint.client.aio",
    "Client": "mezzotint.client.sync",
    "Job": "mezzotint.client.flow",
    "MezzotintError": "mezzotint.core.errors",
    "Picture": "mezzotint.client.flow",
    "Snapshot": "mezzotint.client.flow",
}

__all__ = [
    "AsyncClient",
    "AuthenticationFailed",
    "BadAnswer",
    "BadRequest",
    "Client",
    "ClientError",
    "Job",
    "LimitReached",
    "LinkExpired",
    "MezzotintError",
    "NoSuchThing",
    "Picture",
    "RequestFailed",
    "ServerFailed",
    "ServerUnreachable",
    "Snapshot",
    "TaskCanceled",
    "TaskFailed",
    "TaskMissing",
    "TaskModerated",
    "WaitTimeout",
    "__version__",
]


def __getattr__(name: str) -> Any:
    """Public names are loaded when they are first used, so that importing the package costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module 'mezzotint' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES.get(name, "mezzotint.client.errors")), name)


def __dir__() -> list[str]:
    return __all__
