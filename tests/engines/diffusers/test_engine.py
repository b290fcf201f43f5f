"""The engine on tiny pipelines with random weights: every mode, the same picture for the same seed, steps told, cancels noticed, memory given back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch and diffusers: scripts/test diffusers runs it")

from mezzotint.core.errors import BadPicture, EngineFailure
from mezzotint.core.images import Pixels
from mezzotint.engines.diffusers import engine as engine_module
from mezzotint.engines.diffusers.engine import DiffusersEngine
from mezzotint.ports import Interrupted, Overlapping, Previewing, Warming
from tests.engines.diffusers.painting import R, a_request, an_engine, array_of, left_half, no_report, noise, painted

CASES: dict[str, tuple[str, dict[str, Any], str]] = {
    "text": ("flux-dev", {}, "FluxPipeline"),
    "few steps": (R + "flux-schnell", {}, "FluxPipeline"),
    "image prompt by Redux": ("flux-dev", {"pictures": {"image_prompt": noise()}, "strength": 0.5}, "FluxPipeline"),
    "from a picture": (R + "flux-dev", {"pictures": {"image": noise()}, "strength": 0.8, "extras": {"leaves": True}}, "FluxImg2ImgPipeline"),
    "variation by Redux": (R + "flux-redux-dev", {"pictures": {"redux_image": noise()}}, "FluxPipeline"),
    "fill": ("flux-pro-1.0-fill", {"pictures": {"image": noise(), "mask": left_half()}}, "FluxFillPipeline"),
    "expand": ("flux-pro-1.0-expand", {"pictures": {"image": noise(32, 48)}, "extras": {"margins": (16, 0, 16, 0)}}, "FluxFillPipeline"),
    "canny": ("flux-pro-1.0-canny", {"pictures": {"control_image": noise()}}, "FluxControlPipeline"),
    "ready-made edges": ("flux-pro-1.0-canny", {"pictures": {"preprocessed_image": left_half()}}, "FluxControlPipeline"),
    "depth": ("flux-pro-1.0-depth", {"pictures": {"control_image": noise()}}, "FluxControlPipeline"),
    "edit": ("flux-kontext-pro", {"pictures": {"input_image": noise()}}, "FluxKontextPipeline"),
    "edit of two": ("flux-kontext-pro", {"pictures": {"input_image": noise(), "input_image_2": noise(32, 32)}}, "FluxKontextPipeline"),
    "Kontext from text": ("flux-kontext-pro", {}, "FluxKontextPipeline"),
    "FLUX.2": ("flux-2-pro", {}, "Flux2Pipeline"),
    "FLUX.2 with two": ("flux-2-pro", {"pictures": {"input_image": noise(), "input_image_2": noise(80, 80)}}, "Flux2Pipeline"),
    "klein": ("flux-2-klein-4b", {}, "Flux2KleinPipeline"),
    "klein with two": ("flux-2-klein-4b", {"pictures": {"input_image": noise(), "input_image_2": noise(16, 16)}}, "Flux2KleinPipeline"),
    "klein base": ("flux-2-klein-base-4b-finetuned", {}, "Flux2KleinPipeline"),
    "klein with kept keys": ("flux-2-klein-9b-kv-finetuned", {"pictures": {"input_image": noise()}}, "Flux2KleinKVPipeline"),
    "try-on": ("flux-tools/vto-v1", {"pictures": {"person": noise(), "garment": noise(seed=1)}}, "Flux2KleinPipeline"),
    "deblur": ("flux-tools/deblur-v1", {"pictures": {"image": noise()}}, "FluxKontextPipeline"),
    "erase": ("flux-tools/erase-v1", {"pictures": {"image": noise(), "mask": left_half()}, "extras": {"dilate_pixels": 2}}, "FluxFillPipeline"),
}  # fmt: skip


@pytest.fixture(scope="module")
def engine(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> DiffusersEngine:
    return an_engine(weights, keep=tmp_path_factory.mktemp("keep"))


@pytest.mark.parametrize("case", CASES)
def test_every_mode_paints_on_the_pipeline_for_it(engine: DiffusersEngine, case: str) -> None:
    model, details, pipeline = CASES[case]
    reports: list[tuple[int, int]] = []

    painting = engine.paint(a_request(model, **details), lambda *step: reports.append(step))

    picture = array_of(painting)
    assert picture.shape == (48, 64, 3)
    assert picture.dtype == np.uint8
    assert picture.std() > 5
    notes = dict(painting.notes)
    assert notes["pipeline"].split(", ")[0] == pipeline
    assert len(notes["weights"].rpartition("sha256 ")[2]) == 16
    steps = [step for step, _ in reports if step]
    assert steps == list(range(1, len(steps) + 1))
    assert {of for step, of in reports if step} == {len(steps)}


@pytest.mark.parametrize("case", ["text", "from a picture", "fill", "edit", "FLUX.2 with two", "klein base"])
def test_the_same_seed_gives_the_same_picture_and_another_another(engine: DiffusersEngine, weights: Path, case: str) -> None:
    model, details, _ = CASES[case]
    first = array_of(painted(engine, a_request(model, **details)))

    assert np.array_equal(first, array_of(painted(engine, a_request(model, **details))))
    assert np.array_equal(first, array_of(painted(an_engine(weights), a_request(model, **details))))
    assert not np.array_equal(first, array_of(painted(engine, a_request(model, seed=2, **details))))


@pytest.mark.parametrize("seed", [0, 2**32, 2**64 - 1])
def test_any_seed_can_be_painted(engine: DiffusersEngine, seed: int) -> None:
    assert array_of(painted(engine, a_request(seed=seed))).shape == (48, 64, 3)


@pytest.mark.parametrize("prompt", ["", "x " * 5000, "бумага 🛶", "half a pair \ud800", "a\0b"], ids=ascii)
@pytest.mark.parametrize("model", ["flux-dev", "flux-2-klein-4b"])
def test_any_prompt_can_be_painted(engine: DiffusersEngine, prompt: str, model: str) -> None:
    assert array_of(painted(engine, a_request(model, prompt))).shape == (48, 64, 3)


def test_other_prompts_guidance_and_pictures_give_other_pictures(engine: DiffusersEngine) -> None:
    requests = [
        a_request(), a_request(prompt="a cat"), a_request(guidance=4.5), a_request(pictures={"image_prompt": noise()}),
        a_request(pictures={"image_prompt": noise(seed=1)}), a_request(pictures={"image_prompt": noise()}, strength=0.2),
    ]  # fmt: skip

    pictures = {array_of(painted(engine, request)).tobytes() for request in requests}

    assert len(pictures) == len(requests)


@pytest.mark.parametrize(("width", "height"), [(16, 16), (40, 24), (100, 70), (256, 64)])
@pytest.mark.parametrize("model", ["flux-dev", "flux-2-klein-4b"])
def test_the_picture_has_the_size_that_was_asked_for(engine: DiffusersEngine, model: str, width: int, height: int) -> None:
    assert array_of(painted(engine, a_request(model, width=width, height=height))).shape == (height, width, 3)


def test_what_the_mask_does_not_cover_is_kept_to_the_pixel(engine: DiffusersEngine) -> None:
    given = noise()

    filled = array_of(painted(engine, a_request("flux-pro-1.0-fill", pictures={"image": given, "mask": left_half()})))
    wider = array_of(painted(engine, a_request("flux-pro-1.0-expand", pictures={"image": given}, width=96, extras={"margins": (32, 0, 0, 0)})))

    assert np.array_equal(filled[:, 32:], given.array[:, 32:])
    assert not np.array_equal(filled[:, :32], given.array[:, :32])
    assert np.array_equal(wider[:, 32:], given.array)


def test_without_a_mask_there_is_nothing_to_fill(engine: DiffusersEngine) -> None:
    with pytest.raises(BadPicture, match="give a mask"):
        painted(engine, a_request("flux-pro-1.0-fill", pictures={"image": noise()}))


def test_a_picture_that_cannot_be_referred_to_is_refused(engine: DiffusersEngine) -> None:
    with pytest.raises(BadPicture, match="too long"):
        painted(engine, a_request("flux-2-pro", pictures={"input_image": noise(400, 20)}))


def test_without_redux_an_image_prompt_is_where_painting_starts(weights: Path, tmp_path: Path) -> None:
    (tmp_path / "FLUX.1-dev").symlink_to(weights / "FLUX.1-dev")
    engine = an_engine(tmp_path)

    notes = dict(painted(engine, a_request(pictures={"image_prompt": noise()}, strength=0.5)).notes)
    strong = array_of(painted(engine, a_request(pictures={"image_prompt": left_half()}, strength=1.0)))
    weak = array_of(painted(engine, a_request(pictures={"image_prompt": left_half()}, strength=0.0)))

    assert notes["pipeline"].startswith("FluxImg2ImgPipeline")
    assert not np.array_equal(strong, weak)


def test_steps_and_guidance_are_the_weights_own_where_nobody_says(engine: DiffusersEngine) -> None:
    unsaid: dict[str, Any] = {"extras": {"unsaid": ["steps", "guidance"]}, "steps": 28, "guidance": 3.0}

    assert [dict(painted(engine, a_request(model, **unsaid)).notes)[name] for model in ("flux-2-klein-4b", "flux-dev") for name in ("steps", "guidance")] == [
        "4",
        "4",
        "28",
        "3.5",
    ]
    assert dict(painted(engine, a_request("flux-2-klein-4b", steps=50)).notes)["steps"] == "8"


# progress, cancel, previews


@pytest.mark.parametrize("last", [1, 2])
def test_a_cancel_between_steps_stops_it_and_the_next_picture_is_right(engine: DiffusersEngine, last: int) -> None:
    expected = array_of(painted(engine, a_request()))

    def report(step: int, steps: int) -> None:
        if step == last:
            raise Interrupted

    with pytest.raises(Interrupted):
        engine.paint(a_request(seed=5, steps=4), report)

    assert np.array_equal(array_of(painted(engine, a_request())), expected)
    assert engine.preview() is None


@pytest.mark.parametrize("case", ["text", "from a picture", "edit", "FLUX.2", "klein base"])
def test_previews_are_small_and_come_nearer_to_what_the_decoder_makes(engine: DiffusersEngine, case: str) -> None:
    model, details, _ = CASES[case]
    seen: list[np.ndarray] = []

    def report(step: int, steps: int) -> None:
        preview = engine.preview()
        if step and preview is not None:
            seen.append(preview.array)

    engine.paint(a_request(model, steps=6, width=96, height=64, **details), report)

    assert {each.shape for each in seen} == {(64, 96, 3)}
    assert len(seen) >= 3
    assert not np.array_equal(seen[0], seen[-1])


def test_the_engine_has_what_the_worker_asks_of_it(engine: DiffusersEngine) -> None:
    assert isinstance(engine, Previewing)
    assert isinstance(engine, Warming)
    assert isinstance(engine, Overlapping)
    assert (engine.name, engine.overlaps) == ("diffusers", True)


# memory


def test_out_of_memory_fails_the_picture_and_not_the_engine(engine: DiffusersEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    before = array_of(painted(engine, a_request()))
    transformer = engine._residents.get("FLUX.1-dev").base.transformer  # type: ignore[union-attr]  # it was just used

    def burst(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")

    with monkeypatch.context() as context:
        context.setattr(transformer, "forward", burst)
        with pytest.raises(EngineFailure, match="out of memory") as caught:
            painted(engine, a_request())

    assert (caught.value.code, caught.value.retryable) == ("out_of_memory", False)
    assert engine.loaded == ("FLUX.1-dev",)  # the others made room
    assert np.array_equal(array_of(painted(engine, a_request())), before)


def test_a_picture_that_fits_alone_is_painted_when_the_others_are_gone(engine: DiffusersEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    painted(engine, a_request("flux-2-klein-4b"))
    expected = array_of(painted(engine, a_request()))
    transformer = engine._residents.get("FLUX.1-dev").base.transformer  # type: ignore[union-attr]  # it was just used
    forward, crowd = transformer.forward, []

    def crowded(*given: object, **named: object) -> Any:
        if len(engine.loaded) > 1:
            crowd.append(engine.loaded)
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return forward(*given, **named)

    monkeypatch.setattr(transformer, "forward", crowded)

    assert np.array_equal(array_of(painted(engine, a_request())), expected)
    assert len(crowd) == 1


def test_the_least_recently_used_weights_make_room(weights: Path) -> None:
    engine = an_engine(weights)
    engine._residents._room = 2 * 1_000_000 + 2 * int(3e9)  # two of them, with what painting takes

    for model in ("flux-dev", "flux-2-klein-4b", "flux-dev", "flux-kontext-pro"):
        painted(engine, a_request(model))

    assert engine.loaded == ("FLUX.1-dev", "FLUX.1-Kontext-dev")


def test_warming_loads_what_the_operator_wants_and_says_that_it_is_alive(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "WARM_SIDE", 64)
    engine, signs = an_engine(weights, own={"FLUX.2-klein-4B": {"warm": True}, "FLUX.1-dev": {"warm": True, "folder": weights / "nowhere"}}), list[int]()

    engine.warm(lambda: signs.append(1))

    assert engine.loaded == ("FLUX.2-klein-4B",)  # the other cannot be, and is no hindrance
    assert len(signs) >= 4


def test_weights_that_are_not_there_are_the_tasks_fault_and_not_the_engines(engine: DiffusersEngine, tmp_path: Path) -> None:
    with pytest.raises(EngineFailure, match="there are no weights for flux-dev here") as caught:
        painted(an_engine(tmp_path), a_request())

    assert caught.value.code == "no_weights"
    assert array_of(painted(engine, a_request())).any()


def test_the_prompt_is_encoded_once(engine: DiffusersEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    painted(engine, a_request(prompt="a paper boat at night"))
    encoder, asked = engine._residents.get("FLUX.1-dev").base.text_encoder_2, list[int]()  # type: ignore[union-attr]  # it was just used
    forward = encoder.forward

    def counted(*given: Any, **named: Any) -> Any:
        asked.append(1)
        return forward(*given, **named)

    monkeypatch.setattr(encoder, "forward", counted)

    painted(engine, a_request(prompt="a paper boat at night", seed=3))
    assert asked == []
    painted(engine, a_request(prompt="a cat at night"))
    assert asked == [1]


def test_upsampling_asks_the_weights_that_can(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = an_engine(weights)
    painted(engine, a_request("flux-2-pro"))
    base = engine._residents.get("FLUX.2-dev").base  # type: ignore[union-attr]  # it was just used
    asked: list[str] = []
    base.tokenizer.tokenizer = base.tokenizer  # as a processor of pictures and text has it

    def richer_than(_: Any, prompt: str, device: Any) -> list[str]:
        asked.append(prompt)
        return ["a splendid paper boat"]

    monkeypatch.setattr(type(base), "upsample_prompt", richer_than)

    richer = engine.paint(a_request("flux-2-pro", extras={"prompt_upsampling": True}), no_report)
    plain = engine.paint(a_request("flux-dev", extras={"prompt_upsampling": True}), no_report)

    assert (asked, richer.prompt, plain.prompt) == (["a paper boat"], "a splendid paper boat", "a paper boat")


def test_ready_made_depth_needs_no_depth_model(weights: Path, tmp_path: Path) -> None:
    (tmp_path / "FLUX.1-Depth-dev").symlink_to(weights / "FLUX.1-Depth-dev")
    engine = an_engine(tmp_path)

    assert array_of(painted(engine, a_request("flux-pro-1.0-depth", pictures={"preprocessed_image": noise()}))).any()
    with pytest.raises(EngineFailure, match="no depth model is configured"):
        painted(engine, a_request("flux-pro-1.0-depth", pictures={"control_image": Pixels.of(np.zeros((48, 64, 3), np.uint8))}))
