"""What runs nano's graphs: ONNX Runtime; and OpenVINO for the decoder, where it is asked for.

ONNX Runtime runs the transformer in int8 in three quarters of the CPU time that OpenVINO takes for the quickest form of it; OpenVINO
decodes in three quarters of ONNX Runtime's, where the processor multiplies in bfloat16 (figures in docs/performance.md).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mezzotint.core.errors import EngineFailure

Array = np.ndarray
Graph = Callable[[Mapping[str, Array]], Array]
"""A loaded graph: its inputs by name to its one output."""


def on_onnxruntime(graph: bytes, threads: int = 0) -> Graph:
    """`threads` 0: one per core; they sleep when there is nothing to do. Each graph has its own: the runtime's common pool cannot be kept
    from spinning, which nearly doubles the CPU time of a picture. Raises ValueError for what is no graph."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or os.cpu_count() or 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime's own errors have no common base of theirs
        raise ValueError(f"not a model that ONNX Runtime can load ({error})") from error

    def run(feeds: Mapping[str, Array]) -> Array:
        output: Array = session.run(None, dict(feeds))[0]
        return output

    return run


def on_openvino(graph: bytes, threads: int = 0, *, exact: bool = False) -> Graph:
    """In bfloat16 where the processor has it, unless `exact`. Raises ValueError for what is no graph, EngineFailure where it is not
    installed."""
    try:
        import openvino
    except ImportError as error:
        raise EngineFailure("OpenVINO is not installed: pip install 'mezzotint[openvino]', or leave MEZZOTINT_NANO_RUNTIME out") from error

    settings: dict[str, Any] = {"INFERENCE_NUM_THREADS": threads or os.cpu_count() or 1, "PERFORMANCE_HINT": "LATENCY"}
    if exact:
        settings["INFERENCE_PRECISION_HINT"] = "f32"
    core = openvino.Core()
    try:
        request = core.compile_model(core.read_model(graph), "CPU", settings).create_infer_request()
    except RuntimeError as error:
        raise ValueError(f"not a model that OpenVINO can load ({error})") from error

    def run(feeds: Mapping[str, Array]) -> Array:
        return np.array(request.infer(dict(feeds))[0])  # a copy: the request uses its memory again

    return run


DECODERS: Mapping[str, Callable[[bytes, int], Graph]] = {"onnxruntime": on_onnxruntime, "openvino": on_openvino}
