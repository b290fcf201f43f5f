"""Contact sheets: pictures in rows with what was asked for below each."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

FONT = Path(__file__).parent / "node_modules" / "dejavu-fonts-ttf" / "ttf" / "DejaVuSansCondensed.ttf"  # has Turkish and German letters
HEIGHT, LINE, LETTER = 10, 12, 6  # pixels: of the writing, of a line of it, and of a letter in width, amply


def contact_sheet(pictures: Sequence[np.ndarray], titles: Sequence[str], columns: int, lines: int = 1) -> Image.Image:
    """Pictures (h, w, 3) in 0..1, all of one size, with their titles below, in so many lines of text at most."""
    high, wide = pictures[0].shape[:2]
    below = 2 + LINE * lines
    sheet = Image.new("RGB", (columns * wide, -(-len(pictures) // columns) * (high + below)), (255, 255, 255))
    pen, font = ImageDraw.Draw(sheet), ImageFont.truetype(FONT, HEIGHT)
    for number, (picture, title) in enumerate(zip(pictures, titles, strict=True)):
        x, y = number % columns * wide, number // columns * (high + below)
        sheet.paste(Image.fromarray((np.clip(picture, 0, 1) * 255).astype(np.uint8)), (x, y))
        for line, words in enumerate(textwrap.wrap(title, wide // LETTER)[:lines]):
            pen.text((x + 3, y + high + LINE * line), words, fill=(0, 0, 0), font=font)
    return sheet
