"""What runs nano's graphs: the runtimes agree, and say what is wrong with what they cannot run."""

from __future__ import annotations

import sys
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from mezzotint.core.errors import EngineFailure
from mezzotint.engines.nano.engine import NanoEngine
from mezzotint.engines.nano.runtimes import DECODERS, on_onnxruntime, on_openvino
from mezzotint.ports import PaintRequest

WEIGHTS = Path(str(resources.files("mezzotint.engines.nano") / "weights"))
REQUEST = PaintRequest("flux-dev", "a red car on a beach", 512, 512, 4, 3.0, 7)


def has_openvino() -> bool:
    try:
        import openvino
    except ImportError:
        return False
    return bool(openvino)


with_openvino = pytest.mark.skipif(not has_openvino(), reason="needs OpenVINO: scripts/test diffusers installs it")


@pytest.mark.parametrize("graph", ["transformer.onnx", "decoder.onnx"])
def test_a_graph_does_not_say_on_what_machine_it_was_made(graph: str) -> None:
    data = (WEIGHTS / graph).read_bytes()

    assert not [sign for sign in (b"site-packages", b'.py", line', b"stack_trace") if sign in data]


def levels(colours: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.clip(colours, 0, 1) * 255
    return found


@with_openvino
@pytest.mark.parametrize(("rows", "columns"), [(16, 16), (22, 16), (16, 38)])
def test_exactly_run_the_decoder_gives_the_same_on_both_within_a_level(rows: int, columns: int) -> None:
    graph = (WEIGHTS / "decoder.onnx").read_bytes()
    latents = {"latents": np.random.default_rng(3).standard_normal((1, 32, rows, columns), np.float32)}

    first, second = on_onnxruntime(graph, 2)(latents), on_openvino(graph, 2, exact=True)(latents)

    assert first.shape == second.shape == (1, 3, rows * 32, columns * 32)
    assert np.abs(levels(first) - levels(second)).max() < 1


@with_openvino
def test_a_picture_is_the_same_to_the_eye_and_another_is_not_that_one() -> None:
    """The runtime's own memory holds the last answer: it must not be handed out."""
    plain, other = NanoEngine(threads=2), NanoEngine(threads=2, runtime="openvino")
    pictures = [engine.paint(REQUEST, lambda *_: None).pixels.array.astype(float) for engine in (plain, other)]
    first = other.decode(np.zeros((32, 16, 16), np.float32)).array.copy()
    kept = other.decode(np.zeros((32, 16, 16), np.float32))
    other.decode(np.ones((32, 16, 16), np.float32))

    assert 10 * np.log10(255**2 / np.mean((pictures[0] - pictures[1]) ** 2)) > 40
    assert (kept.array == first).all()


@pytest.mark.parametrize("runtime", ["onnxruntime", pytest.param("openvino", marks=with_openvino)])
@pytest.mark.parametrize("graph", [b"", b"no graph", b"\x08\x0a" * 50])
def test_what_is_no_graph_is_refused(runtime: str, graph: bytes) -> None:
    with pytest.raises(ValueError, match="not a model that"):
        DECODERS[runtime](graph, 1)


def test_where_openvino_is_missing_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)

    with pytest.raises(EngineFailure, match=r"pip install 'mezzotint\[openvino\]'"):
        NanoEngine(threads=1, runtime="openvino")
