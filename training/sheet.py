"""A contact sheet of prompts drawn by chance, as the shipped runtime paints them: not picked by hand.

    python -m training.sheet --prompts 64 --out docs/nano.webp

Every prompt has something that was never trained together: `unseen` scenes of the grammar, in the three languages in turn.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from mezzotint.engines.nano.engine import NanoEngine
from mezzotint.ports import PaintRequest
from training.evaluate import cases
from training.sampling import contact_sheet

COLUMNS = 8
SHRINK = 4  # of 1024 x 768
SHEET_SEED = 64


def prompts(count: int) -> list[str]:
    """Two thirds English, the rest German and Turkish, in turn."""
    languages = ("en", "en", "de", "en", "en", "tr")
    drawn = {language: iter(cases(count, language, unseen=True, seed=SHEET_SEED + number)) for number, language in enumerate(("en", "de", "tr"))}
    return [next(drawn[languages[number % len(languages)]]).prompt for number in range(count)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=64)
    parser.add_argument("--steps", type=int, default=28)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--out", type=Path, default=Path("sheet.webp"))
    arguments = parser.parse_args()
    engine, told = NanoEngine(weights=arguments.weights), prompts(arguments.prompts)
    requests = [PaintRequest("flux-dev", prompt, 1024, 768, arguments.steps, 3.0, seed) for seed, prompt in enumerate(told)]
    painted = [engine.paint(request, lambda *_: None).pixels.array.astype(np.float32) / 255 for request in requests]
    small = [each.reshape(768 // SHRINK, SHRINK, 1024 // SHRINK, SHRINK, 3).mean((1, 3)) for each in painted]
    contact_sheet(small, told, COLUMNS).save(arguments.out)


if __name__ == "__main__":
    main()
