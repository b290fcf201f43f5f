"""What came from a provider as a picture that can be kept: whole, of a size that we take, in the format that was asked for."""

from __future__ import annotations

import asyncio

from mezzotint.core.errors import BadPicture
from mezzotint.core.headers import read_header, whole
from mezzotint.core.images import EncodedImage, ImageFormat


async def kept_as(data: bytes, wanted: ImageFormat) -> EncodedImage:
    """The provider's own bytes, with all that it wrote into them, unless they are in another format or not plainly whole.

    Raises BadPicture for what is no picture, or half of one.
    """
    header = read_header(data)
    if header.format is wanted and whole(data):
        return EncodedImage(data, wanted, header.width, header.height)
    return await asyncio.to_thread(_encoded_anew, data, wanted)


def _encoded_anew(data: bytes, wanted: ImageFormat) -> EncodedImage:
    if not data:
        raise BadPicture("there is no picture")
    from mezzotint import imaging  # most pictures are kept as they come

    return imaging.encode(imaging.decode(data), wanted, {})
