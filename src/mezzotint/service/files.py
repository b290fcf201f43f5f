"""Uploaded pictures: kept, found, given away by link, dropped."""

from __future__ import annotations

import asyncio
import hashlib
import math
from typing import Any

from mezzotint.core import ids, places
from mezzotint.core.accounts import ApiKey
from mezzotint.core.errors import NotFound
from mezzotint.core.files import File
from mezzotint.core.headers import read_header
from mezzotint.core.signing import FileLink
from mezzotint.service.tools import Tools

LONGEST_NAME = 255


async def keep(data: bytes, name: str, metadata: dict[str, Any], key: ApiKey, tools: Tools) -> File:
    """The file, on disk. Raises BadPicture for what is no picture, BodyTooLarge where the account has no room for it."""
    header, now = read_header(data), tools.clock.now()
    file_id = ids.mint(int(now * 1000), tools.entropy(ids.RANDOM_BYTES))
    file = File(
        id=file_id,
        account=key.account,
        name=_plain(name) or f"{ids.short(file_id)}.{header.format.value}",
        format=header.format.value,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        created=now,
        expires=now + tools.policy.keep_files,
        metadata=metadata,
    )
    await asyncio.shield(_store(file, data, tools))  # a caller may go away; what is half done may not stay so
    return file


def _plain(name: str) -> str:
    """The last part of a path, without what cannot be shown."""
    return "".join(filter(str.isprintable, name.replace("\\", "/").rpartition("/")[2])).strip()[:LONGEST_NAME]


async def _store(file: File, data: bytes, tools: Tools) -> None:
    """The bytes first, then the record that speaks of them; without the record, no bytes."""
    kept = False
    try:
        await tools.blobs.put(places.uploaded(file.id), data)
        await tools.ledger.add_file(file, tools.policy.files_room)
        kept = True
    finally:
        if not kept:
            await tools.blobs.delete([places.prefix(file.id)])


async def file_of(text: str, key: ApiKey, tools: Tools) -> File:
    """Raises NotFound, also for another account's file."""
    file_id = ids.read(text)
    file = None if file_id is None else await tools.ledger.find_file(file_id)
    if file is None or file.account != key.account:
        raise _no_such(text)
    return file


async def drop(text: str, key: ApiKey, tools: Tools) -> None:
    """From here on nobody finds it; the sweeper deletes its bytes. Raises NotFound, also for another account's file."""
    file_id = ids.read(text)
    if file_id is None or not await tools.ledger.drop_file(file_id, key.account):
        raise _no_such(text)


def _no_such(text: str) -> NotFound:
    return NotFound(f"there is no file {text[:64]!r}: it may have expired")


def link_to(file: File, tools: Tools) -> FileLink:
    """For whoever it is given to, for as long as a picture's link holds, though no longer than the file is kept."""
    expires = min(tools.clock.now() + tools.policy.link_lifetime, file.expires)
    return FileLink(file.id, file.account, math.floor(expires))


async def linked(text: str, owner: str, expiry: str, signature: str, tools: Tools) -> tuple[File, FileLink] | None:
    """The file that a link leads to; None where the link does not hold, or not any more."""
    file_id = ids.read(text)
    if file_id is None or "\0" in owner or not (expiry.isascii() and expiry.isdigit() and len(expiry) < 16):
        return None
    link = FileLink(file_id, owner, int(expiry))
    if not link.holds(tools.secret, signature) or tools.clock.now() >= link.expires:
        return None
    file = await tools.ledger.find_file(file_id)
    return None if file is None else (file, link)
