"""Where the server is and what key to show: given, or from the environment, ours first, then those of the services we speak like."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from mezzotint.core.errors import BadSetting

DEFAULT_URL = "http://127.0.0.1:8000"
URLS = ("MEZZOTINT_BASE_URL", "COMETAPI_BASE_URL")
KEYS = ("MEZZOTINT_API_KEY", "COMETAPI_KEY", "BFL_API_KEY")


def base_url(given: str | None, environment: Mapping[str, str] = os.environ) -> str:
    """Without a slash at the end. Raises BadSetting for what is no address of a server."""
    url = (given or _first(environment, URLS) or DEFAULT_URL).strip()
    if not _is_address(url):
        raise BadSetting(f"{url!r} is no base URL: expected an http or https address without query, such as {DEFAULT_URL}")
    return url.rstrip("/")


def api_key(given: str | None, environment: Mapping[str, str] = os.environ) -> str | None:
    """Raises BadSetting for one that no header can carry."""
    key = (given or _first(environment, KEYS) or "").strip()
    if not (key.isascii() and key.isprintable()):
        raise BadSetting("the API key holds characters that no key has: was something else copied along with it?")
    return key or None


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for what is no port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.query or parts.fragment or any(map(str.isspace, url)))


def _first(environment: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((environment[name] for name in names if environment.get(name, "").strip()), None)
