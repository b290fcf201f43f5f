"""Trained checkpoints as what the package ships, and as the master copy that training goes on from.

    python -m training.export --flow distilled --decoder decoder

Writes weights/nano/ (safetensors, float16; the transformer in diffusers' folder layout) and
src/mezzotint/engines/nano/weights/ (ONNX: the transformer with int8 weights, the decoder with float16 ones; the codec; model.json).
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from mezzotint.engines.nano.latents import CHANNELS, positions
from mezzotint.engines.nano.sealed import DIGESTS, digests_of
from mezzotint.engines.nano.text import POOLED_SCALE, TOKENS, WIDTH, WINDOWS, TextEncoder
from training import known, provenance, seen, sides
from training.decoder import Decoder
from training.fit_latents import load_codec
from training.home import folder
from training.model import load_ema
from training.phrases import GENERIC, IDEAS

ROOT = Path(__file__).parent.parent
MASTER = ROOT / "weights" / "nano"
DECODER = Path("decoder", "decoder.safetensors")
SHIPPED = ROOT / "src" / "mezzotint" / "engines" / "nano" / "weights"
OPSET = 20
HINT_TO_SHIP = 0.04  # less than the network was taught to begin edits with: more edits are done, and a little less stays


class OneStep(nn.Module):
    """The transformer for one picture, with the runtime's names."""

    def __init__(self, transformer: nn.Module) -> None:
        super().__init__()
        self.transformer = transformer

    def forward(self, tokens: Tensor, words: Tensor, pooled: Tensor, level: Tensor, guidance: Tensor, places: Tensor) -> Tensor:
        velocity: Tensor = self.transformer(
            hidden_states=tokens,
            encoder_hidden_states=words,
            pooled_projections=pooled,
            timestep=level,
            guidance=guidance,
            img_ids=places,
            txt_ids=torch.zeros(words.shape[1], 3),
            return_dict=False,
        )[0]
        return velocity


