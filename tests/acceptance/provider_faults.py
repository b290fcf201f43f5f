"""A gateway in front of providers that do everything wrong, killed again and again: every task ends, nothing is ordered twice, nobody
is charged wrongly. The providers' own records are what it is held to, and the ledger's file as it is."""

from __future__ import annotations

import hashlib
import json
import random
import sqlite3
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2

from mezzotint.core.catalogue import BFL_MODELS
from mezzotint.settings import read_settings
from tests.acceptance.chains import REACHING, operators_file, through
from tests.acceptance.crashes import OF_CALLS, Missed, _strike, _until_done, struck
from tests.acceptance.servers import KEY as CALLERS_KEY
from tests.acceptance.servers import Server, alive, children_of, ending, kill
from tests.providers import FAULTS, KEY, FakeBFL, FakeOpenAI, FakeProvider, FakeReplicate, serving_providers

MODELS = {"bfl": "flux-dev", "replicate": "flux-pro", "openai": "flux-pro-1.1", "mezzotint": "flux-2-pro"}
CREDITS = 1_000_000.0
DEADLINE = 8.0  # seconds that a picture may take
SLACK = 25.0  # more, for servers that are down and leases that lapse meanwhile
REACHED_WITHIN = 20.0
VICTIMS = ("worker", "server", "all")


@dataclass
class Findings:
    """`ends`: by fault, how many tasks ended in which way."""

    kills: int
    missed: tuple[str, ...]
    tasks: int
    lost: int
    unended: int
    late: int
    slowest: float
    ordered_twice: int
    asked_in_doubt: int
    wrong_bytes: int
    ready: int
    charged: int
    credits_off: float
    costs_off: float
    seconds: float
    ends: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        wrong = self.lost + self.unended + self.late + self.ordered_twice + self.asked_in_doubt + self.wrong_bytes
        return wrong == 0 and not self.missed and self.charged == self.ready and self.credits_off < 1e-3 and self.costs_off < 1e-3

    def __str__(self) -> str:
        return json.dumps(self.__dict__)


def fakes() -> dict[str, FakeProvider]:
    return {
        "bfl": FakeBFL(seconds=0.2, price=2.5),
        "replicate": FakeReplicate(seconds=0.2),
        "openai": FakeOpenAI(),
        "mezzotint": FakeBFL(bearer=True, idempotent=True, seconds=0.2, price=3.0),
    }


def config_of(providers: dict[str, FakeProvider]) -> str:
    tables = {
        name: {
            "kind": name,
            "base_url": fake.url + ("/v1" if name == "openai" else ""),
            "key_env": "PROVIDERS_KEY",
            "concurrency": 100,
            "poll": 0.2,
            "timeout": 4,
            "deadline": DEADLINE,
        }
        for name, fake in providers.items()
    }
    return operators_file({model: through(name) for name, model in MODELS.items()}, tables)


def _give_credits(folder: Path) -> None:
    import asyncio

    from mezzotint.wiring.adapters import SystemClock, ledger_of

    async def give() -> None:
        ledger = ledger_of(read_settings({}, data=folder), SystemClock())
        await ledger.set_credits("default", CREDITS)
        await ledger.close()

    asyncio.run(give())


def _load(server: Server, todo: list[tuple[str, str]], accepted: list[str], lock: threading.Lock, pause: float) -> None:
    """One caller. A create that is not answered is not repeated: it may have become a task all the same."""
    client = httpx2.Client(headers={"authorization": f"Bearer {CALLERS_KEY}"}, timeout=10, trust_env=False)
    while True:
        with lock:
            if not todo:
                break
            provider, prompt = todo.pop()
        body = {"prompt": prompt, "width": 256, "height": 256, "output_format": "png"}
        try:
            response = client.post(f"{server.url}/v1/{MODELS[provider]}", json=body)
        except httpx2.HTTPError:
            with lock:
                todo.append((provider, prompt + "'"))
            time.sleep(0.05)
            continue
        with lock:
            if response.status_code == 200:
                accepted.append(response.json()["id"])
            else:
                todo.append((provider, prompt + "'"))
        time.sleep(pause)
    client.close()


def _strike_at(server: Server, points: Path, point: str) -> None:
    """As in `crashes`; the worker's server starts it again, and nobody the server."""
    with struck(points, point, REACHED_WITHIN):
        pass
    if point == "call: noted":
        server.reap()
        server.start()


