"""Requests that name a picture by an address, on every surface that takes one."""

from __future__ import annotations

from typing import Any

DEV = "/models/black-forest-labs/flux-kontext-pro/predictions"
SMALL = {"width": 256, "height": 256}


def painted_from(url: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """By surface: a path, and a body in which the address is that of a picture to paint from."""
    edited = {"prompt": "a boat", "input_image": url}
    return {
        "comet": ("/flux/v1/flux-dev", {"prompt": "a boat", "image_prompt": url} | SMALL),
        "bfl": ("/v1/flux-kontext-pro", edited),
        "bfl, a list": ("/v1/flux-3-image", {"prompt": "a boat", "images": [url]}),
        "replicate": (f"/v1{DEV}", {"input": edited}),
        "replicate below its prefix": (f"/replicate/v1{DEV}", {"input": edited}),
        "openai": ("/v1/images/edits", {"prompt": "a boat", "image": url, "size": "1024x1024"}),
        "openai, variations": ("/v1/images/variations", {"image": url, "size": "1024x1024"}),
    }
