"""What makes it faster: what is on by itself changes no picture but by rounding, and what does is measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch and diffusers: scripts/test diffusers runs it")

from mezzotint.core.errors import EngineFailure
from mezzotint.engines.diffusers import speed
from mezzotint.engines.diffusers.engine import DiffusersEngine
from mezzotint.engines.diffusers.loading import Loaded
from mezzotint.engines.diffusers.machine import Machine
from mezzotint.engines.diffusers.speed import compiling, keep_compiled
from mezzotint.routing.weights import Tuning
from tests.engines.diffusers import tiny
from tests.engines.diffusers.painting import R, a_request, an_engine, array_of, left_half, noise, painted, psnr

PLAIN = Tuning(device="cpu", fused=False, modulation=False)
MODELS: dict[str, dict[str, Any]] = {
    "flux-dev": {}, R + "flux-schnell": {}, R + "flux-dev": {"pictures": {"image": noise()}, "strength": 0.6, "extras": {"leaves": True}},
    "flux-pro-1.0-fill": {"pictures": {"image": noise(), "mask": left_half()}}, "flux-kontext-pro": {"pictures": {"input_image": noise()}},
    "flux-2-pro": {}, "flux-2-klein-4b": {},
}  # fmt: skip


@pytest.fixture(scope="module")
def plain(weights: Path) -> DiffusersEngine:
    return an_engine(weights, PLAIN)


def loaded_of(engine: DiffusersEngine, name: str = "FLUX.1-dev") -> Loaded:
    found = engine._residents.get(name)
    assert found is not None
    return found


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("how", ["fused", "modulation"])
def test_what_is_on_by_itself_changes_no_picture(weights: Path, plain: DiffusersEngine, how: str, model: str) -> None:
    engine = an_engine(weights, Tuning(device="cpu", fused=how == "fused", modulation=how == "modulation"))
    for request in (a_request(model, steps=4, **MODELS[model]), a_request(model, "a cat", 2, steps=3, **MODELS[model])):
        assert psnr(array_of(painted(engine, request)), array_of(painted(plain, request))) > 55


def test_modulation_is_made_once_a_picture_and_read_at_every_step(weights: Path) -> None:
    engine = an_engine(weights, Tuning(device="cpu", fused=False))
    painted(engine, a_request())
    block, calls = loaded_of(engine).base.transformer.transformer_blocks[0], list[int]()
    block.norm1.linear.linear.register_forward_hook(lambda _, given, __: calls.append(len(given[0])))

    painted(engine, a_request(steps=7))
    painted(engine, a_request(steps=2, guidance=2.0))

    assert calls == [7, 2]  # rows at once, a row a step


def test_fused_projections_replace_the_single_ones(weights: Path) -> None:
    engine = an_engine(weights, Tuning(device="cpu", modulation=False))
    before = sum(parameter.numel() for parameter in tiny.flux1_transformer().parameters())
    painted(engine, a_request())

    transformer = loaded_of(engine).base.transformer
    assert sum(parameter.numel() for parameter in transformer.parameters()) == before
    assert transformer.transformer_blocks[0].attn.to_q is None


@pytest.mark.parametrize(("threshold", "least"), [(1e-9, 55.0), (0.6, 5.0)])
def test_a_step_cache_leaves_out_what_changes_little_at_a_cost_that_can_be_measured(
    weights: Path, plain: DiffusersEngine, threshold: float, least: float
) -> None:
    engine = an_engine(weights, Tuning(device="cpu", fused=False, modulation=False, step_cache=threshold))
    request = a_request(steps=8)
    painted(engine, request)
    blocks, run = loaded_of(engine).base.transformer.single_transformer_blocks, list[int]()
    blocks[0].attn.register_forward_hook(lambda *_: run.append(1))

    cost = psnr(array_of(painted(engine, request)), array_of(painted(plain, request)))

    assert cost > least
    assert len(run) == 8 if threshold < 0.1 else len(run) < 8
    assert f"first-block cache {threshold:g}" in dict(painted(engine, request).notes)["pipeline"]


def test_a_step_cache_is_forgotten_between_pictures_also_after_a_cancel(weights: Path) -> None:
    engine = an_engine(weights, Tuning(device="cpu", step_cache=0.6))
    first = array_of(painted(engine, a_request(steps=6)))

    def stop(step: int, steps: int) -> None:
        if step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.paint(a_request(prompt="a cat", seed=9, steps=6), stop)

    assert np.array_equal(array_of(painted(engine, a_request(steps=6))), first)


def test_a_back_end_that_is_named_must_be_there(weights: Path) -> None:
    with pytest.raises(EngineFailure, match="the attention back end flash cannot be used"):
        painted(an_engine(weights, Tuning(device="cpu", attention="flash")), a_request())


def test_a_back_end_that_is_there_is_used(weights: Path, plain: DiffusersEngine) -> None:
    painting = painted(an_engine(weights, Tuning(device="cpu", attention="_native_math", fused=False, modulation=False)), a_request())

    assert "attention _native_math" in dict(painting.notes)["pipeline"]
    assert psnr(array_of(painting), array_of(painted(plain, a_request()))) > 55


def test_weights_of_four_bits_paint_nearly_the_same_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """diffusers reads them only where there is a GPU, though bitsandbytes computes with them without: what it asks for is put in its mouth."""
    bitsandbytes = pytest.importorskip("bitsandbytes", reason="nf4 is bitsandbytes'")
    from diffusers import AutoencoderKL
    from diffusers.quantizers.bitsandbytes.bnb_quantizer import BnB4BitDiffusersQuantizer as Quantizer

    monkeypatch.setattr(Quantizer, "validate_environment", lambda *_, **__: None)
    monkeypatch.setattr(Quantizer, "update_device_map", lambda *_: {"": "cpu"})
    # weights share scales by 64, and bitsandbytes packs them by 32 for a processor
    wider = tiny.flux1(channels=32, latents=8, attention_head_dim=32, num_attention_heads=4, axes_dims_rope=[8, 12, 12])
    wider.register_modules(vae=AutoencoderKL.from_config({**wider.vae.config, "latent_channels": 8}))
    wider.save_pretrained(tmp_path / "FLUX.1-dev", safe_serialization=True)
    engine = an_engine(tmp_path, PLAIN, quantize="nf4")

    painting = painted(engine, a_request())

    parts = dict(loaded_of(engine).base.transformer.named_modules())
    four = {name for name, part in parts.items() if isinstance(part, bitsandbytes.nn.Linear4bit)}
    whole = {name for name, part in parts.items() if isinstance(part, torch.nn.Linear)} - four
    assert {"transformer_blocks.0.attn.to_q", "transformer_blocks.0.ff.net.2", "single_transformer_blocks.0.proj_out"} <= four
    assert {"transformer_blocks.0.norm1.linear", "transformer_blocks.0.norm1_context.linear", "single_transformer_blocks.0.norm.linear"} <= whole
    assert {"norm_out.linear", "x_embedder", "context_embedder", "time_text_embed.timestep_embedder.linear_1"} <= whole
    assert "in nf4" in dict(painting.notes)["pipeline"]
    cost = psnr(array_of(painting), array_of(painted(an_engine(tmp_path, PLAIN), a_request())))
    assert 20 < cost < float("inf")


@pytest.mark.parametrize(("quantize", "least"), [("int8", 25.0), ("fp8", 15.0)])
def test_quantized_weights_paint_nearly_the_same_picture(weights: Path, plain: DiffusersEngine, quantize: str, least: float) -> None:
    pytest.importorskip("torchao", reason="needs torchao: scripts/test diffusers runs it")
    engine = an_engine(weights, PLAIN, quantize=quantize)

    painting = painted(engine, a_request())

    assert f"in {quantize}" in dict(painting.notes)["pipeline"]
    linear = loaded_of(engine).base.transformer.single_transformer_blocks[0].proj_mlp
    assert "Tensor" in type(linear.weight.data).__name__ != "Tensor"
    cost = psnr(array_of(painting), array_of(painted(plain, a_request())))
    assert least < cost < float("inf")


def test_a_gguf_file_stands_in_for_the_transformer(weights: Path, plain: DiffusersEngine, tmp_path: Path) -> None:
    file = tiny.gguf(weights / "FLUX.1-dev", tmp_path / "tiny-Q8_0.gguf")
    engine = an_engine(weights, PLAIN, own={"FLUX.1-dev": {"gguf": file}})

    painting = painted(engine, a_request())

    assert 25 < psnr(array_of(painting), array_of(painted(plain, a_request()))) < float("inf")
    with pytest.raises(EngineFailure, match="there is no"):
        painted(an_engine(weights, PLAIN, own={"FLUX.1-dev": {"gguf": tmp_path / "nowhere.gguf"}}), a_request())


@pytest.mark.parametrize("offload", ["text", "blocks"])
def test_offloaded_weights_paint_the_same_picture(weights: Path, plain: DiffusersEngine, offload: str) -> None:
    engine = an_engine(weights, Tuning(device="cpu"), offload=offload)

    painting = painted(engine, a_request())

    assert f"{offload} offloaded" in dict(painting.notes)["pipeline"]
    assert psnr(array_of(painting), array_of(painted(plain, a_request()))) > 55
    assert psnr(array_of(painted(engine, a_request(seed=2))), array_of(painted(plain, a_request(seed=2)))) > 55


@pytest.mark.filterwarnings("default")  # PyTorch's compiler warns of its own parts
@pytest.mark.parametrize("how", ["blocks", "whole"])
def test_compiled_blocks_paint_the_same_picture(weights: Path, plain: DiffusersEngine, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """Traced as for a card, and then run as it is: to make code of it takes a minute on a processor."""
    monkeypatch.setattr(speed, "BACKEND", "aot_eager")
    engine = an_engine(weights, Tuning(device="cpu", compile=how))

    painting = painted(engine, a_request(steps=3))

    assert f"compiled {how}" in dict(painting.notes)["pipeline"]
    assert psnr(array_of(painting), array_of(painted(plain, a_request(steps=3)))) > 50
    assert psnr(array_of(painted(engine, a_request(seed=2, steps=5))), array_of(painted(plain, a_request(seed=2, steps=5)))) > 50


def test_compiling_is_for_cards_unless_it_is_asked_for() -> None:
    cpu, card = Machine("cpu", 1), Machine("cuda", 1, (9, 0))

    assert [compiling(word, machine) for machine in (cpu, card) for word in ("auto", "none", "whole")] == ["none", "none", "whole", "blocks", "none", "whole"]


def test_compiled_code_is_kept_where_the_operator_does_not_say_otherwise(tmp_path: Path) -> None:
    environment = {"TRITON_CACHE_DIR": "elsewhere"}

    keep_compiled(tmp_path, environment)

    assert environment["TORCHINDUCTOR_CACHE_DIR"] == str(tmp_path / "inductor")
    assert environment["TRITON_CACHE_DIR"] == "elsewhere"
