"""What every process of ours does: it ends with whoever started it."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import asyncio, gc
from mezzotint.wiring.processes import follow_lifeline, run_loop

async def main():
    stop = asyncio.Event()
    follow_lifeline(stop.set)
    print(type(asyncio.get_running_loop()).__module__.partition(".")[0], gc.get_freeze_count() > 0, flush=True)
    await stop.wait()
    print("stopped", flush=True)

run_loop(main())
"""


def test_a_process_stops_when_its_lifeline_closes_and_not_before() -> None:
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "uvloop True\n"
        process.stdin.write("words are no end\n")
        process.stdin.flush()
        assert process.poll() is None

        process.stdin.close()

        assert process.stdout.readline() == "stopped\n"
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_lifeline_that_closes_after_the_loop_has_ended_is_no_error() -> None:
    later = """
import threading
print("ended", flush=True)
for thread in threading.enumerate():
    if thread.name == "lifeline":
        thread.join()
"""
    program = PROGRAM.replace("    await stop.wait()\n", "") + later
    process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    while process.stdout.readline() != "ended\n":
        assert process.poll() is None

    _, said = process.communicate(timeout=10)

    assert (process.returncode, said) == (0, "")
