"""Which weights paint what."""

from __future__ import annotations

from pathlib import Path

import pytest

from mezzotint.core.errors import EngineFailure
from mezzotint.engines.diffusers.folders import Folder
from mezzotint.engines.diffusers.modes import Mode
from mezzotint.engines.diffusers.weights_library import Library, in_folder
from mezzotint.routing.weights import Lora, Weights

KINDS = {
    "FLUX.1-Fill-dev": "FluxFillPipeline",
    "FLUX.1-Kontext-dev": "FluxKontextPipeline",
    "FLUX.1-Canny-dev": "FluxControlPipeline",
    "FLUX.2-dev": "Flux2Pipeline",
}


def a_library(*names: str, models: dict[str, tuple[str, ...]] | None = None, **weights: Weights) -> Library:
    held = {name: Weights(name, folder=Path(name)) for name in names} | weights
    return Library(held, models or {}, lambda each: Folder(Path(each.name), KINDS.get(each.name, "FluxPipeline"), ()))


def refused(library: Library, model: str, mode: Mode, finetune: str = "") -> EngineFailure:
    with pytest.raises(EngineFailure) as caught:
        library.choose(model, mode, finetune)
    assert not caught.value.retryable
    return caught.value


def test_the_preferred_weights_that_are_there_are_taken() -> None:
    assert a_library("FLUX.1-dev", "FLUX.1-schnell").choose("flux-dev", Mode.TEXT).name == "FLUX.1-dev"
    assert a_library("FLUX.1-schnell").choose("flux-dev", Mode.TEXT).name == "FLUX.1-schnell"
    assert a_library("FLUX.1-dev", "FLUX.1-Fill-dev").choose("flux-fill", Mode.FILL).name == "FLUX.1-Fill-dev"


def test_weights_that_cannot_do_it_are_passed_over() -> None:
    library = a_library("FLUX.1-Kontext-dev", "FLUX.2-dev", models={"flux-kontext-pro": ("FLUX.1-Kontext-dev", "FLUX.2-dev")})

    assert library.choose("flux-kontext-pro", Mode.EDIT).name == "FLUX.1-Kontext-dev"
    assert library.choose("flux-kontext-pro", Mode.PROMPTED).name == "FLUX.2-dev"


def test_the_operators_choice_counts_by_any_of_a_models_names_and_by_pattern() -> None:
    mine = Weights("mine", folder=Path("mine"))

    assert a_library("FLUX.1-dev", models={"flux-*": ("mine",)}, mine=mine).choose("flux-dev", Mode.TEXT).name == "mine"
    assert a_library("FLUX.1-dev", models={"flux-pro-1.0": ("mine",)}, mine=mine).choose("flux-pro", Mode.TEXT).name == "mine"
    assert a_library("FLUX.1-dev", models={"flux-2-*": ("mine",)}, mine=mine).choose("flux-dev", Mode.TEXT).name == "FLUX.1-dev"


def test_without_weights_it_says_what_is_wanted() -> None:
    failure = refused(a_library("FLUX.1-dev"), "flux-2-pro", Mode.TEXT)

    assert failure.code == "no_weights"
    assert "wanted is FLUX.2-dev or FLUX.2-klein-9B or FLUX.2-klein-4B" in str(failure)


def test_weights_that_cannot_are_named() -> None:
    failure = refused(a_library("FLUX.1-Canny-dev", models={"flux-dev": ("FLUX.1-Canny-dev",)}), "flux-dev", Mode.TEXT)

    assert (failure.code, str(failure)) == ("no_weights", "FLUX.1-Canny-dev cannot do text to image, which flux-dev asks for")


def test_a_finetune_is_a_lora_or_weights_of_its_own() -> None:
    tuned = Weights("dev", folder=Path("dev"), loras={"ink": Lora(Path("ink.safetensors"))}, finetunes={"my-dog": "dog"})
    library = a_library(models={"flux-pro*": ("dev",)}, dev=tuned, dog=Weights("dog", folder=Path("dog")))

    assert library.choose("flux-pro-finetuned", Mode.TEXT, "ink").name == "dev"
    assert library.choose("flux-pro-finetuned", Mode.TEXT, "my-dog").name == "dog"
    failure = refused(library, "flux-pro-finetuned", Mode.TEXT, "cat")
    assert failure.code == "unknown_finetune"
    assert "there are: ink, my-dog" in str(failure)


def test_weights_are_looked_at_once() -> None:
    looked: list[str] = []

    def look(weights: Weights) -> Folder:
        looked.append(weights.name)
        return Folder(Path(weights.name), "FluxPipeline", ())

    library = Library({"FLUX.1-dev": Weights("FLUX.1-dev", hub="black-forest-labs/FLUX.1-dev")}, look=look)
    for _ in range(3):
        library.choose("flux-dev", Mode.TEXT)

    assert looked == ["FLUX.1-dev"]


def test_redux_and_depth_are_found_by_their_published_names_or_the_operators() -> None:
    library = a_library("FLUX.1-Redux-dev", "Depth-Anything-V2-Small-hf", "other")
    plain = Weights("dev", folder=Path("dev"))

    assert [found and found.name for found in (library.redux(plain), library.depth(plain))] == ["FLUX.1-Redux-dev", "Depth-Anything-V2-Small-hf"]
    named = Weights("dev", folder=Path("dev"), redux="other", depth="nowhere")
    assert [found and found.name for found in (library.redux(named), library.depth(named))] == ["other", None]


def test_a_folder_of_weights_is_a_library(tmp_path: Path) -> None:
    for name in ("FLUX.1-dev", "notes", "Depth-Anything-V2-Small-hf"):
        (tmp_path / name).mkdir()
    (tmp_path / "FLUX.1-dev" / "model_index.json").write_text("{}")

    assert in_folder(tmp_path) == {name: Weights(name, folder=tmp_path / name) for name in ("FLUX.1-dev", "Depth-Anything-V2-Small-hf")}
    assert in_folder(tmp_path / "nowhere") == {}
