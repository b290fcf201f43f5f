"""A bound on what may be allocated, tried in a process of its own."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import resource
from mezzotint.work.memory import TooMuch, at_most
before = resource.getrlimit(resource.RLIMIT_AS)
try:
    with at_most({bound}):
        bytearray({size})
    print("allocated")
except TooMuch:
    print("refused")
except MemoryError:
    print("full")
print(resource.getrlimit(resource.RLIMIT_AS) == before)
bytearray({size})
"""


def tried(bound: int, size: int) -> list[str]:
    program = PROGRAM.format(bound=bound, size=size)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()


def test_what_is_within_the_bound_is_allocated() -> None:
    assert tried(400_000_000, 200_000_000) == ["allocated", "True"]


def test_what_is_beyond_it_is_refused_and_the_bound_ends_with_the_block() -> None:
    assert tried(100_000_000, 200_000_000) == ["refused", "True"]


def test_a_lower_limit_of_the_operator_stays() -> None:
    limited = "import resource; resource.setrlimit(resource.RLIMIT_AS, (300_000_000, -1))\n" + PROGRAM.format(bound=10**9, size=299_000_000)
    done = subprocess.run([sys.executable, "-c", limited], capture_output=True, text=True, check=False)

    assert done.stdout.split() == ["full", "True"]
