"""Pictures that are named by an address of this very server: read where they lie, not fetched.

The guard would refuse such an address where the server is on a private network, and a file or a link may expire before its task is
painted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl
from uuid import UUID

from mezzotint.core import ids, places
from mezzotint.core.accounts import ApiKey
from mezzotint.core.errors import BadPicture
from mezzotint.core.headers import read_header
from mezzotint.service.files import linked
from mezzotint.service.pictures import Why, picture_at
from mezzotint.service.tools import Tools

ORIGIN = r"(https?://[^/?#]+(?:/[^?#]*?)?)"  # with the folder that a proxy may serve us below
FILE = re.compile(ORIGIN + r"(?:/replicate)?/v1/files/([0-9A-Za-z-]{26,36})(?:/download)?(?:\?([^#]*))?(?:#.*)?", re.IGNORECASE)
PICTURE = re.compile(ORIGIN + r"/images/([0-9A-Za-z-]{26,36})/(sample[^/?#]*)(?:\?([^#]*))?(?:#.*)?", re.IGNORECASE)

Found = dict[str, bytes | BadPicture]


async def own_pictures(addresses: Iterable[str], key: ApiKey, origin: str, tools: Tools) -> Found:
    """By address, the bytes of those that are here, or what is wrong with them; the others are left out.

    An id says whose file it is, and a signature that a picture's link is ours, whatever name this server was called by. What is not
    known here is somebody else's server's, unless it is on the `origin` that the client calls.
    """
    found: Found = {}
    read: dict[str, bytes | None] = {}  # however often it is named
    for address in addresses:
        if (match := FILE.fullmatch(address)) is not None:
            place = await _file(match, key, origin, tools)
        elif (match := PICTURE.fullmatch(address)) is not None:
            place = await _painted(match, origin, tools)
        else:
            continue
        if isinstance(place, str):
            if place not in read:
                read[place] = await tools.blobs.get(place)
            found[address] = _sound(read[place])
        elif place is not None:
            found[address] = place
    return found


def _sound(data: bytes | None) -> bytes | BadPicture:
    """What we paint may be larger than what we take."""
    if not data:
        return BadPicture("the file is gone")
    try:
        read_header(data)
    except BadPicture as error:
        return error
    return data


async def _file(match: re.Match[str], key: ApiKey, origin: str, tools: Tools) -> str | BadPicture | None:
    """Where the file lies; None if the address is none of ours."""
    file_id = ids.read(match[2])
    if file_id is not None and await _may(file_id, match[3] or "", key, tools):
        return places.uploaded(file_id)
    if file_id is not None and _here(match, origin):
        return BadPicture(f"there is no file {match[2]!r}: it may have expired")
    return None


async def _may(file_id: UUID, query: str, key: ApiKey, tools: Tools) -> bool:
    """Its owner, and whoever has a link to it that holds."""
    file = await tools.ledger.find_file(file_id)
    if file is None or file.account == key.account:
        return file is not None
    given = dict(parse_qsl(query))
    return await linked(str(file_id), given.get("owner", ""), given.get("expiry", ""), given.get("signature", ""), tools) is not None


async def _painted(match: re.Match[str], origin: str, tools: Tools) -> str | BadPicture | None:
    """Where the picture lies, for whoever has a link to it that holds, and for nobody else; None if the address is none of ours."""
    given = dict(parse_qsl(match[4] or ""))
    found = await picture_at(match[2], match[3], given.get("expires", ""), given.get("signature", ""), tools)
    if isinstance(found, Why):
        return BadPicture(found.value) if found is not Why.FORGED or _here(match, origin) else None
    return found[1].key


def _here(match: re.Match[str], origin: str) -> bool:
    return match[1].lower() == origin.lower()
