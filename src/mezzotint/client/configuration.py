"""Where the server is and what key to show: given, or from the environment, ours first, then those of the services we speak like."""

from __future__ import annotations

import os
from collections.abc import Mapping

DEFAULT_URL = "http://127.0.0.1:8000"
URLS = ("MEZZOTINT_BASE_URL", "COMETAPI_BASE_URL")
KEYS = ("MEZZOTINT_API_KEY", "COMETAPI_KEY", "BFL_API_KEY")


def base_url(given: str | None, environment: Mapping[str, str] = os.environ) -> str:
    """Without a slash at the end."""
    return (given or _first(environment, URLS) or DEFAULT_URL).rstrip("/")


def api_key(given: str | None, environment: Mapping[str, str] = os.environ) -> str | None:
    return given or _first(environment, KEYS)


def _first(environment: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((environment[name] for name in names if environment.get(name)), None)
