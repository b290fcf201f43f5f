"""A folder of weights is judged before anything of it is loaded."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from mezzotint.engines.diffusers.folders import BadWeights, Digests, digest, look

INDEX = {
    "_class_name": "FluxPipeline",
    "_diffusers_version": "0.42.1",
    "image_encoder": [None, None],
    "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
    "transformer": ["diffusers", "FluxTransformer2DModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}


def a_folder(path: Path, **changes: object) -> Path:
    """As one is saved: two networks, one of them in two shards, and a scheduler."""
    for name in ("transformer", "vae", "scheduler"):
        (path / name).mkdir(parents=True)
    (path / "model_index.json").write_text(json.dumps(INDEX | changes))
    for name in ("transformer", "vae"):
        (path / name / "config.json").write_text(json.dumps({"_class_name": "x"}))
    (path / "scheduler" / "scheduler_config.json").write_text("{}")
    shards = [f"diffusion_pytorch_model-0000{n}-of-00002.safetensors" for n in (1, 2)]
    for number, shard in enumerate(shards):
        (path / "transformer" / shard).write_bytes(bytes(100 + number))
    (path / "transformer" / "diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": shards[0], "b": shards[1]}}))
    (path / "vae" / "diffusion_pytorch_model.safetensors").write_bytes(b"vae")
    return path


def test_it_says_of_what_kind_weights_are_and_how_large(tmp_path: Path) -> None:
    found = look(a_folder(tmp_path))

    assert found.kind == "FluxPipeline"
    assert found.sizes == {"transformer": 201, "vae": 3}
    assert found.bytes == 204


def refused(path: Path, variant: str = "") -> str:
    with pytest.raises(BadWeights) as caught:
        look(path, variant)
    assert caught.value.code == "bad_weights"
    return str(caught.value)


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    assert "there are no weights in" in refused(tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["{", "[]", '"x"', "\xff"])
def test_a_broken_description_is_said(tmp_path: Path, text: str) -> None:
    (a_folder(tmp_path) / "model_index.json").write_bytes(text.encode("latin-1"))

    assert "model_index.json" in refused(tmp_path)


def test_pipelines_of_other_kinds_are_refused(tmp_path: Path) -> None:
    assert "names StableDiffusionPipeline; known are FluxPipeline" in refused(a_folder(tmp_path, _class_name="StableDiffusionPipeline"))


@pytest.mark.parametrize("library", ["os", "custom_code", "pipeline"])
def test_code_of_the_weights_own_is_never_used(tmp_path: Path, library: str) -> None:
    assert "no code of the weights' own" in refused(a_folder(tmp_path, vae=[library, "Anything"]))


@pytest.mark.parametrize("name", ["diffusion_pytorch_model.bin", "model.pt", "model.ckpt", "weights.pkl"])
def test_weights_that_could_run_code_are_refused(tmp_path: Path, name: str) -> None:
    folder = a_folder(tmp_path)
    (folder / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    (folder / "vae" / name).write_bytes(b"x")

    assert f"has only {name}" in refused(folder)


def test_an_unsafe_file_beside_safe_ones_is_not_read_and_does_not_matter(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    (folder / "vae" / "diffusion_pytorch_model.bin").write_bytes(b"x")

    assert look(folder).sizes["vae"] == 3


@pytest.mark.parametrize("gone", ["transformer/diffusion_pytorch_model-00002-of-00002.safetensors", "vae/diffusion_pytorch_model.safetensors"])
def test_a_download_that_is_not_whole_is_said(tmp_path: Path, gone: str) -> None:
    (a_folder(tmp_path) / gone).unlink()

    assert "the download is not whole" in refused(tmp_path)


def test_a_missing_component_is_said(tmp_path: Path) -> None:
    assert "tokenizer is missing" in refused(a_folder(tmp_path, tokenizer=["transformers", "CLIPTokenizer"]))


def test_a_variant_has_files_of_its_own(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    for name in ("transformer", "vae"):
        (folder / name / "diffusion_pytorch_model.fp16.safetensors").write_bytes(b"half")

    assert look(folder, "fp16").sizes == {"transformer": 4, "vae": 4}
    assert look(folder).sizes == {"transformer": 201, "vae": 3}
    assert "no weights of the variant fp8" in refused(folder, "fp8")


def test_one_digest_stands_for_all_files(tmp_path: Path) -> None:
    folder = look(a_folder(tmp_path / "one"))
    same, digests = look(a_folder(tmp_path / "two")), Digests(None)
    before = digests.of(folder)
    assert before == digests.of(same)

    (folder.path / "vae" / "diffusion_pytorch_model.safetensors").write_bytes(b"vAe")

    assert digests.of(look(folder.path)) != before


def test_digests_are_remembered_until_the_file_changes(tmp_path: Path) -> None:
    folder = look(a_folder(tmp_path / "weights"))
    digests = Digests(tmp_path / "digests.json")
    found = digests.of(folder)
    known = json.loads((tmp_path / "digests.json").read_text())
    assert sorted(known.values()) == sorted(hashlib.sha256(file.read_bytes()).hexdigest() for part in folder.components for file in part.files)

    (tmp_path / "digests.json").write_text(json.dumps(dict.fromkeys(known, "0" * 64)))
    assert digests.of(folder) != found  # not read again

    for part in folder.components:
        for file in part.files:
            os.utime(file, ns=(1, 1))
    assert digests.of(folder) == found


@pytest.mark.parametrize("memo", ["", "[]", "{", "nowhere/digests.json"])
def test_a_memo_that_is_broken_or_cannot_be_written_is_no_hindrance(tmp_path: Path, memo: str) -> None:
    file = tmp_path / memo if memo.endswith("json") else tmp_path / "digests.json"
    if not memo.endswith("json"):
        file.write_text(memo)

    assert Digests(file).of(look(a_folder(tmp_path / "weights"))) == Digests(None).of(look(tmp_path / "weights"))


def test_the_hubs_own_names_of_files_are_taken_for_their_digests(tmp_path: Path) -> None:
    named = hashlib.sha256(b"x").hexdigest()
    (tmp_path / named).write_bytes(b"not x at all, but nobody looks")
    (tmp_path / "model.safetensors").symlink_to(tmp_path / named)

    assert digest(tmp_path / "model.safetensors") == named
    assert digest(tmp_path / named) != named
