"""What the device does not wait for: pictures are made bytes, encoded and handed over while the next one is painted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch and diffusers: scripts/test diffusers runs it")

from mezzotint.engines.diffusers import outputs
from mezzotint.work.frames import pack, read_frame
from tests.engines.diffusers.painting import a_request, an_engine, array_of, painted
from tests.work.orders import ENVIRONMENT

COUNT = 3


def order(number: int) -> bytes:
    body = {
        "ticket": number, "model": "flux-dev", "prompt": "a paper boat", "width": 64, "height": 48, "steps": 2, "guidance": 3.0, "seed": number,
        "strength": None, "format": "jpeg", "pictures": [], "notes": [["task", str(number)]], "extras": [], "careful": False,
    }  # fmt: skip
    return pack("paint", body)


def test_the_next_picture_is_begun_before_the_last_is_encoded(weights: Path) -> None:
    """Each waits to be encoded until the next one's first step: did they not overlap, none would ever come."""
    command, pipe = [sys.executable, "-W", "ignore", "-m", "tests.engines.diffusers.overlap_program", str(weights), str(COUNT)], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=ENVIRONMENT) as process:
        assert process.stdin is not None
        process.stdin.write(b"".join(order(number) for number in range(1, COUNT + 1)))
        process.stdin.flush()
        answers: list[int] = []
        while len(answers) < COUNT and (frame := read_frame(cast("BinaryIO", process.stdout))) is not None:
            if frame.kind in ("painted", "failed"):
                assert frame.kind == "painted", frame.body
                answers.append(frame.body["ticket"])
        said = process.communicate()[1].decode().splitlines()

    assert answers == [1, 2, 3]
    did = [line for line in said if line.split(" ")[0] in ("step", "painted", "encoded", "nothing")]
    # one at a time is encoded, since pictures that wait take memory
    assert [line for line in did if "painted" not in line] == ["step 1", "step 2", "encoded 1", "step 3", "encoded 2", "encoded 3"]


def test_nothing_is_made_of_a_picture_before_it_is_encoded(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, made, as_bytes = an_engine(weights), list[Any](), outputs._eight_bits

    def noted(picture: Any) -> Any:
        made.append(picture)
        return as_bytes(picture)

    monkeypatch.setattr(outputs, "_eight_bits", noted)

    painting = painted(engine, a_request())
    assert made == []

    assert array_of(painting).shape == (48, 64, 3)
    assert len(made) == 1