def endure(folder: Path, count: int, seed: int, *, kills: int, callers: int = 8, pause: tuple[float, float] = (0.3, 1.2)) -> Findings:
    """`count` calls of each kind of fault, spread over the providers, with so many kills."""
    chance, began, points = random.Random(seed), time.monotonic(), folder.parent / f"{folder.name} points"
    points.mkdir(parents=True)
    folder.mkdir(parents=True)
    providers, struck = fakes(), 0
    todo = [(list(MODELS)[number % len(MODELS)], f"{number} fault:{fault} ") for fault in FAULTS for number in range(count)]
    chance.shuffle(todo)
    victims = [[*VICTIMS, *OF_CALLS][number % (len(VICTIMS) + len(OF_CALLS))] for number in range(kills)]
    chance.shuffle(victims)
    spread = callers * (kills * 2 * sum(pause) + 4.0) / len(todo)  # so that creates last as long as the kills
    accepted, lock, missed = list[str](), threading.Lock(), list[str]()
    with serving_providers(*providers.values()):
        (folder / "mezzotint.toml").write_text(config_of(providers))
        _give_credits(folder)
        more: dict[str, Any] = REACHING | {"PROVIDERS_KEY": KEY, "MEZZOTINT_LIMITS": "on", "MEZZOTINT_LEASE": "3", "MEZZOTINT_ATTEMPTS": "100"}
        server = Server(folder, MZ_CRASH_POINTS=str(points), **more)
        with ending(server.start()):
            threads = [threading.Thread(target=_load, args=(server, todo, accepted, lock, spread)) for _ in range(callers)]
            for thread in threads:
                thread.start()
            for victim in victims:
                _wait_for_work(providers, threads)
                time.sleep(chance.uniform(*pause))
                if not any(thread.is_alive() for thread in threads):
                    break  # nothing comes any more that a kill could hit
                struck += 1
                try:
                    if victim == "worker":
                        _kill_the_carrier(server)
                    elif victim in VICTIMS:
                        _strike(server, victim)
                    else:
                        _strike_at(server, points, victim)
                except Missed:
                    missed.append(victim)
            for thread in threads:
                thread.join()
            last_kill = time.time()  # or the last create
            _until_done(folder, 4 * DEADLINE + SLACK + 0.1 * len(accepted))
            server.stop()
    return check(folder, providers, accepted, struck - len(missed), tuple(missed), last_kill, time.monotonic() - began)


def _kill_the_carrier(server: Server) -> None:
    """The worker that speaks to providers: the one without a child."""
    for worker in children_of(server.pid):
        if not children_of(worker) and alive(worker):
            kill(worker)
            return


def _wait_for_work(providers: dict[str, FakeProvider], threads: list[threading.Thread]) -> None:
    """Until the gateway, started again, has done something that counts: then there is something to break."""
    before, end = _fetched(providers), time.monotonic() + REACHED_WITHIN
    while _fetched(providers) < before + 3 and time.monotonic() < end and any(thread.is_alive() for thread in threads):
        time.sleep(0.05)


def _fetched(providers: dict[str, FakeProvider]) -> int:
    return sum(made.fetches for fake in providers.values() for made in list(fake.made.values()))


def check(
    folder: Path, providers: dict[str, FakeProvider], accepted: list[str], kills: int, missed: tuple[str, ...], last_kill: float, seconds: float
) -> Findings:
    connection = sqlite3.connect(folder / "ledger.db")
    connection.row_factory = sqlite3.Row
    rows = {str(UUID(bytes=row["id"])): row for row in connection.execute("SELECT task.*, inputs FROM task JOIN task_input ON task = id")}
    calls = [json.loads(row[0]) for row in connection.execute("SELECT details FROM upstream_call")]
    charged = connection.execute("SELECT coalesce(sum(tasks), 0) FROM usage").fetchone()[0]
    left = connection.execute("SELECT credits FROM account WHERE id = 'default'").fetchone()[0]
    spent = connection.execute("SELECT coalesce(sum(cost), 0) FROM upstream_spent").fetchone()[0]
    connection.close()
    ready = [row for row in rows.values() if row["state"] == 2]
    price = {model: BFL_MODELS[model].price.first or 0.0 for model in MODELS.values()}
    # a gateway that is killed all the time keeps no deadline; what counts is that it does once it is let alone
    lasted = [row["finished"] - max(row["started"], last_kill) for row in rows.values() if row["finished"] and row["started"]]
    return Findings(
        kills=kills,
        missed=missed,
        tasks=len(rows),
        lost=sum(task not in rows for task in accepted),
        unended=sum(row["state"] < 2 for row in rows.values()),
        late=sum(each > DEADLINE + SLACK for each in lasted),
        slowest=round(max(lasted, default=0.0), 1),
        ordered_twice=sum(made > 1 for fake in providers.values() for made in fake.made_of.values()),
        asked_in_doubt=sum(_asked_in_doubt(fake) for fake in providers.values()),
        wrong_bytes=sum(not _as_it_was(folder, row) for row in ready),
        ready=len(ready),
        charged=charged,
        credits_off=abs(CREDITS - left - sum(price[row["model"]] for row in ready)),
        costs_off=abs(spent - sum(call["cost"] for call in calls)),
        seconds=round(seconds, 1),
        ends=_ends(rows),
    )


def _asked_in_doubt(fake: FakeProvider) -> int:
    """Prompts that a provider which is not idempotent heard again, although it had not said that it made nothing."""
    if fake.idempotent:
        return 0
    return sum(asked > (2 if "fault:429" in prompt else 1) for prompt, asked in fake.asked_of.items())


def _as_it_was(folder: Path, row: sqlite3.Row) -> bool:
    [image] = json.loads(row["outcome"])["images"]
    data = (folder / "images" / image["key"]).read_bytes()
    return hashlib.sha256(data).hexdigest() == image["sha256"] and b"private" not in data


def _ends(rows: dict[str, sqlite3.Row]) -> dict[str, dict[str, int]]:
    ends: dict[str, Counter[str]] = {fault: Counter() for fault in FAULTS}
    for row in rows.values():
        outcome = json.loads(row["outcome"]) if row["outcome"] else {}
        fault = json.loads(row["inputs"])["parameters"]["prompt"].partition("fault:")[2].split()[0].strip("'")
        ends[fault][outcome.get("code") or outcome.get("status") or "none"] += 1
    return {fault: dict(sorted(counted.items())) for fault, counted in ends.items()}
