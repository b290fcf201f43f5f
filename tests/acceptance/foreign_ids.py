"""Another account asks for ids: the owner's, near ones, and what is none. Whatever it asks for, it is told what it is told of nothing."""

from __future__ import annotations

import asyncio
import json
import random
import re
import string
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

from mezzotint.core import ids
from tests.dialects.house import OF_ONE, SECRET, House, Operation, a_house, told
from tests.studio import OTHER_KEY

MESSAGE = "msg_"
JUNK = (
    "..", "%2e%2e", "*", "%", "'", "' OR 1=1--", "\0", "\r\nX: y", "null", "undefined", "0", "-1", "1e400", "true", "[]", "{}", "{id}", "${id}",
    "../../etc/passwd", "\u202e", "\ufeff", "\N{KELVIN SIGN}", "Ⅷ", "😀", "a" * 5000, " ", "+", ";", "?", "#", "~", "msg_", "msg_%", "whsec_",
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    ids: int
    requests: int
    kinds: dict[str, int]
    differing: tuple[str, ...]  # requests that were answered otherwise than they would be of nothing
    faults: int  # answers with 5xx
    told: int  # answers in which something of the owner's stood

    @property
    def holds(self) -> bool:
        return not self.differing and self.faults == self.told == 0

    def __str__(self) -> str:
        return json.dumps(self.__dict__)


def _same(chance: random.Random, text: str) -> str:
    """As it is, in other letters, or in the other spelling of ids."""
    parsed = ids.read(text)
    spelled = [text, text.upper(), text.title()] + ([] if parsed is None else [str(parsed), ids.short(parsed), parsed.hex, parsed.urn, f"{{{parsed}}}"])
    return chance.choice(spelled)


def _near(chance: random.Random, text: str) -> str:
    """One letter away."""
    at = chance.randrange(len(text))
    letter = chance.choice(string.ascii_lowercase + string.digits + "-_")
    return chance.choice([text[:at] + letter + text[at + 1 :], text[:at] + text[at + 1 :], text[:at] + letter + text[at:], text[:at], text + letter])


def _beside(chance: random.Random, text: str) -> str:
    """One bit away, or made at about the same time."""
    message = text.startswith(MESSAGE)
    parsed = ids.read(text.removeprefix(MESSAGE))
    assert parsed is not None
    other = chance.choice([UUID(int=parsed.int ^ 1 << chance.randrange(128)), ids.mint(ids.milliseconds(parsed), chance.randbytes(10))])
    return MESSAGE + ids.short(other) if message else chance.choice([str(other), ids.short(other)])


def _wrapped(chance: random.Random, text: str) -> str:
    """With something around it that somebody may take away."""
    around = ["{} ", " {}", "{}\0", "{}\n", "{}.json", "{}/", "./{}", "x/../{}", "{}?id={}", "{}%00", '"{}"', "{},{}", "{}\u200b", "\ufeff{}", "{}#", "{};x"]
    return chance.choice(around).replace("{}", text)


def _junk(chance: random.Random, text: str) -> str:
    del text
    return chance.choice([chance.choice(JUNK), "".join(chance.choices(string.printable, k=chance.choice([26, 36]))), chance.randbytes(20).decode("latin-1")])


KINDS: dict[str, Callable[[random.Random, str], str]] = {"same": _same, "near": _near, "beside": _beside, "wrapped": _wrapped, "junk": _junk}


def ask(count: int, seed: int) -> Asked:
    """Each of `count` ids is asked for at one operation, in turn, by an account whose it is not."""
    return asyncio.run(_ask(count, seed))


async def _ask(count: int, seed: int) -> Asked:
    chance, kinds, differing = random.Random(seed), Counter[str](), list[str]()
    faults = secrets = requests = 0
    async with a_house() as house:
        owned = {house.task, house.file, house.message}
        owners = {ids.read(each) for each in owned}
        for number in range(count):
            operation, kind = OF_ONE[number % len(OF_ONE)], chance.choice(list(KINDS))
            thing = KINDS[kind](chance, house.thing(operation[1]))
            kinds[kind] += 1
            response = await house.asked(*operation, OTHER_KEY, quote(thing, safe="%" if chance.random() < 0.1 else ""))
            requests += 1
            faults += response.status_code >= 500
            asked_for = str(response.request.url)
            secrets += SECRET in response.text or any(each in response.text for each in owned if each not in thing and each not in asked_for)
            if kind == "beside" or thing in owned or (ids.read(thing) is not None and ids.read(thing) in owners):
                requests += 1
                if told(response, thing) != await _of_nothing(house, operation, thing):
                    differing.append(f"{operation[0]} {operation[1]} {thing!r}")
        await _untouched(house)
    return Asked(count, requests, dict(kinds), tuple(differing), faults, secrets)


async def _of_nothing(house: House, operation: Operation, like: str) -> Any:
    """What is answered of an id in the same spelling that nothing has."""
    made = ids.mint(2**47, bytes(range(10)))
    nothing = MESSAGE + ids.short(made) if like.startswith(MESSAGE) else str(made) if len(like) == len(str(made)) else ids.short(made)
    if re.search(r"[A-Z]", like):
        nothing = nothing.upper()
    return told(await house.asked(*operation, OTHER_KEY, nothing), nothing)


async def _untouched(house: House) -> None:
    """After all of it the owner's things are as they were."""
    task = ids.read(house.task)
    assert task is not None
    found = await house.studio.tools.ledger.get(task)
    assert found is not None
    assert (found.status.value, found.cancel_requested) == ("ready", False)
    assert (await house.studio.tools.ledger.messages_of("default", None, None, 9))[0].id == house.message
    assert len(await house.studio.tools.ledger.files_of("default", None, 9)) >= 1
