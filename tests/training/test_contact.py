"""Contact sheets say below each picture what was asked for."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import ImageFont

from training.contact import FONT, HEIGHT, contact_sheet

pytestmark = pytest.mark.skipif(not FONT.exists(), reason="needs the font that comes by npm: scripts/rehearse installs it")
GREY = np.full((64, 128, 3), 0.5, np.float32)


def test_a_row_is_filled_before_the_next() -> None:
    sheet = np.asarray(contact_sheet([GREY] * 3, ["one", "two", "three"], columns=2))
    assert sheet.shape == (2 * (64 + 14), 2 * 128, 3)
    assert (sheet[78:142, :128] == 127).all()
    assert (sheet[78:, 128:] == 255).all(), "no fourth picture"


def test_what_was_asked_for_is_below_its_picture() -> None:
    written = np.asarray(contact_sheet([GREY, GREY], ["a cat", ""], columns=2))[64:]
    assert (written[:, :128] < 100).any()
    assert (written[:, 128:] == 255).all()


def test_a_long_prompt_takes_as_many_lines_as_there_are() -> None:
    sheet = np.asarray(contact_sheet([GREY], ["word " * 20], columns=1, lines=2))
    assert sheet.shape[0] == 64 + 2 + 24
    assert all((sheet[64 + start : 64 + start + 12] < 100).any() for start in (0, 12))


def test_turkish_and_german_letters_are_not_boxes() -> None:
    font = ImageFont.truetype(FONT, HEIGHT)
    unknown = bytes(font.getmask("\uffff"))
    assert not [letter for letter in "çğıöşüßäÇĞİÖŞÜ" if bytes(font.getmask(letter)) == unknown]
