"""The sentences that the text encoder's languages are judged by."""

from __future__ import annotations

from training.draw import held_out
from training.phrases import TIMED
from training.sentences import SCENES, SENTENCES
from training.vocabulary import BY_NAME


def test_every_scene_is_said_in_every_language_of_the_text_encoder() -> None:
    assert len(SENTENCES) == 16
    assert {len(sentences) for sentences in SENTENCES.values()} == {len(SCENES)}
    assert all(len(set(sentences)) == len(sentences) for sentences in SENTENCES.values())
    assert len(set(SENTENCES.values())) == len(SENTENCES)


def test_every_scene_is_one_that_training_may_show() -> None:
    for scene in SCENES:
        assert not held_out(scene), scene
        assert scene.time is None or scene.place in TIMED
        assert scene.colour is None or BY_NAME[scene.thing].recolourable
