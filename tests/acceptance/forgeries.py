"""Links, tokens and signatures with something changed, very many of them: each is read as a server reads it, and none may hold."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import string
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from mezzotint.client.webhooks import BadWebhook, verify, verify_bfl
from mezzotint.core import ids
from mezzotint.core.accounts import ApiKey
from mezzotint.core.signing import FileLink, ImageLink, bfl_signature, standard_signature, webhook_key
from mezzotint.http.auth import token_matches
from mezzotint.service.files import keep, link_to, linked
from mezzotint.service.pictures import Why, picture_at
from mezzotint.service.read import Viewer, find, image_url, polling_url
from mezzotint.service.tools import Tools
from tests.clocks import HandClock
from tests.pictures import a_file
from tests.studio import KEY, a_studio

HERE = "http://here"
LETTERS = string.ascii_letters + string.digits + "-_=+/.%é\0 "
Holds = Callable[[str], Awaitable[bool]]


@dataclass(frozen=True)
class Forged:
    tried: int
    kinds: dict[str, int]
    held: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return self.held == () and len(self.kinds) == 6

    def __str__(self) -> str:
        return json.dumps(self.__dict__)


def forge(count: int, seed: int) -> Forged:
    return asyncio.run(_forge(count, seed))


def mutated(chance: random.Random, text: str) -> str:
    """With one to three things changed: a letter, one more, one less, two exchanged, a bit, the case, a part twice."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        at = chance.randrange(len(text)) if text else 0
        letter, end = chance.choice(LETTERS), chance.randint(at, len(text))
        text = chance.choice(
            (
                text[:at] + letter + text[at + 1 :],
                text[:at] + letter + text[at:],
                text[:at] + text[at + 1 :],
                text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :],
                text[:at] + chr(ord(text[at]) ^ 1 << chance.randrange(7)) + text[at + 1 :] if text else letter,
                text[:at] + text[at:end].swapcase() + text[end:],
                text[:end] + text[at:end] + text[end:],
            )
        )
    return text


async def _forge(count: int, seed: int) -> Forged:
    chance, kinds, held = random.Random(seed), Counter[str](), list[str]()
    trials = await _trials()
    for kind, (text, holds, _) in trials.items():
        assert await holds(text), kind  # what is not changed does hold
    while kinds.total() < count:
        kind = chance.choice(list(trials))
        text, holds, meaning = trials[kind]
        tried = mutated(chance, text)
        if meaning(tried) == meaning(text):
            continue
        kinds[kind] += 1
        if await holds(tried):
            held.append(f"{kind}: {tried!r}")
    return Forged(kinds.total(), dict(kinds), tuple(held))


async def _trials() -> dict[str, tuple[str, Holds, Callable[[str], object]]]:
    """By kind: one that holds, whether one does, and what one says: two that say the same are the same."""
    studio = a_studio(HandClock())
    tools = studio.tools
    told = await studio.created()
    await studio.paint()
    task = ids.read(told["id"])
    assert task is not None
    link = ImageLink(task, 0, int(studio.clock.now()) + 600)
    file = await keep(a_file(), "x.png", {}, ApiKey("k", "default", "", 0.0), tools)
    given = link_to(file, tools)
    return {
        "a polling link": (polling_url(task, "/flux/v1/get_result", HERE, tools), _polls(tools), _poll_parts),
        "a picture's link": (image_url(link, "jpeg", HERE, tools), _shows(tools), _picture_parts),
        "a file's link": (_file_url(given, tools), _downloads(tools), _file_parts),
        "a webhook": _webhook(studio.clock.now()),
        "a webhook, as Black Forest Labs signs it": _bfl_webhook(),
        "a worker's token": (KEY, _works, str),
    }


def _query(url: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    except ValueError:
        return {}


def _path(url: str) -> list[str]:
    try:
        return [*urlsplit(url).path.split("/"), "", "", ""]
    except ValueError:
        return ["", "", "", ""]


def _poll_parts(url: str) -> tuple[UUID | None, str]:
    query = _query(url)
    return ids.read(query.get("id", "")), query.get("token", "")


def _polls(tools: Tools) -> Holds:
    async def holds(url: str) -> bool:
        query = _query(url)
        viewer = Viewer(ApiKey("k", "other", "", 0.0), query.get("token"))  # another account's key, so that it is the token that counts
        return await find(query.get("id", ""), viewer, tools) is not None

    return holds


def _picture_parts(url: str) -> tuple[UUID | None, str, str, str]:
    query, path = _query(url), _path(url)
    return ids.read(path[2]), path[3], query.get("expires", "").lstrip("0"), query.get("signature", "")


def _shows(tools: Tools) -> Holds:
    async def holds(url: str) -> bool:
        query, path = _query(url), _path(url)
        return not isinstance(await picture_at(path[2], path[3], query.get("expires", ""), query.get("signature", ""), tools), Why)

    return holds


def _file_url(link: FileLink, tools: Tools) -> str:
    return f"{HERE}/v1/files/{ids.short(link.file)}/download?owner={link.owner}&expiry={link.expires}&signature={link.signature(tools.secret)}"


def _file_parts(url: str) -> tuple[UUID | None, str, str, str]:
    query = _query(url)
    return ids.read(_path(url)[3]), query.get("owner", ""), query.get("expiry", "").lstrip("0"), query.get("signature", "")


def _downloads(tools: Tools) -> Holds:
    async def holds(url: str) -> bool:
        query = _query(url)
        return await linked(_path(url)[3], query.get("owner", ""), query.get("expiry", ""), query.get("signature", ""), tools) is not None

    return holds


BODY = '{"status":"Ready","id":"01a1ff02-395d-7de5-b6aa-341e51e94423"}'
OURS = "whsec_" + base64.b64encode(bytes(range(32))).decode()
LINE = "\x1e"  # between what is sent as headers and what is the body


def _webhook(now: float) -> tuple[str, Holds, Callable[[str], object]]:
    """Id, time, signature and body in one text, any of which is changed."""
    signature = standard_signature(webhook_key(OURS), "msg_1", int(now), BODY.encode())

    async def holds(text: str) -> bool:
        name, when, signed, body = (*text.split(LINE), "", "", "", "")[:4]
        try:
            verify(body.encode(), {"webhook-id": name, "webhook-timestamp": when, "webhook-signature": signed}, OURS, now)
        except BadWebhook:
            return False
        return True

    def says(text: str) -> object:
        """A header may hold several signatures: one beside something else says the same."""
        parts = [*text.split(LINE), "", "", "", ""][:4]
        return parts[0], parts[1].lstrip("0"), parts[3], signature in parts[2].split()

    return LINE.join(("msg_1", str(int(now)), signature, BODY)), holds, says


def _bfl_webhook() -> tuple[str, Holds, Callable[[str], object]]:
    async def holds(text: str) -> bool:
        signed, _, body = text.partition(LINE)
        try:
            verify_bfl(body.encode(), {"x-bfl-signature": signed}, OURS)
        except BadWebhook:
            return False
        return True

    return LINE.join((bfl_signature(OURS, BODY.encode()), BODY)), holds, lambda text: (text.partition(LINE)[0].strip(), text.partition(LINE)[2])


async def _works(text: str) -> bool:
    return token_matches(text, KEY)
