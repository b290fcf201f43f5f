"""Boxes are told apart by thing and by colour; and the judge's own share of right answers is counted where there is something to see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from training.scenes import Scene, paint

torch = pytest.importorskip("torch", reason="needs PyTorch: scripts/rehearse runs it")

CAR = Scene("car", "city", "day", "red", 1, None, None, 8, 8, 0)
UNIT = 32


def test_a_render_is_of_its_thing_and_in_its_colour() -> None:
    from training.judging import box_figures

    own = replace(CAR, colour=None)
    figures = box_figures([paint(CAR, UNIT), paint(own, UNIT)], [CAR, own])

    assert (figures["box_likest"], figures["box_colour"], figures["box_coloured"]) == (1, 1, 1)
    assert figures["box_psnr_db"] > 20


def test_another_colour_and_another_thing_are_not_what_was_asked_for() -> None:
    from training.judging import box_figures

    own = replace(CAR, colour=None)
    blue, cat = paint(replace(CAR, colour="blue"), UNIT), paint(replace(own, thing="cat"), UNIT)

    figures = box_figures([blue, cat], [CAR, own])

    assert (figures["box_likest"], figures["box_colour"]) == (0, 0)


def test_a_judge_that_always_sees_nothing_special_is_right_about_nothing() -> None:
    from training.classifier import HEADS, NOTHING, ceilings, labels_of

    scenes = [CAR, replace(CAR, colour="blue", weather="rain"), replace(CAR, look="flat", backdrop="gradient"), replace(CAR, second="cat", relation="beside")]
    labels = labels_of(scenes)
    blind = {head: np.eye(len(words))[[words.index(NOTHING.get(head, words[0]))] * len(scenes)] for head, words in HEADS.items()}
    knowing = {head: np.eye(len(words))[labels[head]] for head, words in HEADS.items()}

    assert all(ceilings(blind, labels)[head] == 0 for head in NOTHING)
    assert all(share == 1 for share in ceilings(knowing, labels).values())
