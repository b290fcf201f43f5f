"""Conversations written down, to be held again: what is asked and, word for word, what is answered.

A transcript is a text file of exchanges with blank lines between them:

    # a fact that the exchange shows
    > POST /v1/flux-dev
    > x-key: <key>
    > {"prompt":"a cat"}
    < 200
    < content-type: application/json
    < {"id":"<task>","polling_url":"<origin>/v1/get_result?id=<task>&token=<token>"}

A body line `+ name=text` is a field of a form, and `+ name=@boat.png` a file of that name: a grey picture, 64 pixels by 48.

`<name>` stands for any value where it is first seen in an answer, and for that value ever after. Headers that are not
mentioned may be anything, and an empty line ends them where the body would read like one; `< !name` says that there is none of that name. A picture's
bytes are not written down. A line `! paint` has a worker paint what waits;
`! refuse Violence` ends the next task as moderated, `! fail why` as failed, `! sleep 600` lets seconds pass, `! credit 1` leaves the
account that much to spend. `! limit create_rate 2/m` makes a key that is limited so: `<limited_key>`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2

from mezzotint.core.accounts import ApiKey, digest, handle, read_rate
from mezzotint.core.tasks import Outcome, Status
from tests.pictures import a_file
from tests.studio import KEY, ORIGIN, OTHER_KEY, Studio

NAME = re.compile(r"<([a-z_]+)>")
HEADER = re.compile(r"([A-Za-z][A-Za-z-]*): (.*)")
LIMITED_KEY = "mz_" + "c" * 48
LIMITED = ApiKey(handle(digest(LIMITED_KEY)), "default", "limited", 0.0)
FIELD = re.compile(r"\+ (\w+)=(.*)")
VALUE = r"[^\"&\s,})]+"


@dataclass
class Exchange:
    facts: list[str] = field(default_factory=list)
    does: list[str] = field(default_factory=list)
    asks: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)


def read(path: Path) -> list[Exchange]:
    """Raises ValueError for a line that means nothing."""
    exchanges = []
    for block in re.split(r"\n\s*\n", path.read_text().strip()):
        exchange = Exchange()
        parts = {"#": exchange.facts, "!": exchange.does, ">": exchange.asks, "<": exchange.answers}
        for line in block.splitlines():
            if line[:1] not in parts or line[1:2] not in ("", " "):
                raise ValueError(f"{path.name}: {line}")
            parts[line[0]].append(line[2:])
        exchanges.append(exchange)
    return exchanges


def _field(text: str) -> tuple[str | None, bytes]:
    """A part of a form: a file's name, if it is one, and what is in it."""
    return (text[1:], a_file()) if text.startswith("@") else (None, text.encode())


class Conversation:
    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._known = {"key": KEY, "other_key": OTHER_KEY, "limited_key": LIMITED_KEY, "origin": ORIGIN}

    async def hold(self, exchange: Exchange) -> None:
        """Raises AssertionError where the answer is not the one that is written down."""
        for deed in exchange.does:
            await self._do(*deed.split(" ", 1))
        if exchange.asks:
            self._compare(exchange, await self._ask(exchange))

    async def _do(self, verb: str, rest: str = "") -> None:
        match verb:
            case "paint":
                await self._studio.paint()
            case "refuse":
                await self._studio.end(Outcome(Status.REQUEST_MODERATED, reasons=(rest,)))
            case "fail":
                await self._studio.end(Outcome(Status.ERROR, code="engine_failed", message=rest))
            case "sleep":
                self._studio.clock.advance(float(rest))
            case "credit":
                await self._studio.tools.ledger.set_credits("default", float(rest))
            case "limit":
                name, text = rest.split()
                limit: Any = read_rate(text) if name.endswith("rate") else int(text) if name == "max_active" else float(text)
                await self._studio.tools.ledger.add_key(replace(LIMITED, **{name: limit}), digest(LIMITED_KEY))
            case _:
                raise ValueError(f"nobody knows how to {verb}")

    async def _ask(self, exchange: Exchange) -> httpx2.Response:
        method, path = self._filled(exchange.asks[0]).split(" ", 1)
        headers: dict[str, str] = {}
        body: list[str] = []
        form: list[tuple[str, Any]] = []
        for line in exchange.asks[1:]:
            if match := FIELD.fullmatch(line):
                form.append((match[1], _field(match[2])))
            elif not body and (match := HEADER.fullmatch(line)):
                headers[match[1]] = self._filled(match[2])
            else:
                body.append(self._filled(line))
        if form:
            return await self._studio.client.request(method, path, headers=headers, files=form)
        if body:
            headers.setdefault("content-type", "application/json")
        return await self._studio.client.request(method, path, headers=headers, content="\n".join(body).encode())

    def _filled(self, text: str) -> str:
        return NAME.sub(lambda match: self._known[match[1]], text)

    def _compare(self, exchange: Exchange, answer: httpx2.Response) -> None:
        status, *rest = exchange.answers
        said = f"{exchange.facts}\n{answer.status_code} {dict(answer.headers)}\n{answer.text}"
        assert answer.status_code == int(status), said
        body: list[str] = []
        begun = False
        for line in rest:
            if line.startswith("!"):
                assert line[1:] not in answer.headers, said
            elif not begun and (match := HEADER.fullmatch(line)):
                assert self._holds(match[2], answer.headers.get(match[1], "")), said
            elif begun or line:
                begun = True
                body.append(line)
            else:
                begun = True
        if body:
            assert self._holds("\n".join(body), answer.text), f"expected {body}\n{said}"

    def _holds(self, expected: str, text: str) -> bool:
        """Whether the text is as expected; what its names stand for is then known."""
        pattern, seen = "", set[str]()
        for index, part in enumerate(NAME.split(expected)):
            if index % 2 == 0:
                pattern += re.escape(part)
            elif part in self._known:
                pattern += re.escape(self._known[part])
            else:
                pattern += f"(?P={part})" if part in seen else f"(?P<{part}>{VALUE})"
                seen.add(part)
        match = re.fullmatch(pattern, text)
        if match is not None:
            self._known |= match.groupdict()
        return match is not None
