"""Refuses nothing."""

from __future__ import annotations

from mezzotint.core.images import EncodedImage
from mezzotint.core.tasks import Inputs


class OpenModerator:
    """See `ports.Moderator`."""

    judges_pictures = False

    async def request(self, inputs: Inputs) -> tuple[str, ...]:
        del inputs
        return ()

    async def picture(self, image: EncodedImage, inputs: Inputs) -> tuple[str, ...]:
        del image, inputs
        return ()
