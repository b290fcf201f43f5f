"""What doctor finds for the diffusers engine, also where nothing of it is installed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mezzotint.settings import read_settings
from mezzotint.wiring import weights as module
from mezzotint.wiring.weights import Look, looks


def a_dev(folder: Path) -> Path:
    """As much of FLUX.1-dev as is looked at."""
    (folder / "transformer").mkdir(parents=True)
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "FluxPipeline", "transformer": ["diffusers", "FluxTransformer2DModel"]}))
    (folder / "transformer" / "config.json").write_text('{"_class_name": "FluxTransformer2DModel"}')
    (folder / "transformer" / "diffusion_pytorch_model.safetensors").write_bytes(bytes(1000))
    return folder


def found(data: Path, weights: Path | None = None, content: str = "") -> dict[str, Look]:
    (data / "mezzotint.toml").write_text(content)
    settings = read_settings({"MEZZOTINT_ENGINE": "diffusers"}, data=data, weights=weights)
    return {look.what: look for look in looks(settings)}


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if nothing of it were installed, wherever these tests run."""
    monkeypatch.setattr(module, "NEEDED", ("no_such_library", "msgspec"))


def test_it_says_what_is_not_installed_and_how_to_install_it(tmp_path: Path) -> None:
    look = found(tmp_path)["PyTorch"]

    assert (look.good, look.said) == (False, "no_such_library not installed: pip install 'mezzotint[diffusers]'")
    assert not found(tmp_path)["GPU"].good


def test_without_weights_it_says_which_are_wanted_under_which_licence(tmp_path: Path) -> None:
    look = found(tmp_path)["models"]

    assert not look.good
    assert "(black-forest-labs/" in look.said


def test_every_folder_of_weights_is_looked_at(tmp_path: Path) -> None:
    a_dev(tmp_path / "weights" / "FLUX.1-dev")
    a_dev(tmp_path / "weights" / "FLUX.1-schnell")
    (tmp_path / "weights" / "FLUX.1-schnell" / "transformer" / "diffusion_pytorch_model.safetensors").rename(
        tmp_path / "weights" / "FLUX.1-schnell" / "transformer" / "model.bin"
    )
    content = '[weights.far]\nhub = "black-forest-labs/FLUX.2-dev"\n[weights.gone]\nfolder = "nowhere"\n'

    looked = found(tmp_path, tmp_path / "weights", content)

    assert looked["weights FLUX.1-dev"].good
    assert "FluxPipeline, 0.0 GB, sha256 " in looked["weights FLUX.1-dev"].said
    assert "can do text to image, an image prompt" in looked["weights FLUX.1-dev"].said
    assert "has only model.bin" in looked["weights FLUX.1-schnell"].said
    assert looked["weights far"].said.startswith("black-forest-labs/FLUX.2-dev on the hub")
    assert "there are no weights in" in looked["weights gone"].said
    assert [look.good for look in looked.values() if look.what in ("weights FLUX.1-schnell", "weights gone")] == [False, False]


def test_a_lora_that_is_not_there_is_missed(tmp_path: Path) -> None:
    a_dev(tmp_path / "dev")

    looked = found(tmp_path, None, '[weights.dev]\nfolder = "dev"\nloras = { ink = "ink.safetensors" }\n')

    assert (looked["weights dev"].good, looked["weights dev"].said) == (False, f"the LoRA ink is missing: there is no {tmp_path / 'ink.safetensors'}")


def test_where_every_model_has_weights_it_says_so(tmp_path: Path) -> None:
    a_dev(tmp_path / "dev")
    content = '[weights.dev]\nfolder = "dev"\n[models]\n"*" = { engine = "diffusers", weights = "dev" }\n"black-forest-labs/*" = { engine = "diffusers", weights = "dev" }\n'

    assert found(tmp_path, None, content)["models"].good
