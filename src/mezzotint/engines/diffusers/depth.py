"""Depth from a picture, by a depth model of transformers: white is near, black is far."""

from __future__ import annotations

from typing import Any

import numpy as np

from mezzotint import imaging
from mezzotint.core.images import Pixels
from mezzotint.engines.diffusers.folders import BadWeights
from mezzotint.engines.diffusers.loading import place_of
from mezzotint.engines.diffusers.machine import Machine
from mezzotint.routing.weights import Weights


class DepthModel:
    """One model, loaded. Small beside the others: it stays where it is."""

    def __init__(self, weights: Weights, machine: Machine) -> None:
        """Raises BadWeights."""
        from transformers import AutoImageProcessor, AutoModelForDepthEstimation

        folder = place_of(weights)
        if not list(folder.glob("*.safetensors")):
            raise BadWeights(f"there is no depth model in {folder}: expected safetensors and a config.json of transformers")
        try:
            self._processor: Any = AutoImageProcessor.from_pretrained(str(folder), local_files_only=True)
            self._model: Any = AutoModelForDepthEstimation.from_pretrained(str(folder), local_files_only=True, use_safetensors=True).to(machine.device).eval()
        except (OSError, ValueError, KeyError) as error:
            raise BadWeights(f"the depth model in {folder} cannot be loaded: {error}") from error

    def __call__(self, picture: Pixels) -> Pixels:
        import torch

        with torch.no_grad():
            given = self._processor(images=imaging.image_of(picture), return_tensors="pt")
            found = self._model(**given.to(self._model.device)).predicted_depth.float()
            full = torch.nn.functional.interpolate(found[:, None], (picture.height, picture.width), mode="bicubic", align_corners=False)[0, 0]
            low, high = full.min(), full.max()
            grey = ((full - low) / (high - low).clamp(min=1e-6) * 255).round().to(torch.uint8).cpu().numpy()
        return Pixels.of(np.ascontiguousarray(np.repeat(grey[..., None], 3, axis=2)))
