"""A folder of weights, looked at before anything of it is loaded: what it is, whether it is whole and safe, how large, which digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mezzotint.core.errors import EngineFailure
from mezzotint.engines.diffusers.modes import FAMILIES, KINDS, PRIOR

INDEX = "model_index.json"
SAFE = ".safetensors"
UNSAFE = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".msgpack")  # formats whose reading may run what is in them
LIBRARIES = ("diffusers", "transformers")
CHUNK = 8 * 1024 * 1024
HASHERS = 4
DIGITS = 16  # of a digest that are shown


class BadWeights(EngineFailure):
    """Weights that cannot be used. The message says why, and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="bad_weights")


@dataclass(frozen=True)
class Component:
    """A part of a pipeline with weights of its own. `files` are its safetensors, `bytes` their size together."""

    name: str
    files: tuple[Path, ...]
    bytes: int


@dataclass(frozen=True)
class Folder:
    """What lies in a folder. `kind` is the pipeline that model_index.json names."""

    path: Path
    kind: str
    components: tuple[Component, ...]

    @property
    def sizes(self) -> Mapping[str, int]:
        return {component.name: component.bytes for component in self.components}

    @property
    def bytes(self) -> int:
        return sum(component.bytes for component in self.components)


def look(path: Path, variant: str = "") -> Folder:
    """Raises BadWeights for a folder that is not there, of a kind not known here, not whole, or with weights in an unsafe format."""
    index = _index(path)
    kind = str(index.get("_class_name", ""))
    if kind not in KINDS:
        raise BadWeights(f"{path / INDEX} names {kind or 'no pipeline'}; known are {', '.join(KINDS)}")
    components = tuple(_components(path, index, variant))
    if kind != PRIOR and not any(component.name == "transformer" for component in components):
        raise BadWeights(f"{path} has no transformer: the download is not whole")
    return Folder(path, kind, components)


def _index(path: Path) -> dict[str, Any]:
    try:
        found = json.loads((path / INDEX).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadWeights(f"there are no weights in {path}: expected a folder of diffusers with a {INDEX}") from None
    except (OSError, ValueError) as error:
        raise BadWeights(f"{path / INDEX} cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise BadWeights(f"{path / INDEX} is not the description of a pipeline")
    return found


def _components(path: Path, index: dict[str, Any], variant: str) -> Iterator[Component]:
    for name, entry in sorted(index.items()):
        if name.startswith("_") or not isinstance(entry, list) or entry[:1] == [None]:
            continue
        if entry[0] not in LIBRARIES and not (entry[0] == "flux" and index["_class_name"] == PRIOR):
            raise BadWeights(f"{path / INDEX} wants {name} from {entry[0]!r}; only {' and '.join(LIBRARIES)} are used, and no code of the weights' own")
        if (files := _files(path / name, variant)) or (path / name / "config.json").exists():
            yield Component(name, files, sum(file.stat().st_size for file in files))


def _files(folder: Path, variant: str) -> tuple[Path, ...]:
    """The safetensors of one component. Raises BadWeights where there are weights, but none that are safe, or not all."""
    if not folder.is_dir():
        raise BadWeights(f"{folder} is missing: the download is not whole")
    safe = sorted(file for file in folder.glob(f"*{SAFE}") if _of_variant(file, variant))
    if not safe:
        if unsafe := [file.name for file in sorted(folder.iterdir()) if file.suffix in UNSAFE]:
            raise BadWeights(f"{folder} has only {unsafe[0]}: weights are read as safetensors alone, since other formats may run code")
        if _has_weights(folder):
            raise BadWeights(f"{folder} has no weights{f' of the variant {variant}' if variant else ''}: the download is not whole")
        return ()
    for listing in sorted(folder.glob(f"*{SAFE}.index*.json")):
        wanted = set(json.loads(listing.read_text(encoding="utf-8"))["weight_map"].values())
        if any(_of_variant(folder / name, variant) for name in wanted) and (missing := sorted(name for name in wanted if not (folder / name).exists())):
            raise BadWeights(f"{folder / missing[0]} is missing: the download is not whole")
    return tuple(safe)


def _of_variant(file: Path, variant: str) -> bool:
    """`x.fp16.safetensors` is of the variant fp16, and so is `x.fp16-00001-of-00002.safetensors`."""
    middle = file.name.removesuffix(SAFE).partition(".")[2]
    return middle.partition("-")[0] == variant


def _has_weights(folder: Path) -> bool:
    """Whether its description is one of a network, which has weights; that of a scheduler or tokenizer has none."""
    try:
        told = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return "architectures" in told or "_class_name" in told


def family_modes(kind: str) -> tuple[str, ...]:
    """What weights of a kind can do, in words."""
    return tuple(mode.value for mode in FAMILIES[kind].pipelines) if kind in FAMILIES else ("words for an image prompt",)


class Digests:
    """SHA-256 of weights, each file read once: `memo` is where they are remembered, by path, size and time of change."""

    def __init__(self, memo: Path | None) -> None:
        self._memo = memo

    def of(self, folder: Folder) -> str:
        """One digest for all of its files: of their names and digests, in order."""
        files = [file for component in folder.components for file in component.files]
        known = self._known()
        with ThreadPoolExecutor(HASHERS) as pool:
            digests = list(pool.map(lambda file: known.get(_key(file)) or digest(file), files))
        self._remember(known | {_key(file): found for file, found in zip(files, digests, strict=True)})
        lines = (f"{found}  {file.relative_to(folder.path).as_posix()}\n" for file, found in zip(files, digests, strict=True))
        return hashlib.sha256("".join(lines).encode()).hexdigest()[:DIGITS]

    def _known(self) -> dict[str, str]:
        try:
            return dict(json.loads(self._memo.read_text(encoding="utf-8"))) if self._memo else {}
        except (OSError, ValueError, TypeError):
            return {}

    def _remember(self, known: Mapping[str, str]) -> None:
        if self._memo is None:
            return
        try:
            fresh = self._memo.with_suffix(".new")
            fresh.write_text(json.dumps(known), encoding="utf-8")
            fresh.replace(self._memo)
        except OSError:
            pass  # then they are read again the next time


def _key(file: Path) -> str:
    found = file.stat()
    return f"{file.resolve()} {found.st_size} {found.st_mtime_ns}"


def digest(file: Path) -> str:
    """The hub keeps large files under their SHA-256: then it need not be counted again."""
    kept = file.resolve().name
    if len(kept) == 64 and file.is_symlink() and all(character in "0123456789abcdef" for character in kept):
        return kept
    counted = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            counted.update(chunk)
    return counted.hexdigest()
