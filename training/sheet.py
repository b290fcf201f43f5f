"""A contact sheet of prompts drawn by chance, as the shipped runtime paints them: not picked by hand.

    python -m training.sheet --prompts 64 --out docs/nano.webp
    python -m training.sheet --prompts 64 --failures --out docs/nano-failures.webp

Every prompt has something that was never trained together: `unseen` scenes of the grammar, in the three languages in turn. With
`--failures` the sheet has only those in which the judges see something else than was asked for, and says what they see.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mezzotint.ports import PaintRequest
from training import reporting
from training.cases import SIDE, Case, cases
from training.contact import contact_sheet
from training.judging import Judges, mistakes

COLUMNS = 8
COLUMN = 256  # pixels
SIZE, JUDGED_SIZE = (1024, 768), (SIDE, SIDE)  # the judges know square pictures
SHEET_SEED = 64


def drawn(count: int) -> list[Case]:
    """Two thirds English, the rest German and Turkish, in turn."""
    languages = ("en", "en", "de", "en", "en", "tr")
    found = {language: iter(cases(count, language, unseen=True, seed=SHEET_SEED + number)) for number, language in enumerate(("en", "de", "tr"))}
    return [next(found[languages[number % len(languages)]]) for number in range(count)]


def shrunk(picture: np.ndarray) -> np.ndarray:
    """To COLUMN pixels in width."""
    high, wide = picture.shape[:2]
    factor = wide // COLUMN
    return picture.reshape(high // factor, factor, COLUMN, factor, 3).mean((1, 3))


def failures(told: Sequence[Case], painted: Sequence[np.ndarray]) -> tuple[list[np.ndarray], list[str]]:
    """The pictures that are not what was asked for, and their prompts with what is seen instead."""
    wrong = mistakes(Judges.load(), painted, [case.scene for case in told])
    rows = [number for number, seen in enumerate(wrong) if seen]
    return [painted[number] for number in rows], [f"{told[number].prompt} [{', '.join(wrong[number])}]" for number in rows]


def main() -> None:
    parser = reporting.evaluation(__doc__, counted="--prompts", usual=64)
    parser.add_argument("--failures", action="store_true", help="only what went wrong")
    parser.set_defaults(out=Path("sheet.webp"))
    arguments = parser.parse_args()
    engine, told = reporting.engine_of(arguments), drawn(arguments.prompts)
    wide, high = JUDGED_SIZE if arguments.failures else SIZE
    requests = [PaintRequest("flux-dev", case.prompt, wide, high, *reporting.dials_of(arguments), seed) for seed, case in enumerate(told)]
    painted = [engine.paint(request, lambda *_: None).pixels.array.astype(np.float32) / 255 for request in requests]
    titles = [case.prompt for case in told]
    if arguments.failures:
        painted, titles = failures(told, painted)
        print(f"{len(painted)} of {len(told)} show something else than was asked for")
    if painted:
        contact_sheet([shrunk(each) for each in painted], titles, COLUMNS, lines=2).save(arguments.out)


if __name__ == "__main__":
    main()
