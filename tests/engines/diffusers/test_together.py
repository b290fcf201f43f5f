"""One picture by two processes: the same as by one, with steps, previews and cancels; and what happens when one of them fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch and diffusers: scripts/test diffusers runs it")

from mezzotint import imaging
from mezzotint.core.errors import BadPicture, EngineFailure
from mezzotint.core.images import Pixels
from mezzotint.engines.diffusers.engine import DiffusersEngine
from mezzotint.engines.diffusers.together import TogetherEngine
from mezzotint.ports import Interrupted, Keeping, Overlapping, Previewing, Warming
from tests.acceptance.servers import children_of, kill, serving, until, wait_ready
from tests.engines.diffusers import crews
from tests.engines.diffusers.painting import R, a_request, an_engine, array_of, left_half, noise, painted, psnr
from tests.work.orders import alive

# tokens of pictures and prompts that two can share evenly, and that they cannot
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "even": ("flux-dev", {}),
    "odd": ("flux-dev", {"width": 80, "height": 48}),
    "few steps": (R + "flux-schnell", {}),
    "image prompt by Redux": ("flux-dev", {"pictures": {"image_prompt": noise()}, "strength": 0.5}),
    "from a picture": (R + "flux-dev", {"pictures": {"image": noise()}, "strength": 0.8, "extras": {"leaves": True}}),
    "fill": ("flux-pro-1.0-fill", {"pictures": {"image": noise(), "mask": left_half()}}),
    "edit": ("flux-kontext-pro", {"pictures": {"input_image": noise()}}),
    "FLUX.2 with two": ("flux-2-pro", {"pictures": {"input_image": noise(), "input_image_2": noise(80, 80)}}),
    "klein": ("flux-2-klein-4b", {"width": 48, "height": 48}),
    "klein with kept keys": ("flux-2-klein-9b-kv-finetuned", {"pictures": {"input_image": noise()}}),
}
LONGEST = 120.0  # seconds for a picture, on a busy machine


class Ended(Exception):
    """Where the engine's process would have ended."""


def ended(code: int) -> None:
    raise Ended(code)


@pytest.fixture(scope="module")
def crew(weights: Path) -> Iterator[TogetherEngine]:
    engine = crews.crew_of(weights, end=ended)
    engine.warm(lambda: None)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def one(weights: Path) -> DiffusersEngine:
    return an_engine(weights)


@pytest.mark.parametrize("case", CASES)
def test_two_paint_the_picture_of_one(crew: TogetherEngine, one: DiffusersEngine, case: str) -> None:
    model, details = CASES[case]
    steps: list[tuple[int, int]] = []

    painting = crew.paint(a_request(model, **details), lambda *step: steps.append(step))

    expected = painted(one, a_request(model, **details))
    assert psnr(array_of(painting), array_of(expected)) > 55
    told = [step for step in steps if step[0]]
    assert told == [(step, len(told)) for step in range(1, len(told) + 1)]
    notes = dict(painting.notes)
    assert ("on 2 devices together" in notes["pipeline"]) is (case != "klein with kept keys")
    assert notes["weights"] == dict(expected.notes)["weights"]


def test_each_of_them_computes_its_own_part_alone(crew: TogetherEngine) -> None:
    """Else nothing would be gained."""
    painting = painted_by(crew, a_request(prompt="a cat", seed=7))

    assert dict(painting.notes)["tokens"] == "6 of 12 and 256 of 512"


def painted_by(engine: TogetherEngine, request: Any) -> Any:
    painting = engine.paint(request, lambda *_: None)
    assert painting.pixels.array.any()
    return painting


def test_it_is_an_engine_with_all_that_the_other_is(crew: TogetherEngine) -> None:
    painted_by(crew, a_request())

    assert isinstance(crew, Previewing)
    assert isinstance(crew, Warming)
    assert isinstance(crew, Overlapping)
    assert isinstance(crew, Keeping)
    assert (crew.name, crew.overlaps) == ("diffusers", True)
    assert "flux-dev" in crew.at_hand


def test_previews_are_shown_between_steps(crew: TogetherEngine) -> None:
    seen: list[Pixels | None] = []

    crew.paint(a_request(), lambda step, _: seen.append(crew.preview()) if step else None)

    assert [None if each is None else (each.width, each.height) for each in seen][:2] == [(64, 48), (64, 48)]


@pytest.mark.parametrize("last", [0, 1, 2])
def test_a_cancel_stops_all_of_them_between_the_same_steps(crew: TogetherEngine, last: int) -> None:
    expected, before, steps = array_of(painted_by(crew, a_request())), crew.pids, list[int]()

    def report(step: int, _: int) -> None:
        steps.append(step)
        if step >= last and len(steps) > 1:  # the first is told before any process is asked
            raise Interrupted

    with pytest.raises(Interrupted):
        crew.paint(a_request(), report)

    assert max(steps) == max(last, 1)  # before the first step the others do not know how far the one is
    assert np.array_equal(array_of(painted_by(crew, a_request())), expected)
    assert crew.pids == before


