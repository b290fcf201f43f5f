"""Whether the time of a comparison tells how much of a secret was guessed: texts that differ at once against texts that differ at the end.

Both kinds are measured in turn, by chance, and compared by Welch's t, as in Reparaz, Balasch and Verbauwhede, "Dude, is my code constant
time?" (2017). A comparison that gives up at the first difference is measured beside ours, to show that it would be seen.
"""

from __future__ import annotations

import gc
import json
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from mezzotint.client.webhooks import BadWebhook, verify
from mezzotint.core.signing import FileLink, ImageLink, poll_token, poll_token_holds, same, standard_signature, webhook_key
from mezzotint.http.auth import token_matches
from tests.tasks import an_id

SUSPICIOUS = 4.5  # of t, beyond which two kinds of times are held to differ
KEPT = 0.9  # of the measurements, the quickest: the rest is the machine's doing
SECRET = b"s" * 32
NOW = 1_800_000_000
LONG = "k" * 500
COPIES = 256  # of each text
Check = Callable[[str], object]


@dataclass(frozen=True)
class Timed:
    samples: int  # of each comparison
    t: dict[str, float]
    control: float  # of one that gives up early

    @property
    def holds(self) -> bool:
        return abs(self.control) > SUSPICIOUS > max(abs(each) for each in self.t.values())

    def __str__(self) -> str:
        return json.dumps(self.__dict__)


def measure(count: int, seed: int) -> Timed:
    chance = random.Random(seed)
    found = {name: _t(check, right, count, chance) for name, (check, right) in _comparisons().items()}
    return Timed(count, found, _t(lambda given: _gives_up(LONG, given), LONG, count, chance))


def _comparisons() -> dict[str, tuple[Check, str]]:
    """What is asked with a text, and the text that it holds for."""
    task, file = an_id(), an_id()
    link, given = ImageLink(task, 0, NOW), FileLink(file, "default", NOW)
    webhook = standard_signature(webhook_key(LONG), "msg_1", NOW, b"{}")
    return {
        "a text": (lambda text: same(LONG, text), LONG),
        "a polling token": (lambda text: poll_token_holds(SECRET, task, text), poll_token(SECRET, task)),
        "a picture's link": (lambda text: link.holds(SECRET, text), link.signature(SECRET)),
        "a file's link": (lambda text: given.holds(SECRET, text), given.signature(SECRET)),
        "a worker's token": (lambda text: token_matches(text, LONG), LONG),
        "a webhook": (_verified, webhook),
    }


def _verified(signature: str) -> bool:
    try:
        verify(b"{}", {"webhook-id": "msg_1", "webhook-timestamp": str(NOW), "webhook-signature": signature}, LONG, NOW)
    except BadWebhook:
        return False
    return True


def _gives_up(expected: str, given: str) -> bool:
    return all(one == other for one, other in zip(expected, given, strict=False))


def _t(check: Check, right: str, count: int, chance: random.Random) -> float:
    """Welch's t of the times of texts whose last letter is wrong, less those of texts whose first one is."""
    kinds = [((right[:-1] + "!").encode(), True), (("!" + right[1:]).encode(), False)] * COPIES
    chance.shuffle(kinds)
    texts: dict[bool, list[str]] = {True: [], False: []}
    for written, near in kinds:  # in any order, so that neither kind has places of its own in memory
        texts[near].append(written.decode())
    times: dict[bool, list[int]] = {True: [], False: []}
    gc.disable()
    try:
        for _ in range(count):
            near = chance.random() < 0.5
            text = chance.choice(texts[near])
            began = time.perf_counter_ns()
            check(text)
            times[near].append(time.perf_counter_ns() - began)
    finally:
        gc.enable()
    bound = sorted(times[True] + times[False])[int(count * KEPT) - 1]
    one, other = ([each for each in times[near] if each <= bound] for near in (True, False))
    spread = statistics.variance(one) / len(one) + statistics.variance(other) / len(other)
    return float(round((statistics.fmean(one) - statistics.fmean(other)) / max(spread, 1e-9) ** 0.5, 2))
