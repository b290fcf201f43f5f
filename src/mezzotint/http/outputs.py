"""What a prediction's output says: the addresses of its pictures, or the pictures themselves."""

from __future__ import annotations

import asyncio
import base64

from mezzotint.core.images import ImageFormat
from mezzotint.core.tasks import Task
from mezzotint.service.integrity import picture
from mezzotint.service.read import links
from mezzotint.service.tools import Tools


async def output_of(task: Task, origin: str, tools: Tools, *, with_files: bool = True) -> tuple[str, ...]:
    """Addresses of the pictures. Replicate's clients make files of https and data addresses only: without TLS they get data."""
    addresses = links(task, origin, tools, renew=True)
    if origin.startswith("https:") or not with_files or task.outcome is None:
        return addresses
    files = await asyncio.gather(*(picture(image, tools.blobs) for image in task.outcome.images))
    kinds = [ImageFormat(image.format).media_type for image in task.outcome.images]
    return tuple(
        address if data is None else f"data:{kind};base64,{base64.b64encode(data).decode()}"
        for address, data, kind in zip(addresses, files, kinds, strict=True)
    )