def test_pictures_that_nobody_takes_are_not_taken_for_the_next(crew: TogetherEngine) -> None:
    expected = array_of(painted_by(crew, a_request(seed=5)))
    crew.paint(a_request(seed=6), lambda *_: None)

    assert np.array_equal(array_of(painted_by(crew, a_request(seed=5))), expected)


def test_bad_input_and_missing_weights_are_the_tasks_fault(crew: TogetherEngine) -> None:
    painted_by(crew, a_request())
    before = crew.pids

    with pytest.raises(BadPicture, match="too long"):
        painted_by(crew, a_request("flux-2-pro", pictures={"input_image": noise(640, 16)}))
    with pytest.raises(EngineFailure, match="no LoRA or finetune called none") as caught:
        painted_by(crew, a_request(extras={"lora_weights": "none"}))
    assert caught.value.code == "unknown_finetune"
    with pytest.raises(EngineFailure, match="the engine failed: ValueError: what is this"):
        painted_by(crew, a_request(seed=crews.ALL_ARE_WRONG))
    painted_by(crew, a_request())
    assert crew.pids == before


def test_out_of_memory_everywhere_fails_the_picture_and_no_process(crew: TogetherEngine) -> None:
    painted_by(crew, a_request())
    before = crew.pids

    with pytest.raises(EngineFailure, match="out of memory") as caught:
        painted_by(crew, a_request(seed=crews.BURST))

    assert (caught.value.code, caught.value.retryable) == ("out_of_memory", False)
    painted_by(crew, a_request())
    assert crew.pids == before


def test_a_picture_that_fits_alone_is_painted_when_the_others_are_gone(crew: TogetherEngine) -> None:
    painted_by(crew, a_request("flux-2-klein-4b"))
    painted_by(crew, a_request())
    before = crew.pids
    assert {"flux-dev", "flux-2-klein-4b"} <= set(crew.at_hand)

    painted_by(crew, a_request(seed=crews.CROWDED))

    assert "flux-dev" in crew.at_hand
    assert "flux-2-klein-4b" not in crew.at_hand
    assert crew.pids == before


def test_where_one_gives_up_and_the_others_wait_for_it_all_are_started_anew(crew: TogetherEngine) -> None:
    expected, before = array_of(painted_by(crew, a_request())), crew.pids

    with pytest.raises(EngineFailure, match="out of memory") as caught:
        painted_by(crew, a_request(seed=crews.ONE_BURSTS))

    assert caught.value.code == "out_of_memory"
    assert not any(map(alive, before))
    assert np.array_equal(array_of(painted_by(crew, a_request())), expected)


def test_one_that_dies_ends_the_engine_and_the_others(crew: TogetherEngine, capfd: pytest.CaptureFixture[str]) -> None:
    painted_by(crew, a_request())
    before = crew.pids
    assert len(before) == 2

    with pytest.raises(Ended, match="1"):
        painted_by(crew, a_request(seed=crews.ONE_DIES))

    assert "process 1 of 2 that paint together ended with -9" in capfd.readouterr().err
    assert not any(map(alive, before))


def test_a_server_replaces_an_engine_of_which_one_process_has_died(weights: Path, tmp_path: Path) -> None:
    (tmp_path / "mezzotint.toml").write_text('[diffusers]\ntogether = 2\ndevice = "cpu"\n')
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "FLUX.1-dev").symlink_to(weights / "FLUX.1-dev")
    settings = {"MEZZOTINT_ENGINE": "diffusers", "MEZZOTINT_WEIGHTS": str(tmp_path / "weights"), "MEZZOTINT_THREADS": "1"}
    with serving(tmp_path, **settings) as server, server.client() as client:

        def paint() -> Any:
            made = client.post("/v1/flux-dev", json={"prompt": "a paper boat", "width": 256, "height": 256, "steps": 2, "seed": 1, "output_format": "png"})
            ready = wait_ready(client, made.raise_for_status().json()["id"], LONGEST)
            return client.get(ready["result"]["sample"]).raise_for_status().content

        picture, engine, ranks = paint(), server.engine(), ranks_of(server.engine())
        assert b"on 2 devices together" in picture
        kill(ranks[1])

        again = paint()

        assert np.array_equal(imaging.decode(again).array, imaging.decode(picture).array)
        assert server.engine() != engine
        assert not any(map(alive, ranks))
        ranks = ranks_of(server.engine())
        assert len(ranks) == 2
        kill(server.engine())
        until(lambda: not any(map(alive, ranks)), 10, "the ranks to end with their engine")


def ranks_of(engine: int) -> list[int]:
    """Its processes that paint, by rank; beside them multiprocessing has one that tidies up."""
    return [pid for pid in children_of(engine) if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