def bare(model: onnx.ModelProto) -> onnx.ModelProto:
    """Without the exporter's notes: shapes of inner values, which its own rewriting then makes wrong, so that tools trip over them; and which
    line of which file on this machine each node came from, which is nobody's business and a tenth of the file."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        del part.metadata_props[:]
        part.doc_string = ""
    del graph.value_info[:]
    return model


def plain_transformer(transformer: nn.Module) -> onnx.ModelProto:
    """ONNX in float32."""
    columns, rows = 11, 8
    count, window = torch.export.Dim("count", min=4, max=4096), torch.export.Dim("window", min=2, max=TOKENS)
    given = (
        torch.randn(1, rows * columns, CHANNELS * 4),
        torch.randn(1, WINDOWS[0], WIDTH),
        torch.randn(1, WIDTH),
        torch.tensor([0.5]),
        torch.tensor([3.0]),
        torch.from_numpy(positions(rows, columns)),
    )
    names = ["tokens", "words", "pooled", "level", "guidance", "places"]
    program = torch.onnx.export(
        OneStep(transformer).eval(),
        given,
        dynamo=True,
        input_names=names,
        output_names=["velocity"],
        dynamic_shapes=({1: count}, {1: window}, None, None, None, {0: count}),
        opset_version=OPSET,
    )
    return _in_single_precision(bare(program.model_proto))


def export_transformer(transformer: nn.Module, target: Path) -> None:
    """ONNX with weights as int8 per output channel and activations quantised as they come."""
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(scratch) / "plain.onnx"
        onnx.save(plain_transformer(transformer), plain)
        quantize_dynamic(plain, target, weight_type=QuantType.QInt8, per_channel=True)


def _in_single_precision(model: onnx.ModelProto) -> onnx.ModelProto:
    """diffusers turns positions into angles in float64, for which older runtimes have no cosine. Positions here are below 64."""
    single, double = onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE
    for tensor in model.graph.initializer:
        if tensor.data_type == double:
            tensor.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(tensor).astype(np.float32), tensor.name))
    for node in model.graph.node:
        for attribute in node.attribute:
            if node.op_type == "Cast" and attribute.name == "to" and attribute.i == double:
                attribute.i = single
    return model


def export_decoder(decoder: nn.Module, target: Path) -> None:
    """ONNX with float16 weights that the runtime widens when it loads them."""
    rows, columns = torch.export.Dim("rows", min=2, max=128), torch.export.Dim("columns", min=2, max=128)
    program = torch.onnx.export(
        decoder.eval(),
        (torch.randn(1, CHANNELS, 16, 22),),
        dynamo=True,
        input_names=["latents"],
        output_names=["pixels"],
        dynamic_shapes=({2: rows, 3: columns},),
        opset_version=OPSET,
    )
    onnx.save(_halved(bare(program.model_proto)), target)


def _halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """Large float32 weights stored as float16, each with a Cast back, which constant folding removes at load."""
    graph = model.graph
    casts = []
    for tensor in graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT or np.prod(tensor.dims) < 256:
            continue
        name = tensor.name
        tensor.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(tensor).astype(np.float16), f"{name}_half"))
        casts.append(onnx.helper.make_node("Cast", [f"{name}_half"], [name], to=onnx.TensorProto.FLOAT, name=f"widen_{name}"))
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend([*casts, *nodes])
    return model


def save_master(transformer: nn.Module, decoder: nn.Module) -> None:
    (MASTER / "transformer").mkdir(parents=True, exist_ok=True)
    (MASTER / "decoder").mkdir(parents=True, exist_ok=True)
    transformer.half().save_pretrained(MASTER / "transformer", safe_serialization=True)  # type: ignore[operator]  # diffusers has no types for it
    transformer.float()
    halves = {name: tensor.half().contiguous() for name, tensor in decoder.state_dict().items()}
    save_file(halves, MASTER / DECODER)
    shutil.copy(folder("codec") / "codec.safetensors", MASTER / "codec.safetensors")


def load_decoder(checkpoint: Path) -> Decoder:
    """As it was trained here, or else that of the master copy."""
    decoder = Decoder(load_codec())
    if checkpoint.exists():
        decoder.load_state_dict(torch.load(checkpoint, map_location="cpu", weights_only=True)["model"])
    else:
        decoder.load_state_dict({name: tensor.float() for name, tensor in load_file(MASTER / DECODER).items()})
    return decoder.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flow", default="distilled")
    parser.add_argument("--decoder", default="decoder")
    parser.add_argument("--version", default="2")
    parser.add_argument("--runs", nargs="*", default=[], help="that led to these two, for what is told of them beside the master copy")
    parser.add_argument("--usual-steps", type=int, help="where nobody says how many; for weights that were taught to need few")
    parser.add_argument("--shipped", type=Path, default=SHIPPED)
    parser.add_argument("--no-master", action="store_true")
    arguments = parser.parse_args()
    checkpoint = folder(arguments.flow) / "checkpoint.pt"
    transformer, decoder = load_ema(checkpoint), load_decoder(folder(arguments.decoder) / "checkpoint.pt")
    if not arguments.no_master:
        save_master(transformer, decoder)
        provenance.write(MASTER, [*arguments.runs, arguments.flow, arguments.decoder])
    arguments.shipped.mkdir(parents=True, exist_ok=True)
    export_transformer(transformer, arguments.shipped / "transformer.onnx")
    export_decoder(decoder, arguments.shipped / "decoder.onnx")
    codec = load_codec()
    np.savez(arguments.shipped / "codec.npz", basis=codec.basis, mean=codec.mean, scale=codec.scale)
    phrases = [phrase for written in GENERIC.values() for phrase in written]
    np.savez(arguments.shipped / "ideas.npz", vague=(TextEncoder().encode(phrases).pooled / POOLED_SCALE).astype(np.float16))
    known.write(arguments.shipped)
    sides.write(arguments.shipped, codec)
    seen.write(arguments.shipped)
    saved = torch.load(checkpoint, map_location="cpu", weights_only=True)
    card = {"name": "nano", "version": arguments.version, "steps": saved["step"], "samples": saved["samples"], "seconds": round(saved["seconds"])}
    card |= {"ideas": list(IDEAS), "references": True, "hint": HINT_TO_SHIP, "windows": list(WINDOWS)}
    if arguments.usual_steps:
        card["usual_steps"] = arguments.usual_steps
    (arguments.shipped / "model.json").write_text(json.dumps(card, indent=2) + "\n")
    (arguments.shipped / DIGESTS).write_text(digests_of(arguments.shipped))
    for file in sorted(arguments.shipped.iterdir()):
        print(f"{file.name}: {file.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
