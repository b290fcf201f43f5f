"""Finding and reading mezzotint.toml. Without one, every model is painted by the engine of the settings."""

from __future__ import annotations

import sys
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mezzotint.core.errors import BadSetting
from mezzotint.routing.models import Routing, check_default, read_route
from mezzotint.routing.providers import read_provider
from mezzotint.routing.table import Table
from mezzotint.routing.weights import Tuning, read_tuning, read_weights
from mezzotint.settings import PREFIX, Settings

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = "mezzotint.toml"
LARGEST = 1_000_000  # bytes


def read_routing(settings: Settings) -> Routing:
    """From MEZZOTINT_CONFIG, or `mezzotint.toml` in the data folder where that is. Raises BadSetting."""
    path = settings.config or settings.folder / FILE
    if settings.config is None and not path.is_file():
        return check_default(Routing(settings.engine))
    return check_default(_routing(path, _parsed(path), settings.engine))


def _parsed(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise BadSetting(f"{path} is larger than {LARGEST} bytes: is it the right file?")
        content: dict[str, Any] = tomllib.loads(data.decode("utf-8"))
    except OSError as error:
        raise BadSetting(f"{PREFIX}CONFIG={str(path)!r} cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadSetting(f"{path} is not TOML: {error}") from error
    return content


def _routing(path: Path, content: dict[str, Any], otherwise: str) -> Routing:
    top = Table(f"{path}:", content)
    given = top.take("providers", lambda value: Table(f"{path}: [providers]", value), Table("", {}))
    models = top.take("models", lambda value: Table(f"{path}: [models]", value), Table("", {}))
    weights = top.take("weights", lambda value: Table(f"{path}: [weights]", value), Table("", {}))
    tuning = top.take("diffusers", lambda value: read_tuning(str(path), value), Tuning())
    top.end(("models", "providers", "weights", "diffusers"))
    providers = {name: read_provider(str(path), name, values, path.parent) for name, values in given.items()}
    routes = tuple(read_route(str(path), pattern, value, providers) for pattern, value in models.items())
    held = {name: read_weights(str(path), name, values, path.parent) for name, values in weights.items()}
    return Routing(otherwise, routes, MappingProxyType(providers), str(path), MappingProxyType(held), tuning)
