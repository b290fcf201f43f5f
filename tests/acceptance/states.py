"""Orders of a ledger's operations, tried by Hypothesis against the reference model: `tests.ledger.machine` at length."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

import hypothesis
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.ledger.machine import MACHINES

STEPS = 50


@dataclass(frozen=True)
class Tried:
    examples: int  # of each ledger
    steps: int
    ledgers: tuple[str, ...]
    broken: tuple[str, ...]
    seconds: float

    @property
    def holds(self) -> bool:
        return not self.broken

    def __str__(self) -> str:
        return json.dumps(self.__dict__)


def states(count: int, seed: int) -> Tried:
    """`count` examples of STEPS steps for every ledger; what breaks is printed in as few steps as do it."""
    began, broken = time.monotonic(), []
    profile = settings(max_examples=count, stateful_step_count=STEPS, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    for name, machine in MACHINES.items():
        try:
            run_state_machine_as_test(hypothesis.seed(seed)(machine), settings=profile)
        except AssertionError as error:
            print(f"{name}: {error}", *getattr(error, "__notes__", ()), sep="\n")
            broken.append(name)
    return Tried(count, STEPS, tuple(MACHINES), tuple(broken), round(time.monotonic() - began, 1))
