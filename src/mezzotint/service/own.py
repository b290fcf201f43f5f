"""Pictures that are named by an address of this very server: read where they lie, not fetched.

The guard would refuse such an address where the server is on a private network, and a file may expire before its task is painted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl
from uuid import UUID

from mezzotint.core import ids, places
from mezzotint.core.accounts import ApiKey
from mezzotint.core.errors import BadPicture
from mezzotint.service.files import linked
from mezzotint.service.tools import Tools

FILE = re.compile(r"(https?://[^/?#]+)(?:/replicate)?/v1/files/([0-9A-Za-z-]{26,36})(?:/download)?(?:\?([^#]*))?(?:#.*)?", re.IGNORECASE)


async def own_pictures(addresses: Iterable[str], key: ApiKey, origin: str, tools: Tools) -> dict[str, bytes | BadPicture]:
    """By address, the bytes of those that are files here, or what is wrong with them; the others are left out.

    An id says whose file it is, whatever name this server was called by. One that is not known here is somebody else's server's,
    unless it is on the `origin` that the client calls.
    """
    found: dict[str, bytes | BadPicture] = {}
    read: dict[UUID, bytes | None] = {}  # however often it is named
    for address in addresses:
        match = FILE.fullmatch(address)
        file_id = None if match is None else ids.read(match[2])
        if match is None or file_id is None:
            continue
        if await _may(file_id, match[3] or "", key, tools):
            if file_id not in read:
                read[file_id] = await tools.blobs.get(places.uploaded(file_id))
            found[address] = read[file_id] or BadPicture("the file is gone")
        elif match[1].lower() == origin.lower():
            found[address] = BadPicture(f"there is no file {match[2]!r}: it may have expired")
    return found


async def _may(file_id: UUID, query: str, key: ApiKey, tools: Tools) -> bool:
    """Its owner, and whoever has a link to it that holds."""
    file = await tools.ledger.find_file(file_id)
    if file is None or file.account == key.account:
        return file is not None
    given = dict(parse_qsl(query))
    return await linked(str(file_id), given.get("owner", ""), given.get("expiry", ""), given.get("signature", ""), tools) is not None
