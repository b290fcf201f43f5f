"""What the diffusers engine takes of a device beside the pipelines, under a backlog: `scripts/bench backlog`. It needs no GPU.

A whole server with the diffusers engine over tiny weights; in place of the pipeline's arithmetic, a device is held for SECONDS a picture
(device/sitecustomize.py). All pictures are asked for at once. Printed are the milliseconds from one call of the pipeline's return to the
next one's beginning, in which a GPU has nothing to do, and the share of the time that it is held.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.acceptance.servers import serving

DEVICE = Path(__file__).parent / "device"
PROMPT = "a paper boat"
Times = list[tuple[float, float]]  # of a clock, in seconds: began, ended


def painted(seconds: float, count: int, ask: dict[str, object], weights: Path | None) -> tuple[Times, ...]:
    """When the pipeline was called and returned, picture for picture; when the engine was; and when each was encoded and handed over."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if weights is None:
            from tests.engines.diffusers import tiny

            weights = tiny.make(folder / "weights", "FLUX.1-dev")
        settings = {
            "MEZZOTINT_ENGINE": "diffusers",
            "MEZZOTINT_WEIGHTS": str(weights),
            "PYTHONPATH": f"{DEVICE}:{os.environ.get('PYTHONPATH', '')}",
            "BACKLOG_SECONDS": str(seconds),
            "BACKLOG_NOTES": str(folder / "notes"),
        }
        with serving(folder, **settings) as server, server.client() as client:
            made = [client.post("/v1/flux-dev", json=ask | {"seed": number}).raise_for_status().json()["id"] for number in range(count)]
            for task in made:
                while (told := client.get(f"/v1/tasks/{task}").raise_for_status().json())["finished_at"] is None:
                    time.sleep(min(0.05, seconds / 4))
                if told["status"] != "ready":
                    raise SystemExit(f"a picture failed: {told}")
        lines = [line.split() for line in (folder / "notes").read_text().splitlines()]
    return tuple([(float(began), float(ended)) for what, began, ended in lines if what == kind] for kind in ("pipeline", "paint", "beside"))


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--seconds", type=float, default=1.0, help="that a picture holds the device")
    reader.add_argument("--count", type=int, default=40)
    reader.add_argument("--size", type=int, default=1024)
    reader.add_argument("--format", default="jpeg", choices=("jpeg", "png", "webp"))
    reader.add_argument("--weights", type=Path, help="a folder with tiny FLUX.1-dev weights, which are made where none is given")
    options = reader.parse_args()
    ask = {"prompt": PROMPT, "width": options.size, "height": options.size, "steps": 28, "output_format": options.format}
    calls, paints, beside = (times[1:] for times in painted(options.seconds, options.count, ask, options.weights))  # before the first, weights are loaded
    gaps = [(after - before) * 1000 for (_, before), (after, _) in itertools.pairwise(calls)]
    parts = {
        "after the call, in the engine": [(painted - called) * 1000 for (_, called), (_, painted) in zip(calls, paints, strict=True)],
        "from order to order": [(after - before) * 1000 for (_, before), (after, _) in itertools.pairwise(paints)],
        "before the call, in the engine": [(called - painted) * 1000 for (called, _), (painted, _) in zip(calls, paints, strict=True)],
    }
    share = len(calls[1:]) * options.seconds / (calls[-1][1] - calls[0][1])
    print(f"{len(gaps)} pictures of {options.seconds:g} s, {options.size} x {options.size}, 28 steps, {options.format}, noise\n")
    print("| what | measured | aim |\n| --- | --- | --- |")
    print(f"| between two calls of the pipeline, ms: median, largest | {statistics.median(gaps):.1f}, {max(gaps):.1f} | median at most 10 |")
    for what, took in parts.items():
        print(f"| - {what} | {statistics.median(took):.1f}, {max(took):.1f} | |")
    print(f"| encoded and handed over meanwhile, ms: median | {statistics.median((after - before) * 1000 for before, after in beside):.1f} | |")
    print(f"| share of the time that the device is held | {share:.2%} | at least 97 % |")


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    sys.exit(main())
