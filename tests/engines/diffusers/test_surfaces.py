"""Every mode through every surface that has it: a request as its clients send it, to a whole server that paints on tiny pipelines."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

pytest.importorskip("torch", reason="needs PyTorch and diffusers: scripts/test diffusers runs it")

from mezzotint import imaging
from mezzotint.core.images import ImageFormat, Pixels
from tests.acceptance.servers import Server, serving, wait_ready
from tests.engines.diffusers.painting import left_half, noise

LONGEST = 120.0  # seconds for a picture, on a busy machine
R = "black-forest-labs/"


def file_of(pixels: Pixels) -> bytes:
    return imaging.encode(pixels, ImageFormat.PNG, {}).data


def b64(pixels: Pixels) -> str:
    return base64.b64encode(file_of(pixels)).decode()


def url(pixels: Pixels) -> str:
    return f"data:image/png;base64,{b64(pixels)}"


PICTURE, OTHER, MASK = noise(), noise(80, 64, 1), left_half()
SMALL = {"prompt": "a paper boat", "width": 256, "height": 256, "steps": 2, "seed": 1}
ASKED = {"prompt": "a paper boat", "seed": 1}
QUARTER = ASKED | {"megapixels": "0.25", "num_inference_steps": 2, "output_format": "png"}

# the surface's own create request, by mode and surface: model, body; and the pipeline that is to paint it
NATIVE: dict[str, tuple[str, dict[str, Any], str]] = {
    "text": ("flux-dev", SMALL, "FluxPipeline"),
    "image prompt": ("flux-dev", SMALL | {"image_prompt": b64(PICTURE)}, "FluxPipeline"),
    "fill": ("flux-pro-1.0-fill", ASKED | {"image": b64(PICTURE), "mask": b64(MASK), "steps": 15}, "FluxFillPipeline"),
    "expand": ("flux-pro-1.0-expand", ASKED | {"image": b64(PICTURE), "left": 32, "steps": 15}, "FluxFillPipeline"),
    "canny": ("flux-pro-1.0-canny", ASKED | {"control_image": b64(PICTURE), "steps": 15}, "FluxControlPipeline"),
    "ready-made edges": ("flux-pro-1.0-canny", ASKED | {"preprocessed_image": b64(MASK), "steps": 15}, "FluxControlPipeline"),
    "depth": ("flux-pro-1.0-depth", ASKED | {"control_image": b64(PICTURE), "steps": 15}, "FluxControlPipeline"),
    "edit": ("flux-kontext-pro", ASKED | {"input_image": b64(PICTURE)}, "FluxKontextPipeline"),
    "FLUX.2": ("flux-2-pro", ASKED | {"width": 64, "height": 64}, "Flux2Pipeline"),
    "FLUX.2 with several": ("flux-2-flex", ASKED | {"width": 64, "height": 64, "input_image": b64(PICTURE), "input_image_2": b64(OTHER), "steps": 2}, "Flux2Pipeline"),
    "klein": ("flux-2-klein-4b", ASKED | {"width": 64, "height": 64}, "Flux2KleinPipeline"),
    "klein with several": ("flux-2-klein-4b", ASKED | {"width": 64, "height": 64, "input_image": b64(PICTURE), "input_image_2": b64(OTHER)}, "Flux2KleinPipeline"),
    "finetune by LoRA": ("flux-pro-finetuned", SMALL | {"finetune_id": "ink", "finetune_strength": 0.7}, "FluxPipeline"),
    "finetune of its own": ("flux-pro-finetuned", SMALL | {"finetune_id": "my-dog"}, "FluxPipeline"),
    "outpainting": ("flux-tools/outpainting-v1", {"input_image": b64(PICTURE), "width": 96, "height": 80, "prompt": "a paper boat"}, "FluxFillPipeline"),
    "erasing": ("flux-tools/erase-v1", {"image": b64(PICTURE), "mask": b64(MASK), "seed": 1}, "FluxFillPipeline"),
    "try-on": ("flux-tools/vto-v1", {"person": b64(PICTURE), "garment": b64(OTHER), "seed": 1}, "Flux2KleinPipeline"),
}  # fmt: skip
REPLICATE: dict[str, tuple[str, dict[str, Any], str]] = {
    "text": ("flux-dev", QUARTER, "FluxPipeline"),
    "few steps": ("flux-schnell", QUARTER, "FluxPipeline"),
    "from a picture": ("flux-dev", QUARTER | {"image": url(PICTURE)}, "FluxImg2ImgPipeline"),
    "image prompt": ("flux-pro", ASKED | {"image_prompt": url(PICTURE), "aspect_ratio": "custom", "width": 256, "height": 256, "steps": 2}, "FluxPipeline"),
    "variation": ("flux-redux-dev", {key: QUARTER[key] for key in QUARTER if key != "prompt"} | {"redux_image": url(PICTURE)}, "FluxPipeline"),
    "fill": ("flux-fill-dev", ASKED | {"image": url(PICTURE), "mask": url(MASK), "num_inference_steps": 2}, "FluxFillPipeline"),
    "expand": ("flux-fill-pro", ASKED | {"image": url(PICTURE), "outpaint": "Zoom out 2x", "steps": 15}, "FluxFillPipeline"),
    "canny": ("flux-canny-dev", ASKED | {"control_image": url(PICTURE), "num_inference_steps": 2}, "FluxControlPipeline"),
    "depth": ("flux-depth-dev", ASKED | {"control_image": url(PICTURE), "num_inference_steps": 2}, "FluxControlPipeline"),
    "edit": ("flux-kontext-dev", ASKED | {"input_image": url(PICTURE), "num_inference_steps": 4}, "FluxKontextPipeline"),
    "FLUX.2": ("flux-2-dev", ASKED | {"aspect_ratio": "custom", "width": 256, "height": 256}, "Flux2Pipeline"),
    "FLUX.2 with several": ("flux-2-pro", ASKED | {"input_images": [url(PICTURE), url(OTHER)], "resolution": "match_input_image", "aspect_ratio": "match_input_image"}, "Flux2Pipeline"),
    "klein": ("flux-2-klein-4b", ASKED | {"output_megapixels": "0.25"}, "Flux2KleinPipeline"),
    "klein with several": ("flux-2-klein-4b", ASKED | {"images": [url(PICTURE), url(OTHER)], "output_megapixels": "0.25"}, "Flux2KleinPipeline"),
    "LoRA": ("flux-dev-lora", QUARTER | {"lora_weights": "ink", "lora_scale": 0.5}, "FluxPipeline"),
}  # fmt: skip
SIZE = {"size": "256x256", "response_format": "b64_json"}
OPENAI: dict[str, tuple[str, dict[str, Any], dict[str, Pixels], str]] = {
    "text": ("generations", ASKED | SIZE | {"steps": 2}, {}, "FluxPipeline"),
    "few steps": ("generations", QUARTER | {"model": R + "flux-schnell", "response_format": "b64_json"}, {}, "FluxPipeline"),
    "FLUX.2": ("generations", ASKED | {"model": "flux-2-pro", "response_format": "b64_json", "width": 64, "height": 64}, {}, "Flux2Pipeline"),
    "klein": ("generations", ASKED | {"model": "flux-2-klein-4b", "response_format": "b64_json", "width": 64, "height": 64}, {}, "Flux2KleinPipeline"),
    "edit": ("edits", ASKED | {"model": R + "flux-kontext-dev", "response_format": "b64_json"}, {"image": PICTURE}, "FluxKontextPipeline"),
    "FLUX.2 with several": ("edits", ASKED | {"model": "flux-2-pro", "response_format": "b64_json"}, {"image[]": PICTURE, "image[] ": OTHER}, "Flux2Pipeline"),
    "fill": ("edits", ASKED | {"response_format": "b64_json", "steps": 15}, {"image": PICTURE, "mask": MASK}, "FluxFillPipeline"),
    "variation": ("variations", {"response_format": "b64_json", "megapixels": "0.25"}, {"image": PICTURE}, "FluxPipeline"),
}


def toml(weights: Path, lora: Path) -> str:
    """Every weight by its own name, with few steps where nobody says how many."""
    lines = []
    for place in sorted(weights.iterdir()):
        steps = "" if place.name.startswith("Depth") else "steps = 2\n"
        lines.append(f'[weights."{place.name}"]\nfolder = "{place}"\n{steps}')
        if place.name == "FLUX.1-dev":
            lines.append('finetunes = { my-dog = "FLUX.1-schnell" }\n')
            lines.append(f'[weights."FLUX.1-dev".loras.ink]\nfile = "{lora}"\nstrength = 0.9\n')
    return "\n".join(lines)


@pytest.fixture(scope="module")
def server(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    from tests.engines.diffusers import tiny

    folder = tmp_path_factory.mktemp("server")
    (folder / "mezzotint.toml").write_text(toml(weights, tiny.lora(folder / "ink.safetensors")))
    with serving(folder, MEZZOTINT_ENGINE="diffusers", MEZZOTINT_THREADS="1") as running:
        yield running


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx2.Client]:
    with server.client() as made:
        made.timeout = LONGEST
        yield made


def check(data: bytes, pipeline: str) -> None:
    """It is a whole picture, painted by that pipeline, and its file says so."""
    assert imaging.decode(data).array.std() > 5
    assert f"{pipeline}, ".encode() in data
    assert b"diffusers FLUX" in data
    assert b" sha256 " in data


@pytest.mark.parametrize("surface", ["/flux/v1", "/v1"], ids=["comet", "bfl"])
@pytest.mark.parametrize("mode", NATIVE)
def test_comet_and_bfl(client: httpx2.Client, surface: str, mode: str) -> None:
    model, body, pipeline = NATIVE[mode]

    made = client.post(f"{surface}/{model}", json=body)
    assert made.status_code == 200, made.text
    assert made.headers["x-mezzotint-engine"] == "diffusers"
    told = wait_ready(client, made.json()["id"], LONGEST)

    assert told["status"] == "Ready", told
    check(client.get(told["result"]["sample"]).content, pipeline)


@pytest.mark.parametrize("mode", REPLICATE)
def test_replicate(client: httpx2.Client, mode: str) -> None:
    model, body, pipeline = REPLICATE[mode]

    made = client.post(f"/v1/models/{R}{model}/predictions", json={"input": body})
    assert made.status_code in (200, 201), made.text
    told, end = made.json(), time.monotonic() + LONGEST
    while told["status"] in ("starting", "processing") and time.monotonic() < end:
        told = client.get(told["urls"]["get"], headers={"prefer": "wait=20"}).json()

    assert told["status"] == "succeeded", told
    output = told["output"] if isinstance(told["output"], str) else told["output"][0]
    check(base64.b64decode(output.partition(",")[2]) if output.startswith("data:") else client.get(output).content, pipeline)


@pytest.mark.parametrize("mode", OPENAI)
def test_openai(client: httpx2.Client, mode: str) -> None:
    route, body, pictures, pipeline = OPENAI[mode]

    if pictures:
        files = [(name.strip(), ("picture.png", file_of(pixels), "image/png")) for name, pixels in pictures.items()]
        made = client.post(f"/v1/images/{route}", data={name: str(value) for name, value in body.items()}, files=files)
    else:
        made = client.post(f"/v1/images/{route}", json=body)

    assert made.status_code == 200, made.text
    check(base64.b64decode(made.json()["data"][0]["b64_json"]), pipeline)


def test_what_a_finetune_is_called_and_how_much_it_counts_is_in_the_file(client: httpx2.Client) -> None:
    seen = {}
    for strength in (0.0, 0.7):
        made = client.post("/v1/flux-pro-finetuned", json=SMALL | {"finetune_id": "ink", "finetune_strength": strength, "output_format": "png"})
        seen[strength] = client.get(wait_ready(client, made.json()["id"], LONGEST)["result"]["sample"]).content
    plain = client.post("/v1/flux-pro", json=SMALL | {"output_format": "png"})
    without = client.get(wait_ready(client, plain.json()["id"], LONGEST)["result"]["sample"]).content

    assert b"ink 0.7" in seen[0.7]
    assert b"ink" not in without
    assert (imaging.decode(seen[0.0]).array == imaging.decode(without).array).mean() > 0.99
    assert (imaging.decode(seen[0.7]).array != imaging.decode(without).array).any()


@pytest.mark.parametrize(("model", "body", "code"), [
    ("flux-pro-finetuned", SMALL | {"finetune_id": "nobody"}, "unknown_finetune"),
    ("flux-2-klein-base-9b-finetuned", ASKED | {"finetune_id": "nobody", "width": 64, "height": 64}, "no_weights"),
    ("flux-pro-1.0-fill", ASKED | {"image": b64(PICTURE), "steps": 15}, "bad_picture"),
    ("flux-tools/outpainting-v1", {"input_image": b64(PICTURE), "width": 64, "height": 64, "reference_offset_x": 40}, "bad_picture"),
])  # fmt: skip
def test_what_cannot_be_painted_fails_with_a_code_of_its_own(client: httpx2.Client, model: str, body: dict[str, Any], code: str) -> None:
    made = client.post(f"/v1/{model}", json=body)
    assert made.status_code == 200, made.text

    told = wait_ready(client, made.json()["id"], LONGEST)

    assert told["status"] == "Error"
    assert told["details"]["code"] == code, json.dumps(told)
