"""A painted picture by its signed link. Signature and expiry are checked before the ledger is asked."""

from __future__ import annotations

import re
from enum import Enum

from mezzotint.core import ids
from mezzotint.core.images import StoredImage
from mezzotint.core.signing import ImageLink
from mezzotint.core.tasks import Status
from mezzotint.service.tools import Tools

NAME = re.compile(r"sample(?:-(\d{1,2}))?\.(jpeg|png|webp)", re.ASCII)


class Why(Enum):
    """What a link that leads to no picture lacks, in one sentence."""

    FORGED = "The signature of this link does not hold"
    LATE = "This link has expired. Its owner gets a new one by polling the task again"
    GONE = "This picture is no longer kept"


async def picture_at(task: str, name: str, expires: str, signature: str, tools: Tools) -> tuple[ImageLink, StoredImage] | Why:
    """The picture that a link leads to, for whoever has the link; or why there is none."""
    link, extension = _link(task, name, expires)
    if link is None or not link.holds(tools.secret, signature):
        return Why.FORGED
    if tools.clock.now() >= link.expires:
        return Why.LATE
    image = await _image(link, extension, tools)
    return Why.GONE if image is None else (link, image)


def _link(task: str, name: str, expires: str) -> tuple[ImageLink | None, str]:
    """What the parts of an address ask for; None where it is none of ours."""
    named, task_id = NAME.fullmatch(name), ids.read(task)
    if named is None or task_id is None or not (expires.isascii() and expires.isdigit() and len(expires) < 16):
        return None, ""
    return ImageLink(task_id, int(named[1] or 0), int(expires)), named[2]


async def _image(link: ImageLink, extension: str, tools: Tools) -> StoredImage | None:
    task = await tools.ledger.get(link.task)
    if task is None or task.status is not Status.READY or task.outcome is None or link.index >= len(task.outcome.images):
        return None
    if task.images_until is not None and task.images_until <= tools.clock.now():
        return None
    image = task.outcome.images[link.index]
    return image if image.format == extension else None
