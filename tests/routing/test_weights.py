"""What the operator's file says about weights."""

from __future__ import annotations

from pathlib import Path

import pytest

from mezzotint.core.catalogue import BFL_MODELS
from mezzotint.core.errors import BadSetting
from mezzotint.routing import Lora, Tuning, Weights
from tests.routing.test_file import routing_of

WHOLE = """
[weights."FLUX.1-dev"]
hub = "black-forest-labs/FLUX.1-dev"
revision = "main"
variant = "bf16"
quantize = "fp8"
offload = "text"
finetunes = { my-dog = "dog" }
redux = "seeing"
depth = "deep"
warm = true
steps = 20

[weights."FLUX.1-dev".loras]
ink = "loras/ink.safetensors"
oil = { file = "/loras/oil.safetensors", strength = 0.8 }

[weights.dog]
folder = "dog"
gguf = "dog.gguf"

[models]
"flux-dev" = { engine = "diffusers", weights = ["dog", "FLUX.1-dev"] }
"flux-pro" = { engine = "diffusers", weights = "dog" }
"flux-2-*" = "diffusers"

[diffusers]
attention = "_flash_3"
compile = "whole"
step_cache = 0.08
fused = false
modulation = false
gpus = "0,2"
device = "cuda"
together = 1
tiles = "always"
"""


def test_weights_are_read_with_all_that_is_said_of_them(tmp_path: Path) -> None:
    routing = routing_of(tmp_path, WHOLE)

    assert routing.weights == {
        "FLUX.1-dev": Weights(
            "FLUX.1-dev", None, "black-forest-labs/FLUX.1-dev", "main", "bf16", "fp8", "text", None,
            {"ink": Lora(tmp_path / "loras/ink.safetensors"), "oil": Lora(Path("/loras/oil.safetensors"), 0.8)}, {"my-dog": "dog"}, "seeing", "deep", True, 20,
        ),
        "dog": Weights("dog", tmp_path / "dog", gguf=tmp_path / "dog.gguf"),
    }  # fmt: skip
    assert routing.tuning == Tuning("_flash_3", "whole", 0.08, False, False, "0,2", "cuda", 1, "always")
    assert [routing.of(BFL_MODELS[name]).weights for name in ("flux-dev", "flux-pro", "flux-2-pro")] == [("dog", "FLUX.1-dev"), ("dog",), ()]


def test_without_a_word_nothing_is_quantized_or_cached_by_wish(tmp_path: Path) -> None:
    routing = routing_of(tmp_path, "")

    assert (routing.weights, routing.tuning) == ({}, Tuning())
    assert (Tuning().step_cache, Weights("x").quantize) == (0.0, "auto")


@pytest.mark.parametrize(("content", "complaint"), [
    ("[weights.a]", "[weights.a] give folder or hub, one of the two"),
    ('[weights.a]\nfolder = "x"\nhub = "o/n"', "[weights.a] give folder or hub, one of the two"),
    ('[weights.a]\nhub = "FLUX.1-dev"', "expected an id of the hub, such as black-forest-labs/FLUX.1-dev"),
    ('[weights.a]\nhub = "https://hub/o/n"', "expected an id of the hub"),
    ('[weights.a]\nfolder = "x"\nquantise = "fp8"', "there is no quantise here. Did you mean quantize?"),
    ('[weights.a]\nfolder = "x"\nquantize = "fp4"', "expected one of auto, none, fp8, int8, nf4"),
    ('[weights.a]\nfolder = "x"\ngguf = "y"\nquantize = "fp8"', "what is in a GGUF file is quantized already"),
    ('[weights.a]\nfolder = "x"\nloras = { ink = "ink.pt" }', "LoRAs are read as safetensors alone"),
    ('[weights.a]\nfolder = "x"\nloras = { ink = { strength = 1 } }', "[weights.a] loras.ink file is missing"),
    ('[weights.a]\nfolder = "x"\nloras = { ink = { file = "a.safetensors", strength = -1 } }', "expected a number of at least 0"),
    ("[weights]\na = 1", "[weights.a]: expected a table"),
    ("[diffusers]\nstep_cache = 8", "expected a threshold from 0 to 1"),
    ('[diffusers]\ngpus = "all"', "expected auto, or numbers of GPUs such as 0,1"),
    ('[diffusers]\ncompile = "yes"', "expected one of auto, none, blocks, whole"),
    ('[diffusers]\ntiles = "512"', "expected one of auto, none, always"),
    ("[diffusers]\ntogether = 0", "expected a whole number from 1"),
    ("[diffusers]\ntogether = 2\nstep_cache = 0.1", "together and step_cache: each GPU would leave out other steps"),
    ('[diffusers]\ntogether = 2\ngpus = "0,1,2"', "gpus = '0,1,2': cannot be divided into groups of 2 that paint together"),
    ("[diffusers]\nturbo = true", "there is no turbo here"),
    ('[models]\n"flux-dev" = { engine = "nano", weights = "a" }', "there is no weights here"),
    ('[models]\n"flux-dev" = { engine = "diffusers", weights = [] }', "expected a list that is not empty"),
])  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, content: str, complaint: str) -> None:
    with pytest.raises(BadSetting) as caught:
        routing_of(tmp_path, content)

    assert complaint in str(caught.value)
    assert "mezzotint.toml" in str(caught.value)
