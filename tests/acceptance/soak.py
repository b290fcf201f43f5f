"""Longer runs of what the suite does in short: `python -m tests.acceptance.soak KIND`. Any run repeats by its seed."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from tests.acceptance import (
    crashes,
    deliveries,
    faults,
    floods,
    foreign_ids,
    forgeries,
    guarding,
    hostile_pictures,
    hostile_prompts,
    provider_faults,
    raw_requests,
    recovery,
    retries,
    slow_clients,
    states,
    streams,
    timing,
    upgrades,
)


class Findings(Protocol):
    @property
    def holds(self) -> bool: ...


def _kills(folder: Path, count: int, seed: int) -> Findings:
    return crashes.crash(folder, count or 250, 1_000_000, seed, seconds=0.02)


def _sweeps(folder: Path, count: int, seed: int) -> Findings:
    return crashes.sweep(folder, count or 12, seed)


def _retries(folder: Path, count: int, seed: int) -> Findings:
    return retries.repeat(folder, count or 2000, seed)


def _recovery(folder: Path, count: int, seed: int) -> Findings:
    return recovery.recover(folder, count or 100_000, seed)


def _pictures(folder: Path, count: int, seed: int) -> Findings:
    del folder
    return hostile_pictures.endure(count or 3000, seed)


def _faults(folder: Path, count: int, seed: int) -> Findings:
    return faults.endure_on_several(folder, count or 20, seed)


def _providers(folder: Path, count: int, seed: int) -> Findings:
    return provider_faults.endure(folder, count or 500, seed, kills=(count or 500) // 8)


def _upgrades(folder: Path, count: int, seed: int) -> Findings:
    return upgrades.upgrade_all(folder, count or 20, seed)


def _slow(folder: Path, count: int, seed: int) -> Findings:
    del seed
    return slow_clients.wait(folder, count or 500)


def _streams(folder: Path, count: int, seed: int) -> Findings:
    return streams.follow(folder, count or 1000, seed)


def _webhooks(folder: Path, count: int, seed: int) -> Findings:
    return deliveries.deliver(folder, count or 5000, seed, kills=max(1, (count or 5000) // 400))


def _guard(folder: Path, count: int, seed: int) -> Findings:
    return guarding.guard(folder, count or 1000, seed)


def _ids(folder: Path, count: int, seed: int) -> Findings:
    del folder
    return foreign_ids.ask(count or 10_000, seed)


def _signatures(folder: Path, count: int, seed: int) -> Findings:
    del folder
    return forgeries.forge(count or 1_000_000, seed)


def _timing(folder: Path, count: int, seed: int) -> Findings:
    del folder
    return timing.measure(count or 20_000, seed)


def _prompts(folder: Path, count: int, seed: int) -> Findings:
    return hostile_prompts.speak(folder, count or len(hostile_prompts.SURFACES), seed)


def _requests(folder: Path, count: int, seed: int) -> Findings:
    return raw_requests.send(folder, count or 20_000, seed)


def _states(folder: Path, count: int, seed: int) -> Findings:
    del folder
    return states.states(count or 500, seed)


def _flood(folder: Path, count: int, seed: int) -> Findings:
    del seed
    return floods.flood(folder, count or 40)


KINDS: dict[str, tuple[Callable[[Path, int, int], Findings], str]] = {
    "kills": (_kills, "kills at random and at named points, under load; --count kills"),
    "sweeps": (_sweeps, "kills at the points of deleting old pictures; --count rounds"),
    "retries": (_retries, "creates repeated under their Idempotency-Key while the server is killed; --count keys"),
    "pictures": (_pictures, "hostile pictures for an engine child; --count pictures"),
    "faults": (_faults, "full and broken disks, clocks that jump, engines that hang and more, under load; --count of each kind"),
    "providers": (_providers, "providers that do everything wrong, while the gateway is killed; --count calls of each kind"),
    "upgrades": (_upgrades, "ledgers of older schemas with tasks in flight; --count ledgers"),
    "slow": (_slow, "clients that drip beside one that does not; --count of each kind"),
    "streams": (_streams, "streams of events that break and are taken up again, while the server is killed; --count streams given up"),
    "webhooks": (_webhooks, "webhooks to receivers of which many fail, while the server is killed; --count events"),
    "guard": (_guard, "addresses that may not be reached, in every spelling, at every entrance; --count names that change, from 1000 on all hosts"),
    "ids": (_ids, "another account's ids, near ones and junk; --count ids"),
    "signatures": (_signatures, "links, tokens and signatures with something changed; --count forgeries"),
    "timing": (_timing, "whether comparing takes longer the more was guessed; --count samples of each comparison"),
    "prompts": (_prompts, "hostile prompts, and then all that a server writes; --count surfaces that each is sent on"),
    "requests": (_requests, "HTTP requests with something wrong in their bytes; --count requests"),
    "states": (_states, "orders of a ledger's operations against a reference model, on every ledger; --count orders"),
    "flood": (_flood, "a key and an address without one that ask far too often, beside keys that do not; --count seconds"),
    "recovery": (_recovery, "how soon a killed server serves again; --count tasks in its ledger"),
}


def main() -> None:
    about = "\n".join(f"  {kind:10} {words}" for kind, (_, words) in KINDS.items())
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__, epilog=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", nargs="*", help="as below; all of them without")
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    if unknown := set(arguments.kind) - set(KINDS):
        parser.error(f"there is no {', '.join(sorted(unknown))}: choose from {', '.join(KINDS)}")
    failed = False
    for kind in arguments.kind or KINDS:
        with tempfile.TemporaryDirectory(prefix="mezzotint-soak-") as folder:
            found = KINDS[kind][0](Path(folder) / "data", arguments.count, arguments.seed)
        print(f"{kind} (seed {arguments.seed}): {'holds' if found.holds else 'BROKEN'} {found}", flush=True)
        failed |= not found.holds
    sys.exit(failed)


if __name__ == "__main__":
    main()
